"""Excel: the functions as xlwings UDFs, our own VBA module, the add-in that holds it, and its installation."""
