"""The workspace: a folder with a `digest.yaml`, its verbs, and what people name in it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from digest.app.adapters import Adapters
from digest.errors import UsageError
from digest.model.edition import Acceptance, Edition, Variant
from digest.model.finding import Finding
from digest.model.newsletter import Newsletter
from digest.model.period import Period
from digest.model.place import Problem
from digest.policy.speaking import period_from_words
from digest.policy.timetable import timetable

if TYPE_CHECKING:
    from digest.model.item import Story
    from digest.pipeline import build as building
    from digest.pipeline import collect as collecting
    from digest.pipeline import send as sending
    from digest.pipeline.dispatching import Sign
    from digest.ports import Imported, OutboxRows, Progress


class Workspace(Adapters):
    """What commands work with: adapters, verbs over them, and the names that people use. `progress` hears how far a
    sending is.
    """

    progress: "Progress | None" = None

    def collect(self) -> "tuple[collecting.Collected, ...]":
        from digest.pipeline.collect import collect
        from digest.tagging.tagger import Tagger

        return collect(self.sources(), Tagger(self.taxonomy), self.items, self.editions.settled().keys(), self.today)

    def import_subscribers(self) -> "tuple[Imported | None, tuple[Problem, ...]]":
        """Bring the subscriber file's people into the store; rows with mistakes are left out and named."""
        if self.settings.subscribers is None:
            return None, ()
        from digest.config.subscribers_file import read_subscribers

        listed = read_subscribers(self.settings.subscribers, self.settings.newsletters, today=self.today)
        return self.subscribers.save_subscriptions(listed.subscriptions), listed.problems

    def build(
        self, newsletter: Newsletter, period: Period, without: Mapping[str, str] | None = None, revision: int = 1
    ) -> "building.Built":
        """`without` maps audiences that are left out to the reason; a `revision` after the first is a reissue."""
        from digest.app.planning import plan_of
        from digest.pipeline.build import Parts, build

        if newsletter.starts_on is not None and period.end <= newsletter.starts_on:
            raise UsageError(
                f"{newsletter.name}/{period.key}",
                f"the newsletter starts on {newsletter.starts_on}",
                "name a later period, or change starts_on in digest.yaml",
            )
        parts = Parts(
            items=self.items,
            editions=self.editions,
            subscribers=self.subscribers,
            renderer=self.renderer,
            composer=self.composer,
            copy=self.copy,
        )
        plan = plan_of(self, newsletter, period)
        return build(parts, self.settings.publisher, newsletter, period, self.clock.now(), plan, without, revision)

    def reissue(self, newsletter: Newsletter, edition: Edition, because: str) -> "building.Built":
        """Draft what a finished edition said once more, as the next revision; a reissue that is a draft, anew."""
        latest = max(
            (one for one in self.editions.editions(newsletter.name) if one.period == edition.period),
            key=lambda one: one.revision,
        )
        if latest.revision == 1 or not latest.state.is_open:
            latest = self.editions.reissue(latest, self.clock.now(), because)
        return self.build(newsletter, latest.period, revision=latest.revision)

    def stories(self, newsletter: Newsletter, period: Period) -> "list[Story]":
        """All stories, corrected as the plan of the period says."""
        from digest.app.planning import planned_stories

        return planned_stories(self, newsletter, period)

    def check(
        self, newsletter: Newsletter, edition: Edition, names: Collection[str] | None = None
    ) -> "tuple[Finding, ...]":
        """All variants, or those called `names`. Raise `PersonNeededError` for a draft from an older plan."""
        from digest.app.planning import refuse_outdated
        from digest.checks.gate import check as gate
        from digest.pipeline.check import Parts, check
        from digest.rendering.naming import variant_title

        refuse_outdated(self, newsletter, edition)
        parts = Parts(
            stories=self.stories(newsletter, edition.period),
            editions=self.editions,
            composer=self.composer,
            gate=gate,
            public_url=self.settings.public_url,
            title_of=variant_title,
        )
        return check(parts, self.settings.publisher, newsletter, edition, names)

    def links(self, edition: Edition) -> list[str]:
        """Where the stories of an edition lead, each address once."""
        stories = {story.id: story for story in self.items.stories()}
        taken = {id_ for variant in self.editions.variants(edition) for id_ in variant.story_ids}
        found = [item.text.link for id_ in sorted(taken & stories.keys()) for item in stories[id_].live_items]
        return list(dict.fromkeys(link for link in found if link))

    def approve(
        self, newsletter: Newsletter, edition: Edition, by: str, *, early: bool, accepted: "Sequence[Acceptance]" = ()
    ) -> Edition:
        """The whole edition, without the parts that were refused."""
        from digest.app.reviewing import verbs_of
        from digest.pipeline.review import approve_whole

        return approve_whole(verbs_of(self), newsletter, edition, by, early=early, accepted=accepted)

    def send(
        self,
        newsletter: Newsletter,
        edition: Edition,
        *,
        locked: bool = False,
        stop: Callable[[], bool] = lambda: False,
        limit: int | None = None,
    ) -> "sending.Sent":
        """`locked`: a run does it, which holds the lock already and lifts no pause. `stop` is asked again and again.
        `limit`: to so many more readers at most.
        """
        from digest.app.deliveries import take_back
        from digest.app.delivering import return_path
        from digest.app.reviewing import verbs_of
        from digest.pipeline.review import seal_unapproved
        from digest.pipeline.send import Parts, Unwatched, send

        parts = Parts(
            editions=self.editions,
            subscribers=self.subscribers,
            ledger=self.ledger,
            composer=self.composer,
            copy=self.copy,
            transport=self.transport,
            rows=self.rows,
            signing=lambda edition, variants: self.signing(newsletter, edition, variants),
            return_path=return_path(self, newsletter),
            take_back=lambda edition, deliveries: take_back(self, edition, deliveries),
            lock=nullcontext if locked else self.lock,
            clock=self.clock,
            pauses=self.pauses,
            seal=lambda draft: seal_unapproved(verbs_of(self), newsletter, draft),
            examine=self.refuse_unsure,
            stop=stop,
            asked=not locked,
            limit=limit,
            progress=self.progress or Unwatched(),
        )
        return send(parts, newsletter, edition)

    def rows(self, edition: Edition) -> "AbstractContextManager[OutboxRows]":
        """What an outbox takes from."""
        from digest.app.delivering import rows_for

        return rows_for(self, edition)

    def signing(
        self, newsletter: Newsletter, edition: Edition, variants: Sequence[Variant]
    ) -> "AbstractContextManager[Sign | None]":
        from digest.app.delivering import signing

        return signing(self, newsletter, edition, variants)

    def refuse_unsure(self, edition: Edition) -> None:
        """Raise where this database may not send it."""
        from digest.app.adopting import refuse_unsure

        refuse_unsure(self, edition)

    def lock(self) -> AbstractContextManager[None]:
        """The lock of the one process that runs or sends; the kernel releases it with the process. Where nothing may be
        sent, such as in a copy of the workspace, `PersonNeededError` is raised.
        """
        from digest.app.adopting import lock_to_send

        return lock_to_send(self)

    # -- what people name -------------------------------------------------------------------------------------------

    def newsletter(self, name: str | None) -> Newsletter:
        known = {newsletter.name: newsletter for newsletter in self.settings.newsletters}
        if name is None and len(known) == 1:
            return next(iter(known.values()))
        if name not in known:
            cause = "several newsletters are defined" if name is None else "there is no such newsletter"
            raise UsageError(name or "--newsletter", cause, f"name one of: {', '.join(known)}")
        return known[name]

    def periods_to_build(self, newsletter: Newsletter) -> dict[Period, int]:
        from digest.pipeline.build import periods_to_build

        return periods_to_build(newsletter, self.items, self.editions)

    def period(self, newsletter: Newsletter, words: str) -> Period:
        """`2018-07`, or words such as `july`, meaning the latest such period that has stories or an edition."""
        known = {*self.periods_to_build(newsletter), *(e.period for e in self.editions.editions(newsletter.name))}
        return period_from_words(timetable(newsletter.schedule), words, known, newsletter.languages)

    def edition(self, newsletter: Newsletter, words: str) -> Edition:
        """An edition that was built, by its key or the words for its period."""
        editions = self.editions.editions(newsletter.name)
        for edition in editions:
            if edition.key == words:
                return edition
        period = self.period(newsletter, words)
        for edition in reversed(editions):
            if edition.period == period:
                return edition
        raise UsageError(
            f"{newsletter.name}/{period.key}", "it was not built yet", f"run `digest build --period {period.key}`"
        )
