"""What every reader of documents keeps (`readers.py`); a new kind of source stands in the table with a sample."""

from datetime import date

import doses
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import NothingUsableError
from digest.foundation.problems import Severity
from digest.intake.memory import Memory
from digest.intake.settings import KINDS, SourceKind, SourceSettings
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.fetched import reader_of
from digest.intake.sources.html import sanitise
from digest.intake.sources.readers import MOST_ENTRIES, SourceDocument

CONTEXT = FileContext(source="press", file="press", today=date(2018, 8, 1), fallback_language="en", pictures=True)
RSS = (
    b'<rss version="2.0"><channel><item><guid>a</guid><title>A</title><description>&lt;p>Text &lt;b>one&lt;/b>.'
    b"&lt;script>x&lt;/script></description><pubDate>2018-07-05</pubDate></item><item><title>B</title></item>"
    b"</channel></rss>"
)
JSON = (
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "a", "title": "A", "content_html": '
    b'"<p>Text <b>one</b>.<script>x</script>", "date_published": "2018-07-05"}, {"id": 2, "title": "B"}]}'
)
PAGE = (
    b"<ul><li><h3><a href=/a>A hub opens</a></h3> 5 July 2018 <p>Text <b>one</b>.<script>x</script><img src=/a.png></p>"
    b"<li><h3><a href=/b>Border talks</a></h3></ul>"
)
CALENDAR = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20180810\nCREATED:20180705T120000Z\nSUMMARY:A\nDESCRIPTION:<p>"
    b"Text <b>one</b>.<script>x</script></p>\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20180811\nSUMMARY:B\n"
    b"END:VEVENT\nEND:VCALENDAR\n"
)
SAMPLES = {SourceKind.FEED: [RSS, JSON], SourceKind.PAGE: [PAGE], SourceKind.CALENDAR: [CALENDAR]}
CASES = [(kind, body) for kind, bodies in SAMPLES.items() for body in bodies]


def read(kind, body):
    findings = Findings("press")
    document = SourceDocument(body=body, address="https://www.example.org/")
    source = SourceSettings(name="press", kind=kind, url=document.address)
    return reader_of(source, Memory(address=document.address))(document, CONTEXT, findings), findings


def test_every_kind_that_has_documents_is_tried_here():
    assert {*SAMPLES} == {kind for kind, keys in KINDS.items() if "url" in keys.places}


@pytest.mark.parametrize(("kind", "body"), CASES)
def test_the_same_document_gives_the_same_entries_each_with_a_key_and_clean(kind, body):
    entries, findings = read(kind, body)
    assert (entries, findings) == read(kind, body)
    assert [entry.draft.title[0] for entry in entries.entries] == ["A", "B"]
    assert len({entry.key for entry in entries.entries}) == 2
    first, second = entries.entries
    tells_days = kind == SourceKind.CALENDAR
    assert (first.dated, first.draft.published_on, second.dated) == (True, date(2018, 7, 5), tells_days)
    assert first.draft.paragraphs[-1] == "Text one."
    html = first.draft.html or ""
    assert sanitise(html, first.draft.removed) == html
    assert all(problem.severity is Severity.NOTE for problem in findings.problems)


@pytest.mark.parametrize(("kind", "body"), CASES)
def test_whatever_is_broken_in_it_only_a_refusal_in_words_is_raised(kind, body):
    @settings(max_examples=doses.examples(25), deadline=None)
    @given(st.integers(0, len(body)), st.integers(0, 40), st.binary(max_size=20))
    def tried(at, length, other):
        try:
            entries, _ = read(kind, body[:at] + other + body[at + length :])
        except NothingUsableError:
            return
        keys = [entry.key for entry in entries.entries]
        assert len(keys) == len({*keys}) <= MOST_ENTRIES

    tried()


def test_a_document_is_written_out_without_what_it_holds():
    document = SourceDocument(body=b"x" * 10_000_000, address="https://www.example.org/feed.xml")
    assert len(repr(document)) < 200
