"""Subscribers, their consent and their choices."""
