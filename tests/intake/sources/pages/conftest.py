"""Reads listing pages from HTML, without a server."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from digest.foundation.problems import Problem
from digest.intake.item import DateOrder
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.pages.listing_page import NOTHING_KNOWN, KnownLayout, read_page
from digest.intake.sources.readers import Entry, SourceDocument

ADDRESS = "https://www.example.org/en/news?page=0"


class Listed(NamedTuple):
    entries: tuple[Entry, ...]
    layout: str
    language: str | None
    problems: tuple[Problem, ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        return [(str(one.draft.published_on), one.draft.title) for one in self.entries]

    @property
    def said(self) -> str:
        return "\n".join(map(str, self.problems))


@pytest.fixture(scope="session")
def page() -> Callable[..., Listed]:
    """`page(html, **settings)` reads a listing page."""

    def read(
        html: str | bytes,
        *,
        today: date = date(2018, 9, 1),
        dates: DateOrder | None = None,
        zone: str | None = None,
        content_type: str = "text/html",
        select: dict[str, str] | None = None,
        known: KnownLayout = NOTHING_KNOWN,
        now: datetime | None = None,
    ) -> Listed:
        findings = Findings("news")
        context = FileContext(
            source="site",
            file="news",
            today=today,
            dates=dates,
            zone=ZoneInfo(zone) if zone else None,
            fallback_language="en",
            now=now,
        )
        body = html if isinstance(html, bytes) else html.encode()
        document = SourceDocument(body=body, address=ADDRESS, content_type=content_type)
        read = read_page(document, context, findings, select or {}, known)
        return Listed(tuple(read.entries), read.layout, read.language, findings.in_order())

    return read
