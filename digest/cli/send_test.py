"""`digest send --test`: the real mails to a colleague, marked as previews."""

from typing import TYPE_CHECKING

import click

from digest.cli.session import Session
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter

ASKED_ABOVE = 12  # mails to one address


def send_test(  # noqa: PLR0913 – as the command has options
    session: Session,
    newsletter: "Newsletter",
    period: str | None,
    addresses: "Sequence[str]",
    *,
    audience: str | None,
    language: str | None,
    reader: str | None,
    everything: bool,
) -> int:
    """Send each of the addresses each mail that fits. `everything`: also when there are many."""
    from digest.app import testing_mails
    from digest.app.outlook import way_out
    from digest.foundation.words import counted
    from digest.rendering.naming import variant_title

    workspace = session.workspace
    edition = _meant(session, newsletter, period)
    variants, name = testing_mails.variants_for(
        workspace, newsletter, edition, audience=audience, language=language, reader=reader
    )
    if len(variants) > ASKED_ABOVE and not everything:
        raise UsageError(
            edition.name,
            f"it has {len(variants)} different mails, and all would go to each address",
            "choose with --audience, --language or --as, or say --yes",
        )
    mails = testing_mails.planned(workspace, edition, variants, addresses)
    for mail in mails:
        if mail.before is not None:
            title = variant_title(newsletter, mail.variant)
            session.say(f"{mail.address} was sent {title} at {mail.before:%H:%M} UTC, and it has not changed since.")
    gone = 0
    for mail in testing_mails.deliver(workspace, newsletter, edition, mails, name=name):
        click.echo(f"{mail.address}: {variant_title(newsletter, mail.variant)}")
        gone += 1
    way = way_out(workspace.settings.delivery, workspace.folder)
    session.say(f"{counted(gone, 'test mail', 'test mails')} of {edition.name} left {way}; no reader got anything.")
    return 0


def _meant(session: Session, newsletter: "Newsletter", period: str | None) -> "Edition":
    from digest.cli.steps import edition_meant

    return edition_meant(session, newsletter, period, frozenset({"draft", "sealed", "sending"}), "tested")
