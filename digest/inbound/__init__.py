"""What comes back by mail: bounces, complaints, unsubscribe requests, automatic replies.

Public: inbound, judging, processing, settings, store.
"""
