"""Collecting: what is new, what changed, what is gone, and nothing twice."""

from dataclasses import replace

import pytest

from digest.foundation.problems import Place

pytestmark = pytest.mark.both_databases


def test_collecting_twice_adds_nothing(workshop, found):
    workshop.source.items = [found("A"), found("B"), found("B", body="Another B.")]
    assert workshop.collect().added == 3
    before = workshop.items.items()
    again = workshop.collect()
    assert (again.added, again.changed, again.unchanged, again.withdrawn) == (0, 0, 3, 0)
    assert workshop.items.items() == before


def test_a_corrected_text_is_a_change_and_a_moved_line_is_none(workshop, found):
    workshop.source.items = [found("A"), found("B", line=5)]
    workshop.collect()
    workshop.source.items = [found("B", line=1), found("A", body="Corrected.", line=9)]
    result = workshop.collect()
    assert (result.added, result.changed, result.unchanged) == (0, 1, 1)
    assert {i.text.title: i.place for i in workshop.items.items()}["A"] == Place("bulletins/july.txt", 9)


def test_an_item_that_vanishes_is_withdrawn_and_comes_back_as_itself(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    (before,) = workshop.items.items()
    workshop.source.items = []
    assert workshop.collect().withdrawn == 1
    assert workshop.items.stories()[0].withdrawn
    workshop.source.items = [found("A")]
    result = workshop.collect()
    assert (result.added, result.changed) == (0, 1)
    assert workshop.items.items() == [before]


def test_an_unreachable_source_withdraws_nothing(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.source = replace(workshop.source, items=[], complete=False)
    assert workshop.collect().withdrawn == 0
    assert not workshop.items.items()[0].withdrawn


def test_items_of_an_unreadable_file_stay(workshop, found):
    workshop.source.items = [found("A", file="a.txt"), found("B", file="b.txt")]
    workshop.collect()
    workshop.source = replace(workshop.source, items=[], unread=frozenset(["a.txt"]))
    assert workshop.collect().withdrawn == 1
    assert {i.text.title: i.withdrawn for i in workshop.items.items()} == {"A": False, "B": True}


def test_an_item_that_swaps_its_title_with_a_new_one_never_takes_an_id_in_use(workshop, found):
    workshop.source.items = [
        found("Alpha meeting in the north of the country", body="The first text, about the north.")
    ]
    workshop.collect()
    workshop.source.items = [
        found("Alpha meeting in the north of this country", body="The first text, about the north."),
        found("Alpha meeting in the north of the country", body="Entirely different: a course for teachers."),
    ]
    workshop.collect()
    items = workshop.items.items()
    assert len({item.id for item in items}) == len(items) == 2


def test_a_translation_of_nothing_is_named_by_its_source(workshop, found):
    workshop.source.items = [found("Abre", language="es", translation_of="hub", line=7)]
    assert [(p.place.line, "hub" in p.cause) for p in workshop.collect().problems] == [(7, True)]
