"""The catalogues of words that the program brings along: found, read, and spoken from.

Other languages than English are in `templates/locale/<language>/LC_MESSAGES/`: the words of staff in `staff.po`, those
of a template set in a file of its name.
"""

import re
from collections.abc import Callable, Iterable
from gettext import NullTranslations, c2py
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from digest.errors import ConfigurationError
from digest.foundation import catalogue
from digest.foundation.catalogue import _
from digest.foundation.files import data_folder

if TYPE_CHECKING:
    from babel.support import Translations

_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr)(?:\[\d\])? +)?"((?:[^"\\]|\\.)*)"\s*')
_ESCAPED = re.compile(r"\\(.)")
_SIGNS = {"n": "\n", "t": "\t", "r": "\r"}
_PLURAL = re.compile(r"plural *= *([^;]+);")


def speak(language: str) -> None:
    """Say everything to staff in this language (`es`, `es-CR`) from now on; in English, where nobody translated it."""
    if language == catalogue.spoken():
        return
    words: NullTranslations = NullTranslations()
    plain, spoken = language.partition("-")[0], "en"
    for code, text in written("staff") if plain != "en" else ():
        if code in (language.replace("-", "_"), plain):
            more = StaffCatalogue(code, text)
            more.add_fallback(words)
            words, spoken = more, language if _is_known(language) else plain
    catalogue.speak_with(spoken, words)


def _is_known(language: str) -> bool:
    """Whether dates and numbers can be written as in that country."""
    from babel.core import Locale, UnknownLocaleError  # 30 ms: only where something is said in another language

    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True


def written(domain: str) -> list[tuple[str, str]]:
    """The catalogues of this name that the program brings along, each with its language."""
    paths = sorted(data_folder("templates").glob(f"locale/*/LC_MESSAGES/{domain}.po"))
    return [(path.parent.parent.name, path.read_text(encoding="utf-8")) for path in paths]


def translations(language: str, catalogues: Iterable[tuple[str, str]]) -> "Translations":
    """The words of `language` from (language, `.po` text) pairs, the later pair first; `pt-BR` finds `pt` too. What
    has no translation, or a fuzzy one, stays English: it never fails.
    """
    from babel.support import Translations  # 30 ms: only where something is said in another language

    wanted = {language.replace("-", "_"), language.split("-", maxsplit=1)[0]}
    words = Translations()
    for code, text in catalogues:
        if code in wanted:
            found = _compiled(code, text)
            found.add_fallback(words)
            words = found
    return words


def _compiled(language: str, text: str) -> "Translations":
    from babel.core import UnknownLocaleError  # 30 ms, as above
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po
    from babel.support import Translations

    compiled = BytesIO()
    try:
        write_mo(compiled, read_po(StringIO(text), locale=language, abort_invalid=True))
    except (PoFileError, UnknownLocaleError) as error:
        raise ConfigurationError(
            _("the catalogue for {language!r}").format(language=language), str(error), _("correct the .po file")
        ) from error
    compiled.seek(0)
    return Translations(compiled)


class StaffCatalogue(NullTranslations):
    """The words of a `.po` file. What has no translation, or a fuzzy one, stays English.

    For 2,000 of them babel takes 0.09 s of the processor at every start, this 0.02.
    """

    def __init__(self, language: str, text: str) -> None:
        super().__init__()
        self._words: dict[str, list[str]] = {}
        self._form: Callable[[int], int] = c2py("n != 1")
        for block in re.split(r"\n\s*\n", text):
            english, said, is_fuzzy = _entry(language, block)
            if english == [""] and (rule := _PLURAL.search(said[0])):
                self._form = c2py(rule[1])
            elif english and all(said) and not is_fuzzy:
                self._words[english[0]] = said

    def gettext(self, message: str) -> str:
        found = self._words.get(message)
        return found[0] if found else super().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        found = self._words.get(msgid1)
        return found[min(self._form(n), len(found) - 1)] if found else super().ngettext(msgid1, msgid2, n)


def _entry(language: str, block: str) -> tuple[list[str], list[str], bool]:
    """The English text and its plural, their translations, and whether somebody has to look at these."""
    english, said, into, is_fuzzy = list[str](), list[str](), list[str](), False
    for line in block.splitlines():
        if line.startswith("#"):
            is_fuzzy |= line.startswith("#,") and "fuzzy" in line
        elif line.strip():
            found = _LINE.fullmatch(line)
            if found is None or not (found[1] or into):
                raise ConfigurationError(
                    _("the catalogue for {language!r}").format(language=language),
                    _("{line!r} is no line of a catalogue").format(line=line),
                    _("correct it"),
                )
            if found[1]:
                into = said if found[1] == "msgstr" else english
                into.append("")
            text = found[2]
            into[-1] += _ESCAPED.sub(lambda one: _SIGNS.get(one[1], one[1]), text) if "\\" in text else text
    return english, said, is_fuzzy
