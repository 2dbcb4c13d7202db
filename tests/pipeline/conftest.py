"""A workshop: the real pipeline over the real store, with small honest fakes at the ports around it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest.delivery import sending
from digest.delivery.delivery import Found, Mark, Outbox, Outcome, OutcomeKind, OutgoingMessage
from digest.delivery.doubt import DoubtPolicy
from digest.delivery.journal import Journal, Marker
from digest.delivery.ledger import Deliveries
from digest.delivery.outbox import LedgerRows, rows_of
from digest.delivery.pausing import Pauses
from digest.editions import approving, building, guard
from digest.editions import approving as reviewing
from digest.editions.readable_copy import EditionFolders
from digest.editions.store import Editions, Reviews
from digest.foundation.database import Database, exclusive
from digest.intake import collecting
from digest.intake.item import FoundItem, Reading, Strength, Tag, TagKind, TagPlace
from digest.intake.store import Items
from digest.intake.tagging.tagger import Tagged
from digest.mail.checks.rule import Finding
from digest.mail.content import Rendered, VariantContent
from digest.mail.message import Envelope, Recipient
from digest.mail.proof import Prover
from digest.newsletters.edition import Acceptance, Choice, Edition, EditionState
from digest.newsletters.newsletter import Newsletter, Publisher
from digest.newsletters.timetable import timetable
from digest.people.store import Subscribers
from digest.people.subscriber import Subscription


@dataclass
class ListSource:
    name: str = "newsroom"
    items: list[FoundItem] = field(default_factory=list)
    unread: frozenset[str] = frozenset()
    complete: bool = True

    def read(self, today: date) -> Reading:
        return Reading(source=self.name, items=tuple(self.items), unread=self.unread, complete=self.complete)


class GivenTags:
    """Tags an item with what a person gave it."""

    def tag(self, item: FoundItem) -> Tagged:
        return Tagged(
            tuple(
                Tag(kind=TagKind.COUNTRY, value=code, term=code, where=TagPlace.PERSON, strength=Strength.STRONG)
                for code in item.countries or ()
            )
        )


class PlainRenderer:
    """Writes titles, one per line: enough to see who gets what."""

    def fingerprint(self, template: str) -> str:
        return f"plain {template}"

    def render(self, content: VariantContent) -> Rendered:
        titles = "\n".join(shown.item.text.title for shown in content.stories)
        subject = f"{content.newsletter.name} {content.period.key}"
        return Rendered(subject=subject, html=titles, text=titles, message=titles.encode())


class PlainComposer:
    def compose(self, edition: Edition, message: bytes, recipients: Iterable[Recipient]) -> Iterator[Envelope]:
        for recipient in recipients:
            yield Envelope(
                edition=edition.name,
                recipient=recipient.address,
                stem=recipient.subscriber,
                delivery=f"{recipient.subscriber}-0123456789ab",
                pieces=(message,),
            )

    def prover(self, edition: Edition, message: bytes) -> Prover:
        return lambda _recipient, _pieces: None

    def sample(self, edition: Edition, message: bytes) -> Envelope:
        return Envelope(edition=edition.name, recipient="sample@example.org", stem="sample", pieces=(message,))

    def sample_body(self, edition: Edition, body: str) -> str:
        return body


@dataclass
class Postbox:
    """Keeps what was sent, `at_once` to a transaction; `fails_after` counts the messages after which it breaks."""

    name: str = "the box"
    connections: int = 1
    at_once: int = 200
    letters: list[OutgoingMessage] = field(default_factory=list)
    fails_after: int | None = None

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        results: list[Outcome] = []
        while not stop() and (messages := outbox.fetch(self.at_once)):
            granted = outbox.settle(results, messages)
            results = [self._taken(outbox, message) for message in messages if message.row in granted]
        outbox.settle(results, ())

    def trace(self, message: OutgoingMessage) -> Found | None:
        return Found.SENT if message.recipient in {letter.recipient for letter in self.letters} else Found.PENDING

    def _taken(self, outbox: Outbox, message: OutgoingMessage) -> Outcome:
        if self.fails_after is not None and len(self.letters) >= self.fails_after:
            raise OSError("the box is full")
        outbox.mark(message.row, Mark.DOT)
        self.letters.append(message)
        return Outcome(message=message, kind=OutcomeKind.SENT, answer="")


@dataclass
class Hand:
    """A clock that is moved by hand."""

    at: datetime = datetime(2018, 8, 5, 15, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Workshop:
    def __init__(self, folder: Path, newsletter: Newsletter, publisher: Publisher) -> None:
        self.folder, self.newsletter, self.publisher = folder, newsletter, publisher
        self.source, self.postbox, self.clock = ListSource(), Postbox(), Hand()
        self.findings: tuple[Finding, ...] = ()
        self.reopen()

    def reopen(self) -> None:
        """As a new process would."""
        database = Database(self.folder / "digest.db")
        self.items, self.editions = Items(database), Editions(database)
        self.subscribers, self.ledger = Subscribers(database), Deliveries(database)
        self.reviews, self.pauses = Reviews(database), Pauses(database)
        self.copy = EditionFolders(self.folder / "editions")

    def collect(self) -> collecting.Collected:
        (result,) = collecting.collect(
            [self.source], GivenTags(), self.items, self.editions.settled().keys(), self.clock.now().date()
        )
        return result

    def build(
        self, key: str, newsletter: Newsletter | None = None, without: Mapping[str, str] | None = None
    ) -> building.Built:
        newsletter = newsletter or self.newsletter
        parts = building.Parts(
            items=self.items,
            editions=self.editions,
            subscribers=self.subscribers,
            renderer=PlainRenderer(),
            composer=PlainComposer(),
            copy=self.copy,
        )
        period = timetable(newsletter.schedule).from_key(key)
        return building.build(parts, self.publisher, newsletter, period, self.clock.now(), without=without)

    def approve(self, edition: Edition, *, early: bool = True, accepted: Sequence[Acceptance] = ()) -> Edition:
        return approving.approve(
            self.editions,
            PlainComposer(),
            self.copy,
            edition,
            "Marta",
            self.clock.now(),
            early=early,
            findings=self.findings,
            accepted=accepted,
        )

    def send(self, edition: Edition, newsletter: Newsletter | None = None) -> sending.Sent:
        parts = sending.Parts(
            editions=self.editions,
            subscribers=self.subscribers,
            ledger=self.ledger,
            composer=PlainComposer(),
            copy=self.copy,
            transport=lambda _readers: self.postbox,
            rows=self.rows,
            signing=lambda _edition, _variants: nullcontext(),
            return_path=lambda _delivery: "bulletin@example.org",
            take_back=lambda _edition, _deliveries: None,
            lock=lambda: exclusive(self.folder / "sending.lock"),
            clock=self.clock,
            pauses=self.pauses,
            seal=lambda draft: reviewing.seal_unapproved(self.reviewing(), newsletter or self.newsletter, draft),
        )
        return sending.send(parts, newsletter or self.newsletter, edition)

    @contextmanager
    def rows(self, edition: Edition) -> Iterator[LedgerRows]:
        sending = self.folder / "sending"
        with (
            Database(self.folder / "digest.db").writer() as writer,
            Journal(sending / "journal") as journal,
            Marker(sending / f"{edition.number}.marker", rows_of(writer)) as marker,
        ):
            yield LedgerRows(writer, journal, marker, edition, DoubtPolicy(), None)

    def reviewing(self) -> reviewing.Parts:
        """What answers to parts, and sealing by them, work with."""
        return reviewing.Parts(
            editions=self.editions,
            reviews=self.reviews,
            composer=PlainComposer(),
            copy=self.copy,
            clock=self.clock,
            redraft=lambda newsletter, edition, without: self.build(edition.key, newsletter, without).edition,
            examine=lambda _newsletter, _edition, _names: self.findings,
            readers=self.readers,
        )

    def readers(self, newsletter: Newsletter, edition: Edition) -> guard.AudienceSizes:
        last = guard.last_edition(self.editions.editions(newsletter.name), edition)
        now = guard.readers_of(newsletter, self.subscribers.subscribed(newsletter.name))
        return guard.AudienceSizes(now=now, before=last.readers if last else None)

    def publish(self, key: str) -> sending.Sent | None:
        """Build, approve and send; `None` when there was nothing to say."""
        built = self.build(key)
        if built.edition.state is EditionState.SKIPPED:
            return None
        return self.send(self.approve(built.edition))

    def subscribe(self, address: str, audiences: str = "regional", language: str = "en") -> None:
        choice = Choice(newsletter=self.newsletter.name, audiences=frozenset(audiences.split()), language=language)
        self.subscribers.save_subscriptions([Subscription(address=address, folded=address, name=None, choice=choice)])

    def leave(self, address: str) -> None:
        """What an unsubscribe link will do."""
        from sqlalchemy import text

        with Database(self.folder / "digest.db").write() as connection:
            connection.execute(
                text(
                    "UPDATE subscriptions SET active = 0 WHERE subscriber = "
                    "(SELECT number FROM subscribers WHERE folded = :address)"
                ),
                {"address": address},
            )

    def retitle(self, place: int, title: str) -> None:
        old = self.source.items[place]
        self.source.items[place] = replace(old, text=replace(old.text, title=title))


@pytest.fixture
def make_workshop(newsletter, audience, publisher):
    def make(folder: Path, **more: object) -> Workshop:
        folder.mkdir(parents=True, exist_ok=True)
        readers = newsletter(
            audience("regional", everything=True),
            audience("guatemala", countries="GT"),
            audience("mexico", countries="MX"),
            **more,
        )
        return Workshop(folder, readers, publisher)

    return make


@pytest.fixture
def workshop(make_workshop, tmp_path):
    return make_workshop(tmp_path)
