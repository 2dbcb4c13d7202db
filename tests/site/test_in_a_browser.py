"""A reader's whole way, in a real browser, with the real program, over real mails: with JavaScript and without."""

import os
import re
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from site_office import BEN, DELIVERY, ROOT, Office, links_in, made

from digest.mail.tokens import Purpose

PROGRAM = Path(sys.executable).with_name("digest")
AXE = Path(__file__).parents[1] / "gates" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.browser
RUN = "() => axe.run(document, {resultTypes: ['violations']})"
SAID = {
    "en": ("Subscribe", "Yes, send it to me", "Save", "Unsubscribe"),
    "es": ("Suscribirse", "Sí, quiero recibirlo", "Guardar", "Cancelar la suscripción"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browsed")
    made(folder, delivery=DELIVERY.replace("files, path: out", "maildir, path: Maildir"))
    return Office(folder)


@pytest.fixture(scope="module")
def address(office):
    with subprocess.Popen(
        [PROGRAM, "-C", office.folder, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as process:
        yield re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())[0]
        process.terminate()


@pytest.fixture(scope="module")
def browser(playwright):
    opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def axe():
    if not AXE.exists():
        missing = "axe-core is missing: run `make packages`"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return AXE.read_text(encoding="utf-8")


def mails(office, to):
    found = [
        message_from_bytes(path.read_bytes(), policy=default) for path in (office.folder / "Maildir/new").iterdir()
    ]
    return [one for one in found if one["To"].addresses[0].addr_spec == to]


def mail_to(page, office, to, number):
    """The one that comes next, after a moment."""
    for _ in range(100):
        if len(found := sorted(mails(office, to), key=lambda one: "Subject" in one)) == number:
            return found[-1]
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(mails(office, to))} mails to {to}")


@pytest.mark.parametrize(("language", "with_script"), [("en", True), ("es", False)])
def test_subscribe_confirm_choose_receive_leave_and_hear_no_more(office, address, browser, language, with_script):
    subscribe, confirm, save, leave = SAID[language]
    reader = f"nora.{language}@example.org"
    page = browser.new_context(java_script_enabled=with_script, locale=language).new_page()
    page.goto(f"{address}/{language}/subscribe/")
    page.fill("#address", reader)
    page.check('input[value="monthly:regional"]')
    page.check(f'input[name="language"][value="{language}"]')
    page.click(f'main button:text-is("{subscribe}")')
    asking = mail_to(page, office, reader, 1)
    link = re.search(rf"{ROOT}(/confirm/\S+)", asking.get_body(("plain",)).get_content())[1]
    page.goto(address + link)
    assert office.gets(reader) == {}
    page.click(f'button:text-is("{confirm}")')
    page.click('main a[href*="preferences"]')
    page.uncheck('input[value="regional"]')
    page.check('input[value="guatemala"]')
    page.click(f'button:text-is("{save}")')
    page.wait_for_selector('[role="status"]')
    assert office.gets(reader) == {"monthly": ("guatemala", language)}

    edition, news = office.next_edition()
    (mail,) = [
        one for one in mails(office, reader) if one["List-Unsubscribe"] and one["Feedback-ID"].startswith(edition)
    ]
    told = mail.get_body(("plain",)).get_content()
    assert mail["Content-Language"] == language
    assert news[language] in told
    assert "Honduras" not in told

    page.goto(address + links_in(mail)["view"])
    assert news[language] in page.content()
    page.goto(address + links_in(mail)["leave"])
    assert office.gets(reader)
    page.click(f'button:text-is("{leave}")')
    page.wait_for_selector("h1")
    assert office.gets(reader) == {}
    before = len(mails(office, reader))
    office.next_edition()
    assert len(mails(office, reader)) == before


def test_a_scanner_that_opens_every_link_of_a_mail_in_a_browser_changes_nothing(office, address, browser):
    """It runs what scripts there are, waits until all is quiet, and presses nothing."""
    (mail,) = (one for one in mails(office, BEN) if one["Feedback-ID"].startswith("2018-07"))
    said = " ".join(map(str, mail.values()))
    said += "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
    confirmation = office.secret.confirmation("monthly", office.public_id(BEN), office.clock.now())
    paths = {f"/confirm/{confirmation}", *re.findall(rf'{ROOT}(/[^\s">)]*)', said)}
    assert {path.split("/")[1] for path in paths} >= {"confirm", "leave", "preferences", "view"}
    before, page = office.dump(), browser.new_context().new_page()
    for path in paths:
        page.goto(address + path, wait_until="load")
        page.wait_for_timeout(20)  # not of the page itself: in a view nothing may run
        assert page.evaluate("document.body.innerText").strip()
    assert office.dump() == before


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("es", "dark")])
def test_axe_finds_nothing_on_any_page_and_no_page_is_wider_than_a_phone(
    office, address, browser, axe, language, scheme
):
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, locale=language)
    page, refused = context.new_page(), []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    public_id = office.public_id(BEN)
    story = re.search(rf'href="[./]*({language}/monthly/2018-07/[^"]+)"', fetched(page, address, language))[1]
    paths = [
        f"/{language}/",
        f"/{language}/monthly/2018-07/",
        f"/{story}",
        f"/{language}/search/?q=guatemala",
        f"/{language}/search/?q=zzz",
        f"/{language}/subscribe/",
        f"/{language}/privacy/",
        f"/leave/{office.token(BEN)}",
        f"/preferences/{office.token(BEN, Purpose.CHOOSE)}",
        f"/preferences/{office.former_token(BEN)}",
        f"/confirm/{office.secret.confirmation('monthly', public_id, office.clock.at)}",
        "/leave/x",
        f"/{language}/nothing/",
    ]
    found = {}
    for path in paths:
        page.goto(address + path)
        page.evaluate(axe)
        violations = page.evaluate(RUN)["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if violations or wide > 360:
            found[path] = [one["id"] for one in violations], wide
    assert found == {}
    assert refused == []


def fetched(page, address, language):
    page.goto(f"{address}/{language}/monthly/2018-07/")
    return page.content()
