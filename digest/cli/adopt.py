"""`digest adopt`: let a restored or copied workspace send."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, pass_session
from digest.cli.who import by_name_option

if TYPE_CHECKING:
    from digest.app.adopting import Adopted


@click.command()
@by_name_option
@click.option("--because", metavar="REASON", help="Why; it is kept.")
@click.option("--moved", is_flag=True, help="The folder was moved: nothing has left from the old place since.")
@click.option("--without-journal", is_flag=True, help="The send journal is lost: hold all that may have left.")
@click.option("--release", metavar="EDITION", help="Say of monthly/2018-07 that it has not gone out, so that it may.")
@pass_session
def adopt(
    session: Session, by: str, because: str | None, release: str | None, *, moved: bool, without_journal: bool
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
    from digest.app.adopting import adopt as take_over

    adopted = take_over(session.workspace, by, because, moved=moved, without_journal=without_journal)
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


def _release(session: Session, words: str, by: str, because: str | None) -> int:
    from digest.app.adopting import release
    from digest.cli.options import split_edition

    workspace = session.workspace
    newsletter, period = split_edition(words, None, None)
    edition = workspace.edition(workspace.newsletter(newsletter), period or "")
    release(workspace, edition, by, because)
    click.echo(f"{edition.name} has not gone out, says {by}: it may be sent.")
    return 0
