"""The kinds of values in `digest.yaml`, as pydantic types: what may be written, and what is made of it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from digest.foundation.addresses import NamedAddress, address, mailbox
from digest.foundation.names import LONGEST_SLUG, SLUG, nearest_slug
from digest.foundation.words import did_you_mean, excerpt, fold_words, listed, quoted

# -- Lengths of time as people write them: `36 hours`, `10 days`, `2 weeks`.

LONGEST = timedelta(days=3660)
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_DURATION = re.compile(r"([0-9]{1,5}) *(hour|day|week)s?", re.IGNORECASE)


def duration(text: str) -> timedelta:
    """Raise `ValueError` for anything else, for nothing at all, and for more than ten years."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"must be a length of time such as '36 hours', '10 days' or '2 weeks', not {quoted(text)}")
    length = int(found[1]) * _UNITS[found[2].lower()]
    if not timedelta(0) < length <= LONGEST:
        raise ValueError("must be at least one hour and at most ten years")
    return length


# -- Names of languages and countries for messages. Babel is loaded only when there is something to say.

_COUNTRY_CODE_LENGTH = 2


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
    import difflib

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


# -- What all sections of `digest.yaml` have in common.


class Keys(BaseModel):
    """A key with nothing behind it counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # FileKeys builds them all, once

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
    def fields(cls) -> "Iterator[tuple[str, FieldInfo]]":
        return ((field.alias or name, field) for name, field in cls.model_fields.items())


# -- Rules for single texts, whichever file they stand in. Each raises `ValueError` with words that follow the key.

LONGEST_LINE = 200
FIRST_YEAR, LAST_YEAR = 1900, 2199
# Control characters, surrogates, line separators and bidi overrides: they break headers, or lie about what is read.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text in NFC without the spaces around it: neither empty nor more than one line, nor longer than allowed."""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text:
        raise ValueError("is empty")
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if found := _NOT_IN_A_LINE.search(text):
        if found[0] in "\n\r\x85\u2028\u2029":
            raise ValueError("must stand in one line; there is a line break in it")
        raise ValueError(f"holds the control character U+{ord(found[0]):04X}; take it out")
    return text


def several_lines(text: str) -> str:
    """Lines joined with commas, as a postal address in one line."""
    return one_line(", ".join(line.strip().rstrip(",") for line in text.splitlines() if line.strip()))


def slug(text: str) -> str:
    """Small letters a–z, digits and dashes, at most 40."""
    if len(text) > LONGEST_SLUG:
        raise ValueError(f"is longer than {LONGEST_SLUG} characters")
    if SLUG.fullmatch(text) is None:
        nearest = nearest_slug(text)
        example = f", such as {quoted(nearest)}" if nearest else ""
        raise ValueError(f"must consist of small letters a–z, digits and dashes{example}")
    return text


def calendar_date(text: str) -> date:
    """A date written year-month-day."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"must be a date written year-month-day, such as 2018-04-01, not {quoted(text)}")
    year, month, day = map(int, found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"there is no day {excerpt(text)} in the calendar") from error


# -- Web addresses in the settings. Each rule raises `ValueError` with words that follow the key.

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/?#:@]*)(?P<port>:[0-9]{1,9})?(?P<path>/[^?#]*)?"
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_NOT_IN_A_LINK = re.compile(r"""[\s<>"'\\^`{|}]""")
_HIGHEST_PORT = 65_535


def public_url(text: str) -> str:
    """`https://host/path` without a slash at its end, of characters that stand in headers and pages as they are."""
    found = _parts(text)
    scheme, host = found["scheme"].lower(), found["host"].lower()
    if scheme != "https":
        raise ValueError("must begin with https://, else no mail program offers to leave with one click")
    if _HOST.fullmatch(host) is None:
        raise ValueError("must name a host in letters, digits, dots and dashes, such as https://bulletin.example.org")
    if found["port"] and not 1 <= int(found["port"][1:]) <= _HIGHEST_PORT:
        raise ValueError(f"must have a port from 1 to {_HIGHEST_PORT}")
    path = (found["path"] or "").rstrip("/")
    if _PATH.fullmatch(path) is None:
        raise ValueError("must hold only letters a–z, digits, '.', '_', '~' and '-' between the slashes")
    return f"{scheme}://{host}{found['port'] or ''}{path}"


def website(text: str) -> str:
    """A page for people, `https` or `http`."""
    text = one_line(text)
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    if _NOT_IN_A_LINK.search(text) or "@" in text or not text.partition("://")[2].strip("/"):
        raise ValueError("must be the address of a page, such as https://bulletin.example.org")
    return text


def ping_address(text: str) -> str:
    """An address that a program asks for; it may hold a secret, so no message shows it."""
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    if _NOT_IN_A_LINK.search(text) or not text.isascii() or not text.partition("://")[2].strip("/"):
        raise ValueError("must be a web address, such as https://hc-ping.com/…")
    return text


def _parts(text: str) -> re.Match[str]:
    text = one_line(text)
    if "@" in text:
        raise ValueError("must not hold a user name or password")
    if "?" in text or "#" in text:
        raise ValueError("must end before the '?' or '#'")
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError("must be a web address, such as https://bulletin.example.org")
    return found


# -- Time zones by their names in the IANA database.

_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


def time_zone(text: str) -> ZoneInfo:
    """Raise `ValueError` with the nearest zone: `Costa Rica` is near `America/Costa_Rica`."""
    if _NAME.fullmatch(text):
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is an OSError
            pass
    raise ValueError(f"there is no time zone {quoted(text)}{_nearest(text) or ': write it as in America/Costa_Rica'}")


def _nearest(text: str) -> str:
    zones = sorted(available_timezones())
    city = text.strip().replace(" ", "_").lower()
    same_city = [zone for zone in zones if zone.lower().endswith(f"/{city}")]
    if same_city:
        return did_you_mean(same_city[0], same_city[:1])
    return did_you_mean(city, zones)


EVERYWHERE = ""  # the language under which one text for all languages is kept
NOT_YET = "not_yet"  # the kind of error that names what a later version will know, with other keys beside it


def not_text(value: object) -> str:
    if isinstance(value, bool | int | float):
        return f"must be text: put it in quotes, {quoted(str(value))}"
    return "must be text"


def _from_text(read: Callable[[str], object]) -> PlainValidator:
    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(not_text(value))  # noqa: TRY004 – pydantic collects no TypeError
        return read(value)

    return PlainValidator(validate, json_schema_input_type=str)


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _each_once(names: list[str]) -> list[str]:
    twice = next((name for position, name in enumerate(names) if name in names[:position]), None)
    if twice is not None:
        raise ValueError(f"{quoted(twice)} stands there twice")
    return names


def _each_person_once(people: list[NamedAddress]) -> list[NamedAddress]:
    _each_once([person.address.lower() for person in people])
    return people


def _by_language(value: object) -> object:
    if isinstance(value, str):
        return {EVERYWHERE: value}
    if not isinstance(value, dict):
        raise ValueError("must be text, or one text per language: {en: …, es: …}")  # noqa: TRY004 – as above
    return {language: text for language, text in value.items() if text is not None}


def _path(text: str) -> str:
    text = one_line(text)
    if text.startswith("~"):
        raise ValueError("must be a path from the folder of this file, or from '/'; '~' is not understood")
    return text


def _address(text: str) -> str:
    return address(text).text


def not_available_yet(written: str, known: Iterable[str]) -> str:
    return (
        f"{quoted(written)} is not available yet in this version; for now there is {listed(map(quoted, known), 'and')}"
    )


def only_for_now(known: Iterable[str], *later: str) -> BeforeValidator:
    """What a later version will know is refused as such; anything else is left to the next validator."""

    def validate(written: object) -> object:
        if isinstance(written, str) and written in later:
            raise PydanticCustomError(NOT_YET, "{said}", {"said": not_available_yet(written, known)})
        return written

    return BeforeValidator(validate)


Line = Annotated[str, AfterValidator(one_line)]
PostalAddress = Annotated[str, AfterValidator(several_lines)]
Slug = Annotated[str, AfterValidator(slug)]
FilePath = Annotated[str, AfterValidator(_path)]
PublicUrl = Annotated[str, AfterValidator(public_url)]
Website = Annotated[str, AfterValidator(website)]
PingAddress = Annotated[str, AfterValidator(ping_address)]
MailAddress = Annotated[str, AfterValidator(_address)]
Zone = Annotated[ZoneInfo, _from_text(time_zone)]
Day = Annotated[date, _from_text(calendar_date)]
Days = Annotated[list[Day], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]
Duration = Annotated[timedelta, _from_text(duration)]
Names = Annotated[
    list[Line],
    AfterValidator(_each_once),
    BeforeValidator(_one_or_more, json_schema_input_type=str | list[str]),
]
Texts = Annotated[
    dict[str, Line], Field(min_length=1), BeforeValidator(_by_language, json_schema_input_type=str | dict[str, str])
]
OneMailbox = Annotated[NamedAddress, _from_text(lambda text: mailbox(one_line(text)))]
Reviewers = Annotated[
    list[OneMailbox],
    Field(min_length=1),
    AfterValidator(_each_person_once),
    BeforeValidator(_one_or_more, json_schema_input_type=str | list[str]),
]
Mailboxes = Annotated[
    dict[str, OneMailbox],
    Field(min_length=1),
    BeforeValidator(_by_language, json_schema_input_type=str | dict[str, str]),
]
