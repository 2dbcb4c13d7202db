"""Takes the pictures of the README and the docs: the demo's mails and pages in headless Chromium, mails also as Gmail
and Outlook leave them, simulated.

`take.py FOLDER` takes only those of the mails, into FOLDER: so a test compares them with the ones kept here.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, Page, sync_playwright
from small_png import small_png

from digest.mail.templates import STANDARD, Templates

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "seeds"
sys.path.insert(0, str(HERE.parents[1] / "tests" / "gates"))

from mail_programs import as_gmail, as_outlook  # noqa: E402 – from where the gates have it

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
ILLUSTRATED = "illustrated"  # the demo with a story more, and its picture
STORY = """---
title: A bridge for walkers opens between two towns
date: 2018-07-30
language: en
link: https://bulletin.example.org/2018/07/bridge
---

![A footbridge over a river between green hills, at dawn](bridge.png)

Since Sunday a footbridge joins the two banks of the river, and the walk to the nearest clinic takes ten minutes in place
of an hour. Fourteen municipalities in Guatemala paid for it together; people who return and people who stayed built it.

Whoever crosses finds a counter on each side that answers the same four questions, in three languages, on six days a week.

> My grandmother crossed here by boat. My daughter will walk.

The mayors of both towns meet again in September to plan a second one, where the bus stops.
"""
DRAWING = """<body style="margin:0"><svg width="1104" height="621" viewBox="0 0 1104 621" xmlns="http://www.w3.org/2000/svg">
<defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#f6c88f"/><stop offset="1" stop-color="#fdf1dc"/></linearGradient></defs>
<rect width="1104" height="621" fill="url(#s)"/><circle cx="800" cy="230" r="64" fill="#f2935c"/>
<path d="M0 330 Q220 170 470 310 T900 270 T1104 320 V621 H0Z" fill="#7fa58e"/>
<path d="M0 400 Q260 290 520 390 T1104 370 V621 H0Z" fill="#4f7f72"/><path d="M0 470 H1104 V621 H0Z" fill="#8fc0c4"/>
<path d="M0 430 Q150 420 240 480 L0 621Z M1104 420 Q960 420 860 480 L1104 621Z" fill="#2f5d56"/>
<path d="M150 440 Q552 300 954 440" fill="none" stroke="#5a3b2e" stroke-width="9"/>
<path d="M150 440 Q552 400 954 440" fill="none" stroke="#5a3b2e" stroke-width="13"/>
<g stroke="#5a3b2e" stroke-width="5"><path d="M250 410V432M350 386V425M450 374V421M552 370V420M654 374V421M754 386V425M854 410V432"/></g>
<g fill="#23282c"><circle cx="470" cy="383" r="8"/><path d="M463 392h14l4 30h-22z"/><circle cx="600" cy="383" r="8"/><path d="M593 392h14l4 30h-22z"/></g>
</svg>"""

Seen = Callable[[Path], str]  # the page of a mail as it is seen: of the file of its HTML


def pictures_off(page: Path) -> str:
    return re.sub(r'src="[^"]*"', 'src="data:,"', page.read_text(encoding="utf-8"))


def as_text(page: Path) -> str:
    text = escape(page.with_suffix(".txt").read_text(encoding="utf-8"))
    style = "margin:8px;font:8px/12px DejaVu Sans Mono,monospace;color:#23282c"
    return (
        f"<!doctype html><meta charset='utf-8'><body style='margin:0;background:#fff'><pre style='{style}'>{text}</pre>"
    )


def in_gmail(page: Path) -> str:
    return as_gmail(page.read_text(encoding="utf-8"))


def in_outlook(page: Path) -> str:
    return as_outlook(page.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Picture:
    name: str
    page: str  # below the folder of the demo
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    scale: float = 1.5
    settles: int = 0  # milliseconds that a page with scripts needs
    seen: Seen | None = None


PICTURES = (
    Picture("desktop.png", f"{ILLUSTRATED}/{VARIANTS}/regional.en.html", 760, 940),
    *(
        Picture(name, f"{ILLUSTRATED}/{VARIANTS}/regional.en.html", 360, 890, scheme=scheme, scale=2, seen=seen)
        for name, scheme, seen in (
            ("phone.png", "light", None),
            ("phone-dark.png", "dark", None),
            ("phone-pictures-off.png", "light", pictures_off),
            ("phone-text.png", "light", as_text),
        )
    ),
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
) + tuple(
    Picture(
        f"{template}-en-{named}.png", f"{template}/{VARIANTS}/regional.en.html", width, MOST_HEIGHT, scale=1, seen=seen
    )
    for template in Templates(None).names()
    for named, width, seen in (("gmail", SCREENS["phone"], in_gmail), ("outlook", 640, in_outlook))
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
            _illustrate(demo, pages)
            _run("demo", demo / "demo")
            # From within the workspace, as most people stand: its commands need not name it.
            _run("preview", "july", "--once", demo / "preview.html", cwd=demo / STANDARD)
            for picture in PICTURES:
                _take(pages, demo, picture, HERE)
            take_desk(pages, demo / STANDARD, HERE)
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


def _illustrate(demo: Path, pages: Callable[[float], Page]) -> None:
    """One more story, with a picture: such as offices have and the demo has not."""
    folder = Path(shutil.copytree(SEEDS, demo / ILLUSTRATED))
    settings = folder / "digest.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("newsroom: bulletins/", "newsroom: {path: bulletins/, pictures: true}"), encoding="utf-8"
    )
    (folder / "bulletins" / "bridge.md").write_text(STORY, encoding="utf-8")
    page = pages(1)
    page.set_viewport_size({"width": 1104, "height": 621})
    page.set_content(DRAWING)
    (folder / "bulletins" / "bridge.png").write_bytes(page.screenshot())
    _run("-C", folder, "collect")
    _run("-C", folder, "build", "--period", "july")


def _run(*arguments: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([PROGRAM, "-q", *arguments], check=True, stdout=subprocess.DEVNULL, cwd=cwd)


def _pages(browser: Browser) -> Callable[[float], Page]:
    """Scale → a page: opening one takes longer than a picture."""
    return cache(lambda scale: browser.new_page(device_scale_factor=scale))


def _take(pages: Callable[[float], Page], demo: Path, picture: Picture, into: Path) -> None:
    page = pages(picture.scale)
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    page.emulate_media(color_scheme=picture.scheme)
    file = demo / picture.page
    if picture.seen is not None:
        html, file = picture.seen(file), file.with_name(f"{picture.name}.html")
        file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_timeout(picture.settles)
    (into / picture.name).write_bytes(small_png(page, _seen(page)))


def _seen(page: Page) -> bytes:
    """Chromium on a busy machine says now and then that it cannot; asked again, it can."""
    try:
        return page.screenshot(animations="disabled")
    except Error:
        return page.screenshot(animations="disabled")


def take_desk(pages: Callable[[float], Page], office: Path, into: Path) -> None:
    """The desk of that office, at the edition of July."""
    with subprocess.Popen([PROGRAM, "desk", "--no-open"], cwd=office, stderr=subprocess.PIPE, text=True) as desk:
        try:
            link = re.search(r"http://\S+", desk.stderr.readline() if desk.stderr else "")
            assert link, "the desk says where it is"
            page = pages(1.5)
            page.set_viewport_size({"width": 1280, "height": 860})
            page.emulate_media(color_scheme="light")
            page.goto(link[0])
            page.get_by_role("link", name="July 2018").first.click()
            page.wait_for_timeout(1500)  # it draws the mails
            (into / "desk.png").write_bytes(small_png(page, page.screenshot(animations="disabled")))
        finally:
            desk.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
