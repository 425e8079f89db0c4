"""LibreOffice Calc: the worksheet functions as an add-in of its own, an .oxt that runs in the Python which LibreOffice brings."""
