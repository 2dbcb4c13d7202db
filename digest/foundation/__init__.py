"""What every room stands on; it knows no room.

Public: addresses, bounded, catalogue, database, failpoints, files, kernel_clock, login, mistakes, names, problems,
processes, schema, secrets, values, words, workspace, yaml.
"""
