"""Explaining a person: what they asked for, what they received and why, and what they get next."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from digest.delivery.lookup import Received
from digest.delivery.lookup import received as received_by
from digest.desk.history import History
from digest.desk.left_out import parts_left_out, still_open, why_supplement
from digest.desk.overviews import Overviews
from digest.desk.status import status_of
from digest.editions.composition import best_sealed
from digest.editions.record import Record
from digest.editions.thin import said_of
from digest.foundation.catalogue import _, plural
from digest.inbound.store import InboundMail
from digest.mail.content import Variant
from digest.mail.wording import audience_title
from digest.newsletters.edition import Choice, Edition, EditionState
from digest.newsletters.newsletter import Newsletter, ThinMail
from digest.newsletters.period import Period
from digest.people.store import statuses_of
from digest.people.subscriber import SubscriptionStatus, WhyGone
from digest.settings.instance import Instance

EDITIONS_WITH_REASONS = 6  # of the latest editions it is said why they got that mail


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """`titles` are the stories of the mail in its language; `why` is empty for editions that are long over."""

    received: Received
    edition: Edition
    title: str
    titles: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An edition that they are to get; `edition` is `None` while nothing was built. `title` is that of their mail."""

    period: Period
    at: datetime
    edition: Edition | None
    title: str | None
    titles: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """`newsletter` is `None` when the settings have it no more; `gone` are audiences that they have no more. `why_gone`
    says why they get no more mail, if something that came back is the reason.
    """

    standing: SubscriptionStatus
    newsletter: Newsletter | None
    audiences: tuple[str, ...]
    gone: tuple[str, ...]
    received: tuple[ReceivedMail, ...]
    coming: tuple[Coming, ...]
    why_gone: WhyGone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPerson:
    """`elsewhere` was received from newsletters to which they are not subscribed any more."""

    address: str
    name: str | None
    subscriptions: tuple[Subscribed, ...]
    elsewhere: tuple[Received, ...] = ()


def explain_person(instance: Instance, address: str) -> ExplainedPerson:
    standings = statuses_of(instance.subscribers, address)
    folded = standings[0].subscription.folded
    received = received_by(instance.database, folded)
    known = {newsletter.name: newsletter for newsletter in instance.settings.newsletters}
    subscriptions = tuple(
        _subscribed(instance, standing, known.get(standing.subscription.choice.newsletter), received)
        for standing in standings
    )
    told = {one.received.edition for subscribed in subscriptions for one in subscribed.received}
    return ExplainedPerson(
        address=standings[0].subscription.address,
        name=standings[0].subscription.name,
        subscriptions=subscriptions,
        elsewhere=tuple(one for one in received if one.edition not in told),
    )


def _subscribed(
    instance: Instance,
    standing: SubscriptionStatus,
    newsletter: Newsletter | None,
    received: Sequence[Received],
) -> Subscribed:
    choice = standing.subscription.choice
    known = {audience.name for audience in newsletter.audiences} if newsletter else set()
    editions = {edition.name: edition for edition in instance.editions.editions(choice.newsletter)}
    mine = [one for one in received if one.edition in editions]
    history, mails = History(instance.database), []
    for number, one in enumerate(mine):
        told = number >= len(mine) - EDITIONS_WITH_REASONS
        mails.append(_received(instance, history, choice, editions[one.edition], one, told=told))
    return Subscribed(
        standing=standing,
        newsletter=newsletter,
        audiences=tuple(audience_title(newsletter, name) if newsletter else name for name in sorted(choice.audiences)),
        gone=tuple(sorted(choice.audiences - known)) if newsletter else (),
        received=tuple(mails),
        coming=_coming(instance, newsletter, choice) if newsletter and standing.gets_mail else (),
        why_gone=_why_gone(instance, standing),
    )


def _why_gone(instance: Instance, standing: SubscriptionStatus) -> WhyGone | None:
    if standing.stays:
        return None
    wanted = standing.subscription.choice.newsletter if standing.suppressed_at is None else None
    reasons = [
        one
        for one in InboundMail(instance.database).why_gone(standing.subscription.folded)
        if one.newsletter == wanted and one.at in (standing.suppressed_at, standing.left_at)
    ]
    return reasons[-1] if reasons else None


def _received(
    instance: Instance,
    history: History,
    choice: Choice,
    edition: Edition,
    received: Received,
    *,
    told: bool,
) -> ReceivedMail:
    outlines = {one.name: one for one in Overviews(instance.database).outlines(edition)} if told else {}
    variant = outlines.get(received.variant or "")
    language = variant.language if variant else choice.language
    title = history.mail_title(edition, variant) if variant else received.variant or ""
    served = instance.editions.choices_of(edition) if told else {}
    return ReceivedMail(
        received=received,
        edition=edition,
        title=title,
        titles=history.titles(edition, received.story_ids, language) if received.story_ids else (),
        why=_why(history, edition, choice, served, outlines, received.variant) if told else "",
    )


def _why(
    history: History,
    edition: Edition,
    choice: Choice,
    served: Mapping[Choice, str | None],
    outlines: Mapping[str, Variant],
    variant: str | None,
) -> str:
    if edition.supplements:
        return why_supplement(history.database, edition)
    record = history.record(edition)
    parts = parts_left_out(edition, record, choice.audiences)
    why = why_this_mail(choice, served, outlines, variant, record, parts)
    way = still_open(history.database, edition, choice.audiences) if variant is None else ""
    return f"{why}. {way}" if way else why


def why_this_mail(
    choice: Choice,
    served: Mapping[Choice, str | None],
    outlines: Mapping[str, Variant],
    variant: str | None,
    record: Record | None,
    left_out: str = "",
) -> str:
    """Why a person with this choice got that variant, or none, of an edition whose recipients are frozen. `left_out`
    says which audiences of the choice were left out of the edition, and why.
    """
    if choice not in served:
        return _("their choice is younger than this edition: it was another one then")
    if served[choice] != variant:
        return _("their choice was another one when the recipients were fixed")
    if variant is None:
        return left_out or why_none(choice, outlines, record)
    wanted = stories_for(choice, served, outlines, record)
    if record is not None and record.fall_back and set(outlines[variant].story_ids) - wanted:
        return plural(
            "only {count:,} story in it concerned what they chose: the mail also has those of {audience} (fall_back)",
            "only {count:,} stories in it concerned what they chose: the mail also has those of {audience} (fall_back)",
            len(wanted),
            audience=record.audience_title(record.fall_back),
        )
    if wanted - set(outlines[variant].story_ids):
        return _("it was approved before anybody chose this: the approved mail with most of these audiences was taken")
    said = _("it has every story of the edition that concerns what they chose")
    if left_out:
        said = _("it has every story of the edition that concerns the rest of what they chose: {parts}")
    return said.format(parts=left_out)


def why_none(choice: Choice, outlines: Mapping[str, Variant], record: Record | None) -> str:
    """Why an edition has no mail for a choice of which nothing was left out."""
    own = len(stories_for(choice, {}, outlines, record))
    if record is None or record.thin_mail is not ThinMail.NOTHING or not 0 < own < record.least_per_mail:
        return _("no story in it concerned what they chose")
    return plural(
        "only {count:,} story in it concerned what they chose, and a mail needs {least} (minimum_stories_per_mail)",
        "only {count:,} stories in it concerned what they chose, and a mail needs {least} (minimum_stories_per_mail)",
        own,
        least=record.least_per_mail,
    )


def stories_for(
    choice: Choice, served: Mapping[Choice, str | None], outlines: Mapping[str, Variant], record: Record | None
) -> AbstractSet[str]:
    """The stories that the edition has for the audiences of the choice."""
    if record is not None and record.thin_mail is not ThinMail.SEND:
        shown = {id_ for outline in outlines.values() for id_ in outline.story_ids}
        return record.concerning(choice.audiences) & shown
    alone = [
        served.get(Choice(newsletter=choice.newsletter, audiences=frozenset([name]), language=choice.language))
        for name in choice.audiences
    ]
    return {id_ for name in alone if name in outlines for id_ in outlines[name or ""].story_ids}


def _coming(instance: Instance, newsletter: Newsletter, choice: Choice) -> tuple[Coming, ...]:
    status = status_of(instance, newsletter)
    planned = [(one.period, one.at, one.edition) for one in status.late]
    if status.next is not None:
        planned.append((status.next.period, status.next.at, status.next.edition))
    return tuple(
        _to_come(instance, newsletter, choice, period, at, edition)
        for period, at, edition in planned
        if edition is None or edition.is_open or edition.state is EditionState.SEALED
    )


def _to_come(
    instance: Instance,
    newsletter: Newsletter,
    choice: Choice,
    period: Period,
    at: datetime,
    edition: Edition | None,
) -> Coming:
    if edition is None or edition.state is EditionState.SKIPPED:
        why = _("nothing is drafted yet") if edition is None else _("there is nothing to say so far")
        if edition is not None:
            why = said_of(newsletter, edition, instance.editions.verdicts(edition)) or why
        return Coming(period=period, at=at, edition=edition, title=None, titles=(), why=why)
    outlines = {one.name: one for one in Overviews(instance.database).outlines(edition)}
    history = History(instance.database)
    name, why = _to_be_served(newsletter, choice, edition, instance.editions.choices_of(edition))
    variant = outlines.get(name or "")
    if name is None and choice in instance.editions.choices_of(edition):
        why = why_none(choice, outlines, history.record(edition))
    until = instance.reviews.answers_until(newsletter, [edition]).get(edition.period)
    if until is not None and until > instance.clock.now():
        at, why = until, why + "; " + _("its reviewers were asked late and may answer until then")
    return Coming(
        period=period,
        at=at,
        edition=edition,
        title=history.mail_title(edition, variant) if variant else None,
        titles=history.titles(edition, variant.story_ids, choice.language) if variant else (),
        why=why,
    )


def _to_be_served(
    newsletter: Newsletter, choice: Choice, edition: Edition, served: Mapping[Choice, str | None]
) -> tuple[str | None, str]:
    if choice in served:
        name = served[choice]
        return name, _("as things stand") if name else _("no story in it concerns what they chose")
    if edition.state is EditionState.SEALED:
        name = best_sealed(choice, served, [audience.name for audience in newsletter.audiences])
        if name is None:
            return None, _("approved before anybody chose this; nothing fits")
        return name, _("approved before anybody chose this: the approved mail with most of these audiences")
    return None, _("the draft does not know this choice yet: build it again")
