"""Sources in, tagged stories out.

Public: acceptance, collecting, extensions, grouping, item, item_document, picture, settings, store,
sources.calendar_file, sources.dates, sources.extension, sources.folder, sources.markdown, sources.miniatures,
tagging.tagger, tagging.taxonomy, web_links.
"""
