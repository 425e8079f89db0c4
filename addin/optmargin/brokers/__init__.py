"""Files in: one reader per broker's layout, recognised by what the file holds and never by its name.

``read.load`` is the door. A reader is one module with a ``LAYOUT``, and one line in ``read.LAYOUTS``. Readers share
``values`` (numbers, days and blanks as brokers write them), ``rows`` (one row of a file becomes one leg, or a finding),
``assembly`` (legs become accounts: duplicates, spots, classes), ``layout`` (what a reader is, and text out of bytes).
"""
