"""What a mail shows: the content of a variant before it is rendered, its bytes afterwards, and the slots in them.

Slots are the only places in which the messages of one variant differ from reader to reader. A mark is the slot's name
between NUL characters. No collected text can hold NUL (sources remove control characters), so a mark cannot be forged
by content, and no encoding of the bytes around it can alter it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from html import unescape

from digest.intake.item import Item
from digest.newsletters.newsletter import Newsletter, Publisher
from digest.newsletters.period import Period

EDGE = "\x00"
_HIDDEN = re.compile(r"<div[^>]*\bdisplay:\s*none[^>]*>([^<]*)</div>")
_FILLER = "\u200c\u00a0\u2007 \r\n\t"


class Slot(StrEnum):
    TO = "to"
    DATE = "date"
    MESSAGE_ID = "message-id"
    LIST_UNSUBSCRIBE = "list-unsubscribe"
    LEAVE = "leave"  # the link in the footer
    PREFERENCES = "preferences"
    WEB_VIEW = "web-view"
    GREETING = "greeting"  # the whole salutation; in a mark its wording follows the name, see `digest.mail.greeting`

    @property
    def mark(self) -> str:
        return f"{EDGE}{self.value}{EDGE}"


class Weight(StrEnum):
    """How much room a story gets. A brief is a title and a sentence."""

    LEAD = "lead"
    FULL = "full"
    BRIEF = "brief"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A story as one variant shows it: the item in the reader's language, or the other one. `other` is the same story
    in another of the newsletter's languages, where a link leads to it; `elsewhere` is what others published of it.
    `missed`: the edition for which it was there in time did not go out.
    """

    story_id: str
    item: Item
    late: bool
    missed: bool = False
    other: Item | None = None
    elsewhere: tuple[Item, ...] = ()
    weight: Weight | None = None  # that a person gave it

    def foreign_to(self, language: str) -> bool:
        return self.item.language != language


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`key` is a country code or topic slug; `None` is Regional (or General, or the only section), always first.
    `missed`: of editions that did not go out, always last.
    """

    key: str | None
    stories: tuple[Shown, ...]
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What the editor says before the stories, in the variant's language: `paragraphs` and `html` as in an item's
    `Text`.
    """

    paragraphs: tuple[str, ...]
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantContent:
    """All that a variant's bytes depend on, besides the templates: rendering is a pure function of it.

    `lead` is shown above the sections and stands in none of them; `None` when the variant has no story to lead with.
    Below the address `pictures_under` its page finds its pictures; `None`: the message carries them.
    """

    publisher: Publisher
    newsletter: Newsletter
    period: Period
    revision: int
    language: str
    lead: Shown | None
    sections: tuple[Section, ...]
    introduction: Introduction | None = None
    fall_back: str | None = None  # the title of the audience whose stories it has because those of its own are few
    audiences: tuple[str, ...] = ()  # the titles of those whom it is made for; none where there is one for all
    chosen: bool = False  # whether all its readers chose just these audiences
    subject: str | None = None  # in place of the one that the templates make
    subjects_used: frozenset[str] = frozenset()  # by other editions of the newsletter, in its language
    subjects_kept: frozenset[str] = frozenset()  # that this edition had already: none is changed without need
    preheader: str | None = None
    pictures_under: str | None = None
    archive: str | None = None  # the page on which the whole edition can be read once it has gone out

    @property
    def is_correction(self) -> bool:
        """Whether it says again what its readers were sent before."""
        return self.revision > 1 or self.period.supplement.revision > 1 or bool(self.period.supplement.story)

    @property
    def stories(self) -> tuple[Shown, ...]:
        lead = (self.lead,) if self.lead else ()
        return lead + tuple(shown for section in self.sections for shown in section.stories)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A variant's bytes. `html` and `text` hold slot marks (see `digest.mail.content`), `message` is the whole message
    with marks at the header slots too: 7-bit, CRLF, ready to be joined for one recipient. `linked` are the pictures
    that the page takes from the public pages, by name, each as a message would carry it.
    """

    subject: str
    html: str
    text: str
    message: bytes
    linked: Mapping[str, bytes] = field(default_factory=dict, compare=False)

    @property
    def beside_the_subject(self) -> str:
        """What inboxes show there: the first text of the page, which it hides; empty when there is none."""
        found = _HIDDEN.search(self.html)
        return unescape(found[1]).strip(_FILLER) if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One distinct content of an edition. `name` is a file name (`guatemala.es`); `audiences` are those of the plainest
    choice that leads here, in the settings' order.
    """

    name: str
    language: str
    audiences: tuple[str, ...]
    story_ids: tuple[str, ...]
    rendered: Rendered
    fingerprint: str  # SHA-256 of `rendered`, hex
