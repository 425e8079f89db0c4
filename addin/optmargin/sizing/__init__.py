"""How large a position may be: slots, and what an expiry still holds on its light side."""
