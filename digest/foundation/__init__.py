"""What every room stands on; it knows no room.

Public: addresses, bounded, catalogue, database, failpoints, files, garbage, imap, imap_settings, jobs,
kernel_clock, languages, login, mailboxes, mime, mistakes, names, neighbours, networks, problems, processes, requests,
retirement, schema, secrets, spreadsheets, values, web_server, words, workspace, yaml.
"""
