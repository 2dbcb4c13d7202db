"""Mail to be signed: real messages of a variant, and keys that are made once for all tests."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.delivery.dkim.keys import SigningKey, signing_key
from digest.foundation.addresses import NamedAddress
from digest.foundation.problems import Place
from digest.intake.item import Item, Text
from digest.mail.composing import MessageComposer
from digest.mail.content import Shown, VariantContent
from digest.mail.message import Recipient
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Audience, Localised, Newsletter, Publisher, SectionsBy
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule

DOMAIN = "news.example.org"
AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
PUBLIC_URL = "https://bulletin.example.org"
ZONE = ZoneInfo("America/Costa_Rica")


def pem_of(bits: int | None) -> bytes:
    """RSA, or Ed25519 without a number."""
    private = Ed25519PrivateKey.generate() if bits is None else generate_private_key(65537, bits)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def key_called(selector: str, bits: int | None = 2048) -> SigningKey:
    return signing_key(selector, pem_of(bits), selector)


@cache
def newsletter(*, reply_to: str | None = "comms@example.org") -> Newsletter:
    return Newsletter(
        name="monthly",
        title=Localised(everywhere="Boletín de migración"),
        sender={"es": NamedAddress(name="Boletín de Migración", address=f"bulletin@{DOMAIN}")},
        reply_to=reply_to,
        schedule=Schedule(kind=PeriodKind.MONTH, zone=ZONE),
        audiences=(Audience(name="regional", title=Localised(everywhere="Región"), everything=True),),
        languages=("es",),
        approval=Approval.NONE,
        template="bulletin",
        sections=SectionsBy.COUNTRY,
        late_for=2,
        starts_on=None,
        max_variants=500,
    )


@cache
def variant(public_url: str | None = PUBLIC_URL) -> bytes:
    """With slot marks."""
    item = Item(
        id="item",
        source="newsroom",
        place=Place("bulletins/july.txt", 1),
        published_on=date(2018, 7, 30),
        language="es",
        text=Text(title="Reunión  sobre  migración", paragraphs=("Ayer\tse  reunieron  en la capital. ", "Fin.")),
    )
    content = VariantContent(
        publisher=Publisher(
            name=Localised(everywhere="Programa Mesoamérica"),
            address="Apartado Postal 100, San José",
            website=PUBLIC_URL,
            timezone=ZONE,
        ),
        newsletter=newsletter(),
        period=Period.from_key(PeriodKind.MONTH, "2018-07"),
        revision=1,
        language="es",
        lead=Shown(story_id="story", late=False, item=item),
        sections=(),
    )
    return (
        TemplateRenderer(None, lambda _kind, value, _language: value, has_public_url=bool(public_url))
        .render(content)
        .message
    )


def messages(count: int, public_url: str | None = PUBLIC_URL, name: Callable[[int], str | None] = str) -> list[bytes]:
    """As they leave, to readers whose names `name` makes up."""
    composer = MessageComposer(b"k" * 32, [newsletter()], public_url=public_url)
    edition = Edition(
        newsletter="monthly", period=Period.from_key(PeriodKind.MONTH, "2018-07"), state=EditionState.SENDING
    )
    people = [
        Recipient(row=n, subscriber=f"{n:016x}", address=f"reader{n}@example.org", name=name(n), variant="regional.es")
        for n in range(count)
    ]
    composed = composer.compose(replace(edition, sending_at=AT), variant(public_url), people)
    return [envelope.message for envelope in composed]


def tags_of(field: bytes) -> dict[str, str]:
    """The tags of a DKIM-Signature, without white space."""
    value = "".join(field.decode("ascii").partition(":")[2].split())
    return dict(tag.split("=", 1) for tag in value.split(";") if tag)


def body_hash(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def field_names(message: bytes) -> Iterable[str]:
    """Of the fields that stand before the body, from the top."""
    head = message.partition(b"\r\n\r\n")[0]
    return [line.partition(b":")[0].decode("ascii") for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
