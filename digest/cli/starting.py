"""`digest init` and `digest demo`: a new workspace, and a sample one with all its editions sent."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
from jinja2 import Environment, StrictUndefined

from digest.cli import let_commands_mean
from digest.cli.invocation import Invocation, pass_invocation, refresh, table
from digest.cli.questions import answers, is_yes, suggested, tree
from digest.errors import CannotWriteError, UsageError, worst
from digest.foundation.catalogue import _, plural
from digest.foundation.files import data_folder, keep_private
from digest.foundation.languages import speak
from digest.foundation.secrets import make_secret
from digest.settings.instance import Instance
from digest.settings.loading import load_settings

if TYPE_CHECKING:
    from digest.delivery.sending import Sent

STARTER = Path(__file__).parent / "starter"
SENDING = {"day": "at 07:00", "week": "monday at 08:00", "month": "day 5 at 09:00", "quarter": "day 5 at 09:00"}
DEMO_FOLDER = "out/demo"


@click.command()
@click.argument("folder", default="", metavar="[FOLDER]")
@click.option("--yes", is_flag=True, help="Ask nothing: take the answers as suggested, to be edited later.")
@click.option(
    "--language", type=click.Choice(["en", "es"]), help="Speak English or Spanish (default: your system's language)."
)
@click.option("--samples", is_flag=True, help="Put the bulletins of the sample office into it, to try.")
@pass_invocation
def init(invocation: Invocation, folder: str, *, yes: bool, language: str | None, samples: bool) -> int:
    """Make a new workspace in FOLDER (default: the one named with -C, or this one).

    Asks eight short questions, then writes a commented digest.yaml, a subscriber file, a folder for bulletins and the
    workspace's secret key. Nothing that exists is overwritten.
    """
    target = Path(folder or invocation.folder)
    if (target / "digest.yaml").exists():
        raise UsageError(str(target / "digest.yaml"), _("there is a workspace already"), _("name another folder"))
    chosen = language or ("es" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("es") else "en")
    speak(chosen)
    which = 1 if chosen == "es" else 0
    files = starter_files(chosen, suggested(which) if yes else answers(which, invocation.say))
    _refuse_mistakes(files)
    if not yes and not samples:
        samples = is_yes(
            click.prompt(_("Put sample bulletins into it, to try (yes or no)?"), default=_("no"), err=True)
        )
    try:
        (target / "bulletins").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (target / name).open("x", encoding="utf-8") as file:
                file.write(text)
        if samples:
            shutil.copytree(data_folder("seeds") / "bulletins", target / "bulletins", dirs_exist_ok=True)
        keep_private(target)
    except (OSError, shutil.Error) as error:
        named = getattr(error, "filename", None) or target
        cause = getattr(error, "strerror", None) or str(error)
        raise CannotWriteError(str(named), cause, _("name a folder that you may write to")) from error
    make_secret(target / "keys" / "secret")
    let_commands_mean(target)
    _tell_made(invocation, target, samples=samples)
    return 0


def _tell_made(invocation: Invocation, target: Path, *, samples: bool) -> None:
    """What is there now, and what comes next."""
    made = {
        "digest.yaml": _("the settings: who publishes what, for whom and when"),
        "subscribers.yaml": _("the readers"),
        "bulletins/": _("the news: put text, Word and Markdown files here"),
        "keys/secret": _("behind the links for leaving: keep it in your backups"),
    }
    if samples:
        made["bulletins/"] = _("the news: sample bulletins, to be taken out again")
    invocation.say(_("Made in {folder}:").format(folder=target))
    for line in tree(made):
        invocation.say(f"  {line}")
    said = _("Next: put your bulletins into {folder}, then: digest preview")
    if samples:
        said = _("Next: digest preview")
    invocation.say(said.format(folder=target / "bulletins"))


def _refuse_mistakes(files: dict[str, str]) -> None:
    """Read the settings as every command will, before anything is written; raise what would be raised then."""
    with TemporaryDirectory() as trial:
        path = Path(trial, "digest.yaml")
        path.write_text(files["digest.yaml"], encoding="utf-8")
        load_settings(path)


def starter_files(language: str, said: Mapping[str, str]) -> dict[str, str]:
    """File name → text, for `digest.yaml` and `subscribers.yaml`. Answers become YAML strings, whatever they hold."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 – this writes YAML
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    values = {**said, "languages": said["languages"].split(", "), "send": SENDING[said["every"]]}
    return {
        name: environment.from_string((STARTER / f"{name}.{language}.jinja").read_text(encoding="utf-8")).render(values)
        for name in ("digest.yaml", "subscribers.yaml")
    }


@click.command()
@click.argument("folder", default=DEMO_FOLDER, metavar="[FOLDER]")
@click.option("--fresh", is_flag=True, help="Build and send nothing: a sample office to begin with.")
@pass_invocation
def demo(invocation: Invocation, folder: str, *, fresh: bool) -> int:
    """Copy the sample workspace to FOLDER (default: out/demo), build every edition and send it as files.

    Nothing leaves this machine. Run again, it changes nothing. With --fresh nothing was sent yet: to try a month for
    yourself.
    """
    target = Path(folder)
    if fresh and (target / "digest.yaml").exists():
        raise UsageError(str(target), _("there is a workspace already"), _("name another folder"))
    let_commands_mean(target)
    _copy_seeds(target)
    sample = Invocation(folder=folder, verbose=invocation.verbose, quiet=invocation.quiet)
    code = refresh(sample)
    if fresh:
        invocation.tell(_("The sample office is in {folder}; nothing was built or sent.").format(folder=target))
        invocation.say(_("Next: digest preview july"))
        return code
    return worst([code, _send_all(invocation, sample.instance, target)])


def _send_all(invocation: Invocation, instance: Instance, target: Path) -> int:
    from digest.delivery.sending import send  # 0.6 s: `init` sends nothing
    from digest.desk.pages import write_browse_page
    from digest.editions.approving import approve_whole
    from digest.editions.building import build, periods_to_build

    newsletter, bench = instance.settings.newsletter(None), instance.bench
    for period in periods_to_build(newsletter, instance.items, instance.editions):
        edition = build(bench, newsletter, period).edition
        approve_whole(bench, newsletter, edition, "the demo", code=bench.editions.code(edition), early=True)
    sent = [
        send(instance.place, bench, newsletter, edition)
        for edition in instance.editions.editions(newsletter.name)
        if edition.state != "skipped"
    ]
    invocation.tell(_summary(instance, sent))
    invocation.tell("\n" + _("Look at them: {path}").format(path=write_browse_page(instance)))
    messages = sum(one.tally.frozen for one in sent)
    invocation.tell(plural("The message: {path}", "The {count:,} messages: {path}", messages, path=target / "out"))
    return 0


def _copy_seeds(target: Path) -> None:
    if (target / "digest.yaml").exists():
        return
    try:
        shutil.copytree(data_folder("seeds"), target, dirs_exist_ok=True)
        keep_private(target)
    except (OSError, shutil.Error) as error:
        raise CannotWriteError(str(target), str(error), _("name a folder that you may write to")) from error
    make_secret(target / "keys" / "secret")


def _summary(instance: Instance, sent: "list[Sent]") -> str:
    from digest.desk.phrases import period_title  # 100 ms: as above

    rows: list[list[object]] = []
    for one in sent:
        variants = instance.editions.variants(one.edition)
        sizes = [len(variant.rendered.html.encode()) / 1024 for variant in variants]
        included = sum(verdict.ruling == "included" for verdict in instance.editions.verdicts(one.edition))
        rows.append(
            [
                period_title(one.edition.period),
                included,
                len(variants),
                one.tally.frozen,
                f"{min(sizes):.0f}–{max(sizes):.0f} KB",
            ]
        )
    headings = [_("period"), _("stories"), _("mails"), _("recipients"), _("HTML sizes")]
    return table(headings, rows, right=(1, 2, 3, 4))
