"""Markdown beyond CommonMark: what the author's own program shows is carried, what it hides never leaves."""

from collections.abc import Callable
from datetime import date

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.intake.item import Reading, Struck
from digest.intake.sources.draft import FileContext
from digest.intake.sources.items import FileReading
from digest.intake.sources.markdown import read_markdown

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]
HEAD = "---\ntitle: A\ndate: 2018-08-05\n---\n"
FIRST = 5  # the first line of the body


def _body(markdown: Read, text: str) -> tuple[tuple[str, ...], str | None]:
    [item] = markdown(HEAD + text).items
    return item.text.paragraphs, item.text.html


# -- Shown.


def test_a_table_keeps_its_rows(markdown: Read) -> None:
    paragraphs, html = _body(markdown, "| Place | Hours |\n|---|--:|\n| Upala | 8-16 |\n| Los Chiles | |\n")

    assert paragraphs == ("Place · Hours", "Upala · 8-16", "Los Chiles ·")
    assert (html or "").count("<tr>") == 3
    assert "<th>Hours</th>" in (html or "")


def test_cells_beyond_the_columns_are_named_with_their_line(markdown: Read) -> None:
    first = "| a | b |\n|--|--|\n| c | `d|e` |\n"
    second = "> | x |\n> |--|\n> | y | z |\n"
    reading = markdown(f"{HEAD}{first}\nText.\n\n{second}")

    said = [each.cause.partition("; left out: ")[2] for each in reading.problems]
    assert said == ["“e`”", "“z”"]
    assert [each.place.line for each in reading.problems] == [FIRST + 2, FIRST + 8]


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("| a | b |\n| c | d |", ("| a | b |", "| c | d |")),
        ("+---+---+\n| a | b |\n+---+---+", ("+---+---+", "| a | b |", "+---+---+")),
        ("| Regional office\n| Belmopan", ("| Regional office", "| Belmopan")),
        ("| is a stroke\nand this is text", ("| is a stroke and this is text",)),
    ],
)
def test_rows_of_other_dialects_stay_rows(text: str, paragraphs: tuple[str, ...], markdown: Read) -> None:
    assert _body(markdown, text)[0] == paragraphs


def test_cells_that_span_leave_the_others_in_their_columns(markdown: Read) -> None:
    rows = (
        "<tr><th colspan=2>H</th><th>I</th></tr><tr><td rowspan=2>a</td><td>b</td><td rowspan=2>c</td></tr>"
        "<tr><td>d</td></tr><tr><td>e</td><td>f</td><td>g</td></tr>"
    )
    html = _body(markdown, f"<table>{rows}</table>")[1]

    assert html == (
        "<table><tr><th>H</th><td></td><th>I</th></tr><tr><td>a</td><td>b</td><td>c</td></tr>"
        "<tr><td></td><td>d</td></tr><tr><td>e</td><td>f</td><td>g</td></tr></table>"
    )


def test_what_its_style_raises_or_lowers_is_raised_or_lowered(markdown: Read) -> None:
    raised, lowered = (f'<span style="vertical-align: {way}">2</span>' for way in ("super", "sub"))

    paragraphs, html = _body(markdown, f"m{raised} x{lowered}")
    assert paragraphs == ("m² x₂",)
    assert html == "<p>m<sup>2</sup> x<sub>2</sub></p>"


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("- [ ] Passport\n- [x] Photo\n- [X] Fee", ("• ☐ Passport", "• ☑ Photo", "• ☑ Fee")),
        ("1. a\n\nWait.\n\n2. b\n3. c", ("1. a", "Wait.", "2. b", "3. c")),
        ("0. a\n1. b", ("0. a", "1. b")),
        ("7) a\n8) b", ("7. a", "8. b")),
        ("1986. That was the year.", ("1986. That was the year.",)),
        ("2. a\n3. b\n\n1986. That was the year.", ("2. a", "3. b", "1986. That was the year.")),
        ("1. a\n1. b\n1. c", ("1. a", "2. b", "3. c")),
        ("<ol start=5><li>a<li value=9>b<li>c</ol>", ("5. a", "9. b", "10. c")),
        ("<ol type=a><li>x<li>y</ol>", ("a. x", "b. y")),
        ("<ol type=a><li><p>x</p><p>more</p><li>y</ol>", ("a. x", "more", "b. y")),
        (
            "1986. That was the year.\n\n1987. That was the next.",
            ("1986. That was the year.", "1987. That was the next."),
        ),
        ("<ol reversed><li>x<ul><li>z</ul><li>y</ol>", ("2. x", "• z", "1. y")),
        ("<ol type=I reversed start=4><li>x<li>y</ol>", ("IV. x", "III. y")),
        ("A claim[^1].\n\n[^1]: Its *source*.", ("A claim[1].", "1. Its source.")),
        ("A claim^[Its source.].", ("A claim[1].", "1. Its source.")),
        ("Hub\n: A house.\n: An idea.", ("Hub", "A house.", "An idea.")),
        ("12 Main Street  \nBelmopan\\\nBelize\nCentral", ("12 Main Street", "Belmopan", "Belize Central")),
        ("10<sup>6</sup>, 40<sup>1</sup>, x<sub>1</sub>, m<sup>2</sup>, 2^6", ("10⁶, 40¹, x₁, m², 2^6",)),
        ("x<sup>a, b</sup>, 1<sup>st</sup>", ("x^(a, b), 1st",)),
        ("==marked== {==this==} {++added++}", ("marked this added",)),
        ("[[Page]] and [[Page#part|this page]], [a]{.b} C#", ("Page and this page, [a]{.b} C#",)),
        ("> [!warning]\n> Mind the step.\n\n> [!tip]- A hint\n> Go.", ("Warning", "Mind the step.", "A hint", "Go.")),
        ("## Title {#anchor .big}\n\nText\n{: .lead }", ("Title", "Text")),
        ("He said <q>yes</q>.", ("He said “yes”.",)),
        ("<details><summary>More</summary>Text</details>", ("More", "Text")),
        ("a<ins>b</ins>c", ("abc",)),
        ("<ruby>漢<rt>kan</rt></ruby> <ruby>字<rp>[</rp><rt>ji</rt><rp>]</rp></ruby>", ("漢 (kan) 字 (ji)",)),
        ("10^6^ of H~2~O, 2^6, ~5 km and ~6 km", ("10⁶ of H₂O, 2^6, ~5 km and ~6 km",)),
        ("10<i class=sup>6</i> 10<span style='vertical-align:4px'>6</span>", ("10⁶ 10⁶",)),
        ("<i style='position:relative;top:-.4em'>6</i> <b style='vertical-align:-2px'>2</b>", ("⁶ ₂",)),
        ("<ol style='list-style:lower-alpha inside'><li>x<li>y</ol>", ("a. x", "b. y")),
        ("3.\n4. x", ("4. x",)),
        (":::tip Bring it\nA photo.\n:::\n\n::: {.wide}\nText\n:::", ("Bring it", "A photo.", "Text")),
        ('!!! note "Bring it"\n    A photo.\n\n    Two.\n\nText', ("Bring it", "A photo.", "Two.", "Text")),
        ("[TOC]\n\n[[_toc_]]\n\nText", ("Text",)),
        ("HTML\n\n*[HTML]: a language", ("HTML",)),
        ("<div style='background:#036;color:#fff'>Text</div>", ("Text",)),
        ("<p style='color:white'><span style='background:navy'>Text</span></p>", ("Text",)),
        ("<table><tr><td bgcolor=black><font color=white>Text</font></table>", ("Text",)),
        ("<p style='background:url(x.png)'><b style='color:#fff'>Text</b></p>", ("Text",)),
    ],
)
def test_what_the_author_sees_is_what_readers_get(markdown: Read, text: str, paragraphs: tuple[str, ...]) -> None:
    reading = markdown(HEAD + text)

    assert reading.items[0].text.paragraphs == paragraphs
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.org/a_b?c=1.", "https://example.org/a_b?c=1"),
        ("See (http://example.org/a)", "http://example.org/a"),
        ("www.example.org, please", "http://www.example.org"),
        ("Write to ana@example.org.", "mailto:ana@example.org"),
        ("<https://example.org>", "https://example.org"),
    ],
)
def test_bare_addresses_are_links(markdown: Read, text: str, address: str) -> None:
    assert f'<a href="{address}">' in (_body(markdown, text)[1] or "")


@pytest.mark.parametrize("text", ["report.md and example.org", "`https://example.org`", "a//b", "ftp://example.org/x"])
def test_what_is_no_address_of_the_web_is_no_link(markdown: Read, text: str) -> None:
    assert "<a " not in (_body(markdown, text)[1] or "")


# -- Hidden: what the author's own program does not show.

HIDDEN = [
    "Come. %% NOTE %%",
    "Come.%%NOTE%%",
    "%%\nNOTE\n\nNOTE\n%%\n\nCome.",
    "Come {>> NOTE <<}",
    "{>>NOTE\nNOTE<<} Come",
    "{::comment}\nNOTE\n{:/comment}\n\nCome.",
    "Come {::comment} NOTE {:/}",
    "{% comment %}\nNOTE\n{% endcomment %}\n\nCome.",
    "Come {# NOTE #}",
    "Come {{/* NOTE */}}",
    "Come {{!-- NOTE --}}",
    "Come {/* NOTE */}",
    "Come {{! NOTE }}",
    "Come <%# NOTE %>",
    "<%-- NOTE\n\nNOTE --%>\n\nCome.",
    "Come <#-- NOTE -->",
    "\\begin{comment}\nNOTE\n\nNOTE\n\\end{comment}\n\nCome.",
    "Come \\iffalse NOTE \\fi",
    "Come <!-- NOTE -->",
    "Come <!--> so.",
    "<!--\n\nNOTE\n\n-->\n\nCome.",
    "[//]: # (NOTE)\n\nCome.",
    "[comment]: <> (NOTE)\n\nCome.",
    "<p hidden>NOTE</p>\n\nCome.",
    "Come <span hidden=until-found>NOTE</span>",
    "Come <span style='display:none'>NOTE</span>",
    "Come <b style='DISPLAY : /* x */ none !important'>NOTE <i>NOTE</i></b>",
    "<div style=visibility:hidden>\n\nNOTE **NOTE**\n\n</div>\n\nCome.",
    "Come <span style='font-size:0'>NOTE</span>",
    "Come <span style='mso-hide:all'>NOTE</span>",
    "<made-up hidden>NOTE</made-up>\n\nCome.",
    "Come <noscript>NOTE</noscript>",
    "<template>NOTE</template>\n\nCome.",
    "<dialog>NOTE</dialog>\n\nCome.",
    "<title>NOTE</title>\n\nCome.",
    "<script>NOTE</script><style>NOTE</style>\n\nCome.",
    "Come <input type=hidden value=NOTE>",
    "Come <!--- NOTE --->",
    "<!---\nNOTE\n\nNOTE\n--->\n\nCome.",
    "Come {% # NOTE %}",
    "::: {.content-hidden}\nNOTE\n\n::: inner\nNOTE\n:::\n\nNOTE\n:::\n\nCome.",
    ":::comment\nNOTE\n:::\n\nCome.",
    "Come <span class='x sr-only'>NOTE</span>",
    "<style>.n, b#m { display: none }</style>\n\nCome <i class=n>NOTE</i> <b id=m>NOTE</b>",
    "Come <div popover>NOTE</div>",
    *(
        f"Come <span style='{style}'>NOTE <b>NOTE</b></span>"
        for style in (
            *("color:#fff", "color:rgb(255,255,255)", "color:hsl(0,0%,99%)", "color:#0000", "color:rgba(9,9,9,.02)"),
            *("background:#000;color:#000", "background:url(x) navy;background-color:navy;color:#000080"),
            *("opacity:.01", "filter:opacity(0)", "font-size:1px", "font-size:.01em", "font:0/0 a"),
            *("text-indent:-9999px", "position:absolute;left:-9999px", "margin-left:-100em"),
            *("position:absolute;clip:rect(0 0 0 0)", "clip-path:inset(100%)", "transform:scale(0)"),
            *("overflow:hidden;width:0", "height:1px;overflow:hidden", "content-visibility:hidden"),
        )
    ),
    "Come <font color=white>NOTE</font>",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_comments_and_hidden_elements_never_leave(markdown: Read, text: str, warnings: Said, errors: Said) -> None:
    reading = markdown(HEAD + text)

    [item] = reading.items
    assert "".join(item.text.paragraphs).strip().startswith("Come")
    assert "NOTE" not in f"{item.text}"
    assert warnings(reading) == errors(reading) == []


@pytest.mark.parametrize(
    "text", ["`%% code %%`", "```\n%% code %%\n{>> c <<}\n```", "100%% sure", "<code>{# a #}</code>"]
)
def test_code_and_percent_signs_are_no_comments(markdown: Read, text: str) -> None:
    said = "".join(_body(markdown, text)[0])

    plain = text.replace("```", "").replace("`", "").replace("<code>", "").replace("</code>", "")
    assert all(word in said for word in plain.split())


@pytest.mark.parametrize(
    "text",
    ["Come %% NOTE", "%%\nNOTE", "{>> NOTE", "{::comment} NOTE", "{% comment %} NOTE", "<!-- NOTE\n\nNOTE"],
)
def test_a_comment_without_end_keeps_the_item_out(markdown: Read, text: str, errors: Said) -> None:
    reading = markdown(HEAD + text)

    assert reading.items == ()
    assert f"news.md:{FIRST}: error: " in errors(reading)[0]
    assert "begins a comment that has no end" in errors(reading)[0]


# -- Struck out.


@pytest.mark.parametrize(
    "struck",
    [
        "~~30 August~~",
        "<s>30 August</s>",
        "<del>30 August</del>",
        "{--30 August--}",
        "<span style='text-decoration:line-through'>30 August</span>",
        "<span class=strikethrough>30 August</span>",
        "~30 August~",
        "".join(f"{letter}\u0336" for letter in "30 August"),
    ],
)
def test_struck_out_text_is_left_out_and_named_or_shown_struck(struck: str, warnings: Said) -> None:
    def read(setting: Struck) -> FileReading:
        context = FileContext(
            source="s", file="news.md", today=date(2018, 9, 1), fallback_language="en", language="en", struck=setting
        )
        return read_markdown(f"{HEAD}\nUntil {struck} 15 September.", context)

    left_out, shown = read(Struck.LEAVE_OUT), read(Struck.SHOW)

    assert left_out.items[0].text.paragraphs == ("Until 15 September.",)
    assert warnings(left_out)[0].startswith(f"news.md:{FIRST + 1}: warning: struck-out text is left out: “30 August”")
    assert "<s>30 August</s>" in (shown.items[0].text.html or "")
    assert shown.items[0].text.paragraphs == ("Until ~~30 August~~ 15 September.",)
    assert shown.problems == ()


@pytest.mark.parametrize("title", ["~~Old~~ New", "<del>Old</del> New", "New {>>NOTE<<}", "New <!-- NOTE -->"])
def test_a_title_is_read_as_its_text_would_be(title: str, markdown: Read) -> None:
    [item] = markdown(f'---\ntitle: "{title}"\nsummary: "{title}"\ndate: 2018-08-05\n---\nText.').items

    assert (item.text.title, item.text.summary) == ("New", "New")


def test_a_point_that_is_struck_out_leaves_the_others_their_numbers(markdown: Read) -> None:
    assert _body(markdown, "1. ~~a~~\n2. b\n3. ~~c~~\n4. d")[0] == ("2. b", "4. d")


@pytest.mark.parametrize("deep", ["> " * 60, "".join("  " * level + "-\n" for level in range(30)) + "  " * 30])
def test_what_is_nested_too_deeply_is_named(deep: str, markdown: Read, warnings: Said) -> None:
    assert "nested too deeply" in " ".join(warnings(markdown(f"{HEAD}{deep}Text")))


def test_a_list_of_twelve_levels_is_read_as_a_whole(markdown: Read) -> None:
    text = "\n".join("  " * level + f"- p{level}" for level in range(12))

    assert _body(markdown, text)[0][-1] == "• p11"


def test_what_replaces_struck_out_text_stays(markdown: Read) -> None:
    assert _body(markdown, "Bring {~~a passport~>an identity card~~}.")[0] == ("Bring an identity card.",)


# -- Named.


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a <strange>b</strange>", "nothing here knows <strange>"),
        ("<textarea>b</textarea>", "a <textarea> is left out"),
        ("<select><option>b</select>", "a <select> is left out"),
        ("<svg><text>b</text></svg>", "a <svg> is left out"),
        ("<iframe src=x>b</iframe>", "a <iframe> is left out"),
        ("<video src=x>b</video>", "a <video> is left out"),
        ("<input value=b>", "a field of a form is left out: “b”"),
        ("![b](https://example.org/a.png)", "a picture inside the text is left out: “b”"),
        ("[^1]: b", "nothing refers to this footnote; left out: “b”"),
        ("![[b.png]]", "what is embedded here is left out: “b.png”"),
        ("The area is $$a^2$$ here.", "“$$a^2$$” is a formula in the signs of TeX: it is mailed as it is typed"),
    ],
)
def test_what_no_mail_can_show_is_named_with_its_line(markdown: Read, text: str, cause: str, warnings: Said) -> None:
    reading = markdown(f"{HEAD}One.\n\n{text}\n\nLast.")

    [warning] = warnings(reading)
    assert warning.startswith(f"news.md:{FIRST + 2}: warning: {cause}")


BLOCKS = [
    "{}",
    "# {}",
    "- {}\n- [x] {}\n  1. {}",
    "3. {}\n\n   {}",
    "> {}\n> > {}",
    "| {} | {} |\n|---|---|\n| {} | |",
    "    {}",
    "```\n{}\n```",
    "{}  \n{}\\\n{}",
    "<div><p>{}</p>{}</div>",
    "<table><tr><td>{}<table><tr><td>{}</table><td>{}</table>",
    "<center>{}</center><unknown-tag>{}</unknown-tag>",
    "<ol reversed type=i><li>{}<li value=7>{}</ol>",
    "Term {}\n: {}",
    "{}[^@]\n\n[^@]: {}",
    "{}^[{}]",
    "[^@]: {}",
    "*{}* **{}** `{}` ~~{}~~ ==x{}x== 10<sup>{}</sup>",
    "[{}](https://example.org/{}) <https://example.org/{}> ![{}](x.png)",
    "[[page|{}]] {{++{}++}} {{--{}--}}",
    "> [!note] {}\n> {}",
    "&lt;{}&gt; \\*{}\\* {}<br>{}",
    "<figure><figcaption>{}</figcaption></figure><del>{}</del>",
    "<button>{}</button><label>{}</label><mark>{}</mark><ruby>{}<rt>{}</ruby>",
]


@settings(deadline=None, max_examples=examples(100))
@given(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=6))
def test_every_visible_word_is_in_the_item_or_in_a_finding(blocks: list[str]) -> None:
    count = 0
    texts = []
    for block in blocks:
        words = []
        for _ in range(block.replace("{{", "").count("{}")):
            count += 1
            words.append(f"w{count}w")
        texts.append(block.format(*words).replace("@", f"n{count}"))
    context = FileContext(source="s", file="f.md", today=date(2018, 9, 1), fallback_language="en", language="en")
    body = "\n\n".join(texts)

    reading = read_markdown(HEAD + body, context)

    [item] = reading.items
    told = " ".join(item.text.paragraphs) + (item.text.html or "") + " ".join(one.cause for one in reading.problems)
    for number in range(1, count + 1):
        assert f"w{number}w" in told, (body, told)


# -- Not yet.


def _front(*lines: str) -> str:
    return "\n".join(["---", "title: A", "date: 2018-08-05", *lines, "---", "Text."])


@pytest.mark.parametrize(
    "line",
    [
        *("published: false", "published: no", 'published: "false"', "publish: false", "publicado: no", "listed: 0"),
        *("status: draft", "status: Pending", "status: private", "post_status: future", "estado: borrador"),
        *("state: in review", "visibility: members", "visibilidad: privada", "status: [draft]", "estado: en revisión"),
        *("status: on hold", "status: not approved", "estado: sin publicar", "stage: editing", "type: draft"),
        *("embargo: true", "embargo: until 1 December", "embargo: 2026-12-01", "labels: [embargo]", "reviewed: no"),
        *("internal_only: true", "do-not-send: true", "audience: internal", "not_before: 2026-12-01", "skip: true"),
        *("superseded: true", "en_revision: sí", "golive: 2026-07-01", "template: true"),
        *("private: true", "unlisted: yes", "isDraft: true", "is_draft: 1", "archived: true", "hidden: on"),
        *("eleventyExcludeFromCollections: true", "publishDate: 2026-07-01", "publish_on: 1 July 2026"),
        *("publishDate: 2026-07-01T10:00:00Z", "expiryDate: 2026-06-29", "unpublishDate: 2020-01-01", "password: x"),
        *("published: 2026-07-01", "embargo: 2026-12-01", "scheduled: 2026-12-01", "published_at: 2026-07-01"),
        *("publish: never", "published: later", "status: Pending review (Ana)", "access: restricted", "ready: no"),
        *("tags: [news, draft]", "etiquetas: noticias, Borrador", "labels: WIP", "categories: [do not publish]"),
        *("do_not_publish: true", "secret: yes", "active: false", "estatus: pendiente", "valid_to: 2026-06-29"),
    ],
)
def test_what_says_not_yet_waits_and_is_named_with_its_reason(line: str, markdown: Read) -> None:
    reading = markdown(_front(line))

    assert (reading.items, reading.waiting) == ((), True)
    assert reading.held.split(":")[0] == line.partition(":")[0]


@pytest.mark.parametrize(
    ("lines", "held"),
    [
        ("params: {draft: true}", "params.draft: true"),
        ("params:\n  layout: wide\n  draft: yes", "params.draft: yes"),
        ("extra:\n  status: pending", "extra.status: pending"),
        ("seo: {meta: {unlisted: true}}", "meta.unlisted: true"),
        ("anything: {published: no}", "anything.published: no"),
        ("custom_fields: {publishDate: 2026-12-01}", "custom_fields.publishDate: 2026-12-01"),
        ("_build: {render: never}", "_build.render: never"),
        ("build:\n  list: never", "build.list: never"),
        ("params.draft: true", "params.draft: true"),
    ],
)
def test_what_says_so_below_another_key_counts_as_well(lines: str, held: str, markdown: Read) -> None:
    assert markdown(_front(lines)).held == held


def test_the_same_holds_in_toml(markdown: Read) -> None:
    assert (
        markdown('+++\ntitle = "A"\ndate = 2018-08-05\n[params]\ndraft = true\n+++\nText.').held == "params.draft: true"
    )


@pytest.mark.parametrize(
    "lines",
    [
        *("sidebar: {hidden: true}", "comments: {status: closed}", "author: {private: true}", "params: {draft: false}"),
        *(
            "params: {toc: true}",
            "image: {src: a.jpg, listed: no}",
            "x: {y: {z: {w: [1, {v: 2}]}}}",
            "params: {list: a}",
        ),
    ],
)
def test_what_is_said_of_another_thing_holds_no_text_back(lines: str, markdown: Read) -> None:
    reading = markdown(_front(lines))
    assert (len(reading.items), reading.held) == (1, "")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "published: true",
            "publish: yes",
            "status: published",
            "status: final",
            "estado: publicado",
            "private: false",
        ),
        *(
            "unlisted: no",
            "archived: false",
            "publishDate: 2018-07-01",
            "expiryDate: 2026-07-01",
            "published: 2018-08-05",
        ),
        *("visibility: public", "draft: false", "publishDate:", "status:", "tags: [new, draft law, private sector]"),
    ],
)
def test_what_says_that_readers_may_see_it_is_an_item(line: str, markdown: Read) -> None:
    reading = markdown(_front(line))

    assert (len(reading.items), reading.waiting, reading.problems) == (1, False, ())


def test_a_status_that_nobody_knows_is_a_warning(markdown: Read, warnings: Said) -> None:
    [warning] = warnings(markdown(_front("status: ongoing")))

    assert warning.startswith("news.md:4: warning: “status: ongoing” does not say whether readers may see this")


def test_the_folder_names_what_is_held_back(folder: Callable[..., Reading]) -> None:
    reading = folder(
        {
            "a.md": _front("published: false"),
            "_drafts/2018-08-05-b.md": "# B\n\nText.",
            "Drafts/e.md": _front(),
            "private/d.md": "# D\n\nText.",
            "_borradores/c.txt": "5 August 2018\nC\n\nText.",
            "d.md": _front(),
        }
    )

    [warning] = reading.problems
    assert len(reading.items) == 1
    assert warning.cause.startswith("5 texts are held back by what they say of themselves: ")
    assert all(
        words in warning.cause
        for words in ("bulletins/a.md (published: false)", "2018-08-05-b.md (in _drafts/)", "c.txt")
    )


# -- Front matter in other forms.


def test_toml_is_front_matter_too(markdown: Read, errors: Said) -> None:
    text = '+++\ntitle = "A"\ndate = 2018-08-05\ntags = ["health"]\n{}\n+++\nText.'

    [item] = markdown(text.format("")).items
    assert (item.text.title, item.published_on, item.topics) == ("A", date(2018, 8, 5), ("health",))
    assert markdown(text.format("draft = true")).waiting
    assert markdown(text.format("expiryDate = 2020-01-01")).held == "expiryDate: 2020-01-01"
    assert "cannot be read" in errors(markdown(text.format("x = ")))[0]


@pytest.mark.parametrize(
    ("line", "left_out"),
    [
        ("title: Vacancy #12: two interpreters", "#12: two interpreters"),
        ("title: Vacancy   # 12", "# 12"),
        ("summary: One of #12", "#12"),
        ("image_alt: A door #3", "#3"),
        ("summary: #12 is open", "#12 is open"),
    ],
)
def test_a_number_sign_that_cuts_a_text_off_is_noticed(
    line: str, left_out: str, markdown: Read, warnings: Said
) -> None:
    lines = [line] if line.startswith("title") else ["title: A", line]
    reading = markdown("\n".join(["---", "date: 2018-08-05", *lines, "---", "Text."]))

    [warning] = warnings(reading)
    assert f"ends at “ #”: what follows is a comment to YAML: “{left_out}”" in warning


@pytest.mark.parametrize(("sign", "rest"), [("&Co", " opens"), ("!Important", " news")])
def test_a_sign_that_yaml_takes_for_itself_is_noticed(sign: str, rest: str, markdown: Read, warnings: Said) -> None:
    [warning] = warnings(markdown(f"---\ndate: 2018-08-05\ntitle: {sign}{rest}\n---\nText."))

    assert f"the title begins with a sign that YAML takes for itself: “{sign}”" in warning
    assert markdown(f"---\ndate: 2018-08-05\ntitle: '{sign}{rest}'\n---\nText.").problems == ()


@pytest.mark.parametrize("line", ["title: C# course", "title: 'Vacancy #12'", 'title: "A #b"', "title: A#b"])
def test_a_number_sign_that_belongs_to_the_text_is_kept(line: str, markdown: Read) -> None:
    reading = markdown(f"---\ndate: 2018-08-05 # Sunday\n{line}\ntopics: [a] # more\n---\nText.")

    assert reading.items[0].text.title == line.removeprefix("title: ").strip("'\"")
    assert reading.problems == ()
