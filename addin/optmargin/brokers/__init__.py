"""Files in: one reader per layout, recognised by content; what they say of positions is understood in ``core.positions``.

A new broker is one module with a ``LAYOUT`` and one line in ``read.LAYOUTS``: ``layout`` says what a reader is and makes text out
of bytes, ``flex`` reads IBKR's Flex Query, ``own`` our own table.
"""
