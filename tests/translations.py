"""Fails when a word that readers see, in templates or in code, is not translated: `python tests/translations.py`.

Looks at every catalogue under templates/locale/ (or under the folder given as the only argument) and names each fault
with the file and line where the English text stands.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "digest"
SPEAKS = b"gettext"  # what every module holds that says something to readers
STANDARD = "bulletin"  # its catalogues also hold the words of the code and of the parts that all sets share
SHARED = "shared"
LANGUAGES = ("es",)  # must be there; others may be

PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}")

Words = dict[str | tuple[str, ...], str]  # the English text → file:line where it first stands


def words_of_code() -> Words:
    found: Words = {}
    for path in sorted(path for path in CODE.rglob("*.py") if SPEAKS in path.read_bytes()):
        with path.open("rb") as file:
            for line, text, *_ in extract("python", file, keywords={"gettext": None, "say": None, "ngettext": (1, 2)}):
                found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


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
    languages = {path.name for path in (templates / "locale").glob("*")} | set(LANGUAGES)
    for language in sorted(languages):
        folder = templates / "locale" / language / "LC_MESSAGES"
        catalogues = {path.stem: catalogue(path) for path in sorted(folder.glob("*.po"))}
        for name, words in sets.items():
            known = [catalogues[each] for each in dict.fromkeys((name, STANDARD)) if each in catalogues]
            for text, place in words.items():
                yield from (f"{place}: {language}: {fault}" for fault in faults_of(text, known))
        for name, found in catalogues.items():
            used = {text for words in (sets.values() if name == STANDARD else [sets.get(name, {})]) for text in words}
            for message in [*found, *found.obsolete.values()]:
                if message.id and message.id not in used:
                    yield f"{folder / name}.po:{message.lineno or 1}: {language}: nobody says {message.id!r} any more"


def faults_of(text: str | tuple[str, ...], known: list[Catalog]) -> Iterator[str]:
    message = next((found for each in known if (found := each.get(text if isinstance(text, str) else text[0]))), None)
    if message is None or not translations_of(message):
        yield f"no translation of {text!r}"
        return
    if message.fuzzy:
        yield f"the translation of {text!r} is marked fuzzy"
    english = [text] if isinstance(text, str) else list(text)
    wanted = {name for each in english for name in PLACEHOLDER.findall(each)}
    for translation in translations_of(message):
        if not translation.strip():
            yield f"the translation of {text!r} is empty"
        elif set(PLACEHOLDER.findall(translation)) != wanted:
            yield f"the translation of {text!r} has other placeholders: {translation!r}"


def translations_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) and message.string else list(message.string or ())


def main() -> int:
    templates = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "templates"
    found = sorted(faults(templates))
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
