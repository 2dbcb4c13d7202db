"""What programs put around a mail that somebody passes on, in each language in which they do."""

from itertools import product

import pytest

from digest.intake.sources.forwarding import bare_subject, passed_on, unquoted

FROM = ["From", "De", "Von", "Da", "Van"]
DATES = [
    *("Date", "Sent", "Fecha", "Enviado", "Enviado el", "Enviado em", "Enviada em", "Data", "Gesendet", "Datum"),
    *("Envoyé", "Inviato"),
]
TO = ["To", "Para", "A", "An", "À", "Aan", "Cc", "Reply-To", "Responder a"]
SUBJECTS = ["Subject", "Asunto", "Assunto", "Betreff", "Objet", "Oggetto", "Onderwerp"]
MARKS = [
    *("---------- Forwarded message ---------", "-----Original Message-----", "-----Mensaje original-----"),
    *("---- Mensaje reenviado ----", "________________________________", "--------------------", "** Forward **"),
    *("-------- Weitergeleitete Nachricht --------", "------ Message transféré ------", "-- Mensagem transferida --"),
    *("---------- Mensagem encaminhada ---------", "---- Messaggio inoltrato ----", "Begin forwarded message:"),
    *("Inicio del mensaje reenviado:", "Anfang der weitergeleiteten Nachricht:", "Début du message transféré :"),
    *("Debut du message réexpédié:", "Inizio messaggio inoltrato:", "Início da mensagem encaminhada:"),
    *("Inicio da mensagem reencaminhada", "> Begin forwarded message:"),
]


def head(*names: str, before: str = "", around: str = "") -> list[str]:
    return [f"{before}{around}{name}:{around} something" for name in names]


@pytest.mark.parametrize("names", [*product(FROM, ["Date"], ["Subject"])])
def test_whom_it_is_from_may_be_said_in_each_language(names: tuple[str, ...]) -> None:
    assert passed_on([*head(*names), "", "Text"], 1).begin == 3


@pytest.mark.parametrize("date", DATES)
def test_when_it_was_sent_may_be_said_in_each_language(date: str) -> None:
    assert passed_on([*head("From", date, "To"), "", "Text"], 1).begin == 3
    assert passed_on([*head("FROM", date.upper(), "TO"), "", "Text"], 1).begin == 3


@pytest.mark.parametrize("to", TO)
def test_to_whom_it_went_may_be_said_in_each_language(to: str) -> None:
    assert passed_on([*head("From", "Date", to), "", "Text"], 1).begin == 3


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_it_was_about_may_be_said_in_each_language(subject: str) -> None:
    assert passed_on([*head("From", "To", subject), "", "Text"], 1).begin == 3


@pytest.mark.parametrize(("before", "around"), [("> ", ""), ("", "*"), ("  ", ""), ("> ", "*")])
def test_the_head_may_be_quoted_or_dressed(before: str, around: str) -> None:
    assert passed_on([*head("From", "Date", "Subject", before=before, around=around), "", "Text"], 1).begin == 3


@pytest.mark.parametrize(
    "lines",
    [
        head("From", "Date"),
        head("From", "Subject"),
        head("Date", "To", "Subject"),
        [*head("From", "Date"), "", *head("Subject")],
        [*head("From", "Date"), "a line", *head("Subject")],
    ],
)
def test_less_than_three_fields_with_a_sender_among_them_are_text(lines: list[str]) -> None:
    assert passed_on([*lines, "", "Text"], 1).begin == 0


@pytest.mark.parametrize("mark", MARKS)
def test_the_line_that_announces_it_belongs_to_its_head_and_alone_it_is_kept_and_named(mark: str) -> None:
    passed = passed_on(["Please look.", "", mark, "", *head("From", "Date", "Subject"), "", "Text"], 1)
    assert (passed.begin, list(passed.above), passed.kept) == (7, ["Please look."], "")
    alone = passed_on(["Please look.", "", mark, "", "Text"], 1)
    assert (alone.begin, list(alone.above)) == (0, [])
    assert alone.kept == (mark if any(map(str.isalpha, mark)) else "")


def test_so_many_persons_wrote_above_it_as_the_subject_says() -> None:
    once = ["Note of Ana", *head("From", "Date", "Subject"), ""]
    twice = [*once, "Note of Ben", *head("From", "To", "Subject"), "", "Text"]
    assert passed_on(twice, 2) == (9, ["Note of Ana", "Note of Ben"], "")
    assert passed_on(twice, 1) == (4, ["Note of Ana"], "From: something")
    assert passed_on(twice, 0) == (0, [], "From: something")
    assert passed_on(once[1:], 0).begin == 3


def test_a_long_list_of_recipients_goes_on_in_lines_of_its_own() -> None:
    lines = ["From: Ana", "To: a@x.example,", "b@x.example;", "c@x.example", "Date: today", "", "Text"]
    assert passed_on(lines, 1).begin == 5
    assert passed_on([line.rstrip(",;") for line in lines], 1).begin == 0


@pytest.mark.parametrize(
    ("subject", "passed", "bare", "times"),
    [
        *(("Fwd: A", False, "A", 1), ("FW: fwd:A", False, "A", 2), ("RV: A", False, "A", 1), ("WG: A", False, "A", 1)),
        *(("Re: Fw: A", False, "A", 1), ("AW: re: RV: A", False, "A", 1), ("Re: A", False, "Re: A", 0)),
        *(("TR: A", True, "A", 1), ("Enc: A", True, "A", 1), ("I: A", True, "A", 1), ("VS: A", True, "A", 1)),
        *(("Re: A", True, "A", 1), ("AW: A", True, "A", 1), ("R: A", True, "A", 1), ("TR: A", False, "TR: A", 0)),
        *(("Fwd: TR: A", False, "A", 2), ("Forward: A", True, "Forward: A", 0), ("A Fwd: B", True, "A Fwd: B", 0)),
    ],
)
def test_the_subject_says_how_often_it_was_passed_on(subject: str, passed: bool, bare: str, times: int) -> None:
    assert bare_subject(subject, passed=passed) == (bare, times)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("> a\n>b\n\n> c", "a\nb\n\nc"), (">> a\n> > b", "a\nb"), ("> a\nb", "> a\nb"), ("", ""), (">", "")],
)
def test_signs_of_quotation_go_where_all_lines_have_them(text: str, plain: str) -> None:
    assert unquoted(text) == plain
