"""Cleaning: control characters and bidi overrides are removed and counted, and Unicode gets one form (NFC)."""

import re
import unicodedata
from collections import Counter

# Kept on purpose: joiners (emoji, scripts that need them), LRM and RLM, soft hyphens.
_REMOVED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_STROKES = "\u0335\u0336"  # what makes struck-out letters where nothing else can
STRUCK_LETTERS = re.compile(f"(?:[^\\s{_STROKES}][{_STROKES}][ \t]*[{_STROKES}]?)+")
_SPACES = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")


def clean(text: str, removed: Counter[str]) -> str:
    """The text on one line, in NFC; every character taken out is counted in `removed`."""
    if text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text
    return unicodedata.normalize("NFC", _SPACES.sub(" ", without_controls(text, removed)))


def without_controls(text: str, removed: Counter[str]) -> str:
    """The text with its lines, tabs and normalisation as they are."""
    if text.isprintable():
        return text
    found = _REMOVED.findall(text)
    if not found:
        return text
    removed.update(found)
    return _REMOVED.sub("", text)


def without_strokes(text: str) -> str:
    """Struck-out letters as letters."""
    return text.translate(dict.fromkeys(map(ord, _STROKES)))


def described(removed: Counter[str]) -> str:
    """What was removed, in words: `2 × U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return ", ".join(
        f"{count} × U+{ord(character):04X} {_name(character)}" for character, count in sorted(removed.items())
    )


def _name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "(half a character)"
    return unicodedata.name(character, "(control character)")
