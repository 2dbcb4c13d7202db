"""Feeds: what each of their kinds says, and what strangers write into them, becomes drafts that are clean."""

import json
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from digest.errors import NothingUsableError
from digest.intake.sources.draft import FileContext, Findings, ItemField
from digest.intake.sources.feed import read_feed
from digest.intake.sources.readers import MOST_ENTRIES, SourceDocument

TODAY = date(2018, 8, 1)
ADDRESS = "https://www.example.org/press/feed.xml"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Press</title><link>https://www.example.org/</link>
{}</channel></rss>"""


def read(text, content_type="application/xml", zone="America/Costa_Rica"):
    findings = Findings("press")
    context = FileContext(
        source="press", file="press", today=TODAY, fallback_language="en", zone=zone and ZoneInfo(zone)
    )
    body = text if isinstance(text, bytes) else text.encode()
    entries = read_feed(SourceDocument(body=body, address=ADDRESS, content_type=content_type), context, findings)
    return entries, findings


def one(text, **more):
    entries, _ = read(text, **more)
    (entry,) = entries.entries
    return entry


def rss_item(inner):
    return one(RSS.format(f"<item>{inner}</item>"))


def said(entry, field):
    value = entry.draft.fields.get(field)
    return value and value.value


KINDS = {
    "rss 0.91": '<rss version="0.91"><channel><title>P</title><item><title>T</title><link>https://e.org/1</link>'
    "<description>Words.</description></item></channel></rss>",
    "rss 1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    '<channel rdf:about="https://e.org/"><title>P</title></channel><item rdf:about="https://e.org/1"><title>T</title>'
    "<link>https://e.org/1</link><description>Words.</description></item></rdf:RDF>",
    "rss 2.0": RSS.format("<item><title>T</title><link>https://e.org/1</link><description>Words.</description></item>"),
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>P</title><entry><title>T</title><id>https://e.org/1</id>'
    '<link href="https://e.org/1"/><content type="text">Words.</content></entry></feed>',
    "json feed": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "items": [{"id": "https://e.org/1", "url": "https://e.org/1", "title": "T", "content_text": "Words."}],
        }
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_feed_gives_title_text_link_and_id(kind):
    entry = one(KINDS[kind])
    assert (entry.draft.title, entry.draft.paragraphs) == ("T", ("Words.",))
    assert said(entry, ItemField.LINK) == said(entry, ItemField.ID) == "https://e.org/1"
    assert not entry.dated


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Fri, 06 Jul 2018 03:30:00 GMT", "2018-07-05"),  # the evening before in Costa Rica
        ("Fri, 06 Jul 2018 03:30:00 UT", "2018-07-05"),
        ("Thu, 05 Jul 2018 23:30:00 EST", "2018-07-05"),
        ("Thu, 05 Jul 2018 23:30:00 -0600", "2018-07-05"),
        ("Fri, 6 Jul 18 03:30:00 GMT", "2018-07-05"),
        ("Thu Jul  5 23:30:00 2018", "2018-07-05"),
        ("Jue, 05 jul 2018 10:00:00 -0600", "2018-07-05"),
        ("2018-07-06T03:30:00Z", "2018-07-05"),
        ("2018-07-06T05:30:00+02:00", "2018-07-05"),
        ("2018-07-05 10:00:00", "2018-07-05"),
        ("2018-07-05", "2018-07-05"),
        ("5 July 2018", "2018-07-05"),
        ("5 de julio de 2018", "2018-07-05"),
        ("07/15/2018", "2018-07-15"),
        ("1530833400", "2018-07-05"),
        ("1530833400000", "2018-07-05"),
    ],
)
def test_dates_in_the_usual_forms_are_days_in_the_publishers_zone(written, day):
    entry = rss_item(f"<title>T</title><pubDate>{written}</pubDate>")
    assert (str(entry.draft.published_on), entry.dated) == (day, True)


@pytest.mark.parametrize("written", ["", "soon", "31 February 2018", "Mon, 99 Foo 2018"])
def test_a_date_that_nobody_can_read_is_left_to_the_day_of_meeting_it_and_said(written):
    entries, findings = read(RSS.format(f"<item><title>T</title><pubDate>{written}</pubDate></item>"))
    assert not entries.entries[0].dated
    assert "the day on which it was first met" in findings.problems[0].cause


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Border &lt;b&gt;opens&lt;/b&gt;", "Border opens"),
        ("<![CDATA[Border <b>opens</b>]]>", "Border opens"),
        ("Tom &amp;amp; Ana", "Tom & Ana"),
        ("Tom &amp; Ana", "Tom & Ana"),
        ("5 &lt; 6", "5 < 6"),
        ("Caf&#233; &amp;eacute;", "Café é"),
        ("a &lt;script&gt;alert(1)&lt;/script&gt;b", "a b"),
        ("two\n  lines", "two lines"),
    ],
)
def test_titles_lose_their_markup_and_nothing_else(written, shown):
    assert rss_item(f"<title>{written}</title>").draft.title == shown


def test_what_strangers_write_is_sanitised_and_what_they_hide_stays_hidden():
    html = (
        '<p onclick="x()">Seen.</p><script>alert(1)</script><style>p{}</style><iframe src="https://e.org"></iframe>'
        '<svg onload="x()"><text>drawn</text></svg><img src=x onerror="x()"><p style="display:none">Secret</p>'
        '<a href="javascript:x()">a</a>' + "<div>" * 10_000 + "deep" + "</div>" * 10_000
    )
    entry = rss_item(f"<title>T</title><content:encoded><![CDATA[{html}]]></content:encoded>")
    shown = entry.draft.html or " ".join(entry.draft.paragraphs)
    for bad in ("onclick", "script", "alert", "iframe", "svg", "onerror", "Secret", "javascript"):
        assert bad not in shown
    assert "Seen." in entry.draft.paragraphs
    assert "deep" in " ".join(entry.draft.paragraphs)


def test_relative_addresses_are_relative_to_the_base_that_the_feed_names():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/a/"><entry xml:base="b/">'
        "<title>T</title>"
        '<link href="news"/><content type="html" xml:base="c/">&lt;p>See &lt;a href="d?x=1">it&lt;/a>&lt;/p></content>'
        "</entry></feed>"
    )
    entry = one(atom)
    assert said(entry, ItemField.LINK) == "https://base.example/a/b/news"
    assert 'href="https://base.example/a/b/c/d?x=1"' in entry.draft.html
    entry = rss_item("<title>T</title><link>/news/1</link>")
    assert said(entry, ItemField.LINK) == "https://www.example.org/news/1"


def test_the_fuller_text_is_taken_and_the_shorter_one_sums_it_up():
    entry = rss_item(
        "<title>T</title><description>In short.</description><content:encoded>&lt;p>All of it, at length.&lt;/p>"
        "</content:encoded><dc:creator>ana@example.org (Ana López)</dc:creator><category>Health</category>"
        "<category>Guatemala</category>"
    )
    assert entry.draft.paragraphs == ("All of it, at length.",)
    assert said(entry, ItemField.SUMMARY) == "In short."
    assert said(entry, ItemField.AUTHOR) == "Ana López"
    assert entry.draft.categories == ("Health", "Guatemala")


def test_each_entry_has_its_own_language():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry><title>One</title><content>Words</content>'
        '</entry><entry xml:lang="es-GT"><title>Dos</title><content>Palabras</content></entry>'
        "<entry><title>Las niñas y los niños</title><content>Según el informe, las familias que llegaron hasta la "
        "frontera no han sido atendidas por los servicios, y muy pocas han vuelto.</content></entry></feed>"
    )
    entries, _ = read(atom)
    assert [said(entry, ItemField.LANGUAGE) for entry in entries.entries] == ["en", "es", "es"]


def test_an_entry_without_a_title_gets_its_first_words_and_one_with_nothing_is_named():
    entries, findings = read(
        RSS.format(
            "<item><description>Only a text, of more than ten words, which stands here alone.</description></item>"
            "<item><guid>x-1</guid></item><item><title>Whole</title></item>"
        )
    )
    assert [entry.draft.title for entry in entries.entries] == [
        "Only a text, of more than ten words, which stands…",
        "Whole",
    ]
    assert [(p.place.line, "x-1" in p.cause) for p in findings.problems if p.severity == "error"] == [(2, True)]


def test_an_id_counts_once():
    item = "<item><guid>x-1</guid><title>{}</title></item>"
    entries, findings = read(RSS.format(item.format("First") + item.format("Second")))
    assert [entry.draft.title for entry in entries.entries] == ["First"]
    assert any("Second" in problem.cause for problem in findings.problems)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "gave nothing"),
        (b"<!doctype html><html><body><p>Hello</p></body></html>", "a web page"),
        (b"Not found.", "no feed"),
        (b"{", "JSON is broken"),
        (b"[1]", "no JSON Feed"),
        (b'{"items": 3}', "no JSON Feed"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel/></rss>', "declares entities"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r [<!ENTITY a "b">]><rss/>'.encode("utf-16"), "entities"),
        (b"<!DOCTYPE r [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><rss/>", "entities"),
    ],
)
def test_what_is_no_feed_is_refused_in_plain_words(body, why):
    with pytest.raises(NothingUsableError) as refused:
        read(body)
    assert why in str(refused.value)


def test_broken_xml_gives_what_can_be_read_of_it_and_says_so():
    entries, findings = read(RSS.format("<item><title>A & B</title></item><item><title>Second</title></item>")[:-10])
    assert [entry.draft.title for entry in entries.entries] == ["A & B", "Second"]
    assert "the XML is broken" in findings.problems[0].cause


@pytest.mark.parametrize(
    ("codec", "declared", "content_type"),
    [
        ("latin-1", "utf-8", "text/xml"),
        ("utf-8", "iso-8859-1", "text/xml; charset=utf-8"),
        ("cp1252", "windows-1252", "application/rss+xml"),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-8", "no-such-charset", "text/html"),
    ],
)
def test_letters_are_read_whatever_label_is_wrong(codec, declared, content_type):
    text = RSS.replace("utf-8", declared).format("<item><title>Petén: niñez</title></item>")
    assert one(text.encode(codec), content_type=content_type).draft.title == "Petén: niñez"


def test_a_hundred_thousand_entries_are_cut_before_they_are_read():
    items = "".join(f"<item><title>Number {n}</title></item>" for n in range(100_000))
    entries, findings = read(RSS.format(items))
    assert len(entries.entries) == MOST_ENTRIES
    assert Counter(f"more than {MOST_ENTRIES}" in problem.cause for problem in findings.problems)[True] == 1
