"""To do: one list of all that a person should mend, or accept with a reason; the desk and the command show the same."""

import re
from pathlib import Path

import pytest
from desk_office import Desk, desk_in, words_of

from digest.desk.todo import PARTICULAR, PLACEHOLDER, open_editions, take_back, todo

SPANISH = """6 de julio de 2018

La policía de Guatemala aprende a reconocer documentos falsos

Oficiales en Guatemala asistieron a un curso sobre documentos de viaje. Duró tres días.

12 de julio de 2018

Un albergue abre sus puertas en Tegucigalpa

Familias en Honduras encuentran camas, un médico y una escuela.
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "office")


def ids(desk: Desk) -> list[str]:
    return re.findall(r'name="entry" value="([0-9a-f]+)"', desk.page("todo/"))


def said(desk: Desk) -> str:
    return words_of(desk.page("todo/"))


def accept(desk: Desk, *entries: str, because: str = "it is meant so", by: str = "Marta") -> int:
    fields = {"token": desk.open.token, "entry": [*entries], "because": because, "by": by}
    answer = desk.browser.post(f"{desk.door.root}todo/accept", data=fields, headers={"Origin": "http://127.0.0.1:8765"})
    return answer.status_code


def test_a_translation_that_is_missing_is_to_do_until_it_is_there_or_accepted(desk: Desk) -> None:
    assert "“A shelter opens its doors in Tegucigalpa” is not there in this language: Spanish" in said(desk)
    before = ids(desk)
    assert accept(desk, before[0]) == 303
    assert ids(desk) == before[1:]
    desk.open.instance.collect()
    assert ids(desk) == before[1:], "it is never said again"


def test_ready_is_said_only_when_the_list_is_empty(desk: Desk) -> None:
    page = words_of(desk.page())
    assert "things to do first" in page
    assert "ready to approve" not in page
    assert accept(desk, *ids(desk)) == 303
    assert "Ready: there is nothing to do." in said(desk)
    assert "Draft – ready to approve" in words_of(desk.page())


def test_titles_that_stand_twice_and_words_to_be_filled_in_are_to_do(desk: Desk) -> None:
    more = "\n20 July, 2018\n\nA shelter opens its doors in Tegucigalpa\n\nBuses leave for [link] every day at nine.\n"
    desk.write("bulletins/more.en.txt", more)
    found = said(desk)
    assert "is the title of several stories" in found
    assert "something that was to be filled in: “[link]”" in found


def test_what_was_not_read_is_to_do_and_cannot_be_accepted(desk: Desk) -> None:
    desk.write("bulletins/odd.en.txt", "31 June, 2018\n\nA day that is none\n\nNobody knows when it was.\n")
    page = desk.page("todo/")
    assert "odd.en.txt" in page
    instance = desk.open.instance
    views = [(one, desk.open.shown(one, meant).view) for one, meant in open_editions(instance)]
    errors = [one for one in todo(instance, instance.collect(), views) if one.is_error]
    assert errors
    assert accept(desk, errors[0].fingerprint) == 422
    assert errors[0].fingerprint in {one.fingerprint for one in todo(instance, instance.collect(), views)}, (
        "nothing was accepted"
    )


def test_an_answer_needs_a_name_a_reason_and_an_entry(desk: Desk) -> None:
    entry = ids(desk)[0]
    assert accept(desk, entry, because=" ") == 422
    assert accept(desk, entry, by="") == 422
    assert accept(desk, "0123456789abcdef") == 422
    assert entry in ids(desk)


def test_what_was_accepted_can_be_said_again(desk: Desk) -> None:
    entry = ids(desk)[0]
    accept(desk, entry)
    assert take_back(desk.open.instance, [entry[:8]]) == 1
    assert entry in ids(desk)


def test_an_entry_leads_to_the_place_where_it_is_mended(desk: Desk) -> None:
    page = desk.page("todo/")
    for path, anchor in re.findall(r'href="[^"]*?(editions/[^"#]+)#([^"]+)"', page):
        assert f'id="{anchor}"' in desk.page(path)


def test_markup_in_titles_stays_text(desk: Desk) -> None:
    desk.write("bulletins/more.en.txt", "20 July, 2018\n\n<script>alert(1)</script> in Honduras\n\nNews of Honduras.\n")
    page = desk.page("todo/")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_translation_that_came_is_no_longer_to_do(desk: Desk) -> None:
    before = ids(desk)
    desk.write("bulletins/july.es.txt", SPANISH)
    assert "is not there in this language: Spanish" not in said(desk)
    assert len(ids(desk)) < len(before)


@pytest.mark.parametrize(
    "text", ["Lorem ipsum dolor", "TODO: ask Ana", "see [link]", "call XXXX", "[Título]", "on ____"]
)
def test_words_that_were_to_be_filled_in_are_known(text: str) -> None:
    assert PLACEHOLDER.search(text)


@pytest.mark.parametrize("text", ["Todo lo que hay", "TODO EL PAÍS", "who? why?", "[sic]", "Malcolm X", "siglo XXI"])
def test_ordinary_words_are_no_placeholders(text: str) -> None:
    assert not PLACEHOLDER.search(text)


def test_a_finding_is_the_same_in_every_language() -> None:
    english, spanish = "“Más” leads to 3 pages, in “A”", "«Más» lleva a 3 páginas, en «A»"
    assert sorted(PARTICULAR.findall(english)) == sorted(PARTICULAR.findall(spanish)) == ["3", "A", "Más"]
