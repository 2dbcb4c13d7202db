"""Tables that people keep: workbooks (.xlsx), read row by row within bounds, and texts with a separator."""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import IO, NamedTuple

from digest.errors import NothingUsableError
from digest.foundation.catalogue import _

Rows = Iterator[tuple[int, Mapping[str, str]]]
MOST_UNPACKED = 600_000_000  # bytes of a workbook: a million people need some 150 MB
MOST_SHARED = 100_000_000  # of them texts that are kept in memory
MOST_COLUMNS = 200
MOST_FOR_ANY = 20_000_000  # bytes; beyond, only as many times as much as it is packed to:
MOST_TIMES = 100  # tables pack to a tenth or a thirtieth
FORMULA = re.compile(r"^'(?=[=+\-@\t\r＝＋－＠])")  # how a spreadsheet is kept from running what stands in a cell
_SEPARATORS = ",;\t|"
_IN_QUOTES = re.compile(r'"[^"]*"')


class Sheet(NamedTuple):
    """`others` are the names of those behind it."""

    headers: Sequence[str]
    rows: Rows
    others: Sequence[str] = ()


@contextmanager
def workbook(file: IO[bytes], name: str, naming: Callable[[Sequence[str]], Sequence[str]] = list) -> Iterator[Sheet]:
    """The first sheet that holds anything; `naming` makes the headers of its first row. Raise `NothingUsableError` for
    none, or one that unpacks to too much.
    """
    from openpyxl import load_workbook  # 150 ms: only for a workbook

    _refuse_unreadable(file, name)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (KeyError, ValueError, zipfile.BadZipFile, SyntaxError) as error:
        raise _no_workbook(name, str(error)) from error
    try:
        for at, sheet in enumerate(book.worksheets, 1):
            sheet.reset_dimensions()  # what other programs write there is often wrong
            rows = enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1)
            headers = next((found for _, row in rows if any(found := [plain_cell(one) for one in row])), None)
            if headers is not None:
                headers = [*naming(headers)]
                yield Sheet(headers, _filled(headers, rows), [other.title for other in book.worksheets[at:]])
                return
        raise NothingUsableError(name, _("its sheets are empty"), _("export the list again"))
    finally:
        book.close()


def by_header(headers: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells that no header is above are together under an empty one."""
    found = {header: cell for header, cell in zip(headers, cells, strict=False) if header}
    bare = [cell for header, cell in zip_longest(headers, cells, fillvalue="") if cell and not header]
    return {**found, "": " ".join(bare)} if bare else found


def separator_of(line: str) -> str:
    """What parts the cells of the first line."""
    return max(_SEPARATORS, key=_IN_QUOTES.sub("", line).count)


def plain_cell(value: object) -> str:
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


def _refuse_unreadable(file: IO[bytes], name: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise _no_workbook(name, _("it is an old .xls, protected by a password, or no workbook")) from error
    shared = max((size for part, size in sizes.items() if part.endswith("sharedStrings.xml")), default=0)
    unpacked = sum(sizes.values())
    is_bomb = unpacked > MOST_FOR_ANY and unpacked > MOST_TIMES * file.seek(0, 2)
    if unpacked > MOST_UNPACKED or shared > MOST_SHARED or is_bomb:
        raise _no_workbook(name, _("it unpacks to more than any table needs"))
    file.seek(0)


def _no_workbook(name: str, cause: str) -> NothingUsableError:
    return NothingUsableError(
        name, _("it cannot be read: {cause}").format(cause=cause), _("save or export it as CSV, and bring that")
    )


def _filled(headers: Sequence[str], rows: Iterator[tuple[int, Sequence[object]]]) -> Rows:
    for number, row in rows:
        cells = [plain_cell(one) for one in row]
        if any(cells):
            yield number, by_header(headers, cells)
