"""Sources in, tagged stories out.

Public: collecting, item, item_document, settings, store, sources.folder, sources.markdown, tagging.tagger,
tagging.taxonomy.
"""
