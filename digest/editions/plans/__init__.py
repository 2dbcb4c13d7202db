"""What staff decide about an edition.

Public: known_names, plan, plan_edits, planning, stubs.
"""
