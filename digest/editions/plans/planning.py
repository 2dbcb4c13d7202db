"""Planning: the plan of an edition, the stories it is about, and what people change in it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from digest.editions.course import happened
from digest.editions.plans.known_names import KnownNames, title_of
from digest.editions.plans.plan import NOTHING_PLANNED, OF_STORY, InboxLine, Plan, PlanDecision
from digest.editions.selection import corrected, judge, judge_again
from digest.editions.special import chosen, for_occasion
from digest.editions.states import Step, after
from digest.editions.store import Editions, calendar_of
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import fold_words
from digest.foundation.workspace import PLANS
from digest.intake.item import Item, Story
from digest.intake.store import Items
from digest.intake.tagging.taxonomy import Taxonomy
from digest.mail.content import Introduction
from digest.newsletters.edition import Edition, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period

if TYPE_CHECKING:
    from digest.editions.plans.correction_edits import Words
    from digest.editions.plans.plan_edits import Edited


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that the edition decides about, as the plan has it, and what is decided."""

    story: Story
    verdict: Verdict


class Plans:
    """The plans of one workspace: `plans/<newsletter>/<period>.yaml` below `folder`, and the stories they are about."""

    def __init__(self, folder: Path, items: Items, editions: Editions, taxonomy: Taxonomy) -> None:
        self._folder, self._items, self._editions, self._taxonomy = folder, items, editions, taxonomy

    def path(self, newsletter: Newsletter, period: Period) -> Path:
        return self._folder / newsletter.name / f"{period.key}.yaml"

    def plan(self, newsletter: Newsletter, period: Period) -> Plan:
        """An empty plan when there is no file. Raise `ConfigurationError` with all mistakes at once. A supplement
        has what the plan of its edition corrects, and a plan of its own beside it.
        """
        own = self._written(newsletter, period)
        if not period.supplement:
            return own
        of_edition, said = self._written(newsletter, period.base), {one.item_id for one in own.corrections}
        kept = tuple(one for one in of_edition.corrections if one.item_id not in said)
        return replace(own, corrections=(*kept, *own.corrections))

    def _written(self, newsletter: Newsletter, period: Period) -> Plan:
        path = self.path(newsletter, period)
        if not path.exists():
            return NOTHING_PLANNED
        from digest.editions.plans.plan_file import read_plan  # 3 ms: only where there is a plan

        return read_plan(path, self.known(newsletter, period))

    def stories(self, newsletter: Newsletter, period: Period) -> list[Story]:
        """All stories, corrected as the plan of this period says."""
        return corrected(self._items.stories(), self.plan(newsletter, period))

    def known(self, newsletter: Newsletter, period: Period) -> KnownNames:
        """What the plan of this period may name."""
        stories = self._items.stories()
        return KnownNames(
            edition=f"{newsletter.name}/{period.key}",
            languages=newsletter.languages,
            stories=stories,
            elsewhere=self._elsewhere(newsletter, period, stories),
            countries=self._taxonomy.countries,
            topics=self._taxonomy.topics,
            markdown=_introduction,
        )

    def candidates(self, newsletter: Newsletter, period: Period) -> list[Candidate]:
        """What an edition built now would decide, in reading order; of a closed one, what was decided."""
        plan = self.plan(newsletter, period)
        stories = {story.id: story for story in corrected(self._items.stories(), plan)}
        editions = self._revisions(newsletter, period)
        verdicts: Sequence[Verdict] = (
            self._editions.verdicts(editions[-1])
            if any(not edition.is_open for edition in editions) or (editions and period.supplement)
            else judge_again(
                for_occasion(newsletter, period),
                period,
                self._chosen(newsletter, period, stories.values()),
                calendar_of(newsletter, self._editions),
                plan,
            )
            if period.is_special
            else judge(
                newsletter,
                period,
                stories.values(),
                calendar_of(newsletter, self._editions),
                self._editions.settled(newsletter.name).keys(),
                plan,
            )
        )
        return [Candidate(story=stories[v.story_id], verdict=v) for v in verdicts if v.story_id in stories]

    def closed_edition(self, newsletter: Newsletter, period: Period) -> Edition | None:
        """The last edition of the period, if nothing in it can change any more."""
        editions = self._revisions(newsletter, period)
        return editions[-1] if editions and not editions[-1].is_open else None

    def waiting(self, newsletter: Newsletter, words: Sequence[str]) -> list[Story]:
        """Those meant by `words` whose edition was missed, and which wait until a person says what becomes of them."""
        calendar, settled = calendar_of(newsletter, self._editions), self._editions.settled(newsletter.name)
        stories, language = self._items.stories(), newsletter.languages[0]
        found = [story_meant(stories, one, language, lambda story: story.id not in settled) for one in words]
        return [story for story in found if story.id not in settled and calendar.waits(story)]

    def due_period(self, newsletter: Newsletter, words: Sequence[str]) -> Period:
        """The period in which the stories meant by `words` are due."""
        calendar = calendar_of(newsletter, self._editions)
        settled = self._editions.settled(newsletter.name)
        stories, language = self._items.stories(), newsletter.languages[0]
        periods = {}
        for one in words:
            story = story_meant(stories, one, language, lambda story: story.id not in settled)
            if story.id in settled:
                said = _("{edition} has decided about it, and nothing in that edition changes any more").format(
                    edition=settled[story.id]
                )
                raise PersonNeededError(title_of(story, language), said, _("look at `digest status`"))
            if calendar.waits(story):
                said = _("it waits, because its edition was missed: no plan says anything about it yet")
                remedy = _(
                    "digest run --catch-up latest, or all, or none; leave it out: digest plan drop {story}"
                ).format(story=story.id[:8])
                raise PersonNeededError(title_of(story, language), said, remedy)
            if story.kept_out:
                said = _("its date is {day}, and no edition takes it until somebody says that this is right").format(
                    day=story.published_on
                )
                raise PersonNeededError(title_of(story, language), said, _("look at `digest items`"))
            periods[calendar.due_period(story)] = story
        if len(periods) > 1:
            told = ", ".join(
                _("“{title}” in {period}").format(title=title_of(story, language), period=period.key)
                for period, story in periods.items()
            )
            raise UsageError(
                " ".join(words),
                _("they have their turn in several editions: {told}").format(told=told),
                _("name one at a time"),
            )
        return next(iter(periods))

    def decide(
        self,
        newsletter: Newsletter,
        period: Period,
        decision: PlanDecision,
        words: Sequence[str],
        because: str | None,
        *,
        seen: str | None = None,
    ) -> "tuple[list[Story], Edited]":
        """Write the decision about the stories meant by `words` (ids, or words of titles) into the plan of the period.

        Raise `PersonNeededError` for an edition in which nothing can change any more, and for a plan that is another
        than the one `seen`.
        """
        from digest.editions.plans.plan_edits import decide  # 5 ms: only for a command that changes a plan

        self._refuse_closed(newsletter, period)
        context = self.known(newsletter, period)
        stories = stories_meant(context, words)
        path = self.path(newsletter, period)
        return stories, decide(path, context, decision, stories, because, seen)

    def drop_given_up(
        self, newsletter: Newsletter, period: Period, stories: Sequence[str], because: str | None
    ) -> None:
        """Drop stories in the plan of an edition that was missed, and has them as given up."""
        from digest.editions.plans.plan_edits import decide  # 5 ms: see above

        context = self.known(newsletter, period)
        meant = stories_meant(context, stories)
        decide(self.path(newsletter, period), context, PlanDecision.DROP, meant, because)

    def put_in_order(
        self, newsletter: Newsletter, period: Period, words: Sequence[str], *, seen: str | None = None
    ) -> "tuple[list[Story], Edited]":
        """The same for the order of the stories."""
        from digest.editions.plans.plan_edits import put_in_order  # 5 ms: see above

        self._refuse_closed(newsletter, period)
        context = self.known(newsletter, period)
        stories = stories_meant(context, words)
        return stories, put_in_order(self.path(newsletter, period), context, stories, seen)

    def correct(
        self, newsletter: Newsletter, period: Period, meant: str, words: "Words", *, seen: str | None = None
    ) -> "tuple[Story, Item, Edited]":
        """The same for what is said of a story instead of what its source says: of the text that is `meant`."""
        from digest.editions.plans.correction_edits import correct  # 5 ms: see above

        self._refuse_closed(newsletter, period)
        context = self.known(newsletter, period)
        (story,) = stories_meant(context, [meant])
        item = text_meant(story, meant, of_story=all(field in OF_STORY for field in words))
        return story, item, correct(self.path(newsletter, period), context, story, item, words, seen)

    def word(
        self,
        newsletter: Newsletter,
        period: Period,
        line: InboxLine,
        text: str,
        language: str | None,
        *,
        seen: str | None = None,
    ) -> "Edited":
        """The same for what inboxes show, in one language of the newsletter or in all."""
        from digest.editions.plans.plan_edits import word  # 5 ms: see above

        self._refuse_closed(newsletter, period)
        return word(self.path(newsletter, period), self.known(newsletter, period), line, text, language, seen)

    def introduce(
        self, newsletter: Newsletter, period: Period, text: str, language: str | None, *, seen: str | None = None
    ) -> "Edited":
        """The same for the words before the stories, in Markdown."""
        from digest.editions.plans.correction_edits import introduce  # 5 ms: see above

        self._refuse_closed(newsletter, period)
        return introduce(self.path(newsletter, period), self.known(newsletter, period), text, language, seen)

    def introductions(self, newsletter: Newsletter, period: Period) -> dict[str, str]:
        """As they are written in the plan of the period, by language."""
        from digest.editions.plans.plan_file import introductions_in  # 3 ms: see above

        path = self.path(newsletter, period)
        written = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
        return introductions_in(written, newsletter.languages)

    def fingerprint(self, newsletter: Newsletter, period: Period) -> str:
        """Of the plan as it is written, by which a change of it is noticed."""
        from digest.editions.plans.plan_edits import fingerprint  # 5 ms: see above

        return fingerprint(self.path(newsletter, period))

    def write_new_plan(self, newsletter: Newsletter, period: Period) -> bool:
        """Write a plan in which everything is a comment, unless there is one or it would change nothing any more."""
        from digest.editions.plans.plan_edits import write_plan  # 5 ms: see above
        from digest.editions.plans.plan_file import plan_template

        path = self.path(newsletter, period)
        if path.exists() or self.closed_edition(newsletter, period) is not None:
            return False
        stories = [candidate.story for candidate in self.candidates(newsletter, period)]
        write_plan(path, plan_template(self.known(newsletter, period), stories))
        return True

    def _elsewhere(self, newsletter: Newsletter, period: Period, stories: Sequence[Story]) -> dict[str, str]:
        """Story → where it is, of those that this edition does not decide about."""
        editions = self._revisions(newsletter, period)
        is_over = any(not edition.is_open for edition in editions)
        if editions and (is_over or period.supplement):  # a reissue says again what the first one said
            decided = {verdict.story_id for edition in editions for verdict in self._editions.verdicts(edition)}
            return {
                story.id: _("is not in {edition}").format(edition=editions[-1].name)
                for story in stories
                if story.id not in decided
            }
        if period.supplement:
            return {}
        if period.is_special:
            inside = {story.id for story in self._chosen(newsletter, period, stories)}
            said = _("is not in {period}; take it into it: digest build {newsletter}/{period} --story ID")
            said = said.format(period=period.key, newsletter=newsletter.name)
            return {story.id: said for story in stories if story.id not in inside}
        calendar = calendar_of(newsletter, self._editions)
        settled = self._editions.settled(newsletter.name)
        where = {}
        for story in stories:
            if story.id in settled:
                where[story.id] = _("was decided in {edition} already; take it out of this plan").format(
                    edition=settled[story.id]
                )
            elif calendar.waits(story):
                where[story.id] = _(
                    "waits, because its edition was missed: say first what becomes of it (run --catch-up)"
                )
            elif story.kept_out:
                where[story.id] = _("waits until somebody confirms its date, {day}: digest items").format(
                    day=story.published_on
                )
            elif (due := calendar.due_period(story)) != period:
                where[story.id] = _("is due in {period}; it belongs into {plans}/{newsletter}/{period}.yaml").format(
                    period=due.key, plans=PLANS, newsletter=newsletter.name
                )
        return where

    def _chosen(self, newsletter: Newsletter, period: Period, stories: Iterable[Story]) -> list[Story]:
        """The stories that people took into a special edition, and that no other edition has taken since."""
        edition, settled = self._editions.of(newsletter.name, period), self._editions.settled(newsletter.name)
        free = [story for story in stories if story.id not in settled]
        return chosen(free, self._editions.record(edition) if edition else None)

    def stories_to_take(self, newsletter: Newsletter, words: Sequence[str]) -> list[Story]:
        """Stories for a special edition, by ids or words of titles. Raise `PersonNeededError` for one that an edition
        has taken, or that waits for its date to be confirmed, or that its source has no more.
        """
        settled, language = self._editions.settled(newsletter.name), newsletter.languages[0]
        found, stories = [], self._items.stories()
        for one in words:
            story = story_meant(stories, one, language, lambda story: story.id not in settled)
            if story.id in settled:
                said = _("{edition} has taken it, and nobody is sent a story twice").format(edition=settled[story.id])
                raise PersonNeededError(title_of(story, language), said, f"digest explain {story.items[0].id[:8]}")
            if story.kept_out:
                said = _("its date is {day}, and nobody has said yet that this is right").format(day=story.published_on)
                raise PersonNeededError(title_of(story, language), said, _("look at `digest items`"))
            if story.withdrawn:
                said = _("it is no longer in its source")
                raise PersonNeededError(title_of(story, language), said, _("look at `digest items`"))
            found.append(story)
        return found

    def _revisions(self, newsletter: Newsletter, period: Period) -> list[Edition]:
        """All revisions, the last one at the end."""
        return [edition for edition in self._editions.editions(newsletter.name) if edition.period == period]

    def _refuse_closed(self, newsletter: Newsletter, period: Period) -> None:
        closed = self.closed_edition(newsletter, period)
        if closed is not None:
            remedy = _('say it again: digest reissue {edition} --because "…"').format(edition=closed.name)
            if closed.supplements:
                remedy = _("mend a story for those who got it: digest correct {edition} STORY").format(
                    edition=closed.name
                )
            if after(closed.state, Step.REOPEN, is_over=closed.is_over) is not None:
                remedy = _('take it back first: digest reopen {edition} --by NAME --because "…"').format(
                    edition=closed.name
                )
            said = _("{happened}: a plan changes nothing in it any more").format(happened=happened(closed))
            raise PersonNeededError(closed.name, said, remedy)


def stories_meant(context: KnownNames, words: Sequence[str]) -> list[Story]:
    """The stories of this edition that a person means by ids or by words of their titles."""
    found, language = [], context.languages[0]
    for one in words:
        story = story_meant(context.stories, one, language, lambda story: story.id not in context.elsewhere)
        if story.id in context.elsewhere:
            raise UsageError(context.title(story), _("it {elsewhere}").format(elsewhere=context.elsewhere[story.id]))
        found.append(story)
    if len({story.id for story in found}) < len(found):
        raise UsageError(" ".join(words), _("one story is named twice"), _("name it once"))
    return found


def story_meant(stories: Sequence[Story], words: str, language: str, preferred: Callable[[Story], bool]) -> Story:
    """By the beginning of an id, else by words of a title; those that are preferred if there are any."""
    beginning, spoken = words.strip().lower(), fold_words(words)
    found = [s for s in stories if s.id == beginning or any(item.id == beginning for item in s.items)]
    found = found or [s for s in stories if beginning and any(item.id.startswith(beginning) for item in s.items)]
    found = found or [s for s in stories if spoken and any(spoken in fold_words(item.text.title) for item in s.items)]
    found = [story for story in found if preferred(story)] or found
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            words, _("no story has this id or these words in its title"), _("list them with `digest items`")
        )
    told = ", ".join(f"{story.id[:8]} {title_of(story, language)}" for story in found[:6])
    raise UsageError(
        words,
        plural("{count} story fits: {stories}", "{count} stories fit: {stories}", len(found), stories=told),
        _("name one by its id"),
    )


def text_meant(story: Story, words: str, *, of_story: bool) -> Item:
    """The text of the story that a person means, by the beginning of its id or by words of its title. What is said
    `of_story` is said of any.
    """
    live, beginning, spoken = story.live_items or story.items, words.strip().lower(), fold_words(words)
    found = [item for item in live if item.id.startswith(beginning)]
    found = found or [item for item in live if spoken and spoken in fold_words(item.text.title)]
    if len(found or live) == 1 or of_story:
        return (found or list(live))[0]
    told = ", ".join(f"{item.id[:8]} ({item.language})" for item in found or live)
    said = _("it has several texts: {texts}").format(texts=told)
    raise UsageError(title_of(story, live[0].language), said, _("name one by its id"))


def _introduction(text: str) -> Introduction:
    from digest.intake.sources.markdown import markdown_body  # 15 ms: only for an introduction

    paragraphs, html = markdown_body(text)
    return Introduction(paragraphs=paragraphs, html=html)
