"""The keys under `delivery:`: how the mail leaves."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from digest.config.section import Keys
from digest.config.settings import TransportKind
from digest.config.written_values import Duration, FilePath, Line, MailAddress, only_for_now

PORTS = {"starttls": 587, "tls": 465, "none": 25}


class InDoubtKeys(Keys):
    model_config = ConfigDict(title="InDoubt")

    crash: Literal["resend", "hold", "assume-sent"] = Field(
        default="resend", description="This program died between the end of a message and the answer to it."
    )
    server: Literal["resend", "hold"] = Field(
        default="resend", description="The server fell silent, or closed the connection, at that moment."
    )
    power: Literal["resend", "hold"] = Field(default="resend", description="The machine went down at that moment.")


class DeliveryKeys(Keys):
    model_config = ConfigDict(title="Delivery")

    transport: Annotated[TransportKind, only_for_now(TransportKind, "maildir", "sendmail")] = Field(
        default=TransportKind.FILES,
        description="How mail leaves. files: each message is written into a folder. smtp: over a mail server.",
    )
    path: FilePath = Field(default="out", description="files: the folder, from the folder of this file.")
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
    connections: Annotated[StrictInt, Field(ge=1, le=256)] | None = Field(
        default=None, description="smtp: connections at a time. Left out: 1 for up to 1,000 readers, then 8."
    )
    messages_per_connection: Annotated[StrictInt, Field(ge=1, le=100_000)] = Field(
        default=50, description="smtp: messages over one connection before it is opened anew."
    )
    rate: Annotated[StrictInt, Field(ge=1)] | None = Field(
        default=None, description="smtp: messages per second at most. Left out: as fast as the server takes them."
    )
    return_path: MailAddress | None = Field(
        default=None,
        description="Where undeliverable mail returns to: bounces@news.example.org becomes bounces+…@ for each reader.",
    )
    not_after: Duration | None = Field(
        default=None, description="smtp: how long messages that the server puts off are tried. Left out: 3 days."
    )
    in_doubt: InDoubtKeys = Field(
        default=InDoubtKeys(), description="What to do about a message that may have been accepted or not."
    )

    @model_validator(mode="after")
    def agree(self) -> Self:
        if self.transport is TransportKind.SMTP and self.host is None:
            raise PydanticCustomError("host", "needs the server: host: smtp.example.org")
        if self.password_file is not None and self.password_env is not None:
            raise PydanticCustomError("password", "takes password_file or password_env, not both")
        if (self.username is None) != (self.password_file is None and self.password_env is None):
            raise PydanticCustomError(
                "username", "needs username and a password (password_file or password_env), or neither"
            )
        return self
