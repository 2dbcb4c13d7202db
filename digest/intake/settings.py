"""`sources:` in `digest.yaml`: where the news comes from."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from os.path import normpath
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from digest.foundation.mistakes import Mistake, bad_names, mapping, unknown
from digest.foundation.values import FilePath, Keys, Line, only_for_now
from digest.foundation.words import quoted
from digest.intake.item import DateOrder, Struck


class SourceKind(StrEnum):
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """`path` may lie outside the workspace, and need not exist yet. `language` is that of items which name none;
    `dates` is `None` when the file says nothing.
    """

    name: str
    kind: SourceKind
    path: Path
    language: str | None
    dates: DateOrder | None
    struck: Struck
    pictures: bool


class SourceKeys(Keys):
    model_config = ConfigDict(title="Source")

    type: Annotated[SourceKind, only_for_now(SourceKind, "feed", "page")] = Field(
        default=SourceKind.FOLDER, description="The kind of source: a folder."
    )
    path: FilePath = Field(description="The folder, from the folder of this file.")
    language: Line | None = Field(default=None, description="The language of items that name none, such as es.")
    dates: DateOrder | None = Field(
        default=None, description="What 03/04/2018 means: day-first or month-first. Left out: the dates around it tell."
    )
    struck: Struck = Field(
        default=Struck.LEAVE_OUT, description="Struck-out text: leave out (and name it), or show it struck out."
    )
    pictures: bool = Field(
        default=False,
        description="Whether mails carry its pictures: those in Word files, and files beside the bulletins.",
    )


def _folder_alone(written: Any) -> Any:
    return {"path": written} if isinstance(written, str) else written


SourceOrFolder = Annotated[SourceKeys, BeforeValidator(_folder_alone, json_schema_input_type=str | SourceKeys)]


def source_of(name: str, keys: SourceKeys, workspace: Path) -> SourceSettings:
    return SourceSettings(
        name=name,
        kind=keys.type,
        path=workspace / keys.path,
        language=keys.language,
        dates=keys.dates,
        struck=keys.struck,
        pictures=keys.pictures,
    )


def source_mistakes(sources: Mapping[str, Any], languages: Collection[str]) -> Iterator[Mistake]:
    """The section as it was written."""
    yield from bad_names("sources", sources)
    folders: list[tuple[PurePosixPath, str]] = []
    for name, source in sources.items():
        yield from unknown(("sources", name, "language"), mapping(source).get("language"), "language", languages)
        path = source if isinstance(source, str) else mapping(source).get("path")
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
