"""`digest mailbox`: read what came back by mail."""

import sys
from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option
from digest.cli.session import Session, pass_session
from digest.errors import BusyError, DigestError, NothingUsableError

if TYPE_CHECKING:
    from digest.model.returns import IncomingMail
    from digest.pipeline.concerning import Judged
    from digest.pipeline.returns import Read

PIPE = "-"


@click.command()
@click.argument("source", required=False, type=click.Choice([PIPE]), metavar="[-]")
@click.option("--dry-run", is_flag=True, help="Say what each message is and would do; write nothing, touch nothing.")
@json_option
@pass_session
def mailbox(session: Session, source: str | None, *, dry_run: bool, as_json: bool) -> int:
    """Read the mail that came back: bounces, complaints, people who want out.

    Reads the mailbox that digest.yaml names; with "-" one message from standard input, as mail servers hand it to a
    program. What is not for it stays where it is. Reading twice changes nothing.
    """
    if source == PIPE:
        try:
            return _read(session, piped=True, dry=dry_run, as_json=as_json)
        except NothingUsableError:
            raise
        except Exception as error:  # noqa: BLE001 – whatever is wrong here, the mail server shall keep the message
            said = (
                str(error)
                if isinstance(error, DigestError)
                else f"this is a fault, please report it: {type(error).__name__}"
            )
            click.echo(f"digest: {said}", err=True)
            return BusyError.exit_code
    return _read(session, piped=False, dry=dry_run, as_json=as_json)


def _read(session: Session, *, piped: bool, dry: bool, as_json: bool) -> int:
    from digest.app.returning import PIPED_MOST, read_configured, read_piped
    from digest.cli.mailbox_words import entry_data, line, read_data, summary
    from digest.cli.stopping import told_to_stop
    from digest.errors import worst

    entries: list[tuple[IncomingMail, Judged]] = []

    def show(mail: "IncomingMail", judged: "Judged") -> None:
        if (dry or session.verbose) and not as_json:
            click.echo(line(mail, judged), err=not dry)
        if as_json:
            entries.append((mail, judged))

    if piped:
        raw = sys.stdin.buffer.read(PIPED_MOST + 1)
        read = read_piped(session.workspace, raw, dry=dry, show=show)
    else:
        with told_to_stop() as stop:
            read = read_configured(session.workspace, dry=dry, stop=stop, show=show)
    if as_json:
        import json

        data = read_data(read) | {"dry_run": dry, "entries": [entry_data(*one) for one in entries]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo(summary(read, dry=dry))
    for error in read.trouble:
        click.echo(f"digest: {error}", err=True)
    if piped:
        _refuse(read)
    return worst(error.exit_code for error in read.trouble)


def _refuse(read: "Read") -> None:
    """What nobody would ever see again is not taken: the mail server tells the sender."""
    if read.waiting and not read.trouble:
        raise NothingUsableError(
            "the message",
            "it is for a person, and nobody is named to whom it could be passed on",
            "name one in digest.yaml: mailbox: {forward_to: you@example.org}",
        )
