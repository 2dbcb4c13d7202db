"""All that is due, once or again and again.

Public: run, due, clock_doubt, run_record, store, monitoring, daemon, rehearsal, virtual_time, worker.
"""
