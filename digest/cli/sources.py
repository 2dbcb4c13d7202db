"""`digest sources`: where the news comes from."""

import os
from collections import Counter
from pathlib import Path

import click

from digest.cli.invocation import Invocation, echo_json, json_option, pass_invocation, table
from digest.desk.columns import Column, Way
from digest.foundation.catalogue import _


@click.command()
@json_option
@pass_invocation
def sources(invocation: Invocation, *, as_json: bool) -> int:
    """List the sources of digest.yaml: the folder of each, where a linked folder leads, and the items it brought.

    Nothing is collected. Links inside a folder are followed only into one of these.
    """
    root = invocation.instance.folder
    counted = Counter(item.source for item in invocation.instance.items.items() if not item.withdrawn)
    found = [
        (one.name, os.path.relpath(one.path, root), _led(root, one.path), one.path.exists(), counted[one.name])
        for one in invocation.instance.settings.sources
        if one.path is not None
    ]
    if as_json:
        names = ("name", "folder", "leads_to", "exists", "items")
        echo_json([dict(zip(names, one, strict=True)) for one in found])
        return 0
    rows = [
        [name, folder, leads_to or ("–" if exists else _("it is not there")), items]
        for name, folder, leads_to, exists, items in found
    ]
    folder, leads_to = (Column(heading, Way.WRAPPED) for heading in (_("folder"), _("leads to")))
    click.echo(table([_("source"), folder, leads_to, _("items")], rows, right=(3,)))
    return 0


def _led(root: Path, folder: Path) -> str | None:
    """Where it lies, if a link on the way from the workspace to it leads somewhere else."""
    real = folder.resolve()
    plain = Path(os.path.normpath(root.resolve() / os.path.relpath(folder, root)))
    return None if real == plain else str(real)
