"""A month by clicks in Spanish, beside the same month by commands."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from digest.cli import cli
from digest.desk.desk_server import DeskServer
from digest.desk.open_desk import OpenDesk
from digest.foundation.files import data_folder, keep_private
from digest.foundation.languages import speak
from digest.foundation.secrets import make_secret

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "gates/node_modules/axe-core/axe.min.js"
READERS = "24"


def command(folder: Path, *words: str) -> str:
    ended = CliRunner().invoke(cli, ["-C", str(folder), *words])
    assert ended.exit_code == 0, ended.output
    return ended.output


@pytest.fixture
def offices(tmp_path: Path) -> tuple[Path, Path]:
    """Two copies of the demo's workspace, whose August is drafted."""
    one, other = tmp_path / "one", tmp_path / "other"
    shutil.copytree(data_folder("seeds"), one)
    keep_private(one)
    make_secret(one / "keys" / "secret")
    command(one, "build", "2018-08")
    shutil.copytree(one, other)
    return one, other


@pytest.fixture
def opened() -> Iterator[Callable[[Path], str]]:
    """Opens the desk of a workspace and returns its link."""
    servers: list[tuple[DeskServer, Thread]] = []

    def open_desk(folder: Path) -> str:
        server = DeskServer(OpenDesk(folder))
        thread = Thread(target=server.serve)
        thread.start()
        servers.append((server, thread))
        return server.url

    yield open_desk
    for server, thread in servers:
        server.stop()
        thread.join()


def mails(folder: Path) -> dict[str, bytes]:
    """Those for readers, without the second in which they left."""
    found = {
        path.name: path.read_bytes() for path in (folder / "out").rglob("*.eml") if "PREVIEW" not in path.read_text()
    }
    return {name: re.sub(rb"(?m)^Date: .*$", b"", content) for name, content in found.items()}


def assert_accessible(page: "Page") -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {iframes: false})")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_august_by_clicks_in_spanish_is_august_by_commands(
    offices: tuple[Path, Path], opened: Callable[[Path], str], browser: "Browser"
) -> None:
    clicked, typed = offices
    command(typed, "approve", "2018-08", "--by", "Marta", "--code", code_in(command(typed, "check", "2018-08")))
    command(typed, "send", "2018-08", "--yes")
    speak("es")
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(opened(clicked))
    page.get_by_role("heading", name="Meses").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)
    page.get_by_role("link", name="Agosto de 2018").first.click()
    page.get_by_role("button", name="Comprobar").click()
    page.get_by_text("La comprobación dice: 0 errores").wait_for()
    page.get_by_label("Enviarlos a").fill("marta@example.org")
    page.get_by_label("Audiencia").select_option("guatemala")
    page.get_by_role("button", name="Enviarme una prueba").press("Enter")
    page.get_by_text("ningún lector recibió nada").wait_for()
    page.get_by_label("Su nombre").fill("Marta")
    page.get_by_role("button", name="Aprobar con este nombre").press("Enter")
    page.get_by_text("queda aprobada por Marta").wait_for()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)
    page.get_by_label("escriba el número de lectores").fill(READERS)
    page.get_by_role("button", name="Enviarla ahora").click()
    page.get_by_text(f"{READERS} lectores = {READERS}").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="En imágenes").click()
    page.get_by_role("img", name="Cómo creció la lista").wait_for()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)
    page.context.close()
    assert complaints == []
    assert len(mails(clicked)) == int(READERS)
    assert mails(clicked) == mails(typed)


def test_a_page_that_is_drawn_anew_does_not_overtake_the_way_to_another(
    offices: tuple[Path, Path], opened: Callable[[Path], str], browser: "Browser"
) -> None:
    """Opening an edition may draft it, which changes the page from which it was opened."""
    office, _other = offices
    page = browser.new_context().new_page()
    page.goto(opened(office))

    def change_meanwhile(route: "Route") -> None:
        (office / "bulletins" / "more.en.txt").write_text("9 August, 2018\n\nA bridge opens\n\nIt carries lorries.\n")
        sleep(1.5)  # in which the page hears of it
        route.continue_()

    page.route("**/editions/monthly/2018-08/", change_meanwhile)
    page.get_by_role("link", name="August 2018").first.click()
    page.get_by_role("button", name="Check").wait_for(timeout=10_000)
    page.context.close()


def code_in(said: str) -> str:
    found = re.search(r"Code of the draft: (\w+)", said)
    assert found
    return found[1]
