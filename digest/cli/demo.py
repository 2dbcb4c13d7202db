"""`digest demo`: build and send a sample workspace."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, pass_session, table
from digest.errors import CannotWriteError

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.pipeline.send import Sent

DEFAULT_FOLDER = "out/demo"


@click.command()
@click.argument("folder", default=DEFAULT_FOLDER, metavar="[FOLDER]")
@pass_session
def demo(session: Session, folder: str) -> int:
    """Copy the sample workspace to FOLDER (default: out/demo), build every edition and send it as files.

    Nothing leaves this machine. Run again, it changes nothing.
    """
    from digest.app import Workspace
    from digest.cli.browsing import write_browse_page
    from digest.cli.steps import refresh

    target = Path(folder)
    _copy_seeds(target)
    sample = Session(folder=folder, verbose=session.verbose, quiet=session.quiet)
    code = refresh(sample)
    workspace: Workspace = sample.workspace
    newsletter = workspace.newsletter(None)
    for period in workspace.periods_to_build(newsletter):
        workspace.approve(newsletter, workspace.build(newsletter, period).edition, "the demo", early=True)
    sent = [
        workspace.send(newsletter, edition)
        for edition in workspace.editions.editions(newsletter.name)
        if edition.state != "skipped"
    ]
    click.echo(_summary(workspace, sent))
    click.echo(f"\nLook at them: {write_browse_page(workspace)}")
    click.echo(f"The {sum(one.tally.frozen for one in sent)} messages: {target / 'out'}")
    return code


def _copy_seeds(target: Path) -> None:
    from digest.rendering.locating import data_folder
    from digest.store.keys import make_secret

    if (target / "digest.yaml").exists():
        return
    try:
        shutil.copytree(data_folder("seeds"), target, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise CannotWriteError(str(target), str(error), "name a folder that you may write to") from error
    make_secret(target / "keys" / "secret")


def _summary(workspace: "Workspace", sent: "list[Sent]") -> str:
    from digest.cli.wording import period_title

    rows: list[list[object]] = []
    for one in sent:
        variants = workspace.editions.variants(one.edition)
        sizes = [len(variant.rendered.html.encode()) / 1024 for variant in variants]
        included = sum(verdict.ruling == "included" for verdict in workspace.editions.verdicts(one.edition))
        rows.append(
            [
                period_title(one.edition.period),
                included,
                len(variants),
                one.tally.frozen,
                f"{min(sizes):.0f}–{max(sizes):.0f} KB",
            ]
        )
    return table(["period", "stories", "variants", "recipients", "HTML sizes"], rows, right=(1, 2, 3, 4))
