"""Stubs for translations: Markdown files to fill in, for the stories of an edition that lack one of its languages.

They are drafts: no item until a person says so.
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.editions.plans.planning import Plans
from digest.errors import CannotWriteError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.names import dashed
from digest.foundation.words import fold_letters
from digest.intake.item import Item
from digest.intake.settings import SourceKind, SourceSettings
from digest.newsletters.edition import Ruling
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period

LONGEST_NAME = 40
_END_OF_COMMENT = re.compile(r"--(!?>)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """A file to fill in; not `new`: it was there already and was not touched."""

    path: Path
    title: str
    language: str
    new: bool


def write_stubs(
    plans: Plans,
    sources: Sequence[SourceSettings],
    newsletter: Newsletter,
    period: Period,
    language: str | None = None,
) -> list[Stub]:
    """One file per story that the edition includes and language that it lacks; no file is ever overwritten."""
    if language is not None and language not in newsletter.languages:
        raise UsageError(
            language,
            _("the newsletter has no such language"),
            _("name one of: {languages}").format(languages=", ".join(newsletter.languages)),
        )
    wanted = [language] if language else newsletter.languages
    return [
        _write(sources, candidate.story.in_language(newsletter.languages[0]), lacking)
        for candidate in plans.candidates(newsletter, period)
        if candidate.verdict.ruling is Ruling.INCLUDED
        for lacking in wanted
        if lacking not in candidate.story.languages
    ]


def _write(sources: Sequence[SourceSettings], item: Item, language: str) -> Stub:
    path = _folder(sources, item) / stub_name(item, language)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(stub(item, language))
    except FileExistsError:
        return Stub(path=path, title=item.text.title, language=language, new=False)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the folder writable")) from error
    return Stub(path=path, title=item.text.title, language=language, new=True)


def _folder(sources: Sequence[SourceSettings], item: Item) -> Path:
    """That of the item's source; of the first source that is a folder when the item's own is none."""
    folders = [(s.name, s.path) for s in sources if s.kind is SourceKind.FOLDER and s.path is not None]
    for _name, path in sorted(folders, key=lambda named: named[0] != item.source):
        return path
    raise UsageError("sources", _("no source is a folder"), _("add one to digest.yaml, to write translations into"))


def stub_name(item: Item, language: str) -> str:
    """`2018-07-06-shelter-opens-1a2b3c4d.es.md`: the same for the same item, another for every other."""
    title = dashed(fold_letters(item.text.title), LONGEST_NAME)
    return "-".join(part for part in (item.published_on.isoformat(), title, item.id[:8]) if part) + f".{language}.md"


def stub(item: Item, language: str) -> str:
    """The file for the translation of `item`, with its text in a comment, which no reader sees."""
    lines = [
        "---",
        "draft: true  # take this line out when the text is ready",
        "title:",
        f"language: {language}",
        f"date: {item.published_on.isoformat()}",
        f"translation_of: {json.dumps(item.given_id or item.text.title, ensure_ascii=False)}",
        "---",
        "",
        "<!-- The original, to translate from; what stands in this comment is shown to nobody. Write below it.",
        "",
        *_original(item),
        "-->",
        "",
    ]
    return "\n".join(lines)


def _original(item: Item) -> list[str]:
    parts = [item.text.title, *((item.text.summary,) if item.text.summary else ()), *item.text.paragraphs]
    return [line for part in parts for line in (_END_OF_COMMENT.sub(r"-- \1", part), "")]
