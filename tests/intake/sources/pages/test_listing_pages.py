"""The rows of a listing page are found without settings, however it is built; what is no row is not read as one."""

import re

import pytest
from doses import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.errors import NothingUsableError
from digest.intake.item import DateOrder
from digest.intake.sources.draft import ItemField
from digest.intake.sources.pages import listing_page
from digest.intake.sources.pages.listing_page import KnownLayout
from digest.intake.sources.readers import MOST_ENTRIES, LayoutChangedError

HUBS, CARE, BORDER = "New information hubs open", "Caravan of care in Petén", "Officials meet at the border"
EXPECTED = [("2018-08-05", HUBS), ("2018-07-17", CARE), ("2018-07-06", BORDER)]
NEWS = [
    ("5 August 2018", HUBS, "hubs", "The hubs inform travellers of their rights."),
    ("17 July 2018", CARE, "care", "Doctors saw forty families in two days."),
    ("6 July 2018", BORDER, "border", "They agreed on a common form."),
]
MENU = (
    "<nav><ul>" + "".join(f"<li><a href=/{name}>{name} of the office</a></li>" for name in "abcdefgh") + "</ul></nav>"
)


def _page(rows: str, before: str = "", behind: str = "") -> str:
    return (
        f"<!doctype html><html lang=en><head><title>News of 1 May 2018</title><style>a {{}}</style></head><body>{MENU}"
        f"<main><h1>News and press releases</h1>{before}{rows}{behind}</main>"
        "<aside><h3>Contact</h3><p>Updated on 1 May 2018</p></aside><footer><p>© 2018 Office</p></footer></body></html>"
    )


def _each(row: str) -> str:
    return "".join(row.format(day=day, title=title, name=name, text=text) for day, title, name, text in NEWS)


SHAPES = {
    "a table": "<table><tr><th>Date<th>Title</tr>"
    + _each("<tr><td>{day}</td><td><a href=/n/{name}>{title}</a></td></tr>")
    + "</table>",
    "a list": "<ul class=news>" + _each("<li><a href=/n/{name}>{title}</a>, {day}</li>") + "</ul>",
    "a list, the date first": "<ul>" + _each("<li>{day} – <a href=/n/{name}>{title}</a></li>") + "</ul>",
    "articles": _each(
        "<article class='post post-{name}'><h2><a href=/n/{name}>{title}</a></h2><p>Posted on {day} by Ana</p>"
        "<p>{text}</p><a href=/n/{name}>Read more</a></article>"
    ),
    "rows of Drupal views": "<div class=view-content>"
    + _each(
        "<div class='views-row views-row-1 views-row-odd'><div class=views-field-title><span>"
        "<a href=/n/{name}>{title}</a></span></div><span class=views-field-created>{day}</span>"
        "<div class=views-field-body><p>{text}</p></div></div>"
    )
    + "</div>",
    "nothing around a row, the date first": _each(
        "<span>{day}</span><h3><a href=/n/{name}>{title}</a></h3><p>{text}</p><hr>"
    ),
    "nothing around a row, the date behind": _each("<h3><a href=/n/{name}>{title}</a></h3><p>{text}</p><p>{day}</p>"),
    "terms and what they mean": "<dl>"
    + _each("<dt><a href=/n/{name}>{title}</a> ({day})</dt><dd>{text}</dd>")
    + "</dl>",
    "dates over their news": _each("<h3>{day}</h3><ul><li><a href=/n/{name}>{title}</a></li></ul>"),
    "cards that are links": "<div class=grid>"
    + _each(
        "<a class=card href=/n/{name}><img src=x.png alt=''><div class=card-title>{title}</div><div>{day}</div>"
        "<div>{text}</div></a>"
    )
    + "</div>",
    "cards with a heading": "<div class=grid>"
    + _each("<div><a href=/n/{name}><img src=x.png alt=''></a><p>{day}</p><h4>{title}</h4><p>{text}</p></div>")
    + "</div>",
    "a table without links": "<table>" + _each("<tr><td><h4>{title}</h4></td><td>{day}</td></tr>") + "</table>",
    "cells that never end": "<table>" + _each("<tr><td>{day}<td><a href=/n/{name}>{title}</a>") + "</table>",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_rows_are_found_in_any_usual_shape(shape, page):
    read = page(_page(SHAPES[shape]))
    assert read.rows == EXPECTED
    linked = [f"https://www.example.org/n/{name}" for _, _, name, _ in NEWS]
    links = [one.draft.fields[ItemField.LINK].value for one in read.entries if ItemField.LINK in one.draft.fields]
    assert links == ([] if "without links" in shape else linked)
    if "{text}" in shape or "The hubs inform" in SHAPES[shape]:
        assert [one.draft.paragraphs for one in read.entries] == [(text,) for *_, text in NEWS]


@pytest.mark.parametrize(
    "day",
    [
        *("<time datetime=2018-08-05T23:30:00-06:00>last Sunday</time>", "<time>5 August 2018</time>"),
        *("August 5, 2018", "Sun, 08/05/2018 - 11:19", "5 Agosto, 2018", "5 de agosto de 2018", "05 ago. 2018"),
        "<div><div>Aug</div><div>5</div><div>2018</div></div>",
        "<div><b>05</b><span>August 2018</span></div>",
        "<meta itemprop=datePublished content=2018-08-05><i>yesterday</i>",
        *("5 Aug 2018 | News", "Published: 5 August 2018 · 4 min", "2018-08-05"),
    ],
)
def test_a_date_is_read_as_it_is_written(day, page):
    row = f"<li><h3><a href=/a>A hub of information opens</a></h3>{day}<p>It is open on all days.</p></li>"
    other = "<li><h3><a href=/b>Another hub opens as well</a></h3>2018-07-06<p>It is open, too.</p></li>"
    read = page(
        _page(f"<ul>{row}{other if 'time' not in day and 'meta' not in day else ''}</ul>"), zone="America/Costa_Rica"
    )
    assert read.rows[0] == ("2018-08-05", "A hub of information opens")


def test_two_figures_of_a_year_are_read_as_the_page_shows_which_part_is_the_month(page):
    rows = "".join(f"<p><b>{day}</b> <a href=/{day}>The news of this day</a></p>" for day in ("05.19.15", "05.12.15"))
    assert [day for day, _ in page(_page(rows.replace("this day", "today", 1))).rows] == ["2015-05-19", "2015-05-12"]
    day_first = rows.replace("05.19.15", "19/05/15").replace("05.12.15", "12/05/15")
    assert [day for day, _ in page(_page(day_first.replace("this day", "today", 1))).rows] == [
        "2015-05-19",
        "2015-05-12",
    ]
    open_ = rows.replace("05.19.15", "05.11.15")
    assert "nothing in this file tells whether" in page(_page(open_)).said
    assert page(_page(open_), dates=DateOrder.MONTH_FIRST).rows[1][0] == "2015-05-12"


def test_a_date_in_the_title_or_the_address_counts_where_there_is_no_other(page):
    titles = _each("<li><a href=/n/{name}>{day}: {title}</a></li>")
    assert page(_page(f"<ul>{titles}</ul>")).rows == EXPECTED
    addresses = "<li><a href=/2018/08/05/x>{}</a><li><a href=/20180717_x>{}</a><li><a href=/n/2018-07-06-x>{}</a>"
    assert page(_page(addresses.format(HUBS, CARE, BORDER))).rows == EXPECTED


def test_a_row_without_a_date_is_marked_and_said(page):
    read = page(_page("<ul>" + _each("<li><a href=/n/{name}>{title}</a></li>") + "</ul>"))
    assert [one.dated for one in read.entries] == [False, False, False]
    assert (
        "3 rows have no date, from “New information hubs open” on: the day counts on which each was first seen"
        in read.said
    )


@pytest.mark.parametrize(
    ("day", "said"),
    [("1 January 1970", "dated 1 January 1970, as programs write that they know no date"), ("5 August 2099", "")],
)
def test_dates_that_nobody_means_are_named(day, said, page):
    read = page(_page(SHAPES["a list"].replace("5 August 2018", day)))
    assert said in read.said
    assert [one.dated for one in read.entries] == [day != "1 January 1970", True, True]
    assert len(read.entries) == 3


def test_what_nobody_sees_is_not_read(page):
    hidden = (
        "<script>var s = '5 May 2018 stolen';</script><p style='display:none'>hidden one</p><p hidden>hidden two</p>"
        "<span class=visually-hidden>hidden three</span><!-- hidden four --><template>hidden five</template>"
        "<noscript>hidden six</noscript><svg><text>hidden seven</text></svg><iframe>hidden eight</iframe>"
        "<p onclick='x()'>Shown to all.</p>"
    )
    read = page(_page(SHAPES["articles"].replace("<p>The hubs", f"{hidden}<p>The hubs")))
    assert read.rows == EXPECTED
    assert read.entries[0].draft.paragraphs == ("Shown to all.", "The hubs inform travellers of their rights.")
    assert all(one.draft.html is None for one in read.entries)


def test_words_in_every_row_are_no_news_and_are_named(page):
    rows = _each(
        "<li><b>Press release</b><p>{day}</p><h3><a href=/n/{name}>{title}</a></h3><p>{text}</p><p>Photo: office</p>"
    )
    read = page(_page(f"<ul>{rows}</ul>"))
    assert [one.draft.paragraphs for one in read.entries] == [(text,) for *_, text in NEWS]
    assert "are left out: “Press release” and “Photo: office”" in read.said


def test_who_wrote_it_and_what_it_is_about_are_told_by_the_names_of_the_elements(page):
    rows = _each(
        "<article class='category-x'><h3><a href=/n/{name}>{title}</a></h3><time datetime=2018-08-05></time>"
        "<span class=byline>Ana {name}</span><ul class=tags><li><a>{name}</a><li><a>Migration of {name}</a></ul>"
        "<p>{text}</p></article>"
    )
    draft = page(_page(rows)).entries[1].draft
    assert draft.fields[ItemField.AUTHOR].value == "Ana care"
    assert draft.categories == ("care", "Migration of care")
    assert draft.paragraphs == ("Doctors saw forty families in two days.",)


def test_what_programs_put_around_the_news_is_told_apart_from_it(page):
    wordpress = _each(
        "<article class='post-{name} post hentry category-{name}'><header><span class=cat-links>"
        "<a href=/c rel='category tag'>About {name}</a></span><h2><a href=/n/{name}>{title}</a></h2><span class=on>"
        "<a href=/n/{name}><time class='entry-date published'>{day}</time><time class=updated>{day}</time></a></span>"
        "<span class=byline> por <a class=url>ana {name}</a></span></header><div><p>{text} "
        "<a class=more-link href=/n/{name}>Go on"
        "<span class=screen-reader-text> {title}</span></a></p></div></article>"
    )
    read = page(_page(wordpress))
    assert read.rows == EXPECTED
    assert [one.draft.paragraphs for one in read.entries] == [(text,) for *_, text in NEWS]
    assert [one.draft.categories for one in read.entries] == [(f"About {name}",) for _, _, name, _ in NEWS]
    assert read.entries[0].draft.fields[ItemField.AUTHOR].value == "ana hubs"
    joomla = (
        _each(
            "<div class=item><h2>{title}</h2><dl><dt>Details</dt><dd>Published: {day}</dd><dd>Hits: {day}</dd></dl>"
            "<p>{text}</p><p><a href=/n/{name}>Read more: {title}</a></p></div>"
        )
        .replace("Hits: 5 August 2018", "Hits: 12")
        .replace("Hits: 17 July 2018", "Hits: 7")
        .replace("Hits: 6 July 2018", "Hits: 40")
    )
    read = page(_page(f"<div class=blog>{joomla}</div>"))
    assert read.rows == EXPECTED
    assert [one.draft.paragraphs for one in read.entries] == [(text,) for *_, text in NEWS]
    assert [one.key for one in read.entries] == [f"https://www.example.org/n/{name}" for _, _, name, _ in NEWS]


def test_a_story_that_stands_apart_is_named(page):
    apart = "<div class=lead><h2>The story of the month, which stands apart</h2><i>9 August 2018</i></div>"
    said = page(_page(SHAPES["cards with a heading"], before=apart)).said
    assert "is not read: 1 row, from “The story of the month, which stands apart” on" in said


def test_another_list_with_dates_is_named_and_not_read(page):
    events = "".join(
        f"<div class=event><h4>Workshop number {n} in the capital</h4><i>{n} September 2018</i></div>" for n in (8, 9)
    )
    read = page(_page(SHAPES["articles"], behind=f"<section>{events}</section>"))
    assert read.rows == EXPECTED
    assert "another list with dates stands on the page, and is not read: 2 rows, from “Workshop number 8" in read.said


def test_selectors_say_what_is_what(page):
    rows = _each(
        "<div class=n><p class=t>{title}</p><p class=d>1 May 2018</p><i>{day}</i><p class=s>"
        "{text}</p>Print <a href=/n/{name}>→</a></div>"
    )
    select = {"rows": ".n", "title": ".t", "date": "i", "summary": ".s"}
    read = page(_page(rows), select=select)
    assert read.rows == EXPECTED
    assert [one.draft.paragraphs for one in read.entries] == [(text,) for *_, text in NEWS]
    assert read.entries[0].key == "https://www.example.org/n/hubs"
    assert page(_page(rows), select={"rows": ".n"}).rows[0][0] == "2018-05-01"  # the first date in it
    with pytest.raises(NothingUsableError, match="is no selector of CSS"):
        page(_page(rows), select={"rows": "div[["})
    with pytest.raises(LayoutChangedError, match=r"nothing on the page is what “\.gone” selects"):
        page(_page(rows), select={"rows": ".gone"})


def _known(read: object) -> KnownLayout:
    return KnownLayout(path=read.layout, keys=frozenset(one.key for one in read.entries))  # type: ignore[attr-defined]


def test_nothing_new_is_no_change_of_layout(page):
    before = page(_page(SHAPES["articles"]))
    again = page(_page(SHAPES["articles"]), known=_known(before))
    assert again.entries == before.entries
    later = (
        SHAPES["articles"]
        .replace("New information hubs open", "A later story of the office")
        .replace("/hubs", "/later")
    )
    assert page(_page(later), known=_known(before)).layout == before.layout


def test_another_look_with_the_same_news_is_read(page):
    before = page(_page(SHAPES["articles"]))
    assert page(_page(SHAPES["a table"]), known=_known(before)).rows == EXPECTED


def test_a_page_that_lists_its_news_no_more_is_told_apart_from_one_without_news(page):
    before = _known(page(_page(SHAPES["articles"])))
    with pytest.raises(LayoutChangedError, match=r"its news stood at “body > main > article\.post.*nothing is there"):
        page(_page("<p>We are building a new site for you.</p>"), known=before)
    events = "".join(
        f"<li><a href=/e/{n}>Workshop number {n} in the capital</a> {n} September 2018</li>" for n in (1, 2, 3)
    )
    with pytest.raises(LayoutChangedError, match="nothing of them is there any more"):
        page(_page(f"<ul>{events}</ul>"), known=before)
    with pytest.raises(NothingUsableError, match="no list of news is found on this page") as found:
        page(_page("<p>Nothing here.</p>"))
    assert not isinstance(found.value, LayoutChangedError)


def test_a_list_of_one_is_read_where_lists_were(page):
    one = SHAPES["articles"].split("<article")[1]
    assert page(_page(f"<article{one}")).rows == EXPECTED[:1]


@pytest.mark.parametrize(
    ("label", "bytes_in"),
    [
        ("text/html; charset=iso-8859-1", "utf-8"),  # a wrong label: what is valid UTF-8 is UTF-8
        ("text/html; charset=utf-8", "cp1252"),
        ("text/html; charset=no-such", "cp1252"),
        ("text/html; charset=zlib_codec", "cp1252"),
        ("text/html; charset=windows-1252", "cp1252"),
        ("text/html", "utf-16"),
    ],
)
def test_the_signs_are_read_whatever_the_label_says(label, bytes_in, page):
    assert page(_page(SHAPES["articles"]).encode(bytes_in), content_type=label).rows == EXPECTED


def test_the_language_that_a_page_says_counts_where_its_words_do_not_tell(page):
    names = "".join(f"<li><a href=/{n}>Petén Chiquimula {n}</a> {n} August 2018" for n in (3, 4))
    assert page(f"<html lang=es-GT><ul>{names}").language == "es"
    english = "<html lang=es><ul>" + "".join(
        f"<li><a href=/{n}>The news of the office and what was made of it for {n} families</a> {n} August 2018"
        for n in (3, 4)
    )
    assert page(english).language is None  # each text tells its own


@pytest.mark.parametrize("inside", ["<div>", "<b>", "<table><tr><td>", "<blockquote><p>"])
def test_a_page_nested_beyond_all_bounds_is_refused_in_words(inside, page):
    with pytest.raises(NothingUsableError, match=r"nested more than 512 deep|was not done after|more than 200,000"):
        page(_page(inside * 10_000 + SHAPES["a list"]))


def test_of_a_page_without_end_the_first_rows_are_read(page):
    rows = "".join(f"<li><a href=/{n}>Story number {n} of the office</a> 5 August 2018</li>" for n in range(3000))
    read = page(_page(f"<ul>{rows}</ul>"))
    assert len(read.entries) == MOST_ENTRIES
    assert "the page lists 3,000 rows; the first 500 are read" in read.said


def test_a_feed_is_named_for_what_it_is(page):
    with pytest.raises(NothingUsableError, match="this is a feed, and no page"):
        page("<?xml version='1.0'?><rss version='2.0'><channel></channel></rss>")


def test_addresses_are_made_whole_by_that_of_the_page_and_only_of_the_web(page):
    rows = (
        SHAPES["a list"]
        .replace("/n/hubs", "../x#top")
        .replace("/n/care", "javascript:alert(1)")
        .replace("/n/border", " ?a=1 ")
    )
    keys = [one.key for one in page(_page(rows)).entries]
    assert keys == ["https://www.example.org/x", "caravan of care in peten", "https://www.example.org/en/news?a=1"]
    based = "<head><base href='https://cdn.example.net/a/'></head>" + rows
    assert page(based).entries[0].key == "https://cdn.example.net/x"


def test_the_same_news_twice_on_a_page_is_one(page):
    read = page(_page(SHAPES["a list"].replace("/n/care", "/n/hubs")))
    assert [title for _, title in read.rows] == [HUBS, BORDER]
    assert "is listed twice on the page; the first counts" in read.said


# -- Reading adds up.

ELEMENTS = [  # each is seen, whatever it is called
    *("<p>{}</p>", "<div class=tags>{}</div>", "<span class=byline>{}</span>", "<footer>{}</footer>", "<nav>{}</nav>"),
    *(
        "<x-teaser>{}</x-teaser>",
        "<unheard-of>{}</unheard-of>",
        "<small>{}</small>",
        "<pre>{}</pre>",
        " {} ",
        "<b>{}</b>",
    ),
    *(
        "<time datetime=2018-01-01>{}</time>",
        "<a href=/x class=more>{}</a>",
        "<a rel=tag href=/t>{}</a>",
        "<h6>{}</h6>",
    ),
    *("<button>{}</button>", "<details><summary>{}</summary></details>", "<ul><li>{}</ul>", "<label>{}</label>"),
    *(
        "<figure><figcaption>{}</figcaption></figure>",
        "<aside>{}</aside>",
        "<div role=search>{}</div>",
        "<sup>{}</sup>",
    ),
    *("<table><tr><td>{}</table>", "<select><option>{}</select>", "<dl><dt>{}</dl>", "<marquee>{}</marquee>"),
]


@settings(deadline=None, max_examples=examples(40))
@example([*[(0, ELEMENTS[1])] * 5, *[(0, " {} ")] * 2], True)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(ELEMENTS)), max_size=12), st.booleans())
def test_what_is_seen_in_the_rows_is_told_or_named_and_what_stands_outside_is_counted(page, chosen, selects):
    written = [f"w{number}w" for number in range(len(chosen))]
    parts = [element.format(word) for (_, element), word in zip(chosen, written, strict=True)]
    # Of what stands in one line the texts are one; so each has a line of its own.
    of = lambda place: "<hr>".join(part for (at, _), part in zip(chosen, parts, strict=True) if at == place)  # noqa: E731
    rows = "".join(
        f"<article><h2><a href=/n/{at}>{title}</a></h2><p>{day}</p>{of(at)}</article>"
        for at, (day, title, *_) in enumerate(NEWS)
    )
    select = {"rows": "article", "title": "h2", "summary": "p"} if selects else None
    read = page(f"<body><main>{rows}</main><section>{of(3)}</section></body>", select=select)
    assert [title for _, title in read.rows] == [HUBS, CARE, BORDER]
    drafts = [entry.draft for entry in read.entries]
    told = " ".join(str([one.title, one.paragraphs, one.categories, *one.fields.values()]) for one in drafts)
    named = [problem.cause for problem in read.problems if "left out" in problem.cause]
    within = [word for (at, _), word in zip(chosen, written, strict=True) if at < 3]
    lost = [word for word in within if word not in told + " ".join(named)]
    more = sum(int(found) for one in named for found in re.findall(r"and (\d+) more", one))
    assert len(lost) == more, lost
    outside = len(chosen) - len(within)
    assert (f"{outside} word{'s' if outside > 1 else ''} outside of the list" in read.said) == bool(outside)


def test_what_an_element_shows_beside_its_date_is_named_unless_it_is_that_date(page):
    rows = SHAPES["articles"].replace
    for shown in ("Posted by Ana", "Posted on 5 August 2018 by Ana"):
        told = rows("<h2>", f"<time datetime=2018-08-05>{shown}</time><h2>")
        assert f"“{shown}”" in page(_page(told)).said
    nothing = page(_page(rows("<h2>", "<time datetime=2018-08-05></time><h2>"))).said
    for shown in ("5 Aug", "<i>5</i><b>Aug</b>", "3 days ago", "12:30", "05/08/18"):
        assert page(_page(rows("<h2>", f"<time datetime=2018-08-05>{shown}</time><h2>"))).said == nothing


def test_words_beside_a_date_are_named(page):
    assert "“Posted on 5 August 2018 by Ana”" in page(_page(SHAPES["articles"])).said


def test_what_lies_deeper_in_a_row_than_any_browser_shows_is_named_and_the_others_are_intact(page):
    rows = SHAPES["articles"].replace("Doctors saw", "<div>" * 10_000 + "Doctors saw")
    read = page(_page(f"{rows}"))
    assert read.rows[0] == EXPECTED[0]
    assert "Doctors saw forty families" in read.said


def test_of_a_page_with_more_tags_than_any_the_beginning_is_read(page, monkeypatch):
    monkeypatch.setattr(listing_page, "MOST_TAGS", 1_000)
    rows = "".join(f"<li><a href=/{n}>Story number {n} of the office</a> 5 August 2018</li>" for n in range(1_000))
    read = page(_page(f"<ul>{rows}</ul>"))
    assert 200 < len(read.entries) < 250
    assert "the page has more than 1,000 tags; what stands behind them is not read" in read.said
