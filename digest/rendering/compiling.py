"""Compiles a template set, once per language: MJML to HTML, then all three parts to Jinja templates."""

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, Template, TemplateSyntaxError
from mjml import mjml2html

from digest.errors import ConfigurationError
from digest.rendering.catalogues import translations
from digest.rendering.sandbox import sandbox
from digest.rendering.templates import TemplateSet
from digest.rendering.wording import Words


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template set in one language, ready to be filled."""

    words: Words
    html: Template
    text: Template
    subject: Template


@lru_cache(maxsize=32)
def compiled(template_set: TemplateSet, language: str) -> Compiled:
    """Raise `ConfigurationError`, with file and line where they are known, for a template that cannot be compiled."""
    words = Words(language, translations(language, template_set.catalogues))
    markup = sandbox(words.translations, autoescape=True)
    plain = sandbox(words.translations, autoescape=False)
    source = template_set.part("edition.mjml")
    _template(markup, template_set, "edition.mjml", source)  # only here a syntax error has its line number
    return Compiled(
        words=words,
        html=_template(markup, template_set, "edition.mjml", _html(template_set, source)),
        text=_template(plain, template_set, "edition.txt", template_set.part("edition.txt")),
        subject=_template(plain, template_set, "subject.txt", template_set.part("subject.txt")),
    )


def _html(template_set: TemplateSet, source: str) -> str:
    def included(path: str) -> str:
        return template_set.part(path)  # the set's own files by name, and nothing else

    thing = str(template_set.folder / "edition.mjml")
    try:
        html = mjml2html(source, disable_comments=True, fonts={}, include_loader=included)
    except ValueError as error:
        raise ConfigurationError(
            thing, f"it is not MJML: {error}", "look for '<' inside Jinja, unclosed tags, includes from elsewhere"
        ) from error
    if "<mj-" in html:
        unknown = html.split("<mj-", 1)[1].split(">", 1)[0].split()[0]
        raise ConfigurationError(thing, f"<mj-{unknown}> is no MJML tag, or stands where it cannot", "correct the tag")
    return html


def _template(environment: Environment, template_set: TemplateSet, part: str, text: str) -> Template:
    try:
        return environment.from_string(text)
    except TemplateSyntaxError as error:
        raise ConfigurationError(
            f"{template_set.folder / part}:{error.lineno}", str(error.message), "correct the template"
        ) from error
