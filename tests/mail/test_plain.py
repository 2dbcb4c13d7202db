from digest.mail.story import body_html, body_text
from digest.mail.text import TextBlock, blocks_of

ROWS = ("<th>Place</th><th>Hours</th>", "<td>Upala</td><td>8–16</td>", "<td>Liberia</td><td></td>")
HOURS = f"<table>{''.join(f'<tr>{row}</tr>' for row in ROWS)}</table>"


def as_text(html: str) -> str:
    return body_text((), html, columns=40)


def test_paragraphs_and_emphasis_are_plain_words() -> None:
    assert as_text("<p>One <strong>bold</strong> and <em>soft</em> word.</p><p>Next.</p>") == (
        "One bold and soft word.\n\nNext."
    )


def test_a_link_shows_where_it_leads() -> None:
    html = '<p>See <a href="https://a.example/?b=1&amp;c=2">the <em>list</em></a>, please.</p>'
    assert as_text(html) == "See the list\n<https://a.example/?b=1&c=2>, please."


def test_a_link_that_is_its_own_text_is_said_once() -> None:
    assert as_text('<p><a href="https://a.example/">https://a.example/</a></p>') == "https://a.example/"


def test_a_link_without_text_is_not_lost() -> None:
    assert as_text('<p><a href="https://a.example/"></a></p>') == "<https://a.example/>"


def test_lists_are_marked_and_hang() -> None:
    html = "<p>Three:</p><ul><li>one<ul><li>deep</li></ul></li><li><p>two</p><p>more</p></li></ul><p>End</p>"
    assert as_text(html) == "Three:\n\n- one\n  - deep\n- two\n\n  more\n\nEnd"


def test_numbered_lists_count_past_nine() -> None:
    html = "<ol>" + "<li>x</li>" * 10 + "</ol>"
    assert as_text(html).splitlines()[-1] == "10. x"
    assert blocks_of(html)[-1] == TextBlock("x", "10. ", "    ", tight=True)


def test_a_second_list_stands_apart_from_the_first() -> None:
    assert as_text("<ul><li>a</li></ul><ol><li>b</li></ol>") == "- a\n\n1. b"


def test_quotations_are_marked_on_every_line() -> None:
    assert as_text(f"<blockquote><p>{'word ' * 12}</p></blockquote>") == (
        "> word word word word word word word\n> word word word word word"
    )


def test_text_outside_any_block_is_kept() -> None:
    assert as_text("before<p>inside</p>after<br>it &amp; &lt;b&gt;") == "before\n\ninside\n\nafter\nit & <b>"


def test_lines_that_were_broken_by_hand_stay_apart() -> None:
    html = "<p>Regional office<br>\n12 Main Street<br>\nBelmopan\nBelize</p><ul><li>one<br>two</li></ul>"
    assert as_text(html) == "Regional office\n12 Main Street\nBelmopan Belize\n\n- one\n  two"


def test_code_keeps_its_lines_and_spaces() -> None:
    html = "<pre><code>Mon  8-16\n\n  Tue 9-12\n</code></pre><p>End</p>"
    assert as_text(html) == "Mon  8-16\n\n  Tue 9-12\n\nEnd"


def test_a_line_of_code_that_is_too_long_goes_on_under_its_own_beginning() -> None:
    assert as_text(f"<pre>  {'word ' * 10}</pre>") == "  word word word word word word word\n  word word word"


def test_a_mail_address_that_is_a_link_is_said_once() -> None:
    assert as_text('<p><a href="mailto:a@b.example">a@b.example</a></p>') == "a@b.example"
    assert as_text('<p><a href="http://www.b.example">www.b.example</a></p>') == "www.b.example"


def test_code_in_html_is_lines_that_can_break() -> None:
    html = body_html((), "<p>a</p><pre><code>b  <em>c</em>\n    d &amp; e\n</code></pre>", 3)
    assert html == "<p>a</p><p><code>b\xa0 <em>c</em><br>\xa0\xa0\xa0\xa0d &amp; e</code></p>"


def test_addresses_in_plain_paragraphs_are_links() -> None:
    html = body_html(("See https://a.example/?b=1&c=2, or ana@example.org. File report.md",), None, 3)
    assert html == (
        '<p>See <a href="https://a.example/?b=1&amp;c=2">https://a.example/?b=1&amp;c=2</a>, or '
        '<a href="mailto:ana@example.org">ana@example.org</a>. File report.md</p>'
    )


def test_a_table_stands_in_columns() -> None:
    assert body_text((), f"<p>Open:</p>{HOURS}<p>End</p>") == ("Open:\n\nPlace    Hours\nUpala    8–16\nLiberia\n\nEnd")
    assert body_text((), f"<blockquote>{HOURS}</blockquote>").splitlines()[1] == "> Upala    8–16"


def test_a_table_that_is_too_wide_is_told_row_by_row() -> None:
    long = "word " * 20
    html = f"<table><tr><td>Upala</td><td>{long}</td></tr><tr><td>Liberia</td><td>9–12</td></tr></table>"

    lines = body_text((), html).splitlines()

    assert lines[0].startswith("- Upala · word word")
    assert lines[1].startswith("  word")
    assert lines[-1] == "- Liberia · 9–12"
    assert max(map(len, lines)) <= 72


def test_a_cell_holds_blocks_links_and_tables_in_one_row() -> None:
    html = (
        '<table><tr><td><p>a</p><ul><li>b</li></ul></td><td><a href="https://a.example/">c</a></td></tr>'
        "<tr><td>d</td><td><table><tr><td>e</td><td>f</td></tr></table></td></tr></table>"
    )
    assert [line.split() for line in body_text((), html).splitlines()] == [
        ["a", "-", "b", "c", "<https://a.example/>"],
        ["d", "e;", "f"],
    ]


def test_what_is_raised_lowered_or_struck_out_keeps_its_meaning() -> None:
    html = "<p>10<sup>6</sup> H<sub>2</sub>O x<sup>a+b</sup> 21<sup>st</sup> <s>May</s> June</p>"
    assert as_text(html) == "10⁶ H₂O x^(a+b) 21st ~~May~~ June"


def test_a_numbered_list_begins_where_its_author_began() -> None:
    assert as_text('<ol start="3"><li>c</li><li>d</li></ol>') == "3. c\n4. d"


def test_a_table_says_to_screen_readers_what_it_is() -> None:
    data, layout = body_html((), HOURS, 3), body_html((), "<table><tr><td>x</td></tr></table>", 3)

    assert data.startswith('<table><tbody><tr><th scope="col" class="whole">Place</th>')
    assert layout.startswith('<table role="presentation">')
    without_header = body_html((), f"<table><tr><td>Upala</td><td>{'x' * 20}</td></tr></table>", 3)
    assert without_header == (
        f'<table><tbody><tr><th scope="row" class="whole">Upala</th><td>{"x" * 20}</td></tr></tbody></table>'
    )


def test_a_table_wider_than_a_phone_scrolls_by_itself() -> None:
    narrow, wide = ("<table><tr>" + "<td>Desamparados</td>" * count + "</tr></table>" for count in (2, 3))
    assert "overflow" not in body_html((), narrow, 3)
    assert 'overflow:auto" tabindex="0"><table>' in body_html((), wide, 3)
