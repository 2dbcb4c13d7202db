"""The workspace: a folder with a `digest.yaml`, its verbs, and what people name in it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from digest.errors import UsageError
from digest.foundation.problems import Problem
from digest.intake.item import TagKind
from digest.mail.checks.rule import Finding
from digest.mail.content import Variant
from digest.newsletters.edition import Acceptance, Edition
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.timetable import period_from_words, timetable

if TYPE_CHECKING:
    from digest.delivery import sending
    from digest.delivery.delivery import OutboxRows, Progress, Transport
    from digest.delivery.ledger import Deliveries
    from digest.delivery.messages import Sign
    from digest.delivery.pausing import Pauses
    from digest.editions import building
    from digest.editions.readable_copy import ReadableCopy
    from digest.editions.store import Editions, Reviews
    from digest.foundation.database import Database
    from digest.intake import collecting
    from digest.intake.collecting import Source
    from digest.intake.item import Story
    from digest.intake.store import Items
    from digest.intake.tagging.taxonomy import Taxonomy
    from digest.mail.composing import MessageComposer
    from digest.mail.renderer import TemplateRenderer
    from digest.people.store import Imported, Subscribers
    from digest.runs.store import Runs
    from digest.settings.settings import Settings


# -- Adapters: everything that stands behind the ports in one workspace, made when it is first asked for.

SETTINGS = "digest.yaml"
DATABASE = "digest.db"
EDITIONS = "editions"
LOCK = "sending.lock"
SENDING = "sending"  # the folder of markers and of the journal
SECRET = Path("keys", "secret")


class SystemClock:
    """Implements `digest.foundation.workspace.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Adapters:
    """No command pays for another's parts: each is imported and made when it is first asked for."""

    def __init__(self, folder: Path, clock: "Clock | None" = None) -> None:
        self.folder = folder
        self.clock: Clock = clock or SystemClock()
        if not (folder / SETTINGS).is_file():
            raise UsageError(
                str(folder),
                f"there is no {SETTINGS} here",
                "make a workspace with `digest init`, or name one with -C DIR",
            )

    @cached_property
    def settings(self) -> "Settings":
        """Read twice: which countries and topics exist is known only once the taxonomy they name was read."""
        from digest.intake.tagging.taxonomy import load
        from digest.settings.loading import load_settings

        path = self.folder / SETTINGS
        taxonomy = load(load_settings(path).taxonomy)
        return load_settings(path, known_countries=taxonomy.countries, known_topics=taxonomy.topics)

    @property
    def today(self) -> date:
        """In the publisher's zone."""
        return self.clock.now().astimezone(self.settings.publisher.timezone).date()

    @cached_property
    def database(self) -> "Database":
        from digest.foundation.database import Database

        return Database(self.folder / DATABASE)

    @cached_property
    def items(self) -> "Items":
        from digest.intake.store import Items

        return Items(self.database)

    @cached_property
    def editions(self) -> "Editions":
        from digest.editions.store import Editions

        return Editions(self.database)

    @cached_property
    def reviews(self) -> "Reviews":
        from digest.editions.store import Reviews

        return Reviews(self.database)

    @cached_property
    def subscribers(self) -> "Subscribers":
        from digest.people.store import Subscribers

        return Subscribers(self.database)

    @cached_property
    def ledger(self) -> "Deliveries":
        from digest.delivery.ledger import Deliveries

        return Deliveries(self.database)

    @cached_property
    def pauses(self) -> "Pauses":
        from digest.delivery.pausing import Pauses

        return Pauses(self.database)

    @cached_property
    def runs(self) -> "Runs":
        from digest.runs.store import Runs

        return Runs(self.database)

    @cached_property
    def copy(self) -> "ReadableCopy":
        from digest.editions.readable_copy import EditionFolders

        return EditionFolders(self.folder / EDITIONS)

    @cached_property
    def taxonomy(self) -> "Taxonomy":
        from digest.intake.tagging.taxonomy import load

        return load(self.settings.taxonomy)

    @cached_property
    def renderer(self) -> "TemplateRenderer":
        from digest.mail.renderer import TemplateRenderer

        own = self.folder / "templates"
        return TemplateRenderer(
            own if own.is_dir() else None,
            self._section_title,
            has_public_url=self.settings.public_url is not None,
        )

    @property
    def sending(self) -> Path:
        return self.folder / SENDING

    @property
    def secret(self) -> Path:
        return self.folder / SECRET

    @cached_property
    def composer(self) -> "MessageComposer":
        from digest.foundation.secrets import make_secret, read_secret
        from digest.mail.composing import MessageComposer

        if not any(edition.sealed_at for edition in self.editions.editions()):
            make_secret(self.secret)
        return MessageComposer(read_secret(self.secret), self.settings.newsletters, public_url=self.settings.public_url)

    def _section_title(self, kind: str, value: str, language: str) -> str:
        title = self.taxonomy.country_title if kind == TagKind.COUNTRY else self.taxonomy.topic_title
        return title(value, language)

    def sources(self) -> "Sequence[Source]":
        from digest.intake.sources.folder import Folder

        fallback = self.settings.newsletters[0].languages[0]
        return [
            Folder(
                source.name,
                source.path,
                language=source.language,
                dates=source.dates,
                fallback_language=fallback,
                root=self.folder,
            )
            for source in self.settings.sources
        ]

    def transport(self, readers: int = 1) -> "Transport":
        """What carries mail to so many readers."""
        from digest.delivery.transports.choosing import transport_for

        return transport_for(self.settings.delivery, readers)


class Workspace(Adapters):
    """What commands work with: adapters, verbs over them, and the names that people use. `progress` hears how far a
    sending is.
    """

    progress: "Progress | None" = None

    def collect(self) -> "tuple[collecting.Collected, ...]":
        from digest.intake.collecting import collect
        from digest.intake.tagging.tagger import TaxonomyTagger

        return collect(
            self.sources(), TaxonomyTagger(self.taxonomy), self.items, self.editions.settled().keys(), self.today
        )

    def import_subscribers(self) -> "tuple[Imported | None, tuple[Problem, ...]]":
        """Bring the subscriber file's people into the store; rows with mistakes are left out and named."""
        if self.settings.subscribers is None:
            return None, ()
        from digest.people.subscriber_file import read_subscribers

        listed = read_subscribers(self.settings.subscribers, self.settings.newsletters, today=self.today)
        return self.subscribers.save_subscriptions(listed.subscriptions), listed.problems

    def build(
        self, newsletter: Newsletter, period: Period, without: Mapping[str, str] | None = None, revision: int = 1
    ) -> "building.Built":
        """`without` maps audiences that are left out to the reason; a `revision` after the first is a reissue."""
        from digest.editions.building import Parts, build
        from digest.editions.plans.planning import plan_of

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
        from digest.editions.plans.planning import planned_stories

        return planned_stories(self, newsletter, period)

    def check(
        self, newsletter: Newsletter, edition: Edition, names: Collection[str] | None = None
    ) -> "tuple[Finding, ...]":
        """All variants, or those called `names`. Raise `PersonNeededError` for a draft from an older plan."""
        from digest.editions.checking import Parts, check
        from digest.editions.plans.planning import refuse_outdated
        from digest.mail.checks.gate import check as gate
        from digest.mail.wording import variant_title

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
        from digest.editions.approving import approve_whole
        from digest.editions.reviewing import verbs_of

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
        from digest.delivery.decisions import take_back
        from digest.delivery.sending import Parts, Unwatched, send
        from digest.delivery.transports.choosing import return_path
        from digest.editions.approving import seal_unapproved
        from digest.editions.reviewing import verbs_of

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
        from digest.delivery.transports.choosing import rows_for

        return rows_for(self, edition)

    def signing(
        self, newsletter: Newsletter, edition: Edition, variants: Sequence[Variant]
    ) -> "AbstractContextManager[Sign | None]":
        from digest.delivery.transports.choosing import signing

        return signing(self, newsletter, edition, variants)

    def refuse_unsure(self, edition: Edition) -> None:
        """Raise where this database may not send it."""
        from digest.delivery.adoption import refuse_unsure

        refuse_unsure(self, edition)

    def lock(self) -> AbstractContextManager[None]:
        """The lock of the one process that runs or sends; the kernel releases it with the process. Where nothing may be
        sent, such as in a copy of the workspace, `PersonNeededError` is raised.
        """
        from digest.delivery.adoption import lock_to_send

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
        from digest.editions.building import periods_to_build

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


class Clock(Protocol):
    def now(self) -> datetime: ...


class SendingLock(Protocol):
    def __call__(self) -> AbstractContextManager[None]:
        """The lock of the one sending process, held until the block or the process ends.

        Raise `BusyError` at once when another process holds it.
        """
        ...
