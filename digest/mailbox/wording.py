"""Wording: strangers' text made fit to be kept and compared."""

import re
import unicodedata

SAID_MOST = 200

_ADDRESS = re.compile(r"<?[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{0,254}>?")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_NO_WORD = re.compile(r"[^\w?]+", re.ASCII)


def harmless(text: str) -> str:
    """Short, on one line, without addresses: it is kept with a person who may want to be forgotten."""
    said = " ".join(_UNSEEN.sub(" ", _ADDRESS.sub("…", text[:4_000])).split())
    return said if len(said) <= SAID_MOST else f"{said[: SAID_MOST - 1]}…"


def folded(text: str) -> str:
    """Lower case, without accents and punctuation; question marks stay, as a word of their own."""
    plain = unicodedata.normalize("NFKD", text).replace("¿", "").replace("?", " ? ")
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(_NO_WORD.sub(" ", letters.lower()).replace("_", " ").split())
