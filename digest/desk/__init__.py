"""What staff look at: status, explanations, reports, previews, and the words for all of it.

Public: status, source_states, stories, people, report, report_page, forecast, left_out, pages, local_page, preview,
phrases, columns, chart_tables, headline, drafting, examined, going_out, results, open_desk, desk_server,
pasting, subscriber_words, todo.
"""
