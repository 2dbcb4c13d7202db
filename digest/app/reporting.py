"""Reporting: everything that is known about an edition, gathered for the page that a director reads."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.app.discreet import discreet
from digest.app.titles import audience_title, mail_title, period_title
from digest.errors import ConfigurationError
from digest.model.delivery import DeliveryState, Tally
from digest.model.edition import Choice, Edition, EditionState, Ruling, Verdict
from digest.model.item import Item, Story
from digest.model.newsletter import Approval, Newsletter
from digest.policy import guard
from digest.policy.doubt import Remedy

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.model.returns import ReturnKind
    from digest.web.report_views import (
        Figures,
        ReportedAnswer,
        ReportedAudience,
        ReportedMail,
        ReportedStory,
        ReportView,
    )

SEALED = (EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED)


def report(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> "ReportView":
    """What is known now, whatever state the edition is in. No address is in it."""
    from digest.policy.timetable import timetable
    from digest.web.report_views import ReportView

    gathered = _Gathering(workspace, newsletter, edition)
    accepted = [replace(one, because=discreet(one.because)) for one in edition.accepted]
    before = previous_edition(gathered.editions, edition)
    stories = gathered.stories()
    return ReportView(
        edition=replace(
            edition,
            approved_by=discreet(edition.approved_by) if edition.approved_by else None,
            because=discreet(edition.because) if edition.because else None,
            accepted=tuple(accepted),
        ),
        newsletter_title=newsletter.title(newsletter.languages[0]),
        figures=gathered.figures(),
        made_at=workspace.clock.now(),
        timezone=newsletter.schedule.zone,
        timezone_name=newsletter.schedule.zone.key,
        planned_at=timetable(newsletter.schedule).sending_at(edition.period) if edition.revision == 1 else None,
        needs_approval=newsletter.approval is Approval.REQUIRED,
        answers=gathered.answers(),
        alarms=gathered.alarms(),
        guard_because=tuple(one.because for one in accepted if one.code == guard.CODE),
        accepted=tuple(one for one in accepted if one.code != guard.CODE),
        stories=stories,
        audiences=gathered.audiences(before),
        mails=gathered.mails(),
        unserved=gathered.people.get(None, 0),
        sent_again=_sent_again(workspace, edition),
        returned=gathered.returned(),
        under_way=edition.state is EditionState.SENDING and workspace.ledger.is_held(edition),
        transport=str(workspace.settings.delivery.transport),
        previous=None if before is None else _Gathering(workspace, newsletter, before).figures(),
        notes=(*_paused(workspace, newsletter, edition), *gathered.notes),
    )


def _sent_again(workspace: "Workspace", edition: Edition) -> int:
    """Mails of which a second copy may have arrived, by the settings' will or a person's."""
    from digest.app.deliveries import resent

    if not edition.sending_at:
        return 0
    return workspace.ledger.doubts(edition).get(Remedy.RESEND, 0) + resent(workspace, edition)


def _paused(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> list[str]:
    from digest.app.pausing import holding, said

    pause = holding(workspace, edition)
    return [] if pause is None else [f"It is {discreet(said(pause, newsletter.schedule.zone))}."]


def last_sent(workspace: "Workspace", newsletter: Newsletter) -> Edition | None:
    """The edition of which a person would want the report: the one sent last, else the latest there is."""
    editions = workspace.editions.editions(newsletter.name)
    sent = [edition for edition in editions if edition.sending_at]
    return max(sent, key=lambda one: (str(one.sending_at), one.period)) if sent else next(reversed(editions), None)


class _Gathering:
    """One edition while its report is made; what is asked twice is read once."""

    def __init__(self, workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> None:
        from digest.store.overviews import Overviews

        self.workspace, self.newsletter, self.edition = workspace, newsletter, edition
        self.notes: list[str] = []
        self.editions = workspace.editions.editions(newsletter.name)
        self.verdicts = workspace.editions.verdicts(edition)
        self.outlines = Overviews(workspace.database).outlines(edition)
        self.carrying: defaultdict[str, set[str]] = defaultdict(set)
        for variant in self.outlines:
            for story_id in variant.story_ids:
                self.carrying[story_id].add(variant.name)
        self.served = workspace.editions.choices_of(edition)
        self.subscribed = workspace.subscribers.subscribed(newsletter.name)
        self.by_variant = workspace.ledger.by_variant(edition)
        self.people = self._people()

    def figures(self) -> "Figures":
        from digest.web.report_views import Figures

        included = [verdict for verdict in self.verdicts if verdict.ruling is Ruling.INCLUDED]
        tally = Tally(_summed(self.by_variant.values())) if self.edition.sending_at else None
        return Figures(
            title=period_title(self.workspace, self.edition),
            key=self.edition.key,
            sending_at=self.edition.sending_at,
            stories=len(included),
            late=sum(verdict.late for verdict in included),
            mails=sum(name is not None and count > 0 for name, count in self.people.items()),
            readers=sum(self.people.values()),
            tally=tally,
        )

    def returned(self) -> "Mapping[ReturnKind, int] | None":
        from digest.store.returns import Returns

        found = Returns(self.workspace.database).counts(self.edition)
        return found if found or self.workspace.settings.mailbox else None

    def answers(self) -> "tuple[ReportedAnswer, ...]":
        from digest.web.report_views import ReportedAnswer

        return tuple(
            ReportedAnswer(
                part=audience_title(self.newsletter, answer.part),
                approved=answer.approved,
                by=discreet(answer.by),
                at=answer.at,
                because=discreet(answer.because or ""),
            )
            for answer in self.workspace.reviews.answers(self.edition).values()
        )

    def alarms(self) -> tuple[str, ...]:
        """What the guard says now of a draft, or said of what was sealed."""
        edition = self.edition
        if edition.state not in (*SEALED, EditionState.DRAFT):
            return ()
        sealed_before = [
            other
            for other in self.editions
            if edition.sealed_at is None or (other.sealed_at is not None and other.sealed_at < edition.sealed_at)
        ]
        last = guard.last_edition(sealed_before, edition)
        now = edition.readers if edition.sealed_at else guard.readers_of(self.newsletter, self.subscribed)
        return tuple(guard.alarms(now, last.readers)) if last and last.readers and now else ()

    def stories(self) -> "tuple[ReportedStory, ...]":
        stories = {story.id: story for story in self._planned_stories()}
        items = {item.id: item for story in stories.values() for item in story.items}
        return tuple(self._story(verdict, stories.get(verdict.story_id), items) for verdict in self.verdicts)

    def audiences(self, before: Edition | None) -> "tuple[ReportedAudience, ...]":
        from digest.web.report_views import ReportedAudience

        edition, newsletter = self.edition, self.newsletter
        late = {verdict.story_id for verdict in self.verdicts if verdict.late}
        now = dict(edition.readers) if edition.sealed_at else guard.readers_of(newsletter, self.subscribed)
        names = dict.fromkeys([*(audience.name for audience in newsletter.audiences), *now])
        found = []
        for name in names:
            told = self._stories_of_audience(name)
            found.append(
                ReportedAudience(
                    title=audience_title(newsletter, name),
                    stories=len(told),
                    late=len(told & late),
                    readers=now.get(name),
                    before=before.readers.get(name) if before else None,
                    note="" if name in {one.name for one in newsletter.audiences} else "no longer in the settings",
                )
            )
        return tuple(found)

    def mails(self) -> "tuple[ReportedMail, ...]":
        """Those that have readers, the most read first."""
        from digest.rendering.naming import language_name
        from digest.web.report_views import ReportedMail

        found = [
            ReportedMail(
                title=mail_title(self.newsletter, variant),
                language=language_name(variant.language),
                code=variant.language,
                subject=discreet(variant.rendered.subject),
                stories=len(variant.story_ids),
                readers=self.people[variant.name],
                tally=self.by_variant.get(variant.name, Tally({})),
            )
            for variant in self.outlines
            if self.people.get(variant.name)
        ]
        return tuple(sorted(found, key=lambda mail: -mail.readers))

    def _planned_stories(self) -> list[Story]:
        """As the edition's plan corrects them, if it can still be read."""
        from digest.app.planning import planned_stories

        try:
            return planned_stories(self.workspace, self.newsletter, self.edition.period)
        except ConfigurationError as error:
            self.notes.append(f"The plan cannot be read, so titles are those of the sources: {discreet(error.thing)}")
            return list(self.workspace.items.stories())

    def _story(self, verdict: Verdict, story: Story | None, items: Mapping[str, Item]) -> "ReportedStory":
        from digest.web.report_views import ReportedStory

        item = story.in_language(self.newsletter.languages[0]) if story else items.get(verdict.story_id)
        note = "" if story else "merged with another story since" if item else "no longer known"
        if story and story.withdrawn and verdict.ruling is not Ruling.WITHDRAWN:
            note = "gone from its source since"
        return ReportedStory(
            story_id=verdict.story_id,
            title=discreet(item.text.title) if item else verdict.story_id,
            published_on=story.published_on if story else item.published_on if item else None,
            ruling=verdict.ruling,
            reason=discreet(verdict.reason),
            late=verdict.late,
            section=self._section(story) if verdict.ruling is Ruling.INCLUDED else None,
            readers=sum(self._reached(name) for name in self.carrying[verdict.story_id]),
            note=note,
        )

    def _people(self) -> dict[str | None, int]:
        """Variant → readers: those frozen once sending began, until then those subscribed now. `None`: nothing for
        them.
        """
        if self.edition.sending_at:
            return {name: tally.frozen for name, tally in self.by_variant.items()}
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

    def _section(self, story: Story | None) -> str | None:
        from digest.model.newsletter import SectionsBy
        from digest.policy.composition import section_of

        by, taxonomy = self.newsletter.sections, self.workspace.taxonomy
        if by is SectionsBy.NONE or story is None:
            return None
        key = section_of(by, story)
        if by is SectionsBy.COUNTRY:
            return "Regional" if key is None else taxonomy.country_title(key, "en")
        return "General" if key is None else taxonomy.topic_title(key, "en")

    def _stories_of_audience(self, name: str) -> set[str]:
        alone = {
            self.served.get(Choice(newsletter=self.newsletter.name, audiences=frozenset([name]), language=language))
            for language in {variant.language for variant in self.outlines}
        }
        return {id_ for variant in self.outlines if variant.name in alone for id_ in variant.story_ids}


def previous_edition(editions: Iterable[Edition], edition: Edition) -> Edition | None:
    """The sealed edition of the same newsletter that came before this one."""
    before = [
        other
        for other in editions
        if other.state in SEALED and (other.period, other.revision) < (edition.period, edition.revision)
    ]
    return max(before, key=lambda other: (other.period, other.revision), default=None)


def _summed(tallies: Iterable[Tally]) -> dict[DeliveryState, int]:
    """Those that were sent come first."""
    found = list(tallies)
    states = sorted(DeliveryState, key=lambda state: state is not DeliveryState.SENT)
    counts = {state: sum(tally[state] for tally in found) for state in states}
    return {state: count for state, count in counts.items() if count}
