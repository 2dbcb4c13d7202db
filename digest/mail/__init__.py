"""Content in, checked bytes out."""
