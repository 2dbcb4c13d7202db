"""Databases out of backups, copies and clones, with real mails and a server that counts them (reliability F-33).

With the send journal nobody gets a second copy; without it, or in a copy, nothing leaves until a person says so.
"""

import shutil
import sqlite3
from contextlib import closing
from signal import SIGKILL

import oracle
import pytest
import sender
from caring import HOLDING, PERSON, held, refused, say, send_some, sending, taken
from doses import dose, some
from oracle import Evidence
from scenes import random

READERS = 60
POINTS = [f"adopt.{name}" for name in ("marked", "learnt", "journalled", "committed")]


@pytest.fixture
def office(scene):
    """(readers=, seed=) → a scene whose doubts are held."""

    def make(readers=READERS, seed=1):
        return scene("F-33", readers=readers, connections=4, seed=seed, more=HOLDING)

    return make


def copied(database, target):
    """As somebody copies a database who knows how."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return target


def put_back(copy, workspace):
    """By hand, without `digest restore`."""
    for name in ("digest.db", "digest.db-wal", "digest.db-shm"):
        (workspace / name).unlink(missing_ok=True)
    shutil.copyfile(copy, workspace / "digest.db")


def judged(scene, **more):
    """Nobody twice; who got nothing is held, and `sent` is nobody who got nothing."""
    evidence = Evidence(
        accepted=scene.server.accepted,
        ledger=sender.ledger(scene.workspace),
        seed=scene.seed,
        selected=scene.addresses,
        database=scene.workspace / "digest.db",
        **more,
    )
    oracle.check(evidence)
    twice = [who for who, copies in evidence.copies.items() if len(copies) > 1]
    assert not twice, f"{twice} got it twice, seed {scene.seed}"
    assert {state for state, _ in evidence.ledger.values()} <= {"sent", "held"}, f"seed {scene.seed}"
    assert evidence.ledger.keys() - evidence.copies.keys() <= held(scene), f"seed {scene.seed}"
    return evidence


# ── yesterday's database ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(dose(2, 50)))
def test_a_database_of_yesterday_beside_its_journal_sends_nothing_twice(office, seed):
    """Copied and put back by hand or by the program, before the sending, in the middle, or when all is over."""
    draws, here = random(seed), office(seed=seed)
    if draws.random() < 0.8:
        here.freeze() if draws.random() < 0.5 else send_some(here, draws.randint(0, READERS // 3))
    by_hand, backup = draws.random() < 0.5, here.folder / "yesterday"
    copied(here.workspace / "digest.db", backup) if by_hand else say(here, "backup", str(backup))
    for _ in range(draws.randint(1, 2)):
        send_some(here, draws.randint(5, READERS // 2))
    journal = (here.workspace / "sending" / "journal").read_bytes()
    put_back(backup, here.workspace) if by_hand else say(here, "restore", str(backup), "--replace")
    assert (here.workspace / "sending" / "journal").read_bytes() == journal
    refused(here)
    say(here, "adopt", "--by", "Marta", code=None)
    say(here, "send", "2018-07", "--yes", code=None)
    judged(here)


def test_what_had_left_is_told_and_only_the_rest_goes(office):
    here = office()
    here.freeze()
    say(here, "backup", str(here.folder / "yesterday"))
    send_some(here, 25)
    say(here, "send", "2018-07", "--yes", code=None)
    count = len(here.server.accepted)
    in_doubt = held(here)
    say(here, "restore", str(here.folder / "yesterday"), "--replace")
    refused(here)
    for looking in ("status", "report", "schedule"):
        say(here, looking)
    said = say(here, "adopt", "--by", "Marta", "--because", "the disk broke", code=None)
    assert "messages had left that this copy did not know of: marked as sent" in said
    assert in_doubt <= held(here)  # and perhaps what the kill left without its line in the journal
    say(here, "send", "2018-07", "--yes", code=None)
    assert len(here.server.accepted) == count
    judged(here)


def test_an_edition_that_the_backup_did_not_know_is_not_sent_to_everybody_again(office):
    """Its readers are known, the edition is a draft: it is approved and sent once more."""
    here = office()
    say(here, "reopen", "2018-07", "--by", "Marta", "--because", "a comma")
    say(here, "build", "--period", "2018-07")
    say(here, "backup", str(here.folder / "yesterday"))
    say(here, "approve", "2018-07", "--by", "Marta")
    say(here, "send", "2018-07", "--yes")
    say(here, "restore", str(here.folder / "yesterday"), "--replace")
    said = say(here, "adopt", "--by", "Marta")
    assert f"monthly/2018-07: {READERS} messages have left" in said
    say(here, "approve", "2018-07", "--by", "Marta")
    assert "60 sent" in say(here, "send", "2018-07", "--yes")
    assert len(judged(here).accepted) == READERS


def test_readers_whom_the_backup_did_not_know_are_held_and_new_ones_too(office):
    """They have other ids after the restore than before: nobody can tell who of them got it."""
    here = office(readers=20)
    say(here, "collect")
    here.freeze()
    copy = here.folder / "yesterday"
    settings = here.workspace / "digest.yaml"
    settings.write_text(settings.read_text().replace("delivery:", "subscribers: subscribers.yaml\ndelivery:"))
    with closing(sqlite3.connect(here.workspace / "digest.db")) as database, database:
        database.execute("DELETE FROM deliveries")
        database.execute("UPDATE editions SET state = 'sealed', sending_at = NULL")
    say(here, "backup", str(copy))
    sender.write_readers(here.workspace, 22)
    say(here, "send", "2018-07", "--yes")
    assert len(here.server.accepted) == 22
    say(here, "restore", str(copy), "--replace")
    sender.write_readers(here.workspace, 23)
    say(here, "adopt", "--by", "Marta")
    assert "3 messages may have been accepted or not" in say(here, "send", "2018-07", "--yes", code=PERSON)
    assert held(here) == {sender.address(number) for number in (20, 21, 22)}
    assert len(here.server.accepted) == 22


@pytest.mark.parametrize("point", some(POINTS, 2))
def test_an_adoption_that_was_killed_is_made_good_by_the_next(office, point):
    here = office()
    say(here, "backup", str(here.folder / "yesterday"))
    send_some(here, 20)
    say(here, "restore", str(here.folder / "yesterday"), "--replace")
    say(here, "adopt", "--by", "Marta", code=-SIGKILL, DIGEST_FAIL=f"{point}:kill")
    if point != "adopt.committed":
        refused(here)
    say(here, "adopt", "--by", "Marta", code=None)
    say(here, "send", "2018-07", "--yes", code=None)
    judged(here)


# ── without the journal ─────────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_journal_nothing_leaves_and_all_that_may_have_left_is_held(office):
    here = office()
    send_some(here, 20)
    say(here, "backup", str(here.folder / "yesterday"))
    send_some(here, 20)
    left = {one.recipient for one in here.server.accepted}
    say(here, "restore", str(here.folder / "yesterday"), "--replace")
    (here.workspace / "sending" / "journal").unlink()
    refused(here)
    assert "nobody knows what has left" in say(here, "adopt", "--by", "Marta", code=PERSON)
    refused(here)
    assert "a person decides" in say(here, "adopt", "--by", "Marta", "--without-journal", code=PERSON)
    say(here, "send", "2018-07", "--yes", code=PERSON)
    assert {one.recipient for one in here.server.accepted} == left
    judged(here)


def test_a_journal_that_vanished_stops_the_sending(office):
    here = office()
    send_some(here, 20)
    (here.workspace / "sending" / "journal").rename(here.folder / "journal")
    assert "is not here" in refused(here)
    (here.folder / "journal").rename(here.workspace / "sending" / "journal")
    say(here, "send", "2018-07", "--yes", code=None)
    judged(here)


def test_the_journal_of_another_workspace_is_not_believed(office):
    here, other = office(), office()
    for one in (here, other):
        send_some(one, 20)
    say(here, "backup", str(here.folder / "yesterday"))
    say(here, "restore", str(here.folder / "yesterday"), "--replace")
    shutil.copyfile(other.workspace / "sending" / "journal", here.workspace / "sending" / "journal")
    assert "not the send journal of this workspace" in say(here, "adopt", "--by", "Marta", code=PERSON)
    refused(here)


def test_on_another_machine_without_the_journal_an_edition_waits_until_a_person_says_that_it_has_not_gone_out(office):
    here = office()
    say(here, "collect")
    say(here, "backup", str(here.folder / "yesterday"))
    new = here.folder / "new"
    say(here, "restore", str(here.folder / "yesterday"), folder=new)
    refused(here, folder=new)
    said = say(here, "adopt", "--by", "Marta", "--without-journal", code=PERSON, folder=new)
    assert "adopt --release monthly/2018-07" in said
    assert "it may have gone out" in say(here, "send", "2018-07", "--yes", code=PERSON, folder=new)
    assert not here.server.accepted
    say(here, "adopt", "--release", "2018-07", "--by", "Marta", folder=new)
    say(here, "send", "2018-07", "--yes", folder=new)
    assert len(here.server.accepted) == READERS


def test_on_another_machine_the_journal_that_was_brought_along_is_enough(office):
    here = office()
    say(here, "backup", str(here.folder / "yesterday"))
    send_some(here, 30)
    new = here.folder / "new"
    say(here, "restore", str(here.folder / "yesterday"), folder=new)
    shutil.copyfile(here.workspace / "sending" / "journal", new / "sending" / "journal")
    shutil.rmtree(here.workspace)
    here.workspace = new
    refused(here)
    say(here, "adopt", "--by", "Marta", code=None)
    say(here, "send", "2018-07", "--yes", code=None)
    judged(here)


# ── copies and clones ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_of_the_folder_sends_nothing_and_the_original_goes_on(office):
    here = office()
    send_some(here, 20)
    copy = shutil.copytree(here.workspace, here.folder / "copy")
    assert str(here.workspace) in refused(here, folder=copy)
    assert "which is still there" in say(here, "adopt", "--by", "Marta", code=PERSON, folder=copy)
    say(here, "send", "2018-07", "--yes", code=None)
    refused(here, folder=copy)
    judged(here)


def test_a_copy_that_took_the_place_of_its_original_is_a_copy(office):
    """As when a folder is put back by a backup program that knows nothing of us."""
    here = office()
    send_some(here, 20)
    copy = shutil.copytree(here.workspace, here.folder / "copy", copy_function=shutil.copy2)
    send_some(here, 10)
    shutil.rmtree(here.workspace)
    shutil.copytree(copy, here.workspace, copy_function=shutil.copy2)
    assert "it was copied here" in refused(here)
    assert "a person decides" in say(here, "adopt", "--by", "Marta", code=PERSON)
    say(here, "send", "2018-07", "--yes", code=PERSON)
    judged(here)


def test_a_copied_folder_whose_database_is_older_than_its_journal_is_not_believed_either(office):
    """As a program for backups copies it, file by file, while mails leave: both are from before the rest has left."""
    here = office()
    send_some(here, 10)
    older = copied(here.workspace / "digest.db", here.folder / "older.db")
    send_some(here, 10)
    copy = shutil.copytree(here.workspace, here.folder / "copy")
    put_back(older, copy)
    say(here, "send", "2018-07", "--yes", code=None)
    shutil.rmtree(here.workspace)
    copy.rename(here.workspace)
    refused(here)
    say(here, "adopt", "--by", "Marta", code=PERSON)
    say(here, "send", "2018-07", "--yes", code=PERSON)
    judged(here)


def test_a_folder_that_was_moved_goes_on_as_if_nothing_had_been(office):
    here = office()
    send_some(here, 20)
    here.workspace = here.workspace.rename(here.folder / "moved")
    say(here, "send", "2018-07", "--yes", code=None)
    judged(here)


def test_a_folder_that_was_moved_to_another_disk_goes_on_when_a_person_says_so(office):
    here = office()
    send_some(here, 20)
    moved = shutil.copytree(here.workspace, here.folder / "moved")
    shutil.rmtree(here.workspace)
    here.workspace = moved
    refused(here)
    say(here, "adopt", "--by", "Marta", "--moved", code=None)
    say(here, "send", "2018-07", "--yes", code=None)
    assert len(judged(here).accepted) >= READERS - 4


def test_the_clone_of_a_machine_sends_nothing(office):
    """The same files on the same disk, by all that can be seen; only the machine has another name."""
    here = office()
    say(here, "run", DIGEST_MACHINE="one", code=None)
    assert "another machine" in refused(here, DIGEST_MACHINE="two")
    say(here, "send", "2018-07", "--yes", DIGEST_MACHINE="one")


def test_two_copies_of_which_one_was_adopted_do_not_write_the_same_life(office):
    """Each has a name of its own from then on; the journal of one is nothing to the other."""
    here = office()
    send_some(here, 20)
    copy = shutil.copytree(here.workspace, here.folder / "copy")
    here.workspace = here.workspace.rename(here.folder / "elsewhere")
    say(here, "adopt", "--by", "Marta", code=PERSON, folder=copy)
    shutil.copyfile(copy / "sending" / "journal", here.workspace / "sending" / "journal")
    refused(here)
    refused(here, folder=shutil.copytree(copy, here.folder / "third"))


def test_links_and_message_ids_stay_the_same_after_an_adoption(office):
    here = office(readers=2)
    say(here, "backup", str(here.folder / "yesterday"))
    secret = (here.workspace / "keys" / "secret").read_bytes()
    say(here, "restore", str(here.folder / "yesterday"), "--replace")
    say(here, "adopt", "--by", "Marta", "--without-journal", code=PERSON)
    assert (here.workspace / "keys" / "secret").read_bytes() == secret


def test_a_backup_made_while_mails_leave_is_one_moment_of_the_sending(office):
    here = office(readers=300)
    with sending(here) as lives:
        here.wait_until(lambda: taken(here) >= 20 or not lives())
        for number in range(3):
            say(here, "backup", str(here.folder / f"backup{number}.zip"))
    for number in range(3):
        archive = here.folder / f"backup{number}.zip"
        say(here, "backup", "--check", str(archive))
        folder = here.folder / f"restored{number}"
        say(here, "restore", str(archive), folder=folder)
        states = [state for state, _ in sender.ledger(folder).values()]
        assert len(states) == 300
        assert states.count("intent") <= 4
        assert set(states) <= {"pending", "intent", "sent"}
