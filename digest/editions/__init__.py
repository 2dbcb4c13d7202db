"""Plan, build, check, review, approve.

Public: approving, building, changes, checking, comparison, composition, draft_outline, guard, missed, naming,
obstacles, plans, readable_copy, record, review_mail, review_store, reviewing, reviews, selection, special, states,
store, thin, workbench.
"""
