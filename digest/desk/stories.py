"""Explaining a story: the chain of reasons from its source to the readers who got it, newsletter by newsletter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from digest.delivery.delivery import DeliveryState
from digest.delivery.lookup import Received
from digest.delivery.lookup import received as received_by
from digest.desk.history import History, Stood
from digest.desk.left_out import parts_left_out
from digest.desk.overviews import Overviews
from digest.desk.people import stories_for, why_none, why_this_mail
from digest.editions import reasons
from digest.editions.open_parts import open_parts
from digest.editions.record import RecordedStory
from digest.editions.selection import Calendar, corrected, ruling_of
from digest.editions.store import calendar_of
from digest.errors import ConfigurationError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.words import fold_words, without_domains
from digest.intake.item import Item, Story
from digest.mail.wording import audience_title, edition_in_full, period_in_full
from digest.newsletters.edition import CarriedOver, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.people.store import statuses_of
from digest.people.subscriber import SubscriptionStatus
from digest.settings.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedStory:
    """What one edition decided. `recorded` is the story as it had it; `None`: only the mails know its words. `as_story`
    names the story as it was called then, if it was merged since. `open_for` are parts that were left out, and have it.
    """

    edition: Edition
    verdict: Verdict
    recorded: RecordedStory | None = None
    stood: tuple[Stood, ...] = ()
    as_story: str | None = None
    answers_until: datetime | None = None  # of reviewers who were asked late, and may still answer
    open_for: tuple[str, ...] = ()

    @property
    def sent(self) -> int:
        return sum(one.sent for one in self.stood)

    @property
    def readers(self) -> int:
        return sum(one.readers for one in self.stood)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Whether an audience takes the story, and why (not): by the rules of today, or of the edition that took it."""

    audience: str
    title: str
    takes: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A period that the story could not go into any more, and why."""

    period: Period
    state: EditionState
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InNewsletter:
    """The story in one newsletter. `taken_by` is the edition that took it for good; else `due_period` decides about it
    next and goes out at `goes_out_at`, and `planned` is what that edition's plan says. `standing`: it was there in time
    for an edition which did not take it.
    """

    newsletter: Newsletter
    own_period: Period
    due_period: Period
    late_by: int
    standing: CarriedOver | None
    passed: tuple[Closed, ...]
    taken_by: str | None
    goes_out_at: datetime | None
    before_start: bool
    planned: tuple[str, ...]
    decided: tuple[DecidedStory, ...]
    concerned: tuple[Concerned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedStory:
    """`item` is the one that was asked for. Texts are as the edition had them that took them last; `now` is the item as
    its source has it, where that is not the same.
    """

    item: Item
    story: Story
    newsletters: tuple[InNewsletter, ...]
    now: Item | None = None


def story_meant(instance: Instance, words: str) -> tuple[Item, Story]:
    """By an item's id, the beginning of one, or words of a title. Raise `UsageError` unless they name one story."""
    stories = instance.items.stories()
    pairs = [(item, story) for story in stories for item in story.items]
    spoken, beginning = fold_words(words), words.strip().lower()
    found = (
        [pair for pair in pairs if pair[0].id == beginning]
        or [pair for pair in pairs if beginning and pair[0].id.startswith(beginning)]
        or [pair for pair in pairs if spoken and spoken in fold_words(pair[0].text.title)]
        or _called_so_then(instance, pairs, spoken)
    )
    if len({story.id for _, story in found}) == 1:
        return found[0]
    if not found:
        raise UsageError(
            words, _("no item has this id or these words in its title"), _("list them with `digest items`")
        )
    shown = ", ".join(f"{item.id[:8]} {item.text.title[:40]}" for item, _ in found[:6])
    raise UsageError(
        words, _("{count} items fit: {shown}").format(count=len(found), shown=shown), _("name one by its id")
    )


def _called_so_then(instance: Instance, pairs: Sequence[tuple[Item, Story]], spoken: str) -> list[tuple[Item, Story]]:
    """Those whose title had these words when an edition took them."""
    history = History(instance.database)
    called = {
        item.id
        for edition in instance.editions.editions()
        if spoken and edition.sealed_at and (record := history.record(edition)) is not None
        for recorded in record.stories
        for item in recorded.story.items
        if spoken in fold_words(item.text.title)
    }
    return [pair for pair in pairs if pair[0].id in called]


def explain_story(
    instance: Instance, item: Item, story: Story, newsletters: Sequence[Newsletter] | None = None
) -> ExplainedStory:
    """In all newsletters, or in those given."""
    verdicts = Overviews(instance.database).verdicts_on(one.id for one in story.items)
    chosen = instance.settings.newsletters if newsletters is None else newsletters
    inside = tuple(_in_newsletter(instance, newsletter, story, verdicts) for newsletter in chosen)
    told = _told(inside)
    then = told.get(item.id)
    return ExplainedStory(
        item=then or item,
        story=replace(story, items=tuple(told.get(one.id, one) for one in story.items)),
        newsletters=inside,
        now=item if then is not None and (item.text, item.withdrawn) != (then.text, then.withdrawn) else None,
    )


def _told(inside: Sequence[InNewsletter]) -> dict[str, Item]:
    """Item → as the edition had it that took it last."""
    taken = [
        (one.edition.sealed_at, one.recorded.story)
        for each in inside
        for one in each.decided
        if one.edition.name == each.taken_by and one.recorded is not None and one.edition.sealed_at is not None
    ]
    return {item.id: item for _at, story in sorted(taken, key=itemgetter(0)) for item in story.items}


def planned_story(instance: Instance, newsletter: Newsletter, period: Period, story: Story) -> Story:
    """The story as the period's plan corrects it, if the plan can be read."""
    try:
        return corrected([story], instance.plans.plan(newsletter, period))[0]
    except ConfigurationError:
        return story  # what is wrong with the plan stands among `planned`


def _in_newsletter(
    instance: Instance, newsletter: Newsletter, story: Story, verdicts: Sequence[tuple[Edition, Verdict]]
) -> InNewsletter:
    calendar = calendar_of(newsletter, instance.editions)
    mine = [(edition, verdict) for edition, verdict in verdicts if edition.newsletter == newsletter.name]
    taken_by = instance.editions.settled(newsletter.name).get(story.id)
    decided = tuple(_decided(instance, newsletter, edition, verdict, story) for edition, verdict in mine)
    taking = next((one for one in decided if one.edition.name == taken_by), None)
    own, due = calendar.own_period(story), calendar.due_period(story)
    return InNewsletter(
        newsletter=newsletter,
        own_period=own,
        due_period=due,
        late_by=calendar.timetable.steps(own, due),
        standing=None if taken_by else calendar.standing(story),
        passed=_passed(instance, newsletter, calendar, own, due),
        taken_by=taken_by,
        goes_out_at=calendar.timetable.sending_at(due),
        before_start=newsletter.starts_on is not None and due.end <= newsletter.starts_on,
        planned=() if taken_by else _planned(instance, newsletter, due, story),
        decided=decided,
        concerned=_concerned_now(newsletter, planned_story(instance, newsletter, due, story))
        if taking is None or taking.recorded is None
        else _concerned_then(instance, taking.edition, taking.recorded),
    )


def _concerned_now(newsletter: Newsletter, story: Story) -> tuple[Concerned, ...]:
    return tuple(
        Concerned(
            audience=audience.name,
            title=audience_title(newsletter, audience.name),
            takes=audience.matches(story),
            why=audience.reason(story) or audience.why_not(story) or "",
        )
        for audience in newsletter.audiences
    )


def _concerned_then(instance: Instance, edition: Edition, recorded: RecordedStory) -> tuple[Concerned, ...]:
    record = History(instance.database).record(edition)
    if record is None:
        return ()
    return tuple(
        Concerned(
            audience=name,
            title=record.audience_title(name),
            takes=name in recorded.takers and edition.period.is_for(name),
            why=(recorded.takers.get(name) if edition.period.is_for(name) else _("the special edition is not for it"))
            or recorded.others.get(name, ""),
        )
        for name in record.audiences
    )


def _passed(
    instance: Instance, newsletter: Newsletter, calendar: Calendar, own: Period, due: Period
) -> tuple[Closed, ...]:
    editions = {edition.period: edition for edition in reversed(instance.editions.editions(newsletter.name))}
    passed, period = [], own
    while period < due:
        edition = editions[period]
        passed.append(Closed(period=period, state=edition.state, because=without_domains(edition.because or "")))
        period = calendar.timetable.next(period)
    return tuple(passed)


def _planned(instance: Instance, newsletter: Newsletter, period: Period, story: Story) -> tuple[str, ...]:
    try:
        plan = instance.plans.plan(newsletter, period)
    except ConfigurationError as error:
        return (_("the plan cannot be read: {plan}").format(plan=without_domains(error.thing)),)
    name = str(instance.plans.path(newsletter, period).relative_to(instance.folder))
    said = []
    if (ruled := ruling_of(plan, story.id)) is not None:
        said.append(f"{name}: {without_domains(ruled[1])}")
    if plan.lead == story.id:
        said.append(_("{plan}: it leads the edition").format(plan=name))
    if story.id in plan.pinned:
        said.append(_("{plan}: it is pinned").format(plan=name))
    if story.id in plan.order:
        said.append(_("{plan}: it has a place in the order").format(plan=name))
    items = {item.id for item in story.items}
    said += [
        _("{plan}: item {item} is corrected").format(plan=name, item=one.item_id[:8])
        for one in plan.corrections
        if one.item_id in items
    ]
    return tuple(said)


def _decided(
    instance: Instance, newsletter: Newsletter, edition: Edition, verdict: Verdict, story: Story
) -> DecidedStory:
    history = History(instance.database)
    until = instance.reviews.answers_until(newsletter, [edition]).get(edition.period)
    return DecidedStory(
        edition=edition,
        verdict=verdict,
        recorded=history.story(edition, verdict.story_id),
        stood=history.stood_in(edition, verdict.story_id),
        as_story=None if verdict.story_id == story.id else verdict.story_id,
        answers_until=until if until is not None and until > instance.clock.now() else None,
        open_for=tuple(
            one.part
            for one in open_parts(instance.editions, edition.newsletter)
            if one.edition.number == edition.number and verdict.story_id in one.stories
        )
        if edition.open_for
        else (),
    )


# -- Explaining a story to a person: whether they got it, and why or why not.

GIVEN_UP = (EditionState.SKIPPED, EditionState.MISSED, EditionState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """`got`: they have it. `None`: not yet, and it may still come. `received` is the mail in which it was, or should
    have been.
    """

    newsletter: str
    got: bool | None
    why: str
    received: Received | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedBoth:
    explained: ExplainedStory
    address: str
    answers: tuple[Got, ...]


def explain_both(instance: Instance, item: Item, story: Story, address: str) -> ExplainedBoth:
    """One answer per subscription of the person."""
    standings = statuses_of(instance.subscribers, address)
    wanted = {standing.subscription.choice.newsletter for standing in standings}
    newsletters = [newsletter for newsletter in instance.settings.newsletters if newsletter.name in wanted]
    explained = explain_story(instance, item, story, newsletters)
    received = received_by(instance.database, standings[0].subscription.folded)
    inside = {one.newsletter.name: one for one in explained.newsletters}
    return ExplainedBoth(
        explained=explained,
        address=standings[0].subscription.address,
        answers=tuple(
            _got(instance, story, standing, inside.get(standing.subscription.choice.newsletter), received)
            for standing in standings
        ),
    )


def _why_no_mail(standing: SubscriptionStatus) -> str:
    if standing.suppressed_at is not None:
        return _("no mail goes to them any more: their address is suppressed")
    if not standing.active:
        return _("no mail goes to them any more: they left")
    if standing.unconfirmed_since is not None:
        return _("no mail goes to them: they have not confirmed that they want it")
    return _("no mail goes to them at the moment: they paused it")


def _got(
    instance: Instance,
    story: Story,
    standing: SubscriptionStatus,
    inside: InNewsletter | None,
    received: Sequence[Received],
) -> Got:
    newsletter = standing.subscription.choice.newsletter
    ids = {item.id for item in story.items}
    theirs = {one.edition: one for one in received if one.edition.partition("/")[0] == newsletter}
    carrying = [one for one in theirs.values() if ids & set(one.story_ids)]
    if carrying:
        names = {one.name: edition_in_full(one) for one in instance.editions.editions(newsletter)}
        return _carried(newsletter, carrying, names)
    if inside is None:
        return Got(newsletter=newsletter, got=False, why=_("the settings have this newsletter no more"))
    if not standing.gets_mail:
        return Got(newsletter=newsletter, got=False, why=_why_no_mail(standing))
    included = [
        one.edition
        for one in inside.decided
        if one.verdict.ruling is Ruling.INCLUDED and one.edition.state not in GIVEN_UP and not one.edition.supplements
    ]
    if not included:
        kept_out = _("no edition takes it until somebody says that its date is right: digest items")
        undecided = inside.taken_by is None and not inside.decided
        if story.kept_out and undecided:
            return Got(newsletter=newsletter, got=None, why=kept_out)
        return _not_included(inside, standing.subscription.choice.audiences)
    return _not_carried(instance, standing, inside, included[-1], theirs.get(included[-1].name))


def _carried(newsletter: str, carrying: Sequence[Received], names: Mapping[str, str]) -> Got:
    sent = [one for one in carrying if one.state == DeliveryState.SENT]
    one = sent[0] if sent else carrying[-1]
    state = DeliveryState(one.state)
    got = True if sent else None if state.is_open else False
    why = _("it stood in their mail of {edition}") if sent else _became(state)
    why = why.format(edition=names.get(one.edition, one.edition))
    return Got(newsletter=newsletter, got=got, why=why, received=one)


def _became(state: DeliveryState) -> str:
    """Of a mail with it that was not sent."""
    match state:
        case DeliveryState.INTENT:
            return _("{edition}: their mail with it is leaving, or in doubt")
        case DeliveryState.HELD:
            return _("{edition}: their mail with it may have arrived: it is in doubt, and a person decides")
        case DeliveryState.FAILED:
            return _("{edition}: it stood in their mail, but that could not be delivered")
        case DeliveryState.LEFT:
            return _("{edition}: it stood in their mail, but they unsubscribed before it left")
        case DeliveryState.PENDING | DeliveryState.SENT | DeliveryState.NO_VARIANT:
            return _("{edition}: it waits in their mail to be sent")


def _not_included(inside: InNewsletter, chosen: frozenset[str]) -> Got:
    name = inside.newsletter.name
    if inside.taken_by is None:
        if inside.before_start:
            return Got(newsletter=name, got=False, why=_("it is older than the newsletter"))
        if inside.standing is CarriedOver.WAITS:
            why = _("its edition was missed; it waits until a person says what becomes of it")
            return Got(newsletter=name, got=None, why=why)
        last = inside.decided[-1] if inside.decided else None
        why = _("no edition has taken it yet; it is due in {period}").format(
            period=period_in_full(name, inside.due_period)
        )
        if last is not None:
            says = _("the draft says: {ruling}, {reason}")
            why += "; " + says.format(ruling=last.verdict.ruling.said, reason=reasons.said(last.verdict.reason))
        return Got(newsletter=name, got=None, why=why)
    verdicts = [one for one in inside.decided if one.edition.name == inside.taken_by]
    if not verdicts:
        why = _("{edition} has taken the story from which it was split").format(edition=inside.taken_by)
    else:
        last_verdict = verdicts[-1].verdict
        why = _("{edition} decided: {ruling}, {reason}").format(
            edition=inside.taken_by, ruling=last_verdict.ruling.said, reason=reasons.said(last_verdict.reason)
        )
    return Got(newsletter=name, got=None if _may_come(inside, chosen) else False, why=why)


def _may_come(inside: InNewsletter, chosen: frozenset[str]) -> bool:
    """Whether a part that they chose and that has the story is open."""
    return any(part in chosen for one in inside.decided for part in one.open_for)


def _not_carried(
    instance: Instance,
    standing: SubscriptionStatus,
    inside: InNewsletter,
    edition: Edition,
    theirs: Received | None,
) -> Got:
    """The edition has it, and the person's mail does not."""
    name = inside.newsletter.name
    chosen = standing.subscription.choice.audiences
    if edition.sending_at is None:
        taking = [one.title for one in inside.concerned if one.takes and one.audience in chosen]
        served = instance.editions.choices_of(edition)
        if taking and served.get(standing.subscription.choice, "") is None:
            outlines = {one.name: one for one in Overviews(instance.database).outlines(edition)}
            why = why_none(standing.subscription.choice, outlines, instance.editions.record(edition))
        elif taking:
            why = _("{edition} has it for {audiences}; not sent yet")
            why = why.format(edition=edition_in_full(edition), audiences=_(" and ").join(taking))
            return Got(newsletter=name, got=None, why=why)
        else:
            why = _not_theirs(inside, chosen)
    elif theirs is None:
        why = _("they were no reader when the recipients of {edition} were fixed ({when})")
        why = why.format(edition=edition_in_full(edition), when=f"{edition.sending_at:%Y-%m-%d %H:%M} UTC")
        return Got(newsletter=name, got=False, why=why)
    else:
        why = _why_not_in_their_mail(instance, standing, inside, edition, theirs)
    why = _("{edition} has it, but {why}").format(edition=edition_in_full(edition), why=why)
    return Got(newsletter=name, got=None if _may_come(inside, chosen) else False, why=why, received=theirs)


def _why_not_in_their_mail(
    instance: Instance,
    standing: SubscriptionStatus,
    inside: InNewsletter,
    edition: Edition,
    theirs: Received,
) -> str:
    choice = standing.subscription.choice
    outlines = {one.name: one for one in Overviews(instance.database).outlines(edition)}
    served = instance.editions.choices_of(edition)
    decided = {one.verdict.story_id for one in inside.decided if one.edition.name == edition.name}
    record = instance.editions.record(edition)
    if decided & stories_for(choice, served, outlines, record) or choice not in served:
        return why_this_mail(choice, served, outlines, theirs.variant, record)
    taking = {one.audience for one in inside.concerned if one.takes} & choice.audiences
    left_out = parts_left_out(edition, record, taking)
    return left_out or _not_theirs(inside, choice.audiences)


def _not_theirs(inside: InNewsletter, chosen: frozenset[str]) -> str:
    said = [
        _("{audience} does not take it ({why})").format(audience=one.title, why=reasons.said(one.why))
        for one in inside.concerned
        if one.audience in chosen and not one.takes
    ]
    return "; ".join(said) or _("none of the audiences they chose had it")
