"""The doors out: the terminal now; the spreadsheet programs follow. A host projects what the other rooms declare."""
