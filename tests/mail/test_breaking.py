"""Words that would make the page of a mail program wider have places to break, and lose no letter."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from digest.mail.checks.document import for_outlook
from digest.mail.story import body_html, breakable

LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente"
ADDRESS = "https://a.example/reports/2018/07/guatemala/the-month.html?from=mail&to=reader"
BREAK = "<wbr><!--[if mso]>&#8203;<![endif]-->"


def runs(html):
    """What is shown between two places to break, in Outlook."""
    return [unescape(run) for run in re.split(r"<[^>]*>|&#8203;|\s", for_outlook(html)) if run]


@pytest.mark.parametrize("text", ["A title as they are.", "twenty-nine letters in a row:", "a" * 30, "グアテマラ" * 20])
def test_what_breaks_by_itself_or_is_short_stays_as_it_is(text):
    assert breakable(text) == text


@pytest.mark.parametrize("word", [LONG, ADDRESS, "1" * 200, "&" * 100, "<b>" * 40, "ж" * 60])
def test_a_long_word_is_broken_everywhere_and_nothing_is_added_to_what_is_copied(word):
    broken = breakable(word)
    assert max(map(len, runs(broken))) <= 30
    assert unescape(broken.replace(BREAK, "")) == word


def test_an_address_breaks_behind_its_signs():
    assert breakable(ADDRESS).split(BREAK)[:2] == ["https://a.example/", "reports/2018/07/"]


@given(st.text(max_size=80))
def test_any_text_stays_what_it_is(text):
    assert breakable(text).replace(BREAK, "") == escape(text)


@pytest.mark.parametrize(
    "html",
    [
        f'<p><a href="https://a.example/{LONG}">{LONG}</a></p>',
        f'<p><img src="cid:x" alt="a &gt; b > {LONG}"> {LONG}</p>',
        f"<ul><li><code>{LONG}</code></li></ul>",
    ],
)
def test_nothing_is_broken_inside_of_a_tag(html):
    found = body_html((), html, 2)
    tags = re.findall(r"""<[a-z](?:[^>"]|"[^"]*")*>""", found.replace(BREAK, " | "))
    assert not [tag for tag in tags if " | " in tag]
    assert BREAK in found


def test_in_outlook_where_no_table_scrolls_the_words_of_a_wide_one_break():
    cells = "".join(f"<td>Desamparados {number}</td>" for number in range(12))
    found = body_html((), f"<table><tr>{cells}</tr></table>", 2)
    assert max(map(len, runs(found))) <= 4
    assert "<wbr>" not in found  # elsewhere it does
