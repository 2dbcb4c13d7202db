"""How messages leave, and what the ledger knows of them.

Public: addressees, adoption, agreed_secret, answers, batches, decisions, delivery, dkim.keys, doubt, fence, journal,
lease, left_behind, ledger, lookup, newcomers, nowhere, outgoing, pauses, place, reopening, sending, settings,
test_mails, transports.choosing, transports.smtp.connection, transports.smtp.session, transports.smtp.settings,
welcomes, whereabouts.
"""
