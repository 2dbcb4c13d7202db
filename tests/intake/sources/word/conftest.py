"""Reads Word files that tests write by hand."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from word_files import paragraph, word_file

from digest.intake.item import FoundItem, Reading
from digest.intake.sources.folder import Folder


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """`read(bytes, **settings)`: what a source makes of this Word file."""

    def read(data: bytes, **settings: object) -> Reading:
        folder = tmp_path / "bulletins"
        folder.mkdir(exist_ok=True)
        (folder / "a.docx").write_bytes(data)
        known = {"language": "en", "dates": None, "fallback_language": "en", "root": tmp_path}
        return Folder("newsroom", folder, **{**known, **settings}).read(date(2026, 6, 30))  # type: ignore[arg-type]  # settings vary by test

    return read


@pytest.fixture
def item(read: Callable[..., Reading]) -> Callable[..., FoundItem]:
    """`item(body, parts, **settings)`: the one item whose text this is."""

    def item(
        body: str, parts: Mapping[str, str | bytes] | None = None, *, relations: str = "", **settings: object
    ) -> FoundItem:
        whole = paragraph("5 August 2018") + paragraph("A title") + body
        [found] = read(word_file(whole, parts, relations=relations), **settings).items
        return found

    return item


@pytest.fixture
def named(read: Callable[..., Reading]) -> Callable[..., list[str]]:
    """`named(body, parts)`: what is said of a text, as `severity line cause`."""

    def named(
        body: str, parts: Mapping[str, str | bytes] | None = None, *, relations: str = "", **settings: object
    ) -> list[str]:
        whole = paragraph("5 August 2018") + paragraph("A title") + body
        reading = read(word_file(whole, parts, relations=relations), **settings)
        return [f"{each.severity} {each.place.line} {each.cause}" for each in reading.problems]

    return named
