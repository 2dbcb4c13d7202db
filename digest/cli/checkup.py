"""`digest doctor`: looks at all that sending depends on, and says what is well, what is not, and how to mend it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_address
from shutil import get_terminal_size

import click

from digest.cli.invocation import Invocation, echo_json, json_option, pass_invocation
from digest.desk.columns import seen, wrapped
from digest.errors import ConfigurationError
from digest.foundation import neighbours
from digest.foundation.catalogue import _
from digest.foundation.words import harmless
from digest.mail.message import is_address
from digest.operations.doctor.diagnosis import Diagnosis, DoctorOptions, Group
from digest.operations.doctor.doctor import diagnose, is_failing

COLOURS = {"fail": "red", "warn": "yellow", "ok": "green", "skip": "cyan"}
WIDTH = 4  # of a level
INDENT = 2
NARROWEST = 40  # of the texts
PORT = 53


def _resolver(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    found = re.fullmatch(r"(?:\[(.+)\]|([0-9.]+))(?::([0-9]{1,5}))?|([0-9A-Fa-f:.]+)", value.strip())
    if found is not None:
        address, port = found[1] or found[2] or found[4], int(found[3] or PORT)
        with suppress(ValueError):
            ip_address(address)
            if 0 < port < 65536:  # noqa: PLR2004 – ports have 16 bits
                return address, port
    raise click.BadParameter(_("write it as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353"))


@click.command()
@click.option("--offline", is_flag=True, help="Ask nobody: look only at this machine.")
@click.option(
    "--resolver",
    metavar="ADDRESS[:PORT]",
    callback=_resolver,
    help="Ask this DNS resolver in place of the machine's own.",
)
@click.option(
    "--send-test",
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Send a mail to this address, whose mailbox the settings name, and look at what arrives.",
)
@click.option("--share-with", metavar="GROUP", help="Let this group write here: an office's shared folder.")
@json_option
@pass_invocation
def doctor(
    invocation: Invocation,
    resolver: tuple[str, int] | None,
    send_test: str | None,
    share_with: str | None,
    *,
    offline: bool,
    as_json: bool,
) -> int:
    """Look at all that sending depends on: settings, keys, database, disk, clock, the relay, and the DNS of your
    domains (SPF, DKIM, DMARC).

    It changes nothing but the note of --share-with, and sends no mail without --send-test: then one goes to ADDRESS
    (left out: the return path) as the real ones do, is looked for in the mailbox of the settings, and what arrived is
    compared with what was sent: signatures, Message-ID, Date, encoding, links, and where it returns to. What could not
    be found out is a warning. If anything fails, the exit code is 78. With `digest -q doctor` only trouble is shown.
    """
    if send_test is not None and offline:
        raise click.UsageError(_("--offline asks nobody: leave it out, or --send-test"))
    if send_test and not is_address(send_test):
        raise click.BadParameter(_("write an address: me@example.org"), param_hint="--send-test")
    if share_with is not None:
        neighbours.share_with(invocation.instance.folder, share_with)
        said = _("Noted in {path}: members of {group} may change settings, plans and templates here.")
        invocation.say(said.format(path=neighbours.SHARED_WITH, group=share_with))
    groups = diagnose(invocation.instance, DoctorOptions(offline=offline, resolver=resolver, send_test=send_test))
    if as_json:
        echo_json(_data(groups))
    else:
        for line in _lines(groups, quiet=invocation.quiet):
            click.echo(line)
        invocation.say(_summary(groups))
    return ConfigurationError.exit_code if is_failing(groups) else 0


def _lines(groups: Sequence[Group], *, quiet: bool) -> Iterator[str]:
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


def _told(each: Diagnosis, most: int) -> Iterator[str]:
    """Words are never cut: somebody may want to copy a path or a record."""
    margin = " " * (INDENT + WIDTH + 2)
    width = max(NARROWEST, most - len(margin))
    level = click.style(each.level, fg=COLOURS[each.level]) + " " * (len(margin) - INDENT - len(each.level))
    start = " " * INDENT + level
    for text in (f"{each.what}: {each.said}", f"→ {each.fix}" if each.fix else ""):
        for line in harmless(text).splitlines():
            for part in [line] if seen(line) <= width else wrapped(line, width, cut=False):
                yield f"{start}{part}"
                start = margin


def _summary(groups: Sequence[Group]) -> str:
    counts = {level: sum(each.level == level for group in groups for each in group.diagnoses) for level in COLOURS}
    words = {
        "fail": _("{count} failed"),
        "warn": _("{count} to look at"),
        "ok": _("{count} well"),
        "skip": _("{count} not looked at"),
    }
    return "\n" + ", ".join(words[level].format(count=count) for level, count in counts.items() if count) + "."


def _data(groups: Sequence[Group]) -> dict[str, object]:
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
