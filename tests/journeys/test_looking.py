"""A whole edition is approved by whoever has looked at it: what counts as a look, and what does not."""

import re
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
import warm_program
from databases import database_at

from digest.editions.store import Editions

PROGRAM = Path(sys.executable).with_name("digest")


def at_a_terminal(office, *arguments):
    """What somebody sees who types it; the program's output is a terminal."""
    code, said = warm_program.at_a_terminal(["-C", office.folder, *arguments], cwd=office.folder)
    assert code == 0
    return said


def in_a_browser(office, *arguments):
    """Open the preview's page once, as a browser does."""
    with subprocess.Popen(
        [PROGRAM, "-C", office.folder, "preview", "july", "--no-open", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as shown:
        killer = threading.Timer(60, shown.kill)
        killer.start()
        address = next(found[1] for line in shown.stderr if (found := re.search(r"(http://\S+)", line)))
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        browser.open(address, timeout=30).close()
        with browser.open(address.partition("open/")[0], timeout=30) as page:
            said = page.read().decode()
        shown.terminate()
        shown.wait(30)
        killer.cancel()
    return said


def approve(office, *more, code=0):
    return office.run("approve", "july", "--by", "Marta", *more, code=code, looked=False)


@pytest.fixture
def drafted(office):
    office.run("build", "--period", "july")
    return office


LOOKS = {
    "check": lambda office: at_a_terminal(office, "check", "july"),
    "review": lambda office: at_a_terminal(office, "review", "july"),
    "preview": in_a_browser,
}


@pytest.mark.parametrize("look", LOOKS)
def test_after_a_look_no_code_is_asked_for(drafted, look):
    approve(drafted, code=3)
    said = LOOKS[look](drafted)
    sealed = approve(drafted).stdout
    code = re.search(r"\(code (\w{6}), ", sealed)[1]
    assert code in said


NO_LOOKS = {
    "check into a pipe": lambda office: office.run("check", "july"),
    "review into a pipe": lambda office: office.run("review", "july"),
    "check --json": lambda office: at_a_terminal(office, "check", "july", "--json"),
    "review --json": lambda office: at_a_terminal(office, "review", "july", "--json"),
    "review of a part": lambda office: at_a_terminal(office, "review", "july", "--part", "guatemala"),
    "preview into a file": lambda office: at_a_terminal(office, "preview", "july", "--once", str(office.folder / "p")),
    "preview of some mails": lambda office: in_a_browser(office, "--language", "es"),
    "build": lambda office: at_a_terminal(office, "build", "--period", "july"),
    "status": lambda office: at_a_terminal(office, "status"),
    "run": lambda office: at_a_terminal(office, "run", "--now", "2018-08-02T09:00"),
    "rehearse": lambda office: at_a_terminal(office, "rehearse", "--from", "2018-08-01", "--to", "2018-08-03"),
}


@pytest.mark.parametrize("look", NO_LOOKS)
def test_what_nobody_saw_whole_counts_for_nothing(drafted, look):
    NO_LOOKS[look](drafted)
    assert "has not looked at it" in approve(drafted, code=3).stderr
    assert [one.state for one in Editions(database_at(drafted.folder / "digest.db")).editions()] == ["draft"]


def test_a_script_gives_the_code_that_check_printed(drafted):
    code = re.search(r"^Code of the draft: (\w{6})$", drafted.run("check", "july").stdout, re.MULTILINE)[1]
    drafted.run("preview", "july", "--once", str(drafted.folder / "july.html"))
    assert f"--by NAME --code {code}" in (drafted.folder / "july.html").read_text()
    assert code in approve(drafted, "--code", code).stdout


def test_what_came_in_after_the_look_is_named_and_nothing_changes(drafted):
    in_a_browser(drafted)
    drafted.write("bulletins/late.en.txt", "20 July, 2018\n\nFlood in Petén\n\nRoads were closed.\n")
    drafted.run("build", "--period", "july")  # somebody else's
    for _ in range(2):
        refused = approve(drafted, code=3).stderr
        assert "“Flood in Petén” came in" in refused
        assert "digest preview monthly/2018-07" in refused
    assert "“Flood in Petén”" not in str(drafted.messages())
    in_a_browser(drafted)
    approve(drafted)


def test_approvers_are_named_in_the_settings(drafted):
    settings = (drafted.folder / "digest.yaml").read_text()
    drafted.write("digest.yaml", settings.replace("approval: required\n", "approval: required\n    approvers: [Ana]\n"))
    said = drafted.run("approve", "july", "--by", "Marta", code=3).stderr
    assert "this newsletter is approved by Ana" in said
    drafted.run("approve", "july", "--by", "Ana")


def test_naming_approvers_where_nobody_approves_is_a_mistake(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required\n", "approval: none\n    approvers: [Ana]\n"))
    assert "has no effect with 'approval: none'" in office.run("status", code=78).stderr
