"""A source of the web beside a web of these addresses, without a network."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.foundation.problems import Severity
from digest.intake.memory import memory_document, memory_from
from digest.intake.picture import ADDRESS
from digest.intake.settings import SourceKind, SourceSettings
from digest.intake.sources.fetched import Fetched, Round
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.readers import SourceDocument

URL = "https://www.example.org/feed.xml"


class Office:
    """One source that lets pictures in, what is kept of it, and a web of these addresses."""

    def __init__(self):
        self.now = datetime(2018, 7, 20, 15, tzinfo=UTC)
        self.source = SourceSettings(name="press", kind=SourceKind.FEED, url=URL, language="en", pictures=True)
        self.web = {}
        self.asked = []
        self.kept = None
        self.pictures = {}

    def collect(self, document=None):
        self.web |= {URL: document} if document is not None else {}
        self.now += timedelta(days=1)
        asking = Round([self.source], lambda _name: self.kept, self.now, self._ask)
        self.source_read = Fetched(
            settings=self.source,
            round=asking,
            first_contact=timedelta(days=31),
            fallback_language="en",
            zone=UTC,
            pictures=self.pictures.get if self.source.pictures else None,
        )
        self.reading = self.source_read.read(self.now.date())
        memory = memory_from(memory_document(self.reading.remember.memory))
        self.kept = replace(self.reading.remember, memory=memory)
        self.pictures |= {one.name: one for one in self.reading.pictures}
        return self

    def _ask(self, questions):
        self.asked += [one.address for one in questions if one.address != URL]
        return [self._answer(one.address) for one in questions]

    def _answer(self, address):
        found = self.web.get(address)
        if found is None:
            return WebAnswer(failure="the server answers 404 Not Found")
        return (
            found if isinstance(found, WebAnswer) else WebAnswer(document=SourceDocument(body=found, address=address))
        )

    @property
    def texts(self):
        return {item.text.title: item.text for item in self.reading.items}

    @property
    def warnings(self):
        return [one for one in self.reading.problems if one.severity is not Severity.NOTE]

    @property
    def text(self):
        return self.texts["News 0"]

    def shown(self, title="News 0"):
        """The names of the pictures that an item shows: in its text, and beside it."""
        text = self.texts[title]
        return ADDRESS.findall(text.html or "") + ADDRESS.findall(text.image or "")

    def said(self):
        return "\n".join(f"{one.severity.value}: {one}" for one in self.reading.problems)
