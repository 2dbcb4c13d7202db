"""The record of an edition: every word that a later question about it needs, as it was when the edition was built.

A draft has one like a sealed edition; it is replaced with the draft. What is told of an edition afterwards (reports,
explanations, the preview of what was approved) is read from here and from the ledger, never from the texts and
settings of the day (design §5).
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from digest.foundation.addresses import NamedAddress
from digest.foundation.catalogue import spoken
from digest.intake.item import Item, Story
from digest.intake.item_document import item_document, item_from
from digest.newsletters.newsletter import Approval, Newsletter, Publisher, SectionsBy, ThinMail


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStory:
    """A story as the edition had it, corrections of its plan included, also one that was left out.

    `section` is the title of its section in each language, and in English for staff; empty where the edition has no
    sections. `takers` are the audiences that it concerns, each with the reason; `others` those that it does not, each
    with the first rule that keeps it out. `source_words` is what its sources said where staff say something else: by
    the id of a text, then by field.
    """

    story: Story
    section: Mapping[str, str] = field(default_factory=dict)
    takers: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    source_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.story.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Titles are by language, those of audiences by their name, in the order of the settings. `planned_at`: when it was
    to go out; `None` for a later revision or a supplement. `public_url` is where its links lead. `knows_words`: the
    texts of stories are those that were sent; else only the mails themselves have them (an edition older than records
    whose texts have changed since). The last three are what was done about mails with few stories, see `Thin`.
    """

    languages: tuple[str, ...]
    title: Mapping[str, str]
    audiences: Mapping[str, Mapping[str, str]]
    sender: Mapping[str, str]
    reply_to: str | None
    publisher: Mapping[str, str]
    postal_address: str
    website: str | None
    public_url: str | None
    zone: ZoneInfo
    needs_approval: bool
    planned_at: datetime | None
    sections: SectionsBy
    stories: tuple[RecordedStory, ...]
    knows_words: bool = True
    least_per_mail: int = 1
    thin_mail: ThinMail = ThinMail.SEND
    fall_back: str | None = None

    def frozen(self, newsletter: Newsletter) -> Newsletter:
        """The newsletter with the sender and the address for answers that it had then."""
        sender = {language: _mailbox(written) for language, written in self.sender.items()}
        return replace(newsletter, sender=sender or newsletter.sender, reply_to=self.reply_to)

    def differences(self, newsletter: Newsletter, public_url: str | None) -> Sequence[tuple[str, str, str]]:
        """What the settings say otherwise now of things that stay as they were: key, then, now."""
        frozen = self.frozen(newsletter)
        pairs = (
            ("from", _senders(frozen), _senders(newsletter)),
            ("reply_to", frozen.reply_to or "", newsletter.reply_to or ""),
            ("public_url", self.public_url or "", public_url or ""),
        )
        return [(key, then, now) for key, then, now in pairs if then != now]

    def beside(self, source_words: Mapping[str, Mapping[str, Mapping[str, str]]]) -> "Record":
        """With what sources said of each story, where staff say something else."""
        stories = (replace(one, source_words=source_words.get(one.id, {})) for one in self.stories)
        return replace(self, stories=tuple(stories))

    @property
    def by_id(self) -> dict[str, RecordedStory]:
        return {recorded.id: recorded for recorded in self.stories}

    @property
    def title_for_staff(self) -> str:
        """In their language, or else in its first."""
        return self.title.get(spoken().partition("-")[0]) or self.title[self.languages[0]]

    def audience_title(self, name: str, language: str | None = None) -> str:
        """In the language of staff or else the newsletter's first, if no other is asked for; the name itself of an
        audience it did not have.
        """
        titles = self.audiences.get(name, {})
        own = spoken().partition("-")[0]
        return titles.get(language or (own if own in titles else self.languages[0]), name)

    def concerning(self, audiences: AbstractSet[str]) -> frozenset[str]:
        """The stories that any of the audiences takes."""
        return frozenset(one.id for one in self.stories if not audiences.isdisjoint(one.takers))

    def story_of_item(self, item_id: str) -> RecordedStory | None:
        return next((one for one in self.stories if any(item.id == item_id for item in one.story.items)), None)


def _mailbox(written: str) -> NamedAddress:
    """As `record_of` writes it: whatever stands in the name is the name."""
    name, _less, address = written.rpartition("<")
    return NamedAddress(name=name.strip(), address=address.removesuffix(">"))


def _senders(newsletter: Newsletter) -> str:
    return ", ".join(dict.fromkeys(f"{one.name} <{one.address}>".strip() for one in newsletter.sender.values()))


def record_of(
    publisher: Publisher,
    newsletter: Newsletter,
    public_url: str | None,
    planned_at: datetime | None,
    stories: Iterable[Story],
    sections: Mapping[str, Mapping[str, str]],
    *,
    knows_words: bool = True,
) -> Record:
    """`stories` are as the plan corrects them, in the order of the verdicts; `sections` maps a story to the title of
    its section by language.
    """
    languages = newsletter.languages
    return Record(
        languages=languages,
        title={language: newsletter.title(language) for language in languages},
        audiences={
            audience.name: {language: audience.title(language) for language in languages}
            for audience in newsletter.audiences
        },
        sender={language: f"{one.name} <{one.address}>".strip() for language, one in newsletter.sender.items()},
        reply_to=newsletter.reply_to,
        publisher={language: publisher.name(language) for language in languages},
        postal_address=publisher.address,
        website=publisher.website,
        public_url=public_url,
        zone=newsletter.schedule.zone,
        needs_approval=newsletter.approval is Approval.REQUIRED,
        planned_at=planned_at,
        sections=newsletter.sections,
        stories=tuple(_recorded(newsletter, story, sections.get(story.id, {})) for story in stories),
        knows_words=knows_words,
        least_per_mail=newsletter.thin.least_per_mail,
        thin_mail=newsletter.thin.mail,
        fall_back=newsletter.thin.fall_back,
    )


def _recorded(newsletter: Newsletter, story: Story, section: Mapping[str, str]) -> RecordedStory:
    reasons = {audience.name: audience.reason(story) for audience in newsletter.audiences}
    return RecordedStory(
        story=story,
        section=section,
        takers={name: reason for name, reason in reasons.items() if reason is not None},
        others={
            audience.name: audience.why_not(story) or ""
            for audience in newsletter.audiences
            if reasons[audience.name] is None
        },
    )


# -- As bytes.


def packed(record: Record) -> bytes:
    """Compressed JSON; `unpacked` makes the same record of it."""
    document = {
        **{name: value for name, value in asdict(record).items() if name != "stories"},
        "zone": record.zone.key,
        "planned_at": record.planned_at.isoformat() if record.planned_at else None,
        "stories": [
            {
                "id": one.id,
                "items": [item_document(item) for item in one.story.items],
                "section": dict(one.section),
                "takers": dict(one.takers),
                "others": dict(one.others),
                **({"source_words": one.source_words} if one.source_words else {}),
            }
            for one in record.stories
        ],
    }
    return zlib.compress(json.dumps(document, ensure_ascii=False).encode())


def unpacked(content: bytes) -> Record:
    document: dict[str, Any] = json.loads(zlib.decompress(content))
    return Record(
        **{
            **document,
            "languages": tuple(document["languages"]),
            "zone": ZoneInfo(document["zone"]),
            "planned_at": datetime.fromisoformat(document["planned_at"]) if document["planned_at"] else None,
            "sections": SectionsBy(document["sections"]),
            "thin_mail": ThinMail(document.get("thin_mail", ThinMail.SEND)),
            "stories": tuple(_story_from(one) for one in document["stories"]),
        }
    )


def _story_from(document: Mapping[str, Any]) -> RecordedStory:
    items: tuple[Item, ...] = tuple(item_from(item) for item in document["items"])
    return RecordedStory(
        story=Story(id=document["id"], items=items),
        section=document["section"],
        takers=document["takers"],
        others=document["others"],
        source_words=document.get("source_words", {}),
    )
