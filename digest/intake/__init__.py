"""Sources in, tagged stories out.

Public: acceptance, collecting, extensions, grouping, item, item_document, memory, pasted, picture, settings, store,
sources.calendar_file, sources.dates, sources.extension, sources.feed, sources.fetched, sources.fetching,
sources.folder, sources.mail_folder, sources.mail_on_server, sources.markdown, sources.miniatures, sources.opml,
sources.pages.article, tagging.tagger, tagging.taxonomy, web_links.
"""
