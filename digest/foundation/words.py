"""Words of people: as they may be shown, as they compare, and how lists, counts and days are said.

Shown: `harmless` (any length), `excerpt` and `quoted` (short), `without_domains` (passed on) and
`excerpt_without_addresses` (kept). Compared, from the weakest to the strongest: `fold_letters`, `fold_words`,
`fold_to_ascii`. Without formatting: `raised`, `lowered`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, tzinfo
from difflib import get_close_matches
from functools import lru_cache

from digest.foundation.catalogue import Number, _, spoken

LONGEST_EXCERPT = 60
LONGEST_KEPT = 200
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"  # left over from web pages; without meaning in a line

_HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DOMAIN = re.compile(r"([^\s<>@\"'(),;:]+)@[^\s<>@\"'(),;:]*[^\s<>@\"'(),;:.]")
_ADDRESS = re.compile(r"<?[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{0,254}>?")
_MARKS = re.compile(r"[\u0300-\u036f]+")
_NOT_WORDS = re.compile(r"[\W_]+")
_NOT_ASCII_WORDS = re.compile(r"[^\w?]+", re.ASCII)
_RAISED = str.maketrans("0123456789+-−–=()niºª*†‡", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱºª*†‡")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_ORDINALS = re.compile(r"st|nd|rd|th|er|re|[èe]me|[eoaº]s?|[rdtmvn][oa]|[ts]m|[™®ª]", re.IGNORECASE)
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))


def heard(data: bytes, charset: str = "utf-8") -> str:
    """What others say in bytes: in the charset that they claim if that can be, else in UTF-8 if it is that, else in
    Latin-1, in which every byte is a letter.
    """
    for one in (charset, "utf-8"):
        with suppress(UnicodeDecodeError):
            return data.decode(one)
    return data.decode("latin-1")


def harmless(text: str) -> str:
    r"""Nothing in it can turn a page or a terminal around; lines stay: `a\x1b[2J` becomes `a?[2J`."""
    return _HARMFUL.sub("?", text)


def escaped(text: str) -> str:
    """JSON that says the same, and turns nothing around."""
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def upright(text: str) -> str:
    """Without the signs that turn the direction of reading: U+202E makes what follows read backwards."""
    return _TURNS.sub("", text)


def excerpt(text: str) -> str:
    r"""One harmless line of at most 60 characters: `a\nb` becomes `a?b`, and what is longer ends with `…`."""
    text = harmless(text[: LONGEST_EXCERPT + 1]).replace("\n", "?")
    return text if len(text) <= LONGEST_EXCERPT else f"{text[: LONGEST_EXCERPT - 1]}…"


def quoted(text: str) -> str:
    """An excerpt in quotes: `'countries'`."""
    return f"'{excerpt(text)}'"


def without_domains(text: str) -> str:
    """Harmless, and fit for a report that is passed on: `no mailbox ana@example.org` becomes `no mailbox ana@…`."""
    return _DOMAIN.sub(r"\1@…", harmless(text))


def excerpt_without_addresses(text: str) -> str:
    """One line of at most 200 characters, kept with a person who may want to be forgotten: `<ana@example.org>: 550 no`
    becomes `…: 550 no`. What cannot be seen is a space.
    """
    said = " ".join(_UNSEEN.sub(" ", _ADDRESS.sub("…", text[:4_000])).split())
    return said if len(said) <= LONGEST_KEPT else f"{said[: LONGEST_KEPT - 1]}…"


def raised(text: str) -> str:
    """What stands above the line, in plain text: `6` becomes `⁶`, `a+b` becomes `^(a+b)`; the ending of an ordinal
    number is read the same on the line ("5th").
    """
    if _ORDINALS.fullmatch(text.strip()):
        return text
    return _moved(text, _RAISED, "^")


def lowered(text: str) -> str:
    """What stands below the line: `2` becomes `₂`, `max` becomes `_(max)`."""
    return _moved(text, _LOWERED, "_")


def _moved(text: str, signs: dict[int, int], mark: str) -> str:
    bare = text.strip()
    if not bare:
        return text
    moved = bare.translate(signs) if all(ord(sign) in signs for sign in bare) else f"{mark}({bare})"
    return text.replace(bare, moved, 1)


def without_accents(text: str) -> str:
    """Decomposed (NFKD), without combining marks: `ﬁesta en Petén` becomes `fiesta en Peten`."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


@lru_cache(maxsize=4096)
def fold_letters(text: str) -> str:
    """Case, accents, width, invisible characters and the kind and number of spaces do not count, all else does:
    ` San José –` becomes `san jose –`.
    """
    if not text.isascii():
        text = without_accents(text.translate(_WITHOUT_INVISIBLE))
    return " ".join(text.casefold().split())


@lru_cache(maxsize=32_768)
def fold_words(text: str) -> str:
    """Neither case, accents and spaces count nor punctuation, so titles that a reader would call the same are equal:
    `San José –` becomes `san jose`. A text of symbols alone (an emoji title) stays, so that two of them stay different.
    """
    plain = text.lower() if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return _NOT_WORDS.sub(" ", plain).strip() or text.strip()


def fold_to_ascii(text: str) -> str:
    """Only a–z, digits, and question marks as words of their own are left: `¿Cómo salgo?` becomes `como salgo ?`."""
    letters = without_accents(text).replace("¿", "").replace("?", " ? ").lower()
    return " ".join(_NOT_ASCII_WORDS.sub(" ", letters).replace("_", " ").split())


def fingerprint(*parts: str) -> str:
    """16 hex characters; parts cannot run into each other."""
    data = "\x00".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(data.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`, did you mean 'countries'?`, or nothing when nothing is near. Case does not count."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(written[:LONGEST_EXCERPT].lower(), names, n=1)
    return _(", did you mean {name}?").format(name=quoted(names[near[0]])) if near else ""


def listed(names: Iterable[str], last: str = "or") -> str:
    """`day, week or month`."""
    *first, final = names
    return f"{', '.join(first)} {_(last)} {final}" if first else final


def counted(count: int, one: str, many: str) -> str:
    """`1 story`, `1,200 stories`."""
    return f"{Number(count):,} {one if count == 1 else many}"


def day(value: date, *, with_year: bool = True) -> str:
    """As staff read it: `5 August 2018`, `5 de agosto de 2018`; or `5 August`, `5 de agosto`."""
    if spoken() == "en":
        return f"{value.day} {value:%B %Y}" if with_year else f"{value.day} {value:%B}"
    from babel.dates import format_date, format_skeleton  # 30 ms: only where something is said in another language

    locale = spoken().replace("-", "_")
    return format_date(value, "long", locale) if with_year else format_skeleton("MMMMd", value, locale=locale)


def weekday(value: date, *, short: bool = False) -> str:
    """`Saturday`, `sábado`; or `Sat`, `sáb`."""
    if spoken() == "en":
        return f"{value:%a}" if short else f"{value:%A}"
    from babel.dates import format_date  # as above

    return format_date(value, "EEE" if short else "EEEE", spoken().replace("-", "_"))


def month(value: date) -> str:
    """`June`, `junio`."""
    if spoken() == "en":
        return f"{value:%B}"
    from babel.dates import format_date  # as above

    return format_date(value, "LLLL", spoken().replace("-", "_"))


def moment(value: datetime, timezone: tzinfo) -> str:
    """`5 August 2018, 09:00 CST`."""
    local = value.astimezone(timezone)
    return f"{day(local)}, {local:%H:%M %Z}"
