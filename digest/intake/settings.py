"""What `digest.yaml` says, checked: the model's nouns, and the few settings that are no noun."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from digest.foundation.values import FilePath, Keys, Line, only_for_now
from digest.intake.item import DateOrder


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


def _folder_alone(written: Any) -> Any:
    return {"path": written} if isinstance(written, str) else written
