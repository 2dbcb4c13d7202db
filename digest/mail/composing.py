"""Fills a variant's slots for one person: the bytes that leave. What can be done once is done before."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from enum import Enum
from functools import lru_cache
from typing import Protocol, Self
from urllib.parse import quote

from digest.errors import ConfigurationError, IntegrityError, UnsafeError
from digest.foundation.catalogue import _
from digest.foundation.names import stem
from digest.mail.content import EDGE, Slot
from digest.mail.greeting import Greeting, greeting_of, is_greeting
from digest.mail.message import SOFT_BREAK, Envelope, Recipient, is_address, mailbox, quoted, sender_domain
from digest.mail.proof import Prover
from digest.mail.tokens import Secret, identity_length
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

SAMPLE = Recipient(row=0, subscriber="sample", address="sample@example.org", name=None, variant="")
_SUBSCRIBER = re.compile(r"[A-Za-z0-9_-]{1,40}")  # its token still fits on a line
_TO_TAKEN = len("To: ")
_FORMS_MOST = 500  # as many as an edition may have variants
_PROOF = 12  # hex characters in a delivery's name
_REMEMBERED = 10_000  # names; the common ones come back
# Nothing in it means anything in HTML, in quoted-printable or in a header.
_PUBLIC_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~-]+)*")


class Composer(Protocol):
    """Fills a variant's slots for one person: the bytes that leave."""

    def compose(self, edition: Edition, message: bytes, recipients: Iterable[Recipient]) -> Iterator[Envelope]:
        """One envelope per recipient, in their order, from `Rendered.message`; `edition.sending_at` must be set.

        Raise `UnsafeError` for a recipient whose message cannot be written; there is none for those after them.
        """
        ...

    def prover(self, edition: Edition, message: bytes) -> Prover:
        """For the envelopes that `compose` makes of this message."""
        ...

    def as_recorded(self, newsletter: Newsletter, public_url: str | None) -> Self:
        """The same with the sender and the links that an edition was approved with, whatever the settings say now."""
        ...

    def sample(self, edition: Edition, message: bytes) -> Envelope:
        """The message as an invented reader would get it: the same bytes whatever state the edition is in."""
        ...

    def sample_body(self, edition: Edition, body: str) -> str:
        """`Rendered.html` or `Rendered.text` as the invented reader would see it."""
        ...


# -- Links to the pages where people leave, choose and read. A token is always their end.


@dataclass(frozen=True, slots=True)
class Links:
    """Each value is a URL up to the token. `mail` asks to leave by mail; `pages` are the slots of the bodies."""

    mail: str
    pages: dict[Slot, str]

    @property
    def one_click(self) -> str | None:
        """The page of RFC 8058, if there is one."""
        page = self.pages[Slot.LEAVE]
        return None if page == self.mail else page


def links_of(root: str | None, mailbox: str, edition_key: str) -> Links:
    """`root` is a `public_root`, `mailbox` gets the mails of those who leave."""
    mail = f"mailto:{quote(mailbox, safe='@+')}?subject=unsubscribe-"
    if root is None:
        return Links(mail, {Slot.LEAVE: mail})
    pages = {
        Slot.LEAVE: f"{root}/leave/",
        Slot.PREFERENCES: f"{root}/preferences/",
        Slot.WEB_VIEW: f"{root}/view/{edition_key}/",
    }
    return Links(mail, pages)


def public_root(public_url: str) -> str:
    """The public URL without its last slash. Raise `ConfigurationError` for what is not plain https."""
    root = public_url.rstrip("/")
    if not _PUBLIC_URL.fullmatch(root):
        raise ConfigurationError(
            f"public_url {public_url!r}",
            _("it is no plain https address"),
            _("write it like https://bulletin.example.org"),
        )
    return root


# -- Forms: the fixed bytes of a message, joined once, and the places where something of one person's own comes.


class OwnSlot(Enum):
    """What one person's message has of its own."""

    TO = 0
    IDENTITY = 1  # for the Message-ID
    LEAVE = 2  # the ends of links
    CHOOSE = 3
    VIEW = 4
    DATE = 5


class Salutation:
    """A greeting as it stands in a body: encoded, and remembered by name."""

    def __init__(self, greet: Greeting) -> None:
        @lru_cache(maxsize=_REMEMBERED)
        def encoded(name: str | None) -> bytes:
            return quoted(greet(name))

        self.encoded = encoded


_ENDS = {Slot.LEAVE: OwnSlot.LEAVE, Slot.PREFERENCES: OwnSlot.CHOOSE, Slot.WEB_VIEW: OwnSlot.VIEW}
Filling = tuple[bytes | OwnSlot | Salutation, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """`pieces` has an empty place wherever `places` says so, in the order of `OwnSlot`, and for each salutation."""

    pieces: tuple[bytes, ...]
    places: tuple[tuple[int, ...], ...]
    salutations: tuple[tuple[int, Salutation], ...] = ()

    def filled(self, own: Sequence[bytes], name: str | None = None) -> tuple[bytes, ...]:
        """`own` are the values of the `OwnSlot`s, in their order."""
        pieces = list(self.pieces)
        for value, places in zip(own, self.places, strict=True):
            for place in places:
                pieces[place] = value
        for place, salutation in self.salutations:
            pieces[place] = salutation.encoded(name)
        return tuple(pieces)


def form_of(message: bytes, fillings: Mapping[Slot, Filling]) -> Form:
    """Split the message at its slot marks, each to be filled as `fillings` says. Raise `IntegrityError` for a mark
    that nothing is known to fill.
    """
    by_name: dict[str, Filling] = {slot.value: filling for slot, filling in fillings.items()}
    split = message.split(EDGE.encode())
    names = [name.decode("ascii", "replace") for name in split[1::2]]
    by_name |= {name: (Salutation(greeting_of(name)),) for name in names if is_greeting(name)}
    refuse_unknown(names, by_name)
    fixed = [[split[0]]]
    owned: list[OwnSlot | Salutation] = []
    for name, after in zip(names, split[2::2], strict=True):
        for part in (*by_name[name], after):
            if isinstance(part, OwnSlot | Salutation):
                owned.append(part)
                fixed.append([])
            else:
                fixed[-1].append(part)
    pieces = [b""] * (2 * len(owned) + 1)
    pieces[::2] = [b"".join(each) for each in fixed]
    places = tuple(tuple(2 * number + 1 for number, own in enumerate(owned) if own is kind) for kind in OwnSlot)
    salutations = tuple((2 * number + 1, own) for number, own in enumerate(owned) if isinstance(own, Salutation))
    return Form(tuple(pieces), places, salutations)


def refuse_unknown(names: Iterable[str], known: Container[str]) -> None:
    """Raise `IntegrityError` for a slot that nothing is known to fill."""
    for name in names:
        if name not in known:
            raise IntegrityError(
                _("the slot {name!r} of a message").format(name=name),
                _("nothing is known to fill it"),
                _("build the edition again"),
            )


def as_everybody_sees(body: str, pages: Mapping[Slot, str]) -> str:
    """A rendered `html` in which nothing is one person's; `pages` are where its links lead."""
    filled = {slot.value: page for slot, page in pages.items()}
    pieces = body.split(EDGE)
    filled |= {name: greeting_of(name)(None) for name in pieces[1::2] if is_greeting(name)}
    refuse_unknown(pieces[1::2], filled)
    pieces[1::2] = [filled[name] for name in pieces[1::2]]
    return "".join(pieces)


# -- The composer.


class MessageComposer:
    """`secret` is the workspace's own; tokens and Message-IDs stay the same as long as it does. `public_url` is where
    leaving and preferences live; without it people leave by mail. The messages must come from a renderer that was
    told the same.
    """

    def __init__(self, secret: bytes, newsletters: Iterable[Newsletter], *, public_url: str | None) -> None:
        self._given, self._secret = secret, Secret(secret)
        self._newsletters = {each.name: each for each in newsletters}
        self._forms: dict[tuple[str, bytes], Form] = {}
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

    def as_recorded(self, newsletter: Newsletter, public_url: str | None) -> Self:
        newsletters = {**self._newsletters, newsletter.name: newsletter}
        return type(self)(self._given, newsletters.values(), public_url=public_url)

    def sample(self, edition: Edition, message: bytes) -> Envelope:
        """The message as an invented reader would get it: the same bytes whatever state the edition is in."""
        at = datetime.combine(edition.period.end, time(), UTC)
        return next(self._compose(edition, message, (SAMPLE,), at))

    def sample_body(self, edition: Edition, body: str) -> str:
        """A rendered `html` or `text` as the invented reader would see it."""
        token = self._secret.former_token(edition.newsletter, SAMPLE.subscriber)
        pages = {slot.value: page + token for slot, page in self._links(edition).pages.items()}
        pieces = body.split(EDGE)
        pages |= {name: greeting_of(name)(SAMPLE.name) for name in pieces[1::2] if is_greeting(name)}
        refuse_unknown(pieces[1::2], pages)
        pieces[1::2] = [pages[name] for name in pieces[1::2]]
        return "".join(pieces)

    def _compose(
        self, edition: Edition, message: bytes, recipients: Iterable[Recipient], at: datetime
    ) -> Iterator[Envelope]:
        form = self._form(edition, message)
        identity_of, ends_of = self._secret.identities(edition), self._link_ends(edition)
        length = identity_length(self._domain(edition))
        name = edition.name
        for person in recipients:
            if not (_SUBSCRIBER.fullmatch(person.subscriber) and is_address(person.address)):
                raise UnsafeError(
                    _("subscriber {id!r}").format(id=person.subscriber),
                    _("the id or the address cannot stand in a message"),
                    _("correct it in the subscriber file and import it again"),
                )
            identity = identity_of(person.subscriber)
            yield Envelope(
                edition=name,
                recipient=person.address,
                stem=f"{stem(person.address)}-{identity[-8:]}",
                delivery=f"{person.subscriber}-{identity[:_PROOF]}",
                pieces=form.filled(
                    (
                        mailbox(person.name or "", person.address, _TO_TAKEN).encode("ascii"),
                        identity[:length].encode("ascii"),
                        *ends_of(person),
                        _date(person.dated_at or at),
                    ),
                    person.name,
                ),
            )

    def _link_ends(self, edition: Edition) -> Callable[[Recipient], tuple[bytes, bytes, bytes]]:
        """The tokens of the three links. Those of the sample are what they were in copies of editions that are approved
        and not sent yet; they are nobody's.
        """
        links = self._secret.links(edition.newsletter)
        sample = self._secret.former_token(edition.newsletter, SAMPLE.subscriber).encode("ascii")
        views: dict[str, bytes] = {}

        def ends(person: Recipient) -> tuple[bytes, bytes, bytes]:
            if person is SAMPLE:
                return sample, sample, sample
            leave, choose = links(person.subscriber)
            view = views.get(person.variant)
            if view is None:
                view = views[person.variant] = self._secret.view(edition, person.variant).encode("ascii")
            return leave.encode("ascii"), choose.encode("ascii"), view

        return ends

    def _form(self, edition: Edition, message: bytes) -> Form:
        """Made once, so that what the messages of a variant share is the same object in all of them."""
        key = (edition.name, message)
        if key not in self._forms:
            while len(self._forms) >= _FORMS_MOST:
                del self._forms[next(iter(self._forms))]
            self._forms[key] = form_of(message, self._fillings(edition))
        return self._forms[key]

    def _fillings(self, edition: Edition) -> dict[Slot, Filling]:
        links = self._links(edition)
        fillings: dict[Slot, Filling] = {
            Slot.TO: (OwnSlot.TO,),
            Slot.DATE: (OwnSlot.DATE,),
            Slot.MESSAGE_ID: (b"<", OwnSlot.IDENTITY, f"@{self._domain(edition)}>".encode("ascii")),
            Slot.LIST_UNSUBSCRIBE: _list_unsubscribe(links),
        }
        for slot, page in links.pages.items():
            fillings[slot] = (quoted(page) + SOFT_BREAK, _ENDS[slot])
        return fillings

    def _links(self, edition: Edition) -> Links:
        newsletter = self._newsletter(edition)
        answers_to = newsletter.reply_to or next(iter(newsletter.sender.values())).address
        return links_of(self._root, answers_to, edition.key)

    def _domain(self, edition: Edition) -> str:
        return sender_domain(self._newsletter(edition))

    def _newsletter(self, edition: Edition) -> Newsletter:
        found = self._newsletters.get(edition.newsletter)
        if found is None:
            raise ConfigurationError(
                _("edition {name}").format(name=edition.name),
                _("its newsletter is not in the settings any more"),
                _("put it back"),
            )
        return found


@lru_cache(maxsize=16)
def _date(at: datetime) -> bytes:
    return format_datetime(at.astimezone(UTC)).encode("ascii")


def _sending_at(edition: Edition) -> datetime:
    if edition.sending_at is None:
        raise IntegrityError(
            _("edition {name}").format(name=edition.name), _("its sending has not begun"), _("use digest send")
        )
    return edition.sending_at


def _list_unsubscribe(links: Links) -> Filling:
    """RFC 2369, the page first. Folded between the URIs only: inside one, or encoded, no provider would read it."""
    by_mail: Filling = (f"<{links.mail}".encode("ascii"), OwnSlot.LEAVE, b">")
    if links.one_click is None:
        return by_mail
    return (f"<{links.one_click}".encode("ascii"), OwnSlot.LEAVE, b">,\r\n ", *by_mail)
