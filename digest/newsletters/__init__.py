"""What is sent, to whom and when, as people define it.

Public: colours, days, edition, newsletter, period, samples, schedule, settings, texts, timetable.
"""
