"""The grammar of names: those that people give in settings, and those that files get."""

import re
import unicodedata

LONGEST_SLUG = 40
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")  # newsletters, audiences, sources
TOPIC = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
COUNTRY = re.compile(r"[A-Z]{2}")
TEMPLATE_SET = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_IN_A_STEM = re.compile(r"[^A-Za-z0-9@._+-]|^[^A-Za-z0-9]")
_STEM_MOST = 120  # with a mark and an ending, far below the 255 bytes of a file name


def dashed(text: str, most: int | None = None) -> str:
    """Small letters a–z, digits and single dashes; of text in small letters, whatever else is in it becomes a dash."""
    return _NOT_IN_A_SLUG.sub("-", text)[:most].strip("-")


def nearest_slug(text: str) -> str:
    """What somebody who wrote `text` for a slug may have meant; empty when nothing of it is left."""
    return dashed(unicodedata.normalize("NFKD", text[:LONGEST_SLUG]).encode("ascii", "ignore").decode().lower())


def stem(address: str) -> str:
    """A mail address as a part of a file name, safe in every folder."""
    return _NOT_IN_A_STEM.sub("_", address[:_STEM_MOST])
