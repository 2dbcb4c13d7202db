"""What every room stands on; it knows no room.

Public: addresses, catalogue, database, failpoints, files, kernel_clock, mistakes, names, problems, processes, schema,
secrets, values, words, workspace, yaml.
"""
