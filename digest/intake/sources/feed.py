"""Feeds: RSS of all versions and Atom, as feedparser reads them, and JSON Feed 1 and 1.1."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import Any

import feedparser
from feedparser.encodings import convert_to_utf8

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.readers import MOST_ENTRIES, Entries, SourceDocument
from digest.intake.sources.web_entries import WebEntry, WebText, absolute, entries_of, plain_title
from digest.intake.sources.web_pictures import WebPicture, absolute_picture, shows_nothing

_HTML = ("text/html", "application/xhtml+xml")
_DATES = ("published", "created", "updated")
_TEXT = "text/plain"
_WEB_PAGE = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE)
_DECLARES = re.compile(rb"<!DOCTYPE[^>\[]*\[.*?<!ENTITY", re.IGNORECASE | re.DOTALL)
_BEGINS = re.compile(rb"<(item|entry)\b(?!/)", re.IGNORECASE)
_HEAD = 4096
_BOM = b"\xef\xbb\xbf"
_JSON_VERSION = "jsonfeed.org/version/"
_FIND_IT = later("Find its address with: digest sources add ADDRESS")
_LINK = re.compile(rb"<(?:link|base)\b[^>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_MOST_NAMED = 5
_MOST_DIGITS = 6
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp)(?:$|[?#])", re.IGNORECASE)


def read_feed(document: SourceDocument, context: FileContext, findings: Findings) -> Entries:
    if _looks_like_json(document.body):
        return _read_json_feed(document, context, findings)
    data = _in_utf8(document, context)
    data = _cut(data, findings)
    parsed = feedparser.parse(
        io.BytesIO(data),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": document.address,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version") and not parsed.entries:
        if _WEB_PAGE.search(data[:_HEAD]):
            raise NothingUsableError(context.file, later("this is a web page, and no feed"), _FIND_IT)
        if not data.strip():
            raise NothingUsableError(
                context.file, later("the server gave nothing"), later("Look at its address in a browser.")
            )
        raise NothingUsableError(context.file, later("this is no feed"), _FIND_IT)
    if parsed.bozo and not isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride):
        said = str(parsed.bozo_exception).replace("<unknown>:", "")
        cause = later("the XML is broken ({cause}); what can be read of it is").format(cause=said[:80])
        findings.warning(None, cause, later("Tell whoever runs it."))
    language = str(parsed.feed.get("language", ""))
    entries = [_entry(one, document.address, language) for one in parsed.entries]
    return Entries(entries_of(entries, context, findings, language), language)


def _in_utf8(document: SourceDocument, context: FileContext) -> bytes:
    """Whatever it says of its letters. Raise `NothingUsableError` for one that declares entities: none needs them."""
    said = {"content-type": document.content_type} if document.content_type else {}
    data: bytes = convert_to_utf8(said, document.body, {"headers": {}}) if document.body.strip() else b""
    if _DECLARES.search(data):
        cause = later("it declares entities, which no feed needs: it is not opened")
        raise NothingUsableError(context.file, cause, later("Tell whoever runs it."))
    return data


def _cut(data: bytes, findings: Findings) -> bytes:
    """Without what is beyond the first entries, so that nobody can make us read for minutes."""
    begins = [found.start() for _, found in zip(range(MOST_ENTRIES + 1), _BEGINS.finditer(data), strict=False)]
    if len(begins) <= MOST_ENTRIES:
        return data
    name = data[begins[-1] + 1 : begins[-1] + 6].rstrip(b" >\t\r\n").lower()
    end = data.rfind(b"</" + (b"entry" if name.startswith(b"entry") else b"item") + b">")
    if end < begins[-1]:
        return data[: begins[-1]]
    findings.warning(
        None,
        later("it has more than {most} entries; the first {most} are read").format(most=MOST_ENTRIES),
        later("Name an address that gives the latest news only."),
    )
    return data[: begins[-1]] + data[data.index(b">", end) + 1 :]


def _entry(one: Mapping[str, Any], address: str, language: str) -> WebEntry:
    title = one.get("title_detail") or {}
    own_language = next((str(said) for said in _languages(one) if said), "")
    return WebEntry(
        id=str(one.get("id", "")),
        link=absolute(str(one.get("link", "")), address) if one.get("link") else "",
        title=WebText(str(one.get("title", "")), None if title.get("type") not in _HTML else True),
        bodies=[*_bodies(one, address)],
        dates=[str(one[name]) for name in _DATES if name in one],
        author=_author(one),
        categories=[str(tag.get("label") or tag.get("term") or "") for tag in one.get("tags", ())],
        language=own_language if own_language != language else "",
        image=_image(one, address),
    )


def _bodies(one: Mapping[str, Any], address: str) -> Iterator[WebText]:
    told = [*one.get("content", ())]
    if detail := one.get("summary_detail"):
        told.append(detail)
    for detail in told:
        kind = str(detail.get("type", ""))
        if kind in (*_HTML, _TEXT, ""):
            is_html = True if kind in _HTML else None
            yield WebText(str(detail.get("value", "")), is_html, str(detail.get("base") or address))


def _languages(one: Mapping[str, Any]) -> Iterator[object]:
    for detail in (*one.get("content", ()), one.get("title_detail") or {}, one.get("summary_detail") or {}):
        yield detail.get("language")


def _author(one: Mapping[str, Any]) -> str:
    names = [str(author.get("name", "")) for author in one.get("authors", ()) if author.get("name")]
    return ", ".join(dict.fromkeys(names)) or str(one.get("author", ""))


def _image(one: Mapping[str, Any], base: str) -> WebPicture | None:
    """The picture of an entry, and what it shows in words, wherever it is told."""
    for media in _pictures(one):
        address = absolute_picture(str(media.get("url") or media.get("href") or ""), base)
        said = {"src": address, **{name: str(media[name]) for name in ("width", "height") if name in media}}
        if address and not shows_nothing(said):
            alt = media.get("alt") or media.get("title") or one.get("media_description") or ""
            return WebPicture(address, plain_title(WebText(str(alt)), Counter()))
    return None


def _pictures(one: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The largest first, as far as they say."""
    media = [m for m in one.get("media_content", ()) if _is_picture(m.get("medium"), m.get("type"), m.get("url"))]
    enclosed = [e for e in one.get("enclosures", ()) if _is_picture("", e.get("type"), e.get("href"))]
    media.sort(key=lambda one: -_pixels(one.get("width")))
    return [*media, *enclosed, *filter(None, [one.get("image")]), *one.get("media_thumbnail", ())]


def _pixels(written: object) -> int:
    return int(said) if (said := str(written)).isdecimal() and len(said) < _MOST_DIGITS else 0


def _is_picture(medium: object, kind: object, address: object) -> bool:
    if medium or kind:
        return medium == "image" or str(kind or "").startswith("image/")
    return _PICTURE_FILE.search(str(address)) is not None


def feeds_named(document: SourceDocument) -> Sequence[str]:
    """The addresses of the feeds that a web page says it has, the one it names first at first."""
    base, found = document.address, []
    for link in _LINK.findall(document.body):
        written = _ATTRIBUTE.findall(link.decode("utf-8", "replace"))
        said = {name.lower(): unescape(value.strip("\"'")) for name, value in written}
        if link[1:5].lower() == b"base":
            base = absolute(said.get("href", ""), document.address) or base
        elif "alternate" in said.get("rel", "").lower().split() and said.get("type", "").lower() in _FEED_TYPES:
            found.append(absolute(said.get("href", ""), base))
    return [*dict.fromkeys(filter(None, found))][:_MOST_NAMED]


# -- JSON Feed: https://www.jsonfeed.org/version/1.1/.


def _looks_like_json(body: bytes) -> bool:
    return body.removeprefix(_BOM).lstrip()[:1] in (b"{", b"[")


def _read_json_feed(document: SourceDocument, context: FileContext, findings: Findings) -> Entries:
    try:
        told = json.loads(document.body.removeprefix(_BOM).decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise NothingUsableError(
            context.file, later("its JSON is broken: {cause}").format(cause=str(error)), later("Tell whoever runs it.")
        ) from error
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        raise NothingUsableError(
            context.file, later("this is JSON, and no JSON Feed"), later("Find its feed in a browser.")
        )
    if _JSON_VERSION not in _text(told.get("version")):
        findings.note(None, later("it does not say which version of JSON Feed it is"))
    language = _text(told.get("language"))
    base = _text(told.get("home_page_url")) or document.address
    entries = [_json_entry(one, base) for one in told["items"][: MOST_ENTRIES + 1] if isinstance(one, dict)]
    if wrong := sum(not isinstance(one, dict) for one in told["items"]):
        findings.warning(
            None, later("{count} of its items are none; left out").format(count=wrong), later("Tell whoever runs it.")
        )
    return Entries(entries_of(entries, context, findings, language), language or None)


def _json_entry(one: dict[str, Any], base: str) -> WebEntry:
    link = _text(one.get("url")) or _text(one.get("external_url"))
    html, text, summary = (_text(one.get(name)) for name in ("content_html", "content_text", "summary"))
    body = WebText(html, is_html=True, base=link or base) if html else WebText(text, is_html=False)
    return WebEntry(
        id=_text(one.get("id")),
        link=absolute(link, base) if link else "",
        title=WebText(_text(one.get("title"))),
        bodies=[one for one in (body, WebText(summary, is_html=False)) if one.value],
        dates=[*filter(None, (_text(one.get("date_published")), _text(one.get("date_modified"))))],
        author=", ".join(_json_authors(one)),
        categories=[_text(tag) for tag in _list(one.get("tags"))],
        language=_text(one.get("language")),
        image=_json_image(one, base),
    )


def _json_image(one: dict[str, Any], base: str) -> WebPicture | None:
    attached = [e for e in _list(one.get("attachments")) if isinstance(e, dict)]
    pictures = [e for e in attached if _text(e.get("mime_type")).startswith("image/")]
    told = [(one.get("image"), ""), (one.get("banner_image"), ""), *((e.get("url"), e.get("title")) for e in pictures)]
    for written, title in told:
        address = absolute_picture(_text(written), base)
        if address and not shows_nothing({"src": address}):
            return WebPicture(address, plain_title(WebText(_text(title)), Counter()))
    return None


def _json_authors(one: dict[str, Any]) -> Iterator[str]:
    for author in (*_list(one.get("authors")), one.get("author")):
        if isinstance(author, dict) and (name := _text(author.get("name"))):
            yield name


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    """A number as an id is a text, as people write it; nothing else is."""
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""
