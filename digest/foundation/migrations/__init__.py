"""Older databases, step by step."""
