"""What an element looks like: sheets, attributes and inheritance put together."""

import pytest

from digest.mail.checks.cascade import BARE, DARK, LIGHT, OUTLOOK_DARK, ComputedStyle, Setting, settings_of, stylings
from digest.mail.checks.css import sheet
from digest.mail.checks.tree import parse


def look(body: str, style: str = "", setting: Setting = LIGHT, tag: str = "b") -> ComputedStyle:
    page = parse(f"<body>{body}</body>")
    element = page.first(tag)
    assert element is not None
    return setting.looks(page, stylings(page, sheet(style).rules))[element.index]


@pytest.mark.parametrize(
    ("style", "own", "ink"),
    [
        ("", "", "#000000"),
        ("b { color: #111111 }", "", "#111111"),
        ("b { color: #111111 }", "color:#222222", "#222222"),
        ("b { color: #111111 !important }", "color:#222222", "#111111"),
        ("b { color: #111111 !important }", "color:#222222 !important", "#222222"),
        (".x { color: #111111 } b { color: #222222 }", "", "#111111"),
        ("b { color: #111111 } b { color: #222222 }", "", "#222222"),
        ("div { color: #111111 }", "", "#111111"),
        ("div { color: #111111 }", "color:inherit", "#111111"),
        ("b { color: nonsense }", "", "#000000"),
    ],
)
def test_the_ink_is_what_wins(style: str, own: str, ink: str) -> None:
    assert str(look(f'<div><b class="x" style="{own}">x</b></div>', style).ink) == ink


@pytest.mark.parametrize(
    ("around", "own", "background"),
    [
        ("background:#111111", "", "#111111"),
        ("background-color:#111111", "background:none", "#111111"),
        ("background-color:#111111", "background:transparent", "#111111"),
        ("background-color:#000000", "background-color:rgba(255,255,255,0.5)", "#808080"),
        ("background:#111111;background-color:#222222", "", "#222222"),
        ("background-color:#222222;background:#111111 url(x.png)", "", "#111111"),
    ],
)
def test_the_background_is_the_nearest_that_can_be_seen(around: str, own: str, background: str) -> None:
    assert str(look(f'<div style="{around}"><b style="{own}">x</b></div>').background) == background


def test_an_attribute_colours_a_cell() -> None:
    assert str(look('<table bgcolor="#123456"><tr><td><b>x</b></td></tr></table>').background) == "#123456"


@pytest.mark.parametrize(
    ("around", "own", "size"),
    [
        ("", "", 16),
        ("font-size:10px", "", 10),
        ("font-size:10px", "font-size:2em", 20),
        ("font-size:10px", "font-size:150%", 15),
        ("font-size:10px", "font-size:2rem", 32),
        ("", "font-size:12pt", 16),
        ("", "font-size:small", 13),
        ("", "font:bold 20px/2 serif", 20),
        ("font-size:0", "font-size:14px", 14),
    ],
)
def test_sizes_are_pixels(around: str, own: str, size: float) -> None:
    assert look(f'<div style="{around}"><b style="{own}">x</b></div>').size == pytest.approx(size)


def test_headings_are_large_and_bold_by_themselves() -> None:
    found = look("<h1>x</h1>", tag="h1")
    assert (found.size, found.bold) == (32, True)
    assert not look('<h1 style="font-weight:normal">x</h1>', tag="h1").bold


def test_what_is_inside_something_hidden_is_hidden() -> None:
    assert look('<div style="display:none"><p><b>x</b></p></div>').hidden
    assert look("<div class='x'><b>x</b></div>", ".x { visibility: hidden }").hidden
    assert not look("<b>x</b>").hidden


def test_links_are_blue_and_underlined_until_somebody_says_otherwise() -> None:
    assert (str(look('<a href="x">x</a>', tag="a").ink), look('<a href="x">x</a>', tag="a").underlined) == (
        "#0000ee",
        True,
    )
    assert not look('<a href="x">x</a>', "a { text-decoration: none }", tag="a").underlined
    assert look('<a href="x">x</a>', "a { text-decoration: none; border-bottom: 1px solid }", tag="a").underlined
    assert not look("<a name='x'>x</a>", tag="a").underlined


RULES = (
    "b { color: #111111 } @media (prefers-color-scheme: dark) { b { color: #222222 } } [data-ogsc] b { color: #333333 }"
    "@media (max-width: 479px) { b { color: #444444 } } @media print { b { color: #555555 } }"
)


@pytest.mark.parametrize(
    ("setting", "ink"),
    [
        (LIGHT, "#111111"),
        (DARK, "#222222"),
        (OUTLOOK_DARK, "#333333"),
        (Setting("narrow", narrow=True), "#444444"),
        (BARE, "#000000"),
    ],
    ids=lambda each: each.name if isinstance(each, Setting) else each,
)
def test_each_setting_has_its_own_rules(setting: Setting, ink: str) -> None:
    assert str(look("<b>x</b>", RULES, setting).ink) == ink


def test_a_page_is_looked_at_in_every_setting_in_which_it_can_differ() -> None:
    names = [setting.name for setting in settings_of(sheet(RULES).rules)]
    assert len(names) == len(set(names)) == 6
    assert settings_of(sheet("b { width: 1px }").rules) == [LIGHT]
