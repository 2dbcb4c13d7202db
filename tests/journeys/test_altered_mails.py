"""One word of a stored mail is changed after its approval: it leaves by no command, and each says what to do."""

import shutil
import sqlite3
import zlib
from contextlib import closing

import pytest

FIFTH = "2018-08-05T09:00"


@pytest.fixture
def sealed(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: required\n    starts_on: 2018-07-01"))
    office.run("build", "--period", "july")
    office.run("approve", "2018-07", "--by", "Marta")
    return office


def change_a_word(office, old=b"forty beds", new=b"fifty beds"):
    with closing(sqlite3.connect(office.folder / "digest.db")) as connection:
        for number, message in connection.execute("SELECT number, message FROM variants").fetchall():
            changed = zlib.compress(zlib.decompress(message).replace(old, new))
            connection.execute("UPDATE variants SET message = ? WHERE number = ?", (changed, number))
        connection.commit()


@pytest.mark.parametrize("copy", ["kept", "deleted"])
@pytest.mark.parametrize(
    "command",
    [
        ("send", "2018-07", "--yes"),
        ("send", "2018-07", "--dry-run"),
        ("send", "2018-07", "--test", "marta@example.org"),
        ("run", "--now", FIFTH),
        ("run", "--now", FIFTH, "--dry-run"),
    ],
    ids=" ".join,
)
def test_no_command_sends_the_altered_word(sealed, command, copy):
    change_a_word(sealed)
    if copy == "deleted":
        shutil.rmtree(sealed.folder / "editions")
    said = sealed.run(*command, code=3).stderr
    assert "what is stored of it is not what was approved: regional.en" in said
    assert "digest reopen monthly/2018-07" in said
    assert sealed.messages() == {}


def test_the_remedy_sends_what_people_look_at_and_approve_anew(sealed):
    change_a_word(sealed)
    sealed.run("send", "2018-07", "--yes", code=3)
    sealed.run("reopen", "monthly/2018-07", "--by", "Marta", "--because", "altered")
    sealed.run("build", "--newsletter", "monthly", "--period", "2018-07")
    sealed.run("approve", "2018-07", "--by", "Marta")
    sealed.run("send", "2018-07", "--yes")
    (mail,) = sealed.messages()["ben@example.org"]
    assert "forty beds" in mail.get_body(("plain",)).get_content()


def test_the_altered_word_stops_a_sending_that_is_under_way(sealed):
    sealed.run("send", "2018-07", "--yes", "--limit", "1")
    change_a_word(sealed)
    for command in (("send", "2018-07", "--yes"), ("resume", "2018-07", "--by", "Marta")):
        said = sealed.run(*command, code=None)
        if command[0] == "send":
            assert said.returncode == 3
            assert "digest restore FILE --replace" in said.stderr
            assert "digest pause monthly/2018-07" in said.stderr
    assert "not what was approved" in sealed.run("run", "--now", FIFTH, code=3).stderr
    assert len(sealed.messages()) == 1


def test_the_doctor_names_the_mail(sealed):
    assert "those of 1 edition are what was built or approved" in sealed.run("doctor", "--offline", code=None).stdout
    change_a_word(sealed)
    said = sealed.run("doctor", "--offline", code=78).stdout
    assert "not what was approved: regional.en" in " ".join(said.split())


def test_the_copy_is_written_anew_when_somebody_says_so(sealed):
    page = sealed.folder / "editions" / "monthly" / "2018-07" / "variants" / "regional.en.html"
    original = page.read_bytes()
    page.write_bytes(original.replace(b"forty", b"fifty"))
    for command in (("send", "2018-07", "--yes"), ("run", "--now", FIFTH)):
        said = sealed.run(*command, code=3).stderr
        assert "regional.en.html" in said
        assert "digest check monthly/2018-07 --rewrite-copy" in said
    assert "regional.en.html" in " ".join(sealed.run("doctor", "--offline", code=78).stdout.split())
    assert (
        "Written anew: editions/monthly/2018-07"
        in sealed.run("check", "monthly/2018-07", "--rewrite-copy", code=None).stderr
    )
    assert page.read_bytes() == original
    sealed.run("send", "2018-07", "--yes")
    assert len(sealed.messages()) == 2


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", "regional.en.html~"])
def test_what_a_file_manager_leaves_behind_keeps_nothing_from_leaving(sealed, name):
    for folder in ("editions/monthly/2018-07", "editions/monthly/2018-07/variants"):
        sealed.write(f"{folder}/{name}", b"whatever")
    sealed.run("send", "2018-07", "--yes")
    assert len(sealed.messages()) == 2
