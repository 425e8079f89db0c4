"""How a book is margined: groups per expiry, cover across expiries, the choice of uncovered shorts, and the explanation."""
