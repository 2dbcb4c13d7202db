"""Plan, build, check, review, approve.

Public: approving, building, carried, changes, checking, comparison, composition, course, draft_outline, edited_words,
edition_rows, guard, missed, naming, obstacles, open_parts, plans, public_pages, readable_copy, reasons, record,
reminders, review_mail, review_store, reviewing, reviews, selection, special, states, store, supplements, thin, trial,
workbench.
"""
