"""`digest status`: where every edition stands."""

from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option, newsletter_option
from digest.cli.session import Session, pass_session, table

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.model.newsletter import Newsletter


@click.command()
@newsletter_option
@json_option
@pass_session
def status(session: Session, newsletter: str | None, *, as_json: bool) -> int:
    """Say where every edition stands, and what could be done next. Looking changes nothing."""
    workspace = session.workspace
    chosen = [workspace.newsletter(newsletter)] if newsletter else list(workspace.settings.newsletters)
    if as_json:
        import json

        found = [{"newsletter": one.name, "editions": _rows(workspace, one)} for one in chosen]
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    for one in chosen:
        _show(session, one)
    return 0


def _show(session: Session, newsletter: "Newsletter") -> None:
    workspace = session.workspace
    rows = _rows(workspace, newsletter)
    readers = sum(count for _, count in workspace.subscribers.subscribed(newsletter.name))
    click.echo(f"{newsletter.title(newsletter.languages[0])} ({newsletter.name}): every {newsletter.every}", nl=False)
    click.echo(f", {newsletter.send}, {workspace.settings.publisher.timezone.key}; {readers} readers")
    if rows:
        click.echo()
        click.echo(
            table(
                ["period", "state", "goes out", "stories", "waiting", "sent", "next step"],
                [
                    [row[name] for name in ("period", "state", "goes_out", "stories", "waiting", "sent", "next")]
                    for row in rows
                ],
                right=(3, 4, 5),
            )
        )
    else:
        session.say("Nothing collected yet: run `digest collect`.")
    click.echo()


def _rows(workspace: "Workspace", newsletter: "Newsletter") -> list[dict[str, object]]:
    """Editions, and periods for which stories wait. `waiting` counts stories that no draft has judged yet."""
    from digest.cli.wording import goes_out
    from digest.model.delivery import DeliveryState

    waiting = dict(workspace.periods_to_build(newsletter))
    rows: list[dict[str, object]] = []
    for edition in workspace.editions.editions(newsletter.name):
        verdicts = workspace.editions.verdicts(edition)
        turned = waiting.pop(edition.period, 0)
        state = str(edition.state)
        rows.append(
            {
                "period": edition.key,
                "state": state if edition.covers_to_end else f"{state}, window open",
                "goes_out": goes_out(workspace, newsletter, edition.period),
                "stories": sum(verdict.ruling == "included" for verdict in verdicts),
                "waiting": max(0, turned - len(verdicts)) if edition.state.is_open else 0,
                "sent": workspace.ledger.tally(edition)[DeliveryState.SENT] if edition.sending_at else 0,
                "next": _next_step(state, edition.key, approval=newsletter.approval == "required"),
            }
        )
    rows.extend(
        {
            "period": period.key,
            "state": "not built",
            "goes_out": goes_out(workspace, newsletter, period),
            "stories": 0,
            "waiting": count,
            "sent": 0,
            "next": f"digest build --period {period.key}",
        }
        for period, count in waiting.items()
    )
    return sorted(rows, key=lambda row: str(row["period"]))


def _next_step(state: str, key: str, *, approval: bool) -> str:
    match state:
        case "draft":
            return f"digest approve {key} --by NAME" if approval else f"digest send {key}"
        case "sealed" | "sending":
            return f"digest send {key}"
        case _:
            return ""
