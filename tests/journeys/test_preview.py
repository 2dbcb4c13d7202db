"""The preview as staff use it: a page on this machine that follows what they write."""

import re
import signal
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

PROGRAM = Path(sys.executable).with_name("digest")


@pytest.fixture
def preview(office):
    """Start `digest preview --watch`, open its link, and return what reads the page."""
    process = subprocess.Popen(
        [PROGRAM, "-C", office.folder, "preview", "july", "--no-open", "--watch"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    while "Ctrl-C" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    link = re.search(r"http://127\.0\.0\.1:\d+/\S+", said)[0]
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    browser.open(link, timeout=10).close()
    yield lambda path="": fetched(browser, link.partition("open/")[0] + path)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    process.stderr.close()


def fetched(browser, address):
    with browser.open(address, timeout=10) as answer:
        return answer.read().decode()


def until(condition, seconds=15.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_the_page_follows_a_bulletin_that_is_edited(office, preview):
    assert "forged papers" in preview()
    time.sleep(0.5)  # the watcher starts beside the server
    text = (office.folder / "bulletins/july.en.txt").read_text()
    office.write("bulletins/july.en.txt", text.replace("forged papers", "counterfeit papers"))
    assert until(lambda: "counterfeit papers" in preview())


def test_a_broken_setting_is_shown_and_the_page_comes_back(office, preview):
    assert "forged papers" in preview()
    time.sleep(0.5)
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("every: month", "evry: month"))
    assert until(lambda: "did you mean" in preview())
    office.write("digest.yaml", settings)
    assert until(lambda: "forged papers" in preview())


def test_one_audience_and_language_can_be_chosen(office):
    page = office.folder / "look.html"
    office.run("preview", "july", "--audience", "guatemala", "--language", "es", "--once", str(page))
    assert "#mails/guatemala.es" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0, "an edition that was not sent is nobody else's"
    assert "#mails/regional.en" not in page.read_text()
    said = office.run("preview", "july", "--audience", "nowhere", "--once", str(page), code=2).stderr
    assert "guatemala.es" in said


def test_looking_takes_nothing(office):
    for _ in range(2):
        office.run("preview", "july", "--once", str(office.folder / "look.html"))
    (newsletter,) = office.json("status")
    assert [edition["state"] for edition in newsletter["editions"]] == ["draft"]
    assert not (office.folder / "out").exists()


def test_the_page_follows_a_template_that_is_edited_and_tells_what_is_wrong_with_it(office, preview):
    office.run("templates", "eject", "bulletin")
    footer = office.folder / "templates/shared/footer.mjml"
    original = footer.read_text()
    footer.write_text(original.replace("{{ publisher }}</p>", "{{ publisher }} – our own foot</p>", 1))
    assert until(lambda: "our own foot" in preview("variant/0.html"))
    footer.write_text(original.replace("<mj-column>", "<mj-colum>", 1))
    assert until(lambda: "footer.mjml" in preview())
