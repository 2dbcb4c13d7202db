import pytest

from digest.mail.checks.css import Declaration, StyleRule, declarations, sheet


def test_a_style_attribute_is_its_declarations() -> None:
    assert declarations("Color: #FFF; margin:0 auto !important ;;") == (
        Declaration("color", "#FFF"),
        Declaration("margin", "0 auto", important=True),
    )


@pytest.mark.parametrize(
    ("style", "value"),
    [
        ("background:url(data:image/png;base64,AA==)", "url(data:image/png;base64,AA==)"),
        ("font-family:'a;b',\"c;d\"", "'a;b',\"c;d\""),
        ("width:/* ; */10px", "10px"),
        ("font-family:it's", "it's"),
    ],
)
def test_semicolons_inside_quotes_brackets_and_comments_end_nothing(style: str, value: str) -> None:
    assert [each.value for each in declarations(style)] == [value]


def test_a_sheet_is_its_rules_one_for_each_selector() -> None:
    read = sheet("a, .b[title='x,y'] { color: red } /* { */ td { width: 1px; height: 2px }")
    assert [rule.selector for rule in read.rules] == ["a", ".b[title='x,y']", "td"]
    assert read.rules[2].declarations == (Declaration("width", "1px"), Declaration("height", "2px"))
    assert (read.mistakes, read.at_rules) == ((), ())


def test_conditions_add_up() -> None:
    read = sheet("@media (min-width:1px) { @media print { a { color: red } } b { color: red } }", "Screen")
    assert read.rules[0] == StyleRule("screen and (min-width:1px) and print", "a", (Declaration("color", "red"),))
    assert read.rules[1].media == "screen and (min-width:1px)"


def test_other_rules_are_named_with_what_follows() -> None:
    read = sheet("@import url(x.css); @font-face { src: url(y) } @supports (display: grid) { a { color: red } }")
    assert read.at_rules == (
        ("@import", "url(x.css)"),
        ("@font-face", "src: url(y)"),
        ("@supports", "(display: grid)"),
    )
    assert [rule.selector for rule in read.rules] == ["a"]


@pytest.mark.parametrize(
    "text", ["a { color: red", "a { color: red } }", "a { color red }", "red;", "{ color: red }", "a {} b"]
)
def test_what_cannot_be_read_is_a_mistake(text: str) -> None:
    assert sheet(text).mistakes


def test_a_sheet_as_mjml_writes_it_has_no_mistake() -> None:
    read = sheet("@media only screen and (min-width:480px) { .a { width:100% !important; max-width:100%; }  }")
    assert read.mistakes == ()
    assert read.rules[0].declarations[0].important


def test_what_is_open_at_the_end_still_counts() -> None:
    read = sheet("@media print { a { color: red")
    assert read.rules == (StyleRule("print", "a", (Declaration("color", "red"),)),)
    assert read.mistakes == ("a { is never closed",)


def test_a_comma_without_a_selector_is_a_mistake() -> None:
    assert sheet("a, b, { color: red }").mistakes == ("a, b, {…}",)


@pytest.mark.parametrize(
    "piece", ["a{", "@media x{", "(", "[", "'", "\\", "/*", "}", "@", "<!--", "url(", "\0", "\ud800"]
)
def test_a_heap_of_anything_is_read(piece: str) -> None:
    assert sheet(piece * 5000).rules == ()
    assert not any(each.value for each in declarations(piece * 5000))
