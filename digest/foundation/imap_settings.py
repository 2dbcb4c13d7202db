"""How a mailbox on a server is named in a file that people write, and what is made of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from digest.foundation.catalogue import _
from digest.foundation.secrets import printed_by, secret_from
from digest.foundation.values import Command, FilePath, Keys, Line, located

if TYPE_CHECKING:
    from digest.foundation.imap import ImapAccount

_PORTS = {"tls": 993, "starttls": 143, "none": 143}


class ImapKeys(Keys):
    model_config = ConfigDict(title="Imap")

    host: Line = Field(description="The server's name, such as imap.example.org.")
    port: Annotated[StrictInt, Field(ge=1, le=65535)] | None = Field(
        default=None, description="Its port. Left out: 993 for tls, 143 for the others."
    )
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="tls from the first byte, starttls (required), or none on this machine."
    )
    certificates: FilePath | None = Field(
        default=None, description="A file with the authorities to trust in place of the system's."
    )
    username: Line = Field(description="The name to log in with.")
    password_file: FilePath | None = Field(
        default=None, description="A file with the password, readable by you alone (chmod 600)."
    )
    password_env: Line | None = Field(default=None, description="The environment variable that holds the password.")
    token_file: FilePath | None = Field(
        default=None, description="In place of a password, a file with an OAuth2 access token (XOAUTH2), chmod 600."
    )
    token_command: Command | None = Field(
        default=None, description="In place of a password, a program that prints an OAuth2 access token."
    )
    folder: Line = Field(default="INBOX", description="The folder that is read.")

    @model_validator(mode="after")
    def agree(self) -> Self:
        given = [self.password_file, self.password_env, self.token_file, self.token_command]
        if given.count(None) != len(given) - 1:
            raise PydanticCustomError(
                "password",
                _(
                    "needs a password: password_file or password_env, one of them; or a token: token_file "
                    "or token_command"
                ),
            )
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServerSettings:
    """As written. The password is never here."""

    host: str
    port: int
    security: str
    certificates: Path | None
    username: str
    password_file: Path | None
    password_env: str | None
    folder: str
    token_file: Path | None = None
    token_command: tuple[str, ...] = ()


def imap_server(workspace: Path, keys: ImapKeys) -> ImapServerSettings:
    return ImapServerSettings(
        host=keys.host,
        port=keys.port or _PORTS[keys.security],
        security=keys.security,
        certificates=located(workspace, keys.certificates),
        username=keys.username,
        password_file=located(workspace, keys.password_file),
        password_env=keys.password_env,
        folder=keys.folder,
        token_file=located(workspace, keys.token_file),
        token_command=tuple(keys.token_command or ()),
    )


def imap_account(imap: ImapServerSettings, then: str) -> "ImapAccount":
    from digest.foundation.imap import ImapAccount  # 15 ms: most mailboxes are folders

    return ImapAccount(
        host=imap.host,
        port=imap.port,
        security=imap.security,
        username=imap.username,
        secret=printed_by(imap.token_command)
        if imap.token_command
        else secret_from(imap.token_file or imap.password_file, imap.password_env),
        uses_token=imap.token_file is not None or bool(imap.token_command),
        certificates=imap.certificates,
        folder=imap.folder,
        then=then,
    )
