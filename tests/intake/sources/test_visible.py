"""HTML as a person sees it: what each element shows, hides, moves and numbers."""

import pytest

from digest.intake.item import Struck
from digest.intake.sources.draft import Findings
from digest.intake.sources.visible import SeenHtml, as_seen


def seen(html: str, struck: Struck = Struck.LEAVE_OUT) -> tuple[SeenHtml, list[str]]:
    findings = Findings("x")
    shown = as_seen(html, findings, struck, 1)
    return shown, [f"{problem.severity} {problem.cause}" for problem in findings.problems]


INLINE = (
    "a strong em b i code span u small big mark abbr cite kbd samp var time font dfn sup sub ins bdi bdo nobr acronym"
    " tt label data output ruby rb"
)
BLOCKS = (
    "p blockquote h1 h2 h3 h4 h5 h6 pre div section article header footer main aside nav address figure figcaption dl"
    " dt dd center details summary fieldset form legend search menu hgroup dialog"
)


@pytest.mark.parametrize("tag", INLINE.split())
def test_an_element_inside_a_line_does_not_part_it(tag: str) -> None:
    shown, problems = seen(f"<p>one <{tag}>TWO</{tag}> three</p>")
    assert [piece.text.casefold().replace("ᵗʷᵒ", "two") for piece in shown.pieces][1:] == []
    assert problems == []


@pytest.mark.parametrize("tag", BLOCKS.split())
def test_a_block_is_a_text_of_its_own_and_nothing_is_said_of_it(tag: str) -> None:
    shown, problems = seen(f"<div>one<{tag} open>two</{tag}>three</div>")
    assert [piece.text for piece in shown.pieces] == ["one", "two", "three"]
    assert problems == []


@pytest.mark.parametrize("tag", ["script", "style"])
def test_of_what_no_author_writes_for_readers_nothing_is_said(tag: str) -> None:
    shown, problems = seen(f"<p>one</p><{tag}>two</{tag}><p>three</p>")
    assert ([piece.text for piece in shown.pieces], problems) == (["one", "three"], [])


@pytest.mark.parametrize("tag", ["title", "template", "noscript", "noembed", "noframes", "datalist"])
def test_what_browsers_hide_is_left_out_with_a_note(tag: str) -> None:
    shown, [problem] = seen(f"<p>one</p><{tag.upper()}>two</{tag.upper()}><p>three</p>")
    assert [piece.text for piece in shown.pieces] == ["one", "three"]
    assert problem.startswith("note ")
    assert f"<{tag}>" in problem


@pytest.mark.parametrize(
    "tag",
    [
        *("textarea", "select", "iframe", "object", "svg", "math", "audio", "video", "canvas", "meter", "progress"),
        *("applet", "map", "xmp", "plaintext", "listing"),
    ],
)
def test_what_no_mail_can_show_is_left_out_with_a_warning(tag: str) -> None:
    shown, [problem] = seen(f"<p>one</p><{tag}>two</{tag}>")
    assert [piece.text for piece in shown.pieces] == ["one"]
    assert problem.startswith("warning ")
    assert f"<{tag}>" in problem


def test_an_element_that_nobody_knows_is_named_once_and_its_text_kept() -> None:
    shown, [problem] = seen("<p><blinking>one</blinking></p><blinking>two</blinking>")
    assert [piece.text for piece in shown.pieces] == ["one", "two"]
    assert "<blinking>" in problem


STRUCK = [
    *("<del>x</del>", "<s>x</s>", "<strike>x</strike>", "<span style='text-decoration: line-through'>x</span>"),
    *("<span style='text-decoration-line: underline line-through'>x</span>",),
    *(f"<span class='a {name}'>x</span>" for name in ["strike", "strikethrough", "line-through", "struck", "tachado"]),
]


@pytest.mark.parametrize("html", STRUCK)
def test_what_is_struck_out_is_left_out_and_named_or_shown_so_as_the_office_wishes(html: str) -> None:
    shown, [problem] = seen(f"<p>one {html}</p>")
    assert ("x" in shown.html, "“x”" in problem) == (False, True)
    shown, problems = seen(f"<p>one {html}</p>", Struck.SHOW)
    assert (shown.html, problems) == ("<p>one <s>x</s></p>", [])


@pytest.mark.parametrize("html", ["<u>x</u>", "<span style='text-decoration: underline'>x</span>"])
def test_what_is_underlined_is_not_struck(html: str) -> None:
    shown, problems = seen(f"<p>{html}</p>")
    assert (shown.html, problems) == ("<p>x</p>", [])


@pytest.mark.parametrize(
    ("attribute", "tag"),
    [
        *(("style='vertical-align: super'", "sup"), ("style='vertical-align: sub'", "sub")),
        *(("class='superscript'", "sup"), ("class='subscript'", "sub"), ("class='x SUP'", "sup")),
        *(("style='font-variant-position: super'", "sup"), ("style='font-variant-position: sub'", "sub")),
        *(("style='vertical-align: 3px'", "sup"), ("style='vertical-align: -0.4em'", "sub")),
        *(("style='vertical-align: +.5ex'", "sup"), ("style='vertical-align: 30%'", "sup")),
        *(("style='position: relative; top: -3pt'", "sup"), ("style='position: relative; top: 3px'", "sub")),
        *(("style='top: 3px'", ""), ("style='vertical-align: 0px'", ""), ("style='vertical-align: baseline'", "")),
        *(("style='position: relative; top: auto'", ""), ("class='supper'", "")),
    ],
)
def test_what_stands_above_or_below_its_line_does_so_in_mails(attribute: str, tag: str) -> None:
    shown, _ = seen(f"<p>m<span {attribute}>2</span></p>")
    assert shown.html == (f"<p>m<{tag}>2</{tag}></p>" if tag else "<p>m2</p>")
    assert [piece.text for piece in shown.pieces] == [{"sup": "m²", "sub": "m₂", "": "m2"}[tag]]


@pytest.mark.parametrize(
    ("attributes", "marks"),
    [
        *(
            ("type=a", "a b c"),
            ("type=A start=26", "Z AA AB"),
            ("type=i start=3", "iii iv v"),
            ("type=I start=9", "IX X XI"),
        ),
        *(
            ("type=i start=39", "xxxix xl xli"),
            ("type=I start=48", "XLVIII XLIX L"),
            ("type=i start=89", "lxxxix xc xci"),
        ),
        *(
            ("type=i start=98", "xcviii xcix c"),
            ("type=I start=399", "CCCXCIX CD CDI"),
            ("type=i start=499", "cdxcix d di"),
        ),
        *(
            ("type=i start=899", "dcccxcix cm cmi"),
            ("type=I start=998", "CMXCVIII CMXCIX M"),
            ("type=a start=702", "zz aaa aab"),
        ),
        *(
            ("type=i start=3998", "mmmcmxcviii mmmcmxcix 4000"),
            ("type=a start=-1", "-1 0 a"),
            ("type=a reversed", "c b a"),
        ),
        *(("style='list-style-type: lower-alpha'", "a b c"), ("style='list-style: upper-latin inside'", "A B C")),
        *(("style='list-style-type: lower-latin'", "a b c"), ("style='list-style-type: upper-alpha'", "A B C")),
        *(("style='list-style-type: lower-roman'", "i ii iii"), ("style='list-style-type: upper-roman'", "I II III")),
        *(("start=1000", "1000 1001 1002"), ("start=2018 reversed", "2018 2017 2016")),
    ],
)
def test_letters_roman_figures_and_years_before_points_are_written_out(attributes: str, marks: str) -> None:
    shown, _ = seen(f"<ol {attributes}><li>x</li><li>x</li><li>x</li></ol>")
    assert shown.html == "".join(f"<p>{mark}. x</p>" for mark in marks.split())


@pytest.mark.parametrize(
    ("html", "written"),
    [
        ("<ol><li>x<li>y</ol>", "<ol><li>x</li><li>y</li></ol>"),
        ("<ol start=999><li>x</ol>", '<ol start="999"><li>x</li></ol>'),
        ("<ol><li>x<li value=5>y<li>z</ol>", '<ol><li>x</li></ol><ol start="5"><li>y</li><li>z</li></ol>'),
        ("<ol><li>x<li> <li>z</ol>", '<ol><li>x</li></ol><ol start="3"><li>z</li></ol>'),
        ("<ol reversed><li>x<li>y</ol>", '<ol start="2"><li>x</li></ol><ol start="1"><li>y</li></ol>'),
        ("<ul style='list-style-type: lower-alpha'><li>x</ul>", "<ul><li>x</li></ul>"),
    ],
)
def test_the_numbers_of_points_stay_what_a_browser_shows(html: str, written: str) -> None:
    assert seen(html)[0].html == written


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ("<tr><td>a<td>b<tr><td>c<td>d", ["a b", "c d"]),
        ("<tr><td colspan=2>a<td>b", ["a . b"]),
        ("<tr><td colspan=3>a", ["a"]),
        ("<tr><td rowspan=2>a<td>b<tr><td>c", ["a b", ". c"]),
        ("<tr><td>a<td rowspan=3>b<td>c<tr><td>d<td>e<tr><td>f<td>g<tr><td>h<td>i", ["a b c", "d . e", "f . g", "h i"]),
        ("<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c", ["a . b", ". . c"]),
        ("<tr><th colspan=0>a<td rowspan=0>b<tr><td>c", ["a b", "c"]),
    ],
)
def test_cells_that_stand_across_others_leave_the_rest_in_their_places(rows: str, places: list[str]) -> None:
    html = seen(f"<table>{rows}</table>")[0].html.replace("<th>", "<td>").replace("</th>", "</td>")
    cells = [row.replace("<td></td>", ".").replace("<td>", "").replace("</td>", "") for row in html.split("<tr>")[1:]]
    assert [row.split("</tr>")[0] for row in cells] == [row.replace(" ", "") for row in places]


def test_a_table_in_a_cell_is_a_line_for_each_row() -> None:
    html = "<table><tr><td>a<table><tr><td>b<td>c<tr><th>d<td>e</table></table><table><tr><td>f</table>"
    assert seen(html)[0].html == (
        "<table><tr><td>ab · c · <br>d · e · <br></td></tr></table><table><tr><td>f</td></tr></table>"
    )


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        *(
            ("<input type=checkbox checked> a", "☑  a"),
            ("<input type=CHECKBOX> a", "☐  a"),
            ("a<wbr>b<br>c", "ab<br>c"),
        ),
        *(("<q>a</q>", "“a”"), ("<ruby>a<rp>(</rp><rt>b</rt><rp>)</rp></ruby>", "a (b)"), ("a<br>b", "a<br>b")),
        *(
            ("<input type=hidden value=x>", ""),
            ("<span hidden>a</span>b", "b"),
            ("<a href=/x>a</a>", '<a href="/x">a</a>'),
        ),
    ],
)
def test_what_an_element_shows_by_itself_is_written(html: str, shown: str) -> None:
    assert seen(f"<p>{html}</p>")[0].html == f"<p>{shown}</p>"
