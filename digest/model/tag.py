"""Tags: which countries and topics an item concerns, and why we think so."""

from dataclasses import dataclass
from enum import StrEnum


class TagKind(StrEnum):
    COUNTRY = "country"  # value: ISO 3166-1 alpha-2, upper case
    TOPIC = "topic"  # value: a slug of the taxonomy


class Strength(StrEnum):
    STRONG = "strong"  # said by a person, or found in the title
    WEAK = "weak"  # found in the body or the dateline


class Where(StrEnum):
    PERSON = "person"
    TITLE = "title"
    DATELINE = "dateline"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One tag with its reason: the term as it stands in the text, and where."""

    kind: TagKind
    value: str
    term: str
    where: Where
    strength: Strength
