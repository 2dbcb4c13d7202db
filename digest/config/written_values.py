"""The kinds of values in `digest.yaml`, as pydantic types: what may be written, and what is made of it."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from digest.config.addresses import address, mailbox
from digest.config.durations import duration
from digest.config.looks import dark_accent, light_accent, logo_address
from digest.config.texts import calendar_date, one_line, several_lines, slug
from digest.config.urls import ping_address, public_url, website
from digest.config.zones import time_zone
from digest.foundation.words import listed, quoted
from digest.model.newsletter import Mailbox

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


def _each_person_once(people: list[Mailbox]) -> list[Mailbox]:
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
LightAccent = Annotated[str, AfterValidator(light_accent)]
DarkAccent = Annotated[str, AfterValidator(dark_accent)]
LogoAddress = Annotated[str, AfterValidator(logo_address)]
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
OneMailbox = Annotated[Mailbox, _from_text(lambda text: mailbox(one_line(text)))]
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
