"""`digest dkim`: the keys that sign the mails, and the DNS records by which everybody can check them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.groups import HELP
from digest.cli.session import Session, pass_session
from digest.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from digest.transports.dkim.keys import SigningKey

KEYS = Path("keys", "dkim")


def _dns_name(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    from digest.transports.dkim.keys import checked_name

    try:
        return None if value is None else checked_name(value, f"--{option.name}")
    except ConfigurationError as error:
        raise UsageError(error.thing, error.cause, error.remedy) from None


domain_option = click.option(
    "--domain",
    metavar="NAME",
    callback=_dns_name,
    help="The domain the mails come from (default: those of your newsletters).",
)


@click.group(context_settings=HELP)
def dkim() -> None:
    """Make the keys that sign the mails, and show the DNS records that belong to them."""


@dkim.command()
@click.option(
    "--selector",
    metavar="NAME",
    callback=_dns_name,
    help="What the key is called in DNS (default: s and the month, s202611).",
)
@click.option("--bits", type=click.Choice(["2048", "3072", "4096"]), default="2048", show_default=True)
@click.option("--ed25519", is_flag=True, help="A short modern key, only beside an RSA key: many cannot check it yet.")
@domain_option
@pass_session
def keygen(session: Session, *, selector: str | None, bits: str, ed25519: bool, domain: str | None) -> int:
    """Make a key and print the record to be put into DNS. A key that is there is never replaced."""
    from digest.transports.dkim.key_files import make_key

    domains = _domains(session, domain)
    chosen = selector or f"s{session.workspace.today:%Y%m}"
    key = make_key(_folder(session), chosen, None if ed25519 else int(bits))
    _print_records([key], domains)
    session.say(_next_steps(_folder(session) / f"{key.selector}.pem"))
    return 0


@dkim.command()
@click.argument("selector", required=False)
@domain_option
@pass_session
def show(session: Session, *, selector: str | None, domain: str | None) -> int:
    """Print the records of all keys again, or of one."""
    from digest.transports.dkim.key_files import read_keys

    keys = read_keys(_folder(session))
    if not keys:
        raise UsageError(str(_folder(session)), "there is no DKIM key", "make one with: digest dkim keygen")
    found = [key for key in keys if selector in (None, key.selector)]
    if not found:
        raise UsageError(str(selector), "there is no such key", f"name one of: {', '.join(k.selector for k in keys)}")
    _print_records(found, _domains(session, domain))
    return 0


def _print_records(keys: "Sequence[SigningKey]", domains: Sequence[str]) -> None:
    from digest.transports.dkim.keys import record_of

    for record in [record_of(key, domain) for domain in domains for key in keys]:
        click.echo(f"In a zone file:\n{record.line}\n")
        click.echo(f"In a web form:\n  Name   {record.name}\n  Type   TXT\n  Value  {record.value}\n")


def _next_steps(path: Path) -> str:
    return (
        f"The key is in {path}. Keep it secret, and keep it in your backups.\n"
        "Next:\n"
        "  1. Put the record above into DNS, or give it to whoever looks after your domain.\n"
        "  2. Some minutes later look whether it is there: digest doctor\n"
        "  3. From then on the mails can be signed with it. Leave an older key's record for a week after its last mail."
    )


def _domains(session: Session, domain: str | None) -> list[str]:
    from digest.transports.dkim.keys import checked_name

    if domain is not None:
        return [domain]
    newsletters = session.workspace.settings.newsletters
    senders = [sender for newsletter in newsletters for sender in newsletter.sender.values()]
    return sorted({checked_name(sender.address.rpartition("@")[2], "the domain") for sender in senders})


def _folder(session: Session) -> Path:
    return session.workspace.folder / KEYS
