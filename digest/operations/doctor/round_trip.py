"""The round trip: a mail of each sender goes the way of the real ones to a mailbox that we read, and what arrives is
compared with what was sent. Services sign, and write Message-ID, Date, encoding or links anew; DNS alone tells none of
it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import format_datetime
from functools import partial
from secrets import token_hex

import dkim

from digest.delivery.dkim.keys import SigningKey, record_of
from digest.errors import BusyError, ConfigurationError
from digest.foundation.catalogue import _
from digest.inbound.processing import opened_mailbox
from digest.inbound.settings import MailboxSettings
from digest.mail.message import (
    Envelope,
    HeaderField,
    address_field,
    alternatives,
    head_of,
    mailbox_field,
    text_field,
)
from digest.newsletters.newsletter import Newsletter
from digest.operations.doctor.diagnosis import Diagnosis, fail, ok, shortened, warn
from digest.operations.doctor.dns import Lookup
from digest.settings.instance import Instance
from digest.settings.settings import Settings

PATIENCE_SECONDS = 90.0  # for a mail to arrive
PAUSE_SECONDS = 2.0
LOOKED_THROUGH = 50  # of the newest messages: ours is among them
_HEAD_BYTES = 1 << 16
_NAMES = ("Message-ID", "Date", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post")
_TEXT = (
    "This mail was sent by `digest doctor --send-test`: it is nobody's news. Año, niñez, Petén – “quotation marks”, "
    "and a line that is long enough to be folded in every encoding there is, or so one may hope of it.\n\n"
    "https://www.example.org/a/link?with=a&query={token}\n"
)

TextOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """`keys` are those that have signed it for `domain`, none where signing is left to the relay."""

    message: bytes
    token: str
    sender: str  # the From's address
    returns_to: str
    domain: str
    keys: Sequence[SigningKey] = ()


def round_trips(
    instance: Instance,
    settings: Settings,
    address: str,
    resolver: tuple[str, int] | None,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[Diagnosis]:
    """One for each domain that mails come from; without an address to the return path. Raise `ConfigurationError` where
    no mailbox can be read.
    """
    mailbox, lookup = settings.mailbox, Lookup(resolver, seconds=2 * patience)
    address = address or settings.delivery.return_path or ""
    if not address:
        raise ConfigurationError(
            "--send-test",
            _("nobody knows the address of the mailbox: there is no return_path"),
            _("name it: digest doctor --send-test ADDRESS"),
        )
    if mailbox is None or not mailbox.has_place:
        raise ConfigurationError(
            "mailbox",
            _("digest.yaml names no mailbox in which the mail could be looked for"),
            _("write where mail comes back: mailbox: {maildir: …} or {imap: …}"),
        )
    senders = {next(iter(one.sender.values())).address.rpartition("@")[2]: one for one in settings.newsletters}
    for newsletter in senders.values():
        before = set(_keys(mailbox))
        posted = post(instance, newsletter, address)
        began = time.monotonic()
        got = _awaited(mailbox, before, posted.token, began + patience)
        if got is None:
            said = _("the mail server took a mail to {address}, and it was not in the mailbox after {seconds:.0f} s")
            fix = _("name an address whose mail goes into `mailbox:`; or look into its spam folder, and ask again")
            yield fail(_("Round trip"), said.format(address=address, seconds=patience), fix)
            continue
        said = _("a mail from {sender} arrived after {seconds:.0f} s")
        yield ok(_("Round trip"), said.format(sender=posted.sender, seconds=time.monotonic() - began))
        yield from arrived(posted, got, partial(_record, lookup))


def post(instance: Instance, newsletter: Newsletter, address: str) -> Posted:
    """Made, signed and sent as the real ones are; it stands in no ledger."""
    place, now, token = instance.place, instance.clock.now(), token_hex(8)
    sender = next(iter(newsletter.sender.values()))
    domain = sender.address.rpartition("@")[2]
    message = _message(newsletter, address, token, now)
    signer = place.signer(newsletter)
    if signer is not None:
        message = signer.sign(message, now) + message
    returns_to = place.return_path(newsletter)(f"test-{token}")
    place.post(Envelope(edition="test", recipient=address, stem=token, pieces=(message,)), sender=returns_to)
    keys = () if signer is None else signer.keys
    return Posted(message=message, token=token, sender=sender.address, returns_to=returns_to, domain=domain, keys=keys)


def _message(newsletter: Newsletter, address: str, token: str, now: datetime) -> bytes:
    sender = next(iter(newsletter.sender.values()))
    boundary = f"=_{token}"
    fields = [
        mailbox_field("From", sender),
        address_field("To", address),
        text_field("Subject", f"[TEST] {token} – niñez"),
        HeaderField("Date", format_datetime(now)),
        HeaderField("Message-ID", f"<{token}@{sender.address.rpartition('@')[2]}>"),
        HeaderField("List-Unsubscribe", f"<mailto:{sender.address}?subject={token}>"),
        HeaderField("Precedence", "bulk"),
        HeaderField("MIME-Version", "1.0"),
        HeaderField("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    text = _TEXT.format(token=token)
    paragraphs = "".join(f"<p>{line.replace('&', '&amp;')}</p>\n" for line in text.splitlines() if line)
    return head_of(fields) + b"\r\n\r\n" + alternatives(text, f"<html><body>\n{paragraphs}</body></html>\n", boundary)


def _keys(mailbox: MailboxSettings) -> Sequence[str]:
    with opened_mailbox(mailbox, dry=True) as box:
        return box.keys()


def _awaited(mailbox: MailboxSettings, before: set[str], token: str, until: float) -> bytes | None:
    """What has come since, and says the token. A mailbox that is busy for a moment is asked again."""
    while True:
        with suppress(BusyError), opened_mailbox(mailbox, dry=True) as box:
            for key in [one for one in box.keys() if one not in before][-LOOKED_THROUGH:]:  # noqa: SIM118 – no dict
                if token.encode() in (box.fetch(key, _HEAD_BYTES) or b""):
                    return box.fetch(key)
        if time.monotonic() >= until:
            return None
        time.sleep(PAUSE_SECONDS)


def _record(lookup: Lookup, name: str) -> str | None:
    return next(iter(lookup.texts(name).values), None)


# -- What has become of it.


def arrived(posted: Posted, got: bytes, record: TextOf) -> Iterator[Diagnosis]:
    """`record` asks DNS for a TXT record; of our own keys it is not asked: whether DNS has those is told elsewhere."""
    got = got.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # a Maildir has lines of its machine
    sent, now = (BytesHeaderParser(policy=compat32).parsebytes(raw) for raw in (posted.message, got))
    altered = [*_altered_fields(sent, now), *_altered_bodies(posted.message, got)]
    yield from _signatures(posted, got, now, record, altered=bool(altered))
    yield from altered
    if not altered:
        yield ok(_("Unaltered"), _("Message-ID, Date, subject, encoding and text are what was sent"))
    yield _returning(posted, now)
    if seen := now.get_all("Authentication-Results"):
        said = _("the receiving server says: {seen}").format(seen=shortened(" ".join(str(seen[0]).split())))
        yield ok(_("Received as"), said)


def _signatures(posted: Posted, got: bytes, now: Message, record: TextOf, *, altered: bool) -> Iterator[Diagnosis]:
    own = {one.name: one.value for one in (record_of(key, posted.domain) for key in posted.keys)}
    good, ours = set[str](), 0
    for number, field in enumerate(now.get_all("DKIM-Signature", [])):
        tags = _tags(str(field))
        domain, name = tags.get("d", ""), f"{tags.get('s', '')}._domainkey.{tags.get('d', '')}"
        is_good = _verifies(got, number, own | {name: own.get(name) or record(name) or ""})
        ours += name in own
        if is_good:
            good.add(domain)
            whose = _("ours") if name in own else _("of the service")
            said = _("the one of {domain} ({selector}, {whose}) is valid on what arrived")
            yield ok("DKIM", said.format(domain=domain, selector=tags.get("s"), whose=whose))
        elif name in own:
            said = _("ours ({selector}) is not valid any more: the mail was altered on its way").format(
                selector=tags.get("s")
            )
            yield fail("DKIM", said, _BY_RELAY() if altered else _("ask the operator of the relay what it changes"))
        else:
            said = _("the one of {domain} ({selector}) is not valid on what arrived, or its record cannot be found")
            yield warn("DKIM", said.format(domain=domain, selector=tags.get("s")), _("ask the service about it"))
    if posted.keys and not ours:
        yield fail("DKIM", _("our signature was taken off on the way"), _BY_RELAY())
    if not any(_is_aligned(domain, posted.sender) for domain in good):
        said = _("no valid signature is of {domain}, the domain of the From: DMARC rests on SPF alone, if at all")
        fix = _("sign with `digest dkim keygen`, or have the service sign for your domain and publish its records")
        yield warn("DMARC", said.format(domain=posted.sender.rpartition("@")[2]), fix)


def _BY_RELAY() -> str:  # noqa: N802 – a sentence in the language of the moment
    return _("leave signing to the relay: write dkim: {by: relay} under delivery, and publish the records it names")


def _tags(field: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in field.split(";"))
    return {name.strip(): "".join(value.split()) for name, _equals, value in pairs}


def _verifies(message: bytes, number: int, records: Mapping[str, str]) -> bool:
    """As dkimpy judges it, which we have not written."""

    def txt(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 – dkimpy gives it
        return records.get(name.decode("ascii", "replace").removesuffix("."), "").encode()

    try:
        return bool(dkim.DKIM(message).verify(idx=number, dnsfunc=txt))
    except (dkim.DKIMException, ValueError, IndexError, KeyError):
        return False


def _is_aligned(domain: str, sender: str) -> bool:
    """Relaxed, as far as can be told without a list of public suffixes (RFC 7489 §3.1.1)."""
    own = sender.rpartition("@")[2].lower()
    domain = domain.lower()
    return "." in domain and (own == domain or own.endswith(f".{domain}") or domain.endswith(f".{own}"))


def _altered_fields(sent: Message, now: Message) -> Iterator[Diagnosis]:
    fixes = {
        "Message-ID": _("returned mail is told by its return path: set return_path; a signature that covers it breaks"),
        "Date": _("readers see the hour of the service; it does no harm"),
        "List-Unsubscribe": _("Gmail and Yahoo ask for it: switch the service's own unsubscribing off"),
        "List-Unsubscribe-Post": _("Gmail and Yahoo ask for it: switch the service's own unsubscribing off"),
        "Subject": _("ask the service to leave it alone"),
    }
    for name in _NAMES:
        before, after = (_plain(message[name]) for message in (sent, now))
        if before == after:
            continue
        said = _("{field} was written anew: {after}") if after else _("{field} was taken out")
        yield warn(_("Altered"), said.format(field=name, after=shortened(after)), fixes[name])
    if _plain(sent["From"]) != _plain(now["From"]):
        said = _("the From was written anew: {after}").format(after=shortened(_plain(now["From"])))
        yield fail(_("Altered"), said, _("have the service confirm your sender's address; readers see another one"))


def _altered_bodies(sent: bytes, got: bytes) -> Iterator[Diagnosis]:
    before, after = _leaves(sent), _leaves(got)
    if [one.get_content_type() for one in before] != [one.get_content_type() for one in after]:
        said = _("the parts of the mail are others now: {parts}")
        parts = ", ".join(one.get_content_type() for one in after)
        yield warn(_("Altered"), said.format(parts=shortened(parts)), _("switch footers and scanners of the relay off"))
        return
    for old, new in zip(before, after, strict=True):
        kind, ways = old.get_content_type(), [str(one["Content-Transfer-Encoding"]).lower() for one in (old, new)]
        if _decoded(old) != _decoded(new):
            said = _("the text of {kind} is not what was sent: links were written anew, or something was added")
            fix = _("switch the tracking of clicks and opens, and footers, of the service off")
            yield warn(_("Altered"), said.format(kind=kind), fix)
        elif ways[0] != ways[1]:
            said = _("the encoding of {kind} was {before} and is {after} now; the text is the same")
            fix = _("a signature made before that breaks: let the relay sign, or announce no 8BITMIME on the way")
            yield warn(_("Altered"), said.format(kind=kind, before=ways[0], after=ways[1]), fix)


def _leaves(raw: bytes) -> list[Message]:
    return [one for one in BytesParser(policy=compat32).parsebytes(raw).walk() if not one.is_multipart()]


def _decoded(part: Message) -> bytes:
    """Lines of the same text, whoever ends them how."""
    whole = part.get_payload(decode=True)
    return b"\n".join(whole.splitlines()).rstrip(b"\n") if isinstance(whole, bytes) else b""


def _plain(value: object) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _returning(posted: Posted, now: Message) -> Diagnosis:
    what, path = _("Returned mail"), _plain(now["Return-Path"]).strip("<>")
    if not path:
        return ok(what, _("the mailbox does not say to whom it would return (no Return-Path)"))
    if path.lower() == posted.returns_to.lower():
        return ok(what, _("it returns to {path}, as asked for").format(path=path))
    said = _("it returns to {path}, not to {ours}: the service takes it").format(path=path, ours=posted.returns_to)
    return warn(
        what, said, _("have the service forward returned mail into `mailbox:`, or name it a return path of yours")
    )
