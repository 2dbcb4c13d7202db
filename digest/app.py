"""The composition root: the only place that names adapters. A workspace is a folder with a `digest.yaml`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import UsageError
from digest.model.edition import Acceptance, Edition, Introduction
from digest.model.finding import Finding
from digest.model.newsletter import Newsletter
from digest.model.period import Period
from digest.model.place import Problem
from digest.model.tag import TagKind
from digest.policy.speaking import period_from_words

if TYPE_CHECKING:
    from digest.config.settings import Settings
    from digest.pipeline import build as building
    from digest.pipeline import collect as collecting
    from digest.pipeline import send as sending
    from digest.ports import Clock, Imported, Source
    from digest.rendering.composer import MessageComposer
    from digest.rendering.renderer import Renderer
    from digest.store.connection import Database
    from digest.store.editions import Editions
    from digest.store.items import Items
    from digest.store.ledger import Deliveries
    from digest.store.readable_copy import EditionFolders
    from digest.store.subscribers import Subscribers
    from digest.tagging.taxonomy import Taxonomy

SETTINGS = "digest.yaml"
DATABASE = "digest.db"
EDITIONS = "editions"
SECRET = Path("keys", "secret")


class SystemClock:
    """Implements `digest.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Workspace:
    """Everything a command works with, made when it is first asked for, so that no command pays for another's parts."""

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
        from digest.config.loading import load_settings
        from digest.tagging.taxonomy import load

        path = self.folder / SETTINGS
        taxonomy = load(load_settings(path).taxonomy)
        return load_settings(path, known_countries=taxonomy.countries, known_topics=taxonomy.topics)

    @property
    def today(self) -> date:
        """In the publisher's zone."""
        return self.clock.now().astimezone(self.settings.publisher.timezone).date()

    # -- adapters ---------------------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> "Database":
        from digest.store.connection import Database

        return Database(self.folder / DATABASE)

    @cached_property
    def items(self) -> "Items":
        from digest.store.items import Items

        return Items(self.database)

    @cached_property
    def editions(self) -> "Editions":
        from digest.store.editions import Editions

        return Editions(self.database)

    @cached_property
    def subscribers(self) -> "Subscribers":
        from digest.store.subscribers import Subscribers

        return Subscribers(self.database)

    @cached_property
    def ledger(self) -> "Deliveries":
        from digest.store.ledger import Deliveries

        return Deliveries(self.database)

    @cached_property
    def copy(self) -> "EditionFolders":
        from digest.store.readable_copy import EditionFolders

        return EditionFolders(self.folder / EDITIONS)

    @cached_property
    def taxonomy(self) -> "Taxonomy":
        from digest.tagging.taxonomy import load

        return load(self.settings.taxonomy)

    @cached_property
    def renderer(self) -> "Renderer":
        from digest.rendering.renderer import Renderer

        own = self.folder / "templates"
        return Renderer(
            own if own.is_dir() else None,
            self._section_title,
            has_public_url=self.settings.public_url is not None,
        )

    @cached_property
    def composer(self) -> "MessageComposer":
        from digest.rendering.composer import MessageComposer
        from digest.store.keys import make_secret, read_secret

        secret = self.folder / SECRET
        if not any(edition.sealed_at for edition in self.editions.editions()):
            make_secret(secret)
        return MessageComposer(read_secret(secret), self.settings.newsletters, public_url=self.settings.public_url)

    def _section_title(self, kind: str, value: str, language: str) -> str:
        title = self.taxonomy.country_title if kind == TagKind.COUNTRY else self.taxonomy.topic_title
        return title(value, language)

    def sources(self) -> "Sequence[Source]":
        from digest.sources.folder import Folder

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

    # -- verbs ------------------------------------------------------------------------------------------------------

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

    def build(self, newsletter: Newsletter, period: Period) -> "building.Built":
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
        introductions = self._introductions(newsletter, period)
        return build(parts, self.settings.publisher, newsletter, period, self.clock.now(), introductions)

    def _introductions(self, newsletter: Newsletter, period: Period) -> dict[str, Introduction]:
        from digest.config.plan_file import read_plan
        from digest.sources.markdown import markdown_body

        plan = read_plan(self.folder / "plans" / newsletter.name / f"{period.key}.yaml", newsletter.languages)
        introductions = {}
        for language, text in plan.introduction.items():
            paragraphs, html = markdown_body(text)
            introductions[language] = Introduction(paragraphs=paragraphs, html=html)
        return introductions

    def check(self, newsletter: Newsletter, edition: Edition) -> "tuple[Finding, ...]":
        from digest.checks.gate import check as gate
        from digest.pipeline.check import Parts, check
        from digest.rendering.naming import variant_title

        parts = Parts(
            items=self.items,
            editions=self.editions,
            composer=self.composer,
            gate=gate,
            public_url=self.settings.public_url,
            title_of=variant_title,
        )
        return check(parts, self.settings.publisher, newsletter, edition)

    def links(self, edition: Edition) -> list[str]:
        """Where the stories of an edition lead, each address once."""
        stories = {story.id: story for story in self.items.stories()}
        taken = {id_ for variant in self.editions.variants(edition) for id_ in variant.story_ids}
        found = [item.text.link for id_ in sorted(taken & stories.keys()) for item in stories[id_].live_items]
        return list(dict.fromkeys(link for link in found if link))

    def approve(
        self, newsletter: Newsletter, edition: Edition, by: str, *, early: bool, accepted: "Sequence[Acceptance]" = ()
    ) -> Edition:
        from digest.pipeline.approve import approve

        return approve(
            self.editions,
            self.composer,
            self.copy,
            edition,
            by,
            self.clock.now(),
            early=early,
            findings=self.check(newsletter, edition),
            accepted=accepted,
        )

    def send(self, newsletter: Newsletter, edition: Edition) -> "sending.Sent":
        from digest.pipeline.send import Parts, send
        from digest.store.connection import exclusive
        from digest.transports.files import FolderTransport

        parts = Parts(
            editions=self.editions,
            subscribers=self.subscribers,
            ledger=self.ledger,
            composer=self.composer,
            copy=self.copy,
            transport=FolderTransport(self.settings.delivery.path),
            lock=lambda: exclusive(self.folder / "sending.lock"),
            clock=self.clock,
            examine=lambda draft: self.check(newsletter, draft),
        )
        return send(parts, newsletter, edition)

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
        return period_from_words(newsletter.every, words, known, newsletter.languages)

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
