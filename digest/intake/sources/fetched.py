"""Sources that are asked over the network: what was remembered, what the server answered and what the reader found,
made one reading. An answer that is missing or bad changes no item: the last good document still counts.
"""

import json
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple
from urllib.parse import urlsplit

from digest.errors import NothingUsableError
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later, plural_later
from digest.foundation.problems import Problem, Severity
from digest.intake.item import FoundItem, Reading
from digest.intake.memory import Kept, Memory
from digest.intake.picture import Picture
from digest.intake.read_file import NONE_KNOWN, KnownFiles
from digest.intake.settings import SourceKind, SourceSettings
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.fetching import NO_TIME, Ask, WebAnswer, WebQuestion, fetch
from digest.intake.sources.further import Further, articles_document, articles_from, latest
from digest.intake.sources.items import found_items
from digest.intake.sources.language import language_code
from digest.intake.sources.pages.article import Article
from digest.intake.sources.readers import Entries, Entry, EntryReader, LayoutChangedError, SourceDocument

_ACCEPT = {
    SourceKind.FEED: "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "*/*;q=0.5",
    SourceKind.PAGE: "text/html, application/xhtml+xml, */*;q=0.5",
    SourceKind.CALENDAR: "text/calendar, */*;q=0.5",
}
_SECONDS, _MEMORY = 10.0, 300 << 20  # of the processor's time, and bytes: for reading a document that is large
_LARGE = 512 << 10  # bytes
_MOST_REMEMBERED = 5_000  # entries; a feed has fifty
_LATER = later("It is asked again by itself; if it stays so, look at its address in a browser.")
_MOST_UNDATED = 10  # at the first contact: nobody knows how old they are
MOST_DAYS = 30
_MOST_SECONDS_FURTHER = 120.0  # for what the documents of all sources lead to


def reader_of(source: SourceSettings, memory: Memory) -> EntryReader:
    match source.kind:
        case SourceKind.FEED:
            from digest.intake.sources.feed import read_feed  # 110 ms: feedparser, only where a feed is read

            return read_feed
        case SourceKind.PAGE:
            from digest.intake.sources.pages.listing_page import KnownLayout, read_page  # 20 ms with its parser

            known = KnownLayout(path=memory.layout, keys=frozenset(memory.listed))
            return partial(read_page, selectors=source.select, known=known)
        case SourceKind.CALENDAR:
            from digest.intake.sources.calendar_events import read_calendar  # 400 ms: libraries for calendars

            return partial(read_calendar, ahead=source.ahead, topics=source.topics, known=memory.seen)
        case _:
            raise ValueError(source.kind)  # a folder has files, and an extension whatever it likes


@dataclass(slots=True)
class Round:
    """All sources that are to be asked this time, asked at once when the first of them is read. `recall` tells what is
    remembered of one. `now` is when; `always`: also those whose time has not come.
    """

    sources: Sequence[SourceSettings]
    recall: Callable[[str], Kept | None]
    now: datetime
    ask: Ask = fetch
    always: bool = False
    _kept: dict[str, Kept] = field(default_factory=dict)
    _answers: Mapping[str, WebAnswer] | None = None
    _away: dict[str, WebAnswer] = field(default_factory=dict)  # by host
    _spent: float = 0.0

    def kept(self, source: SourceSettings) -> Kept:
        """What is remembered, if it is still that address, or the one to which it says that it has moved."""
        if source.name not in self._kept:
            url = source.address
            found = self.recall(source.name) or Kept(memory=Memory(address=url))
            if found.memory.address != url:
                moved = found.memory.moved_to == url
                found = replace(found, memory=_moved(found.memory, url)) if moved else Kept(memory=Memory(address=url))
            self._kept[source.name] = found
        return self._kept[source.name]

    def due(self) -> Sequence[SourceSettings]:
        now, always = self.now, self.always
        return [one for one in self.sources if self.kept(one).memory.is_due(now, timedelta(0) if always else one.check)]

    def asks(self, source: SourceSettings, *, anew: bool) -> bool:
        """Whether this one is asked now; `anew`: whether or not its time has come."""
        return source in (self.sources if anew else self.due())

    def answer(self, name: str) -> WebAnswer | None:
        """`None` where it was not asked."""
        if self._answers is None:
            due = [one for one in self.due() if one.url is not None]
            answers = self.ask([self._question(one) for one in due])
            self._answers = {one.name: answer for one, answer in zip(due, answers, strict=True)}
        return self._answers.get(name)

    def ask_further(self, questions: Sequence[WebQuestion]) -> Sequence[WebAnswer]:
        """What documents lead to. All sources together have their time for it; a host that is away is left alone."""
        hosts = [_host(one.address) for one in questions]
        asked = [one for one, host in zip(questions, hosts, strict=True) if host not in self._away]
        begun = time.monotonic()
        answers = iter(self.ask(asked) if asked and self._spent < _MOST_SECONDS_FURTHER else [NO_TIME] * len(asked))
        self._spent += time.monotonic() - begun
        found = []
        for host in hosts:
            answer = self._away[host] if host in self._away else next(answers)
            found.append(answer)
            if answer.is_away:
                self._away.setdefault(host, answer)
        return found

    def _question(self, source: SourceSettings) -> WebQuestion:
        kept = self.kept(source)
        known = kept.memory if kept.document else Memory(address="")
        return WebQuestion(
            address=source.url or "",
            allow_networks=source.allow_networks,
            etag=known.etag,
            last_modified=known.last_modified,
            accept=_ACCEPT[SourceKind(source.kind)],
        )


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _moved(memory: Memory, url: str) -> Memory:
    return replace(memory, address=url, moved_to="", etag="", last_modified="", checked_at=None, failures=0, failure="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A source. Its items are named after it, and counted: `press:3` is the third entry of its document.

    `first_contact` is how old an entry may be when the source is first read. `mark_seen`: all that it has now and that
    is no item yet is passed over for good. `pictures` finds a picture that was made before; `None` where pictures are
    not let in.
    """

    settings: SourceSettings
    round: Round
    first_contact: timedelta
    fallback_language: str
    zone: tzinfo | None = None
    mark_seen: bool = False
    pictures: Callable[[str], Picture | None] | None = None

    @property
    def name(self) -> str:
        return self.settings.name

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        del known  # the last document is read each time: it is small, and so nothing of it can be out of date
        kept, answer = self.round.kept(self.settings), self.round.answer(self.name)
        found, document = None, answer.document if answer else None
        memory = kept.memory if answer is None else after_answer(kept.memory, answer, self.round.now)
        if document is not None:
            try:
                found = self._parsed(document, kept.memory, today)
            except NothingUsableError as error:
                document = None
                failed = WebAnswer(failure=error.cause, remedy=error.remedy)
                memory = after_answer(kept.memory, failed, self.round.now)
                memory = replace(memory, layout_changed=isinstance(error, LayoutChangedError))
        findings = Findings(self.name)
        before = _unpacked(kept.document) if kept.document else None
        articles = before_articles = before.articles if before else {}
        if found is None and before is not None:
            try:
                found = self._parsed(before.document, kept.memory, today)
            except NothingUsableError as error:  # it is read in another way since
                if not memory.failures:
                    findings.error(None, error.cause, error.remedy)
        tell_failures(memory, findings)
        items: Sequence[FoundItem] = ()
        pictures: Sequence[Picture] = ()
        gone: frozenset[str] = frozenset()
        if found is not None:
            findings.problems += found.problems
            taken = self._taken(memory, found.entries, today, findings)
            if document is not None:
                gone = _taken_out(memory, found.entries, today)
                _tell_scrolled(memory, found.entries, gone, findings)
                memory = replace(
                    taken.memory,
                    listed=tuple(entry.key for entry in found.entries.entries),
                    over_on={entry.key: entry.over_on for entry in found.entries.entries if entry.over_on},
                    layout=found.entries.layout,
                )
            further = self._further(memory, articles, may_ask=answer is not None)
            entries = further.followed(taken.entries, kept.memory.seen.keys(), findings)
            items = self._items(entries, found.entries.language, today, findings)
            items = further.pictured(items, entries, found.entries.entries, findings)
            pictures, memory = further.pictures, further.remembered(memory, found.entries.entries)
            articles = latest(further.articles, _keys(found.entries))
        packed = kept.document
        current = document or (before.document if before else None)
        if current is not None and (document is not None or articles != before_articles):
            packed = _packed(current, articles)
        return Reading(
            source=self.name,
            items=tuple(items),
            problems=tuple(findings.problems),
            keeps=True,  # an item stays, though its entry makes room for newer ones
            pictures=pictures,
            retracted=gone,
            remember=Kept(memory=memory, document=packed),
        )

    def _parsed(self, document: SourceDocument, memory: Memory, today: date) -> "_Parsed":
        """Raise `NothingUsableError` for what is no document of this kind, or takes too much."""
        context, reader = self._context(today), reader_of(self.settings, memory)

        def parsed() -> _Parsed:
            findings = Findings(self.name)
            entries = reader(document, context, findings)
            return _Parsed(entries, findings.problems)

        if len(document.body) < _LARGE or self.settings.kind != SourceKind.FEED:  # the others bound themselves
            return parsed()
        try:
            return in_bounds(parsed, seconds=_SECONDS, memory=_MEMORY)
        except (OutOfBoundsError, RecursionError) as error:
            raise NothingUsableError(
                self.name, later("it cannot be read: {cause}").format(cause=str(error)), later("Tell whoever runs it.")
            ) from error

    def _context(self, today: date) -> FileContext:
        return FileContext(
            source=self.name,
            file=self.name,
            today=today,
            fallback_language=self.fallback_language,
            language=self.settings.language,
            dates=self.settings.dates,
            zone=self.zone,
            pictures=self.pictures is not None,
            now=self.round.now,
        )

    def _taken(self, memory: Memory, entries: Entries, today: date, findings: Findings) -> "_Taken":
        """The entries that are items, each with its day. What was there before we came is passed over."""
        since = memory.since or today - self.first_contact
        seen, passed = dict(memory.seen), set(memory.passed)
        kept: list[Entry] = []
        days = {*memory.news_on}
        undated = passed_now = 0
        for entry in entries.entries:
            draft, is_new = entry.draft, entry.key not in seen
            if entry.counts_back or not entry.dated:
                draft = replace(draft, published_on=seen.get(entry.key, draft.published_on))
                undated += is_new and not entry.dated
            if entry.key in passed:
                continue
            if is_new and draft.published_on <= today:
                days.add(draft.published_on)
            too_many = memory.since is None and not entry.dated and undated > _MOST_UNDATED
            if is_new and (self.mark_seen or draft.published_on < since or too_many):
                passed.add(entry.key)
                passed_now += 1
                continue
            seen.setdefault(entry.key, draft.published_on if entry.counts_back else today)
            kept.append(entry._replace(draft=draft))
        if passed_now:
            _tell_passed(passed_now, since, findings, marked=self.mark_seen)
        return _Taken(
            replace(
                memory,
                since=since,
                seen=dict(islice(seen.items(), max(0, len(seen) - _MOST_REMEMBERED), None)),
                passed=frozenset(passed) if len(passed) < _MOST_REMEMBERED else _keys(entries) & passed,
                news_on=tuple(sorted(days)[-MOST_DAYS:]),
            ),
            kept,
        )

    def _items(
        self, entries: Sequence[Entry], language: str | None, today: date, findings: Findings
    ) -> Sequence[FoundItem]:
        """The office cannot mend the texts of others: what is odd in them is good to know, and no warning."""
        own = Findings(self.name)
        said = None if self.settings.language else language and language_code(language)
        items = found_items([entry.draft for entry in entries], self._context(today), own, said)
        findings.problems += (
            replace(one, severity=Severity.NOTE) if one.severity is Severity.WARNING else one for one in own.problems
        )
        return items

    def _further(self, memory: Memory, articles: Mapping[str, Article], *, may_ask: bool) -> Further:
        return Further(
            settings=self.settings,
            ask=self.round.ask_further if may_ask else None,
            known=self.pictures,
            names={**memory.pictures},
            missed={**memory.missed},
            articles={**articles},
        )


class _Parsed(NamedTuple):
    entries: Entries
    problems: Sequence[Problem]


class _Taken(NamedTuple):
    memory: Memory
    entries: Sequence[Entry]


def _keys(entries: Entries) -> frozenset[str]:
    return frozenset(entry.key for entry in entries.entries)


def after_answer(memory: Memory, answer: WebAnswer, now: datetime) -> Memory:
    not_before = now + answer.wait if answer.wait else None
    if answer.failure:
        return replace(
            memory,
            checked_at=now,
            not_before_at=not_before,
            failures=memory.failures + 1,
            failure=answer.failure,
            remedy=answer.remedy,
            layout_changed=False,
            gone=answer.gone,
        )
    return replace(
        memory,
        etag=answer.etag or (memory.etag if answer.document is None else ""),
        last_modified=answer.last_modified or (memory.last_modified if answer.document is None else ""),
        checked_at=now,
        answered_at=now,
        not_before_at=not_before,
        failures=0,
        failure="",
        remedy="",
        layout_changed=False,
        gone=False,
        moved_to=answer.moved_to,
    )


def _taken_out(memory: Memory, entries: Entries, today: date) -> frozenset[str]:
    """The keys of entries that were taken out by their publisher: of a whole document all that are not over yet, else
    those below which others are still there. In a feed that is not sorted by date nobody can tell.
    """
    if entries.whole:
        to_come = {key for key in memory.listed if memory.over_on.get(key, today) >= today}
        return frozenset(to_come - _keys(entries))
    days = [entry.draft.published_on for entry in entries.entries if entry.dated]
    if not days or any(later > earlier for earlier, later in pairwise(days)):
        return frozenset()
    now = _keys(entries)
    last = max((at for at, key in enumerate(memory.listed) if key in now), default=0)
    return frozenset(key for key in memory.listed[:last] if key not in now)


# -- What is told.


def tell_failures(memory: Memory, findings: Findings) -> None:
    if memory.failures:
        said = (
            later("its layout has changed: {failure}")
            if memory.layout_changed
            else later("it could not be read: {failure}")
        )
        cause = said.format(failure=memory.failure)
        if memory.failures > 1:
            said = later("it could not be read, {times} times in a row: {failure}")
            if memory.layout_changed:
                said = later("its layout has changed, {times} times in a row: {failure}")
            cause = said.format(times=memory.failures, failure=memory.failure)
        if memory.answered_at:
            said = later("{cause}; it was last read on {day:%-d %B %Y}")
            cause = said.format(cause=cause, day=memory.answered_at.date())
        findings.error(None, cause, memory.remedy or _LATER)
    if memory.moved_to:
        cause = later("it has moved for good to {address}").format(address=memory.moved_to)
        findings.warning(None, cause, later("Write under this source: url: {address}").format(address=memory.moved_to))


def _tell_passed(count: int, since: date, findings: Findings, *, marked: bool) -> None:
    if marked:
        findings.note(
            None,
            plural_later(
                "{count:,} entry is passed over as already seen",
                "{count:,} entries are passed over as already seen",
                count,
            ),
        )
    else:
        cause = plural_later(
            "{count:,} entry is passed over: they are older than {since:%-d %B %Y}, or nobody knows how old",
            "{count:,} entries are passed over: they are older than {since:%-d %B %Y}, or nobody knows how old",
            count,
            since=since,
        )
        findings.note(
            None, cause, later("To have them, write first_contact: all under this source before it is first read.")
        )


def _tell_scrolled(memory: Memory, entries: Entries, gone: AbstractSet[str], findings: Findings) -> None:
    now = _keys(entries)
    scrolled = sum(key in memory.seen and key not in now and key not in gone for key in memory.listed)
    if scrolled:
        findings.note(
            None,
            plural_later(
                "{count:,} entry has made room for newer ones; the items stay",
                "{count:,} entries have made room for newer ones; the items stay",
                scrolled,
            ),
        )


# -- Documents as they are stored.


def _packed(document: SourceDocument, articles: Mapping[str, Article]) -> bytes:
    """With the articles to which its entries lead."""
    head = json.dumps([document.address, document.content_type, articles_document(articles)]).encode()
    packer = zlib.compressobj()
    return packer.compress(head + b"\n") + packer.compress(document.body) + packer.flush()


class _Unpacked(NamedTuple):
    document: SourceDocument
    articles: Mapping[str, Article]


def _unpacked(packed: bytes) -> _Unpacked:
    head, _, body = zlib.decompress(packed).partition(b"\n")
    address, content_type, *articles = json.loads(head)
    document = SourceDocument(body=body, address=address, content_type=content_type)
    return _Unpacked(document, articles_from(*articles) if articles else {})
