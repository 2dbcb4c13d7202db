"""Words in the language of whoever reads them, from gettext catalogues; the English text is the key.

What staff read stands in the code as `_("…")` and `plural("…", "…", count)`, and other languages in
`templates/locale/<language>/LC_MESSAGES/staff.po`. A process speaks one language to staff: English, unless `speak` is
told another before the first word.
"""

from collections.abc import Iterable
from gettext import NullTranslations
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from digest.commands import printed
from digest.errors import ConfigurationError
from digest.foundation.files import data_folder

if TYPE_CHECKING:
    from babel.support import Translations


class _Staff:
    def __init__(self) -> None:
        self.language, self.words = "en", NullTranslations()


_staff = _Staff()


def speak(language: str) -> None:
    """Say everything to staff in this language from now on, as far as it is translated."""
    _staff.language, _staff.words = language, translations(language, written("staff"))


def spoken() -> str:
    """The language in which staff read."""
    return _staff.language


def written(domain: str) -> list[tuple[str, str]]:
    """The catalogues of this name that the program brings along, each with its language."""
    paths = sorted(data_folder("templates").glob(f"locale/*/LC_MESSAGES/{domain}.po"))
    return [(path.parent.parent.name, path.read_text(encoding="utf-8")) for path in paths]


def _(message: str) -> str:
    """The message in the language of staff; its `{placeholders}` are for the caller to fill, its commands work."""
    return printed(_staff.words.gettext(message))


def ngettext(one: str, many: str, count: int) -> str:
    """The form that the language has for so many; its commands work."""
    return printed(_staff.words.ngettext(one, many, count))


def plural(one: str, many: str, count: int, **values: object) -> str:
    """`plural("{count:,} story", "{count:,} stories", 1200)` is `1,200 stories`."""
    return ngettext(one, many, count).format(count=count, **values)


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
        raise ConfigurationError(f"the catalogue for {language!r}", str(error), "correct the .po file") from error
    compiled.seek(0)
    return Translations(compiled)
