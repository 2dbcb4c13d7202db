"""Renders a variant: its content through a template set, into subject, HTML, text and the whole message."""

import re
from pathlib import Path

from jinja2 import Template, TemplateError

from digest.errors import ConfigurationError
from digest.model.edition import Rendered, VariantContent
from digest.rendering.compiling import compiled
from digest.rendering.message import message_of
from digest.rendering.pages import page_of
from digest.rendering.shortening import one_line, shorten
from digest.rendering.stories import SectionTitle
from digest.rendering.templates import Templates, TemplateSet

SUBJECT_MOST = 78  # characters; most mail programs show no more

_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


class Renderer:
    """The `digest.ports.Renderer`. It sees each set as it was when first asked for it: make a new one after a change
    (what is compiled is kept by content, so a new renderer costs nothing).

    `workspace` is the workspace's `templates/` folder, if there is one. `section_title` takes "country" or "topic", a
    code or slug, and a language. `has_public_url` says whether there is a page for preferences, leaving and reading.
    """

    def __init__(self, workspace: Path | None, section_title: SectionTitle, *, has_public_url: bool) -> None:
        self._templates = Templates(workspace)
        self._section_title = section_title
        self._has_public_url = has_public_url
        self._sets: dict[str, TemplateSet] = {}

    def fingerprint(self, template: str) -> str:
        return self._set(template).fingerprint

    def render(self, content: VariantContent) -> Rendered:
        template_set = self._set(content.newsletter.template)
        parts = compiled(template_set, content.language)
        page = page_of(content, parts.words, self._section_title, has_public_url=self._has_public_url)
        variables: dict[str, object] = dict(vars(page))
        try:
            subject = _subject(parts.subject, variables)
            variables["subject"] = subject
            html = parts.html.render(variables)
            text = _tidy(parts.text.render(variables))
        except TemplateError as error:
            raise ConfigurationError(
                f"template {template_set.folder}", str(error), "correct the template; docs name its variables"
            ) from error
        message = message_of(content, subject, html, text, has_public_url=self._has_public_url)
        return Rendered(subject=subject, html=html, text=text, message=message)

    def _set(self, name: str) -> TemplateSet:
        if name not in self._sets:
            self._sets[name] = self._templates.read(name)
        return self._sets[name]


def _subject(template: Template, variables: dict[str, object]) -> str:
    return shorten(one_line(template.render(variables)), SUBJECT_MOST)


def _tidy(text: str) -> str:
    """No blank ends of lines, never two empty lines together, one line end at the end."""
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("", text)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
