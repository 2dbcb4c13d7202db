"""`digest dkim`: the keys that sign the mails, and the DNS records by which everybody can check them."""

from collections.abc import Sequence
from pathlib import Path

import click

from digest.cli import HELP
from digest.cli.invocation import Invocation, pass_invocation
from digest.delivery.dkim.keys import SigningKey, checked_name, make_key, read_keys, record_of
from digest.errors import ConfigurationError, UsageError
from digest.foundation.catalogue import _

KEYS = Path("keys", "dkim")


def _dns_name(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
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
@pass_invocation
def keygen(invocation: Invocation, *, selector: str | None, bits: str, ed25519: bool, domain: str | None) -> int:
    """Make a key and print the record to be put into DNS. A key that is there is never replaced."""
    domains = _domains(invocation, domain)
    chosen = selector or f"s{invocation.instance.today:%Y%m}"
    key = make_key(_folder(invocation), chosen, None if ed25519 else int(bits))
    _print_records([key], domains)
    invocation.say(_next_steps(_folder(invocation) / f"{key.selector}.pem"))
    return 0


@dkim.command()
@click.argument("selector", required=False)
@domain_option
@pass_invocation
def show(invocation: Invocation, *, selector: str | None, domain: str | None) -> int:
    """Print the records of all keys again, or of one."""
    keys = read_keys(_folder(invocation))
    if not keys:
        raise UsageError(str(_folder(invocation)), _("there is no DKIM key"), _("make one with: digest dkim keygen"))
    found = [key for key in keys if selector in (None, key.selector)]
    if not found:
        names = ", ".join(key.selector for key in keys)
        raise UsageError(str(selector), _("there is no such key"), _("name one of: {keys}").format(keys=names))
    _print_records(found, _domains(invocation, domain))
    return 0


def _print_records(keys: Sequence[SigningKey], domains: Sequence[str]) -> None:
    for record in [record_of(key, domain) for domain in domains for key in keys]:
        click.echo(_("In a zone file:") + f"\n{record.line}\n")
        form = _("In a web form:\n  Name   {name}\n  Type   TXT\n  Value  {value}")
        click.echo(form.format(name=record.name, value=record.value) + "\n")


def _next_steps(path: Path) -> str:
    return _(
        "The key is in {path}. Keep it secret, and keep it in your backups.\n"
        "Next:\n"
        "  1. Put the record above into DNS, or give it to whoever looks after your domain.\n"
        "  2. Some minutes later look whether it is there: digest doctor\n"
        "  3. From then on the mails can be signed with it. Leave an older key's record for a week after its last mail."
    ).format(path=path)


def _domains(invocation: Invocation, domain: str | None) -> list[str]:
    if domain is not None:
        return [domain]
    newsletters = invocation.instance.settings.newsletters
    senders = [sender for newsletter in newsletters for sender in newsletter.sender.values()]
    return sorted({checked_name(sender.address.rpartition("@")[2], _("the domain")) for sender in senders})


def _folder(invocation: Invocation) -> Path:
    return invocation.instance.folder / KEYS
