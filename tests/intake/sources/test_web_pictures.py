"""Pictures of feeds and pages: which of them are news, that each is fetched once and within bounds, and that nothing of
others is ever asked for by a mail.
"""

import io
import json
import re
from base64 import b64encode
from dataclasses import replace
from html import escape
from zlib import crc32

import pytest
from databases import database_at
from PIL import Image
from web_office import Office

from digest.foundation.problems import Severity
from digest.intake.collecting import collect
from digest.intake.settings import SourceKind
from digest.intake.sources import web_album
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.miniatures import picture_name
from digest.intake.sources.web_pictures import picture_in
from digest.intake.store import Items
from digest.intake.tagging import taxonomy
from digest.intake.tagging.tagger import TaxonomyTagger


def png(colour="green", width=300, height=100, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()


GREEN, BLUE = png(), png("blue")


def rss(*entries):
    """Each is the HTML of an entry and what stands beside it."""
    space = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    items = "".join(
        f"<item><guid>{at}</guid><title>News {at}</title><link>https://www.example.org/news/{at}/</link>"
        f"<pubDate>2018-07-{20 - at}</pubDate><description>{escape(html)}</description>{beside}</item>"
        for at, (html, beside) in enumerate(entries)
    )
    return f'<rss version="2.0" {space}><channel><title>P</title>{items}</channel></rss>'.encode()


@pytest.fixture
def office():
    return Office()


def at(*names):
    return [f"https://www.example.org/{name}" for name in names]


def test_a_picture_in_the_text_stands_where_it_stood_with_its_words_and_is_kept(office):
    office.web["https://www.example.org/i/map.png"] = GREEN
    office.collect(rss(("<p>One.</p><p><img src='/i/map.png' alt='A \"map\"'></p><p>Two.</p>", "")))
    picture = office.pictures[picture_name(GREEN)].html('A "map"')
    assert office.text.html == f"<p>One.</p><p>{picture}</p><p>Two.</p>"
    assert office.text.paragraphs == ("One.", "Two.")
    assert not office.warnings


def test_each_is_fetched_once_and_shown_for_ever(office):
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    feed = rss(("<p>One.</p><img src='/a.png' alt=''>", ""), ("<p>Two.</p><img src='/a.png' alt=''>", ""))
    texts = [office.collect(feed).texts for _ in range(3)]
    office.web.clear()
    office.collect(WebAnswer())  # as it was
    office.collect(WebAnswer(failure="the server answers 500"))
    assert office.asked == at("a.png")
    assert office.shown("News 0") == office.shown("News 1") == [picture_name(GREEN)]
    assert [*texts, office.texts] == [office.texts] * 4


@pytest.mark.parametrize(
    "beside",
    [
        '<enclosure url="/a.png" type="image/png" length="1"/>',
        '<enclosure url="/a.png" length="1"/>',
        '<media:content url="/a.png" medium="image"/>',
        (
            '<media:group><media:content url="/s.png" width="90"/><media:content url="/a.png" width="900"/>'
            "</media:group>"
        ),
        '<media:thumbnail url="/a.png"/>',
        '<itunes:image href="/a.png"/>',
    ],
)
def test_a_picture_beside_an_entry_is_its_image_wherever_a_feed_tells_it(office, beside):
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    office.collect(rss(("<p>Text.</p>", beside)))
    assert office.text.image == office.pictures[picture_name(GREEN)].address
    assert office.asked == at("a.png")


def test_of_a_json_feed_image_banner_and_attachments_count(office):
    office.web |= dict.fromkeys(at("a.png", "b.png", "c.png"), GREEN)
    told = (
        {"image": "https://www.example.org/a.png"},
        {"banner_image": "https://www.example.org/b.png"},
        {"attachments": [{"url": "https://www.example.org/c.png", "mime_type": "image/png", "title": "A hall"}, 7]},
    )
    entries = [
        {"id": n, "title": f"News {n}", "content_text": "T", "date_published": f"2018-07-0{9 - n}", **one}
        for n, one in enumerate(told)
    ]
    office.collect(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": entries}).encode())
    assert [text.image_alt for _, text in sorted(office.texts.items())] == [None, None, "A hall"]
    assert all(office.shown(title) == [picture_name(GREEN)] for title in office.texts)


@pytest.mark.parametrize("inside", ["/i/a.png", "/i/a-300x100.png", "https://www.example.org/i/a.png?w=300", "/b.png"])
def test_a_picture_that_stands_in_the_text_and_beside_it_is_one(office, inside):
    office.web |= dict.fromkeys(["https://www.example.org/i/a.png", "https://www.example.org/i/a-300x100.png"], GREEN)
    office.web |= dict.fromkeys(["https://www.example.org/i/a.png?w=300", "https://www.example.org/b.png"], GREEN)
    enclosed = '<enclosure url="https://www.example.org/i/a.png" type="image/png" length="1"/>'
    office.collect(rss((f"<p>Text.</p><img src='{inside}' alt='A map'>", enclosed)))
    assert office.shown() == [picture_name(GREEN)]


@pytest.mark.parametrize(
    "tag",
    [
        "<img src='/t.gif' width=1 height=1>",
        "<img src='/t.gif' width='600' height='1'>",
        "<img src='/t.gif' style='width: 1px; height:1px'>",
        "<img src='/t.gif' style='display:none'>",
        "<img src='/t.gif' hidden>",
        "<div style='display:none'><img src='/t.gif'></div>",
        "<img src='/share.png' width='16' height='16' alt='Share'>",
        "<img src='https://pixel.wp.com/b.gif?host=x'>",
        "<img src='http://feeds.feedburner.com/~r/x/~4/y'>",
        "<img src='https://counter.theconversation.com/content/1/count.gif'>",
        "<img src='/matomo.php?idsite=1&rec=1'>",
        "<img src='/images/spacer.gif'>",
        "<img src='javascript:alert(1)'>",
        "<img src='file:///etc/passwd'>",
        "<img>",
    ],
)
def test_what_counts_readers_or_shows_nothing_is_never_asked_for(office, tag):
    office.collect(rss((f"<p>Text.</p>{tag}", "")))
    assert office.asked == []
    assert office.text.html is None or "<img" not in office.text.html
    assert not office.warnings


@pytest.mark.parametrize(
    ("tag", "address"),
    [
        ("<img src='data:image/gif;base64,R0lGOD' data-src='/a.png'>", "a.png"),
        ("<img src='/blank.gif' data-lazy-src='/a.png'>", "a.png"),
        ("<img src='/low.png' data-original='/a.png'>", "a.png"),
        ("<img srcset='/s.png 300w, /a.png 1200w, /l.png 4000w'>", "a.png"),
        ("<img srcset='/s.png, /a.png 2x'>", "a.png"),
        ("<img data-srcset='/a.png 900w' src=''>", "a.png"),
        ("<img src='/a.png' srcset='/b.png 2x'>", "a.png"),
    ],
)
def test_a_picture_that_a_script_would_load_is_found(office, tag, address):
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    office.collect(rss((f"<p>Text.</p>{tag}", "")))
    assert office.asked == at(address)
    assert office.shown() == [picture_name(GREEN)]


def test_a_picture_that_is_written_into_the_text_needs_nobody(office):
    inside = f"data:image/png;base64,{b64encode(GREEN).decode()}"
    office.collect(rss((f"<p>Text.</p><img src='{inside}' alt='A map'>", "")))
    assert office.asked == []
    assert office.shown() == [picture_name(GREEN)]


def test_a_sign_that_was_made_a_picture_is_a_sign_again(office):
    office.collect(rss(("<p>Thanks <img src='https://s.example.org/1f642.png' class='wp-smiley' alt='🙂'></p>", "")))
    assert office.text.paragraphs == ("Thanks 🙂",)
    assert office.asked == []


def test_the_sign_of_the_house_beside_every_entry_is_no_news(office):
    office.web |= dict.fromkeys(at("a.png"), GREEN) | dict.fromkeys(at("logo.png"), BLUE)
    logo = '<media:content url="https://www.example.org/logo.png" medium="image"/>'
    office.collect(rss(*[(f"<p>T.</p>{'<img src=/a.png>' if n == 1 else ''}", logo) for n in range(4)]))
    assert office.asked == at("a.png")
    assert "in most entries" in office.said()


def _bomb():
    """30,000 × 30,000 pixels in a few bytes."""
    small = png(width=8, height=8)
    head = small[12:16] + (30000).to_bytes(4, "big") * 2 + small[24:29]
    return small[:12] + head + crc32(head).to_bytes(4, "big") + small[33:]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            WebAnswer(failure="www.example.org leads to 10.0.0.1, which is not open to everybody"),
            "not open to everybody",
        ),
        (None, "404"),
        (b"<html>no picture</html>", "no picture that can be read"),
        (GREEN[:60], "no picture that can be read"),
        (_bomb(), "pixels"),
        (png(width=1, height=1), "too small"),
        (png(width=20, height=20), "so small"),
    ],
)
def test_one_that_cannot_be_had_is_named_and_all_else_stays(office, answer, why):
    office.web |= dict.fromkeys(at("a.png"), answer) | dict.fromkeys(at("b.png"), BLUE)
    office.collect(
        rss(("<p>Text. <img src='/a.png' alt='A map'> More.</p><img src='/b.png'>", ""), ("<img src='/a.png'>", ""))
    )
    assert office.text.paragraphs == ("Text. More.",)
    assert office.shown() == [picture_name(BLUE)]
    assert re.search(rf"warning: .*left out: .*{why}.*“A map”", office.said())
    assert office.texts["News 1"].html is None
    assert not [one for one in office.warnings if one.severity is Severity.ERROR]


def test_a_drawing_is_named_and_not_asked_for(office):
    office.collect(rss(("<p>Text.</p><img src='/a.svg' alt='A map'>", "")))
    assert (office.asked, office.shown()) == ([], [])
    assert "it is a drawing" in office.said()


def test_one_whose_decoding_takes_too_much_is_ended_alone(office, monkeypatch):
    """Too long: how much memory is too much hangs on how much lies free in the process that asks."""
    monkeypatch.setattr(web_album, "SECONDS", 0.001)
    office.web |= dict.fromkeys(at("a.png"), png(width=3000, height=3000))
    office.collect(rss(("<p>Text.</p><img src='/a.png' alt='A map'>", "")))
    assert "it cannot be decoded: it was not done after 1 second" in office.said()
    assert office.text.paragraphs == ("Text.",)


def test_what_is_away_is_tried_a_few_times_and_what_is_no_picture_once(office):
    feed = rss(("<p>Text.</p><img src='/away.png'><img src='/none.png'>", ""))
    office.web |= dict.fromkeys(at("none.png"), b"none")
    for _ in range(6):
        office.collect(feed)
    assert sorted(office.asked) == sorted(at(*["away.png"] * 3, "none.png"))
    assert "2 pictures" not in office.said()
    assert office.said().count("1 picture is left out") == 2
    assert office.texts["News 0"].paragraphs == ("Text.",)


def test_one_that_comes_back_is_shown(office):
    feed = rss(("<p>Text.</p><img src='/a.png'>", ""))
    office.collect(feed)
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    office.collect(feed)
    assert office.shown() == [picture_name(GREEN)]
    assert not office.warnings


def test_a_host_that_is_away_is_asked_once_in_a_look_and_time_has_an_end(office):
    away = WebAnswer(failure="it took longer than 30 seconds", is_away=True)
    office.web |= {f"https://other.example.net/{n}.png": away for n in range(20)}
    office.collect(rss(("<p>T.</p>" + "".join(f"<img src='https://other.example.net/{n}.png'>" for n in range(9)), "")))
    assert len(office.asked) <= 2
    assert "9 pictures are left out: it took longer than 30 seconds" in office.said()


def test_one_entry_shows_ten_and_a_look_asks_for_sixty(office):
    many = [("<p>T.</p>" + "".join(f"<img src='/{n}-{at_}.png'>" for at_ in range(12)), "") for n in range(8)]
    office.collect(rss(*many))
    assert len(office.asked) == web_album.MOST_ASKED
    assert "it shows more than 10 pictures: 2 are left out" in office.said()
    assert "20 pictures are left out: they are asked for at the next look" in office.said()


def test_without_leave_none_is_asked_for_and_each_is_named(office):
    office.source = replace(office.source, pictures=False)
    enclosed = '<enclosure url="/b.png" type="image/png" length="1"/>'
    office.collect(rss(("<p>Text.</p><img src='/a.png' alt='A map'><img src='/t.gif' width='1'>", enclosed)))
    assert (office.asked, office.text.image, office.text.html) == ([], None, None)
    assert office.said().count("a picture inside the text is left out: “A map”") == 1
    assert "pictures: true" in office.said()
    assert office.said().count("is left out") == 1


@pytest.mark.parametrize("pictures", [True, False])
def test_nothing_of_others_is_left_that_a_mail_could_load(office, pictures):
    office.source = replace(office.source, pictures=pictures)
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    html = (
        "<p style='background:url(/x.png)'>Text.</p><img src='/a.png' srcset='/x.png 2x' onerror='x()'>"
        "<picture><source srcset='/x.png'><img src='/a.png'></picture><table background='/x.png'><tr><td>a</table>"
        "<video poster='/x.png'></video><input type=image src='/x.png'><svg><image href='/x.png'/></svg>"
        "<img src='cid:00112233445566778899aabbccddeeff@pictures.invalid'>"
    )
    office.collect(rss((html, "")))
    loaded = re.findall(r"(?:src|srcset|background|poster|href)\s*=\s*.([^'\"> ]+)|url\(", office.text.html or "")
    assert {*loaded} == ({f"cid:{picture_name(GREEN)}@pictures.invalid"} if pictures else set())
    assert "x.png" not in (office.text.html or "")
    assert {*office.asked} == ({*at("a.png")} if pictures else set())


def test_the_picture_in_a_row_of_a_page_is_the_image_of_its_story(office):
    office.source = replace(office.source, kind=SourceKind.PAGE)
    office.web |= dict.fromkeys(at("0.png"), GREEN) | dict.fromkeys(at("1.png"), BLUE)
    rows = "".join(
        f"<article><a href='/n/{n}'><img src='/{n}.png' alt='Hall {n}'></a><h3><a href='/n/{n}'>News {n}</a></h3>"
        f"<img src='/icon.png' width=16><time datetime='2018-07-0{9 - n}'>x</time><p>What was told of it.</p></article>"
        for n in range(2)
    )
    office.collect(f"<html><body><img src='/head.png'><main>{rows}</main></body></html>".encode())
    assert [text.image_alt for _, text in sorted(office.texts.items())] == ["Hall 0", "Hall 1"]
    assert (office.shown("News 0"), office.shown("News 1")) == ([picture_name(GREEN)], [picture_name(BLUE)])
    assert office.asked == at("0.png", "1.png")


def test_a_broken_address_is_none():
    for written in ("http://[", "https://[::1", "//", "data:text/html,x", "cid:x@y"):
        assert picture_in({"src": written}, "https://www.example.org/") is None or written == "//"


def test_what_a_document_shows_no_more_is_forgotten(office):
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    office.collect(rss(("<p>T.</p><img src='/a.png'><img src='/b.png'>", "")))
    memory = office.kept.memory
    assert ([*memory.pictures.values()], len(memory.missed)) == ([picture_name(GREEN)], 1)
    office.collect(rss(("<p>T.</p>", "")))
    assert (office.kept.memory.pictures, office.kept.memory.missed) == ({}, {})


def test_pictures_of_the_web_are_kept_with_those_of_folders(office, tmp_path):
    store = Items(database_at(tmp_path / "digest.db"))
    office.web |= dict.fromkeys(at("a.png"), GREEN)
    office.collect(rss(("<p>T.</p><img src='/a.png'>", "")))
    collect([office.source_read], TaxonomyTagger(taxonomy.load(None)), store, frozenset(), office.now.date())
    assert store.picture(picture_name(GREEN)) == office.pictures[picture_name(GREEN)]
