"""What is left of the way a text has gone is put right and said, or said: never mailed as codes in silence."""

from collections.abc import Callable

import pytest

from digest.intake.item import Reading
from digest.intake.sources.damage import repaired
from digest.intake.sources.draft import Findings

ReadFolder = Callable[..., Reading]
Said = Callable[[Reading], list[str]]
TITLE = "La niñez migrante en Petén: más información"
BODY = "Los niños recibieron atención según el señor Núñez, en la región de San José. ¿Cuándo?"


def _listing(title: str = TITLE, body: str = BODY) -> str:
    return f"1 de agosto de 2018\n\n{title}\n\n{body}\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("mac-roman", "Mac Roman"),
        ("cp850", "the code page 850 of DOS"),
        ("cp437", "the code page 437 of DOS"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize(
    "text", [BODY, "Une journée à l’école: où? Les élèves français ont été là.", "São João, não é?"]
)
def test_the_letters_tell_the_encoding(encoding: str, named: str, text: str, folder: ReadFolder) -> None:
    body = text.encode(encoding, "ignore").decode(encoding)
    title = TITLE.encode(encoding, "ignore").decode(encoding)
    if encoding == "cp437":  # it has few capitals
        body = body.replace("ã", "a")

    reading = folder({"a.txt": _listing(title, body).encode(encoding)})

    [item] = reading.items
    assert (item.text.title, item.text.paragraphs) == (" ".join(title.split()), (body,))
    assert any(named in problem.cause for problem in reading.problems) or encoding == "cp437"


def test_the_euro_of_iso_8859_15(folder: ReadFolder) -> None:
    [item] = folder({"a.txt": _listing("La inscripción cuesta 5 €").encode("iso8859-15")}).items

    assert item.text.title == "La inscripción cuesta 5 €"


def test_signs_that_fit_nowhere_are_a_warning(folder: ReadFolder, warnings: Said) -> None:
    reading = folder({"a.txt": "1 August 2018\n\nA title\n\nSome wo¶rds¶that¶are\n".encode("cp1252")})

    assert "that is not certain" in " ".join(warnings(reading))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ni&ntilde;ez &amp; migraci&oacute;n", "niñez & migración"),
        ("ni&#241;ez &#xF1; &quot;A&quot; it&#39;s", 'niñez ñ "A" it\'s'),
        ("A &amp;amp; B &amp;ntilde;", "A & B ñ"),
        ("ni=C3=B1ez", "niñez"),
        ("ni=F1ez del se=F1or", "niñez del señor"),
        ("ni=C3=B1ez=20y a=C3=B1os=\n de edad", "niñez y años de edad"),
        ("=?utf-8?Q?Ni=C3=B1ez_migrante?= en casa", "Niñez migrante en casa"),
        ("=?UTF-8?B?TmnDsWV6?=", "Niñez"),
        ("Pet\\u00e9n", "Petén"),
        ("Pet+AOk-n", "Petén"),
        ("La niÃ±ez en PetÃ©n", "La niñez en Petén"),
        ("â€œNiÃ±ezâ€\u009d â€“ hoy", "“Niñez” – hoy"),
    ],
)
def test_codes_are_read_as_what_they_stand_for_and_said(
    written: str, meant: str, folder: ReadFolder, warnings: Said
) -> None:
    reading = folder({"a.txt": f"1 August 2018\n\n{written}\n\nIts text.\n"})

    assert reading.items[0].text.title == meant
    assert [
        warning for warning in warnings(reading) if warning.startswith("bulletins/a.txt:3: warning: this text holds ")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "AT&T; R&D, Q&A; fish & chips",
        "https://www.example.org/?a=20&copy=C3=1&b=2",
        "2+2-1 and C++ and +506 2222-3333 - +1-800",
        "Â ton âge, São Ângelo, Åland",
        "Who? When? https://www.example.org/page?id=ni?a",
        "x=y, 3=3, A=B",
        "\\u is a letter",
    ],
)
def test_what_only_looks_like_codes_stays(text: str, folder: ReadFolder) -> None:
    reading = folder({"a.txt": f"1 August 2018\n\nA title\n\n{text}\n"})

    assert reading.items[0].text.paragraphs == (text,)
    assert reading.problems == ()


def test_letters_that_were_lost_are_said(folder: ReadFolder, warnings: Said) -> None:
    [warning] = warnings(folder({"a.txt": "1 August 2018\n\nLa ni?ez de Pet?n\n\nText.\n"}))

    assert warning.startswith("bulletins/a.txt:3: warning: question marks stand inside words (“ni?ez”, “Pet?n”)")


def test_the_front_matter_has_no_entities_either(folder: ReadFolder) -> None:
    files = {"a.md": "---\ntitle: La ni&ntilde;ez &amp; m&aacute;s\ndate: 2018-08-05\n---\nA &amp;amp; B `&amp;`"}
    [item] = folder(files).items

    assert item.text.title == "La niñez & más"
    assert item.text.paragraphs == ("A &amp; B &amp;",)


@pytest.mark.parametrize("text", ["echo=FALSE, x=ABCD", "A=B1: clave=AB12", "if=DEAD", "mode=EA"])
def test_an_equals_sign_before_capitals_is_no_code_of_mails(text: str, folder: ReadFolder) -> None:
    [item] = folder({"a.txt": _listing(text, text)}).items

    assert (item.text.title, item.text.paragraphs) == (text, (text,))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Jos+AOk abrir+AOE, at+AOk amanh+AOM.", "José abrirá, até amanhã."),  # UTF-7 that another sign ends
        ("ni&ntildeez y migraci&oacuten", "niñez y migración"),
        ("ni├▒ez en Pet├®n", "niñez en Petén"),  # UTF-8 as DOS shows it
    ],
)
def test_codes_that_are_cut_short_or_come_from_old_programs_are_put_right(
    written: str, meant: str, folder: ReadFolder, warnings: Said
) -> None:
    reading = folder({"a.txt": _listing(written, written)})

    [item] = reading.items
    assert (item.text.title, item.text.paragraphs) == (meant, (meant,))
    assert "read as what they stand for" in " ".join(warnings(reading))


@pytest.mark.parametrize("lost", ["ni\ufffdez", "Pete´n", "nin~ez", "mi¨ercoles"])
def test_letters_that_no_rule_brings_back_are_reported(lost: str, folder: ReadFolder, warnings: Said) -> None:
    assert lost in " ".join(warnings(folder({"a.txt": _listing(lost, lost)})))


@pytest.mark.parametrize("right", ["He´s here, we´re there", "https://example.org/~ana", "~20 personas"])
def test_an_accent_for_an_apostrophe_is_no_damage(right: str, folder: ReadFolder, warnings: Said) -> None:
    assert not warnings(folder({"a.en.txt": _listing(right, right)}))


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1254", "Göçmenler için ışık"), ("cp1250", "Zażółć gęślą jaźń"), ("cp1251", "Новый офис")]
)
def test_an_encoding_of_other_languages_is_never_taken_for_certain(
    encoding: str, text: str, folder: ReadFolder, warnings: Said
) -> None:
    reading = folder({"a.en.txt": f"1 August 2018\n\nA title\n\n{text}\n".encode(encoding)})

    assert "that is not certain" in " ".join(warnings(reading))


# -- Each kind by itself.


def _repaired(text: str, *, markup: bool = False) -> tuple[str, list[tuple[int | None, str]]]:
    findings = Findings("a.txt")
    return repaired(text, findings, markup=markup), [(one.place.line, one.cause) for one in findings.problems]


@pytest.mark.parametrize(
    ("text", "meant", "what"),
    [
        ("A &amp; B &ntilde;", "A & B ñ", "HTML entities such as “&ntilde;”"),
        ("&amp;amp;lt; &#xF1; &#241;", "< ñ ñ", "HTML entities such as “&ntilde;”"),
        ("ni&ntildeez &Eacute &eacute;", "niñez É é", "HTML entities such as “&ntilde;”"),
        ("Pet\\u00e9n \\ud83d\\ude00", "Petén 😀", "escapes such as “\\u00f1”"),
        ("Pet+AOk-n ni+APE-ez", "Petén niñez", "UTF-7 such as “+APE-”"),
        ("ni+APE ez", "niñ ez", "UTF-7 such as “+APE-”"),
        ("niÃ±ez", "niñez", "characters that were decoded twice, such as “Ã±”"),
        ("ni├▒ez", "niñez", "characters that DOS decoded, such as “├▒”"),
        ("ni=C3=B1ez", "niñez", "quoted-printable such as “=C3=B1”"),
        ("ni=F1ez a=\nb=3D", "niñez ab=", "quoted-printable such as “=C3=B1”"),
        ("ni=C3=B1ez a = b", "niñez a = b", "quoted-printable such as “=C3=B1”"),
        ("=?utf-8?q?ni=C3=B1ez?=", "niñez", "encoded words such as “=?utf-8?Q?…?=”"),
        ("=?iso-8859-1?B?8Q==?= =?utf-8?Q?a_b?= c", "ña b c", "encoded words such as “=?utf-8?Q?…?=”"),
    ],
)
def test_each_code_has_a_name_and_its_line(text: str, meant: str, what: str) -> None:
    shown, said = _repaired(f"One\n{text}\nTwo")

    assert shown == f"One\n{meant}\nTwo"
    assert said == [(2, f"this text holds {what} (see 2); read as what they stand for")]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "A & B",
            "AT&T; R&D;",
            "x&copy=1",
            "&nosuch;",
            "x&acutely",
            "&#1;",
            "&amp",
            "\\u12",
            "\\user",
            "C++ and 2+2-1",
        ),
        *(
            "a+bcd-",
            "+0041- and more",
            "a=b",
            "f(x=F1)",
            "echo=FALSE",
            "1=C3",
            "=C3=28",
            "=?utf-8?X?a?=",
            "=?none?Q?=F1?=",
        ),
        *(
            "Âge, Ângela, ÃO",
            "├── a",
            "Why? Because?",
            "example.org/?a?b",
            "a~b",
            "he´s",
            "they´re we´ll",
            "~ 5",
            "n~ x",
        ),
    ],
)
def test_what_looks_like_a_code_and_is_none_stays_in_silence(text: str) -> None:
    assert _repaired(text) == (text, [])


@pytest.mark.parametrize(("text", "meant"), [("&ntilde; \\u00f1", "&ntilde; \\u00f1"), ("ni+APE-ez", "niñez")])
def test_in_markdown_entities_and_escapes_mean_something_of_their_own(text: str, meant: str) -> None:
    assert _repaired(text, markup=True)[0] == meant


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("la ni?ez", "question marks stand inside words (“ni?ez”): letters were lost"),
        ("a\ufffdo", "replacement characters stand in the text (“a\ufffdo”): letters were lost"),
        ("nin~ez", "accents stand beside their letters (“nin~ez”): a program took them apart"),
        ("Pete´n", "accents stand beside their letters (“Pete´n”): a program took them apart"),
        ("PETE¨N", "accents stand beside their letters (“PETE¨N”): a program took them apart"),
        ("a?b c?d e?f g?h", "question marks stand inside words (“a?b”, “c?d”, “e?f”): letters were lost"),
    ],
)
def test_what_was_lost_is_named_by_no_more_than_three_words(text: str, cause: str) -> None:
    assert _repaired(f"One\n\n{text}") == (f"One\n\n{text}", [(3, cause)])


@pytest.mark.parametrize("code", ["&ntilde;", "niÃ±ez"])
def test_no_more_than_ten_lines_are_named_each_once(code: str) -> None:
    [(line, cause)] = _repaired("\n".join([""] + [f"{code} {code}"] * 12))[1]

    assert line == 2
    named = cause.partition("(see ")[2].partition(")")[0].split(", ")
    assert named == [str(number) for number in range(2, 7 if code == "&ntilde;" else 12)]
