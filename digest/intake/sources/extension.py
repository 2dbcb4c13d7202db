"""What a package has to write to bring a kind of source, and how such a source is read.

The page "Add a source of your own" (docs/how-to/) shows a whole one. What an extension tells is as untrusted as a file:
all of it is cleaned here, and nothing that it raises or returns touches another source.
"""

import logging
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from unicodedata import normalize

from pydantic import BaseModel

from digest.errors import DigestError
from digest.foundation.catalogue import later, plural_later
from digest.foundation.words import excerpt, excerpt_without_addresses
from digest.intake.extensions import ExtensionSettings, fault_of
from digest.intake.item import FoundItem, Reading, Struck
from digest.intake.read_file import NONE_KNOWN, KnownFiles
from digest.intake.sources.balance import balance
from digest.intake.sources.cleaning import clean, without_controls
from digest.intake.sources.draft import FileContext, Findings, ItemDraft, ItemField, Said
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.items import found_items
from digest.intake.sources.repeats import told_once
from digest.intake.sources.visible import as_seen

MOST_ITEMS = 10_000  # of one source; the rest is named
LONGEST_TITLE = 400
LONGEST_BODY = 200_000  # characters: a book
_BLANK_LINES = re.compile(r"\n\s*\n")
_LISTS = frozenset(("countries", "topics"))

log = logging.getLogger("digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldItem:
    """An item as a source tells it; nothing in it has to be clean, and any field but the first two may stay empty.

    Empty lines part the paragraphs of `text`; `html` is told instead of it. `id` is the publisher's own: with it, an
    item stays the same when its title and date are corrected. `countries` and `topics` are names or codes of the
    taxonomy: `None` leaves it to the text, an empty list says that there is none. `line` is where it stands, in
    whatever can be counted.
    """

    title: str
    published_on: date
    text: str = ""
    html: str = ""
    id: str = ""
    link: str = ""
    summary: str = ""
    author: str = ""
    language: str = ""
    image: str = ""
    image_alt: str = ""
    translation_of: str = ""
    countries: Sequence[str] | None = None
    topics: Sequence[str] | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """One look at a source. `folder` is the workspace, from which paths in settings go; `zone` is the publisher's:
    in it, an instant becomes a date. What cannot be read is named in `findings`, item by item.
    """

    source: str
    folder: Path
    today: date
    zone: tzinfo
    findings: Findings


class Extension(ABC):
    """What an entry point of the group `digest.sources` names; the entry point's name is the `type` in the settings.

    `keys` is the model of what the settings may say beside `type` and `language`. Where a source shows only the latest
    items, `whole` is false: what is no longer told was not taken out, then.
    """

    keys: ClassVar[type[BaseModel]]
    whole: ClassVar[bool] = True

    @abstractmethod
    def read(self, keys: Any, context: ReadingContext) -> Iterable[ToldItem]:
        """All that the source holds now, in a stable order. Raise `NothingUsableError` when it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSource:
    """A source. Its items are named after it, and counted: `almanac:3`."""

    name: str
    settings: ExtensionSettings
    folder: Path
    zone: tzinfo
    language: str | None
    fallback_language: str

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        del known  # nobody can tell from here that nothing has changed
        findings = Findings(self.name)
        drafts, complete = self._drafts(today, findings)
        context = FileContext(
            source=self.name,
            file=self.name,
            today=today,
            language=self.language,
            fallback_language=self.fallback_language,
            zone=self.zone,
        )
        items: Sequence[FoundItem] = told_once(found_items(drafts, context, findings), findings)
        return Reading(
            source=self.name,
            items=tuple(items),
            problems=findings.in_order(),
            unread=frozenset() if getattr(self.settings.extension, "whole", True) else frozenset((self.name,)),
            complete=complete,
        )

    def _drafts(self, today: date, findings: Findings) -> tuple[Sequence[ItemDraft], bool]:
        """As far as it can be read, and whether that is all."""
        drafts: list[ItemDraft] = []
        remedy = later("Ask whoever wrote {package}; all other sources are read.").format(package=self.settings.package)
        if self.settings.fault:
            findings.error(
                None, later("this kind of source cannot be read: {fault}").format(fault=self.settings.fault), remedy
            )
            return drafts, False
        own = Findings(self.name)
        context = ReadingContext(source=self.name, folder=self.folder, today=today, zone=self.zone, findings=own)
        complete = False
        try:
            told = iter(self.settings.extension().read(self.settings.keys, context))
            for number, one in enumerate(islice(told, MOST_ITEMS), 1):
                if draft := draft_of(one, number, self.zone, findings):
                    drafts.append(draft)
            complete = next(told, None) is None
            if not complete:
                cause = later("it has more than {most:,} items; the first {most:,} are read").format(most=MOST_ITEMS)
                findings.error(None, cause, later("Let the source tell less."))
        except DigestError as error:
            findings.error(None, excerpt_without_addresses(error.cause), excerpt_without_addresses(error.remedy))
        except (Exception, SystemExit) as error:  # the code of others may do anything
            log.debug("the source %s", self.name, exc_info=True)
            cause = later("this source cannot be read: {fault}").format(fault=fault_of(error))
            if drafts:
                cause = plural_later(
                    "this source cannot be read: {fault}; {count} item was read before",
                    "this source cannot be read: {fault}; {count} items were read before",
                    len(drafts),
                    fault=fault_of(error),
                )
            findings.error(None, cause, remedy)
        findings.problems += own.problems
        return drafts, complete


def draft_of(told: Any, number: int, zone: tzinfo, findings: Findings) -> ItemDraft | None:
    """Cleaned; `None` for what can be no item, which is named. `number` counts what was told."""
    line = told.line if isinstance(told, ToldItem) and isinstance(told.line, int) else number
    if fault := _fault(told):
        findings.error(line, later("this is no item: {fault}; it is left out").format(fault=fault))
        return None
    removed: Counter[str] = Counter()
    title = " ".join(clean(told.title, removed).split())
    if not title:
        findings.error(line, later("this item has no title; it is left out"), later("Give it a title."))
        return None
    if len(title) > LONGEST_TITLE or len(told.text) + len(told.html) > LONGEST_BODY:
        cause = later("this item is too long: “{title}”; it is left out").format(title=excerpt(title))
        findings.error(
            line,
            cause,
            later("A title has at most {title_most} characters, a text {most:,}.").format(
                title_most=LONGEST_TITLE, most=LONGEST_BODY
            ),
        )
        return None
    html, paragraphs = _body(told, line, findings, removed)
    lists = {
        field: tuple(filter(None, (clean(name, removed).strip() for name in names)))
        for field, names in ((ItemField.COUNTRIES, told.countries), (ItemField.TOPICS, told.topics))
        if names is not None
    }
    texts = {
        ItemField.ID: told.id,
        ItemField.LINK: told.link,
        ItemField.SUMMARY: told.summary,
        ItemField.AUTHOR: told.author,
        ItemField.LANGUAGE: told.language,
        ItemField.IMAGE: told.image,
        ItemField.IMAGE_ALT: told.image_alt,
        ItemField.TRANSLATION_OF: told.translation_of,
    }
    said = {field: one for field, text in texts.items() if (one := " ".join(clean(text, removed).split()))}
    return ItemDraft(
        line=line,
        published_on=_day(told.published_on, zone),
        title=title,
        paragraphs=paragraphs,
        html=html,
        fields={
            **{field: Said(text, line) for field, text in said.items()},
            **{field: Said(names, line) for field, names in lists.items()},
        },
        removed=removed,
    )


def _fault(told: Any) -> str:
    """Why it is no item, in the words of who wrote the extension."""
    if not isinstance(told, ToldItem):
        return later("a {kind}, and no ToldItem").format(kind=type(told).__name__)
    for field in fields(told):
        value = getattr(told, field.name)
        if field.name in _LISTS:
            if value is not None and (isinstance(value, str) or not all(isinstance(one, str) for one in value)):
                return later("{field} must be a list of texts").format(field=field.name)
        elif field.name == "published_on":
            if not isinstance(value, date):
                return later("published_on must be a date, not a {kind}").format(kind=type(value).__name__)
        elif field.name != "line" and not isinstance(value, str):
            return later("{field} must be text").format(field=field.name)
    return ""


def _day(told: date, zone: tzinfo) -> date:
    if not isinstance(told, datetime):
        return told
    return (told if told.tzinfo is None else told.astimezone(zone)).date()


def _body(told: ToldItem, line: int, findings: Findings, removed: Counter[str]) -> tuple[str | None, tuple[str, ...]]:
    if not told.html:
        text = normalize("NFC", without_controls(told.text.replace("\r\n", "\n"), removed))
        return None, tuple(part for part in (" ".join(one.split()) for one in _BLANK_LINES.split(text)) if part)
    own = Findings(findings.file)
    seen = as_seen(told.html, own, Struck.LEAVE_OUT)
    html = sanitise(seen.html, removed)
    paragraphs = plain_paragraphs(html)
    own.account(*paragraphs)
    balance(seen.pieces, own)
    findings.problems += (replace(one, place=replace(one.place, line=line)) for one in own.problems)
    return html, paragraphs
