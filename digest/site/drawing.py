"""Draws the pages from their templates, in the reader's language and the publisher's look."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from digest.foundation.files import data_folder
from digest.foundation.languages import translations
from digest.mail.wording import Words
from digest.newsletters.colours import DARK, LIGHT
from digest.newsletters.newsletter import Newsletter, Publisher, Typeface
from digest.site.public_archive import body_with_pictures

STYLE = "style.css"
_CATALOGUES = ("bulletin", "site")  # the words of dates and counts, and those of the pages
_SERIF = 'Georgia, "Times New Roman", serif'
_SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif'
_OWN_NAMES = {"en": "English", "es": "Español"}


class Pages:
    """`offers_sign_up` and `searches` say what there is to link to; `root` is the public URL, where it is known."""

    def __init__(
        self,
        publisher: Publisher,
        newsletters: Sequence[Newsletter],
        *,
        root: str | None,
        offers_sign_up: bool = True,
        searches: bool = True,
        has_archive: bool = True,
        noindex: bool = False,
    ) -> None:
        self.publisher, self.newsletters, self.root = publisher, newsletters, root
        self.offers_sign_up, self.noindex = offers_sign_up, noindex
        self.languages = tuple(dict.fromkeys(code for one in newsletters for code in one.languages))
        self._shared = {
            "publisher": publisher,
            "newsletters": newsletters,
            "offers_sign_up": offers_sign_up,
            "searches": searches,
            "has_archive": has_archive,
            "noindex": noindex,
            "languages": self.languages,
            "root": root,
        }

    @cached_property
    def style(self) -> str:
        """The style sheet, in the publisher's colours."""
        brand = self.publisher.brand
        values = {
            "accent": brand.accent,
            "accent_dark": brand.accent_dark,
            "page": LIGHT[0],
            "foot": LIGHT[1],
            "page_dark": DARK[0],
            "foot_dark": DARK[1],
            "titles": _SERIF if brand.font is Typeface.SERIF else _SANS,
            "texts": _SANS,
        }
        text = files("digest.site").joinpath("templates", STYLE).read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"{{{{ {name} }}}}", value)
        return text

    @cached_property
    def style_version(self) -> str:
        return hashlib.sha256(self.style.encode()).hexdigest()[:12]

    def language(self, wanted: str | None) -> str:
        """The language of the pages that is nearest to what is wanted."""
        return wanted if wanted in self.languages else self.languages[0]

    def draw(self, template: str, language: str, path: str, **values: object) -> str:
        """`path` is where the page lies below the root: its links are relative to that, so that they work wherever the
        pages are put.
        """
        words = words_of(language)
        return (
            _environment()
            .get_template(template)
            .render(
                **self._shared,
                words=words,
                _=_sayer(words),
                language=language,
                base="../" * path.count("/", 1) or "./",
                path=path,
                style=f"style-{self.style_version}.css",
                **values,
            )
        )


@lru_cache(maxsize=16)
def words_of(language: str) -> Words:
    folder = data_folder("templates") / "locale"
    found = [
        (path.parent.parent.name, path.read_text(encoding="utf-8"))
        for name in _CATALOGUES
        for path in sorted(folder.glob(f"*/LC_MESSAGES/{name}.po"))
    ]
    return Words(language, translations(language, found))


def _sayer(words: Words) -> Callable[..., Markup]:
    def say(text: str, **values: object) -> Markup:
        return Markup(words.translations.gettext(text)) % values  # noqa: S704 – our own words; values are escaped

    return say


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("digest.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "own_name": lambda code: _OWN_NAMES.get(code) or Words(code, translations(code, ())).name_of(code)
    }
    environment.globals |= {"body_with_pictures": body_with_pictures}
    return environment


def title_of(newsletter: Newsletter, language: str) -> str:
    return newsletter.title(language if language in newsletter.languages else newsletter.languages[0])
