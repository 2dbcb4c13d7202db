"""Where the database is, as `digest.yaml` says it: nothing for a file in the workspace, else a server of PostgreSQL.

The file is read by many and copied often: it never holds the password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.foundation.secrets import secret_from
from digest.foundation.values import FilePath, Keys, Line, located, one_line
from digest.foundation.words import quoted

_SHAPE = "postgresql://user@host/name"
_SAYABLE = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding")


def server_address(text: str) -> str:
    """`postgresql://user@host:port/name?sslmode=…`, as libpq reads it, without a password."""
    text = one_line(text)
    if not text.startswith("postgresql://"):
        raise ValueError(
            _("must be the address of a database, such as {address}; left out, it is digest.db here").format(
                address=_SHAPE
            )
        )
    parts = urlsplit(text)
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    if ":" in parts.netloc.rpartition("@")[0] or any("password" in word or word == "passfile" for word in words):
        raise ValueError(
            _(
                "must not hold the password: others read this file. Take it out, and change it; tell it by "
                "password_file or password_env beside url, by PGPASSWORD, or in ~/.pgpass"
            )
        )
    if not parts.path.strip("/") or "/" in parts.path[1:]:
        raise ValueError(_("must end with the name of a database, such as {address}").format(address=_SHAPE))
    if "," in parts.netloc:
        raise ValueError(_("must name one server"))
    for word in words:
        if word not in _SAYABLE:
            raise ValueError(
                _("must not say {word}; what may stand behind the '?' is {words}").format(
                    word=quoted(word), words=", ".join(_SAYABLE)
                )
            )
    if not words.get("host", "/").startswith("/"):
        raise ValueError(_("must name a server before the name of the database; host= is for the folder of a socket"))
    try:
        _port = parts.port
    except ValueError:
        raise ValueError(_("must have a port from 1 to 65535")) from None
    return text


class DatabaseKeys(Keys):
    model_config = ConfigDict(title="Database")

    url: Annotated[str, AfterValidator(server_address)] = Field(
        description="Where it is: postgresql://user@host/name, of PostgreSQL 15 or later. Another machine must show a "
        "certificate that the system trusts, or that ?sslrootcert=FILE does."
    )
    password_file: FilePath | None = Field(
        default=None, description="A file with the password, readable by you alone (chmod 600)."
    )
    password_env: Line | None = Field(
        default=None,
        description="The environment variable that holds the password. Without either, PGPASSWORD and ~/.pgpass count.",
    )

    @model_validator(mode="after")
    def agree(self) -> Self:
        if self.password_file is not None and self.password_env is not None:
            raise PydanticCustomError("password", _("takes password_file or password_env, only one of them"))
        return self


def _as_keys(written: Any) -> Any:
    return {"url": written} if isinstance(written, str) else written


DatabaseOrAddress = Annotated[DatabaseKeys, BeforeValidator(_as_keys, json_schema_input_type=str | DatabaseKeys)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Of a server. `password` tells it when it is needed; nothing: libpq knows it, or needs none."""

    url: str
    password_file: Path | None = None
    password_env: str | None = None

    @property
    def password(self) -> Callable[[], str] | None:
        if self.password_file is None and self.password_env is None:
            return None
        return secret_from(self.password_file, self.password_env)


def named_server(thing: str, url: str, password_file: Path | None, password_env: str | None) -> DatabaseSettings:
    """As a command names one. Raise `UsageError` for what could not stand in the settings, either."""
    try:
        url = server_address(url)
    except ValueError as error:
        raise UsageError(thing, str(error), _("write it like {example}").format(example=_SHAPE)) from None
    if password_file is not None and password_env is not None:
        said = _("the password is in a file or in the environment, not in both")
        raise UsageError(thing, said, _("say one of the two"))
    file = None if password_file is None else password_file.resolve()
    return DatabaseSettings(url=url, password_file=file, password_env=password_env)


def database_settings(workspace: Path, keys: DatabaseKeys) -> DatabaseSettings:
    return DatabaseSettings(
        url=keys.url, password_file=located(workspace, keys.password_file), password_env=keys.password_env
    )
