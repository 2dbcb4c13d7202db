"""The list of editions: `editions/index.html`, from which everything that was built can be opened."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PurePath
from urllib.parse import quote

from digest.model.delivery import DeliveryState
from digest.web.templating import draw_page
from digest.web.views import EditionView, VariantView

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

SUFFIXES = (("html", "Mail"), ("txt", "Plain text"), ("eml", "Message file"))


def browse_page(views: Sequence[EditionView], transport_folder: str | None) -> str:
    """One HTML file without scripts. Its links are relative to `editions/`, its mails stay in their own files.

    `transport_folder` is where the files transport writes, absolute or relative to the workspace; `None` when messages
    leave the machine.
    """
    ordered = sorted(views, key=lambda view: view.edition.newsletter)
    newsletters = [
        sorted(group, key=lambda view: (view.edition.period, view.edition.revision), reverse=True)
        for _, group in groupby(ordered, key=lambda view: view.edition.newsletter)
    ]
    return draw_page(
        "browse.html",
        newsletters=newsletters,
        policy=POLICY,
        suffixes=SUFFIXES,
        link=_link,
        weight=_weight,
        sent_folder=lambda view: _sent_folder(view, transport_folder),
        sent=sum(view.tally[DeliveryState.SENT] for view in views if view.tally),
    )


def _link(view: EditionView, variant: VariantView, suffix: str) -> str:
    return quote(f"{view.edition.name}/variants/{variant.name}.{suffix}")


def _weight(variant: VariantView, suffix: str) -> int:
    """The size of the variant's file in bytes."""
    content = {"html": variant.html.encode(), "txt": variant.text.encode(), "eml": variant.message}
    return len(content[suffix])


def _sent_folder(view: EditionView, transport_folder: str | None) -> tuple[str, str] | None:
    """Where the edition's messages are, as people read it and as a link; `None` when there are none on this machine."""
    if transport_folder is None or view.tally is None:
        return None
    folder = PurePath(transport_folder) / view.edition.name
    link = Path(folder).as_uri() if folder.is_absolute() else quote(f"../{folder.as_posix()}")
    return f"{folder.as_posix()}/", f"{link}/"
