"""The margin report as plain records, made from an account and its requirement; knows no spreadsheet."""
