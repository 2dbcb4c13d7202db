"""A small office whose July waits to be decided about, and somebody at its desk, in this process."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from httpx2 import Response
from starlette.testclient import TestClient

from digest.desk.admission import Admission
from digest.desk.desk_routes import desk_pages
from digest.desk.local_page import Door
from digest.desk.open_desk import OpenDesk
from digest.settings.instance import Instance

HERE = "http://127.0.0.1:8765"
JULY = "editions/monthly/2018-07/"
SETTINGS = """
publisher: {name: {en: Office, es: Oficina}, address: "Apartado 100, San José", timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences:
  regional: {title: {en: Whole region, es: Toda la región}, everything: true}
  guatemala: {title: Guatemala, countries: [GT]}
newsletters:
  monthly:
    title: {en: Migration bulletin, es: Boletín de migración}
    from: Bulletin <bulletin@news.example.org>
    reply_to: comms@example.org
    every: month
    send: day 5 at 09:00
    starts_on: 2018-07-01
    audiences: [regional, guatemala]
    languages: [en, es]
    approval: required
    sections: none
subscribers: subscribers.yaml
delivery: {transport: files, path: out}
"""
SUBSCRIBERS = """
subscribers:
  - {address: ana@example.org, language: es, newsletter: monthly, audiences: [guatemala]}
  - {address: ben@example.org, language: en, newsletter: monthly, audiences: [regional]}
"""
LISTING = """6 July, 2018

Police in Guatemala learn to spot forged papers

Officers in Guatemala attended a course on travel documents. It took three days.

12 July, 2018

A shelter opens its doors in Tegucigalpa

Families in Honduras find beds, a doctor and a school there.
"""


class StoppedClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """The office, its desk, and a browser that came through the door."""

    folder: Path
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(datetime(2018, 8, 2, 15, tzinfo=UTC)))

    def __post_init__(self) -> None:
        self.open, self.door = OpenDesk(self.folder, self.clock), Door()
        self.pages = Admission(desk_pages(self.open), self.door)
        self.browser = self.stranger()
        self.browser.get(self.door.link)

    @property
    def instance(self) -> Instance:
        return Instance(self.folder, self.clock)

    def stranger(self) -> TestClient:
        return TestClient(self.pages, base_url=HERE, follow_redirects=False)

    def get(self, path: str = "") -> Response:
        return self.browser.get(self.door.root + path)

    def page(self, path: str = JULY) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, click: str, path: str = JULY, **fields: str) -> Response:
        """A click on a button of the page, with what its form holds besides."""
        return self.browser.post(
            f"{self.door.root}{path}{click}", data={"token": self.open.token, **fields}, headers={"Origin": HERE}
        )

    def click(self, click: str, path: str = JULY, **fields: str) -> str:
        """The words of the page to which it leads back; a person sees the page before they click."""
        self.page(path)
        answer = self.post(click, path, **fields)
        assert answer.status_code == 303, words_of(answer.text)
        return words_of(self.page(path + answer.headers["location"].removeprefix("./").partition("#")[0]))

    def refused(self, click: str, path: str = JULY, **fields: str) -> str:
        answer = self.post(click, path, **fields)
        assert answer.status_code in (409, 422), answer.status_code
        return words_of(answer.text)

    def code(self) -> str:
        found = re.search(r'name="code" value="([^"]+)"', self.page())
        assert found
        return found[1]

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def drafted(self) -> "Desk":
        """A person has seen the page."""
        self.page()
        return self

    def approved(self) -> str:
        return self.click("approve", by="Marta", code=self.code())

    def sent(self) -> list[Path]:
        self.open.wait()
        return sorted((self.folder / "out").rglob("*.eml"))


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def desk_in(folder: Path) -> Desk:
    for name, text in (
        ("digest.yaml", SETTINGS),
        ("subscribers.yaml", SUBSCRIBERS),
        ("bulletins/july.en.txt", LISTING),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Desk(folder)
