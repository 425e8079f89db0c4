"""What exists: contracts, the leg table, market, account figures, money, errors and findings. Imports no other room."""
