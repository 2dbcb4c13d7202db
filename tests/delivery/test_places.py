"""Several hosts over one database of PostgreSQL: each has a place of its own, and any of them may send."""

import shutil
from dataclasses import replace

import pytest
from databases import copied, is_on_postgresql
from sqlalchemy import select, text

from digest.delivery import whereabouts
from digest.delivery.adoption import adopt
from digest.delivery.delivery import DeliveryState
from digest.delivery.fence import Ground, Why
from digest.delivery.journal import JOURNAL
from digest.delivery.sending import send
from digest.foundation.login import MACHINE
from digest.foundation.schema import places

pytestmark = pytest.mark.on_postgresql

READERS = [f"r{number}@example.org" for number in range(8)]


class Host:
    """A folder on a machine of its own, over the workshop's database."""

    def __init__(self, workshop, name, monkeypatch):
        self.workshop, self.name, self._environment = workshop, name, monkeypatch
        self.folder = workshop.folder / "hosts" / name
        self.folder.mkdir(parents=True)
        for inner in ("editions", "keys"):
            if (workshop.folder / inner).exists():
                shutil.copytree(workshop.folder / inner, self.folder / inner)

    @property
    def sending(self):
        return self.folder / "sending"

    @property
    def place(self):
        self._environment.setenv(MACHINE, self.name)
        place = self.workshop.place
        return replace(place, folder=self.folder, sending=self.sending, database=self.workshop.database)

    def why(self):
        found = self.place.fence()
        return found and found.why

    def send(self, edition, fails_after=None):
        postbox = self.workshop.postbox
        postbox.at_once, postbox.fails_after = 1, fails_after
        try:
            return send(self.place, self.workshop.bench, self.workshop.newsletter, edition)
        except OSError:  # it died
            with self.workshop.database.write() as connection:
                connection.execute(text("UPDATE workers SET lease_until = '2001-01-01'"))
            return None
        finally:
            postbox.fails_after = None

    def adopt(self, **said):
        return adopt(self.place, "Marta", None, **{"moved": False, "without_journal": False, **said})


@pytest.fixture
def sealed(workshop, found):
    assert is_on_postgresql()
    workshop.source.items = [found("A", countries=("GT",))]
    workshop.collect()
    for reader in READERS:
        workshop.subscribe(reader)
    return workshop.approve(workshop.build("2018-07").edition)


@pytest.fixture
def hosts(workshop, sealed, monkeypatch):
    return [Host(workshop, name, monkeypatch) for name in ("one", "two")]


def got(workshop):
    return sorted(letter.recipient for letter in workshop.postbox.letters)


def rows(workshop):
    with workshop.database.read() as connection:
        return {row.folder.rpartition("/")[2]: row for row in connection.execute(select(places))}


def set_back(workshop, hosts, of):
    """The database as it was, in the place where it is: nothing of it tells, such as after a snapshot of the disk."""
    with workshop.database.write() as connection:
        connection.execute(text("UPDATE places SET commits = commits - 3 WHERE name = :name"), {"name": of.place.name})
        connection.execute(text("UPDATE places SET journalled = 0"))
        connection.execute(text("UPDATE deliveries SET state = 'pending', fence = NULL, worker = NULL"))


def test_what_one_host_has_begun_another_one_ends_and_each_has_its_own_journal(workshop, sealed, hosts):
    one, two = hosts
    one.send(sealed, fails_after=3)
    assert two.why() is None
    assert two.send(sealed).tally[DeliveryState.SENT] == len(READERS)
    assert one.why() is two.why() is None
    assert one.place.name != two.place.name
    for host in hosts:
        row, lines = rows(workshop)[host.name], (host.sending / JOURNAL).read_text().splitlines()
        assert int(lines[-1].split()[0]) <= row.commits
        assert row.journalled <= int(lines[-1].split()[0])
    assert len(got(workshop)) == len(set(got(workshop)))


def test_a_folder_that_was_copied_with_its_sending_is_no_new_host_until_a_person_says_so(workshop, sealed, hosts):
    one, two = hosts
    one.send(sealed, fails_after=2)
    shutil.copytree(one.sending, two.sending)
    assert two.why() is Why.SECOND
    shutil.move(one.folder, one.folder.with_name("gone"))
    assert two.why() is Why.COPIED
    found = two.adopt()
    assert found.ground is Ground.JOURNAL  # the database is the one and only: it knows what has left
    assert not found.learnt.held.total()
    shutil.move(one.folder.with_name("gone"), one.folder)
    assert one.why() is two.why() is None
    two.send(sealed)
    one.send(sealed)
    assert len(got(workshop)) == len(set(got(workshop)))


def test_a_place_that_is_on_another_machine_is_stopped(workshop, sealed, hosts):
    one, two = hosts
    one.send(sealed, fails_after=2)
    one.name = "three"
    assert one.why() is Why.OTHER_MACHINE
    assert two.why() is None


def test_a_journal_out_of_a_backup_is_no_journal(workshop, sealed, hosts):
    one, two = hosts
    one.send(sealed, fails_after=2)
    before = (one.sending / JOURNAL).read_bytes()
    one.send(sealed, fails_after=4)
    (one.sending / JOURNAL).write_bytes(before)
    assert one.why() is Why.JOURNAL_OLDER
    assert two.why() is None
    (one.sending / JOURNAL).unlink()
    assert one.why() is Why.NO_JOURNAL
    assert not one.adopt().learnt.held.total()
    assert one.why() is two.why() is None
    one.send(sealed)
    assert one.why() is None


def test_what_one_journal_proves_to_be_old_stops_every_host_until_each_has_told_what_left_from_it(
    workshop, sealed, hosts
):
    one, two = hosts
    one.send(sealed, fails_after=3)
    two.send(sealed, fails_after=2)
    sent = set(got(workshop))
    set_back(workshop, hosts, one)
    assert two.why() is None  # its own journal says nothing
    assert one.why() is Why.OLDER
    assert two.why() is Why.STOPPED
    found = one.adopt()
    assert found.ground is Ground.UNKNOWN  # one journal does not tell what the others have sent
    assert found.learnt.held.total() + found.learnt.sent.total() == len(READERS)
    assert one.why() is None
    assert two.why() is Why.BEHIND
    assert two.adopt().ground is Ground.JOURNAL
    assert one.why() is two.why() is None
    tally = two.send(sealed).tally
    assert set(got(workshop)) == sent  # what may have left waits for a person
    assert tally[DeliveryState.SENT] + tally[DeliveryState.HELD] == len(READERS)


def test_a_database_that_was_copied_by_other_tools_or_whose_server_was_set_back_stops_them_all(
    workshop, sealed, hosts, tmp_path
):
    one, two = hosts
    one.send(sealed, fails_after=2)
    workshop.close()
    workshop.reopen(copied(workshop.database, tmp_path / "copy.db"))
    assert one.why() is two.why() is Why.OTHER_SERVER
    found = one.adopt()
    assert found.ground is Ground.UNKNOWN
    assert found.learnt.held["monthly/2018-07"] > 0
    assert one.why() is None
    assert two.why() is None  # from there nothing had left
    with workshop.database.write() as connection:
        connection.execute(text("UPDATE instance SET server = substr(server, 1, length(server) - 8) || '000000AB'"))
    assert one.why() is two.why() is Why.OTHER_TIMELINE
    assert two.adopt(moved=True).ground is Ground.MOVED
    assert two.why() is None
    assert one.why() is Why.BEHIND


def test_a_journal_that_grows_meanwhile_is_no_sign_of_an_older_database(workshop, sealed, monkeypatch):
    """Of two processes of one host one asks while the other one sends."""
    host = Host(workshop, "one", monkeypatch)
    host.send(sealed, fails_after=2)
    before = whereabouts.own_of

    def went_on(*asked):
        own = before(*asked)
        monkeypatch.setattr(whereabouts, "own_of", before)
        host.send(sealed, fails_after=5)
        return own

    monkeypatch.setattr(whereabouts, "own_of", went_on)
    assert host.why() is None
