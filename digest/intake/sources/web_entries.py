"""Entries as the web tells them, made drafts: titles with HTML in them, dates in the usual wrong forms, bodies of
strangers, addresses that are relative to something.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import urljoin

from digest.foundation.catalogue import later
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import excerpt, fold_words
from digest.intake.item import Struck
from digest.intake.sources.balance import balance
from digest.intake.sources.cleaning import clean, without_controls
from digest.intake.sources.dates import Dated, Impossible, Incomplete, recognise, settle
from digest.intake.sources.draft import FileContext, Findings, ItemDraft, ItemField, Said
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.language import certain_language, function_words, language_code
from digest.intake.sources.readers import MOST_ENTRIES, Entry
from digest.intake.sources.visible import as_seen
from digest.intake.sources.web_pictures import MOST_OF_AN_ENTRY, Gallery, WebPicture

LONGEST_BODY = 200_000  # characters of one entry: a book
_LONGEST_TITLE = 400
_LONGEST_SUMMARY = 600
_MARKUP = re.compile(r"<[a-zA-Z/!]|&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);")
_FORMATTED = re.compile(r"<(?!/?p>)")
_BLANK_LINES = re.compile(r"\n\s*\n")
_ADDRESS = re.compile(r"\S+@\S+")
_PARENTHESES = re.compile(r"[(<]\s*[)>]|[()<>]")
_ZONES = {  # names that mean one offset in feeds; MST is not Malaysia's there
    **dict.fromkeys(("UT", "UTC", "Z"), "GMT"),
    **dict.fromkeys(("EST", "CDT"), "-0500"),
    **dict.fromkeys(("CST", "MDT"), "-0600"),
    **dict.fromkeys(("MST", "PDT"), "-0700"),
    **dict.fromkeys(("BST", "CET"), "+0100"),
    "EDT": "-0400",
    "PST": "-0800",
    "CEST": "+0200",
}
_ZONE_AT_END = re.compile(rf"(?<=[0-9]) ?\b({'|'.join(_ZONES)})\.?$")
_EPOCH = re.compile(r"[0-9]{10}(?:[0-9]{3})?(?:\.[0-9]+)?")
_MILLISECONDS = 13
_UNKNOWN_DAYS = (date(1969, 12, 31), date(1970, 1, 1))  # the beginning of their time, west and east of London


class WebText(NamedTuple):
    """`base` is what relative links in it are relative to. `is_html` is `None` where nobody can know."""

    value: str
    is_html: bool | None = None
    base: str = ""


_NOTHING = WebText("")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebEntry:
    """As it is told: nothing is clean. `bodies` and `dates` are in the order in which they are believed."""

    id: str = ""
    link: str = ""
    title: WebText = _NOTHING
    bodies: Sequence[WebText] = ()
    dates: Sequence[str] = ()
    author: str = ""
    categories: Sequence[str] = ()
    language: str = ""
    image: WebPicture | None = None


def entries_of(
    found: Sequence[WebEntry], context: FileContext, findings: Findings, language: str = ""
) -> Sequence[Entry]:
    """Those that can be items, each once; what is wrong with one is said with its number, and touches no other."""
    if len(found) > MOST_ENTRIES:
        cause = later("there are {count:,} entries; the first {most} are read").format(
            count=len(found), most=MOST_ENTRIES
        )
        findings.warning(None, cause, later("Name an address that gives the latest news only."))
        found = found[:MOST_ENTRIES]
    days = _days(found, context, findings)
    entries: list[Entry] = []
    met: dict[str, int] = {}
    for number, one in enumerate(found, 1):
        own = Findings(context.file)
        gallery = Gallery(one.link) if context.pictures else None
        draft = _draft(number, one, days.get(number), context, own, language, gallery)
        findings.problems += _told(own, number)
        if draft is None:
            continue
        key = one.id.strip() or one.link.strip() or f"{fold_words(draft.title)} {draft.published_on}"
        if key in met:
            findings.note(
                number,
                later("it has the id of entry {entry}; left out: “{title}”").format(
                    entry=met[key], title=excerpt(draft.title)
                ),
            )
            continue
        met[key] = number
        entries.append(_with_pictures(Entry(draft, key, dated=number in days), one.image, gallery))
    return entries


def _with_pictures(entry: Entry, image: WebPicture | None, gallery: Gallery | None) -> Entry:
    """The image of an entry that its text shows, too, is one picture."""
    if gallery is None:
        return entry
    pictures = tuple(gallery.pictures.values())
    is_shown = image is None or any(one.same == image.same for one in pictures)
    return entry._replace(pictures=pictures, lead=None if is_shown else image)


def _told(own: Findings, number: int) -> list[Problem]:
    """The office cannot mend the text of others: what is odd in it is good to know, and what is left out an error."""
    return [
        replace(
            one,
            place=replace(one.place, line=number),
            severity=Severity.NOTE if one.severity is Severity.WARNING else one.severity,
        )
        for one in own.problems
    ]


def _draft(
    number: int,
    one: WebEntry,
    day: date | None,
    context: FileContext,
    findings: Findings,
    language: str,
    gallery: Gallery | None,
) -> ItemDraft | None:
    removed: Counter[str] = Counter()
    title = plain_title(one.title, removed)
    body, rest = _fullest(one.bodies)
    html, paragraphs = _body(body, context, findings, removed, gallery)
    if not title and paragraphs:
        title = _beginning(paragraphs[0])
        findings.note(
            None, later("the entry has no title; it gets its first words: “{title}”").format(title=excerpt(title))
        )
    if not title:
        told = excerpt(one.link or one.id) or later("nothing tells which")
        findings.error(
            None, later("the entry has neither a title nor a text ({told}); it is left out").format(told=told), ""
        )
        return None
    said = {
        ItemField.LINK: one.link.strip(),
        ItemField.ID: clean(one.id.strip() or one.link.strip(), removed),
        ItemField.AUTHOR: _author(one.author, removed),
        ItemField.SUMMARY: _summary(rest, paragraphs, removed),
        ItemField.LANGUAGE: _language(one.language, language, (title, *paragraphs)),
    }
    return ItemDraft(
        line=number,
        published_on=day or context.today,
        title=title,
        paragraphs=paragraphs,
        html=html if html and _FORMATTED.search(html) else None,
        fields={name: Said(value, number) for name, value in said.items() if value},
        removed=removed,
        categories=tuple(dict.fromkeys(filter(None, (clean(name, removed).strip() for name in one.categories)))),
    )


# -- Texts.


def plain_title(title: WebText, removed: Counter[str]) -> str:
    """One line without markup. Where nobody says what it is, what looks like markup is."""
    value = title.value
    is_html = bool(_MARKUP.search(value)) if title.is_html is None else title.is_html
    if is_html and _MARKUP.search(value):
        seen = as_seen(value, Findings(""), Struck.LEAVE_OUT).html
        value = " ".join(plain_paragraphs(sanitise(seen, removed)))
    value = " ".join(clean(value, removed).split())
    return value if len(value) <= _LONGEST_TITLE else f"{value[: _LONGEST_TITLE - 1]}…"


def _fullest(bodies: Sequence[WebText]) -> tuple[WebText, Sequence[WebText]]:
    """The longest, and the others."""
    if not bodies:
        return _NOTHING, ()
    best = max(range(len(bodies)), key=lambda at: len(bodies[at].value))
    return bodies[best], [one for at, one in enumerate(bodies) if at != best]


def _body(
    body: WebText, context: FileContext, findings: Findings, removed: Counter[str], gallery: Gallery | None
) -> tuple[str | None, tuple[str, ...]]:
    value = body.value
    if len(value) > LONGEST_BODY:
        cause = later("the entry has {count:,} characters (limit: {most:,}); its text is left out").format(
            count=len(value), most=LONGEST_BODY
        )
        findings.error(None, cause, later("Its link leads to the whole."))
        return None, ()
    if body.is_html is False or (body.is_html is None and not _MARKUP.search(value)):
        text = normalize("NFC", without_controls(value.replace("\r\n", "\n").replace("\r", "\n"), removed))
        parts = (" ".join(part.split()) for part in _BLANK_LINES.split(text))
        return None, tuple(part for part in parts if part)
    if gallery is not None and body.base:
        gallery.base = body.base
    seen = as_seen(value, findings, context.struck, base=body.base, gallery=gallery)
    if gallery is not None and gallery.too_many:
        cause = later("it shows more than {most} pictures: {count} are left out").format(
            most=MOST_OF_AN_ENTRY, count=gallery.too_many
        )
        findings.note(None, cause, later("Its link leads to the whole."))
    html = sanitise(seen.html, removed)
    paragraphs = plain_paragraphs(html)
    findings.account(*paragraphs)
    balance(seen.pieces, findings)
    return html, paragraphs


def _beginning(text: str) -> str:
    words = text.split()
    return " ".join(words[:10]) + ("…" if len(words) > 10 else "")  # noqa: PLR2004 – words


def _summary(others: Sequence[WebText], paragraphs: Sequence[str], removed: Counter[str]) -> str:
    """What is told beside the text in short, unless it is how the text begins."""
    whole = fold_words(" ".join(paragraphs))
    for other in others:
        said = plain_title(other, removed)
        begins = fold_words(said.rstrip("…. []"))
        if begins and len(said) <= _LONGEST_SUMMARY and not whole.startswith(begins):
            return said
    return ""


def _author(written: str, removed: Counter[str]) -> str:
    """The name without the mail address."""
    name = _PARENTHESES.sub(" ", _ADDRESS.sub(" ", clean(written, removed)))
    return " ".join(name.split())


def _language(of_entry: str, of_all: str, texts: Sequence[str]) -> str:
    """What the entry says of itself. What all are said to be is often what a program put there: the words of a text
    that are certain say more.
    """
    if of_entry and of_entry != of_all:
        return language_code(of_entry) or ""
    said = language_code(of_all) if of_all else None
    return (certain_language(function_words(texts)) or said or "") if said else ""


# -- Dates.


def _days(found: Sequence[WebEntry], context: FileContext, findings: Findings) -> Mapping[int, date]:
    """The day of each entry that tells one, by its number; the order of day and month is told by all together."""
    own = Findings(context.file)
    read: list[tuple[int, Dated]] = []
    days: dict[int, date] = {}
    for number, one in enumerate(found, 1):
        unread = ""
        for written in one.dates:
            text = " ".join(written.split())
            dated = _recognised(text)
            if isinstance(dated, Dated):
                read.append((number, dated))
            elif isinstance(dated, datetime):
                days[number] = _day_in(dated, context.zone)
            else:
                unread = unread or text
                continue
            break
        else:
            cause = later("it has no date: it gets the day on which it was first met")
            if unread:
                cause = later("its date “{written}” cannot be read: it gets the day on which it was first met")
            own.note(number, cause.format(written=excerpt(unread)))
    days |= zip((number for number, _ in read), settle(read, context.dates, own, context.zone), strict=True)
    for number in [number for number, day in days.items() if day in _UNKNOWN_DAYS]:
        own.note(
            number, later("it is dated 1 January 1970, as programs write that they know no date: it is first met today")
        )
        del days[number]
    findings.problems += (
        replace(one, severity=Severity.NOTE) if one.severity is Severity.WARNING else one for one in own.problems
    )
    return days


def _recognised(text: str) -> Dated | datetime | Impossible | Incomplete | None:
    found = recognise(_ZONE_AT_END.sub(lambda zone: f" {_ZONES[zone[1]]}", text))
    if isinstance(found, Dated):
        return found
    try:
        if _EPOCH.fullmatch(text):
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if len(text) == _MILLISECONDS else seconds, UTC)
        if parts := parsedate_tz(text):
            year, month, day, hour, minute, second = parts[:6]
            zone = timezone(timedelta(seconds=parts[9] or 0))
            return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError, OSError):
        return found
    return found


def _day_in(instant: datetime, zone: tzinfo | None) -> date:
    return (instant if zone is None else instant.astimezone(zone)).date()


def absolute(address: str, base: str) -> str:
    """The address from the base on; empty where they make none."""
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return ""
