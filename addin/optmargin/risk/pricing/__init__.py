"""Option pricing on whole columns: Black, American exercise, implied volatility, and the forward that prices imply."""
