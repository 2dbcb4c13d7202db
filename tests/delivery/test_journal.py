"""The send journal: what is appended is there, whose it is can be seen, and what a database does not know is found."""

import hashlib

import pytest

from digest.delivery.journal import (
    Journal,
    Line,
    end,
    has_written,
    is_continued,
    position,
    position_at,
    read,
    shorten,
    unknown_to,
)
from digest.errors import CannotWriteError, IntegrityError

INTENT, SENT = Line("i", "m/2018-07", "ana-0123456789ab"), Line("s", "m/2018-07", "ana")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sending" / "journal"


def write(path, instance, *commits, before=None):
    with Journal(path, instance) as journal:
        if before is not None:
            journal.continues(before, commits[0])
        for commit in commits:
            journal.append(commit, [INTENT, SENT])


def told(entries):
    return [(entry.instance, entry.commit) for entry in entries]


def test_each_line_says_who_wrote_it_and_the_proof_is_left_out(path):
    write(path, "a", 1)
    assert path.read_text() == "0 n - - a\n1 i m/2018-07 ana-0123456789ab a\n1 s m/2018-07 ana a\n"
    assert [(entry.kind, entry.delivery) for entry in read(path)] == [("n", "-"), ("i", "ana"), ("s", "ana")]


def test_whoever_gives_no_name_goes_on_for_the_last_one(path):
    write(path, "a", 1)
    write(path, "", 2)
    assert {entry.instance for entry in read(path)} == {"a"}


def test_a_journal_of_an_earlier_version_is_read(path):
    path.parent.mkdir()
    path.write_text("1 i m/2018-07 ana\n1 s m/2018-07 ana\n")
    assert end(path).instance == ""
    write(path, "a", 2)
    assert has_written(path, "b")  # any instance may have written what is not signed
    assert told(unknown_to(path, "a", 1)) == [("a", 2)] * 2


@pytest.mark.parametrize("torn", ["2", "2 i m/2018-07", "2 i m/2018-07 ana-0123456789ab a"])
def test_a_torn_last_line_is_no_line_and_is_cut_off(path, torn):
    write(path, "a", 1)
    whole = path.read_text()
    path.write_text(whole + torn)
    assert end(path).commit == 1
    assert len(list(read(path))) == 3
    with Journal(path, "a"):
        assert path.read_text() == whole


@pytest.mark.parametrize(
    "line", ["what", "x i m/2018-07 ana a", "1 z m/2018-07 ana a", "1 i m ana a b", "\x00" * 30, ""]
)
def test_a_line_that_is_none_is_named(path, line):
    write(path, "a", 1)
    with path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(IntegrityError, match="no line of a send journal"):
        end(path)
    with pytest.raises(IntegrityError, match=r"journal:4: this is no line"):
        list(read(path))


def test_where_there_is_none_there_is_no_end(path):
    assert end(path) is None
    assert position(path, "a", 1) is None


@pytest.mark.parametrize("later", [0, 10, 5_000])
def test_how_far_a_database_knows_it_is_found_from_the_end(path, later):
    write(path, "a", *range(1, 4))
    known = path.read_bytes()
    write(path, "a", *range(4, 4 + later))
    found = position(path, "a", 3)
    assert (found.commit, found.bytes, found.lines) == (3, len(known), 7)
    assert found.fingerprint == hashlib.sha256(known).hexdigest()
    assert position_at(path, len(known)) == found
    assert position_at(path, path.stat().st_size + 1) is None
    assert position(path, "other", 9) is None


def test_what_a_database_does_not_know_is_its_own_later_lines_and_those_of_who_went_on(path):
    write(path, "a", 1, 2, 3)
    write(path, "b", 4, 5, before="a")
    write(path, "c", 6, before="b")
    assert told(unknown_to(path, "a", 2)) == [("a", 3)] * 2 + [("b", 4)] * 2 + [("b", 5)] * 2 + [("c", 6)] * 2
    assert told(unknown_to(path, "b", 5)) == [("c", 6)] * 2
    assert told(unknown_to(path, "c", 6)) == []
    assert [has_written(path, name) for name in "abcd"] == [True, True, True, False]


# -- What is kept of editions that ended long ago.


def wrote(path, instance, *told, before=None):
    """`told` are (commit, edition) pairs: a message that left."""
    with Journal(path, instance) as journal:
        if before is not None:
            journal.continues(before, told[0][0])
        for commit, edition in told:
            journal.append(commit, [Line("i", edition, "ana-0123456789ab"), Line("s", edition, "ana")])


OLD, NEW = "m/2018-07", "m/2018-08"


def test_of_an_edition_that_ended_long_ago_one_line_is_kept_where_its_last_one_was(path):
    wrote(path, "a", (1, OLD), (2, NEW), (3, OLD), (4, NEW))
    assert shorten(path, {OLD}) == 3
    assert path.read_text().splitlines() == [
        "0 n - - a",
        *(f"2 {rest} a" for rest in (f"i {NEW} ana-0123456789ab", f"s {NEW} ana")),
        f"3 o {OLD} - a",
        *(f"4 {rest} a" for rest in (f"i {NEW} ana-0123456789ab", f"s {NEW} ana")),
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert shorten(path, {OLD}) == 0
    assert list(path.parent.iterdir()) == [path]


def test_where_there_is_no_journal_there_is_nothing_to_shorten(path):
    assert shorten(path, {OLD}) == 0
    assert not path.exists()


def test_a_shortened_journal_ends_where_it_did_and_is_written_on(path):
    wrote(path, "a", (1, OLD))
    before = end(path)
    with path.open("a") as file:
        file.write("2 i torn")
    shorten(path, {OLD})
    assert end(path) == before
    wrote(path, "a", (2, NEW))
    assert end(path).commit == 2
    assert shorten(path, {OLD, NEW}) == 1


def test_each_life_of_a_database_keeps_its_line_so_that_any_copy_of_it_hears_what_it_does_not_know(path):
    wrote(path, "a", (1, OLD), (2, OLD))
    wrote(path, "b", (3, OLD), (4, NEW), before="a")
    shorten(path, {OLD})
    heard = [(entry.kind, entry.edition) for entry in unknown_to(path, "a", 1)]
    assert heard == [("o", OLD), ("o", OLD), ("i", NEW), ("s", NEW)]
    assert [entry.kind for entry in unknown_to(path, "a", 2)] == ["o", "i", "s"]
    assert [entry.edition for entry in unknown_to(path, "b", 3)] == [NEW, NEW]
    assert [has_written(path, name) for name in "abc"] == [True, True, False]


def test_a_shortened_journal_is_known_by_what_it_goes_on_from_and_an_older_one_is_not(path):
    wrote(path, "a", (1, OLD), (2, NEW), (3, NEW))
    whole = path.read_bytes()
    assert not is_continued(path, "a", 3)  # not shortened: its bytes tell
    shorten(path, {OLD})
    assert is_continued(path, "a", 3)
    assert not is_continued(path, "b", 1)
    older = path.read_bytes()
    path.write_bytes(whole)
    wrote(path, "a", (4, NEW))
    shorten(path, {OLD})
    known = position(path, "a", 4)
    assert is_continued(path, "a", known.commit)
    path.write_bytes(older)
    assert not is_continued(path, "a", known.commit)


def test_a_journal_that_cannot_be_shortened_stays_as_it_was(path, monkeypatch):
    wrote(path, "a", (1, OLD), (2, NEW))
    before = path.read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("digest.delivery.journal.os.fsync", full)
    with pytest.raises(CannotWriteError, match="No space left"):
        shorten(path, {OLD})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
