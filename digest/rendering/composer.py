"""Fills a variant's slots for one person: the bytes that leave. What can be done once is done before."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from email.utils import format_datetime

from digest.errors import ConfigurationError, IntegrityError, UnsafeError
from digest.foundation.names import stem
from digest.model.delivery import Envelope, Recipient
from digest.model.edition import Edition
from digest.model.newsletter import Newsletter
from digest.model.slot import EDGE, Slot
from digest.rendering.forms import Filling, Form, Own, form_of, refuse_unknown
from digest.rendering.greeting import greeting_of, is_greeting
from digest.rendering.headers import is_address, mailbox
from digest.rendering.links import Links, links_of, public_root
from digest.rendering.proof import Prover
from digest.rendering.quoting import SOFT_BREAK, quoted
from digest.rendering.tokens import Secret

SAMPLE = Recipient(row=0, subscriber="sample", address="sample@example.org", name=None, variant="")

_SUBSCRIBER = re.compile(r"[A-Za-z0-9_-]{1,48}")
_TO_TAKEN = len("To: ")
_MESSAGE_ID_MOST = 64
_FORMS_MOST = 500  # as many as an edition may have variants
_PROOF = 12  # hex characters in a delivery's name
_IDENTITY_LEAST, _IDENTITY_MOST = 16, 32  # hex characters in a Message-ID; the last 8 go into file names


class MessageComposer:
    """The `digest.ports.Composer`.

    `secret` is the workspace's own; tokens and Message-IDs stay the same as long as it does. `public_url` is where
    leaving and preferences live; without it people leave by mail. The messages must come from a renderer that was
    told the same.
    """

    def __init__(self, secret: bytes, newsletters: Iterable[Newsletter], *, public_url: str | None) -> None:
        self._secret = Secret(secret)
        self._newsletters = {each.name: each for each in newsletters}
        self._forms: dict[tuple[str, datetime, bytes], Form] = {}
        self._root = None if public_url is None else public_root(public_url)

    def compose(self, edition: Edition, message: bytes, recipients: Iterable[Recipient]) -> Iterator[Envelope]:
        """Raise `IntegrityError` for an edition whose sending has not begun, `UnsafeError` for an address or an id that
        cannot be written.
        """
        return self._compose(edition, message, recipients, _sending_at(edition))

    def prover(self, edition: Edition, message: bytes) -> Prover:
        at = _sending_at(edition)
        prover = Prover(message, at)
        for envelope in self._compose(edition, message, (SAMPLE,), at):
            prover.require(SAMPLE, envelope.pieces)
        return prover

    def sample(self, edition: Edition, message: bytes) -> Envelope:
        """The message as an invented reader would get it: the same bytes whatever state the edition is in."""
        at = datetime.combine(edition.period.end, time(), UTC)
        return next(self._compose(edition, message, (SAMPLE,), at))

    def sample_body(self, edition: Edition, body: str) -> str:
        """A rendered `html` or `text` as the invented reader would see it."""
        token = self._secret.tokens(edition.newsletter)(SAMPLE.subscriber)
        pages = {slot.value: page + token for slot, page in self._links(edition).pages.items()}
        pieces = body.split(EDGE)
        pages |= {name: greeting_of(name)(SAMPLE.name) for name in pieces[1::2] if is_greeting(name)}
        refuse_unknown(pieces[1::2], pages)
        pieces[1::2] = [pages[name] for name in pieces[1::2]]
        return "".join(pieces)

    def _compose(
        self, edition: Edition, message: bytes, recipients: Iterable[Recipient], at: datetime
    ) -> Iterator[Envelope]:
        form = self._form(edition, message, at)
        identity_of, token_of = self._secret.identities(edition), self._secret.tokens(edition.newsletter)
        length = self._identity_length(edition)
        name = edition.name
        for person in recipients:
            if not (_SUBSCRIBER.fullmatch(person.subscriber) and is_address(person.address)):
                raise UnsafeError(
                    f"subscriber {person.subscriber!r}",
                    "the id or the address cannot stand in a message",
                    "correct it in the subscriber file and import it again",
                )
            identity = identity_of(person.subscriber)
            yield Envelope(
                edition=name,
                recipient=person.address,
                stem=f"{stem(person.address)}-{identity[-8:]}",
                delivery=f"{person.subscriber}-{identity[:_PROOF]}",
                pieces=form.filled(
                    mailbox(person.name or "", person.address, _TO_TAKEN).encode("ascii"),
                    identity[:length].encode("ascii"),
                    token_of(person.subscriber).encode("ascii"),
                    person.name,
                ),
            )

    def _form(self, edition: Edition, message: bytes, at: datetime) -> Form:
        """Made once, so that what the messages of a variant share is the same object in all of them."""
        key = (edition.name, at, message)
        if key not in self._forms:
            while len(self._forms) >= _FORMS_MOST:
                del self._forms[next(iter(self._forms))]
            self._forms[key] = form_of(message, self._fillings(edition, at))
        return self._forms[key]

    def _fillings(self, edition: Edition, at: datetime) -> dict[Slot, Filling]:
        links = self._links(edition)
        fillings: dict[Slot, Filling] = {
            Slot.TO: (Own.TO,),
            Slot.DATE: (format_datetime(at.astimezone(UTC)).encode("ascii"),),
            Slot.MESSAGE_ID: (b"<", Own.IDENTITY, f"@{self._domain(edition)}>".encode("ascii")),
            Slot.LIST_UNSUBSCRIBE: _list_unsubscribe(links),
        }
        for slot, page in links.pages.items():
            fillings[slot] = (quoted(page) + SOFT_BREAK, Own.TOKEN)
        return fillings

    def _links(self, edition: Edition) -> Links:
        newsletter = self._newsletter(edition)
        return links_of(self._root, newsletter.reply_to or _first_address(newsletter), edition.key)

    def _domain(self, edition: Edition) -> str:
        return _first_address(self._newsletter(edition)).rpartition("@")[2]

    def _newsletter(self, edition: Edition) -> Newsletter:
        found = self._newsletters.get(edition.newsletter)
        if found is None:
            raise ConfigurationError(
                f"edition {edition.name}", "its newsletter is not in the settings any more", "put it back"
            )
        return found

    def _identity_length(self, edition: Edition) -> int:
        room = _MESSAGE_ID_MOST - len(f"<@{self._domain(edition)}>")
        return max(_IDENTITY_LEAST, min(_IDENTITY_MOST, room))


def _sending_at(edition: Edition) -> datetime:
    if edition.sending_at is None:
        raise IntegrityError(f"edition {edition.name}", "its sending has not begun", "use digest send")
    return edition.sending_at


def _first_address(newsletter: Newsletter) -> str:
    return next(iter(newsletter.sender.values())).address


def _list_unsubscribe(links: Links) -> Filling:
    """RFC 2369, the page first. Folded between the URIs only: inside one, or encoded, no provider would read it."""
    by_mail: Filling = (f"<{links.mail}".encode("ascii"), Own.TOKEN, b">")
    if links.one_click is None:
        return by_mail
    return (f"<{links.one_click}".encode("ascii"), Own.TOKEN, b">,\r\n ", *by_mail)
