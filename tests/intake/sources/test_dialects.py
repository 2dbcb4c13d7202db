"""Each sign of a Markdown program beside CommonMark, translated by itself, and what looks like one and is none."""

import pytest

from digest.intake.sources.dialects import without_dialects
from digest.intake.sources.draft import Findings

STAYS = object()


def read(text: str, first_line: int = 1) -> tuple[str | None, list[tuple[int | None, str]]]:
    findings = Findings("a.md")
    return without_dialects(text, first_line, findings), [(one.place.line, one.cause) for one in findings.problems]


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("plain", STAYS),
        # Blocks with a kind and a title.
        (":::\nText\n:::", "\nText\n"),
        ("::: {.wide}\nText\n:::", "\nText\n"),
        (":::tip\nText\n:::", "**Tip**  \nText\n"),
        (":::tip Bring it\nText\n:::", "**Bring it**  \nText\n"),
        (":::tip[Bring it]\nText\n:::", "**Bring it**  \nText\n"),
        ("  ::::  warning  \nText\n  ::::", "**Warning**  \nText\n"),
        ('!!! note "Bring it"\n    A\n\ta\n\nB', "**Bring it**  \nA\na\n\nB"),
        ('!!! note ""\n    A\nB', "\nA\nB"),
        ("!!! danger\n    A\nB", "**Danger**  \nA\nB"),
        ("??? tip\n    A\nB", "**Tip**  \nA\nB"),
        ("???+ tip\n    A\nB", "**Tip**  \nA\nB"),
        ("> [!NOTE]\n> A", "> **Note**  \n> A"),
        ("> > [!tip]- A hint\n> > A", "> > **A hint**  \n> > A"),
        ("[!tip] A", STAYS),
        # CriticMarkup.
        ("a {++b++} c", "a b c"),
        ("a {++b\nb++} c", "a b\nb c"),
        ("a {--b\nb--} c", "a <del>b\nb</del> c"),
        ("a {~~b\nb~>c\nc~~} d", "a <del>b\nb</del>c\nc d"),
        ("a {==b\nb==} c", "a b\nb c"),
        ("a {++b", STAYS),
        # Marked.
        ("a ==b c== d", "a b c d"),
        ("a == b == c", STAYS),
        ("a===b=== c", STAYS),
        ("a==b==", STAYS),
        ("==a\nb==", STAYS),
        # Tables of contents.
        ("[TOC]\nA", "\nA"),
        ("[[_TOC_]]\nA", "\nA"),
        ("[[toc]]\nA", "\nA"),
        ("@[toc]\nA", "\nA"),
        ("the [toc] here", STAYS),
        # Obsidian's links.
        ("[[Page]]", "Page"),
        ("[[Page|a page]]", "a page"),
        ("[[a](b)](c)", STAYS),
        ("[[1]](c)", STAYS),
        ("[[1]]: c", STAYS),
        # Abbreviations.
        ("*[HTML]: a language\nHTML", "\nHTML"),
        ("a *[HTML]: b", STAYS),
        # Raised, lowered, struck out.
        ("10^6^ m", "10<sup>6</sup> m"),
        ("x)^2^", "x)<sup>2</sup>"),
        ("2^6 and 3^7", STAYS),
        ("^a^", STAYS),
        ("H~2~O", "H<sub>2</sub>O"),
        ("x~i+1~", "x<sub>i+1</sub>"),
        ("a ~b c~ d", "a <del>b c</del> d"),
        ("~5 km and ~6 km", STAYS),
        ("~~a~~", STAYS),
        ("a\u0336b\u0336 c", "<del>ab</del> c"),
        # kramdown's attributes.
        ("* contents\n{:toc}\nA", "\n\nA"),
        ("A\n{: .lead #x}\nB", "A\n\nB"),
        ("A{::nomarkdown}b{:/}", "Ab"),
        ("## Title {#anchor .big}\nA", "## Title\nA"),
        ("## Title {.big}  ", "## Title"),
        ("A {.big}", STAYS),
    ],
)
def test_a_sign_stands_for_what_its_program_shows(text, translated):
    assert read(text) == (text if translated is STAYS else translated, [])


@pytest.mark.parametrize(
    ("opens", "ends"),
    [
        *(("%%", "%%"), ("{>>", "<<}"), ("{::comment}", "{:/comment}"), ("{::comment}", "{:/}"), ("{#", "#}")),
        *(("{{/*", "*/}}"), ("{{!--", "--}}"), ("{{!", "}}"), ("{/*", "*/}"), ("<%#", "%>"), ("<%--", "--%>")),
        *(("<#--", "-->"), ("\\begin{comment}", "\\end{comment}"), ("\\iffalse", "\\fi")),
        *(("{% comment %}", "{% endcomment %}"), ("{%- comment -%}", "{%-endcomment-%}")),
    ],
)
def test_a_comment_goes_with_its_end_and_leaves_its_lines(opens, ends):
    said = "comments of the authors are left out (line {lines})"
    assert read(f"A {opens} NOTE\nNOTE {ends} B") == ("A \n B", [(1, said.format(lines=1))])
    assert read(f"A\n{opens} N {ends} B\n\n{opens} N {ends}", first_line=7) == (
        "A\n B\n\n",
        [(8, said.format(lines="8, 10"))],
    )
    shown, [(line, cause)] = read(f"A\n{opens} NOTE\n\nNOTE", first_line=7)
    assert (shown, line) == (None, 8)
    assert cause.startswith(f"“{opens[:4].split()[0]}")
    assert cause.endswith("” begins a comment that has no end; the item is left out")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A {% # N %} B", "A  B"),
        ("A {%- # N -%} B", "A  B"),
        ("A <!-- N -->", "A "),
        ("A <!--> B", "A  B"),
        (":::hidden\nN\n:::\nB", "\n\n\nB"),
        ("::: {.content-hidden}\nN\n::: inner\nN\n:::\nN\n:::\nB", "\n\n\n\n\n\n\nB"),
        *((f"::: {kind}\nN\n:::\nB", "\n\n\nB") for kind in ("comment", "comments", "notes", "invisible", "d-none")),
        ("::: hidden\nN\n\nN", "\n\n\n"),
    ],
)
def test_other_comments_end_by_themselves(text, shown):
    assert read(text)[0] == shown


@pytest.mark.parametrize(
    "text",
    [
        *(
            "`%% a %%`",
            "``a ` {# b #} ``",
            "```\n{# a #}\n```",
            "~~~~\n{# a #}\n~~~\n==b==\n~~~~",
            "> ```\n> {# a #}\n> ```",
        ),
        *(
            "```\n==a==",
            "<pre>==a==</pre>",
            "<CODE>{# a #}</code>",
            "<script>{# a #}</script>",
            "<style>{# a #}</style>",
        ),
        *("100%% sure, 20%% not", "50%%", "a%% b\n\nc%% d", "{#anchor }", "a `b"),
    ],
)
def test_code_stays_as_it_is_and_signs_of_other_things_are_no_comments(text):
    assert read(text) == (text, [])


def test_no_more_than_ten_lines_of_comments_are_named():
    text = "\n".join("{# N #}" for _ in range(12))
    assert read(text)[1] == [
        (1, "comments of the authors are left out (line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 …)"),
    ]
    assert read("\n".join("{# N #}" for _ in range(10)))[1][0][1].endswith("9, 10)")
    assert read("{# N #} {# N #}\n{# N #}")[1] == [(1, "comments of the authors are left out (line 1, 2)")]


def test_what_is_embedded_and_formulas_are_named_with_their_lines():
    shown, said = read("A\n![[map.png]] B\n$$x^2$$ {# N #}\n![[b.png]]", first_line=5)
    assert shown == "A\n B\n$$x^2$$ \n"
    assert said == [
        (6, "what is embedded here is left out: “map.png”"),
        (7, "“$$x^2$$” is a formula in the signs of TeX: it is mailed as it is typed"),
        (8, "what is embedded here is left out: “b.png”"),
        (7, "comments of the authors are left out (line 7)"),
    ]
