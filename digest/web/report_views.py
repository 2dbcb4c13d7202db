"""What a report on an edition is made from, as plain values without addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from digest.model.delivery import DeliveryState, Tally
from digest.model.edition import Acceptance, Edition, Ruling
from digest.model.returns import ReturnKind

NOTHING = Tally({})
FIRST_SECTIONS = ("Regional", "General")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedStory:
    """`readers` have it in the mail they were sent, or are to be sent. `note` is what happened to it afterwards."""

    story_id: str
    title: str
    published_on: date | None
    ruling: Ruling
    reason: str
    late: bool
    section: str | None = None
    readers: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAudience:
    """`readers` were counted when the edition was sealed, until then now; `None`: nobody counted them. `note` says what
    is out of the ordinary.
    """

    title: str
    stories: int
    late: int
    readers: int | None
    before: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMail:
    """One variant. `tally` is empty until the recipients are frozen; `readers` are those it serves."""

    title: str
    language: str  # its English name
    code: str
    subject: str
    stories: int
    readers: int
    tally: Tally = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAnswer:
    """What a person said about one part."""

    part: str
    approved: bool
    by: str
    at: datetime
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What two editions are compared by. `tally` is `None` until the recipients are frozen."""

    title: str
    key: str
    sending_at: datetime | None
    stories: int
    late: int
    mails: int
    readers: int
    tally: Tally | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """An edition in any state, with all that is known about it when the report is made.

    `edition` holds no address. `alarms` are what the guard said about the readers, `guard_because` why a person went
    on. `under_way`: a living process is sending it. `sent_again` counts mails of which a second copy may have arrived.
    `unserved` are readers whom nothing in it concerns. `returned` counts people by what came back last about their
    mail; `None`: nobody reads a mailbox. `transport` is how mails leave. Instants are shown in
    `timezone`, the newsletter's.
    """

    edition: Edition
    newsletter_title: str
    figures: Figures
    made_at: datetime
    timezone: tzinfo = UTC
    timezone_name: str = "UTC"
    planned_at: datetime | None = None
    needs_approval: bool = True
    answers: tuple[ReportedAnswer, ...] = ()
    alarms: tuple[str, ...] = ()
    guard_because: tuple[str, ...] = ()
    accepted: tuple[Acceptance, ...] = ()  # findings of the check that a person let pass
    stories: tuple[ReportedStory, ...] = ()
    audiences: tuple[ReportedAudience, ...] = ()
    mails: tuple[ReportedMail, ...] = ()
    unserved: int = 0
    under_way: bool = False
    sent_again: int = 0
    returned: Mapping[ReturnKind, int] | None = None
    transport: str = "files"
    previous: Figures | None = None
    notes: tuple[str, ...] = ()

    @property
    def tally(self) -> Tally | None:
        return self.figures.tally

    @property
    def included(self) -> tuple[ReportedStory, ...]:
        return tuple(story for story in self.stories if story.ruling is Ruling.INCLUDED)

    @property
    def left_out(self) -> Mapping[Ruling, tuple[ReportedStory, ...]]:
        """The stories that are not in it, by what was decided."""
        found = {ruling: tuple(s for s in self.stories if s.ruling is ruling) for ruling in reversed(Ruling)}
        return {ruling: stories for ruling, stories in found.items() if stories and ruling is not Ruling.INCLUDED}

    @property
    def rulings(self) -> Mapping[Ruling, int]:
        """They add up to the number of stories; included ones come first."""
        counts = {ruling: sum(story.ruling is ruling for story in self.stories) for ruling in reversed(Ruling)}
        return {ruling: count for ruling, count in counts.items() if count}

    @property
    def sections(self) -> Mapping[str, tuple[int, int]]:
        """Section → stories in it, and how many of them came late; without sections, nothing."""
        counts: dict[str, tuple[int, int]] = {}
        for story in self.included:
            if story.section is not None:
                stories, late = counts.get(story.section, (0, 0))
                counts[story.section] = stories + 1, late + story.late
        return dict(sorted(counts.items(), key=lambda pair: (pair[0] not in FIRST_SECTIONS, pair[0])))

    @property
    def languages(self) -> tuple[ReportedMail, ...]:
        """The mails of each language as one; their stories are the most that one mail holds."""
        return tuple(_together([mail for mail in self.mails if mail.code == code]) for code in self._codes)

    @property
    def _codes(self) -> list[str]:
        return list(dict.fromkeys(mail.code for mail in self.mails))


def _together(mails: Sequence[ReportedMail]) -> ReportedMail:
    states = {state: sum(mail.tally[state] for mail in mails) for state in DeliveryState}
    return ReportedMail(
        title=mails[0].language,
        language=mails[0].language,
        code=mails[0].code,
        subject="",
        stories=max(mail.stories for mail in mails),
        readers=sum(mail.readers for mail in mails),
        tally=Tally({state: count for state, count in states.items() if count}),
    )
