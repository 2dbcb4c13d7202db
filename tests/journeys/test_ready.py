"""Preview, check and approve say one thing: a draft is ready exactly when `approve` accepts it."""

import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from digest.newsletters.samples import SAMPLES

READY, NOT_READY = "Draft – ready to approve", "Draft – cannot be approved yet"


def placeholder(office):
    """An address that `init` wrote, and nobody has replaced."""
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("Apartado 100, San José", SAMPLES["address"][0]))


def readers_lost(office):
    office.write("bulletins/june.en.txt", "3 June, 2018\n\nA shelter opens\n\nIt has ten beds.\n")
    office.run("build", "--period", "june")
    office.run("approve", "june", "--by", "Marta")
    readers = "\n".join(f"  - {{address: r{n}@example.org, language: en, audiences: [regional]}}" for n in range(9))
    office.write("subscribers.yaml", f"subscribers:\n{readers}\n")


def nothing(office):
    """All is well."""


def shown(office):
    """The label, and all that the page says in so many words."""
    ended = office.run("preview", "2018-07", "--once", "page.html", code=None)
    page = (office.folder / "page.html").read_text()
    return re.search(r'class="pill[^>]*>([^<]*)<', page)[1], page, ended.stderr


@pytest.mark.parametrize("flaw", [nothing, placeholder, readers_lost])
def test_ready_means_that_approve_accepts(office, flaw):
    flaw(office)
    label, page, said = shown(office)
    checked = office.run("check", "2018-07", code=None)
    approved = office.run("approve", "2018-07", "--by", "Marta", code=None)
    assert (label == READY) is (approved.returncode == 0), approved.stderr
    assert (checked.returncode == 0) is (approved.returncode == 0)
    assert label in said
    if flaw is nothing:
        assert 'class="obstacles"' not in page
        return
    assert (label, approved.returncode) == (NOT_READY, 3)
    cause = re.search(r"error: [^:]+: (.*)", approved.stderr)[1]
    for where in (page, said, checked.stderr):
        assert cause.lower() in where.lower()


def test_what_the_check_finds_stands_in_the_page(office):
    placeholder(office)
    _label, page, _said = shown(office)
    codes = {one["code"] for one in office.json("check", "2018-07", code=3) if one["severity"] != "note"}
    assert codes
    assert all(f"<code>{code}</code>" in page for code in codes)


def test_an_altered_mail_is_named_by_the_page_of_what_is_approved(office):
    office.run("build", "--period", "july")
    office.run("approve", "2018-07", "--by", "Marta")
    assert 'class="obstacles"' not in shown(office)[1]
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        database.execute("UPDATE variants SET subject = subject || '!' WHERE name = 'regional.en'")
        database.commit()
    _label, page, said = shown(office)
    assert "not what was approved: regional.en" in page
    assert "not what was approved: regional.en" in said
    assert "digest send" not in page
    office.run("check", "2018-07", code=3)


def test_the_page_of_a_copy_says_that_nothing_is_sent_from_there(office, tmp_path):
    office.write("bulletins/june.en.txt", "3 June, 2018\n\nA shelter opens\n\nIt has ten beds.\n")
    for month in ("june", "july"):
        office.run("build", "--period", month)
        office.run("approve", month, "--by", "Marta")
    office.run("send", "june", "--yes")
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("{transport: files, path: out}", "{transport: maildir, path: mail}"))
    shutil.copytree(office.folder, tmp_path / "copy")
    _label, page, said = shown(type(office)(tmp_path / "copy"))
    assert "nothing is sent from here" in page.lower()
    assert "nothing is sent from here" in said
    assert "digest send" not in page


def test_the_list_of_editions_promises_nothing(office):
    placeholder(office)
    office.run("build", "--period", "july")
    page = (office.folder / "editions/index.html").read_text()
    assert READY not in page
    assert "Draft – not approved yet" in page
