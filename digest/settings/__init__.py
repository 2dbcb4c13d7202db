"""Digest.yaml as a whole: the sections of the rooms put together."""
