import codecs

import pytest

from digest.errors import NothingUsableError
from digest.foundation.problems import Severity
from digest.intake.sources.draft import Findings
from digest.intake.sources.folder import _scores, decode
from digest.intake.sources.lines import split_lines

TEXT = "Niñez – “La Unión”, 5 €"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
)
def test_a_byte_order_mark_or_valid_utf_8_is_evidence_enough(data: bytes) -> None:
    findings = Findings("a.txt")

    assert decode(data, findings) == TEXT
    assert findings.problems == []


def test_other_text_is_windows_1252_and_noted() -> None:
    findings = Findings("a.txt")

    assert decode(TEXT.encode("cp1252"), findings) == TEXT
    [note] = findings.problems
    assert "note" in str(note)
    assert "Windows-1252" in note.cause


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"abc \x81 def", "byte 81 at offset 4"),
        (codecs.BOM_UTF8 + b"ab\xff", "byte ff at offset 5"),
        (codecs.BOM_UTF16_LE + b"a\0b", "offset 4"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a\0", "offset 2"),
        ("Niñez".encode("utf-16-le"), "zero byte at offset 1"),
        (b"abc\0", "zero byte at offset 3"),
        (b"\x7fELF\x01\x02\x03\x04 and so on", "control characters"),
    ],
)
def test_what_is_no_text_is_an_error_that_names_the_place(data: bytes, cause: str) -> None:
    with pytest.raises(NothingUsableError) as raised:
        decode(data, Findings("a.txt"))

    assert raised.value.thing == "a.txt"
    assert cause in raised.value.cause
    assert raised.value.remedy


def test_utf_8_with_a_stray_byte_is_not_turned_into_odd_signs() -> None:
    with pytest.raises(NothingUsableError) as raised:
        decode("Niñez y migración ".encode() + "año".encode("cp1252"), Findings("a.txt"))

    assert "byte f1 at offset 21" in raised.value.cause


def test_a_pair_of_signs_that_looks_like_utf_8_does_not_hide_windows_1252() -> None:
    text = "«CAFÉ» y niñez, migración, años"

    assert decode(text.encode("cp1252"), Findings("a.txt")) == text


def test_three_stray_control_characters_do_not_make_a_short_text_binary() -> None:
    assert decode(b"a\x01\x02\x03", Findings("a.txt")) == "a\x01\x02\x03"
    assert decode(b"a\x01\x02\x03\x04" + b"a" * 200, Findings("a.txt")).endswith("a")


def test_a_stray_control_character_does_not_make_a_text_binary() -> None:
    assert decode(b"a\x07b" + b" text" * 20, Findings("a.txt")).startswith("a\x07b")


def test_every_kind_of_line_end_ends_a_line() -> None:
    lines = split_lines("a\r\nb\rc\nd\u2028e\x85f\x0bg\x0ch\u2029i\n\nj")

    assert list(lines.texts) == ["a", "b", "c", "d", "e", "f", "g", "h", "", "i", "", "j"]


def test_lines_are_numbered_as_editors_number_them() -> None:
    lines = split_lines("a\u2028b\r\nc\rd")

    assert list(zip(lines.texts, lines.numbers, strict=True)) == [("a", 1), ("b", 1), ("c", 2), ("d", 3)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "el año",
            "Él va",
            "una é",
            "¿Qué",
            "«Sí",
            "a (¡Sí",
            "sí»",
            "it’s",
            "sí…",
            "sí”",
            "el 2º",
            "5 €",
            "n.º 5",
            "Nº 5",
        ),
        *("£5", "5 ½", "a – b", "§ 5", "uno • dos", "1–2", "MÁS", "Ágil"),
    ],
)
def test_signs_that_stand_where_such_signs_stand_make_the_usual_encoding_certain(text: str) -> None:
    findings = Findings("a.txt")
    assert decode(text.encode("cp1252"), findings) == text
    assert [problem.severity for problem in findings.problems] == [Severity.NOTE]


@pytest.mark.parametrize(
    "text",
    ["masÁ va", "áéíóx", "a¿b", "a¿ b", "a»b", "a½b", "uno—dos", "a§b", "x¶y", "a£b", "masÑo", "a“b", "a…b"],
)
def test_signs_that_stand_oddly_make_any_encoding_uncertain(text: str) -> None:
    findings = Findings("a.txt")
    decode(text.encode("cp1252"), findings)
    assert [problem.severity for problem in findings.problems] == [Severity.WARNING]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "The ministry’s programme opened.",
            "It’s open; don’t wait, we’ll help, they’re here, I’m sure, we’ve come, he’d go",
        ),
        *("The migrants’ hub", "O’Brien of the UN", "THE MINISTRY’S HUB", "It’s “open”"),
    ],
)
def test_an_apostrophe_of_english_is_no_letter_of_a_macintosh(text: str) -> None:
    findings = Findings("a.txt")
    assert decode(text.encode("cp1252"), findings) == text
    assert [problem.severity for problem in findings.problems] == [Severity.NOTE]


@pytest.mark.parametrize(
    "text", ["Los días de María", "La política aquí", "El país y la región", "Allí está Ana, así es"]
)
def test_the_letter_that_has_the_place_of_an_apostrophe_is_read_where_it_stands_in_a_word(text: str) -> None:
    assert decode(text.encode("mac-roman"), Findings("a.txt")) == text


WELL, ODD, NEITHER = 1, -2, 0
BETTER = 2  # a letter speaks louder than a sign


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        *((f"x{letter}x {letter}x x{letter}", [BETTER] * 3) for letter in "áéíóúüñàâçèêëîïôöùûœãõäß"),
        ("x ñ x", [NEITHER]),
        ("xÁ Áx", [ODD, BETTER]),
        ("XáX", [ODD]),
        ("éáí", [BETTER, ODD, BETTER]),
        *((f"x {sign}x", [WELL]) for sign in "¿¡«“‘„‚"),
        *((f"x{sign}x", [ODD]) for sign in "¿¡«“‘„‚"),
        *((f"x {sign} x", [ODD]) for sign in "¿¡«“‘„‚"),
        *((f"x{sign} {sign}", [WELL] * 2) for sign in "»”…™®"),
        *((f"x{sign}x", [ODD]) for sign in "»”…™®"),
        ("x’x x’ it’s", [WELL, WELL, BETTER]),
        ("migrants’ x’STOP x’Ll", [BETTER, WELL, BETTER]),
        *((f"5{sign} {sign}5 x {sign} n{sign} a{sign}", [WELL] * 5) for sign in "°ºª€£%½¼¾" if sign != "%"),
        *((f"x{sign}", [ODD]) for sign in "°ºª€£½¼¾"),
        *((f"x {sign}x x{sign} {sign}", [WELL] * 3) for sign in "–—•·§©"),
        *((f"x{sign}x", [ODD]) for sign in "–—•·§©\u00a0\u00ad"),
        ("x ¤ Ω ≈", [ODD] * 3),
        ("abc", []),
    ],
)
def test_what_stands_oddly_counts_for_two_that_stand_well_and_a_letter_in_a_word_for_as_many(text, scores) -> None:
    assert _scores(text) == scores
