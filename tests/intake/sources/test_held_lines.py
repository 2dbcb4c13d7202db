"""What an author holds back in the words of the text itself is in no item; news that speaks of such things is."""

from collections.abc import Callable
from datetime import date

import pytest

from digest.intake.item import Reading
from digest.intake.sources.held_lines import is_mark, mark_in, mark_in_name
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]
TODAY = date(2018, 9, 5)


@pytest.mark.parametrize(
    "line",
    [
        *("DRAFT", "[Draft]", "BORRADOR", "Borrador – no difundir", "DRAFT v2 – for comments", "*** DRAFT ***"),
        *("EMBARGOED UNTIL 10 SEPTEMBER 2018", "Embargoed until 10 September 2018, 09:00 GMT", "EMBARGO"),
        *("Embargado hasta el 10 de septiembre de 2018", "Under strict embargo until Monday"),
        *("NOT FOR PUBLICATION", "Do not publish before 10 September", "No publicar antes del 10 de septiembre"),
        *("CONFIDENTIAL", "Confidencial – uso interno", "Internal use only", "PARA USO INTERNO", "Off the record"),
    ],
)
def test_a_line_that_holds_a_text_back_is_known(line: str) -> None:
    assert is_mark(line, TODAY)


MARKS = """
strictly embargoed until Monday, under strict embargo not before, bajo embargo hasta el lunes, embargado 10, embargada
embargo till Monday, Draft, borrador, brouillon, rascunho, WIP, work in progress, trabajo en curso
please do not publish, por favor no publicar, don’t release
dont distribute, do not circulate, do not send, do not share
do not forward, do not print, no difundir, no distribuir, no circular, no compartir, no enviar, no reenviar
not for publication, not yet for publishing, not to be published, not for release, not yet to be released
not for distribution, not to be circulated, not yet to be sent, not to be shared, strictly confidential
estrictamente confidencial, confidential, confidencial, off the record, for internal use only, strictly internal
internal, internal only, para uso interno, de uso exclusivo interno, solo uso interno, staff only, for staff only
interno
"""
BESIDE = """
only copy text document version v no not do yet before until till for and or of to the this it after without outside
externally office please embargo embargoed publish publication release distribute distribution circulate send
circulation share forward review revision comment comments internal confidential strictly use final approval approved
permission staff personal private press draft borrador publicar publicación difundir difusión distribuir circular
compartir enviar comentarios para en de del la el y o hasta interno confidencial uso solo preliminar aprobar aprobación
sin permiso oficina todavía aún antes Monday Tuesday Wednesday Thursday Friday lunes martes miércoles jueves viernes
January February March April May June July August September October November December enero febrero marzo abril mayo
junio julio agosto septiembre setiembre octubre noviembre diciembre por favor privado prensa noticia news date fecha
GMT UTC am pm h v2 3rd
"""


def test_each_mark_holds_a_text_back_in_any_letters_and_with_other_signs() -> None:
    marks = [mark for line in MARKS.strip().split("\n") for mark in line.split(", ")]
    assert [mark for mark in marks if not is_mark(mark, TODAY)] == []
    assert [mark for mark in marks if not is_mark(f"*** {mark.upper()} ***", TODAY)] == []


def test_a_word_that_goes_with_a_mark_leaves_it_one_and_any_other_makes_news_of_it() -> None:
    assert [word for word in BESIDE.split() if not is_mark(f"Draft – {word}", TODAY)] == []
    assert [word for word in BESIDE.split() if is_mark(f"Draft – {word} law", TODAY)] == []
    assert not is_mark("Draft " + "text " * 23 + "of it", TODAY)
    assert is_mark("Draft " + "text " * 22 + "of", TODAY)


@pytest.mark.parametrize(
    "word", ["DRAFT", "BORRADOR", "EMBARGOED", "EMBARGO", "EMBARGADO", "CONFIDENTIAL", "CONFIDENCIAL", "WIP"]
)
def test_a_name_with_a_mark_in_capitals_holds_its_file_back(word: str) -> None:
    assert [mark_in_name(f"in/{name}") for name in (f"{word} a.md", f"a_{word}_b.txt", f"a-{word}.docx")] == [word] * 3
    assert not mark_in_name(f"in/{word.lower()} a.md")
    assert not mark_in_name(f"in/{word}S a.md")


@pytest.mark.parametrize(
    "name",
    [
        *("a-draft.md", "a_Borrador.txt", "a wip.docx", "a [draft].md", "a (Borrador).en.md", "a.draft", "a.WIP.md"),
        *("do not publish a.md", "do-not-send.txt", "no_publicar a.md", "a no difundir.txt", "a NO-ENVIAR b.md"),
    ],
)
def test_a_name_with_a_mark_at_its_end_or_a_plain_request_holds_its_file_back(name: str) -> None:
    assert mark_in_name(name)


@pytest.mark.parametrize(
    "line",
    [
        *("Draft law on migration adopted", "Embargo on beef lifted", "Do not send money to strangers"),
        *("Confidential helpline opens in Upala", "Internal migration grows", "No enviar dinero a desconocidos"),
        *("Borrador de ley aprobado", "Embargoed until 1 August 2018", "Draft Declaration of Quito", "Not for sale"),
    ],
)
def test_a_line_that_says_more_is_text_and_so_is_an_embargo_that_is_over(line: str) -> None:
    assert not is_mark(line, TODAY)


@pytest.mark.parametrize("title", ["[DRAFT] A hub", "DRAFT: A hub", "(Embargoed) A hub", "A hub [borrador]"])
def test_a_title_may_hold_its_text_back(title: str) -> None:
    assert mark_in(title, [], TODAY)


@pytest.mark.parametrize("title", ["[Video] A hub", "UN: A hub", "A hub (update)", "DRAFT LAW: what it says"])
def test_other_words_beside_a_title_hold_nothing_back(title: str) -> None:
    assert not mark_in(title, [], TODAY)


@pytest.mark.parametrize(
    "name", ["BORRADOR nota.docx", "a (draft).en.md", "hub-draft.txt", "hub.draft.md", "no-publicar a.md"]
)
def test_the_name_of_a_file_may_hold_it_back(name: str) -> None:
    assert mark_in_name(f"in/{name}")


@pytest.mark.parametrize("name", ["2018-08-05-draft-law-adopted.en.md", "embargo-on-beef.md", "overdraft.txt"])
def test_the_name_of_a_text_about_drafts_does_not(name: str) -> None:
    assert not mark_in_name(name)


def test_an_item_is_held_back_alone_and_named_and_read_again_when_its_embargo_ends(
    listing: Read, warnings: Said
) -> None:
    text = "5 August 2018\nA\n\nEMBARGOED UNTIL 10 SEPTEMBER 2018\n\nText of A.\n\n4 August 2018\nB\n\nText of B.\n"
    reading = listing(text, today=TODAY)

    assert [item.text.title for item in reading.items] == ["B"]
    assert "it is held back: “A EMBARGOED UNTIL" in " ".join(warnings(reading))
    assert reading.until == date(2018, 9, 10)
    assert [item.text.title for item in listing(text, today=date(2018, 9, 10)).items] == ["A", "B"]


def test_a_line_above_the_first_date_holds_the_whole_file_back(listing: Read) -> None:
    reading = listing("BORRADOR – no difundir\n\n5 August 2018\nA\n\nText.\n", today=TODAY)

    assert (reading.items, reading.waiting, reading.held) == ((), True, "“BORRADOR – no difundir”")


def test_markdown_is_held_back_by_its_first_or_last_line(markdown: Read) -> None:
    for body in ("**DRAFT – not for publication**\n\nText.", "One.\n\nTwo.\n\nThree.\n\n*Internal use only*"):
        assert markdown(f"---\ntitle: A\ndate: 2018-08-05\n---\n{body}").held


def test_the_folder_names_a_file_that_its_name_holds_back(folder: Callable[..., Reading]) -> None:
    reading = folder({"BORRADOR a.txt": "5 August 2018\nA\n\nText.\n"})

    assert reading.items == ()
    assert "“BORRADOR” in its name" in reading.problems[0].cause
