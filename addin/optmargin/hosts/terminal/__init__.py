"""The command line: ``optmargin margin``, ``report``, ``batch``, ``eval`` and ``template``."""
