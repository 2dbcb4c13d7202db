"""History: what is told of editions afterwards, from their records and the ledger.

Live texts and settings are out of reach here, and so of whoever reads history through this module alone: what was sent
is what is told (design §5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from digest.delivery.addressees import prospects
from digest.delivery.delivery import DeliveryState
from digest.delivery.ledger import Ledger
from digest.desk.overviews import Overviews
from digest.editions.record import Record, RecordedStory
from digest.editions.store import Editions
from digest.foundation.catalogue import _
from digest.foundation.database import Database
from digest.mail.content import Variant
from digest.mail.wording import edition_title, for_staff, language_name
from digest.newsletters.edition import Edition
from digest.people.store import Subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A variant in which the story stands. `sent` of its `readers` have it."""

    variant: str
    title: str
    subject: str
    readers: int
    sent: int


class History:
    """The editions of one database; what each of them keeps is read once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._records: dict[int | None, Record | None] = {}

    def record(self, edition: Edition) -> Record | None:
        if edition.number not in self._records:
            self._records[edition.number] = Editions(self.database).record(edition)
        return self._records[edition.number]

    def story(self, edition: Edition, story_id: str) -> RecordedStory | None:
        """As the edition had it."""
        record = self.record(edition)
        return record.by_id.get(story_id) if record else None

    def titles(self, edition: Edition, story_ids: Iterable[str], language: str) -> tuple[str, ...]:
        """As they stood in the mails of that language."""
        record = self.record(edition)
        if record is None or not record.knows_words:
            return (_("(its words: see the mail)"),)
        known = record.by_id
        return tuple(known[id_].story.in_language(language).text.title for id_ in story_ids if id_ in known)

    def mail_title(self, edition: Edition, variant: Variant) -> str:
        """`Guatemala – Spanish`."""
        return mail_title(self.record(edition), variant)

    def people(self, edition: Edition) -> Mapping[str, int]:
        """Variant → readers: those frozen once sending began, until then those subscribed now."""
        if edition.sending_at:
            return Ledger(self.database).people(edition)
        if edition.supplements:
            return prospects(self.database, edition) if edition.state.has_content else {}
        served = Editions(self.database).choices_of(edition)
        counts: dict[str, int] = {}
        for choice, people in Subscribers(self.database).subscribed(edition.newsletter):
            if (name := served.get(choice)) is not None:
                counts[name] = counts.get(name, 0) + people
        return counts

    def stood_in(self, edition: Edition, story_id: str) -> tuple[Stood, ...]:
        """The edition's variants that have the story and are for somebody, the most read first."""
        outlines = [one for one in Overviews(self.database).outlines(edition) if story_id in one.story_ids]
        tallies = Ledger(self.database).by_variant(edition)
        people = self.people(edition) if edition.sending_at is None else {}
        found = [
            Stood(
                variant=one.name,
                title=self.mail_title(edition, one),
                subject=one.rendered.subject,
                readers=tallies[one.name].frozen if one.name in tallies else people.get(one.name, 0),
                sent=tallies[one.name][DeliveryState.SENT] if one.name in tallies else 0,
            )
            for one in outlines
        ]
        return tuple(sorted((one for one in found if one.readers), key=lambda one: -one.readers))


def mail_title(record: Record | None, variant: Variant) -> str:
    """`Guatemala – Spanish`, as the audience was called then."""
    titles = [record.audience_title(name) if record else name for name in variant.audiences]
    return f"{', '.join(titles)} – {language_name(variant.language)}"


def title_for_staff(edition: Edition) -> str:
    """`July 2018`, `July 2018 (reissue 2)`, `July 2018 (correction 1)`."""
    return edition_title(for_staff(), edition)
