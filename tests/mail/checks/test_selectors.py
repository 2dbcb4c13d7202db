import pytest

from digest.mail.checks.cascade import selector
from digest.mail.checks.tree import parse

PAGE = parse(
    '<div class="ink dark" id="top"><table><tr><td align="left" width="600"><p class="soft">a '
    '<a href="x" class="accent">b</a></p></td></tr></table></div>'
)


@pytest.mark.parametrize(
    ("text", "tag", "takes"),
    [
        ("a", "a", True),
        ("A.accent", "a", True),
        ("a.soft", "a", False),
        (".ink a", "a", True),
        ("#top .soft > a", "a", True),
        ("td > a", "a", False),
        ("td>p>a", "a", True),
        ("div.dark.ink p", "p", True),
        ("*", "td", True),
        ("td[align]", "td", True),
        ('td[align="left"]', "td", True),
        ("td[align=right]", "td", False),
        ('td[width^="60"]', "td", True),
        ('[class~="accent"]', "a", True),
        ('[class*="cen"]', "a", True),
        (":root a", "a", True),
        ("a:link", "a", True),
        ("[data-ogsc] .soft", "p", True),
        ("span a", "a", False),
    ],
)
def test_a_selector_takes_what_it_describes(text: str, tag: str, *, takes: bool) -> None:
    found, element = selector(text), PAGE.first(tag)
    assert found is not None
    assert element is not None
    assert found.takes(element) is takes


def test_any_way_up_will_do() -> None:
    page = parse('<div class="x"><div class="y"><div class="y"><b>a</b></div></div></div>')
    found, element = selector(".x > .y b"), page.first("b")
    assert found is not None
    assert element is not None
    assert found.takes(element)


@pytest.mark.parametrize(
    "text",
    [
        *("a:hover", "a::before", "p + a", "p ~ a", "", ">", "a >", "p:nth-child(2)", "a:not(.b)"),
        *("a|", "|a", "svg|a", "[*|x]", "[", "[width=600]", "a, b", "a)", "a " * 5000),
    ],
    ids=lambda text: text[:20],
)
def test_what_a_mail_at_rest_does_not_have_is_no_selector(text: str) -> None:
    assert selector(text) is None


def test_ids_weigh_more_than_classes_and_these_more_than_tags() -> None:
    texts = ("a", "table a", ".a", "table .a", ".a .b", "#a", "#a .b a")
    found = [selector(text) for text in texts]
    weights = [each.weight for each in found if each is not None]
    assert len(weights) == len(texts)
    assert weights == sorted(weights)


def test_marks_of_outlook_are_told_from_other_attributes() -> None:
    for text, expected in (("[data-ogsc] .a", True), ("[data-ogsb] .a", True), ("[data-x] .a", False)):
        found = selector(text)
        assert found is not None
        assert found.outlook_dark is expected
