"""`digest preview`: look at the next edition, exactly as readers get it."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from digest.cli.invocation import (
    Invocation,
    collect_all,
    draft_meant,
    edition_options,
    named,
    pass_invocation,
    update_subscribers,
)
from digest.desk.drafting import drafted
from digest.desk.local_page import link_file
from digest.desk.pages import EditionView, label_of, preview_page
from digest.desk.preview import PreviewServer, changes_in
from digest.editions.approving import note_look
from digest.errors import ConfigurationError, UsageError, worst
from digest.foundation.catalogue import _, plural
from digest.foundation.files import write_private
from digest.foundation.problems import Problem, Severity
from digest.mail.wording import edition_in_full
from digest.newsletters.edition import EditionState
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance


@click.command()
@edition_options
@click.option("--audience", metavar="NAME", help="Only the mails of this audience.")
@click.option("--language", metavar="CODE", help="Only the mails in this language.")
@click.option("--watch", is_flag=True, help="Draw again when a bulletin, a template or a setting changes.")
@click.option("--open/--no-open", "open_it", default=True, help="Open the browser (default) or only print the address.")
@click.option("--once", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one page and end.")
@click.option("--port", default=0, metavar="N", help="The port on 127.0.0.1 (default: any that is free).")
@pass_invocation
def preview(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
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
    codes: list[int] = []

    def draw() -> EditionView:
        invocation.instance = Instance(invocation.instance.folder, invocation.instance.clock)  # settings may change
        results, code = collect_all(invocation)
        codes.append(worst([code, update_subscribers(invocation)]))
        chosen, words = named(invocation, edition, newsletter, period)
        problems = tuple(problem for result in results for problem in result.problems)
        return _draw(invocation, chosen, words, audience, language, problems)

    if once is not None:
        write_private(once, preview_page(draw(), live=False))
        invocation.say(_("Written: {path}").format(path=once))
        return codes[-1]
    whole = audience is None and language is None  # who sees some of the mails has not looked at the edition
    _serve(invocation, draw, port, watch=watch, open_it=open_it, counts=whole)
    return 0


def _draw(
    invocation: Invocation,
    newsletter: Newsletter,
    words: str | None,
    audience: str | None,
    language: str | None,
    problems: tuple[Problem, ...],
) -> EditionView:
    """Draft anew (an edition that is sealed is shown as it is) and return what to show."""
    instance = invocation.instance
    meant = draft_meant(invocation, newsletter, words)
    view = drafted(instance, newsletter, meant, problems)
    _tell(invocation, view)
    shown = tuple(
        variant
        for variant in view.variants
        if (audience is None or audience in variant.name.rsplit(".", 1)[0].split("+"))
        and (language is None or variant.language == language)
    )
    if view.variants and not shown:
        names = ", ".join(variant.name for variant in view.variants)
        raise UsageError(
            f"{audience or ''} {language or ''}".strip(),
            _("no mail fits"),
            _("there are: {variants}").format(variants=names),
        )
    return replace(view, variants=shown)


def _tell(invocation: Invocation, view: EditionView) -> None:
    """On the terminal, too: how the edition stands, what the check says, and what is in the way."""
    said = f"{edition_in_full(view.edition)}: {label_of(view).label}"
    if view.edition.state is EditionState.DRAFT:
        warnings = sum(one.severity is Severity.WARNING for one in view.findings)
        errors = plural("{count:,} error", "{count:,} errors", view.faults)
        said += f"; {errors}, {plural('{count:,} warning', '{count:,} warnings', warnings)}"
    invocation.say(said)
    invocation.obstacles(view.obstacles or ())
    for finding in view.findings:
        if finding.severity is Severity.ERROR:
            invocation.say(f"  {finding.code}, {finding.place}: {finding.reason}")


def _serve(
    invocation: Invocation,
    draw: Callable[[], EditionView],
    port: int,
    *,
    watch: bool,
    open_it: bool,
    counts: bool,
) -> None:
    """`counts`: whoever is shown a draft here may approve it without its code."""

    def seen(view: EditionView) -> None:
        if counts:
            with suppress(ConfigurationError):  # settings that are broken just now: the page is shown, no look is noted
                note_look(invocation.instance.bench, view.edition, "preview", view.outline)

    settings = invocation.instance.settings
    watched = [invocation.instance.folder, *(path for path in settings.source_paths if path.is_dir())]
    changes = partial(changes_in, watched, ignored=("editions", settings.delivery.path.name)) if watch else None
    server = PreviewServer(draw, changes, port=port, seen=seen)
    invocation.say(_("Preview: {address}").format(address=server.url))
    invocation.say(_("Press Ctrl-C to stop."))
    with link_file(invocation.instance.folder, server.url) if open_it else nullcontext() as file:
        if file is not None:
            click.launch(file.as_uri())
        server.serve()
