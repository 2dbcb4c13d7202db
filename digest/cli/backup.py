"""`digest backup`: all that is needed to go on somewhere else, in one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.store.manifest import Manifest

path_type = click.Path(path_type=Path)
MEGABYTE = 1_000_000


@click.command()
@click.argument("target", required=False, type=path_type, metavar="[FILE|FOLDER]")
@click.option("--check", type=path_type, metavar="FILE", help="Make none: say whether that backup is whole and sound.")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Then remove all but the N newest in its folder.")
@click.option("--without-sources", is_flag=True, help="Leave out the bulletins, should they be large.")
@pass_session
def backup(
    session: Session, target: Path | None, check: Path | None, keep: int | None, *, without_sources: bool
) -> int:
    """Write the database, the keys, the settings, the readers, plans, templates and bulletins into one file.

    Without FILE it goes into the folder `backups` of the workspace. It can be made at any time, also while mails are
    leaving. It holds your keys and your readers' addresses: keep it where only you can read it.
    """
    if check is not None:
        return _check(session, check, [target, keep, without_sources or None])
    from digest.app.caring import back_up
    from digest.errors import PartlyFailedError

    made = back_up(session.workspace, target, keep, with_sources=not without_sources)
    click.echo(str(made.path))
    session.say(_said(made.manifest))
    for sentence in made.manifest.left_out:
        session.say(f"Not in it – {sentence}")
    for path in made.removed:
        session.say(f"Removed: {path}")
    return PartlyFailedError.exit_code if made.is_partial else 0


def _check(session: Session, archive: Path, others: list[object]) -> int:
    if any(other is not None for other in others):
        raise click.UsageError("--check goes alone")
    from digest.app.caring import check_backup

    manifest = check_backup(archive)
    click.echo(f"{archive}: whole and sound.")
    session.say(_said(manifest))
    return 0


def _said(manifest: "Manifest") -> str:
    return (
        f"Made at {manifest.made_at:%Y-%m-%d %H:%M} UTC by {manifest.program}: {len(manifest.members)} files, "
        f"{manifest.size / MEGABYTE:.1f} MB, every one checked."
    )
