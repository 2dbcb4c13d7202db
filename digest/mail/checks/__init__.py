"""The gate on the final bytes.

Public: gate, reachable, rule.
"""
