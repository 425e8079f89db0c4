"""optmargin: option margin in your spreadsheet, in a daily report workbook, and headless for a whole desk.

Importing this package imports nothing else: the program must start light. Rooms, outermost last: ``core`` (what exists),
``rules`` (what is demanded), ``margin`` (how a book is margined), ``sizing``, ``brokers`` (files in), ``functions`` (what a
cell may ask), ``report``, ``workbook``, ``batch``, ``hosts`` (the doors out).
"""

__version__ = "0.1.0"
