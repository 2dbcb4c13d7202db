"""What staff decide about an edition.

Public: correction_edits, known_names, plan, plan_edits, plan_file, planning, stubs.
"""
