"""`digest restore`: put back what a backup holds."""

from pathlib import Path

import click

from digest.cli.session import Session, pass_session


@click.command()
@click.argument("archive", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--replace", is_flag=True, help="Replace what is there; it is kept in a folder beside it.")
@pass_session
def restore(session: Session, archive: Path, *, replace: bool) -> int:
    """Put what a backup holds into the workspace named with -C, or into an empty folder.

    First all of FILE is checked. Nothing is sent from there until you say so with `digest adopt`; looking works at
    once. The send journal (sending/journal) is left as it is: it knows what has left since the backup was made.
    """
    from digest.app.adapters import SystemClock
    from digest.app.caring import restore as put_back

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
