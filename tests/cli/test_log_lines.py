"""The log's lines: no address, nothing that moves a terminal's cursor, one line per event."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.running import ADDRESS, LogLines


def line(message, *, journal=False, level=logging.INFO, exc_info=None):
    record = logging.LogRecord("digest", level, "", 0, "%s", (message,), exc_info)
    return LogLines(journal=journal).format(record)


@pytest.mark.parametrize(
    "written",
    [
        "ana@example.org",
        "<ana@example.org>",
        "Ana <ana.maría@münchen.example>, ben",
        "'ben+news@example.org' is unknown",
        'to:"carl"@example.org',
        "user%host@relay",
    ],
)
def test_no_address_is_left(written):
    said = line(f"subscribers.yaml:3: {written}: unknown language")
    assert "example" not in said
    assert "…@…" in said
    assert "subscribers.yaml:3" in said


@given(st.text(), st.booleans())
def test_whatever_is_said_is_one_line_without_control_characters_or_addresses(message, journal):
    said = line(message, journal=journal)
    assert len(said.splitlines()) <= 1
    assert all(character.isprintable() or character.isspace() for character in said if ord(character) < 0xA0)
    assert not ADDRESS.search(said.replace("…@…", ""))


def test_an_error_with_its_remedy_becomes_one_line():
    assert line("digest.yaml:3:1: no such key\n  → mend it").endswith(" digest.yaml:3:1: no such key; mend it")


def test_a_fault_keeps_its_traceback_and_loses_its_addresses():
    try:
        raise ValueError("for ana@example.org")  # noqa: TRY301 – a traceback is wanted
    except ValueError as error:
        said = line("the fault", exc_info=(type(error), error, error.__traceback__))
    assert "Traceback" in said
    assert "ValueError: for …@…" in said
    assert "example.org" not in said


@pytest.mark.parametrize(
    ("level", "priority"), [(logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7)]
)
def test_the_journal_gets_a_priority_on_every_line_and_no_time(level, priority):
    assert line("all is well", journal=True, level=level) == f"<{priority}>all is well"
