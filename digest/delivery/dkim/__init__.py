"""DKIM: keys, the canonical form of a message, signatures."""
