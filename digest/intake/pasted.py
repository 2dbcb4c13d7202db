"""A pasted text: how it is read before it lies in the folder of a source, what a person corrects in it, and the file it
becomes. Nothing here overwrites anything.
"""

import errno
import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from enum import Enum, auto
from itertools import count
from pathlib import Path

from digest.errors import CannotWriteError, NothingUsableError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import sync_folder, write_synced
from digest.foundation.words import day, fold_to_ascii
from digest.intake.item import FoundItem
from digest.intake.sources.dates import Dated, recognise
from digest.intake.sources.draft import ItemField, field_named, header
from digest.intake.sources.folder import Folder, text_in
from digest.intake.sources.held_lines import mark_in_name
from digest.intake.sources.language import certain_language, function_words, language_code, language_of_script

TRIAL = "pasted"
LONGEST_SLUG = 50  # characters of a title in a file's name
WORDS = ("title", "date", "language", "summary")  # what may be corrected
LISTS = ("countries", "topics")  # as well, each several words
_FENCE = "---"
_HAS_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)
_TOP_KEY = re.compile(r"[\"']?([^\W\d][\w -]*)[\"']?:")

Corrections = Mapping[str, str | tuple[str, ...]]


class Evidence(Enum):
    """Of the language of an item."""

    SAID = auto()  # by the text
    SETTINGS = auto()  # of the source
    LETTERS = auto()
    WORDS = auto()
    NONE = auto()


class PastedText:
    """A text, and what it would bring as a file of the folder. `told` is the date of a text that does not say it."""

    def __init__(self, folder: Folder, text: str, told: date | None, today: date) -> None:
        self.folder, self.text, self.told, self.today = folder, text, told, today
        self.is_markdown = text.startswith((f"{_FENCE}\n", "# "))
        self._suffix = ".md" if self.is_markdown else ".txt"
        self.written = text
        if told is not None and not self.is_markdown:
            self.written = f"{day(told)}\n\n{text}"
        reading = folder.read_as(f"{told or ''}{TRIAL}{self._suffix}", self.written.encode(), today)
        self.items, self.problems, self.waits = reading.items, reading.problems, reading.waiting

    def lines_of(self, number: int) -> list[str]:
        """From the line with which an item begins to the next item."""
        begins = [(item.place.line or 1) - 1 for item in self.items]
        end = begins[number + 1] if number + 1 < len(begins) else None
        return self.written.split("\n")[begins[number] : end]

    def language_evidence(self, number: int) -> Evidence:
        item = self.items[number]
        texts = (item.text.title, *item.text.paragraphs)
        keys = (_TOP_KEY.match(line) for line in self.lines_of(number))
        if any(found and field_named(found[1]) is ItemField.LANGUAGE for found in keys):
            return Evidence.SAID
        if self.folder.language:
            return Evidence.SETTINGS
        if language_of_script(texts) == item.language:
            return Evidence.LETTERS
        return Evidence.WORDS if certain_language(function_words(texts)) == item.language else Evidence.NONE

    def refuse_useless(self) -> None:
        """Raise `NothingUsableError` when no item would come of it."""
        if not self.items:
            cause = (
                _("it says that it is a draft") if self.waits else _("no item could be read in it; nothing was kept")
            )
            remedy = _("mend it; a date that is missing can be said with --date 2018-08-05")
            raise NothingUsableError(_("the text"), cause, remedy)

    def corrected(self, number: int, corrections: Corrections) -> "PastedText":
        """The text in which one item says this, and everything else what it said. Raise `UsageError` where it would be
        read in any other way.
        """
        if not corrections:
            return self
        if not 0 <= number < len(self.items):
            raise UsageError(str(number + 1), _("there is no such item in the text"), _("have it read again"))
        corrections, item = _plain(corrections), self.items[number]
        wanted = _corrected(item, corrections)
        rewrite = _in_front_matter if self.is_markdown else _in_listing
        text = rewrite(self.written, item, corrections)
        found = PastedText(self.folder, text, self.told if self.is_markdown else None, self.today)
        expected = [*self.items[:number], wanted, *self.items[number + 1 :]]
        if [_content(one) for one in found.items] != [_content(one) for one in expected]:
            raise _not_like_this(item)
        return found

    def keep(self) -> Path:
        """Write it into the folder, whole or not at all, under a name that nothing has."""
        self.refuse_useless()
        path = self.free_path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            while not _put(path, self.written.encode()):
                path = self.free_path()
        except OSError as error:
            remedy = _("look at the folder, then paste the text again")
            raise CannotWriteError(str(path), error.strerror or str(error), remedy) from error
        return path

    def free_path(self) -> Path:
        """A name that says date, title and language, and is not taken."""
        on = max(item.published_on for item in self.items)
        stem = f"{on}-{_slug(self.items[0].text.title)}"
        stem = f"{on}-news" if mark_in_name(f"{stem}{self._suffix}") else stem  # a title such as “… a new draft”
        ending = self._ending(stem)
        names = (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}" for number in count(1))
        return next(path for path in (self.folder.path / name for name in names) if not os.path.lexists(path))

    def _ending(self, stem: str) -> str:
        """With the language, if that changes nothing."""
        languages = {item.language for item in self.items}
        ending = f".{min(languages)}{self._suffix}"
        again = self.folder.read_as(f"{stem}{ending}", self.written.encode(), self.today).items
        same = [_content(item) for item in again] == [_content(item) for item in self.items]
        return ending if len(languages) == 1 and same else self._suffix


def pasted_text(data: bytes) -> str:
    """The text as it will be written: of whatever encoding, with the line ends of the house. Raise
    `NothingUsableError` when there is none.
    """
    lines = text_in(data, _("the text")).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    if not text.strip():
        raise NothingUsableError(_("the text"), _("there is none"), _("pipe it in: digest new < text.txt"))
    return f"{text}\n"


def _content(item: FoundItem) -> FoundItem:
    """All of it but for where it stands."""
    return replace(item, place=replace(item.place, file="", line=None))


def _slug(title: str) -> str:
    """`New hub opens in Petén!` becomes `new-hub-opens-in-peten`."""
    slug = ""
    for word in fold_to_ascii(title).replace("?", " ").split():
        if len(slug) + len(word) >= LONGEST_SLUG:
            break
        slug = f"{slug}-{word}" if slug else word
    return slug or "news"


def _put(path: Path, content: bytes) -> bool:
    """Whether it was put there: `False` when something else has the name by now."""
    passing = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        write_synced(passing, content, is_new=True)
        try:
            path.hardlink_to(passing)
        except OSError as error:
            if error.errno not in _HAS_NO_LINKS:
                raise
            _write_new(path, content)
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            passing.unlink()
    sync_folder(path.parent)
    return True


def _write_new(path: Path, content: bytes) -> None:
    """On a file system that knows one name of a file alone, such as a memory stick's."""
    try:
        write_synced(path, content, is_new=True)
    except FileExistsError:
        raise
    except OSError:
        path.unlink(missing_ok=True)
        raise


# -- What a person says otherwise: written where a person would write it.


def _plain(corrections: Corrections) -> Corrections:
    """Each text in one line."""
    return {
        field: " ".join(said.split()) if isinstance(said, str) else tuple(" ".join(one.split()) for one in said)
        for field, said in corrections.items()
    }


def _corrected(item: FoundItem, corrections: Corrections) -> FoundItem:
    """Raise `UsageError` for what cannot be said of an item."""
    if not corrections.get("title", item.text.title):
        raise UsageError("title", _("it is empty"), _("write one"))
    said = {field: value for field, value in corrections.items() if isinstance(value, str)}
    lists = {field: value for field, value in corrections.items() if isinstance(value, tuple)}
    text = item.text
    if "title" in said:
        text = replace(text, title=said["title"])
    if "summary" in said:
        text = replace(text, summary=said["summary"] or None)
    return replace(
        item,
        text=text,
        published_on=_date(said["date"]) if "date" in said else item.published_on,
        language=_language(said["language"]) if "language" in said else item.language,
        countries=lists.get("countries", item.countries),
        topics=lists.get("topics", item.topics),
    )


def _date(said: str) -> date:
    found = recognise(said)
    if not isinstance(found, Dated):
        raise UsageError(said, _("is no date"), _("write it as in 2018-08-05"))
    return found.day


def _language(said: str) -> str:
    code = language_code(said)
    if code is None:
        raise UsageError(said, _("is no language that is known"), _("write a code such as en, es or ar"))
    return code


def _not_like_this(item: FoundItem) -> UsageError:
    cause = _("the text would not be read like that afterwards; nothing was changed")
    return UsageError(item.text.title, cause, _("correct it in the text itself, then have it read again"))


def _in_listing(text: str, item: FoundItem, corrections: Corrections) -> str:
    """The line of the date, the line of the title, and under it lines such as `Countries: Guatemala`."""
    lines = text.split("\n")
    begin = (item.place.line or 1) - 1
    titles = (at for at in range(begin, len(lines)) if " ".join(lines[at].split()) == item.text.title)
    at = next(titles, None)
    if at is None:  # it is broken into lines, or was cleaned
        raise _not_like_this(item)
    end = at + 1
    while end < len(lines) and header(lines[end]):
        end += 1
    known = [line for line in lines[at + 1 : end] if (found := header(line)) and found.field not in corrections]
    for field, value in corrections.items():
        if field not in ("title", "date") and value != "":
            known.append(f"{field.capitalize()}: {value if isinstance(value, str) else ', '.join(value) or ','}")
    title = corrections.get("title", lines[at])
    before = lines[:at]
    if "date" in corrections:
        written = day(_date(str(corrections["date"])))
        stands = isinstance(recognise(lines[begin]), Dated) and begin < at
        before = [*lines[:begin], written, *lines[begin + 1 : at]] if stands else [*before, written, ""]
    return "\n".join([*before, str(title), *known, *lines[end:]])


def _in_front_matter(text: str, item: FoundItem, corrections: Corrections) -> str:
    """The keys of the YAML at the top, which is put there if there is none."""
    lines = text.split("\n")
    front, body = list[str](), lines
    if lines[0] == _FENCE:
        end = next((at for at in range(1, len(lines)) if lines[at] == _FENCE), None)
        if end is None:
            raise _not_like_this(item)
        front, body = lines[1:end], lines[end + 1 :]
    kept, is_kept = list[str](), True
    for line in front:
        if found := _TOP_KEY.match(line):
            is_kept = field_named(found[1]) not in corrections
        if is_kept:
            kept.append(line)
    if "title" in corrections:
        body = [line for line in body if line != f"# {item.text.title}"]
    if not front and "date" not in corrections:
        kept.append(f"{ItemField.DATE}: {item.published_on}")
    said = {field: list(value) if isinstance(value, tuple) else value for field, value in corrections.items()}
    kept += [f"{field}: {json.dumps(value, ensure_ascii=False)}" for field, value in said.items() if value != ""]
    return "\n".join([_FENCE, *kept, _FENCE, *([] if front else [""]), *body])
