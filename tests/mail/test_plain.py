from digest.mail.fitting import wrap
from digest.mail.text import TextBlock, blocks_of


def as_text(html: str) -> str:
    return "".join(
        ("\n" if block.tight else "\n\n") + wrap(block.text, 40, block.first, block.rest) for block in blocks_of(html)
    ).strip("\n")


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
    assert as_text("before<p>inside</p>after<br>it &amp; &lt;b&gt;") == "before\n\ninside\n\nafter it & <b>"
