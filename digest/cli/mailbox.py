"""`digest mailbox`: read what came back by mail, and say what each message is."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext

import click

from digest.cli.ending import told_to_stop
from digest.cli.invocation import Invocation, echo_json, json_option, pass_invocation
from digest.errors import BusyError, DigestError, NothingUsableError, PartlyFailedError, worst
from digest.foundation.catalogue import _
from digest.foundation.words import without_domains
from digest.inbound.inbound import InboundOutcome, IncomingMail
from digest.inbound.judging import Judged
from digest.inbound.processing import PIPED_MOST, Read, outcomes, read_configured, read_piped, summary
from digest.mail.wording import edition_in_full
from digest.settings.sandbox import sandbox_of

PIPE = "-"


@click.command()
@click.argument("source", required=False, type=click.Choice([PIPE]), metavar="[-]")
@click.option("--dry-run", is_flag=True, help="Say what each message is and would do; write nothing, touch nothing.")
@json_option
@pass_invocation
def mailbox(invocation: Invocation, source: str | None, *, dry_run: bool, as_json: bool) -> int:
    """Read the mail that came back: bounces, complaints, people who want out.

    Reads the mailbox that digest.yaml names; with "-" one message from standard input, as mail servers hand it to a
    program. What is not for it stays where it is. Reading twice changes nothing.
    """
    if source == PIPE:
        try:
            return _read(invocation, piped=True, dry=dry_run, as_json=as_json)
        except NothingUsableError:
            raise
        except Exception as error:  # noqa: BLE001 – whatever is wrong here, the mail server shall keep the message
            said = (
                str(error)
                if isinstance(error, DigestError)
                else _("this is a fault, please report it: {fault}").format(fault=type(error).__name__)
            )
            click.echo(f"digest: {said}", err=True)
            return BusyError.exit_code
    return _read(invocation, piped=False, dry=dry_run, as_json=as_json)


def _read(invocation: Invocation, *, piped: bool, dry: bool, as_json: bool) -> int:
    entries: list[tuple[IncomingMail, Judged]] = []

    def show(mail: IncomingMail, judged: Judged) -> None:
        if (dry or invocation.verbose) and not as_json:
            click.echo(_line(mail, judged), err=not dry)
        if as_json:
            entries.append((mail, judged))

    with sandbox_of(invocation.instance) if dry else nullcontext(invocation.instance) as instance:
        if piped:
            raw = sys.stdin.buffer.read(PIPED_MOST + 1)
            while sys.stdin.buffer.read(1 << 20):  # whoever gives it wants to be heard to the end
                continue
            read = read_piped(instance.inbox, raw, dry=dry, show=show)
        else:
            with told_to_stop() as stop:
                read = read_configured(instance.inbox, dry=dry, stop=stop, show=show)
    if as_json:
        echo_json(_read_data(read) | {"dry_run": dry, "entries": [_entry_data(*one) for one in entries]})
    else:
        sentences = [*summary(read), *([_("This was a dry run: nothing was changed")] if dry else [])]
        click.echo(" ".join(f"{one}." for one in sentences))
    for said in (*read.trouble, *read.notes):
        click.echo(f"digest: {said}", err=True)
    if piped:
        _refuse(read)
        if all(isinstance(error, PartlyFailedError) for error in read.trouble):
            return 0  # to bring the message again would change nothing
    return worst(error.exit_code for error in read.trouble)


def _refuse(read: Read) -> None:
    """What nobody would ever see again is not taken: the mail server tells the sender."""
    if read.waiting and not read.trouble:
        raise NothingUsableError(
            _("the message"),
            _("it is for a person, and nobody is named to whom it could be passed on"),
            _("name one in digest.yaml: {setting}").format(setting="mailbox: {forward_to: you@example.org}"),
        )


def _line(mail: IncomingMail, judged: Judged) -> str:
    """One message, without an address."""
    about = "" if judged.concern is None else f" {_about(judged)}"
    words = " ".join(_said(judged))
    subject = f" “{mail.subject}”" if judged.outcome.is_for_a_person and mail.subject else ""
    return f"{outcomes(1)[judged.outcome]}{about}{f': {words}' if words else ''}{subject}"


def _about(judged: Judged) -> str:
    concern = judged.concern
    if concern is None:
        return ""
    what = edition_in_full(concern.edition) if concern.edition else concern.newsletter
    if judged.departure is not None:
        what = judged.departure.newsletter or _("everything")
    return f"{without_domains(concern.person.address)}{f' ({what})' if what else ''}"


def _said(judged: Judged) -> Iterator[str]:
    if judged.returned is not None:
        status = judged.returned.status or ""
        if status and status not in judged.returned.said:
            yield status
        if judged.returned.said:
            yield judged.returned.said


def _read_data(read: Read) -> dict[str, object]:
    return {
        "messages": read.messages,
        "again": read.again,
        "outcomes": {kind.value: read.outcomes[kind] for kind in InboundOutcome},
        "suppressed": read.suppressed,
        "left": read.left,
        "told": read.confirmed,
        "passed_on": read.forwarded,
        "waiting": read.waiting,
        "doubts_closed": read.doubts_closed,
        "trouble": [{"about": one.thing, "said": one.cause, "code": one.exit_code} for one in read.trouble],
    }


def _entry_data(mail: IncomingMail, judged: Judged) -> dict[str, object]:
    concern, returned = judged.concern, judged.returned
    departure = judged.departure
    return {
        "outcome": judged.outcome.value,
        "subscriber": concern.person.public_id if concern else None,
        "edition": concern.edition.name if concern and concern.edition else None,
        "status": returned.status if returned else None,
        "said": returned.said if returned else None,
        "leaves": (departure.newsletter or "everything") if departure else None,
        "subject": mail.subject,
    }
