"""A workshop: the real pipeline over the real store, with small honest fakes at the ports around it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from databases import database_at

from digest.delivery.ledger import Ledger
from digest.delivery.outgoing import Found, Mark, Outbox, Outcome, OutcomeKind, OutgoingMessage, Transport
from digest.delivery.place import SendingPlace
from digest.delivery.rates import Rates
from digest.delivery.sending import Sent, send
from digest.delivery.settings import DeliverySettings, SendingSettings, TransportKind
from digest.editions.approving import approve_whole
from digest.editions.building import Built, build
from digest.editions.plans.planning import Plans
from digest.editions.readable_copy import EditionFolders
from digest.editions.review_store import Reviews
from digest.editions.store import Editions
from digest.editions.workbench import Workbench
from digest.foundation.database import Database
from digest.intake import collecting
from digest.intake.item import FoundItem, Reading, Strength, Tag, TagKind, TagPlace
from digest.intake.read_file import NONE_KNOWN, KnownFiles
from digest.intake.store import Items
from digest.intake.tagging.tagger import Tagged
from digest.intake.tagging.taxonomy import load
from digest.mail.checks.rule import Finding
from digest.mail.content import Rendered, VariantContent
from digest.mail.message import Envelope, Recipient
from digest.mail.proof import Prover
from digest.newsletters.edition import Acceptance, Choice, Edition, EditionState
from digest.newsletters.newsletter import Newsletter, Publisher
from digest.newsletters.timetable import timetable
from digest.people.store import Subscribers
from digest.people.subscriber import Subscription

DELIVERY = DeliverySettings(
    transport=TransportKind.FILES,
    path=Path("out"),
    sending=SendingSettings(connections=None, rates=Rates(), daily=None, not_after=timedelta(days=5), in_doubt={}),
)


@dataclass
class ListSource:
    name: str = "newsroom"
    items: list[FoundItem] = field(default_factory=list)
    unread: frozenset[str] = frozenset()
    complete: bool = True
    files: dict[str, str] = field(default_factory=dict)
    reader: str = ""

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        return Reading(
            source=self.name,
            items=tuple(self.items),
            unread=self.unread,
            complete=self.complete,
            files=self.files,
            reader=self.reader,
        )


class GivenTags:
    """Tags an item with what a person gave it."""

    fingerprint = ""

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

    def as_recorded(self, newsletter: Newsletter, public_url: str | None) -> "PlainComposer":
        return self

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


@dataclass(frozen=True, kw_only=True)
class PostboxPlace(SendingPlace):
    """A place whose mail goes into the box."""

    postbox: Postbox

    def transport(self, readers: int = 1) -> Transport:
        return self.postbox


class Workshop:
    def __init__(self, folder: Path, newsletter: Newsletter, publisher: Publisher) -> None:
        self.folder, self.newsletter, self.publisher = folder, newsletter, publisher
        self.source, self.postbox, self.clock = ListSource(), Postbox(), Hand()
        self.findings: tuple[Finding, ...] = ()
        self.keeping = ExitStack()
        self.database = database_at(folder / "digest.db")
        self.reopen()

    def close(self) -> None:
        """As the end of a process would."""
        self.keeping.close()

    def reopen(self, database: Database | None = None) -> None:
        """As a new process would; from now on with that database, if one is given."""
        self.close()
        database = self.database = database or self.database
        self.keeping.enter_context(database.kept())
        self.items, self.editions = Items(database), Editions(database)
        self.subscribers, self.ledger = Subscribers(database), Ledger(database)
        self.reviews = Reviews(database)
        self.copy = EditionFolders(self.folder / "editions")
        self.bench = Workbench(
            database=database,
            plans=Plans(self.folder / "plans", self.items, self.editions, load()),
            renderer=PlainRenderer(),
            composer=PlainComposer(),
            copy=self.copy,
            publisher=self.publisher,
            taxonomy=load(),
            public_url=None,
            clock=self.clock,
            gate=lambda _specimen: self.findings,
        )
        self.place = PostboxPlace(
            folder=self.folder,
            sending=self.folder / "sending",
            database=database,
            settings=DELIVERY,
            clock=self.clock,
            zone=UTC,
            postbox=self.postbox,
        )

    def collect(self) -> collecting.Collected:
        (result,) = collecting.collect(
            [self.source], GivenTags(), self.items, self.editions.settled().keys(), self.clock.now().date()
        )
        return result

    def build(self, key: str, newsletter: Newsletter | None = None) -> Built:
        newsletter = newsletter or self.newsletter
        return build(self.bench, newsletter, timetable(newsletter.schedule).from_key(key))

    def approve(self, edition: Edition, *, early: bool = True, accepted: Sequence[Acceptance] = ()) -> Edition:
        code = self.editions.code(edition)
        return approve_whole(self.bench, self.newsletter, edition, "Marta", code=code, early=early, accepted=accepted)

    def send(self, edition: Edition) -> Sent:
        return send(self.place, self.bench, self.newsletter, edition)

    def publish(self, key: str) -> Sent | None:
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

        with self.database.write() as connection:
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
