"""Fails when a word for subscribers is not translated, or one for staff not listed: `python tests/translations.py`.

Looks at every catalogue under templates/locale/ (or under the folder given as the only argument) and names each fault
with the file and line where the English text stands. Those in what staff read are counted; they fail for the languages
in `COMPLETE_FOR_STAFF` alone. `--write` lists the words for staff in templates/locale/staff.pot.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from digest.cli import COMMANDS, LateCommands, cli
from digest.cli.speech import CLICK, paragraphs

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "digest"
ROOMS = ("mail", "editions", "inbound")  # that write to subscribers, reviewers and those who have left
STANDARD = "bulletin"  # its catalogues also hold the words of the code and of the parts that all sets share
SHARED = "shared"
SITE = "site"  # the room that writes the pages for the public, and the catalogue of its words
STAFF = "staff"  # the words of the code, and of the desk's pages, that staff read
STAFF_PAGES = CODE / "desk" / "templates"
COPIED = "In templates that were copied from an earlier version."  # said of words that ours say no more
LANGUAGES = ("es",)  # must be there; others may be
COMPLETE_FOR_STAFF: tuple[str, ...] = ("es",)  # every word for staff must be translated; in others they are counted

MARKED = {"_": None, "later": None, "plural": (1, 2), "plural_later": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{([^{}]*)\}")

Words = dict[str | tuple[str, ...], str]  # the English text → file:line where it first stands


@cache
def words_of_code(rooms: Sequence[str] = ROOMS) -> Words:
    found: Words = {}
    for path in sorted(path for room in rooms for path in (CODE / room).rglob("*.py")):
        with path.open("rb") as file:
            for line, text, *_ in extract("python", file, keywords={"gettext": None, "say": None, "ngettext": (1, 2)}):
                found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


@cache
def words_of_staff() -> Words:
    found: Words = {}
    for path in sorted(CODE.rglob("*.py")):
        with path.open("rb") as file:
            for line, text, *_ in extract("python", file, keywords=MARKED):
                found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    for path in sorted(STAFF_PAGES.glob("*.html")):
        with path.open("rb") as file:
            for line, _, said, _ in babel_extract(file, ("_", "plural"), [], {"silent": "false", "trimmed": "true"}):
                texts = tuple(each for each in (said if isinstance(said, tuple) else (said,)) if each)
                found.setdefault(texts if len(texts) > 1 else texts[0], f"{path.relative_to(ROOT)}:{line}")
    for text, place in (*words_of_help(cli), *words_of_click()):
        found.setdefault(text, place)
    return found


def words_of_help(command: click.Command, name: str = "digest") -> Iterator[tuple[str | tuple[str, ...], str]]:
    """What `--help` says, command by command, each paragraph by itself."""
    place = f"{name} --help:0"
    if isinstance(command, LateCommands):
        for heading, commands in COMMANDS.items():
            yield heading, place
            yield from ((summary, place) for _, summary in commands.values())
    said = [command.help, *(one.help for one in command.params if isinstance(one, click.Option) and not one.hidden)]
    said += [getattr(one, "show_default", None) for one in command.params]
    for text in said:
        yield from ((one, place) for one in (paragraphs(text) if isinstance(text, str) else ()) if one)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from words_of_help(found, f"{name} {inner}")


def words_of_click() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """What the library that reads the command line says by itself."""
    for module in CLICK:
        with Path(inspect.getfile(module)).open("rb") as file:
            for _, text, *_ in extract("python", file, keywords={"_": None, "ngettext": (1, 2)}):
                yield text, f"{module.__name__}:0"


def staff_template() -> bytes:
    """The text of staff.pot: in the order of the code, without lines and dates that change for nothing."""
    listed = Catalog(project="digest", charset="utf-8", fuzzy=False)
    for text, place in words_of_staff().items():
        listed.add(text, locations=[(place.rpartition(":")[0], 0)])
    written = BytesIO()
    write_po(written, listed, width=120, omit_header=True, include_lineno=False)
    return written.getvalue()


def words_of_set(folder: Path) -> Words:
    found: Words = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            for line, _, said, _ in babel_extract(file, ("_", "gettext", "ngettext"), [], {"silent": "false"}):
                texts = tuple(each for each in (said if isinstance(said, tuple) else (said,)) if each)
                found.setdefault(texts if len(texts) > 1 else texts[0], f"{path}:{line}")
    return found


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def faults(templates: Path) -> Iterator[str]:
    sets = {path.parent.name: words_of_set(path.parent) for path in sorted(templates.glob("*/edition.mjml"))}
    sets.setdefault(STANDARD, {}).update(words_of_code() | words_of_set(templates / SHARED))
    sets[SITE] = words_of_code((SITE,)) | words_of_set(CODE / SITE / "templates")
    languages = {path.name for path in (templates / "locale").glob("*/")} | set(LANGUAGES)
    for language in sorted(languages):
        folder = templates / "locale" / language / "LC_MESSAGES"
        catalogues = {path.stem: catalogue(path) for path in sorted(folder.glob("*.po"))}
        staff = catalogues.pop(STAFF, None)
        if staff is not None and language in COMPLETE_FOR_STAFF:
            yield from faults_for_staff(language, staff)
        for name, words in sets.items():
            known = [catalogues[each] for each in dict.fromkeys((name, STANDARD)) if each in catalogues]
            for text, place in words.items():
                yield from (f"{place}: {language}: {fault}" for fault in faults_of(text, known))
        for name, found in catalogues.items():
            used = {text for words in (sets.values() if name == STANDARD else [sets.get(name, {})]) for text in words}
            for message in [*found, *found.obsolete.values()]:
                if message.id and message.id not in used and COPIED not in message.auto_comments:
                    yield f"{folder / name}.po:{message.lineno or 1}: {language}: nobody says {message.id!r} any more"


def faults_for_staff(language: str, known: Catalog) -> Iterator[str]:
    for text, place in words_of_staff().items():
        yield from (f"{place}: {language}: {fault}" for fault in faults_of(text, [known]))
    said = {text if isinstance(text, str) else text[0] for text in words_of_staff()}
    for message in known:
        if message.id and (message.id if isinstance(message.id, str) else message.id[0]) not in said:
            yield f"{STAFF}.po:{message.lineno or 1}: {language}: nobody says {message.id!r} any more"


def faults_of(text: str | tuple[str, ...], known: list[Catalog]) -> Iterator[str]:
    message = next((found for each in known if (found := each.get(text if isinstance(text, str) else text[0]))), None)
    if message is None or not translations_of(message):
        yield f"no translation of {text!r}"
        return
    if message.fuzzy:
        yield f"the translation of {text!r} is marked fuzzy"
    english = [text] if isinstance(text, str) else list(text)
    wanted = [set(PLACEHOLDER.findall(each)) for each in english]  # “one day” needs no number, “{count} days” does
    if isinstance(message.string, str) and not isinstance(text, str):
        yield f"the translation of {text!r} has other forms"
    for number, translation in enumerate(translations_of(message)):
        if not translation.strip():
            yield f"the translation of {text!r} is empty"
        elif set(PLACEHOLDER.findall(translation)) not in (wanted[-1:] if number else wanted):
            yield f"the translation of {text!r} has other placeholders: {translation!r}"


def translations_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) and message.string else list(message.string or ())


def main() -> int:
    listed = ROOT / "templates" / "locale" / f"{STAFF}.pot"
    if sys.argv[1:] == ["--write"]:
        listed.write_bytes(staff_template())
        return 0
    templates = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "templates"
    found = sorted(faults(templates))
    if not listed.is_file() or listed.read_bytes() != staff_template():
        found.append(f"{listed.relative_to(ROOT)}: not the words of the code: python tests/translations.py --write")
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    for path in sorted(templates.glob(f"locale/*/LC_MESSAGES/{STAFF}.po")):
        language = path.parent.parent.name
        if language not in COMPLETE_FOR_STAFF and (waiting := len([*faults_for_staff(language, catalogue(path))])):
            sys.stdout.write(f"{language}: {waiting} words for staff wait for a translation\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
