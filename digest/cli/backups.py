"""`digest backup`, `restore` and `adopt`: all that is needed to go on somewhere else, and going on there."""

from collections.abc import Iterator
from pathlib import Path

import click

from digest.cli.databases import password_env_option, password_file_option, write_this
from digest.cli.invocation import Invocation, by_name_option, edition_names, named, pass_invocation
from digest.delivery.adoption import Adopted
from digest.delivery.adoption import adopt as adopt_copy
from digest.delivery.adoption import release as release_edition
from digest.delivery.agreed_secret import replace_secret
from digest.errors import PartlyFailedError, PersonNeededError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import open_database
from digest.foundation.workspace import SECRET, SystemClock
from digest.mail.wording import edition_in_full
from digest.operations import backup as backups
from digest.operations.archive import Manifest, check_backup
from digest.operations.encrypting import encrypted
from digest.operations.restoring import restore as put_back
from digest.settings.database_keys import named_server

path_type = click.Path(path_type=Path)
MEGABYTE = 1_000_000


@click.command()
@click.argument("target", required=False, type=path_type, metavar="[FILE|FOLDER]")
@click.option("--check", type=path_type, metavar="FILE", help="Make none: say whether that backup is whole and sound.")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Then remove all but the N newest in its folder.")
@click.option(
    "--encrypt-to",
    metavar="KEY",
    help="Encrypt it: to an age recipient (age1…, ssh-…), else to a key of gpg by its name or fingerprint.",
)
@click.option("--without-sources", is_flag=True, help="Leave out the bulletins, should they be large.")
@pass_invocation
def backup(
    invocation: Invocation,
    target: Path | None,
    check: Path | None,
    keep: int | None,
    encrypt_to: str | None,
    *,
    without_sources: bool,
) -> int:
    """Write the database, the keys, the settings, the readers, plans, templates and bulletins into one file.

    Without FILE it goes into the folder `backups` of the workspace. It can be made at any time, also while mails are
    leaving. It holds your keys, your passwords and your readers' addresses: only you can read it (mode 0600), and on
    another machine --encrypt-to keeps it so.
    """
    if check is not None:
        return _check(invocation, check, [target, keep, encrypt_to, without_sources or None])
    made = backups.back_up(invocation.instance, target, keep, with_sources=not without_sources)
    path = encrypted(made.path, encrypt_to) if encrypt_to else made.path
    click.echo(str(path))
    invocation.say(_said(made.manifest))
    if encrypt_to is None:
        invocation.say(_("It holds passwords, keys and addresses, and is not encrypted: only you can read it here."))
    for sentence in made.manifest.left_out:
        invocation.say(_("Not in it – {what}").format(what=sentence))
    for path in made.removed:
        invocation.say(_("Removed: {path}").format(path=path))
    return PartlyFailedError.exit_code if made.is_partial else 0


def _check(invocation: Invocation, archive: Path, others: list[object]) -> int:
    if any(other is not None for other in others):
        raise click.UsageError(_("--check goes alone"))
    manifest = check_backup(archive)
    click.echo(_("{archive}: whole and sound.").format(archive=archive))
    invocation.say(_said(manifest))
    return 0


def _said(manifest: Manifest) -> str:
    return plural(
        "Made at {when} UTC by {program}: {count:,} file, {size} MB, checked.",
        "Made at {when} UTC by {program}: {count:,} files, {size} MB, every one checked.",
        len(manifest.members),
        when=f"{manifest.made_at:%Y-%m-%d %H:%M}",
        program=manifest.program,
        size=f"{manifest.size / MEGABYTE:.1f}",
    )


@click.command()
@click.argument("archive", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--replace", is_flag=True, help="Replace what is there; it is kept in a folder beside it.")
@click.option("--to", metavar="URL", help="An empty database for what was in PostgreSQL: postgresql://user@host/name.")
@password_file_option
@password_env_option
@pass_invocation
def restore(
    invocation: Invocation,
    archive: Path,
    to: str | None,
    password_file: Path | None,
    password_env: str | None,
    *,
    replace: bool,
) -> int:
    """Put what a backup holds into the workspace named with -C, or into an empty folder.

    First all of FILE is checked. Nothing is sent from there until you say so with `digest adopt --by NAME`; looking
    works at once. The send journal (sending/journal) is left as it is: it knows what has left since the backup was
    made.
    """
    folder = Path(invocation.folder)
    settings = None if to is None else named_server("--to", to, password_file, password_env)
    server = None if settings is None else open_database(settings.url, folder / SECRET, settings.password)
    restored = put_back(archive, folder, SystemClock().now(), replace=replace, server=server)
    manifest = restored.manifest
    said = plural(
        "Restored {count:,} file, as it was at {when} UTC.",
        "Restored {count:,} files, as they were at {when} UTC.",
        len(manifest.members),
        when=f"{manifest.made_at:%Y-%m-%d %H:%M}",
    )
    click.echo(said)
    if restored.kept is not None:
        invocation.say(_("What stood here before is kept in {path}").format(path=restored.kept))
    for sentence in manifest.left_out:
        invocation.say(_("Not in the backup – {what}").format(what=sentence))
    if settings is not None:
        invocation.say(write_this(folder, settings))
    invocation.say(_("Nothing is sent from here yet. Make sure that no other copy sends, then: digest adopt --by NAME"))
    return 0


@click.command()
@by_name_option
@click.option("--because", metavar="REASON", help="Why; it is kept.")
@click.option("--moved", is_flag=True, help="The folder was moved: nothing has left from the old place since.")
@click.option("--without-journal", is_flag=True, help="The send journal is lost: hold all that may have left.")
@click.option("--new-secret", is_flag=True, help="On all hosts keys/secret is this one's: links of another are dead.")
@click.option("--release", metavar="EDITION", help="Say of monthly/2018-07 that it has not gone out, so that it may.")
@pass_invocation
def adopt(
    invocation: Invocation,
    by: str,
    because: str | None,
    release: str | None,
    *,
    moved: bool,
    without_journal: bool,
    new_secret: bool,
) -> int:
    """Let this workspace send, after a backup was restored or the folder was copied, and say what was found.

    Make sure first that no other copy of it sends. What the send journal (sending/journal) says has left is marked as
    sent, and nobody gets it twice. What may have left is held until you decide with `digest deliveries`.
    """
    if new_secret:
        if moved or without_journal or release is not None:
            raise click.UsageError(_("--new-secret goes alone"))
        return _replace_secret(invocation, by, because)
    if release is not None:
        if moved or without_journal:
            raise click.UsageError(_("--release goes alone"))
        return _release(invocation, release, by, because)
    if moved and without_journal:
        raise UsageError("--moved", _("a folder that was moved has its journal"), _("say one of the two"))
    adopted = adopt_copy(invocation.instance.place, by, because, moved=moved, without_journal=without_journal)
    if adopted is None:
        click.echo(_("This workspace may send already."))
        return 0
    for line in _found(adopted):
        click.echo(line)
    is_open = bool(adopted.learnt.held.total() or adopted.uncertain)
    return PersonNeededError.exit_code if is_open else 0


def _found(adopted: Adopted) -> Iterator[str]:
    learnt = adopted.learnt
    for edition, count in sorted((+learnt.sent).items()):
        yield plural(
            "{edition}: {count:,} message had left that this copy did not know of: marked as sent.",
            "{edition}: {count:,} messages had left that this copy did not know of: marked as sent.",
            count,
            edition=edition,
        )
    for edition, count in sorted((+learnt.failed).items()):
        yield plural(
            "{edition}: {count:,} message had been refused for good: marked as failed.",
            "{edition}: {count:,} messages had been refused for good: marked as failed.",
            count,
            edition=edition,
        )
    for edition, count in sorted((+learnt.elsewhere).items()):
        yield plural(
            "{edition}: {count:,} message has left, but this copy has no list of its readers. When you send it from "
            "here, whoever got it gets nothing.",
            "{edition}: {count:,} messages have left, but this copy has no list of its readers. When you send it from "
            "here, whoever got it gets nothing.",
            count,
            edition=edition,
        )
    for edition in sorted(learnt.over):
        said = _("{edition}: it went out long ago, and to whom is kept no more; if you send it from here, it waits.")
        yield said.format(edition=edition)
    if learnt.left:
        yield plural(
            "{count:,} reader had left and gets nothing more.",
            "{count:,} readers had left: they get nothing more.",
            learnt.left,
        )
    for edition, count in sorted((+learnt.held).items()):
        yield plural(
            "{edition}: {count:,} message may have left or not; a person decides: digest deliveries {edition} --held",
            "{edition}: {count:,} messages may have left or not; a person decides: digest deliveries {edition} --held",
            count,
            edition=edition,
        )
    for edition in adopted.uncertain:
        said = _("{edition}: it may have gone out; if it did not: digest adopt --release {edition} --by NAME")
        yield said.format(edition=edition)
    told = (learnt.sent.total(), learnt.failed.total(), learnt.held.total(), learnt.elsewhere.total(), learnt.over)
    if not any(told):
        yield _("No mail had left that this copy did not know of.")
    yield _("This workspace sends from now on.")


def _release(invocation: Invocation, words: str, by: str, because: str | None) -> int:
    newsletter, key = named(invocation, words, None, None)
    edition = edition_names(invocation, newsletter).edition(key or "")
    release_edition(invocation.instance.place, edition, by, because)
    said = _("{edition} has not gone out, says {name}: it may be sent.")
    click.echo(said.format(edition=edition_in_full(edition), name=by))
    return 0


def _replace_secret(invocation: Invocation, by: str, because: str | None) -> int:
    instance = invocation.instance
    if not instance.database.is_shared:
        said = _("hosts agree on a secret over a database of PostgreSQL, and this workspace has a file")
        raise UsageError("--new-secret", said, _("put keys/secret aside: `digest help put-the-pages-on-the-web`"))
    replace_secret(instance.database, instance.secret, instance.clock.now(), by, because)
    click.echo(_("All hosts need keys/ of this one from now on: copy it to each, and start `digest serve` there anew."))
    return 0
