"""Backups: whole or not there, checked to the last byte, and put back so that nothing is lost and nothing is sent."""

import hashlib
import json
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from doses import dose
from killpoints import killed
from sqlalchemy import text

from digest.delivery.fence import Why
from digest.delivery.journal import Journal, Line
from digest.delivery.whereabouts import found_fence
from digest.errors import CannotWriteError, ConfigurationError, IntegrityError, PersonNeededError, UsageError
from digest.foundation.database import SqliteDatabase
from digest.operations.archive import extract, verify
from digest.operations.backup import Contents, name_for, remove_older, write_backup
from digest.operations.restoring import restore

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
FILES = {
    "digest.yaml": "settings",
    "keys/secret": "s" * 65,
    "plans/monthly/2018-07.yaml": "lead: x\n",
    "añadido.txt": "ñ",
}


class Office:
    """A workspace with a database, its journal and a few files."""

    def __init__(self, folder):
        self.folder, self.backups = folder, folder / "backups"
        for name, words in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(words)
        self.add("before")
        with Journal(folder / "sending" / "journal", self.id) as journal:
            journal.append(1, [Line("i", "monthly/2018-07", "ana"), Line("s", "monthly/2018-07", "ana")])

    @property
    def database(self):
        return SqliteDatabase(self.folder / "digest.db")

    @property
    def id(self):
        found_fence(self.database, self.folder / "sending")
        return self.one("SELECT id FROM instance")

    def one(self, query, folder=None):
        with closing(sqlite3.connect((folder or self.folder) / "digest.db")) as database:
            return database.execute(query).fetchone()[0]

    def add(self, audience):
        with self.database.write() as connection:
            values = {"audience": audience}
            connection.execute(
                text("INSERT INTO choices (newsletter, audiences, language) VALUES ('m', :audience, 'en')"), values
            )

    def audiences(self, folder=None):
        with closing(sqlite3.connect((folder or self.folder) / "digest.db")) as database:
            return [row[0] for row in database.execute("SELECT audiences FROM choices ORDER BY number")]

    def back_up(self, at=NOW, target=None):
        contents = Contents(
            files={name: self.folder / name for name in FILES}, left_out=("the moon",), program="digest"
        )
        path = target or name_for(self.backups, at)
        write_backup(path, self.database, self.folder / "sending", contents, at)
        return path


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path / "office")


def contents(folder):
    """All files below a folder but those that only say where it is and who works there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


# ── making one ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_holds_all_with_a_manifest_that_says_what_it_is(office):
    archive = office.back_up()
    manifest = verify(archive)
    assert archive.name == "digest-20261122T220000Z.zip"
    assert {member.name for member in manifest.members} == {*FILES, "digest.db"}
    assert (manifest.made_at, manifest.instance, manifest.left_out) == (NOW, office.id, ("the moon",))
    assert [path.name for path in office.backups.iterdir()] == [archive.name]


def test_it_says_how_far_the_database_knows_the_journal(office):
    with office.database.write() as connection:
        connection.execute(text("UPDATE instance SET commits = 1"))
    journal = office.folder / "sending" / "journal"
    known = journal.read_bytes()
    with Journal(journal, office.id) as later:
        later.append(2, [Line("i", "monthly/2018-07", "ben")] * 3_000)
    position = verify(office.back_up()).journal
    assert (position.bytes, position.lines) == (len(known), 3)
    assert position.fingerprint == hashlib.sha256(known).hexdigest()


def test_only_its_owner_can_read_it(office):
    archive = office.back_up()
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert stat.S_IMODE(office.backups.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TRIGGER forget AFTER INSERT ON subscribers BEGIN DELETE FROM choices; END",
        "CREATE VIEW people AS SELECT address FROM subscribers",
    ],
)
def test_a_database_with_what_digest_did_not_put_into_it_is_not_restored(foreign, office, tmp_path):
    archive = office.back_up()
    folder = tmp_path / "by hand"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    with closing(sqlite3.connect(folder / "digest.db")) as database:
        database.execute(foreign)
        database.commit()
    manifest = json.loads((folder / "manifest.json").read_text())
    data = (folder / "digest.db").read_bytes()
    for member in manifest["members"]:
        if member["name"] == "digest.db":
            member |= {"size": len(data), "fingerprint": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(changed, "w") as packed:
        for name in opened.namelist():
            packed.write(folder / name, name)
    with pytest.raises(IntegrityError, match=f"{foreign.split()[1].lower()} '{foreign.split()[2]}'"):
        restore(changed, tmp_path / "restored", NOW, replace=False)
    assert not (tmp_path / "restored" / "digest.db").exists()


def test_no_backup_is_overwritten(office):
    archive = office.back_up()
    assert office.back_up() != archive
    with pytest.raises(UsageError, match="there already"):
        office.back_up(target=archive)


def test_what_is_not_in_the_database_file_yet_is_in_it(office):
    with office.database.writer() as writer:
        with writer.transaction() as connection:
            connection.execute(text("INSERT INTO choices (newsletter, audiences, language) VALUES ('m', 'open', 'en')"))
        assert (office.folder / "digest.db-wal").stat().st_size
        archive = office.back_up()
    extract(archive, office.folder / "out")
    assert office.audiences(office.folder / "out") == ["before", "open"]


def test_a_damaged_database_gives_no_backup_and_removes_none(office):
    first = office.back_up()
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = office.folder / "digest.db"
    data = bytearray(path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        office.back_up(NOW + timedelta(days=1))
    assert list(office.backups.iterdir()) == [first]


def test_a_folder_that_cannot_be_written_is_named(office):
    office.backups.write_text("a file")
    with pytest.raises(CannotWriteError, match="backups"):
        office.back_up(target=office.backups / "one.zip")


@pytest.mark.parametrize("point", ["backup.copied", "backup.half-written", "backup.written", "backup.linked"])
def test_killed_anywhere_it_is_whole_or_not_there_and_the_next_one_clears_up(office, point):
    first = office.back_up()
    assert killed(point, lambda: office.back_up(NOW + timedelta(days=1)))
    for path in office.backups.glob("digest-*"):
        verify(path)
    office.back_up(NOW + timedelta(days=2))
    assert first.exists()
    assert not list(office.backups.glob(".*"))


def test_of_older_ones_only_ours_go_and_only_those_beyond_the_number(office, tmp_path):
    other = Office(tmp_path / "other")
    paths = [office.back_up(NOW + timedelta(days=day)) for day in range(4)]
    strangers = {
        "another workspace's": shutil.copyfile(other.back_up(), office.backups / "digest-20200101T000000Z.zip"),
        "of another name": shutil.copyfile(paths[0], office.backups / "before-the-move.zip"),
        "no backup": office.backups / "digest-20190101T000000Z.zip",
    }
    strangers["no backup"].write_text("PK, or not")
    assert remove_older(paths[3], 2, {office.id}) == [paths[1], paths[0]]
    assert sorted(office.backups.iterdir()) == sorted([*paths[2:], *strangers.values()])
    assert remove_older(paths[3], 1, {office.id}) == [paths[2]]
    assert paths[3].exists()


# ── putting it back ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_into_an_empty_folder_all_comes_back_and_is_fenced(office, tmp_path):
    archive, new = office.back_up(), tmp_path / "new"
    new.mkdir()
    restored = restore(archive, new, NOW, replace=False)
    assert restored.kept is None
    assert {name: (new / name).read_text() for name in FILES} == FILES
    assert office.audiences(new) == ["before"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in new.rglob("*") if path.is_file()} == {0o600}
    assert found_fence(SqliteDatabase(new / "digest.db"), new / "sending").why is Why.RESTORED


def test_a_copy_that_was_unpacked_by_hand_is_fenced_too(office, tmp_path):
    with zipfile.ZipFile(office.back_up()) as archive:
        archive.extract("digest.db", tmp_path / "by-hand")
    folder = tmp_path / "by-hand"
    assert found_fence(SqliteDatabase(folder / "digest.db"), folder / "sending").why is Why.RESTORED


def test_nothing_is_replaced_without_a_word(office):
    archive = office.back_up()
    office.add("after")
    before = contents(office.folder)
    with pytest.raises(PersonNeededError, match=r"digest\.db"):
        restore(archive, office.folder, NOW, replace=False)
    assert contents(office.folder) == before


def test_what_is_replaced_is_kept_and_the_journal_stays(office):
    archive = office.back_up()
    office.add("after")
    (office.folder / "digest.yaml").write_text("changed")
    (office.folder / "new.txt").write_text("new")
    (office.folder / "editions").mkdir()
    (office.folder / "editions" / "one").write_text("of the other database")
    (office.folder / "sending" / "1.marker").write_text("of the other database")
    journal = (office.folder / "sending" / "journal").read_bytes()
    kept = restore(archive, office.folder, NOW, replace=True).kept
    assert office.audiences() == ["before"]
    assert office.audiences(kept) == ["before", "after"]
    assert (kept / "digest.yaml").read_text() == "changed"
    assert (office.folder / "digest.yaml").read_text() == "settings"
    assert (office.folder / "new.txt").read_text() == "new"
    assert (office.folder / "sending" / "journal").read_bytes() == journal
    assert sorted(str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()) == [
        "digest.db",
        "digest.yaml",
        "editions/one",
        "sending/1.marker",
    ]


def test_a_write_ahead_file_of_the_other_database_is_never_left_beside_this_one(office):
    """SQLite would write it into the restored database."""
    archive = office.back_up()
    with office.database.writer() as writer:
        with writer.transaction() as connection:
            connection.execute(text("INSERT INTO choices (newsletter, audiences, language) VALUES ('m', 'wal', 'en')"))
        assert (office.folder / "digest.db-wal").stat().st_size
        kept = restore(archive, office.folder, NOW, replace=True).kept
        assert not (office.folder / "digest.db-wal").exists()
        assert (kept / "digest.db-wal").exists()
    assert office.audiences() == ["before"]


def test_a_file_that_stands_where_a_folder_must_be_is_set_aside(office, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    (new / "plans").write_text("a file")
    with pytest.raises(PersonNeededError, match="plans"):
        restore(office.back_up(), new, NOW, replace=False)
    kept = restore(office.back_up(), new, NOW, replace=True).kept
    assert (kept / "plans").read_text() == "a file"
    assert (new / "plans" / "monthly" / "2018-07.yaml").read_text() == "lead: x\n"


@pytest.mark.parametrize("point", ["extracted", "marked", "set-aside", "placing", "placed"])
def test_killed_anywhere_nothing_is_sent_and_the_same_restore_mends_it(office, point):
    archive = office.back_up()
    office.add("after")
    for name in FILES:
        (office.folder / name).write_text("changed")
    assert killed(f"restore.{point}", lambda: restore(archive, office.folder, NOW, replace=True))
    if point != "extracted":
        left = SqliteDatabase(office.folder / "digest.db")
        assert found_fence(left, office.folder / "sending").why is Why.INTERRUPTED
    restore(archive, office.folder, NOW, replace=True)
    assert office.audiences() == ["before"]
    assert {name: (office.folder / name).read_text() for name in FILES} == FILES
    assert found_fence(office.database, office.folder / "sending").why is Why.RESTORED
    assert not list(office.folder.glob(".restore*"))
    kept = [path for path in office.folder.glob("replaced-*/digest.db") if "after" in office.audiences(path.parent)]
    assert len(kept) == 1


# ── what is no backup, or was altered ───────────────────────────────────────────────────────────────────────────────


def remade(archive, target, change):
    """The archive's files after `change`, with a manifest that fits them: as somebody does it who means harm."""
    with zipfile.ZipFile(archive) as source:
        files = {name: source.read(name) for name in source.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    change(files, manifest)
    manifest["members"] = [
        {"name": name, "size": len(data), "fingerprint": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in files.items():
            written.writestr(name, data)
        written.writestr("manifest.json", json.dumps(manifest))
    return target


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/outside.txt",
        "plans/../../outside.txt",
        "plans/./x",
        "plans//x",
        "..\\outside.txt",
        "C:\\outside.txt",
        "sending/journal",
        "sending/place",
        "sending.lock",
        "digest.db-wal",
        "digest.db.lock",
        "digest.db/x",
        "editions/x",
        "backups/x",
        "replaced-x/y",
        ".bashrc",
        "plans/.hidden/x",
        "plans/x\nlead",
        "plans/\u202etxt.yaml",
        " plans/x",
        "plans/x ",
        "p" * 1_200,
    ],
)
def test_a_name_that_leads_astray_is_refused_before_anything_is_written(office, tmp_path, name):
    evil = remade(office.back_up(), tmp_path / "evil.zip", lambda files, _: files.update({name: b"evil"}))
    target = tmp_path / "deep" / "new"
    target.mkdir(parents=True)
    with pytest.raises(IntegrityError, match="nothing was changed"):
        restore(evil, target, NOW, replace=True)
    assert not contents(target)
    assert not list(tmp_path.rglob("outside*"))


def test_a_link_in_it_is_refused(office, tmp_path):
    evil = office.back_up()
    link = zipfile.ZipInfo("plans/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(evil, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(IntegrityError, match="no plain file"):
        verify(evil)


def test_a_file_that_is_in_it_twice_is_refused(office):
    evil = office.back_up()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(evil, "a") as archive:
        archive.writestr("keys/secret", "x" * 65)
    with pytest.raises(IntegrityError, match="twice"):
        verify(evil)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files, _: files.update({"plans": b"x"}), "a file and a folder"),
        (lambda files, _: files.pop("digest.db"), "the database is missing"),
        (lambda files, _: files.update({"digest.db": b"no database " * 100}), "database"),
        (lambda files, _: files.update({"digest.db": b""}), "database"),
        (lambda _, manifest: manifest.update(format="x"), "a kind that this version does not know"),
        (lambda _, manifest: manifest.update(version=2), "a kind that this version does not know"),
        (lambda _, manifest: manifest.update(schema="9999"), "newer digest"),
        (lambda _, manifest: manifest.update(made_at="yesterday"), "cannot be understood"),
        (lambda _, manifest: manifest.update(made_at="2026-11-22T22:00:00"), "cannot be understood"),
        (lambda _, manifest: manifest.update(commits=-1), "cannot be understood"),
        (lambda _, manifest: manifest.update(journal=["x"]), "cannot be understood"),
        (lambda _, manifest: manifest.pop("instance"), "cannot be understood"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(office, tmp_path, change, said):
    evil, target = remade(office.back_up(), tmp_path / "evil.zip", change), tmp_path / "new"
    target.mkdir()
    with pytest.raises(IntegrityError, match=said):
        restore(evil, target, NOW, replace=True)
    assert not contents(target)


def test_a_database_of_a_newer_version_in_it_is_refused(office, tmp_path):
    def newer(files, _manifest):
        path = tmp_path / "newer.db"
        path.write_bytes(files["digest.db"])
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        files["digest.db"] = path.read_bytes()

    evil = remade(office.back_up(), tmp_path / "evil.zip", newer)
    (tmp_path / "new").mkdir()
    with pytest.raises(ConfigurationError, match="newer digest"):
        restore(evil, tmp_path / "new", NOW, replace=True)
    assert not contents(tmp_path / "new")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    evil = tmp_path / "bomb.zip"
    with zipfile.ZipFile(evil, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plans/bomb", bytes(1 << 22))
        archive.writestr("manifest.json", "{}")
        archive.filelist[0].file_size = 1 << 31
    with pytest.raises(IntegrityError, match="many times its size"):
        verify(evil)


@pytest.mark.parametrize("seed", range(dose(8, 200)))
def test_one_altered_byte_anywhere_is_found_or_changes_nothing(office, seed):
    """Not every byte of a zip file says something: then what comes out is what went in."""
    archive = office.back_up()
    before = verify(archive)
    data = bytearray(archive.read_bytes())
    place = int.from_bytes(hashlib.sha256(f"{seed}".encode()).digest()[:8]) % len(data)
    data[place] ^= 1 + seed
    archive.write_bytes(data)
    try:
        assert verify(archive) == before
    except IntegrityError:
        return


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_part_of_one_is_none(office, share):
    archive = office.back_up()
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(IntegrityError):
        verify(archive)


def test_no_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        verify(tmp_path / "none.zip")
    with pytest.raises(IntegrityError):
        verify(tmp_path)
