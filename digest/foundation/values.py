"""The kinds of values in files that people write, as pydantic types: what may be written, and what is made of it.

Each rule for a single text raises `ValueError` with words that follow the key.
"""

import difflib
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainValidator, model_validator
from pydantic.fields import FieldInfo

from digest.foundation.addresses import address
from digest.foundation.catalogue import _
from digest.foundation.names import LONGEST_SLUG, SLUG, nearest_slug
from digest.foundation.words import did_you_mean, excerpt, fold_words, quoted, upright

NOT_YET = "not_yet"  # the kind of error that names what a later version will know, with other keys beside it
LONGEST_LINE = 200
FIRST_YEAR, LAST_YEAR = 1900, 2199
LONGEST_DURATION = timedelta(days=3660)
LONGEST_MONTHS = 240
# Control characters, surrogates, line separators and bidi overrides: they break headers, or lie about what is read.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NOT_IN_A_LINK = re.compile(r"""[\s<>"'\\^`{|}]""")
_DURATION = re.compile(r"([0-9]{1,5}) *(h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_COUNTRY_CODE_LENGTH = 2


class Keys(BaseModel):
    """A section of a file: the keys that may stand in it. One with nothing behind it counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # those of the whole file build all, once

    @model_validator(mode="before")
    @classmethod
    def leave_out(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        return {key: value for key, value in written.items() if value is not None or key not in cls.names()}

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """As people write them."""
        return tuple(name for name, _ in cls.fields())

    @classmethod
    def fields(cls) -> Iterator[tuple[str, FieldInfo]]:
        return ((field.alias or name, field) for name, field in cls.model_fields.items())


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text in NFC without the spaces around it: neither empty nor more than one line, nor longer than allowed."""
    return _in_one_line(text, longest, _NOT_IN_A_LINE)


def name_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The same of a name, which may hold what turns the direction of reading, as names that were copied somewhere do:
    it is kept as it is, and shown by `harmless` or `upright`.
    """
    return _in_one_line(text, longest, _NOT_IN_A_NAME)


def _in_one_line(text: str, longest: int, refused: re.Pattern[str]) -> str:
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text:
        raise ValueError(_("is empty"))
    if len(text) > longest:
        raise ValueError(_("is longer than {longest} characters").format(longest=longest))
    if found := refused.search(text):
        if found[0] in "\n\r\x85\u2028\u2029":
            raise ValueError(_("must stand in one line; there is a line break in it"))
        raise ValueError(_("holds the control character U+{code:04X}; take it out").format(code=ord(found[0])))
    return text


def slug(text: str) -> str:
    """Small letters a–z, digits and dashes, at most 40."""
    if len(text) > LONGEST_SLUG:
        raise ValueError(_("is longer than {longest} characters").format(longest=LONGEST_SLUG))
    if SLUG.fullmatch(text) is None:
        nearest = nearest_slug(text)
        if not nearest:
            raise ValueError(_("must consist of small letters a–z, digits and dashes"))
        said = _("must consist of small letters a–z, digits and dashes, such as {example}")
        raise ValueError(said.format(example=quoted(nearest)))
    return text


def calendar_date(text: str) -> date:
    """A date written year-month-day."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(
            _("must be a date written year-month-day, such as 2018-04-01, not {text}").format(text=quoted(text))
        )
    year, month, day = map(int, found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(
            _("must lie between the years {first_year} and {last_year}").format(
                first_year=FIRST_YEAR, last_year=LAST_YEAR
            )
        )
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(_("there is no day {text} in the calendar").format(text=excerpt(text))) from error


def web_address(text: str, otherwise: str) -> str:
    """`http` or `https` and something behind it, of characters that stand in a link as they are; else `otherwise`."""
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError(_("must begin with https:// or http://"))
    if _NOT_IN_A_LINK.search(text) or not text.partition("://")[2].strip("/"):
        raise ValueError(otherwise)
    return text


def duration(text: str) -> timedelta:
    """A length of time as people write it: `36 hours`, `6h`, `10 days`, `2 weeks`; at most ten years."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            _("must be a length of time such as '36 hours', '10 days' or '2 weeks', not {text}").format(
                text=quoted(text)
            )
        )
    length = int(found[1]) * _UNITS[found[2][0].lower()]
    if not timedelta(0) < length <= LONGEST_DURATION:
        raise ValueError(_("must be at least one hour and at most ten years"))
    return length


def months(text: str) -> timedelta:
    """A longer time, as people write it: `24 months`, `2 years`; at most twenty years."""
    found = re.fullmatch(r"(\d{1,3}) ?(month|year)s?", text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(_("must be a time such as '24 months' or '2 years', not {text}").format(text=quoted(text)))
    count = int(found[1]) * (12 if found[2].lower() == "year" else 1)
    if not 1 <= count <= LONGEST_MONTHS:
        raise ValueError(_("must be at least one month and at most twenty years"))
    return timedelta(days=round(count * 365.2425 / 12))


def time_zone(text: str) -> ZoneInfo:
    """By its name in the IANA database. The nearest is named: `Costa Rica` is near `America/Costa_Rica`."""
    if _ZONE.fullmatch(text):
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is an OSError
            pass
    hint = _nearest_zone(text) or _(": write it as in America/Costa_Rica")
    raise ValueError(_("there is no time zone {zone}").format(zone=quoted(text)) + hint)


def _nearest_zone(text: str) -> str:
    zones = sorted(available_timezones())
    city = text.strip().replace(" ", "_").lower()
    same_city = [zone for zone in zones if zone.lower().endswith(f"/{city}")]
    if same_city:
        return did_you_mean(same_city[0], same_city[:1])
    return did_you_mean(city, zones)


def language_name(code: str) -> str:
    """`Spanish (es)`; the code alone when nobody knows its name."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(code).english_name
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({code})" if name else code


def country_code(written: str, known: AbstractSet[str] | None) -> str | None:
    """The code that was meant: written small, or as a name in English or Spanish, perhaps with a typing error."""
    from babel import Locale

    codes = {
        fold_words(name): code
        for language in ("es", "en")
        for code, name in Locale.parse(language).territories.items()
        if len(code) == _COUNTRY_CODE_LENGTH and (known is None or code in known)
    }
    if written.upper() in codes.values():
        return written.upper()
    near = difflib.get_close_matches(fold_words(written[:60]), codes, n=1, cutoff=0.8)
    return codes[near[0]] if near else None


def not_text(value: object) -> str:
    if isinstance(value, bool | int | float):
        return _("must be text: put it in quotes, {text}").format(text=quoted(str(value)))
    return _("must be text")


def from_text(read: Callable[[str], object]) -> PlainValidator:
    """A kind of value that is written as text."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(not_text(value))  # noqa: TRY004 – pydantic collects no TypeError
        return read(value)

    return PlainValidator(validate, json_schema_input_type=str)


def each_once(names: list[str]) -> list[str]:
    twice = next((name for position, name in enumerate(names) if name in names[:position]), None)
    if twice is not None:
        raise ValueError(_("{twice} stands there twice").format(twice=quoted(twice)))
    return names


def located(folder: Path, path: str | None) -> Path | None:
    """A `FilePath` from the folder of the file that names it."""
    return None if path is None else folder / path


def _file_path(text: str) -> str:
    text = one_line(text)
    if text.startswith("~"):
        raise ValueError(_("must be a path from the folder of this file, or from '/'; '~' is not understood"))
    return text


def _mail_address(text: str) -> str:
    return address(text).text


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _command(written: Any) -> Any:
    """One text is split at its spaces, as a shell would, but nothing else in it means anything."""
    if not isinstance(written, str):
        return written
    try:
        return shlex.split(written)
    except ValueError as error:
        raise ValueError(_("has a quotation mark without its partner")) from error


def _program(words: list[str]) -> list[str]:
    if not words:
        raise ValueError(_("must name a program, such as /usr/sbin/sendmail"))
    if "/" in words[0] and not words[0].startswith("/"):
        raise ValueError(
            _("must name the program by its whole path, from '/', not {words}").format(words=quoted(words[0]))
        )
    return words


ONE_OR_MORE = BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])  # a text alone is a list of one

Line = Annotated[str, AfterValidator(one_line)]
UprightName = Annotated[str, AfterValidator(lambda text: upright(name_line(text)))]
Slug = Annotated[str, AfterValidator(slug)]
FilePath = Annotated[str, AfterValidator(_file_path)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Zone = Annotated[ZoneInfo, from_text(time_zone)]
Day = Annotated[date, from_text(calendar_date)]
Duration = Annotated[timedelta, from_text(duration)]
Months = Annotated[timedelta, from_text(months)]
Names = Annotated[list[Line], AfterValidator(each_once), ONE_OR_MORE]
Command = Annotated[
    list[Line], BeforeValidator(_command, json_schema_input_type=str | list[str]), AfterValidator(_program)
]
