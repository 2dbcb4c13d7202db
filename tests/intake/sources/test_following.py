"""The pages that rows lead to: each new one is fetched once, its text is that of the item, and the rest is named."""

from dataclasses import replace

import pytest
from web_office import URL, Office

from digest.errors import ConfigurationError
from digest.foundation.problems import Severity
from digest.intake.settings import SourceKind
from digest.intake.sources import further
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.pages import article
from digest.intake.sources.readers import SourceDocument
from digest.settings.instance import Instance

MENU = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/about'>About us</a></li></ul></nav>"
TEXT = (
    "<p>With the support of the programme a hub of information was opened in Upala for the people who are on their way"
    " north.</p><p>It brought together <strong>forty officials</strong> of four countries, who shared what they had"
    " learned about regular migration; see <a href='/report'>the report</a>.</p><p>The next meeting will take place"
    " before the end of the year, as the ministry said on Monday.</p>"
)


def listing(*days):
    """A row of each day of July 2018."""
    rows = "".join(
        f"<article><h3><a href='/n/{day}'>News of the day {day}</a></h3><time datetime='2018-07-{day:02}'>x</time>"
        f"<p>What the list says of it: {day}.</p></article>"
        for day in days
    )
    return f"<html><body>{MENU}<main>{rows}</main></body></html>".encode()


def page(text=TEXT, title="News of the day 19", around="<div class='box'><p>Sign up for our newsletter now.</p></div>"):
    return (
        f"<html><head><title>{title} | Office</title></head><body>{MENU}<main><article><h1>{title}</h1>{text}</article>"
        f"{around}</main><footer>© Office</footer></body></html>"
    ).encode()


def at(*days):
    return [f"https://www.example.org/n/{day}" for day in days]


@pytest.fixture
def office():
    office = Office()
    office.source = replace(office.source, kind=SourceKind.PAGE, pictures=False, follow=True)
    return office


def text_of(office, day):
    return office.texts[f"News of the day {day}"]


def test_the_text_is_that_of_the_page_and_the_row_is_its_summary(office):
    office.web |= dict.fromkeys(at(19), page())
    office.collect(listing(19))
    text = text_of(office, 19)
    assert text.paragraphs[0].startswith("With the support of the programme")
    assert text.paragraphs[-1].endswith("as the ministry said on Monday.")
    assert "<strong>forty officials</strong>" in text.html
    assert "https://www.example.org/report" in text.html
    assert text.summary == "What the list says of it: 19."
    assert not any("Home" in one or "Office" in one for one in text.paragraphs)
    assert "News of the day" not in " ".join(text.paragraphs)  # the title stands above already


def test_each_page_is_fetched_once_and_its_text_stays_whatever_becomes_of_it(office):
    office.web |= dict.fromkeys(at(18, 19), page())
    office.collect(listing(19, 18))
    texts = office.texts
    office.web = dict.fromkeys(at(20), page(TEXT.replace("forty", "sixty")))
    for answer in (listing(20, 19, 18), WebAnswer(), WebAnswer(failure="the server answers 500"), listing(20, 18)):
        office.collect(answer)
        assert texts.items() >= {(title, text) for title, text in office.texts.items() if "20" not in title}
    assert office.asked == at(19, 18, 20)
    assert "sixty" in text_of(office, 20).html


def test_what_was_read_before_the_setting_keeps_its_text(office):
    office.web |= dict.fromkeys(at(18, 19), page())
    office.source = replace(office.source, follow=False)
    office.collect(listing(18))
    office.source = replace(office.source, follow=True)
    office.collect(listing(19, 18))
    assert office.asked == at(19)
    assert text_of(office, 18).paragraphs == ("What the list says of it: 18.",)


@pytest.mark.parametrize(
    ("answer", "why", "times"),
    [
        (None, "404 Not Found", 3),
        (page("<p>Gone.</p>", around=""), "no article is found", 1),
        (b"", "no article is found", 1),
        (b"\x00\xff" * 500, "not read", 1),
        (b"<div>" * 5000 + b"word " * 90, "no article is found", 1),
        (
            WebAnswer(document=SourceDocument(body=b"%PDF", address=URL, content_type="application/pdf")),
            "no web page",
            1,
        ),
    ],
)
def test_a_page_that_cannot_be_read_leaves_what_the_row_says_and_is_named(office, answer, why, times):
    office.web |= dict.fromkeys(at(18), page(title="News of the day 18")) | dict.fromkeys(at(19), answer)
    for _ in range(5):
        office.collect(listing(19, 18))
    assert text_of(office, 19).paragraphs == ("What the list says of it: 19.",)
    assert text_of(office, 18).paragraphs[0].startswith("With the support")
    (named,) = [one for one in office.warnings if one.severity is Severity.WARNING]
    assert why in named.cause
    assert "“News of the day 19”" in named.cause
    assert office.asked.count(at(19)[0]) == times


def test_a_file_behind_a_link_is_not_fetched(office):
    office.collect(listing(19).replace(b"/n/19", b"/n/19.pdf"))
    assert office.asked == []
    assert "leads to a file" in office.said()


def test_what_else_stands_on_the_page_is_said_in_one_note(office):
    more = "<ul>" + "".join(f"<li><a href='/n/{n}'>Another story of the week {n}</a></li>" for n in range(9)) + "</ul>"
    office.web |= dict.fromkeys(at(19), page(around=f"<section><h2>Related news</h2>{more}</section>"))
    office.collect(listing(19))
    notes = [one for one in office.reading.problems if "of its page" in one.cause]
    assert len(notes) == 1
    assert "“Another story of the week" in notes[0].cause
    assert notes[0].severity is Severity.NOTE


def test_a_page_that_tells_less_than_its_row_is_not_taken(office):
    row = "What the list says of it: 19." + " It says much more than any page." * 40
    office.web |= dict.fromkeys(at(19), page())
    office.collect(listing(19).replace(b"What the list says of it: 19.", row.encode()))
    assert text_of(office, 19).paragraphs == (row,)


def test_a_look_asks_for_thirty_and_the_next_for_the_rest(office, monkeypatch):
    monkeypatch.setattr(further, "MOST_ASKED", 3)
    office.web |= dict.fromkeys(at(*range(10, 20)), page())
    office.collect(listing(*range(19, 14, -1)))
    assert len(office.asked) == 3
    assert "2 pages that rows lead to are not read: it is asked for at the next look" in office.said()
    office.collect(listing(*range(19, 14, -1)))
    assert office.asked == at(*range(19, 14, -1))
    assert not office.warnings


def test_pictures_of_the_page_are_carried_where_they_are_let_in(office):
    image = "<figure><img src='/i/hall.jpg' alt='The hall'></figure>"
    office.web |= dict.fromkeys(at(19), page(TEXT.replace("</p><p>It", f"</p>{image}<p>It")))
    office.source = replace(office.source, pictures=True)
    office.collect(listing(19))
    assert office.asked == [*at(19), "https://www.example.org/i/hall.jpg"]
    assert "“The hall”" in office.said()  # which is not there
    assert "<img" not in text_of(office, 19).html


def test_scripts_of_the_page_act_nowhere(office):
    bad = TEXT.replace("<p>It", "<p onclick='x()'><script>x()</script><a href='javascript:x()'>It</a>")
    office.web |= dict.fromkeys(at(19), page(bad))
    office.collect(listing(19))
    assert not any(one in text_of(office, 19).html for one in ("script", "onclick", "x()"))


def test_entries_of_a_feed_are_followed_too(office):
    office.source = replace(office.source, kind=SourceKind.FEED)
    office.web |= dict.fromkeys(at(19), page())
    link = "<link>https://www.example.org/n/19</link>"
    entry = f"<title>News of the day 19</title>{link}<pubDate>2018-07-19</pubDate><description>A teaser…</description>"
    office.collect(f'<rss version="2.0"><channel><item><guid>a</guid>{entry}</item></channel></rss>'.encode())
    assert text_of(office, 19).summary == "A teaser…"
    assert len(text_of(office, 19).paragraphs) == 3


def test_without_its_library_it_says_how_to_install_it(tmp_path, monkeypatch, right):
    assert article.is_installed()
    monkeypatch.setattr(article, "find_spec", lambda _name: None)
    said = right.replace("newsroom: bulletins/", 'site: {type: page, url: "https://www.example.org/", follow: true}')
    (tmp_path / "digest.yaml").write_text(said)
    with pytest.raises(ConfigurationError) as caught:
        Instance(tmp_path).sources()
    assert caught.value.exit_code == 78
    assert "digest.yaml:6" in caught.value.thing
    assert "pip install 'bulletin-digest[articles]'" in caught.value.remedy


@pytest.mark.parametrize("said", ["text/html; charset=windows-1253", 'Text/HTML; x=y; Charset="WINDOWS-1253"; z'])
def test_what_the_server_says_of_the_encoding_of_a_page_counts(said: str) -> None:
    words = "Το νέο κέντρο πληροφόρησης άνοιξε για όλους τους μετανάστες που φτάνουν στην πόλη. " * 8
    page = f"<html><body><article><h1>Κέντρο</h1><p>{words}</p><p>{words}</p></article></body></html>"
    document = SourceDocument(body=page.encode("cp1253"), address="https://www.example.org/a", content_type=said)
    found = article.read_article(document, "x", pictures=False)
    assert words.strip() in found.paragraphs
