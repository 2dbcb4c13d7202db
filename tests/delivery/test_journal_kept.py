"""The send journal is shortened after what `keep` says; a backup from before that still sends nobody a second copy."""

import importlib
import os
import shutil
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from doses import some

from digest.delivery.adoption import adopt
from digest.delivery.delivery import DeliveryState
from digest.delivery.settings import TransportKind
from digest.errors import IntegrityError, PersonNeededError
from digest.foundation import failpoints
from digest.foundation.workspace import DATABASE
from digest.newsletters.edition import EditionState
from digest.operations.archive import copy_database

KEEP = timedelta(days=700)
READERS = 9
JULY, AUGUST = "2018-07", "2018-08"


@pytest.fixture
def office(workshop, found):
    """With a July and an August, and readers; mail leaves into a mailbox folder, so that copies are not believed."""
    workshop.source.items = [found("A", on="2018-07-03"), found("B", on="2018-08-03")]
    workshop.collect()
    for number in range(READERS):
        workshop.subscribe(f"r{number}@example.org")
    workshop.postbox.at_once = 2
    return reopened(workshop)


def reopened(workshop):
    workshop.reopen()
    settings = replace(workshop.place.settings, transport=TransportKind.MAILDIR)
    workshop.place = replace(workshop.place, settings=settings)
    return workshop


def journal(office):
    return office.place.sending / "journal"


def shorten(office):
    with office.place.lock():
        return office.place.shorten_journal(office.clock.now() - KEEP)


def brought_to(office, moment):
    """July, as it stands when the backup is made."""
    edition = office.build(JULY).edition
    if moment == "draft":
        return
    edition = office.approve(edition)
    if moment in ("half", "whole"):
        office.postbox.fails_after = 5 if moment == "half" else None
        with suppress(OSError):
            office.send(edition)
        office.postbox.fails_after = None


def finish(office, key):
    edition = office.build(key).edition if key == AUGUST else office.editions.of("monthly", july(office))
    if edition.state is EditionState.DRAFT:
        edition = office.approve(edition)
    return office.send(edition)


def july(office):
    return next(one.period for one in office.editions.editions() if one.key == JULY)


def put_back(copy, office):
    office.close()
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (office.folder / name).unlink(missing_ok=True)
    shutil.copyfile(copy, office.folder / DATABASE)
    reopened(office)


@pytest.mark.parametrize("moment", some(["draft", "sealed", "whole", "half"], daily=2))
def test_a_backup_from_before_an_edition_that_was_shortened_since_sends_nobody_a_second_copy(office, tmp_path, moment):
    copy: Path = tmp_path / "copy"
    brought_to(office, moment)
    copy_database(office.place.database, copy, office.place.sending, office.clock.now())
    finish(office, JULY)
    assert len(office.postbox.letters) == READERS
    office.clock.at += KEEP + timedelta(days=1)
    finish(office, AUGUST)
    before = journal(office).stat().st_size
    assert shorten(office) >= 2 * READERS - 1
    assert journal(office).stat().st_size < before
    put_back(copy, office)
    with pytest.raises(PersonNeededError, match="nothing is sent from here"):
        finish(office, JULY)
    adopted = adopt(office.place, "Marta", None, moved=False, without_journal=False)
    assert adopted.learnt.over == (["monthly/2018-07"] if moment in ("draft", "sealed") else [])
    assert adopted.learnt.elsewhere["monthly/2018-08"] == READERS
    reopened(office)
    for key in (JULY, AUGUST):
        sent = finish(office, key)
        held = sent.tally[DeliveryState.HELD]
        assert held + sent.tally[DeliveryState.SENT] == READERS
        assert held == (0 if key == AUGUST or moment == "whole" else READERS - sent.tally[DeliveryState.SENT])
    assert set(Counter(letter.file for letter in office.postbox.letters).values()) == {1}
    assert len(office.postbox.letters) == 2 * READERS


def test_the_journal_of_a_backup_that_is_newer_than_it_is_refused_also_when_both_were_shortened(office, tmp_path):
    brought_to(office, "whole")
    office.clock.at += KEEP + timedelta(days=1)
    shorten(office)
    older = shutil.copyfile(journal(office), tmp_path / "older")
    finish(office, AUGUST)
    copy: Path = tmp_path / "copy"
    copy_database(office.place.database, copy, office.place.sending, office.clock.now())
    put_back(copy, office)
    shutil.copyfile(older, journal(office))
    with pytest.raises(PersonNeededError, match="not the send journal of this workspace"):
        adopt(office.place, "Marta", None, moved=False, without_journal=False)


def test_killed_while_it_is_shortened_it_is_as_it_was_and_shorter_the_next_time(office, monkeypatch):
    brought_to(office, "whole")
    office.clock.at += KEEP + timedelta(days=1)
    before = journal(office).read_bytes()
    child = os.fork()
    if not child:
        monkeypatch.setenv("DIGEST_FAIL", "journal.shortened:kill")
        importlib.reload(failpoints)
        shorten(office)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert journal(office).read_bytes() == before
    assert shorten(office) >= 2 * READERS - 1
    assert not [*journal(office).parent.glob(".journal.*")]


def test_a_damaged_journal_is_not_shortened(office):
    brought_to(office, "whole")
    damaged = journal(office).read_bytes().replace(b" s monthly", b" z monthly", 1)
    journal(office).write_bytes(damaged)
    office.clock.at += KEEP + timedelta(days=1)
    with pytest.raises(IntegrityError, match="no line of a send journal"):
        office.place.shorten_journal(office.clock.now() - KEEP)
    assert journal(office).read_bytes() == damaged


def test_what_is_young_or_still_open_is_kept_whole(office):
    brought_to(office, "half")
    office.clock.at += 2 * KEEP
    assert shorten(office) == 0
    finish(office, JULY)
    office.clock.at += KEEP - timedelta(days=1)
    assert shorten(office) == 0
