"""What comes back by mail: bounces, complaints, unsubscribe requests, automatic replies.

Public: inbound, judging, mailboxes, processing, settings, store.
"""
