"""Reads text the way the folder source does, without files."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.foundation.problems import Problem, Severity
from digest.intake.item import DateOrder, Reading
from digest.intake.sources.draft import FileContext
from digest.intake.sources.folder import Folder
from digest.intake.sources.items import FileReading
from digest.intake.sources.lines import split_lines
from digest.intake.sources.listing import read_listing
from digest.intake.sources.markdown import read_markdown

TODAY = date(2026, 6, 30)


def _context(
    file: str = "news.txt",
    *,
    today: date = TODAY,
    language: str | None = "en",
    dates: DateOrder | None = None,
    fallback_language: str = "en",
    zone: str | None = None,
) -> FileContext:
    return FileContext(
        source="newsroom",
        file=file,
        today=today,
        language=language,
        dates=dates,
        fallback_language=fallback_language,
        zone=ZoneInfo(zone) if zone else None,
    )


@pytest.fixture(scope="session")
def listing() -> Callable[..., FileReading]:
    """`listing(text, **settings)` reads a text listing."""
    return lambda text, **settings: read_listing(split_lines(text), _context(**settings))


@pytest.fixture(scope="session")
def markdown() -> Callable[..., FileReading]:
    """`markdown(text, file="…", **settings)` reads a Markdown file."""
    return lambda text, file="news.md", **settings: read_markdown(text, _context(file, **settings))


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Reading]:
    """`folder({name: bytes or text}, **settings)` writes the files into a folder `bulletins` and reads it."""

    def read(files: dict[str, bytes | str], *, today: date = TODAY, **settings: object) -> Reading:
        path = tmp_path / "bulletins"
        path.mkdir(exist_ok=True)
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        known = {"language": "en", "dates": None, "fallback_language": "en", "root": tmp_path}
        return Folder("newsroom", path, **{**known, **settings}).read(today)  # type: ignore[arg-type]  # settings vary by test

    return read


def _said(severity: Severity) -> Callable[[FileReading | Reading], list[str]]:
    def said(reading: FileReading | Reading) -> list[str]:
        return [_on_one_line(problem) for problem in reading.problems if problem.severity is severity]

    return said


def _on_one_line(problem: Problem) -> str:
    return str(problem).replace("\n  → ", " → ")


@pytest.fixture(scope="session")
def errors() -> Callable[[FileReading | Reading], list[str]]:
    return _said(Severity.ERROR)


@pytest.fixture(scope="session")
def warnings() -> Callable[[FileReading | Reading], list[str]]:
    return _said(Severity.WARNING)


@pytest.fixture(scope="session")
def notes() -> Callable[[FileReading | Reading], list[str]]:
    return _said(Severity.NOTE)
