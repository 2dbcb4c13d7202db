"""What staff read, in their language; the English text is the key.

It stands in the code as `_("…")` and `plural("…", "…", count)`, in constants as `later("…")`. A process speaks one
language to staff: English, unless `languages.speak` chooses another before the first word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from gettext import NullTranslations
from typing import Any, Self, TypeVar, cast

from digest.commands import printed

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class _Staff:
    language: str = "en"
    words: NullTranslations = field(default_factory=NullTranslations)


_staff = _Staff()


def speak_with(language: str, words: NullTranslations) -> None:
    global _staff  # noqa: PLW0603 – a process speaks one language at a time
    _staff = _Staff(language, words)


def spoken() -> str:
    """The language in which staff read."""
    return _staff.language


def _(message: str) -> str:
    """The message in the language of staff; its `{placeholders}` are for the caller to fill, its commands work. A
    `Phrase` is said as it was filled.
    """
    if isinstance(message, Phrase):
        return message.said()
    return printed(_staff.words.gettext(message))


class Phrase(str):
    """A text that is said later: English, for whoever compares or keeps it; in the language of staff by `_`."""

    __slots__ = ("many", "message", "values")

    message: str
    many: str
    values: Mapping[str, object]

    def __new__(cls, text: str, message: str = "", many: str = "", values: Mapping[str, object] | None = None) -> Self:
        made = super().__new__(cls, text)
        made.message, made.many, made.values = message or text, many, values or {}
        return made

    def format(self, *_nothing: object, **values: object) -> "Phrase":
        return _filled(self.message, "", values)

    def said(self) -> str:
        count = cast("int", self.values.get("count", 1))
        said = ngettext(self.message, self.many, count) if self.many else _(self.message)
        return said.format(**{name: _said(one) for name, one in self.values.items()}) if self.values else said


def later(message: str) -> Phrase:
    """A message of a constant, or of what is kept or compared: listed for translators, said by `_` where it is used."""
    return Phrase(message)


def plural_later(one: str, many: str, count: int, **values: object) -> Phrase:
    """As `plural`, for what is said later."""
    return _filled(one, many, {"count": count, **values})


def kept(text: str) -> Any:
    """What JSON can hold; `again` makes the same of it."""
    if not isinstance(text, Phrase) or not text.values:
        return str(text)
    return [text.message, text.many, {name: _kept(one) for name, one in text.values.items()}]


def again(written: Any) -> str:
    if isinstance(written, str):
        return written
    message, many, values = written
    return _filled(message, many, {name: _again(one) for name, one in values.items()})


def _filled(message: str, many: str, values: Mapping[str, object]) -> Phrase:
    text = many if many and values["count"] != 1 else message
    return Phrase(text.format(**values), message, many, values)


def _said(value: object) -> object:
    if isinstance(value, Phrase):
        return value.said()
    if isinstance(value, date):
        return _Day(value)
    return Number(value) if type(value) is int else value


def _kept(value: object) -> object:
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return {"phrase": kept(value)} if isinstance(value, Phrase) else value if isinstance(value, int) else str(value)


def _again(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    return again(value["phrase"]) if "phrase" in value else date.fromisoformat(value["day"])


class _Day:
    """A day that staff read: `{day:%-d %B %Y}` is `5 August 2018`, or `5 de agosto de 2018`."""

    def __init__(self, value: date) -> None:
        self._value = value

    def __format__(self, form: str) -> str:
        if _staff.language == "en" or not form:
            return format(self._value, form)
        from babel.dates import format_date  # 30 ms: only where something is said in another language

        return format_date(self._value, "long", _staff.language.replace("-", "_"))


def ngettext(one: str, many: str, count: int) -> str:
    """The form that the language has for so many; its commands work."""
    return printed(_staff.words.ngettext(one, many, count))


def plural(one: str, many: str, count: int, **values: object) -> str:
    """`plural("{count:,} story", "{count:,} stories", 1200)` is `1,200 stories`."""
    return ngettext(one, many, count).format(count=Number(count), **values)


def in_each_language(make: Callable[[], Made]) -> Callable[[], Made]:
    """Makes a table of words once for each language spoken."""
    made = lru_cache(maxsize=4)(lambda _language: make())
    return lambda: made(_staff.language)


class Number(int):
    """One that staff read: `{count:,}` is `1,200`, `1.200` or `1 200`, as their language and country write it."""

    def __format__(self, form: str) -> str:
        if form != "," or _staff.language == "en":
            return super().__format__(form)
        from babel.numbers import format_decimal  # 30 ms: only where something is said in another language

        return format_decimal(int(self), locale=_staff.language.replace("-", "_"))
