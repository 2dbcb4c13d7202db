"""Words in messages: what people wrote, quoted, short and harmless to a terminal; lists and counts."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from functools import lru_cache

LONGEST_SHOWN = 60
_HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """Control characters and bidi overrides become `?`."""
    return _HARMFUL.sub("?", text)


def plain(text: str) -> str:
    """One line of at most `LONGEST_SHOWN` harmless characters."""
    text = harmless(text[: LONGEST_SHOWN + 1]).replace("\n", "?")
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def quoted(text: str) -> str:
    return f"'{plain(text)}'"


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`, did you mean 'countries'?`, or nothing when nothing is near. Case does not count."""
    import difflib

    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(written[:LONGEST_SHOWN].lower(), names, n=1)
    return f", did you mean {quoted(names[near[0]])}?" if near else ""


def listed(names: Iterable[str], last: str = "or") -> str:
    """`day, week or month`."""
    *first, final = names
    return f"{', '.join(first)} {last} {final}" if first else final


def counted(count: int, one: str, many: str) -> str:
    """`1 story`, `1,200 stories`."""
    return f"{count:,} {one if count == 1 else many}"


# -- Discreet texts: what people wrote, as it may stand in a report that is passed on.

_ANY_ADDRESS = re.compile(r"([^\s<>@\"'(),;:]+)@[^\s<>@\"'(),;:]*[^\s<>@\"'(),;:.]")


def discreet(text: str) -> str:
    """Of an address only what stands before the @ is left. Nothing in it can turn a page or a terminal around."""
    return _ANY_ADDRESS.sub(r"\1@…", harmless(text))


# -- Wording: strangers' text made fit to be kept and compared.

SAID_MOST = 200
_ADDRESS = re.compile(r"<?[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{0,254}>?")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_NO_WORD = re.compile(r"[^\w?]+", re.ASCII)


def discreet_excerpt(text: str) -> str:
    """Short, on one line, without addresses: it is kept with a person who may want to be forgotten."""
    said = " ".join(_UNSEEN.sub(" ", _ADDRESS.sub("…", text[:4_000])).split())
    return said if len(said) <= SAID_MOST else f"{said[: SAID_MOST - 1]}…"


def folded(text: str) -> str:
    """Lower case, without accents and punctuation; question marks stay, as a word of their own."""
    plain = unicodedata.normalize("NFKD", text).replace("¿", "").replace("?", " ? ")
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(_NO_WORD.sub(" ", letters.lower()).replace("_", " ").split())


# -- Folding: texts that a reader would call the same become equal.

_MARKS = re.compile(r"[\u0300-\u036f]+")
_NOT_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Case, accents, punctuation and the kind and number of spaces do not count: `San José –` becomes `san jose`.

    A text of symbols alone (an emoji title) is folded to itself, so that two different ones stay different.
    """
    plain = text.lower() if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return _NOT_WORDS.sub(" ", plain).strip() or text.strip()


def fingerprint(*parts: str) -> str:
    """16 hex characters; parts cannot run into each other."""
    data = "\x00".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(data.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


# -- Folds words as people type them, so that accents, case, width and kinds of space make no difference.

# Left over from web pages around dates and names; invisible, and without meaning there.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"))


@lru_cache(maxsize=4096)
def fold_letters(text: str) -> str:
    """Lower case, without accents, compatibility forms resolved, every run of white space one space."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_INVISIBLE))
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(text.casefold().split())


# -- Days and instants, as staff read them.


def day(value: date) -> str:
    """`5 August 2018`."""
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime, timezone: tzinfo) -> str:
    """`5 August 2018, 09:00 CST`."""
    local = value.astimezone(timezone)
    return f"{day(local)}, {local:%H:%M %Z}"
