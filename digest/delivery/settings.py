"""`delivery:` in `digest.yaml`: how the mail leaves."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from digest.delivery.rates import Rates
from digest.foundation.addresses import LONGEST_ADDRESS, LONGEST_LOCAL_PART
from digest.foundation.catalogue import _
from digest.foundation.values import Command, Duration, FilePath, Keys, Line, MailAddress, Names, located
from digest.foundation.words import quoted
from digest.foundation.workspace import (
    BACKUPS,
    DATABASE,
    EDITIONS,
    LOCK,
    MAILBOX_LOCK,
    PLANS,
    SECRET,
    SENDING,
    SETTINGS,
    TEMPLATES,
)


class TransportKind(StrEnum):
    FILES = "files"
    MAILDIR = "maildir"
    SENDMAIL = "sendmail"
    SMTP = "smtp"


MARK_LENGTH = 30  # "+", a public id, "-" and its proof
TAKEN = (SETTINGS, PLANS, TEMPLATES, EDITIONS, SENDING, LOCK, MAILBOX_LOCK, SECRET.parts[0], BACKUPS, "bulletins")
OTHERS = "others"  # in rates: every domain that is not named
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)


def _hello_name(name: str) -> str:
    """RFC 5321 §4.1.4: a full name that others can look up, or an address in brackets."""
    if not re.fullmatch(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+|\[[A-Za-z0-9:.]+\]", name):
        raise ValueError(
            _("must be a full name such as office.example.org, or an address in brackets, not {name}").format(
                name=quoted(name)
            )
        )
    if name.lower().startswith("localhost"):
        raise ValueError(_("must be a name that others know, not localhost"))
    return name


def _domains(rates: dict[str, float]) -> dict[str, float]:
    for name in rates:
        if name != OTHERS and not _DOMAIN.fullmatch(name):
            raise ValueError(
                _("{name} is no domain: write it like example.org, or {others} for all the rest").format(
                    name=quoted(name), others=OTHERS
                )
            )
    return {name.lower(): rate for name, rate in rates.items()}


def _own_folder(path: str) -> str:
    """Mails go into a folder of their own: not over our files, and not where they would be taken for news or plans."""
    whole = os.path.normpath(path)
    first = whole.split("/")[0]
    if whole in (".", "..", "/") or set(whole.split("/")) <= {".."}:
        raise ValueError(_("must be a folder of its own, such as out, not the workspace or one above it"))
    if first in TAKEN or first.startswith(DATABASE):
        raise ValueError(
            _("must be a folder of its own, such as out: {first} holds something else").format(first=quoted(first))
        )
    return path


OwnFolder = Annotated[FilePath, AfterValidator(_own_folder)]
Rate = Annotated[float, Field(gt=0, strict=True)]
WrittenRates = Annotated[dict[str, Rate], AfterValidator(_domains)]


Mechanisms = Annotated[
    list[Literal["plain", "login", "cram-md5", "xoauth2"]],
    BeforeValidator(lambda written: [written] if isinstance(written, str) else written),
]
HelloName = Annotated[str, AfterValidator(_hello_name)]


class InDoubtKeys(Keys):
    model_config = ConfigDict(title="InDoubt")

    crash: Literal["resend", "hold", "assume-sent"] = Field(
        default="resend", description="This program died between the end of a message and the answer to it."
    )
    server: Literal["resend", "hold"] = Field(
        default="resend", description="The server, or the program that takes the mail, fell silent at that moment."
    )
    power: Literal["resend", "hold"] = Field(default="resend", description="The machine went down at that moment.")
    host: Literal["resend", "hold"] = Field(
        default="resend", description="Of several machines: another one was cut off at that moment, or stood still."
    )


class DkimKeys(Keys):
    model_config = ConfigDict(title="Dkim")

    by: Literal["us", "relay"] = Field(
        default="us",
        description="Who signs. relay: the service that carries the mail does, as Amazon SES does, which also writes "
        "Message-ID and Date anew and refuses a second signature: our keys are left unused.",
    )
    selector: Names = Field(
        default=[],
        description="The keys in keys/dkim that sign: s2018, or several: [s2018, s2018ed]. Left out: all of them.",
    )


class DeliveryKeys(Keys):
    model_config = ConfigDict(title="Delivery")

    transport: TransportKind = Field(
        default=TransportKind.FILES,
        description="How mail leaves. files: each message is written into a folder. maildir: into a Maildir. sendmail: "
        "to a program of this machine. smtp: over a mail server.",
    )
    path: OwnFolder = Field(default="out", description="files, maildir: the folder, from the folder of this file.")
    command: Command = Field(
        default=["/usr/sbin/sendmail"],
        description="sendmail: the program, with its first arguments if it needs some; it runs without a shell.",
    )
    host: Line | None = Field(default=None, description="smtp: the server's name, such as smtp.example.org.")
    port: Annotated[StrictInt, Field(ge=1, le=65535)] | None = Field(
        default=None, description="smtp: its port. Left out: 587 for starttls, 465 for tls, 25 for none."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="smtp: starttls (required, never dropped), tls from the first byte, or none on this machine.",
    )
    certificates: FilePath | None = Field(
        default=None, description="smtp: a file with the authorities to trust in place of the system's."
    )
    accept_insecure: StrictBool = Field(
        default=False, description="smtp: true: also speak unencrypted, or without checking the certificate, to others."
    )
    verify: StrictBool = Field(default=True, description="smtp: false: do not check the server's certificate.")
    username: Line | None = Field(default=None, description="smtp: the name to log in with.")
    password_file: FilePath | None = Field(
        default=None, description="smtp: a file with the password, readable by you alone (chmod 600)."
    )
    password_env: Line | None = Field(
        default=None, description="smtp: the environment variable that holds the password."
    )
    token_file: FilePath | None = Field(
        default=None,
        description="smtp: in place of a password, a file with an OAuth2 access token (XOAUTH2), chmod 600; read anew "
        "at every login, so that another program may renew it.",
    )
    token_command: Command | None = Field(
        default=None,
        description="smtp: in place of a password, a program that prints an OAuth2 access token (XOAUTH2); it is run "
        "at every login, without a shell.",
    )
    auth: Mechanisms = Field(
        default=[],
        description="smtp: the ways to log in, in the order in which they are tried: plain, login, cram-md5, xoauth2. "
        "Left out: the first three with a password, xoauth2 with a token.",
    )
    hello_name: HelloName | None = Field(
        default=None,
        description="smtp: the name that we greet the server with. Left out: this machine's full name, or the domain "
        "of the sender if it has none.",
    )
    connections: Annotated[StrictInt, Field(ge=1, le=256)] | None = Field(
        default=None,
        description="All but files: messages under way at a time (smtp: connections). Left out: 1 for up to 1,000 "
        "readers, then 8.",
    )
    messages_per_connection: Annotated[StrictInt, Field(ge=1, le=100_000)] = Field(
        default=50, description="smtp: messages over one connection before it is opened anew."
    )
    rate: Rate | None = Field(
        default=None,
        description="All but files: messages per second at most, of all hosts together. Left out: as fast as they are "
        "taken.",
    )
    rates: WrittenRates = Field(
        default={},
        description="The same for single domains: {example.org: 5, others: 50}. A slow one holds up no other.",
    )
    daily: Annotated[StrictInt, Field(ge=1)] | None = Field(
        default=None,
        description="All but files: messages in 24 hours at most; the rest goes when it may. Left out: no limit.",
    )
    dkim: DkimKeys = Field(default=DkimKeys(), description="Which keys sign the mails.")
    return_path: MailAddress | None = Field(
        default=None,
        description="Where undeliverable mail returns to: bounces@news.example.org becomes bounces+…@ for each reader.",
    )
    not_after: Duration | None = Field(
        default=None, description="How long messages that the server or program puts off are tried. Left out: 3 days."
    )
    in_doubt: InDoubtKeys = Field(
        default=InDoubtKeys(), description="What to do about a message that may have been accepted or not."
    )

    @model_validator(mode="after")
    def agree(self) -> Self:
        returns_to = self.return_path or ""
        if len(returns_to.encode()) > LONGEST_ADDRESS - MARK_LENGTH:
            raise PydanticCustomError(
                "return_path",
                _(
                    "'return_path' is too long: with the mark of each reader ({mark} characters) it has "
                    "more than {most} (RFC 5321); write a shorter domain"
                ),
                {"mark": MARK_LENGTH, "most": LONGEST_ADDRESS},
            )
        if len(returns_to.rpartition("@")[0].encode()) > LONGEST_LOCAL_PART - MARK_LENGTH:
            said = _(
                "'return_path' is too long: with the mark of each reader ({mark} characters) the part before the '@' "
                "has more than 64 (RFC 5321); write at most {most} characters there"
            )
            raise PydanticCustomError(
                "return_path",
                said,
                {"mark": MARK_LENGTH, "most": LONGEST_LOCAL_PART - MARK_LENGTH},
            )
        if self.transport is TransportKind.SMTP and self.host is None:
            raise PydanticCustomError("host", _("needs the server: host: smtp.example.org"))
        secrets = [self.password_file, self.password_env, self.token_file, self.token_command]
        if secrets.count(None) < len(secrets) - 1:
            raise PydanticCustomError(
                "password", _("takes password_file, password_env, token_file or token_command, only one of them")
            )
        if (self.username is None) != (secrets.count(None) == len(secrets)):
            raise PydanticCustomError(
                "username",
                _(
                    "needs username and a password (password_file, password_env, token_file or "
                    "token_command), or neither"
                ),
            )
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServerSettings:
    """As written. The password is never here."""

    host: str
    port: int
    security: str
    verify: bool
    accept_insecure: bool
    certificates: Path | None
    username: str | None
    password_file: Path | None
    password_env: str | None
    token_file: Path | None
    messages_per_connection: int
    token_command: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()
    hello_name: str | None = None
    domain: str | None = None  # of the sender

    @property
    def files(self) -> tuple[Path, ...]:
        """What decides whom we trust, and as whom we log in."""
        return tuple(path for path in (self.certificates, self.password_file, self.token_file) if path is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettings:
    """For every transport. `connections` is `None` when the number of readers decides; `daily` is the most in 24 hours.
    Files are written without waiting: no rate and no quota is for them.
    """

    connections: int | None
    rates: Rates
    daily: int | None
    not_after: timedelta
    in_doubt: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """`smtp` is there for that transport alone. Without `selectors` all DKIM keys sign; none unless `signs`."""

    transport: TransportKind
    path: Path
    sending: SendingSettings
    command: tuple[str, ...] = ()
    return_path: str | None = None
    selectors: tuple[str, ...] = ()
    signs: bool = True
    smtp: SmtpServerSettings | None = None


PORTS = {"starttls": 587, "tls": 465, "none": 25}
PATIENCE = timedelta(days=3)  # for messages that a server puts off


def delivery_settings(workspace: Path, keys: DeliveryKeys, domain: str | None = None) -> DeliverySettings:
    """`domain` is that of the newsletters' sender."""
    return DeliverySettings(
        transport=keys.transport,
        path=workspace / keys.path,
        command=tuple(keys.command),
        return_path=keys.return_path,
        selectors=tuple(keys.dkim.selector),
        signs=keys.dkim.by == "us",
        sending=_sending(keys),
        smtp=_smtp(workspace, keys, domain) if keys.transport is TransportKind.SMTP else None,
    )


def _sending(keys: DeliveryKeys) -> SendingSettings:
    paces = keys.transport is not TransportKind.FILES  # whoever tries things out with files waits for nobody
    rates = Rates(
        overall=keys.rate,
        by_domain={name: rate for name, rate in keys.rates.items() if name != OTHERS},
        other_domains=keys.rates.get(OTHERS),
    )
    return SendingSettings(
        connections=keys.connections,
        rates=rates if paces else Rates(),
        daily=keys.daily if paces else None,
        not_after=keys.not_after or PATIENCE,
        in_doubt=keys.in_doubt.model_dump(),
    )


def _smtp(workspace: Path, keys: DeliveryKeys, domain: str | None) -> SmtpServerSettings:
    return SmtpServerSettings(
        host=keys.host or "",
        port=keys.port or PORTS[keys.security],
        security=keys.security,
        verify=keys.verify,
        accept_insecure=keys.accept_insecure,
        certificates=located(workspace, keys.certificates),
        username=keys.username,
        password_file=located(workspace, keys.password_file),
        password_env=keys.password_env,
        token_file=located(workspace, keys.token_file),
        messages_per_connection=keys.messages_per_connection,
        token_command=tuple(keys.token_command or ()),
        auth=tuple(one.upper() for one in keys.auth),
        hello_name=keys.hello_name,
        domain=domain,
    )
