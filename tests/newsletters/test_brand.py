"""What `brand:` may say, and what it means for the mails."""

from collections.abc import Callable

import pytest

from digest.newsletters.colours import DARK, LIGHT, least_contrast, nearest_darker, nearest_lighter
from digest.newsletters.newsletter import Brand, Typeface
from digest.settings.settings import Settings

Load = Callable[..., Settings]
Refused = Callable[..., list[str]]

ZONE = "  timezone: America/Costa_Rica\n"


def brand(lines: str) -> tuple[str, str]:
    return ZONE, f"{ZONE}  brand:\n" + "".join(f"    {line}\n" for line in lines.splitlines())


def test_without_a_brand_the_look_is_the_standard_one(load: Load) -> None:
    assert load().publisher.brand == Brand()
    assert least_contrast(Brand().accent, LIGHT) >= 4.5
    assert least_contrast(Brand().accent_dark, DARK) >= 4.5


def test_a_brand_is_read_as_a_whole(load: Load) -> None:
    lines = """accent: '#8A2B0E'
font: sans
logo: {url: "https://example.org/logo.png", width: 200, alt: {en: Our programme, es: Nuestro programa}}
footer: {en: Paid by all, es: Pagado por todos}"""
    found = load(brand(lines)).publisher.brand
    assert (found.accent, found.font) == ("#8a2b0e", Typeface.SANS)
    assert found.logo is not None
    assert (found.logo.url, found.logo.width, found.logo.alt("es")) == (
        "https://example.org/logo.png",
        200,
        "Nuestro programa",
    )
    assert found.footer is not None
    assert found.footer("es") == "Pagado por todos"


def test_a_logo_may_be_a_file_of_the_workspace(load: Load) -> None:
    logo = load(brand("logo: {file: brand/logo.png, alt: Our programme}")).publisher.brand.logo
    assert logo is not None
    assert (logo.file, logo.url, logo.width) == ("brand/logo.png", "", 180)


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        ("{alt: Us}", "one of url and file"),
        ("{file: logo.png, url: 'https://example.org/logo.png', alt: Us}", "one of url and file"),
        ("{file: ../logo.png, alt: Us}", "must be a file in the workspace"),
        ("{file: /srv/logo.png, alt: Us}", "must be a file in the workspace"),
    ],
)
def test_a_logo_lies_in_one_place(logo: str, said: str, refused: Refused) -> None:
    assert said in "".join(refused(brand(f"logo: {logo}")))


@pytest.mark.parametrize("written", ["'#8a2b0e'", "8a2b0e", "'#000'", "'#123'", "'#5b2a86'"])
def test_the_dark_accent_is_easy_to_read_unless_it_is_given(load: Load, written: str) -> None:
    found = load(brand(f"accent: {written}")).publisher.brand
    assert least_contrast(found.accent_dark, DARK) >= 7
    assert load(brand(f"accent: {written}\naccent_dark: '#ffd166'")).publisher.brand.accent_dark == "#ffd166"


@pytest.mark.parametrize("written", ["#ffd166", "#ffffff", "#888888", "#00a0a0", "#e4572e"])
def test_an_accent_nobody_could_read_is_refused_with_one_that_can_be(
    refused: Refused, load: Load, written: str
) -> None:
    (line, *_) = refused(brand(f"accent: '{written}'"))
    assert line.startswith(f"digest.yaml:6:13: publisher.brand.accent: '{written}' is hard to read on the light page")
    better = line.rpartition("'#")[2].rstrip("'")
    assert load(brand(f"accent: '#{better}'")).publisher.brand.accent == f"#{better}"


def test_a_dark_accent_nobody_could_read_is_refused_with_a_lighter_one(refused: Refused, load: Load) -> None:
    (line, *_) = refused(brand("accent_dark: '#0b5a64'"))
    assert "hard to read on the dark page" in line
    better = line.rpartition("'#")[2].rstrip("'")
    assert load(brand(f"accent_dark: '#{better}'")).publisher.brand.accent_dark == f"#{better}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("accent: #0b5a64", "accent: is empty; a colour stands in quotes"),
        ("accent: teal", "accent: must be a colour such as '#0b5a64', not 'teal'"),
        ("accent: '#0b5a6'", "must be a colour"),
        ("accent: 123456", "accent: must be text: put it in quotes, '123456'"),
        ("acent: '#0b5a64'", "unknown key, did you mean 'accent'?"),
        ("font: comic", "brand.font: "),
        ("logo: {url: 'http://example.org/l.png', alt: Us}", "must be an address that begins with https://"),
        ("logo: {url: 'https://example.org/l.svg', alt: Us}", "must be a PNG or JPEG"),
        ("logo: {url: 'https://example.org/l.webp?x=1', alt: Us}", "must be a PNG or JPEG"),
        ("logo: {url: 'https://example.org/l.png'}", "logo.alt: is missing"),
        ("logo: {url: 'https://example.org/l.png', alt: {en: Us}}", "logo.alt: lacks Spanish (es)"),
        ("logo: {url: 'https://example.org/l.png', alt: Us, width: 8000}", "logo.width: "),
        ("footer: {en: Paid by all}", "footer: lacks Spanish (es)"),
    ],
)
def test_a_mistake_is_named_with_its_place(refused: Refused, line: str, said: str) -> None:
    (found, *_) = refused(brand(line))
    assert found.startswith("digest.yaml:")
    assert "publisher.brand" in found
    assert said in found


def test_contrast_is_that_of_the_standard() -> None:
    assert least_contrast("#000000", ["#ffffff"]) == pytest.approx(21)
    assert least_contrast("#777777", ["#ffffff"]) == pytest.approx(4.478, abs=0.001)
    assert least_contrast("#123456", ["#123456"]) == 1


def test_the_nearest_colour_is_the_colour_itself_when_it_passes() -> None:
    assert nearest_darker("#0b5a64", LIGHT) == "#0b5a64"
    assert nearest_lighter("#84cdd2", DARK) == "#84cdd2"
    assert nearest_darker("#ffffff", LIGHT) != "#000000"
