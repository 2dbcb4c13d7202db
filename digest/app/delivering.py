"""Delivering: what stands behind an edition that leaves message by message: server, ledger, marker, journal, keys."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import ConfigurationError, IntegrityError
from digest.model.edition import Edition, Variant
from digest.model.newsletter import Newsletter
from digest.policy.doubt import Cause, DoubtPolicy, Remedy

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.settings import SmtpWishes
    from digest.pipeline.dispatching import Sign
    from digest.ports import Courier, Dispatch
    from digest.transports.smtp.settings import SmtpSettings

SENDING = "sending"  # the folder of markers and of the journal
JOURNAL = "journal"
KEYS = Path("keys", "dkim")
SMALL, MANY = 1_000, 8  # with one connection at most one message is in doubt after a crash


def smtp_settings(wishes: "SmtpWishes", readers: int) -> "SmtpSettings":
    from digest.transports.smtp.settings import Rates, Security, SmtpSettings

    return SmtpSettings(
        host=wishes.host,
        port=wishes.port,
        security=Security(wishes.security),
        verify=wishes.verify,
        accept_insecure=wishes.accept_insecure,
        certificates=wishes.certificates,
        username=wishes.username,
        secret=None if wishes.username is None else _secret(wishes),
        connections=wishes.connections or (1 if readers <= SMALL else MANY),
        messages_per_connection=wishes.messages_per_connection,
        rates=Rates(overall=wishes.rate),
    )


def courier_for(workspace: "Workspace", readers: int) -> "Courier":
    from digest.transports.smtp.transport import SmtpTransport

    if workspace.settings.delivery.smtp is None:
        raise ConfigurationError("delivery", "it names no server", "write transport: smtp and its host")
    return SmtpTransport(smtp_settings(workspace.settings.delivery.smtp, readers))


@contextmanager
def dispatch_for(workspace: "Workspace", edition: Edition) -> Iterator["Dispatch"]:
    """The ledger of one edition, open for message by message."""
    from digest.store.dispatch import Dispatch, rows_of
    from digest.store.journal import Journal
    from digest.store.marker import Marker

    wishes = workspace.settings.delivery.smtp
    if wishes is None or edition.sending_at is None:
        raise IntegrityError(edition.name, "it does not leave message by message", "please report this")
    folder = workspace.folder / SENDING
    policy = DoubtPolicy(remedies={Cause(cause): Remedy(remedy) for cause, remedy in wishes.in_doubt.items()})
    with (
        workspace.database.writer() as writer,
        Journal(folder / JOURNAL) as journal,
        Marker(folder / f"{edition.number}.marker", rows_of(writer)) as marker,
    ):
        yield Dispatch(writer, journal, marker, edition, policy, edition.sending_at + wishes.not_after)


def return_path(workspace: "Workspace", newsletter: Newsletter) -> Callable[[str], str]:
    """The envelope's sender for a delivery's name: `bounces+NAME@…` where the settings say so, else the newsletter."""
    wished = workspace.settings.delivery.return_path
    if wished is None:
        sender = next(iter(newsletter.sender.values())).address
        return lambda _delivery: sender
    local, _, domain = wished.rpartition("@")
    return lambda delivery: f"{local}+{delivery}@{domain}"


@contextmanager
def signing(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, variants: Sequence[Variant]
) -> Iterator["Sign | None"]:
    """Signs with all keys of `keys/dkim`, on all cores; nothing without keys."""
    folder = workspace.folder / KEYS
    if edition.sending_at is None or not any(folder.glob("*.pem")):
        yield None
        return
    from digest.transports.dkim.key_files import read_keys
    from digest.transports.dkim.pool import SigningPool
    from digest.transports.dkim.signature import Signer

    domain = next(iter(newsletter.sender.values())).address.rpartition("@")[2]
    signer = Signer(domain, read_keys(folder))
    prepared = {each.name: signer.prepare(each.rendered.message, edition.sending_at) for each in variants}
    with SigningPool() as pool:

        def sign(variant: str, message: bytes) -> Future[Sequence[bytes]]:
            signature = prepared[variant].sign

            def pieces(whole: bytes) -> Sequence[bytes]:
                return (signature(whole), whole)

            return pool.run(pieces, message)

        yield sign


def _secret(wishes: "SmtpWishes") -> Callable[[], str]:
    def from_environment() -> str:
        password = os.environ.get(wishes.password_env or "")
        if not password:
            raise ConfigurationError(
                f"the environment variable {wishes.password_env}", "it is not set", "set it to the password"
            )
        return password

    def from_file() -> str:
        path = wishes.password_file or Path()
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(str(path), "other users may read the password", f"run: chmod 600 {path}")
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(str(path), error.strerror or str(error), "write the password into it") from error

    return from_environment if wishes.password_env else from_file
