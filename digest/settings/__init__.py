"""What `digest.yaml` says as a whole, and what is made of it: settings, an instance, a sandbox.

Public: database_keys, settings, loading, instance, sandbox, source_lines.
`python -m digest.settings.json_schema` prints the schema for editors.
"""
