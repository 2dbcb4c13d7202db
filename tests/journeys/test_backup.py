"""Back up, restore, adopt: as an operator types it, and as the page says."""

import re
import shlex
import shutil
import zipfile
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "back-up-and-move.md"


@pytest.fixture
def drafted(office):
    office.run("build", "--period", "2018-07")
    return office


def backup_of(office, *arguments, code=0):
    return Path(office.run("backup", *arguments, code=code).stdout.strip())


def names(archive):
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def test_the_page_is_true(drafted, tmp_path):
    """Its commands, in its order, each in the situation that it speaks of."""
    folder, backups, new = drafted.folder, tmp_path / "mnt", tmp_path / "new"
    backups.mkdir()
    text = PAGE.read_text(encoding="utf-8")
    (named,) = set(re.findall(r"/mnt/backups/(digest-\S+\.zip)", text))
    places = {"/srv/office": folder, "/mnt/backups": backups, "/srv/new": new}
    commands = [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    said = []
    for line in commands:
        words = shlex.split(re.sub("|".join(places), lambda found: str(places[found[0]]), line))[2:]
        if "--check" in words:
            next(backups.glob("digest-*.zip")).rename(backups / named)
        if str(new) in words:
            shutil.copytree(folder, new)
            shutil.rmtree(folder)
        code = 3 if "--without-journal" in words else 0
        said.append(drafted.run(*words, code=code).stdout)
    assert len(said) == 8
    assert "whole and sound" in said[2]
    assert "This workspace sends from now on." in said[4]
    assert "digest adopt --release monthly/2018-07" in said[5]
    assert "monthly/2018-07 has not gone out, says Marta" in said[6]
    cron = re.search(r"^15 2 \* \* \* (.*)$", text, re.MULTILINE)[1]
    assert cron == "digest -q -C /srv/office backup --keep 30 > /dev/null"


def test_it_holds_what_is_needed_to_go_on_somewhere_else(drafted, tmp_path):
    archive = backup_of(drafted)
    assert names(archive) == {
        "bulletins/july.en.txt",
        "digest.db",
        "digest.yaml",
        "keys/secret",
        "manifest.json",
        "subscribers.yaml",
    }
    drafted.run("-C", str(tmp_path / "new"), "restore", str(archive))
    drafted.run("-C", str(tmp_path / "new"), "adopt", "--by", "Marta")
    drafted.run("-C", str(tmp_path / "new"), "approve", "2018-07", "--by", "Marta")
    drafted.run("-C", str(tmp_path / "new"), "send", "2018-07", "--yes")
    assert len(list((tmp_path / "new" / "out").rglob("*.eml"))) == 2


def test_what_lies_elsewhere_is_named(drafted, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    settings = (drafted.folder / "digest.yaml").read_text()
    drafted.write("digest.yaml", settings.replace("newsroom: bulletins/", f"newsroom: {tmp_path}/elsewhere"))
    ended = drafted.run("backup")
    assert "the source newsroom" in ended.stderr
    assert "outside the workspace" in ended.stderr
    assert "bulletins/july.en.txt" not in names(ended.stdout.strip())


def test_a_source_on_the_web_keeps_no_folder_out(drafted):
    settings = (drafted.folder / "digest.yaml").read_text()
    on_the_web = 'web: {type: feed, url: "https://feeds.example.org/news"}'
    drafted.write("digest.yaml", settings.replace("  newsroom: bulletins/", f"  {on_the_web}\n  newsroom: bulletins/"))
    assert on_the_web in (drafted.folder / "digest.yaml").read_text()
    assert "bulletins/july.en.txt" in names(backup_of(drafted))


def test_bulletins_can_be_left_out(drafted):
    ended = drafted.run("backup", "--without-sources")
    assert "bulletins/july.en.txt" not in names(ended.stdout.strip())
    assert "left out" in ended.stderr


def test_a_mistake_in_the_settings_keeps_nobody_from_a_backup(drafted):
    drafted.write("digest.yaml", "newsletters: [")
    archive = backup_of(drafted, code=4)
    assert {"digest.db", "digest.yaml", "subscribers.yaml", "keys/secret"} <= names(archive)


def test_mails_written_as_files_and_our_own_folders_are_not_in_it(drafted):
    drafted.run("approve", "2018-07", "--by", "Marta")
    drafted.run("send", "2018-07", "--yes")
    backup_of(drafted)
    found = names(backup_of(drafted))
    assert not [name for name in found if name.startswith(("out/", "backups/", "editions/", "sending/", "digest.db-"))]


def test_a_restored_workspace_can_be_looked_at_and_sends_nothing(drafted):
    drafted.run("approve", "2018-07", "--by", "Marta")
    archive = backup_of(drafted)
    assert "something else stands here already" in drafted.run("restore", str(archive), code=3).stderr
    drafted.run("restore", str(archive), "--replace")
    for looking in (["status"], ["schedule"], ["report"], ["items"]):
        drafted.run(*looking)
    assert "Nothing is sent from here" in drafted.run("run", "--dry-run", code=3).stderr
    for sending in (["send", "2018-07", "--yes"], ["run"]):
        ended = drafted.run(*sending, code=3)
        assert "digest adopt --by NAME" in ended.stderr
    assert not drafted.messages()
    drafted.run("adopt", "--by", "Marta")
    assert "may send already" in drafted.run("adopt", "--by", "Marta").stdout
    drafted.run("send", "2018-07", "--yes")
    assert len(drafted.messages()) == 2
    for _again in range(2):  # the same backup, which knows nothing of what its copies sent
        drafted.run("restore", str(archive), "--replace")
        assert "2 messages have left" in drafted.run("adopt", "--by", "Marta").stdout
        drafted.run("send", "2018-07", "--yes", code=None)
        assert {len(mails) for mails in drafted.messages().values()} == {1}


def test_a_copy_may_write_files(drafted, tmp_path):
    """That is how one tries things out."""
    drafted.run("approve", "2018-07", "--by", "Marta")
    drafted.run("send", "2018-07", "--yes")
    shutil.copytree(drafted.folder, tmp_path / "copy")
    drafted.run("-C", str(tmp_path / "copy"), "send", "2018-07", "--yes")
    drafted.run("-C", str(tmp_path / "copy"), "run", "--now", "2018-08-06T09:00")


@pytest.mark.parametrize(
    "words",
    [
        ["backup", "--check", "x.zip", "--keep", "3"],
        ["backup", "--keep", "0"],
        ["backup", "--check", "none.zip"],
        ["restore", "none.zip"],
        ["adopt"],
        ["adopt", "--by", " "],
        ["adopt", "--by", "Marta", "--moved", "--without-journal"],
        ["adopt", "--by", "Marta", "--release", "2018-07", "--moved"],
        ["adopt", "--by", "Marta", "--release", "1999-01"],
    ],
)
def test_what_makes_no_sense_is_said(drafted, words):
    drafted.run(*words, code=2)


def test_no_workspace_is_needed_to_check_a_backup_and_none_is_made(drafted, empty, tmp_path):
    archive = backup_of(drafted, str(tmp_path / "one.zip"))
    empty.folder = tmp_path / "nowhere"
    empty.run("backup", "--check", str(archive))
    empty.run("restore", str(tmp_path / "other.zip"), code=2)
    assert not (tmp_path / "nowhere").exists()
