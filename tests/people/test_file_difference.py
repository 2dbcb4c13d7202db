"""Edits of the subscriber file are no silent no-ops: who is missing is named, and a corrected address is one person."""

from pathlib import Path

import pytest
from databases import database_at

from digest.foundation.problems import Severity
from digest.people.file_difference import difference
from digest.people.store import Subscribers
from digest.people.subscriber_file import read_subscribers
from digest.people.subscriber_list import SubscriberListing

pytestmark = pytest.mark.both_databases

BEFORE = """\
- {address: luis.perez@gov.example, name: Luis Pérez}
- {address: ana@example.org, name: Ana}
- {address: unnamed@example.org}
- {address: info@ngo.example}
"""


@pytest.fixture
def differs(tmp_path, monthly):
    """Take over BEFORE, then compare with it after a change; `(moved, missing, problems)`."""
    database, path = database_at(tmp_path / "digest.db"), tmp_path / "subscribers.yaml"

    def read(rows):
        more = ", language: en, audiences: [regional]}"
        path.write_text("subscribers:\n" + rows.replace("}", more))
        return read_subscribers(path, [monthly])

    def differs(*changes):
        rows = BEFORE
        Subscribers(database).save_subscriptions(read(rows).subscriptions)
        for old, new in changes:
            assert old in rows
            rows = rows.replace(old, new)
        found = difference(read(rows), SubscriberListing(database))
        moved = {one.known.address: one.wanted.address for one in found.moved}
        return moved, [one.address for one in found.missing], [*found.problems(Path("subscribers.yaml"))]

    return differs


def test_without_a_change_there_is_no_difference(differs):
    assert differs() == ({}, [], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("luis.perez@gov.example", "luis.perez@gob.example"),
        ("luis.perez@gov.example", "lperez@ministry.example"),
        ("unnamed@example.org", "unnamde@example.org"),
        ("unnamed@example.org", "Unamed@example.org"),
        ("unnamed@example.org", "unnamed@other.example"),
    ],
)
def test_an_address_changed_in_place_is_asked_about_and_gets_nothing_yet(differs, old, new):
    moved, missing, (problem,) = differs((old, new))
    assert (moved, missing) == ({old: new}, [])
    assert (problem.severity, problem.place.line) == (Severity.ERROR, 2 if old.startswith("luis") else 4)
    assert "digest subscribers sync" in problem.remedy
    assert "@" not in problem.cause + problem.remedy


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("info@ngo.example", "info@other.example"),
        ("- {address: ana@example.org, name: Ana}", "- {address: anna@example.org, name: Pedro}"),
        ("unnamed@example.org", "somebody.else@example.net"),
        ("unnamed@example.org", "unnamed2@example.org"),
    ],
)
def test_another_person_is_another_person(differs, old, new):
    moved, missing, _problems = differs((old, new))
    assert moved == {}
    assert len(missing) == 1


def test_who_is_missing_is_named_with_what_to_type(differs):
    moved, missing, (problem,) = differs(("- {address: luis.perez@gov.example, name: Luis Pérez}\n", ""))
    assert (moved, missing) == ({}, ["luis.perez@gov.example"])
    assert problem.cause == "Luis Pérez is no longer here and still gets monthly"
    assert problem.remedy.startswith("digest subscribers remove luis.perez@gov.example")


def test_where_a_row_has_a_mistake_nobody_counts_as_missing(differs):
    assert differs(("address: ana@example.org", "address: ana@@example.org"))[:2] == ({}, [])


def test_many_who_are_missing_are_counted(differs):
    _moved, missing, problems = differs((BEFORE, "- {address: eve.nobody@example.net}\n"))
    assert len(missing) == 4
    assert len(problems) == 4
    assert problems[-1].cause == "and 1 more is no longer here"
