"""Listing pages: the news that a page of a web site lists, read without being told where it stands.

Public: listing_page.
"""
