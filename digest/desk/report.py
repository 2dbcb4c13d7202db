"""The report of an edition: everything that is known about it, as plain values without addresses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo

from digest.delivery.delivery import DeliveryState, Tally
from digest.delivery.doubt import Remedy
from digest.delivery.ledger import Ledger
from digest.delivery.lookup import resent
from digest.delivery.newcomers import welcomed
from digest.delivery.pauses import Pauses, holding, said_at
from digest.desk.history import History, mail_title, title_for_staff
from digest.desk.left_out import corrections_told, parts_told, why_nothing
from digest.desk.overviews import Overviews
from digest.editions import guard, reasons
from digest.editions.record import Record, RecordedStory
from digest.editions.review_store import Reviews
from digest.editions.store import Editions
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _, plural
from digest.foundation.database import Database
from digest.foundation.words import without_domains
from digest.inbound.canary import sightings
from digest.inbound.inbound import ReturnKind
from digest.inbound.settings import MailboxSettings
from digest.inbound.store import InboundMail
from digest.mail.wording import edition_in_full, language_name
from digest.newsletters.edition import Acceptance, Choice, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import SectionsBy
from digest.people.store import Subscribers

SEALED = (EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED)
NOTHING = Tally({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedStory:
    """`readers` have it in the mail they were sent, or are to be sent. `note` says what is not known of it."""

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
    """`readers` were counted when the edition was sealed, until then now; `None`: nobody counted them."""

    title: str
    stories: int
    late: int
    readers: int | None
    before: int | None = None


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
    answered_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
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
    `unserved` are readers who get nothing of it, `why_unserved` says why. `returned` counts people by what came back
    last about their mail; `None`: nobody reads a mailbox. `transport` is how mails leave. Instants are shown in
    `timezone`, the newsletter's.
    """

    edition: Edition
    newsletter_title: str
    figures: ReportFigures
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
    why_unserved: str = ""
    under_way: bool = False
    sent_again: int = 0
    returned: Mapping[ReturnKind, int] | None = None
    transport: str = "files"
    previous: ReportFigures | None = None
    notes: tuple[str, ...] = ()

    @property
    def in_full(self) -> str:
        return edition_in_full(self.edition)

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
        first = (_("Regional"), _("General"))
        return dict(sorted(counts.items(), key=lambda pair: (pair[0] not in first, pair[0])))

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


# -- Gathering.


def report(
    database: Database,
    edition: Edition,
    record: Record,
    *,
    made_at: datetime,
    transport: str,
    mailbox: MailboxSettings | None,
) -> ReportView:
    """What is known at `made_at`, whatever state the edition is in, from its `record` and the ledger. No address is in
    it. `transport` is how mails leave today, of an edition that has not begun to leave; `mailbox` is read for what
    comes back.
    """
    gathered = _Gathering(database, edition, record)
    accepted = [replace(one, because=without_domains(one.because)) for one in edition.accepted]
    before = previous_edition(gathered.editions, edition)
    return ReportView(
        edition=replace(
            edition,
            approved_by=without_domains(edition.approved_by) if edition.approved_by else None,
            because=without_domains(edition.because) if edition.because else None,
            accepted=tuple(accepted),
        ),
        newsletter_title=record.title_for_staff,
        figures=gathered.figures(),
        made_at=made_at,
        timezone=record.zone,
        timezone_name=record.zone.key,
        planned_at=record.planned_at,
        needs_approval=record.needs_approval,
        answers=gathered.answers(),
        alarms=gathered.alarms(),
        guard_because=tuple(one.because for one in accepted if one.code == guard.CODE),
        accepted=tuple(one for one in accepted if one.code != guard.CODE),
        stories=gathered.stories(),
        audiences=gathered.audiences(before),
        mails=gathered.mails(),
        unserved=gathered.people.get(None, 0),
        why_unserved=why_nothing(database, edition, record),
        sent_again=_sent_again(database, edition),
        returned=gathered.returned(reads_mailbox=mailbox is not None),
        under_way=edition.state is EditionState.SENDING and Ledger(database).is_held(edition),
        transport=edition.route.get("transport", transport),
        previous=None if before is None else _Gathering(database, before, record).figures(),
        notes=(
            *_paused(database, edition, record),
            *_welcomed(database, edition),
            *_canary(database, edition, mailbox.canary if mailbox else None, made_at, record.zone),
            *parts_told(database, edition),
            *corrections_told(database, edition),
            *_words_unknown(record),
        ),
    )


def _sent_again(database: Database, edition: Edition) -> int:
    """Mails of which a second copy may have arrived, by the settings' will or a person's."""
    if not edition.sending_at:
        return 0
    return Ledger(database).doubts(edition).get(Remedy.RESEND, 0) + resent(database, edition)


def _paused(database: Database, edition: Edition, record: Record) -> list[str]:
    pause = holding(Pauses(database), edition)
    return [] if pause is None else [_("It is {paused}.").format(paused=without_domains(said_at(pause, record.zone)))]


def _welcomed(database: Database, edition: Edition) -> list[str]:
    people = welcomed(database, edition) if edition.sending_at else 0
    said = plural(
        "{count:,} of its readers was new and got it after it had gone out, as a welcome.",
        "{count:,} of its readers were new and got it after it had gone out, as a welcome.",
        people,
    )
    return [said] if people else []


def _canary(database: Database, edition: Edition, address: str | None, now: datetime, zone: tzinfo) -> list[str]:
    if address is None or edition.sending_at is None:
        return []
    found = sightings(database, folded_address(address), edition.sending_at)
    told = [one.said(now, zone) for one in found if one.edition.number == edition.number]
    return [f"{said[0].upper()}{said[1:]}." for said in told]


def _words_unknown(record: Record) -> list[str]:
    """It is older than records, and its texts have changed since."""
    said = _("The texts have changed since it was approved; for the words that were sent, see its mails.")
    return [] if record.knows_words else [said]


def last_sent(editions: Sequence[Edition]) -> Edition | None:
    """The edition of which a person would want the report: the one sent last, else the latest there is."""
    sent = [edition for edition in editions if edition.sending_at]
    return max(sent, key=lambda one: (str(one.sending_at), one.period)) if sent else next(reversed(editions), None)


class _Gathering:
    """One edition while its report is made; what is asked twice is read once."""

    def __init__(self, database: Database, edition: Edition, record: Record) -> None:
        self.database, self.edition, self.record = database, edition, record
        store = Editions(database)
        self.editions = store.editions(edition.newsletter)
        self.verdicts = store.verdicts(edition)
        self.outlines = Overviews(database).outlines(edition)
        self.carrying: defaultdict[str, set[str]] = defaultdict(set)
        for variant in self.outlines:
            for story_id in variant.story_ids:
                self.carrying[story_id].add(variant.name)
        self.served = store.choices_of(edition)
        self.subscribed = Subscribers(database).subscribed(edition.newsletter)
        self.by_variant = Ledger(database).by_variant(edition)
        self.people = self._people()

    def figures(self) -> ReportFigures:
        included = [verdict for verdict in self.verdicts if verdict.ruling is Ruling.INCLUDED]
        tally = Tally(_summed(self.by_variant.values())) if self.edition.sending_at else None
        return ReportFigures(
            title=title_for_staff(self.edition),
            key=self.edition.key,
            sending_at=self.edition.sending_at,
            stories=len(included),
            late=sum(verdict.late for verdict in included),
            mails=sum(name is not None and count > 0 for name, count in self.people.items()),
            readers=sum(self.people.values()),
            tally=tally,
        )

    def returned(self, *, reads_mailbox: bool) -> Mapping[ReturnKind, int] | None:
        found = InboundMail(self.database).counts(self.edition)
        return found if found or reads_mailbox else None

    def answers(self) -> tuple[ReportedAnswer, ...]:
        return tuple(
            ReportedAnswer(
                part=self.record.audience_title(answer.part),
                approved=answer.approved,
                by=without_domains(answer.by),
                at=answer.at,
                because=without_domains(answer.because or ""),
                answered_as=answer.answered_as,
            )
            for answer in Reviews(self.database).answers(self.edition).values()
        )

    def alarms(self) -> tuple[str, ...]:
        """What the guard says now of a draft, or said of what was sealed."""
        edition = self.edition
        if edition.state not in (*SEALED, EditionState.DRAFT) or edition.supplements:
            return ()
        sealed_before = [
            other
            for other in self.editions
            if edition.sealed_at is None or (other.sealed_at is not None and other.sealed_at < edition.sealed_at)
        ]
        last = guard.last_edition(sealed_before, edition)
        now = edition.readers if edition.sealed_at else self._readers_now()
        return tuple(guard.alarms(now, last.readers)) if last and last.readers and now else ()

    def stories(self) -> tuple[ReportedStory, ...]:
        recorded = self.record.by_id
        return tuple(self._story(verdict, recorded.get(verdict.story_id)) for verdict in self.verdicts)

    def audiences(self, before: Edition | None) -> tuple[ReportedAudience, ...]:
        edition = self.edition
        late = {verdict.story_id for verdict in self.verdicts if verdict.late}
        now = dict(edition.readers) if edition.sealed_at else self._readers_now()
        found = []
        for name in dict.fromkeys([*self.record.audiences, *now]):
            if edition.supplements and name != edition.instalment:
                continue
            told = self._stories_of_audience(name)
            found.append(
                ReportedAudience(
                    title=self.record.audience_title(name),
                    stories=len(told),
                    late=len(told & late),
                    readers=now.get(name),
                    before=before.readers.get(name) if before else None,
                )
            )
        return tuple(found)

    def mails(self) -> tuple[ReportedMail, ...]:
        """Those that have readers, the most read first."""
        found = [
            ReportedMail(
                title=mail_title(self.record, variant),
                language=language_name(variant.language),
                code=variant.language,
                subject=without_domains(variant.rendered.subject),
                stories=len(variant.story_ids),
                readers=self.people[variant.name],
                tally=self.by_variant.get(variant.name, Tally({})),
            )
            for variant in self.outlines
            if self.people.get(variant.name)
        ]
        return tuple(sorted(found, key=lambda mail: -mail.readers))

    def _readers_now(self) -> dict[str, int]:
        return guard.readers_of(self.record.audiences, self.subscribed)

    def _story(self, verdict: Verdict, recorded: RecordedStory | None) -> ReportedStory:
        item = recorded.story.in_language(self.record.languages[0]) if recorded else None
        return ReportedStory(
            story_id=verdict.story_id,
            title=without_domains(item.text.title) if item else verdict.story_id,
            published_on=recorded.story.published_on if recorded else None,
            ruling=verdict.ruling,
            reason=without_domains(reasons.said(verdict.reason)),
            late=verdict.late,
            section=self._section(recorded) if verdict.ruling is Ruling.INCLUDED else None,
            readers=sum(self._reached(name) for name in self.carrying[verdict.story_id]),
            note="" if recorded else _("its words: see the mail"),
        )

    def _people(self) -> dict[str | None, int]:
        """Variant → readers: those frozen once sending began, until then those subscribed now. `None`: nothing for
        them.
        """
        if self.edition.sending_at:
            return {name: tally.frozen for name, tally in self.by_variant.items()}
        if self.edition.supplements:
            return dict[str | None, int](History(self.database).people(self.edition).items())
        counts: dict[str | None, int] = {}
        for choice, people in self.subscribed:
            name = self.served.get(choice)
            counts[name] = counts.get(name, 0) + people
        return counts

    def _reached(self, variant: str) -> int:
        """Who has been sent the variant; before the sending, who is to get it."""
        if self.edition.sending_at:
            return self.by_variant[variant][DeliveryState.SENT] if variant in self.by_variant else 0
        return self.people.get(variant, 0)

    def _section(self, recorded: RecordedStory | None) -> str | None:
        by = self.record.sections
        if by is SectionsBy.NONE or recorded is None:
            return None
        return recorded.section.get("en") or (_("Regional") if by is SectionsBy.COUNTRY else _("General"))

    def _stories_of_audience(self, name: str) -> set[str]:
        alone = {
            self.served.get(Choice(newsletter=self.edition.newsletter, audiences=frozenset([name]), language=language))
            for language in {variant.language for variant in self.outlines}
        }
        return {id_ for variant in self.outlines if variant.name in alone for id_ in variant.story_ids}


def previous_edition(editions: Iterable[Edition], edition: Edition) -> Edition | None:
    """The sealed edition of the same newsletter that came before this one."""
    before = [
        other
        for other in editions
        if other.state in SEALED
        and not other.supplements
        and (other.period, other.revision) < (edition.period, edition.revision)
    ]
    return max(before, key=lambda other: (other.period, other.revision), default=None)


def _summed(tallies: Iterable[Tally]) -> dict[DeliveryState, int]:
    """Those that were sent come first."""
    found = list(tallies)
    states = sorted(DeliveryState, key=lambda state: state is not DeliveryState.SENT)
    counts = {state: sum(tally[state] for tally in found) for state in states}
    return {state: count for state, count in counts.items() if count}
