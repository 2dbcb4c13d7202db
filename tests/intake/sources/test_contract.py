"""The kinds of sources that are here keep the contract that those of others have to keep."""

from datetime import UTC, datetime, timedelta

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


FEED = """<rss version="2.0"><channel><item><guid>a</guid><title>Shelter <b>opens</b></title><description>&lt;p>It has
&lt;b>forty&lt;/b> beds.&lt;script>x()&lt;/script></description><pubDate>Fri, 05 Jun 2026 03:00:00 GMT</pubDate></item>
<item><title>Consulate on wheels</title></item></channel></rss>"""


class TestFeed(SourceContract):
    def source(self, folder):
        path, url = folder / "feed.xml", "https://www.example.org/feed.xml"
        path.write_text(FEED, encoding="utf-8")

        def ask(questions):
            answer = WebAnswer(failure="the server answers 500")
            if path.exists():
                answer = WebAnswer(document=SourceDocument(body=path.read_bytes(), address=url))
            return [answer for _ in questions]

        class Asked(Fetched):
            def read(self, today, *known):
                asking = Round([self.settings], lambda _name: None, datetime(2026, 6, 30, tzinfo=UTC), ask)
                fetched = Fetched(settings=self.settings, round=asking, first_contact=month, fallback_language="en")
                return fetched.read(today, *known)

        month = timedelta(days=31)
        settings = SourceSettings(name="tried", kind=SourceKind.FEED, url=url)
        return Asked(settings=settings, round=None, first_contact=month, fallback_language="en")

    def spoil(self, folder):
        (folder / "feed.xml").unlink()
