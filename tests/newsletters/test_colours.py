import pytest

from digest.newsletters.colours import BLACK, TRANSPARENT, WHITE, colour, colour_in, contrast


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("#fff", "#ffffff"),
        ("#0B5A64", "#0b5a64"),
        ("#0b5a64ff", "#0b5a64"),
        ("rgb(11, 90,100)", "#0b5a64"),
        ("rgb(11 90 100 / 1)", "#0b5a64"),
        ("rgb(0%, 100%, 0%)", "#00ff00"),
        ("rgba(300, -5, 0, 1)", "#ff0000"),
        ("hsl(120, 100%, 50%)", "#00ff00"),
        ("hsl(0deg 0% 50%)", "#808080"),
        ("hsl(120 100 50)", "#00ff00"),
        ("hsl(360 100 50)", "#ff0000"),
        ("hsl(180, 100, 100)", "#ffffff"),
        ("Silver", "#c0c0c0"),
    ],
)
def test_colours_are_read_as_css_writes_them(value: str, expected: str) -> None:
    assert str(colour(value)) == expected


@pytest.mark.parametrize("value", ["", "#12", "#12345", "greyish", "var(--x)", "rgb(1,2)", "rgb()", "url(x)"])
def test_what_is_no_colour_is_none(value: str) -> None:
    assert colour(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("#fff url(black.png) no-repeat", "#ffffff"), ("url(x.png) center rgb(1,2,3)", "#010203"), ("no-repeat", "None")],
)
def test_a_shorthand_holds_a_colour_among_other_things(value: str, expected: str) -> None:
    assert str(colour_in(value)) == expected


def test_nothing_is_seen_of_a_transparent_colour() -> None:
    assert colour("transparent") == colour_in("none") == TRANSPARENT
    assert TRANSPARENT.over(WHITE) == WHITE


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == pytest.approx(1)
    grey = colour("#777777")
    assert grey is not None
    assert contrast(grey, WHITE) == contrast(WHITE, grey) == pytest.approx(4.48, abs=0.01)
