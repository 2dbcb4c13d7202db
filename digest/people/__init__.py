"""Who reads: subscribers, what they chose and consented to, and who must not be written to.

Public: store, subscriber, subscriber_changes, subscriber_file, file_difference, subscriber_list, reader_requests,
list_file, list_import, list_export, suppression, erasure, mentions, erased_addresses, file_rows, retention.
"""
