import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from threading import Event
from typing import TYPE_CHECKING

import pytest

from digest.desk.pages import EditionView, VariantView, browse_page, preview_page
from digest.desk.preview import PreviewServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Views = Callable[..., EditionView]
Serve = Callable[..., PreviewServer]
Open = Callable[..., "Page"]

pytestmark = pytest.mark.browser

PHONE = ".phone iframe"
DESKTOP = ".desktop iframe"
WIDTHS = "frame => [frame.clientWidth, frame.contentDocument.documentElement.scrollWidth]"
SAYS = "([place, words]) => document.querySelector(place).contentDocument?.body?.textContent.includes(words)"


class Guard:
    """Opens pages, and fails the test when one of them complains or asks another machine for something."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.complaints: list[str] = []
        context.route(re.compile("^https?://(?!127.0.0.1)"), lambda route: route.fulfill(body="elsewhere"))

    def open(self, address: str) -> "Page":
        page = self.context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        return page

    def enter(self, server: PreviewServer, fragment: str = "") -> "Page":
        """Open the link as it is, or first and then a place of the page."""
        page = self.open(server.url)
        page.locator("main").wait_for()
        if fragment:
            page.evaluate("fragment => { location.hash = fragment }", fragment)
        return page


@pytest.fixture
def guard(browser: "Browser", serve: Serve) -> Iterator[Guard]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    guard = Guard(context)
    yield guard
    context.close()  # before the servers stop, of which a page would complain
    assert guard.complaints == []


@pytest.fixture
def open_file(guard: Guard, tmp_path: Path) -> Open:
    """Opens a page as a file, in a window of the given width."""

    def opened(content: str, width: int = 1440) -> "Page":
        file = tmp_path / "page.html"
        file.write_text(content, encoding="utf-8")
        page = guard.open(file.as_uri())
        page.set_viewport_size({"width": width, "height": 900})
        return page

    return opened


class Turns:
    """Changes that happen when the test says so."""

    def __init__(self) -> None:
        self._given: Queue[None] = Queue()

    def give(self) -> None:
        self._given.put(None)

    def changes(self, stop: Event) -> Iterator[None]:
        while not stop.wait(0.02):
            with suppress(Empty):
                yield self._given.get_nowait()


def mail_says(page: "Page", words: str) -> None:
    """Wait until both frames, or the one that is shown, say `words`."""
    for place in (DESKTOP, PHONE):
        page.wait_for_function(SAYS, arg=[place, words])


def test_a_mail_is_shown_at_desktop_and_phone_width_and_fits_the_phone(open_file: Open, view: Views) -> None:
    page = open_file(preview_page(view(), live=False))
    mail_says(page, "Guatemala – English")
    assert page.locator(PHONE).evaluate(WIDTHS) == [360, 360]
    width, needed = page.locator(DESKTOP).evaluate(WIDTHS)
    assert width >= 640
    assert needed == width


@pytest.mark.parametrize("width", [1440, 1360, 1280, 1100])
def test_both_widths_are_side_by_side_where_there_is_room(width: int, open_file: Open, view: Views) -> None:
    page = open_file(preview_page(view(), live=False), width)
    desktop, phone = (page.locator(place).bounding_box() for place in (DESKTOP, PHONE))
    assert desktop is not None
    assert phone is not None
    assert desktop["width"] >= 640
    assert phone["width"] == 360
    assert desktop["x"] + desktop["width"] <= phone["x"]
    assert phone["x"] + phone["width"] <= width
    for pane in (".screen >> nth=0", ".screen >> nth=1", "main"):
        assert page.locator(pane).evaluate("pane => pane.scrollWidth <= pane.clientWidth")


def test_choosing_another_variant_shows_its_mail_its_text_and_its_headers(open_file: Open, view: Views) -> None:
    shown = view()
    second = replace(shown.variants[1], text="the second text", headers=(("X-Second", "yes"),))
    page = open_file(preview_page(replace(shown, variants=(shown.variants[0], second)), live=False))
    page.locator("#variants").get_by_text("Guatemala – Spanish").click()
    mail_says(page, "Guatemala – Spanish")
    assert page.locator("h2#title").inner_text() == "Guatemala – Spanish"
    assert page.locator("#subject").inner_text() == second.subject
    assert page.locator("#variants [aria-current]").count() == 1
    page.get_by_role("link", name="Plain text").click()
    assert page.locator("#text").inner_text() == "the second text"
    page.locator(PHONE).wait_for(state="hidden")
    page.get_by_role("link", name="Headers").click()
    assert page.locator("#headers").inner_text().split() == ["X-Second", "yes"]
    page.go_back()
    page.locator("#text").wait_for()
    page.get_by_role("button", name="Previous mail").click()
    assert page.locator("#text").text_content() == shown.variants[0].text


def test_the_address_leads_back_to_the_same_place(open_file: Open, guard: Guard, view: Views) -> None:
    page = open_file(preview_page(view(), live=False))
    page.locator("#variants").get_by_text("Children and schools").click()
    mail_says(page, "Children and schools")
    page.reload()
    mail_says(page, "Children and schools")
    page.get_by_role("link", name="Where every story went").click()
    page.locator("#stories").wait_for()
    page.get_by_role("link", name="Mails").click()
    page.locator("#stories").wait_for(state="hidden")
    assert page.locator("h2#title").inner_text() == "Children and schools – English"


def test_a_variant_is_found_by_its_name_without_its_accents_and_reached_by_the_arrow_keys(
    open_file: Open, view: Views, variant: Callable[..., VariantView]
) -> None:
    names = [*(f"Country {number}" for number in range(500)), "Niñez y México – Spanish"]
    variants = tuple(variant(f"v{number}.es", name) for number, name in enumerate(names))
    page = open_file(preview_page(view(variants=variants), live=False))
    page.locator("#filter").fill("MEXICO")
    assert page.locator("#variants li:visible").count() == 1
    page.locator("#filter").press("ArrowDown")
    mail_says(page, "Niñez y México – Spanish")
    assert page.locator("iframe").count() == 2
    page.locator("#filter").fill("nowhere")
    page.get_by_text("No mail is called that.").wait_for()


@pytest.mark.parametrize("live", [True, False])
def test_a_mail_can_do_nothing_but_be_looked_at(
    live: bool, guard: Guard, serve: Serve, open_file: Open, view: Views, variant: Callable[..., VariantView]
) -> None:
    evil = (
        '<!doctype html><html lang="en"><title>x</title><body onload="parent.document.title = 1">'
        "<script>parent.document.title = 2; top.location = 'https://evil.example/'</script>"
        '<img src="data:,x" alt="" onerror="parent.document.title = 3"><p>read me</p>'
        '<form action="https://evil.example/"><button>press</button></form>'
    )
    shown = view(variants=(variant(html=evil),))
    page = guard.enter(serve(lambda: shown)) if live else open_file(preview_page(shown, live=False))
    mail_says(page, "read me")
    address = page.url
    page.frame_locator(PHONE).get_by_text("press").click()
    page.wait_for_timeout(200)
    assert page.title().startswith("July 2018")
    assert page.url == address
    mail_says(page, "read me")
    assert guard.complaints
    assert all("Blocked" in words or "violates" in words for words in guard.complaints)
    guard.complaints.clear()


@pytest.mark.parametrize("live", [True, False])
def test_a_link_in_a_mail_opens_beside_the_page(
    live: bool, guard: Guard, serve: Serve, open_file: Open, view: Views
) -> None:
    page = guard.enter(serve()) if live else open_file(preview_page(view(), live=False))
    mail_says(page, "Read more")
    with guard.context.expect_page() as opened:
        page.frame_locator(DESKTOP).get_by_text("Read more").first.click()
    assert opened.value.url == "https://bulletin.example.org/2018/07/story"
    mail_says(page, "Read more")


def test_after_a_change_the_reader_is_at_the_same_place(
    guard: Guard, serve: Serve, view: Views, variant: Callable[..., VariantView]
) -> None:
    turns, words = Turns(), ["first words"]

    def draw() -> EditionView:
        mail = f"<!doctype html><title>x</title><p>{words[0]}</p>" + "<p>line</p>" * 200
        return view(variants=tuple(variant(f"v{n}.en", f"Variant {n}", html=mail, text=words[0]) for n in range(60)))

    server = serve(draw, turns.changes)
    page = guard.enter(server, "#mails/v40.en/mail")
    mail_says(page, "first words")
    page.locator("#filter").fill("4")
    for place, top in ((".phone .screen", 900), (".desktop .screen", 450), (".chooser", 120)):
        page.locator(place).evaluate("(pane, top) => { pane.scrollTop = top }", top)
    words[0] = "second words"
    turns.give()
    mail_says(page, "second words")
    page.wait_for_function("() => document.querySelector('.phone .screen').scrollTop === 900")
    page.wait_for_function("() => document.querySelector('.desktop .screen').scrollTop === 450")
    assert page.locator(".chooser").evaluate("pane => pane.scrollTop") == 120
    assert page.locator("h2#title").inner_text() == "Variant 40"
    assert page.locator("#filter").input_value() == "4"
    page.get_by_role("link", name="Plain text").click()
    words[0] = "third words"
    turns.give()
    page.locator("#text").get_by_text("third words").wait_for()
    assert page.locator("h2#title").inner_text() == "Variant 40"
    server.stop()
    page.locator("#live.lost").wait_for()
    guard.complaints.clear()  # the browser says that the stream ended


def test_while_something_is_wrong_the_page_says_so_and_comes_back(guard: Guard, serve: Serve, view: Views) -> None:
    from digest.errors import ConfigurationError

    turns, broken = Turns(), [False]

    def draw() -> EditionView:
        if broken[0]:
            raise ConfigurationError("digest.yaml:14:5", "unknown key", "did you mean 'countries'?")
        return view()

    page = guard.enter(serve(draw, turns.changes), "#mails/guatemala.es/text")
    page.locator("#text").wait_for()
    broken[0] = True
    turns.give()
    page.get_by_role("heading", name="digest.yaml:14:5").wait_for()
    broken[0] = False
    turns.give()
    page.locator("#text").wait_for()
    assert page.locator("h2#title").inner_text() == "Guatemala – Spanish"


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_nothing_scrolls_sideways_and_variants_can_be_chosen(
    width: int, open_file: Open, view: Views, sent_view: Views
) -> None:
    long = replace(view(), newsletter_title="Boletín " * 12, period_title="Week of 30 July 2018")
    listed = open_file(browse_page([sent_view(), long], "/a/very/long/path/to/some/folder/of/sent/mail"), width)
    listed.locator("summary").last.click()
    assert listed.evaluate("document.documentElement.scrollWidth") <= width
    page = open_file(preview_page(long, live=False), width)
    for part in ("Where every story went", "Problems", "Mails"):
        page.get_by_role("link", name=part).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="All mails").click()
    page.locator("#variants").get_by_text("Guatemala – Spanish").click()
    assert page.locator("h2#title").inner_text() == "Guatemala – Spanish"
    page.locator("#chooser").wait_for(state="hidden")
    page.get_by_text("Desktop", exact=True).first.click()
    page.locator(DESKTOP).wait_for()
    page.locator(PHONE).wait_for(state="hidden")


def test_without_scripts_the_first_variant_and_every_story_can_be_read(
    browser: "Browser", tmp_path: Path, view: Views
) -> None:
    file = tmp_path / "page.html"
    file.write_text(preview_page(view(), live=False), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    page.frame_locator(PHONE).get_by_text("Border officials").wait_for()
    page.locator("#text").wait_for()
    page.locator("#stories").get_by_text("Marta put it off to August").wait_for()
    page.get_by_role("button").first.wait_for(state="hidden")
    context.close()
