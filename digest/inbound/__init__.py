"""What comes back by mail: bounces, complaints, unsubscribe requests, automatic replies.

Public: canary, inbound, judging, processing, settings, store.
"""
