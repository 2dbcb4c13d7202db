"""Lists of people as other programs export them, read row by row: tables with a header line in any common encoding and
separator, one address to a line, JSON lines, workbooks, contact cards or YAML. Nothing is decided here: a row says what
its file says.
"""

import csv
import json
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import IO, Any

from digest.errors import NothingUsableError, UsageError
from digest.foundation.catalogue import Number, _
from digest.foundation.problems import Problem
from digest.foundation.spreadsheets import FORMULA, Rows, plain_cell, separator_of, workbook
from digest.foundation.words import did_you_mean, fold_to_ascii, listed, quoted
from digest.foundation.yaml import Node, read_yaml_rows
from digest.people.subscriber import Consent, SuppressionCause
from digest.people.subscriber_file import TOP_KEY

_CARD_HEADERS = ("email", "name", "first name", "last name", "language")
_PREFERRED = re.compile(r"[;,=](?:TYPE=)?PREF\b", re.IGNORECASE)
_SAMPLE = 1 << 16  # bytes that decide about the separator
_LONGEST_CELL = 10_000
LONGEST_LINE = 1_000_000  # characters: a column or a value for each of its letters would still be little
_NAMED = re.compile(r"\s*(?:\"?(?P<name>[^<>\"]*)\"?\s*)<(?P<address>[^<>]+)>\s*")


class ListField(StrEnum):
    """What a column of a list may say of a person; also the words of `--map`."""

    ADDRESS = "address"
    NAME = "name"
    FIRST_NAME = "first-name"
    LAST_NAME = "last-name"
    LANGUAGE = "language"
    AUDIENCES = "audiences"
    STATUS = "status"
    DISABLED = "disabled"  # yes: they get no mail
    CONSENT_ON = "consent-on"
    CONSENT_HOW = "consent-how"
    PAUSED_UNTIL = "paused-until"
    IGNORED = "ignored"


# Headers without case, accents and signs: those of Mailchimp, listmonk, Ghost, Substack, Buttondown, Google Contacts
# and Outlook, and what people write by hand in English and Spanish.
_HEADERS: Mapping[ListField, str] = {
    ListField.ADDRESS: """
        email emailaddress emailaddresses mail address correo correoelectronico direcciondecorreo email1value
        direcciondecorreoelectronico direccionemail emailaddress1 subscriberemail memberemail
        correoelectronico1valor
    """,
    ListField.NAME: "name fullname displayname realname nombre nombrecompleto nombreyapellidos nombreparamostrar",
    ListField.FIRST_NAME: "firstname givenname fname primernombre nombredepila nombres",
    ListField.LAST_NAME: "lastname familyname surname lname apellido apellidos",
    ListField.LANGUAGE: "language lang locale idioma lengua preferredlanguage",
    ListField.AUDIENCES: "audiences audience audiencias audiencia",
    ListField.STATUS: """
        status state estado type subscribed subscribedtoemails subscriptionstatus memberstatus suscrito active
    """,
    ListField.CONSENT_ON: "consenton optintime confirmtime signupdate subscribedat fechadealta",
    ListField.CONSENT_HOW: "consenthow consent consentimiento signupsource source",
    ListField.PAUSED_UNTIL: "pauseduntil",
    ListField.DISABLED: "emaildisabled unsubscribed unsubscribedat deletedat dadodebaja unsubtime",
}
_KNOWN = {header: field for field, headers in _HEADERS.items() for header in headers.split()}
_WHOLE_FILE: Mapping[str, SuppressionCause] = {  # a header that only the list of those who are gone has
    "unsubtime": SuppressionCause.ASKED,
    "cleantime": SuppressionCause.BOUNCED,
}
_STATUSES: Mapping[SuppressionCause | None, str] = {
    None: """
        active paused subscribed enabled confirmed regular premium paid free gifted true yes si 1
        activo activa suscrito suscrita
    """,
    SuppressionCause.ASKED: """
        unsubscribed disabled removed inactive false no 0 baja dadodebaja inactivo inactiva optout
    """,
    SuppressionCause.BOUNCED: "cleaned bounced undeliverable invalid rebotado",
    SuppressionCause.COMPLAINED: "complained spam markedasspam blocklisted blacklisted abuse",
}
_MEANINGS = {word: cause for cause, words in _STATUSES.items() for word in words.split()}
_UNCONFIRMED = frozenset(("unconfirmed", "pending", "unactivated", "notconfirmed", "sinconfirmar", "pendiente"))
_NO_CONSENT = Consent()
_NO = frozenset(("", "false", "no", "0", "null", "none"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """What one row says. `gone` is why they get no mail there; `refused` why the row says nothing that can be used."""

    line: int
    address: str = ""
    name: str | None = None
    language: str | None = None
    audiences: tuple[str, ...] = ()
    gone: SuppressionCause | None = None
    unconfirmed: bool = False
    consent: Consent = _NO_CONSENT
    resumes_at: datetime | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumns:
    """Header → what it says. `gone`: all of the file are gone, and why."""

    fields: Mapping[str, ListField]
    gone: SuppressionCause | None = None


@contextmanager
def list_rows(path: Path, mapped: Mapping[str, str]) -> Iterator[tuple[ListColumns, Iterator[ListRow]]]:
    """`mapped` (header → field) goes before what headers mean by themselves.

    Raise `UsageError` for a map that names no column or no field, `NothingUsableError` for a file without addresses.
    """
    kind = path.suffix.lower()
    if kind in (".xls", ".ods", ".numbers"):
        raise NothingUsableError(
            str(path), _("it is no table in plain text"), _("save or export it as CSV, then import that")
        )
    if kind == ".xlsx":
        with path.open("rb") as book, workbook(book, str(path)) as (headers, filled, _others):
            yield _filled_rows(path, headers, filled, mapped)
        return
    if kind in (".yaml", ".yml"):
        yield _filled_rows(path, *_yaml_rows(path, TOP_KEY), mapped)
        return
    with path.open(encoding=_encoding(path), errors="replace", newline="") as file:
        head = file.read(_SAMPLE)
        file.seek(0)
        if head.lstrip().upper().startswith("BEGIN:VCARD"):
            yield _filled_rows(path, *_card_rows(file), mapped)
        elif head.lstrip().startswith("{"):
            yield _json_rows(path, _lines(path, file), mapped)
        else:
            yield _table_rows(path, _lines(path, file), head, mapped)


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    """Raise `NothingUsableError` for one that is too long to be a row."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            cause = _("line {number} has more than {most:,} characters: this is no list of people").format(
                number=number, most=Number(LONGEST_LINE)
            )
            raise NothingUsableError(str(path), cause, _("export the list again, with a line for each person"))
        yield line


def _encoding(path: Path) -> str:
    """By its mark, else UTF-8 if all of it is that, else what Windows writes in English and Spanish."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        file.seek(0)
        try:
            for _line in (line.decode("utf-8") for line in file):
                pass
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _table_rows(
    path: Path, lines: Iterator[str], head: str, mapped: Mapping[str, str]
) -> tuple[ListColumns, Iterator[ListRow]]:
    first = next((line for line in head.splitlines() if line.strip()), "")
    if "@" in first:  # no header line: one address in each
        columns = ListColumns(fields={ListField.ADDRESS.value: ListField.ADDRESS})
        return columns, (_address_alone(number, line) for number, line in enumerate(lines, 1) if line.strip())
    csv.field_size_limit(_LONGEST_CELL * 10)
    reader = csv.reader((line.replace("\0", "\ufffd") for line in lines), delimiter=separator_of(first))
    try:
        headers = next((row for row in reader if any(row)), [])
    except csv.Error as error:
        raise NothingUsableError(
            str(path), _("this is no table: {error}").format(error=error), _("export the list again")
        ) from error
    columns = _columns(path, headers, mapped)
    return columns, _rows(reader, headers, columns)


def _filled_rows(
    path: Path, headers: Sequence[str], filled: Rows, mapped: Mapping[str, str]
) -> tuple[ListColumns, Iterator[ListRow]]:
    columns = _columns(path, headers, mapped)
    return columns, (_row(line, cells, columns) for line, cells in filled)


def _rows(reader: "csv._reader", headers: Sequence[str], columns: ListColumns) -> Iterator[ListRow]:  # type: ignore[name-defined]
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield ListRow(line=line, refused=_("this is no row of a table: {error}").format(error=error))
            continue
        if any(cells):
            yield _row(line, dict(zip(headers, cells, strict=False)), columns)


def _json_rows(path: Path, lines: Iterator[str], mapped: Mapping[str, str]) -> tuple[ListColumns, Iterator[ListRow]]:
    first = next(lines)
    try:
        keys = [*json.loads(first)]
    except (ValueError, RecursionError) as error:
        raise NothingUsableError(
            str(path), _("its first line is no JSON object"), _("write one object to a line")
        ) from error
    columns = _columns(path, keys, mapped)

    def rows() -> Iterator[ListRow]:
        for number, line in enumerate(chain([first], lines), 1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                yield _row(number, {key: _text(value) for key, value in found.items()}, columns)
            else:
                yield ListRow(line=number, refused=_("this line is no JSON object"))

    return columns, rows()


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _columns(path: Path, headers: Sequence[str], mapped: Mapping[str, str]) -> ListColumns:
    fields = {header: _KNOWN[key] for header in headers if (key := _key(header)) in _KNOWN}
    for header, word in mapped.items():
        if header not in headers:
            guess = did_you_mean(header, headers)
            raise UsageError(
                "--map",
                _("there is no column {name}").format(name=quoted(header)) + guess,
                _("there are {names}").format(names=listed(headers, "and")),
            )
        if word not in set(ListField):
            raise UsageError(
                "--map",
                _("{word} is nothing that a list says").format(word=quoted(word)),
                _("write {choices}").format(choices=listed([*ListField])),
            )
        fields[header] = ListField(word)
    if ListField.ADDRESS not in fields.values():
        shown = listed([quoted(header) for header in headers[:12]], "and") if headers else _("none")
        raise NothingUsableError(
            str(path),
            _("no column is known to hold addresses; there are {names}").format(names=shown),
            _("say which: --map 'HEADER=address'"),
        )
    gone = next((cause for key, cause in _WHOLE_FILE.items() if key in map(_key, headers)), None)
    return ListColumns(fields=fields, gone=gone)


@lru_cache(maxsize=1024)  # the words of a column are few
def _key(header: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold_to_ascii(header))


def _address_alone(number: int, line: str) -> ListRow:
    found = _NAMED.fullmatch(line.strip())
    if found:
        return ListRow(line=number, address=found["address"].strip(), name=found["name"].strip() or None)
    return ListRow(line=number, address=line.strip())


def _row(line: int, cells: Mapping[str, str], columns: ListColumns) -> ListRow:
    said: dict[ListField, str] = {}
    for header, field in columns.fields.items():
        value = FORMULA.sub("", cells.get(header, "").strip())
        if value and field not in said:
            said[field] = value[:_LONGEST_CELL]
    gone, unconfirmed, refused = _standing(said, columns)
    first, last = said.get(ListField.FIRST_NAME, ""), said.get(ListField.LAST_NAME, "")
    whole = said.get(ListField.NAME, "")
    name = whole if whole and last in whole else f"{whole or first} {last}".strip()
    return ListRow(
        line=line,
        address=said.get(ListField.ADDRESS, ""),
        name=name or None,
        language=said.get(ListField.LANGUAGE, "").replace("_", "-").partition("-")[0].lower() or None,
        audiences=tuple(re.split(r"[\s,;|]+", said[ListField.AUDIENCES])) if ListField.AUDIENCES in said else (),
        gone=gone,
        unconfirmed=unconfirmed,
        resumes_at=_instant(said.get(ListField.PAUSED_UNTIL, "")),
        consent=Consent(on=_day(said.get(ListField.CONSENT_ON, "")), how=said.get(ListField.CONSENT_HOW)),
        refused=refused,
    )


def _day(text: str) -> date | None:
    """`2018-05-09` and what may stand behind it; of other forms nobody knows which number is the month."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _standing(said: Mapping[ListField, str], columns: ListColumns) -> tuple[SuppressionCause | None, bool, str]:
    """Why they are gone, whether they never confirmed, and why that cannot be told."""
    if columns.gone is not None:
        return columns.gone, False, ""
    if _key(said.get(ListField.DISABLED, "")) not in _NO:
        return SuppressionCause.ASKED, False, ""
    status = _key(said.get(ListField.STATUS, ""))
    if status in _UNCONFIRMED:
        return None, True, ""
    if status and status not in _MEANINGS:
        return None, False, _("the status {status} is not known").format(status=quoted(said[ListField.STATUS]))
    return _MEANINGS[status] if status else None, False, ""


# -- Lists that are no tables: contact cards (vCard 2.1 to 4.0), and YAML as in the subscriber file.


def _card_rows(text: Iterator[str]) -> tuple[Sequence[str], Rows]:
    """One row for each card that has an address: the preferred one, else the first."""
    return _CARD_HEADERS, ((line, card) for line, card in _cards(text) if card)


def _yaml_rows(path: Path, key: str) -> tuple[Sequence[str], Rows]:
    """All are read before the first is given, since each may have keys of its own; as bytes they take little room."""
    found: list[tuple[int, bytes]] = []
    headers: dict[str, None] = {}

    def take(node: Node, _problems: Sequence[Problem]) -> None:
        plain = node.plain()
        cells: dict[str, Any] = plain if isinstance(plain, dict) else {}
        consent = cells.pop("consent", None)
        for name in ("on", "how") if isinstance(consent, dict) else ():
            cells[f"consent {name}"] = consent.get(name)
        headers.update(dict.fromkeys(cells))
        found.append((node.line, json.dumps({name: plain_cell(value) for name, value in cells.items()}).encode()))

    read_yaml_rows(path, key, take)
    return [*headers], ((line, json.loads(cells)) for line, cells in found)


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
