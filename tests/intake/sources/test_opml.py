"""Lists of feeds (OPML): read whatever program wrote them, and written so that others read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import NothingUsableError
from digest.intake.sources.opml import LARGEST_LIST, MOST_FEEDS, ListedFeed, opml_of, read_opml


def _list(*outlines, head='<?xml version="1.0"?>'):
    return f"{head}<opml version='1.0'><head/><body>{''.join(outlines)}</body></opml>".encode()


def _outline(url, title="Press", name="xmlUrl"):
    return f'<outline text="{title}" type="rss" {name}="{url}"/>'


def test_feeds_are_read_in_their_order_each_once_out_of_all_folders():
    one, two = _outline("https://a.example/feed"), _outline("http://b.example/rss?x=1&amp;y=2", "B &amp; C")
    found = read_opml(
        _list("<outline text='Folder'>", one, "<outline text='Deeper'>", two, "</outline></outline>", one), "x"
    )
    assert found == [ListedFeed("Press", "https://a.example/feed"), ListedFeed("B & C", "http://b.example/rss?x=1&y=2")]


@pytest.mark.parametrize("name", ["xmlUrl", "xmlurl", "XMLURL"])
@pytest.mark.parametrize("url", ["https://a.example/f", "feed://a.example/f", "feed:https://a.example/f"])
def test_programs_write_the_address_in_several_ways(name, url):
    assert read_opml(_list(_outline(url, name=name)), "x") == [ListedFeed("Press", "https://a.example/f")]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:x", "ftp://a.example/f", "https://", "a.example/f"])
def test_an_address_that_cannot_be_asked_is_named(url):
    (feed,) = read_opml(_list(_outline(url)), "x")
    assert feed.fault


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "this is no XML"),
        (b"\x00\xff" * 50, "this is no XML"),
        (_list(_outline("https://a.example/f"))[:-9], "this is no XML"),
        (b"<rss version='2.0'/>", "it begins with <rss>"),
        (_list(), "there is no feed in this list"),
        (_list(_outline("&x;"), head="<!DOCTYPE opml [<!ENTITY x 'https://a.example'>]>"), "DOCTYPE"),
        (
            _list(_outline("https://a.example/f"), head="<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"),
            "DOCTYPE",
        ),
        (_list(_outline("https://a.example/f"), head="<!DOCTYPE opml SYSTEM 'http://127.0.0.1:1/x.dtd'>"), "DOCTYPE"),
        (_list(*(_outline(f"https://a.example/{n}") for n in range(MOST_FEEDS + 1))), "more than 1,000 feeds"),
        (b" " * (LARGEST_LIST + 1), "more than 5,242,880 bytes"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused(data, said):
    with pytest.raises(NothingUsableError, match=said):
        read_opml(data, "feeds.opml")


@given(st.lists(st.text(min_size=1).filter(str.isprintable), unique=True, min_size=1, max_size=5))
def test_what_is_written_is_read_again(titles):
    feeds = [
        ListedFeed(" ".join(title.split())[:50], f"https://a.example/{n}?a=1&b=2") for n, title in enumerate(titles)
    ]
    again = read_opml(opml_of(feeds, "Our <programme> & 'yours'").encode(), "x")
    assert [one.url for one in again] == [one.url for one in feeds]


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_our_errors_are_raised(data):
    with pytest.raises(NothingUsableError):
        read_opml(data, "x")
