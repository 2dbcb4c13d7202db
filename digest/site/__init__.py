"""The pages that the public sees: leaving, choosing, signing up, the web view of a mail, and the archive.

What a page changes, it changes on POST alone. Nothing here needs JavaScript, sets a cookie or asks another host.

Public: serving, static_archive.
"""
