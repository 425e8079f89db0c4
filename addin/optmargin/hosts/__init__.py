"""The doors out: excel, libreoffice, terminal. A host projects what the other rooms declare."""
