"""Renders a variant: its content through a template set, into subject, HTML, text and the whole message."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from digest.errors import ConfigurationError, IntegrityError
from digest.foundation.catalogue import translations
from digest.foundation.problems import Place
from digest.intake.picture import ADDRESS, Picture
from digest.mail.content import Rendered, VariantContent
from digest.mail.fitting import one_line, shorten
from digest.mail.templates import STANDARD, Templates, TemplateSet
from digest.mail.wording import Words

if TYPE_CHECKING:
    from jinja2 import TemplateError

    from digest.mail.page import SectionTitle

SUBJECT_MOST = 78  # characters; most mail programs show no more
REMEDY = "correct the template; `digest help your-own-templates` names its variables"
_NAME_IN_AN_ERROR = re.compile(r"^'(\w+)' is undefined|attribute '(\w+)'")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def _no_picture(_name: str) -> Picture | None:
    return None


class Renderer(Protocol):
    """Makes the bytes of variants."""

    def fingerprint(self, template: str) -> str:
        """The SHA-256 of the template set: files, catalogues and the compiler's version."""
        ...

    def render(self, content: VariantContent) -> Rendered:
        """A pure function of its argument and the template set."""
        ...

    def words(self, language: str) -> Words:
        """The wording of a language, with the workspace's own catalogues, for what no template writes."""
        ...


class TemplateRenderer:
    """It sees each set as it was when first asked for it: make a new one after a change (what is compiled is kept by
    content, so a new renderer costs nothing).

    `workspace` is the workspace's `templates/` folder, if there is one. `section_title` takes "country" or "topic", a
    code or slug, and a language. `has_public_url` says whether there is a page for preferences, leaving and reading.
    `picture` finds the picture that a text asks for by its name, which is that of its content.
    """

    def __init__(
        self,
        workspace: Path | None,
        section_title: "SectionTitle",
        *,
        has_public_url: bool,
        picture: Callable[[str], Picture | None] = _no_picture,
    ) -> None:
        self._templates = Templates(workspace)
        self._section_title = section_title
        self._has_public_url = has_public_url
        self._picture = picture
        self._sets: dict[str, TemplateSet] = {}

    def fingerprint(self, template: str) -> str:
        return self._set(template).fingerprint

    def render(self, content: VariantContent) -> Rendered:
        # Jinja, MJML and the page take 80 ms: a run in which nothing is due renders nothing.
        from jinja2 import TemplateError

        from digest.mail.compiling import compiled
        from digest.mail.message import message_of
        from digest.mail.page import BUDGET, condensed, page_of

        template_set = self._set(content.newsletter.template)
        parts = compiled(template_set, content.language)
        page = page_of(content, parts.words, self._section_title, has_public_url=self._has_public_url)
        try:
            subject = one_line(parts.subject.render(vars(page)))
            if content.is_correction:  # whatever the set's own template says
                subject = parts.words.correction(subject)
            subject = shorten(subject, SUBJECT_MOST)
            budget = template_set.budget or BUDGET
            page, html = condensed(page, lambda page: parts.html.render(vars(page), subject=subject), budget)
            text = _tidy(parts.text.render(vars(page), subject=subject))
        except TemplateError as error:
            raise _explained(template_set, error) from error
        pictures = self._pictures_in(html)
        message = message_of(content, subject, html, text, pictures, has_public_url=self._has_public_url)
        return Rendered(subject=subject, html=html, text=text, message=message)

    def words(self, language: str) -> Words:
        """The wording of a language, with the workspace's own catalogues, for what no template writes."""
        return Words(language, translations(language, self._set(STANDARD).catalogues))

    def _pictures_in(self, html: str) -> list[Picture]:
        """Those that the body asks for, each once, in its order."""
        found = []
        for name in dict.fromkeys(ADDRESS.findall(html)):
            picture = self._picture(name)
            if picture is None:
                raise IntegrityError(f"the picture {name[:8]}", "it is not in the database", "collect its source again")
            found.append(picture)
        return found

    def _set(self, name: str) -> TemplateSet:
        if name not in self._sets:
            self._sets[name] = self._templates.read(name)
        return self._sets[name]


def _explained(template_set: TemplateSet, error: "TemplateError") -> ConfigurationError:
    """With the first place where the name stands that was not understood: Jinja knows only the compiled line."""
    said = str(error)
    names = [name for pair in _NAME_IN_AN_ERROR.findall(said) for name in pair if name]
    for name in names:
        for file, text in template_set.files:
            found = re.search(rf"\{{[{{%][^}}]*\b{re.escape(name)}\b", text)
            if found:
                place = Place(str(template_set.path(file)), text.count("\n", 0, found.end()) + 1)
                return ConfigurationError(str(place), said, REMEDY)
    return ConfigurationError(f"template {template_set.name}", said, REMEDY)


def _tidy(text: str) -> str:
    """No blank ends of lines, never two empty lines together, one line end at the end."""
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("", text)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
