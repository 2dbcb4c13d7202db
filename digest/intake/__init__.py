"""Sources in, tagged stories out.

Public: collecting, item, settings, store, sources.folder, sources.markdown, tagging.tagger, tagging.taxonomy.
"""
