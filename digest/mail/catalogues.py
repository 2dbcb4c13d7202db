"""Translations: gettext catalogues, compiled from their `.po` text in memory."""

from collections.abc import Iterable
from io import BytesIO, StringIO

from babel import UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from digest.errors import ConfigurationError


def translations(language: str, catalogues: Iterable[tuple[str, str]]) -> Translations:
    """The words of `language` from (language, `.po` text) pairs, the later pair first; `pt-BR` finds `pt` too. What
    has no translation, or a fuzzy one, stays English: it never fails.
    """
    wanted = {language.replace("-", "_"), language.split("-", maxsplit=1)[0]}
    words = Translations()
    for code, text in catalogues:
        if code in wanted:
            found = _compiled(code, text)
            found.add_fallback(words)
            words = found
    return words


def _compiled(language: str, text: str) -> Translations:
    compiled = BytesIO()
    try:
        write_mo(compiled, read_po(StringIO(text), locale=language, abort_invalid=True))
    except (PoFileError, UnknownLocaleError) as error:
        raise ConfigurationError(f"the catalogue for {language!r}", str(error), "correct the .po file") from error
    compiled.seek(0)
    return Translations(compiled)
