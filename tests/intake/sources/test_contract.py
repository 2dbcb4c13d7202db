"""The kinds of sources that are here keep the contract that those of others have to keep."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from digest.intake.settings import SourceKind, SourceSettings
from digest.intake.sources.contract import SourceContract
from digest.intake.sources.fetched import Fetched, Round
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.folder import Folder
from digest.intake.sources.readers import SourceDocument

LISTING = (
    "5 June 2026\nShelter opens in Tapachula\n\nIt has forty beds.\n\n9 June 2026\nConsulate on wheels\n\nOn Mondays.\n"
)


class TestFolder(SourceContract):
    def source(self, folder):
        path = folder / "bulletins"
        path.mkdir(exist_ok=True)
        (path / "june.en.txt").write_text(LISTING, encoding="utf-8")
        return Folder("tried", path, language=None, dates=None, fallback_language="en", root=folder)

    def spoil(self, folder):
        (folder / "bulletins" / "june.en.txt").write_bytes(b"\x00\x01\x02" * 1000)


DOCUMENTS = "https://www.example.org/news"


class Asked(SourceContract):
    """A source that is asked over the network; the answer lies in a file."""

    kind: ClassVar[SourceKind]
    document: ClassVar[str]

    def source(self, folder):
        path = folder / "document"
        path.write_text(self.document, encoding="utf-8")
        settings = SourceSettings(name="tried", kind=self.kind, url=DOCUMENTS)

        def ask(questions):
            answer = WebAnswer(failure="the server answers 500")
            if path.exists():
                answer = WebAnswer(document=SourceDocument(body=path.read_bytes(), address=DOCUMENTS))
            return [answer for _ in questions]

        class Anew(Fetched):
            def read(self, today, *known):
                asking = Round([self.settings], lambda _name: None, datetime(2026, 6, 30, tzinfo=UTC), ask)
                return Fetched(settings=self.settings, round=asking, **said).read(today, *known)

        said = {"first_contact": timedelta(days=60), "fallback_language": "en", "zone": UTC}
        return Anew(settings=settings, round=None, **said)

    def spoil(self, folder):
        (folder / "document").unlink()


class TestFeed(Asked):
    kind = SourceKind.FEED
    document = """<rss version="2.0"><channel><item><guid>a</guid><title>Shelter <b>opens</b></title><description>
&lt;p>It has &lt;b>forty&lt;/b> beds.&lt;script>x()&lt;/script></description><pubDate>Fri,
05 Jun 2026 03:00:00 GMT</pubDate></item>
<item><title>Consulate on wheels</title></item></channel></rss>"""


class TestPage(Asked):
    kind = SourceKind.PAGE
    document = """<h1>News</h1><ul><li><h3><a href="/a">A shelter <b>opens</b></a></h3> 5 June 2026 <p>It has
<i>forty</i> beds.<script>x()</script></p><li><h3><a href="/b">Consulate on wheels</a></h3> 9 June 2026</ul>"""


class TestCalendarByAddress(Asked):
    kind = SourceKind.CALENDAR
    document = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART:20260705T090000
SUMMARY:Workshop on shelters
DESCRIPTION:<p>Bring a <b>map</b>.<script>x()</script></p>
END:VEVENT
END:VCALENDAR
"""
