"""`digest init`: make a new workspace."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from digest.cli.session import Session, pass_session
from digest.errors import CannotWriteError, UsageError

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
    "publisher": ("Our programme", "Nuestro programa"),
    "address": ("P.O. Box 100, San José, Costa Rica", "Apartado Postal 100, San José, Costa Rica"),
    "website": ("https://www.example.org", "https://www.example.org"),
    "timezone": ("America/Costa_Rica", "America/Costa_Rica"),
    "title": ("Bulletin", "Boletín"),
    "sender": ("bulletin@example.org", "boletin@example.org"),
    "languages": ("en, es", "es, en"),
    "every": ("month", "month"),
}


@click.command()
@click.argument("folder", default="", metavar="[FOLDER]")
@click.option("--yes", is_flag=True, help="Ask nothing: take the answers as suggested, to be edited later.")
@click.option(
    "--language", type=click.Choice(["en", "es"]), help="Speak English or Spanish (default: your system's language)."
)
@pass_session
def init(session: Session, folder: str, *, yes: bool, language: str | None) -> int:
    """Make a new workspace in FOLDER (default: the one named with -C, or this one).

    Asks eight short questions, then writes a commented digest.yaml, a subscriber file, a folder for bulletins and the
    workspace's secret key. Nothing that exists is overwritten.
    """
    from digest.config.starter import starter_files
    from digest.store.keys import make_secret

    target = Path(folder or session.folder)
    if (target / "digest.yaml").exists():
        raise UsageError(str(target / "digest.yaml"), "there is a workspace already", "name another folder")
    spoken = language or ("es" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("es") else "en")
    files = starter_files(spoken, _answers(spoken, ask=not yes))
    _refuse_mistakes(files)
    try:
        (target / "bulletins").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (target / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise CannotWriteError(
            str(error.filename or target), error.strerror or str(error), "name a folder that you may write to"
        ) from error
    make_secret(target / "keys" / "secret")
    here = "" if target == Path() else f" -C {target}"
    session.say(
        f"Listo. Ponga sus boletines en {target / 'bulletins'}, luego: digest{here} preview"
        if spoken == "es"
        else f"Done. Put your bulletins into {target / 'bulletins'}, then: digest{here} preview"
    )
    return 0


def _refuse_mistakes(files: dict[str, str]) -> None:
    """Read the settings as every command will, before anything is written; raise what would be raised then."""
    from digest.config.loading import load_settings

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
