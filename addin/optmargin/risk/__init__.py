"""How risk-based books are margined: option pricing, SPAN for futures, TIMS for customer portfolio margin."""
