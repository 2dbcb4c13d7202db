"""Lists of people that are no tables in plain text: workbooks (.xlsx), contact cards (vCard 2.1 to 4.0), and YAML as in
the subscriber file. Each becomes headers, and rows of cells with the line or row where they stand.
"""

import quopri
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digest.errors import NothingUsableError
from digest.foundation.problems import Problem
from digest.foundation.yaml import Node, read_yaml_rows

Rows = Iterator[tuple[int, Mapping[str, str]]]
MOST_UNPACKED = 600_000_000  # bytes of a workbook: a million people need some 150 MB
MOST_SHARED = 100_000_000  # of them texts that are kept in memory
MOST_COLUMNS = 200
MOST_FOR_ANY = 20_000_000  # bytes; beyond, only as many times as much as it is packed to:
MOST_TIMES = 100  # lists pack to a tenth or a thirtieth
_CARD_HEADERS = ("email", "name", "first name", "last name", "language")
_PREFERRED = re.compile(r"[;,=](?:TYPE=)?PREF\b", re.IGNORECASE)


@contextmanager
def workbook(path: Path) -> Iterator[tuple[Sequence[str], Rows]]:
    """The first sheet that holds anything. Raise `NothingUsableError` for none, or one that unpacks to too much."""
    from openpyxl import load_workbook  # 150 ms: only for a workbook

    _refuse_unreadable(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (KeyError, ValueError, zipfile.BadZipFile, SyntaxError) as error:
        raise _no_workbook(path, str(error)) from error
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what other programs write there is often wrong
            rows = enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1)
            headers = next((found for _, row in rows if any(found := [_cell(one) for one in row])), None)
            if headers is not None:
                yield headers, _filled(headers, rows)
                return
        raise NothingUsableError(str(path), "its sheets are empty", "export the list again")
    finally:
        book.close()


def cards(text: Iterator[str]) -> tuple[Sequence[str], Rows]:
    """One row for each card that has an address: the preferred one, else the first."""
    return _CARD_HEADERS, ((line, card) for line, card in _cards(text) if card)


def yaml_list(path: Path, key: str) -> tuple[Sequence[str], Rows]:
    found: list[tuple[int, Mapping[str, str]]] = []

    def take(node: Node, _problems: Sequence[Problem]) -> None:
        plain = node.plain()
        cells: dict[str, Any] = plain if isinstance(plain, dict) else {}
        consent = cells.pop("consent", None)
        for name in ("on", "how") if isinstance(consent, dict) else ():
            cells[f"consent {name}"] = consent.get(name)
        found.append((node.line, {name: _cell(value) for name, value in cells.items()}))

    read_yaml_rows(path, key, take)
    headers = dict.fromkeys(name for _, cells in found for name in cells)
    return [*headers], iter(found)


def _refuse_unreadable(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise _no_workbook(path, "it is an old .xls, protected by a password, or no workbook") from error
    shared = max((size for name, size in sizes.items() if name.endswith("sharedStrings.xml")), default=0)
    unpacked = sum(sizes.values())
    is_bomb = unpacked > MOST_FOR_ANY and unpacked > MOST_TIMES * path.stat().st_size
    if unpacked > MOST_UNPACKED or shared > MOST_SHARED or is_bomb:
        raise _no_workbook(path, "it unpacks to more than any list of people needs")


def _no_workbook(path: Path, cause: str) -> NothingUsableError:
    return NothingUsableError(str(path), f"it cannot be read: {cause}", "save or export it as CSV, then import that")


def _filled(headers: Sequence[str], rows: Iterator[tuple[int, Sequence[object]]]) -> Rows:
    for number, row in rows:
        cells = [_cell(one) for one in row]
        if any(cells):
            yield number, dict(zip(headers, cells, strict=False))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)


def _cards(text: Iterator[str]) -> Rows:
    began, found = 0, dict[str, str]()
    for number, line in _unfolded(text):
        name, _, value = line.partition(":")
        key = re.split(r"[;,]", name.rpartition(".")[2], maxsplit=1)[0].strip().upper()
        if "QUOTED-PRINTABLE" in name.upper():
            value = quopri.decodestring(value.encode("latin-1", "replace")).decode("utf-8", "replace")
        match key:
            case "BEGIN":
                began, found = number, {}
            case "EMAIL" if "email" not in found or _PREFERRED.search(name):
                found["email"] = value.strip().removeprefix("mailto:")
            case "FN":
                found["name"] = _plain(value)
            case "N":
                last, first = ([*map(_plain, re.split(r"(?<!\\);", value)), "", ""])[:2]
                found |= {"first name": first, "last name": last}
            case "LANG" if "language" not in found:
                found["language"] = value.strip()
            case "END":
                yield began, found if "email" in found else {}
                found = {}


def _unfolded(text: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Each with the line where it begins: a space begins what goes on, and so does a "=" at the end (vCard 2.1)."""
    began, whole = 0, ""
    for number, written in enumerate(text, 1):
        line = written.rstrip("\r\n")
        if line[:1] in (" ", "\t"):
            whole += line[1:]
        elif whole.endswith("=") and "QUOTED-PRINTABLE" in whole.partition(":")[0].upper():
            whole = whole[:-1] + line
        else:
            if whole:
                yield began, whole
            began, whole = number, line
    if whole:
        yield began, whole


def _plain(value: str) -> str:
    return re.sub(r"\\([\\,;])", r"\1", value.replace("\\n", " ").replace("\\N", " ")).strip()
