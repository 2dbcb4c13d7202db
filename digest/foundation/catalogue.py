"""What staff read, in their language; the English text is the key.

It stands in the code as `_("…")` and `plural("…", "…", count)`, in constants as `later("…")`. A process speaks one
language to staff: English, unless `languages.speak` chooses another before the first word.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import NullTranslations
from typing import TypeVar

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
    """The message in the language of staff; its `{placeholders}` are for the caller to fill, its commands work."""
    return printed(_staff.words.gettext(message))


def later(message: str) -> str:
    """The message of a constant, as it stands: listed for translators, said by `_` where it is used."""
    return message


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
