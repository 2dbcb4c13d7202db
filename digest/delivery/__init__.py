"""How messages leave and what the ledger knows of them."""
