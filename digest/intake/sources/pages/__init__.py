"""Listing pages: the news that a page of a web site lists, read without being told where it stands.

Public: article, listing_page.
"""
