"""Word files, as Word shows them.

Public: reading.
"""
