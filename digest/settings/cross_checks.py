"""Checks across `digest.yaml`: names that must exist elsewhere in it, languages that must be covered, codes.

They look at the file as it was written and pass over what has the wrong shape (pydantic says that), so that one
reading finds all mistakes.
"""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from os.path import normpath
from pathlib import PurePosixPath
from typing import Any

from digest.foundation.mistakes import Mistake
from digest.foundation.names import COUNTRY
from digest.foundation.values import country_code, language_name, slug
from digest.foundation.words import did_you_mean, listed, quoted
from digest.newsletters.settings import AudienceKeys, schedule_mistakes

Path = tuple[str | int, ...]
FEW = 12
_RULES = ("countries", "topics", "sources", "languages")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTags:
    """What exists outside the file. `None`: nobody knows, so nothing is checked."""

    languages: Collection[str]
    countries: AbstractSet[str] | None
    topics: AbstractSet[str] | None


def cross_checks(written: Mapping[str, Any], known: KnownTags) -> Iterator[Mistake]:
    """`written` is the file as plain data."""
    sources, audiences, newsletters = (_mapping(written.get(name)) for name in ("sources", "audiences", "newsletters"))
    for section, things in ("sources", sources), ("audiences", audiences), ("newsletters", newsletters):
        yield from _names(section, things)
    yield from _languages(("publisher", "name"), _mapping(written.get("publisher")).get("name"), known)
    yield from _brand(_mapping(_mapping(written.get("publisher")).get("brand")), known)
    yield from _sources(sources, known)
    monitoring = _mapping(written.get("monitoring"))
    if None not in (monitoring.get("ping"), monitoring.get("ping_file")):
        yield Mistake(("monitoring", "ping_file"), "stands beside 'ping'; take one of them out", at_key=True)
    for name, audience in audiences.items():
        if isinstance(audience, dict):
            yield from _audience(("audiences", name), audience, sources, known)
    for name, newsletter in newsletters.items():
        yield from _newsletter(("newsletters", name), _mapping(newsletter), audiences, known)
    for path, (text, languages) in _texts_wanted(written, audiences, newsletters).items():
        lacking = [
            language_name(language)
            for language in dict.fromkeys(languages)
            if language in known.languages and _lacks(text, language)
        ]
        if lacking:
            yield Mistake(path, f"lacks {listed(lacking, 'and')}")


def _names(section: str, things: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in things:
        try:
            slug(name)
        except ValueError as error:
            yield Mistake((section, name), f"the name {error}", at_key=True)


def _brand(brand: Mapping[str, Any], known: KnownTags) -> Iterator[Mistake]:
    path = ("publisher", "brand")
    for key in ("accent", "accent_dark"):
        if key in brand and brand[key] is None:  # what follows a bare '#' is a comment, and nobody would notice
            yield Mistake((*path, key), "is empty; a colour stands in quotes, as in '#0b5a64'", at_key=True)
    yield from _languages((*path, "footer"), brand.get("footer"), known)
    yield from _languages((*path, "logo", "alt"), _mapping(brand.get("logo")).get("alt"), known)


def _sources(sources: Mapping[str, Any], known: KnownTags) -> Iterator[Mistake]:
    folders: list[tuple[PurePosixPath, str]] = []
    for name, source in sources.items():
        language = _mapping(source).get("language")
        yield from _unknown(("sources", name, "language"), language, "language", known.languages)
        path = source if isinstance(source, str) else _mapping(source).get("path")
        if isinstance(path, str):
            folders.append((PurePosixPath(normpath(path.strip())), name))
    yield from _folders_read_twice(folders)


def _folders_read_twice(folders: list[tuple[PurePosixPath, str]]) -> Iterator[Mistake]:
    """Sources read their sub-folders too."""
    reader: dict[PurePosixPath, str] = {}
    for folder, name in sorted(folders, key=lambda named: named[0].parts):
        above = [*folder.parents] if folder.parts[:1] != ("..",) else [*folder.parents][:-1]
        other = next((reader[one] for one in (folder, *above) if one in reader), None)
        if other is not None:
            yield Mistake(("sources", name, "path"), f"the source {quoted(other)} reads this folder already")
        reader.setdefault(folder, name)


def _audience(path: Path, audience: Mapping[str, Any], sources: Collection[str], known: KnownTags) -> Iterator[Mistake]:
    asked = [field for field in _RULES if audience.get(field)]
    if audience.get("everything") is True and asked:
        yield Mistake((*path, asked[0]), "has no effect beside 'everything: true'; take one of them out", at_key=True)
    elif not asked and audience.get("everything") in (None, False) and audience.keys() <= {*AudienceKeys.names()}:
        yield Mistake(
            path, "has no rule: add countries, topics, sources or languages, or 'everything: true'", at_key=True
        )
    yield from _languages((*path, "title"), audience.get("title"), known)
    for place, rule in (path, audience), ((*path, "exclude"), _mapping(audience.get("exclude"))):
        yield from _countries((*place, "countries"), rule.get("countries"), known.countries)
        yield from _unknown((*place, "topics"), rule.get("topics"), "topic", known.topics)
        yield from _unknown((*place, "sources"), rule.get("sources"), "source", sources)
        yield from _unknown((*place, "languages"), rule.get("languages"), "language", known.languages)


def _newsletter(
    path: Path, newsletter: Mapping[str, Any], audiences: Collection[str], known: KnownTags
) -> Iterator[Mistake]:
    yield from _unknown((*path, "audiences"), newsletter.get("audiences"), "audience", audiences)
    yield from _unknown((*path, "languages"), newsletter.get("languages"), "language", known.languages)
    yield from _languages((*path, "title"), newsletter.get("title"), known)
    yield from _languages((*path, "from"), newsletter.get("from"), known)
    yield from _reviewers(path, newsletter)
    yield from schedule_mistakes(path, newsletter)


def _reviewers(path: Path, newsletter: Mapping[str, Any]) -> Iterator[Mistake]:
    own = [name for _, name in _texts(newsletter.get("audiences"))]
    reviewers = _mapping(newsletter.get("reviewers"))
    for name in reviewers:
        yield from _unknown((*path, "reviewers", name), name, "audience of this newsletter", own, at_key=True)
    if not reviewers and newsletter.get("then") in ("send", "skip", "leave-out"):
        yield Mistake((*path, "then"), "has no effect without 'reviewers'; take it out", at_key=True)


def _texts_wanted(
    written: Mapping[str, Any], audiences: Mapping[str, Any], newsletters: Mapping[str, Any]
) -> dict[Path, tuple[object, list[str]]]:
    """Every text that newsletters show, with the languages of those newsletters."""
    wanted: dict[Path, tuple[object, list[str]]] = {}
    for name, newsletter in newsletters.items():
        settings = _mapping(newsletter)
        publisher = _mapping(written.get("publisher"))
        brand = _mapping(publisher.get("brand"))
        texts: dict[Path, object] = {
            ("publisher", "name"): publisher.get("name"),
            ("publisher", "brand", "footer"): brand.get("footer"),
            ("publisher", "brand", "logo", "alt"): _mapping(brand.get("logo")).get("alt"),
            ("newsletters", name, "title"): settings.get("title"),
            ("newsletters", name, "from"): settings.get("from"),
        }
        for _, audience in _texts(settings.get("audiences")):
            texts["audiences", audience, "title"] = _mapping(audiences.get(audience)).get("title")
        for path, text in texts.items():
            languages = [language for _, language in _texts(settings.get("languages"))]
            wanted.setdefault(path, (text, []))[1].extend(languages)
    return wanted


def _lacks(text: object, language: str) -> bool:
    return isinstance(text, dict) and text.get(language) is None


def _languages(path: Path, text: object, known: KnownTags) -> Iterator[Mistake]:
    """The keys of {en: …, es: …}."""
    for language in _mapping(text):
        yield from _unknown((*path, language), language, "language", known.languages, at_key=True)


def _countries(path: Path, written: object, known: AbstractSet[str] | None) -> Iterator[Mistake]:
    for position, code in _texts(written):
        if COUNTRY.fullmatch(code) is None or (known is not None and code not in known):
            meant = country_code(code, known)
            hint = f", did you mean '{meant}'?" if meant else ": write two capital letters, such as GT"
            yield Mistake((*path, position), f"{quoted(code)} is no country code{hint}")


def _unknown(
    path: Path, written: object, what: str, known: Collection[str] | None, *, at_key: bool = False
) -> Iterator[Mistake]:
    for position, name in _texts(written):
        if known is not None and name not in known:
            few = f"; there is {listed(sorted(known), 'and')}" if 0 < len(known) <= FEW else ""
            said = f"there is no {what} {quoted(name)}{did_you_mean(name, known) or few}"
            yield Mistake(path if at_key else (*path, position), said, at_key)


def _mapping(written: object) -> Mapping[str, Any]:
    return written if isinstance(written, dict) else {}


def _texts(written: object) -> list[tuple[int, str]]:
    """The texts of a list, with their positions; a text alone is a list of one."""
    values = written if isinstance(written, list) else [written]
    return [(position, value) for position, value in enumerate(values) if isinstance(value, str)]
