"""Who is erased is gone from every byte of the workspace, and comes back by no door."""

import base64
import quopri
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from digest.errors import BusyError, PersonNeededError
from digest.foundation.addresses import address
from digest.foundation.database import SqliteDatabase, exclusive
from digest.foundation.secrets import make_secret
from digest.newsletters.edition import Choice
from digest.operations.erasing import erase, erase_again_in
from digest.people.reader_requests import Answer, Request, sign_up
from digest.people.subscriber import Subscription
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.subscriber_list import ListFilter, SubscriberListing
from digest.people.suppression import repeat
from digest.settings.instance import Instance

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
SETTINGS = """\
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {regional: {title: Whole region, everything: true}}
newsletters:
  monthly: {title: Bulletin, from: bulletin@news.example.org, every: month, audiences: [regional], languages: [en]}
subscribers: people.yaml
delivery: {transport: maildir, path: mails}
mailbox: {maildir: back}
"""
MANY = 1000
GONE = re.compile(rb"(?<![a-z])r\d+@example\.org")
CHOICE = Choice(newsletter="monthly", audiences=frozenset({"regional"}), language="en")


def gone(n):
    return f"r{n}@example.org"


def subscription(written):
    return Subscription(address=written, folded=written.lower(), name="Ana López", choice=CHOICE)


@pytest.fixture
def instance(tmp_path, request):
    """A workspace whose list was sent an edition, as files and into a Maildir, with mail that came back."""
    folder, many = tmp_path / "office", getattr(request, "param", 20)
    for name in ("keys", "sending", "mails/new", "mails/cur", "back/new", "back/cur", "bulletins"):
        (folder / name).mkdir(parents=True)
    (folder / "digest.yaml").write_text(SETTINGS)
    make_secret(folder / "keys" / "secret")
    rows = [f"  - address: {gone(n)}\n    language: en\n    audiences: [regional]\n" for n in range(many)]
    rows += [f"  - {{address: x{gone(n)}, language: en, audiences: [regional]}}  # ours\n" for n in range(10)]
    (folder / "people.yaml").write_text("# our readers\nsubscribers:\n" + "".join(rows))
    instance = Instance(folder)
    instance.import_subscribers()
    with instance.database.write() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, window_start, "
            "window_end) VALUES (1, 'monthly', 'month', '2018-07', 1, 'sending', 1, '2018-07-01', '2018-08-01')"
        )
        run(
            "INSERT INTO deliveries (edition, subscriber, address, name, state, changed_at, answer) SELECT 1, number, "
            "address, 'Ana', CASE number % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'sent' ELSE 'held' END, '2018-08-05', "
            "'550 <' || address || '> unknown' FROM subscribers"
        )
        run("INSERT INTO doubts SELECT number, 1, number, '2018', 'crash', address, 'hold' FROM subscribers")
        said = f'[{{"said": "{gone(7)} is no longer here; x{gone(7)} is"}}]'
        run(
            "INSERT INTO runs VALUES (1, '2018', '2018', 1, 0, 0, '', '[]', ?)",
            (said,),
        )
        run("INSERT INTO test_mails VALUES (1, 'regional.en', ?, 'f', '2018')", (gone(3),))
    SubscriberChanges(instance.database, Deed(by="Marta", at=AT)).change(gone(6), address=address("r5000@example.org"))
    for n in range(many):
        said = b"<%b> is unknown\n" % gone(n).encode()
        within = base64.encodebytes(said) if n % 2 else quopri.encodestring(said).replace(b"@", b"=40")
        (folder / "mails" / "new" / f"{n}.digest").write_text(f"To: Ana <{gone(n).upper()}>\n\nhello\n")
        (folder / "back" / "cur" / f"{n}:2,S").write_bytes(b"From: mailer@example.com\n\n" + within)
    (folder / "mails" / "cur" / "x:2,S").write_text(f"To: x{gone(1)}\n\nhello\n")
    return instance


def everywhere(folder):
    return {
        str(path.relative_to(folder)): [*GONE.findall(path.read_bytes().lower())]
        for path in folder.rglob("*")
        if path.is_file() and GONE.search(path.read_bytes().lower())
    }


@pytest.mark.parametrize("instance", [MANY], indirect=True)
def test_a_thousand_people_are_gone_from_every_byte_and_come_back_by_no_door(instance):
    folder, database = instance.folder, instance.database
    erased_now = [gone(n) for n in range(MANY) if n != 6] + ["r5000@example.org"]
    assert len(everywhere(folder)) >= MANY
    done = erase(instance, erased_now, "Marta", with_rows=True)
    assert (done.people, done.rows, done.mails, done.returned) == (MANY, MANY, MANY, MANY)
    assert everywhere(folder) == {}
    assert (done.remains, done.copies) == ((), ())
    listed = [one.address for one in SubscriberListing(database).listed(ListFilter())]
    assert listed == [f"xr{n}@example.org" for n in range(10)]
    assert (folder / "people.yaml").read_text().startswith("# our readers\nsubscribers:\n  - {address: xr0@example.org")
    assert (folder / "people.yaml").read_text().count("# ours") == 10
    with closing(sqlite3.connect(database.path)) as raw:
        states = dict(raw.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())
        assert states["left"] + states["sent"] > MANY - 10
        assert sum(states.values()) == MANY + 10
        assert raw.execute("SELECT trouble FROM runs").fetchone()[0].count("xr7@example.org") == 1
    (folder / "people.yaml").write_text(
        f"subscribers:\n  - {{address: {gone(1)}, language: en, audiences: [regional]}}\n"
    )
    assert instance.import_subscribers()[0].stayed_away == 1
    changes = SubscriberChanges(database, Deed(by="Marta", at=AT))
    for shut in (
        lambda: changes.add(subscription(gone(1))),
        lambda: changes.change("xr1@example.org", address=address(gone(1))),
        lambda: changes.add(subscription("R6@example.org")),  # what they were called before
    ):
        with pytest.raises(PersonNeededError, match="readmit"):
            shut()
    assert changes.suppress(address(gone(1))) is False
    with database.write() as connection:
        assert sign_up(connection, Request(at=AT, how="form"), address(gone(1)), CHOICE).answer is Answer.REFUSED
    assert changes.let_in(gone(1))
    changes.add(subscription(gone(1)))


def test_an_older_database_erases_again_before_anything_else(instance):
    folder = instance.folder
    older = instance.database.path.read_bytes()
    with closing(sqlite3.connect(instance.database.path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    older = instance.database.path.read_bytes()
    erase(instance, [gone(1), gone(2)], "Marta", with_rows=True)
    for again in (
        lambda: erase_again_in(folder, instance.database),
        lambda: _repeated(folder),
    ):
        instance.database.path.write_bytes(older)
        assert again() == 2
        assert instance.import_subscribers()[0].stayed_away == 0  # their rows went, too
        with SqliteDatabase(instance.database.path).read() as connection:
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM subscribers WHERE folded IN (?, ?)", (gone(1), gone(2))
            )
            assert found.scalar() == 0


def _repeated(folder):
    with SqliteDatabase(folder / "digest.db").write() as connection:
        return repeat(connection, folder / "sending" / "leavings")


def test_what_is_not_ours_is_named_and_what_is_under_way_is_waited_for(instance):
    folder = instance.folder
    (folder / "old list.csv").write_text(f"mail\n{gone(1)}\n")
    (folder / "backups").mkdir()
    (folder / "backups" / "digest-20180801T000000Z.zip").write_bytes(b"anything")
    with exclusive(folder / "sending.lock"), pytest.raises(BusyError):
        erase(instance, [gone(1)], "Marta", with_rows=False)
    done = erase(instance, [gone(1)], "Marta", with_rows=False)
    assert {path.name for path in done.remains} == {"old list.csv", "people.yaml"}
    assert [path.name for path in done.copies] == ["digest-20180801T000000Z.zip"]
