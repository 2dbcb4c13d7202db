"""DKIM."""
