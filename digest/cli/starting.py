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
from digest.errors import CannotWriteError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.files import data_folder, keep_private
from digest.foundation.secrets import make_secret
from digest.newsletters.samples import SAMPLES
from digest.settings.instance import Instance
from digest.settings.loading import load_settings

if TYPE_CHECKING:
    from digest.delivery.sending import Sent

# What is asked, in both languages, and what stands there when one just presses Enter.
QUESTIONS = {
    "publisher": ("Who publishes the bulletin?", "¿Quién publica el boletín?"),
    "address": (
        "The postal address, printed at the foot of every mail?",
        "¿La dirección postal, al pie de cada correo?",
    ),
    "website": ("Your website?", "¿Su sitio web?"),
    "timezone": ("Your time zone?", "¿Su zona horaria?"),
    "title": ("The title of the newsletter?", "¿El título del boletín?"),
    "sender": ("From which e-mail address does it come?", "¿Desde qué dirección de correo se envía?"),
    "languages": ("In which languages (en, es)?", "¿En qué idiomas (en, es)?"),
    "every": ("How often: day, week, month, quarter?", "¿Cada cuánto: day (día), week (semana), month (mes), quarter?"),
}
DEFAULTS = {
    **SAMPLES,
    "timezone": ("America/Costa_Rica", "America/Costa_Rica"),
    "title": ("Bulletin", "Boletín"),
    "languages": ("en, es", "es, en"),
    "every": ("month", "month"),
}

STARTER = Path(__file__).parent / "starter"
SENDING = {"day": "at 07:00", "week": "monday at 08:00", "month": "day 5 at 09:00", "quarter": "day 5 at 09:00"}
DEMO_FOLDER = "out/demo"


@click.command()
@click.argument("folder", default="", metavar="[FOLDER]")
@click.option("--yes", is_flag=True, help="Ask nothing: take the answers as suggested, to be edited later.")
@click.option(
    "--language", type=click.Choice(["en", "es"]), help="Speak English or Spanish (default: your system's language)."
)
@pass_invocation
def init(invocation: Invocation, folder: str, *, yes: bool, language: str | None) -> int:
    """Make a new workspace in FOLDER (default: the one named with -C, or this one).

    Asks eight short questions, then writes a commented digest.yaml, a subscriber file, a folder for bulletins and the
    workspace's secret key. Nothing that exists is overwritten.
    """
    target = Path(folder or invocation.folder)
    if (target / "digest.yaml").exists():
        raise UsageError(str(target / "digest.yaml"), _("there is a workspace already"), _("name another folder"))
    spoken = language or ("es" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("es") else "en")
    files = starter_files(spoken, _answers(spoken, ask=not yes))
    _refuse_mistakes(files)
    try:
        (target / "bulletins").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (target / name).open("x", encoding="utf-8") as file:
                file.write(text)
        keep_private(target)
    except OSError as error:
        raise CannotWriteError(
            str(error.filename or target), error.strerror or str(error), _("name a folder that you may write to")
        ) from error
    make_secret(target / "keys" / "secret")
    let_commands_mean(target)
    invocation.say(
        f"Listo. Ponga sus boletines en {target / 'bulletins'}, luego: digest preview"
        if spoken == "es"
        else f"Done. Put your bulletins into {target / 'bulletins'}, then: digest preview"
    )
    return 0


def _refuse_mistakes(files: dict[str, str]) -> None:
    """Read the settings as every command will, before anything is written; raise what would be raised then."""
    with TemporaryDirectory() as trial:
        path = Path(trial, "digest.yaml")
        path.write_text(files["digest.yaml"], encoding="utf-8")
        load_settings(path)


def _answers(spoken: str, *, ask: bool) -> dict[str, str]:
    which = 1 if spoken == "es" else 0
    if not ask:
        return {name: suggested[which] for name, suggested in DEFAULTS.items()}
    return {
        name: str(click.prompt(question[which], default=DEFAULTS[name][which], err=True)).strip()
        for name, question in QUESTIONS.items()
    }


def starter_files(language: str, answers: Mapping[str, str]) -> dict[str, str]:
    """File name → text, for `digest.yaml` and `subscribers.yaml`. Answers become YAML strings, whatever they hold."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 – this writes YAML
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    languages = [part for part in answers["languages"].replace(",", " ").lower().split() if part]
    values = {
        **answers,
        "languages": languages,
        "every": answers["every"].strip().lower(),
        "send": SENDING.get(answers["every"].strip().lower(), "day 5 at 09:00"),
    }
    return {
        name: environment.from_string((STARTER / f"{name}.{language}.jinja").read_text(encoding="utf-8")).render(values)
        for name in ("digest.yaml", "subscribers.yaml")
    }


@click.command()
@click.argument("folder", default=DEMO_FOLDER, metavar="[FOLDER]")
@pass_invocation
def demo(invocation: Invocation, folder: str) -> int:
    """Copy the sample workspace to FOLDER (default: out/demo), build every edition and send it as files.

    Nothing leaves this machine. Run again, it changes nothing.
    """
    from digest.delivery.sending import send  # 0.6 s: `init` sends nothing
    from digest.desk.pages import write_browse_page
    from digest.editions.approving import approve_whole
    from digest.editions.building import build, periods_to_build

    target = Path(folder)
    let_commands_mean(target)
    _copy_seeds(target)
    sample = Invocation(folder=folder, verbose=invocation.verbose, quiet=invocation.quiet)
    code = refresh(sample)
    instance = sample.instance
    newsletter, bench = instance.settings.newsletter(None), instance.bench
    for period in periods_to_build(newsletter, instance.items, instance.editions):
        edition = build(bench, newsletter, period).edition
        approve_whole(bench, newsletter, edition, "the demo", code=bench.editions.code(edition), early=True)
    sent = [
        send(instance.place, bench, newsletter, edition)
        for edition in instance.editions.editions(newsletter.name)
        if edition.state != "skipped"
    ]
    click.echo(_summary(instance, sent))
    click.echo("\n" + _("Look at them: {path}").format(path=write_browse_page(instance)))
    messages = sum(one.tally.frozen for one in sent)
    click.echo(plural("The message: {path}", "The {count:,} messages: {path}", messages, path=target / "out"))
    return code


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
