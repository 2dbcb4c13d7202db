"""Stubs for translations: files to fill in, for the stories of an edition that lack one of its languages."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.planning import candidates
from digest.errors import CannotWriteError, UsageError
from digest.model.edition import Ruling
from digest.model.item import Item
from digest.model.newsletter import Newsletter
from digest.model.period import Period

if TYPE_CHECKING:
    from digest.app.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """A file to fill in; not `new`: it was there already and was not touched."""

    path: Path
    title: str
    language: str
    new: bool


def write_stubs(
    workspace: "Workspace", newsletter: Newsletter, period: Period, language: str | None = None
) -> list[Stub]:
    """One file per story that the edition includes and language that it lacks; no file is ever overwritten."""
    if language is not None and language not in newsletter.languages:
        raise UsageError(
            language, "the newsletter has no such language", f"name one of: {', '.join(newsletter.languages)}"
        )
    wanted = [language] if language else newsletter.languages
    return [
        _write(workspace, candidate.story.in_language(newsletter.languages[0]), lacking)
        for candidate in candidates(workspace, newsletter, period)
        if candidate.verdict.ruling is Ruling.INCLUDED
        for lacking in wanted
        if lacking not in candidate.story.languages
    ]


def _write(workspace: "Workspace", item: Item, language: str) -> Stub:
    from digest.sources.stubs import stub, stub_name

    path = _folder(workspace, item) / stub_name(item, language)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(stub(item, language))
    except FileExistsError:
        return Stub(path=path, title=item.text.title, language=language, new=False)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), "make the folder writable") from error
    return Stub(path=path, title=item.text.title, language=language, new=True)


def _folder(workspace: "Workspace", item: Item) -> Path:
    """That of the item's source; of the first source that is a folder when the item's own is none."""
    from digest.config.settings import SourceKind, SourceSettings

    folders: Sequence[SourceSettings] = [s for s in workspace.settings.sources if s.kind is SourceKind.FOLDER]
    for source in sorted(folders, key=lambda source: source.name != item.source):
        return source.path
    raise UsageError("sources", "no source is a folder", "add one to digest.yaml, to write translations into")
