from collections import Counter

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.intake.sources.html import ALLOWED_TAGS, plain_paragraphs, sanitise

PIECES = (
    "<p>",
    "</p>",
    "<div onclick=x>",
    "</div>",
    "<h2 class='a'>",
    "</h2>",
    "<table><tr><td>",
    "</td><td>",
    "<sup>",
    "</sup>",
    "<ol start=3>",
    "<ol start='x'>",
    "<del>",
    "</del>",
    "</table>",
    "<li>",
    "<ul>",
    "</ul>",
    '<a href="javascript:alert(1)">',
    '<a href="https://example.org/?a=1&b=<h1>" target=_blank rel=x>',
    '<a href="java&#x202e;script:x">',
    "</a>",
    "<b title=x>",
    "</b>",
    "<img src=https://example.org/pixel onerror=x>",
    "<script>",
    "</script>",
    "<style>",
    "<svg><style>",
    "<math><mi>",
    "<noscript>",
    "<template>",
    "<!--",
    "-->",
    "<![CDATA[",
    "<pre>\n a\n",
    "<br>",
    "&lt;script&gt;",
    "&#x202e;&#0;",
    "text",
    " ",
    "\u0338",
    "e\u0301",
    "\x00",
    "\"'><",
)


def _clean(html: str) -> str:
    return sanitise(html, Counter())


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_only_the_allowed_tags_and_web_links_come_through(html: str) -> None:
    cleaned = _clean(html)

    document = html5lib.parseFragment(cleaned, treebuilder="etree", namespaceHTMLElements=False)
    for element in list(document.iter())[1:]:
        assert element.tag in ALLOWED_TAGS | {"tbody"}  # which every parser adds
        assert set(element.attrib) <= {"href", "start"}
        assert element.get("start", "1").isdecimal()
        assert element.get("href", "https:").startswith(("https:", "http:", "mailto:"))
    assert "\u202e" not in cleaned
    assert "\x00" not in cleaned
    assert _clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>a <strong>b</strong> <em>c</em> <b>d</b> <i>e</i> <code>f</code></p>", None),
        ("<ul><li>a</li></ul><ol><li>b</li></ol><blockquote><p>c</p></blockquote><pre>d\n  e</pre>", None),
        ('<p><a href="https://example.org/?a=1&amp;b=2">a</a> <a href="mailto:a@example.org">b</a></p>', None),
        ('<table><tr><th>a</th><td></td></tr></table><ol start="3"><li>b<sup>1</sup><sub>2</sub></li></ol>', None),
        ("<table border=1><thead><tr><th width=1>a</th></tr></thead></table>", "<table><tr><th>a</th></tr></table>"),
        ('<ol start="9999999" type="a"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ("<del>a</del> <strike>b</strike> <s>c</s>", "<s>a</s> <s>b</s> <s>c</s>"),
        ("<h1>a</h1><h2 id=x>b</h2><h6>c</h6>", "<h4>a</h4><h4>b</h4><h4>c</h4>"),
        ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
        ('<p style="x" class="y" onclick="z" title="t" lang="u">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "a"),
        ('<a href="jav\tascript:alert(1)">a</a>', "a"),
        ('<a href="java&#x202e;script:alert(1)">a</a>', "a"),
        ('<a href="/relative">a</a> <a href="//example.org">b</a>', "a b"),
        ('<a href="data:text/html,x">a</a>', "a"),
        ('<a href="https://example.org" target="_blank" rel="x">a</a>', '<a href="https://example.org">a</a>'),
        ("<p>a<img src=https://example.org/pixel.gif alt=b></p>", "<p>a</p>"),
        ("<script>alert(1)</script><style>p{}</style>a<!-- b -->", "a"),
        ("<p></p><p> </p><ul><li><p></p></li></ul>", ""),
        ("a<b> </b>b<i></i>c", "a bc"),
        ("<ul><li>" * 50 + "</li></ul>" * 50, ""),
        ("<p>\u0338a</p>", "<p>a</p>"),
        ("e\u0301", "é"),
    ],
)
def test_what_becomes_of_html(html: str, cleaned: str | None) -> None:
    assert _clean(html) == (html if cleaned is None else cleaned)


def test_what_is_taken_out_of_entities_is_counted() -> None:
    removed: Counter[str] = Counter()

    assert sanitise("<p>a&#x202e;b</p>", removed) == "<p>ab</p>"
    assert removed == {"\u202e": 1}


@pytest.mark.parametrize(
    ("html", "paragraphs"),
    [
        ("", ()),
        ("<p>a &amp; b &lt;c&gt; d&nbsp;e</p>", ("a & b <c> d\u00a0e",)),
        ("<p>a\n  b</p>\n<p>c</p>", ("a b", "c")),
        ("<h4>a</h4><blockquote><p>b</p></blockquote>c", ("a", "b", "c")),
        ("<ul><li>a</li><li><p>b</p><p>c</p></li></ul><p>d</p>", ("• a", "• b", "c", "d")),
        ("<ol><li>a<ul><li>b</li></ul></li></ol>", ("1. a", "• b")),
        ('<ol start="3"><li>a<ol><li>b</li></ol></li><li>c</li></ol>', ("3. a", "1. b", "4. c")),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td></td><td><p>c</p><p>d</p></td></tr></table>", ("a · b", "· c d")),
        ("<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>", ("a b · c; · d",)),
        ("<p>10<sup>6</sup> H<sub>2</sub>O x<sup>a+b</sup> 5<sup>th</sup></p>", ("10⁶ H₂O x^(a+b) 5th",)),
        ("<p>by <s>May</s> June</p>", ("by ~~May~~ June",)),
        ("<p>a<br>b</p>", ("a", "b")),
        ("<pre><code>a  b\n\n c\n</code></pre><p>d\ne</p>", ("a b", "c", "d e")),
        ('<p><a href="https://example.org">a</a><b>b</b></p>', ("ab",)),
    ],
)
def test_the_plain_text_of_blocks(html: str, paragraphs: tuple[str, ...]) -> None:
    assert plain_paragraphs(html) == paragraphs
