"""Makes items of drafts: reads their fields, settles their language, and reports every doubt."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.problems import Place, Problem
from digest.foundation.words import excerpt
from digest.intake.item import FoundItem, Text
from digest.intake.sources.album import NOT_ALLOWED
from digest.intake.sources.cleaning import described
from digest.intake.sources.draft import Fields, FileContext, Findings, ItemDraft, ItemField, Said
from digest.intake.sources.language import certain_language, function_words, language_code, language_of_script
from digest.intake.sources.link_addresses import CleanAddress, clean_address, cleaned_text, without_user

_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f<>\"\\^`{|}]")


class FileReading(NamedTuple):
    """All that one file brought. `waiting`: it brings no item yet, being a draft; `held` is what else says so. From the
    day `until` on the same file may bring something else.
    """

    items: tuple[FoundItem, ...]
    problems: tuple[Problem, ...]
    waiting: bool = False
    held: str = ""
    until: date | None = None


def found_items(
    drafts: Sequence[ItemDraft], context: FileContext, findings: Findings, file_language: str | None = None
) -> tuple[FoundItem, ...]:
    """One item per draft. `file_language` is what the file says of itself; it beats the settings."""
    languages = _languages(drafts, context, findings, file_language or context.language)
    return tuple(
        _found_item(draft, language, context, findings) for draft, language in zip(drafts, languages, strict=True)
    )


def _found_item(draft: ItemDraft, language: str, context: FileContext, findings: Findings) -> FoundItem:
    fields, told = draft.fields, set[str]()

    def tell(written: str, clean: CleanAddress) -> None:
        if written not in told:
            told.add(written)
            _tell_cleaned(draft.line, later("an address in the text"), written, clean, findings)

    if draft.removed:
        cause = later("removed characters that steer the display or mean nothing: {characters}").format(
            characters=described(draft.removed)
        )
        findings.warning(draft.line, cause, later("Type the text anew if something is missing."))
    if draft.published_on > context.today:
        cause = later("the date {day:%-d %B %Y} is in the future").format(day=draft.published_on)
        findings.warning(draft.line, cause, later("Correct the date, unless it is meant."))
    if not draft.paragraphs:
        findings.warning(
            draft.line, later("this item has a title and no text"), later("Write at least one paragraph under it.")
        )
    image = _image(fields, context, findings)
    image_alt = _single(fields, ItemField.IMAGE_ALT, findings)
    if image and not image_alt:
        cause = later("the image has no text for readers who cannot see it")
        findings.warning(
            fields[ItemField.IMAGE].line, cause, later("Say in a few words what the image shows (image text).")
        )
    return FoundItem(
        source=context.source,
        place=Place(context.file, draft.line),
        published_on=draft.published_on,
        language=language,
        text=Text(
            title=draft.title,
            paragraphs=tuple(cleaned_text(paragraph, tell) for paragraph in draft.paragraphs),
            html=draft.html and cleaned_text(draft.html, tell, is_html=True),
            summary=cleaned_text(_single(fields, ItemField.SUMMARY, findings) or "", tell) or None,
            link=_address(fields, ItemField.LINK, ("https", "http"), findings),
            image=image,
            image_alt=image_alt,
            author=_author(fields),
        ),
        given_id=_single(fields, ItemField.ID, findings),
        translation_of=_single(fields, ItemField.TRANSLATION_OF, findings),
        countries=_several(fields.get(ItemField.COUNTRIES)),
        topics=_several(fields.get(ItemField.TOPICS)),
        categories=draft.categories,
    )


def _image(fields: Fields, context: FileContext, findings: Findings) -> str | None:
    """An https address, or the picture file beside the text that is named."""
    value = _single(fields, ItemField.IMAGE, findings)
    if value is None or "://" in value or _is_web_address(value, ("https",)):
        return _address(fields, ItemField.IMAGE, ("https",), findings)
    line = fields[ItemField.IMAGE].line
    if context.album is None:
        findings.warning(line, later("image: “{value}” is no web address; left out").format(value=value), NOT_ALLOWED)
        return None
    try:
        return context.album.take_beside(value, context.file).address
    except NothingUsableError as error:
        findings.warning(line, later("image: {cause}; left out").format(cause=error.cause), error.remedy)
        return None


def _single(fields: Fields, field: ItemField, findings: Findings) -> str | None:
    said = fields.get(field)
    if said is None:
        return None
    if isinstance(said.value, str):
        return said.value or None
    findings.warning(
        said.line, later("{field} takes one value, not a list; left out").format(field=field), later("Write one value.")
    )
    return None


def _author(fields: Fields) -> str | None:
    said = fields.get(ItemField.AUTHOR)
    if said is None:
        return None
    return (said.value if isinstance(said.value, str) else ", ".join(said.value)) or None


def _several(said: Said | None) -> tuple[str, ...] | None:
    """A list as written; an empty value says nothing, an empty list says "none"."""
    if said is None or said.value == "":
        return None
    if isinstance(said.value, tuple):
        return said.value
    parts = (part.strip() for part in said.value.replace(";", ",").split(","))
    return tuple(part for part in parts if part)


def _address(fields: Fields, field: ItemField, schemes: tuple[str, ...], findings: Findings) -> str | None:
    written = _single(fields, field, findings)
    if written is None:
        return None
    line, clean = fields[field].line, clean_address(written)
    if clean.fault or _is_web_address(clean.address, schemes):
        if clean.fault or clean.changed:
            _tell_cleaned(line, str(field), written, clean, findings)
        return clean.address or None
    cause = later("{field}: “{written}” is no complete web address; left out").format(field=field, written=written)
    findings.warning(line, cause, later("Write the whole address, from {scheme}:// on.").format(scheme=schemes[0]))
    return None


def _tell_cleaned(line: int, what: str, written: str, clean: CleanAddress, findings: Findings) -> None:
    """Without what nobody else is to read."""
    if clean.fault:
        cause = later("{what}: “{written}”: {fault}; left out").format(
            what=what, written=excerpt(without_user(written)), fault=clean.fault
        )
        findings.error(line, cause, later("Write the address under which everybody finds the page."))
    else:
        cause = later("{what} leads through another: {through} was taken off; it is “{address}”").format(
            what=what, through=clean.changed, address=excerpt(clean.address)
        )
        findings.note(line, cause, later("Copy addresses from the address bar of the browser."))


def _is_web_address(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether the text is one complete address with one of the schemes, a host, and no character that breaks out."""
    if _FORBIDDEN.search(text):
        return False
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def _languages(drafts: Sequence[ItemDraft], context: FileContext, findings: Findings, stated: str | None) -> list[str]:
    languages: list[str] = []
    guesses: list[Counter[str]] = []
    for draft in drafts:
        language = _said_language(draft, findings) or stated or ""
        if not language:
            language = language_of_script((draft.title, *draft.paragraphs)) or ""
        if not language:
            hits = function_words((draft.title, *draft.paragraphs))
            guesses.append(hits)
            language = certain_language(hits) or ""
        languages.append(language)
    if "" not in languages:
        return languages
    of_file = certain_language(sum(guesses, Counter()))
    chosen = of_file or context.fallback_language
    cause = later(
        "the language of this item is not certain; taken as “{language}”, as the settings say for such a case"
    )
    if of_file:
        cause = later("the language of this item is not certain; taken as “{language}”, as the rest of the file")
    for draft, language in zip(drafts, languages, strict=True):
        if not language:
            findings.warning(
                draft.line,
                cause.format(language=chosen),
                later(
                    "Write “Language: {chosen}” (or another) under its title, or name the file like news.{chosen}.txt."
                ).format(chosen=chosen),
            )
    return [language or chosen for language in languages]


def _said_language(draft: ItemDraft, findings: Findings) -> str | None:
    said = draft.fields.get(ItemField.LANGUAGE)
    if said is None or not said.value:
        return None
    code = language_code(said.value) if isinstance(said.value, str) else None
    if code is None:
        cause = later("the language “{value}” is not known; it is found out from the text instead").format(
            value=said.value
        )
        findings.warning(said.line, cause, later("Write a code such as en, es or ar."))
    return code
