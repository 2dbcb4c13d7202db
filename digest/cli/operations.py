"""`digest doctor`: looks at all that sending depends on, and says what is well, what is not, and how to mend it."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from digest.cli import HELP
from digest.cli.invocation import Invocation, by_name_option, json_option, pass_session
from digest.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from digest.delivery.adoption import Adopted
    from digest.delivery.dkim.keys import SigningKey
    from digest.operations.archive import Manifest
    from digest.operations.doctor.diagnosis import Diagnosis, Group


COLOURS = {"fail": "red", "warn": "yellow", "ok": "green", "skip": "cyan"}
WIDTH = 4  # of a level
INDENT = 2
NARROWEST = 40  # of the texts
PORT = 53


def _resolver(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, int] | None:
    from ipaddress import ip_address

    if value is None:
        return None
    found = re.fullmatch(r"(?:\[(.+)\]|([0-9.]+))(?::([0-9]{1,5}))?|([0-9A-Fa-f:.]+)", value.strip())
    if found is not None:
        address, port = found[1] or found[2] or found[4], int(found[3] or PORT)
        with suppress(ValueError):
            ip_address(address)
            if 0 < port < 65536:  # noqa: PLR2004 – ports have 16 bits
                return address, port
    raise click.BadParameter("write it as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353")


@click.command()
@click.option("--offline", is_flag=True, help="Ask nobody: look only at this machine.")
@click.option(
    "--resolver",
    metavar="ADDRESS[:PORT]",
    callback=_resolver,
    help="Ask this DNS resolver in place of the machine's own.",
)
@json_option
@pass_session
def doctor(session: Invocation, resolver: tuple[str, int] | None, *, offline: bool, as_json: bool) -> int:
    """Look at all that sending depends on: settings, keys, database, disk, clock, the relay, and the DNS of your
    domains (SPF, DKIM, DMARC).

    It changes nothing and sends no mail. What could not be found out is a warning. If anything fails, the exit code
    is 78. With `digest -q doctor` only trouble is shown.
    """
    from digest.operations.doctor.diagnosis import DoctorOptions
    from digest.operations.doctor.doctor import diagnose, is_failing

    groups = diagnose(session.instance, DoctorOptions(offline=offline, resolver=resolver))
    if as_json:
        import json

        click.echo(json.dumps(_data(groups), ensure_ascii=False, indent=2))
    else:
        for line in _lines(groups, quiet=session.quiet):
            click.echo(line, color=False if "NO_COLOR" in os.environ else None)
        session.say(_summary(groups))
    return ConfigurationError.exit_code if is_failing(groups) else 0


def _lines(groups: "Sequence[Group]", *, quiet: bool) -> Iterator[str]:
    most = get_terminal_size().columns
    first = True
    for group in groups:
        shown = [each for each in group.diagnoses if not quiet or each.level in ("fail", "warn")]
        if not shown:
            continue
        if not first:
            yield ""
        first = False
        yield click.style(group.title, bold=True)
        for each in shown:
            yield from _told(each, most)


def _told(each: "Diagnosis", most: int) -> Iterator[str]:
    """Words are never cut: somebody may want to copy a path or a record."""
    from digest.desk.columns import seen, wrapped
    from digest.foundation.words import harmless

    margin = " " * (INDENT + WIDTH + 2)
    width = max(NARROWEST, most - len(margin))
    level = click.style(each.level, fg=COLOURS[each.level]) + " " * (len(margin) - INDENT - len(each.level))
    start = " " * INDENT + level
    for text in (f"{each.what}: {each.said}", f"→ {each.fix}" if each.fix else ""):
        for line in harmless(text).splitlines():
            for part in [line] if seen(line) <= width else wrapped(line, width, cut=False):
                yield f"{start}{part}"
                start = margin


def _summary(groups: "Sequence[Group]") -> str:
    counts = {level: sum(each.level == level for group in groups for each in group.diagnoses) for level in COLOURS}
    words = {"fail": "failed", "warn": "to look at", "ok": "well", "skip": "not looked at"}
    return "\n" + ", ".join(f"{count} {words[level]}" for level, count in counts.items() if count) + "."


def _data(groups: "Sequence[Group]") -> dict[str, object]:
    return {
        "failed": sum(each.level == "fail" for group in groups for each in group.diagnoses),
        "warnings": sum(each.level == "warn" for group in groups for each in group.diagnoses),
        "groups": [
            {
                "title": group.title,
                "diagnoses": [
                    {"level": each.level.value, "what": each.what, "said": each.said, "fix": each.fix or None}
                    for each in group.diagnoses
                ],
            }
            for group in groups
        ],
    }


# -- `digest adopt`: let a restored or copied workspace send.


@click.command()
@by_name_option
@click.option("--because", metavar="REASON", help="Why; it is kept.")
@click.option("--moved", is_flag=True, help="The folder was moved: nothing has left from the old place since.")
@click.option("--without-journal", is_flag=True, help="The send journal is lost: hold all that may have left.")
@click.option("--release", metavar="EDITION", help="Say of monthly/2018-07 that it has not gone out, so that it may.")
@pass_session
def adopt(
    session: Invocation, by: str, because: str | None, release: str | None, *, moved: bool, without_journal: bool
) -> int:
    """Let this workspace send, after a backup was restored or the folder was copied, and say what was found.

    Make sure first that no other copy of it sends. What the send journal (sending/journal) says has left is marked as
    sent, and nobody gets it twice. What may have left is held until you decide with `digest deliveries`.
    """
    from digest.errors import PersonNeededError, UsageError

    if release is not None:
        if moved or without_journal:
            raise click.UsageError("--release goes alone")
        return _release(session, release, by, because)
    if moved and without_journal:
        raise UsageError("--moved", "a folder that was moved has its journal", "say one of the two")
    from digest.delivery.adoption import adopt as take_over

    adopted = take_over(session.instance.place, by, because, moved=moved, without_journal=without_journal)
    if adopted is None:
        click.echo("This workspace may send already.")
        return 0
    for line in _found(adopted):
        click.echo(line)
    is_open = bool(adopted.learnt.held.total() or adopted.uncertain)
    return PersonNeededError.exit_code if is_open else 0


def _found(adopted: "Adopted") -> Iterator[str]:
    learnt = adopted.learnt
    for edition, count in sorted((+learnt.sent).items()):
        yield f"{edition}: {count} messages had left that this copy did not know of: marked as sent."
    for edition, count in sorted((+learnt.failed).items()):
        yield f"{edition}: {count} messages had been refused for good: marked as failed."
    for edition, count in sorted((+learnt.elsewhere).items()):
        yield (
            f"{edition}: {count} messages have left, but this copy has no list of its readers. When you send it from "
            "here, whoever got it gets nothing."
        )
    if learnt.left:
        yield f"{learnt.left} readers had left: they get nothing more."
    for edition, count in sorted((+learnt.held).items()):
        yield f"{edition}: {count} messages may have left or not, and are held: digest deliveries {edition} --held"
    for edition in adopted.uncertain:
        yield f"{edition}: it may have gone out; if it did not: digest adopt --release {edition} --by NAME"
    if not (learnt.sent.total() or learnt.failed.total() or learnt.held.total() or learnt.elsewhere.total()):
        yield "No mail had left that this copy did not know of."
    yield "This workspace sends from now on."


def _release(session: Invocation, words: str, by: str, because: str | None) -> int:
    from digest.cli.invocation import split_edition
    from digest.delivery.adoption import release
    from digest.editions import naming

    instance = session.instance
    newsletter, period = split_edition(words, None, None)
    edition = naming.edition_meant(
        instance.items, instance.editions, instance.settings.newsletter(newsletter), period or ""
    )
    release(instance.place, edition, by, because)
    click.echo(f"{edition.name} has not gone out, says {by}: it may be sent.")
    return 0


# -- `digest backup`: all that is needed to go on somewhere else, in one file.

path_type = click.Path(path_type=Path)
MEGABYTE = 1_000_000


@click.command()
@click.argument("target", required=False, type=path_type, metavar="[FILE|FOLDER]")
@click.option("--check", type=path_type, metavar="FILE", help="Make none: say whether that backup is whole and sound.")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Then remove all but the N newest in its folder.")
@click.option("--without-sources", is_flag=True, help="Leave out the bulletins, should they be large.")
@pass_session
def backup(
    session: Invocation, target: Path | None, check: Path | None, keep: int | None, *, without_sources: bool
) -> int:
    """Write the database, the keys, the settings, the readers, plans, templates and bulletins into one file.

    Without FILE it goes into the folder `backups` of the workspace. It can be made at any time, also while mails are
    leaving. It holds your keys and your readers' addresses: keep it where only you can read it.
    """
    if check is not None:
        return _check(session, check, [target, keep, without_sources or None])
    from digest.errors import PartlyFailedError
    from digest.operations.backup import back_up

    made = back_up(session.instance, target, keep, with_sources=not without_sources)
    click.echo(str(made.path))
    session.say(_said(made.manifest))
    for sentence in made.manifest.left_out:
        session.say(f"Not in it – {sentence}")
    for path in made.removed:
        session.say(f"Removed: {path}")
    return PartlyFailedError.exit_code if made.is_partial else 0


def _check(session: Invocation, archive: Path, others: list[object]) -> int:
    if any(other is not None for other in others):
        raise click.UsageError("--check goes alone")
    from digest.operations.archive import check_backup

    manifest = check_backup(archive)
    click.echo(f"{archive}: whole and sound.")
    session.say(_said(manifest))
    return 0


def _said(manifest: "Manifest") -> str:
    return (
        f"Made at {manifest.made_at:%Y-%m-%d %H:%M} UTC by {manifest.program}: {len(manifest.members)} files, "
        f"{manifest.size / MEGABYTE:.1f} MB, every one checked."
    )


# -- `digest dkim`: the keys that sign the mails, and the DNS records by which everybody can check them.

KEYS = Path("keys", "dkim")


def _dns_name(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    from digest.delivery.dkim.keys import checked_name

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
def keygen(session: Invocation, *, selector: str | None, bits: str, ed25519: bool, domain: str | None) -> int:
    """Make a key and print the record to be put into DNS. A key that is there is never replaced."""
    from digest.delivery.dkim.keys import make_key

    domains = _domains(session, domain)
    chosen = selector or f"s{session.instance.today:%Y%m}"
    key = make_key(_folder(session), chosen, None if ed25519 else int(bits))
    _print_records([key], domains)
    session.say(_next_steps(_folder(session) / f"{key.selector}.pem"))
    return 0


@dkim.command()
@click.argument("selector", required=False)
@domain_option
@pass_session
def show(session: Invocation, *, selector: str | None, domain: str | None) -> int:
    """Print the records of all keys again, or of one."""
    from digest.delivery.dkim.keys import read_keys

    keys = read_keys(_folder(session))
    if not keys:
        raise UsageError(str(_folder(session)), "there is no DKIM key", "make one with: digest dkim keygen")
    found = [key for key in keys if selector in (None, key.selector)]
    if not found:
        raise UsageError(str(selector), "there is no such key", f"name one of: {', '.join(k.selector for k in keys)}")
    _print_records(found, _domains(session, domain))
    return 0


def _print_records(keys: "Sequence[SigningKey]", domains: Sequence[str]) -> None:
    from digest.delivery.dkim.keys import record_of

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


def _domains(session: Invocation, domain: str | None) -> list[str]:
    from digest.delivery.dkim.keys import checked_name

    if domain is not None:
        return [domain]
    newsletters = session.instance.settings.newsletters
    senders = [sender for newsletter in newsletters for sender in newsletter.sender.values()]
    return sorted({checked_name(sender.address.rpartition("@")[2], "the domain") for sender in senders})


def _folder(session: Invocation) -> Path:
    return session.instance.folder / KEYS


# -- `digest restore`: put back what a backup holds.


@click.command()
@click.argument("archive", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--replace", is_flag=True, help="Replace what is there; it is kept in a folder beside it.")
@pass_session
def restore(session: Invocation, archive: Path, *, replace: bool) -> int:
    """Put what a backup holds into the workspace named with -C, or into an empty folder.

    First all of FILE is checked. Nothing is sent from there until you say so with `digest adopt`; looking works at
    once. The send journal (sending/journal) is left as it is: it knows what has left since the backup was made.
    """
    from digest.foundation.workspace import SystemClock
    from digest.operations.restoring import restore as put_back

    folder = Path(session.folder)
    restored = put_back(archive, folder, SystemClock().now(), replace=replace)
    manifest = restored.manifest
    here = "" if session.folder == "." else f" -C {session.folder}"
    click.echo(f"Restored {len(manifest.members)} files, as they were at {manifest.made_at:%Y-%m-%d %H:%M} UTC.")
    if restored.kept is not None:
        session.say(f"What stood here before is kept in {restored.kept}")
    for sentence in manifest.left_out:
        session.say(f"Not in the backup – {sentence}")
    session.say(
        f"Nothing is sent from here yet. Make sure that no other copy sends, then: digest{here} adopt --by NAME"
    )
    return 0
