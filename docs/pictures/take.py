"""Takes the pictures of the README and the docs: the demo's mails and pages in headless Chromium.

`take.py FOLDER` takes only those of the mails, into FOLDER: so a test compares them with the ones kept here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright
from small_png import small_png

from digest.mail.templates import STANDARD, Templates

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "seeds"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]
PROGRAM = Path(sys.executable).with_name("digest")
VARIANTS = "editions/monthly/2018-07/variants"
SCREENS = {"phone": 360, "desktop": 800}
MOST_HEIGHT = 1200


@dataclass(frozen=True)
class Picture:
    name: str
    page: str  # below the folder of the demo
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    scale: float = 1.5
    settles: int = 0  # milliseconds that a page with scripts needs


PICTURES = (
    Picture("desktop.png", f"{STANDARD}/{VARIANTS}/regional.en.html", 760, 940),
    Picture("phone.png", f"{STANDARD}/{VARIANTS}/guatemala.es.html", 360, 720, scale=2),
    Picture("phone-dark.png", f"{STANDARD}/{VARIANTS}/costa-rica.es.html", 360, 720, scheme="dark", scale=2),
    Picture("preview.png", "preview.html", 1280, 860, settles=400),
    Picture("editions.png", "demo/editions/index.html", 1100, 760, settles=400),
)
MAILS = tuple(
    Picture(
        f"{template}-{language}-{screen}-{scheme}.png",
        f"{template}/{VARIANTS}/regional.{language}.html",
        SCREENS[screen],
        MOST_HEIGHT,
        scheme=scheme,
        scale=1,
    )
    for template, language, screen, scheme in product(Templates(None).names(), ("en", "es"), SCREENS, ("light", "dark"))
)


def main(into: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Path(folder)
        _draft(demo)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, env={**os.environ, "FONTCONFIG_FILE": str(HERE / "fonts.conf")}
        )
        pages = _pages(browser)
        if into is None:
            _run("demo", demo / "demo")
            # From within the workspace, as most people stand: its commands need not name it.
            _run("preview", "july", "--once", demo / "preview.html", cwd=demo / STANDARD)
            for picture in PICTURES:
                _take(pages, demo, picture, HERE)
            shutil.rmtree(HERE / "mails", ignore_errors=True)  # also those of a set that is gone
            (HERE / "mails").mkdir()
        for picture in MAILS:
            _take(pages, demo, picture, into or HERE / "mails")
        browser.close()


def _draft(demo: Path) -> None:
    """The edition of July in every template set, each in a workspace of its own."""
    first = demo / STANDARD
    shutil.copytree(SEEDS, first)
    _run("-C", first, "collect")
    for template in Templates(None).names():
        folder = demo / template
        if folder != first:
            shutil.copytree(first, folder)
            settings = folder / "digest.yaml"
            text = settings.read_text(encoding="utf-8")
            settings.write_text(text.replace(f"template: {STANDARD}", f"template: {template}"), encoding="utf-8")
    for template in Templates(None).names():
        _run("-C", demo / template, "build", "--period", "july")


def _run(*arguments: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([PROGRAM, "-q", *arguments], check=True, stdout=subprocess.DEVNULL, cwd=cwd)


def _pages(browser: Browser) -> Callable[[float], Page]:
    """Scale → a page: opening one takes longer than a picture."""
    return cache(lambda scale: browser.new_page(device_scale_factor=scale))


def _take(pages: Callable[[float], Page], demo: Path, picture: Picture, into: Path) -> None:
    page = pages(picture.scale)
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    page.emulate_media(color_scheme=picture.scheme)
    page.goto((demo / picture.page).as_uri())
    page.wait_for_timeout(picture.settles)
    (into / picture.name).write_bytes(small_png(page, page.screenshot(animations="disabled")))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
