"""`digest preview`: look at the next edition, exactly as readers get it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.invocation import (
    Invocation,
    edition_argument,
    json_option,
    newsletter_option,
    pass_session,
    period_option,
    split_edition,
)
from digest.errors import CannotWriteError, UsageError

if TYPE_CHECKING:
    from digest.desk.pages import EditionView
    from digest.editions.reviews import PartView
    from digest.newsletters.edition import Edition
    from digest.newsletters.newsletter import Newsletter
    from digest.settings.instance import Instance


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--audience", metavar="NAME", help="Only the variants of this audience.")
@click.option("--language", metavar="CODE", help="Only the variants in this language.")
@click.option("--watch", is_flag=True, help="Draw again when a bulletin, a template or a setting changes.")
@click.option("--open/--no-open", "open_it", default=True, help="Open the browser (default) or only print the address.")
@click.option("--once", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one page and end.")
@click.option("--port", default=0, metavar="N", help="The port on 127.0.0.1 (default: any that is free).")
@pass_session
def preview(  # noqa: PLR0913 – one parameter per option
    session: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    audience: str | None,
    language: str | None,
    *,
    watch: bool,
    open_it: bool,
    once: Path | None,
    port: int,
) -> int:
    """Collect, draft, and show the edition: every variant at phone and desktop width, as text, and all verdicts.

    What is shown are the bytes that will be sent. Looking takes nothing.
    """
    newsletter, period = split_edition(edition, newsletter, period)
    codes: list[int] = []

    def draw() -> "EditionView":
        return _draw(session, newsletter, period, audience, language, codes)

    if once is not None:
        from digest.desk.pages import preview_page

        try:
            once.write_text(preview_page(draw(), live=False), encoding="utf-8")
        except OSError as error:
            raise CannotWriteError(str(once), error.strerror or str(error), "name another file") from error
        session.say(f"Written: {once}")
        return codes[-1]
    _serve(session, draw, port, watch=watch, open_it=open_it)
    return 0


def _draw(
    session: Invocation,
    newsletter: str | None,
    period: str | None,
    audience: str | None,
    language: str | None,
    codes: list[int],
) -> "EditionView":
    """Collect and draft anew (an edition that is sealed is shown as it is) and return what to show."""
    from dataclasses import replace

    from digest.cli.invocation import collect_all, period_meant, update_subscribers
    from digest.desk.pages import edition_view
    from digest.editions.building import build
    from digest.errors import worst
    from digest.settings.instance import Instance

    session.instance = Instance(session.instance.folder, session.instance.clock)  # settings may have changed
    instance = session.instance
    results, code = collect_all(session)
    codes.append(worst([code, update_subscribers(session)]))
    chosen = instance.settings.newsletter(newsletter)
    meant = period_meant(session, chosen, period)
    closed = [e for e in instance.editions.editions(chosen.name) if e.period == meant and not e.state.is_open]
    edition = closed[-1] if closed else build(instance.bench, chosen, meant).edition
    view = edition_view(instance, chosen, edition, tuple(p for result in results for p in result.problems))
    shown = tuple(
        variant
        for variant in view.variants
        if (audience is None or audience in variant.name.rsplit(".", 1)[0].split("+"))
        and (language is None or variant.language == language)
    )
    if view.variants and not shown:
        names = ", ".join(variant.name for variant in view.variants)
        raise UsageError(f"{audience or ''} {language or ''}".strip(), "no variant fits", f"there are: {names}")
    return replace(view, variants=shown, parts=_parts(instance, chosen, edition))


def _parts(instance: "Instance", newsletter: "Newsletter", edition: "Edition") -> "tuple[PartView, ...]":
    """For the tab that newsletters with reviewers have."""
    if not newsletter.reviews:
        return ()
    from digest.editions.reviewing import part_views

    return tuple(part_views(instance.database, instance.plans, newsletter, edition))


def _serve(session: Invocation, draw: "Callable[[], EditionView]", port: int, *, watch: bool, open_it: bool) -> None:
    from functools import partial

    from digest.desk.preview import PreviewServer, changes_in

    settings = session.instance.settings
    watched = [session.instance.folder, *(source.path for source in settings.sources if source.path.is_dir())]
    changes = partial(changes_in, watched, ignored=("editions", settings.delivery.path.name)) if watch else None
    server = PreviewServer(draw, changes, port=port)
    session.say(f"Preview: {server.url}")
    session.say("Press Ctrl-C to stop.")
    if open_it:
        click.launch(server.url)
    server.serve()


# -- `digest report`: one page about an edition, for the people who ask what became of it.

file_type = click.Path(dir_okay=False, path_type=Path)


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--html", type=file_type, metavar="FILE", help="Write a page to look at, print or pass on.")
@click.option("--text", type=file_type, metavar="FILE", help="Write plain text into this file.")
@json_option
@pass_session
def report(
    session: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    html: Path | None,
    text: Path | None,
    *,
    as_json: bool,
) -> int:
    """Say on one page what became of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Without EDITION it is the one that was sent last. The report of a draft says what is known so far. No reader's
    address is in it.
    """
    from digest.desk.report import report as gather
    from digest.desk.report_page import report_text
    from digest.foundation.files import write_private

    newsletter, period = split_edition(edition, newsletter, period)
    chosen = session.instance.settings.newsletter(newsletter)
    view = gather(session.instance, chosen, _meant(session, chosen, period))
    if html is not None:
        from digest.desk.report_page import report_page

        write_private(html, report_page(view))
        session.say(f"Written: {html}")
    if text is not None:
        write_private(text, report_text(view))
        session.say(f"Written: {text}")
    if as_json:
        import json

        from digest.desk.report_page import report_data

        click.echo(json.dumps(report_data(view), ensure_ascii=False, indent=2))
    elif html is None and text is None:
        click.echo(report_text(view), nl=False)
    return 0


def _meant(session: Invocation, newsletter: "Newsletter", words: str | None) -> "Edition":
    from digest.desk.report import last_sent
    from digest.editions import naming

    if words is not None:
        return naming.edition_meant(session.instance.items, session.instance.editions, newsletter, words)
    found = last_sent(session.instance, newsletter)
    if found is None:
        raise UsageError(newsletter.name, "it has no edition yet", "make the first draft with `digest preview`")
    return found
