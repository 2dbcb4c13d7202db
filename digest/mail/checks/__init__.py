"""The gate on the final bytes.

Public: gate, links, rule.
"""
