"""What every room stands on; it knows no room.

Public: addresses, catalogue, database, failpoints, files, mistakes, names, problems, processes, schema, secrets,
values, words, workspace, yaml.
"""
