"""Compiles a template set, once per language: MJML to HTML, then all three parts to Jinja templates."""

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import DictLoader, Environment, Template, TemplateSyntaxError
from mjml import mjml2html

from digest.errors import ConfigurationError
from digest.foundation.catalogue import translations
from digest.foundation.problems import Place
from digest.mail.linting import refuse_faults
from digest.mail.templates import TemplateSet, sandbox
from digest.mail.wording import Words

EDITION = "edition.mjml"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template set in one language, ready to be filled."""

    words: Words
    html: Template
    text: Template
    subject: Template


@lru_cache(maxsize=32)
def compiled(template_set: TemplateSet, language: str) -> Compiled:
    """Raise `ConfigurationError`, with file and line where they are known, for a template that cannot be compiled. A
    set with files of the workspace's own is looked through first: the compiler accepts almost anything.
    """
    words = Words(language, translations(language, template_set.catalogues))
    markup = sandbox(words.translations, autoescape=True)
    plain = sandbox(words.translations, autoescape=False)
    plain.loader = DictLoader({name: text for name, text in template_set.files if name.endswith(".txt")})
    _parse_all(template_set, markup, plain)
    if template_set.own:
        refuse_faults(template_set)
    return Compiled(
        words=words,
        html=markup.from_string(_html(template_set)),
        text=plain.get_template("edition.txt"),
        subject=plain.get_template("subject.txt"),
    )


def _parse_all(template_set: TemplateSet, markup: Environment, plain: Environment) -> None:
    """Each file alone, as later nobody knows its lines; so each must be complete in itself."""
    for name, text in template_set.files:
        environment = {"mjml": markup, "txt": plain}.get(name.rpartition(".")[2])
        if environment is None:
            continue
        try:
            environment.parse(text)
        except TemplateSyntaxError as error:
            place = Place(str(template_set.path(name)), error.lineno)
            raise ConfigurationError(str(place), str(error.message), "correct the template") from error


def _html(template_set: TemplateSet) -> str:
    thing = str(template_set.path(EDITION))
    try:
        html = mjml2html(template_set.part(EDITION), disable_comments=True, fonts={})
    except ValueError as error:
        raise ConfigurationError(
            thing, f"it is not MJML: {error}", "look for '<' inside Jinja and for unclosed tags"
        ) from error
    if "<mj-" in html:
        unknown = html.split("<mj-", 1)[1].split(">", 1)[0].split()[0]
        raise ConfigurationError(thing, f"<mj-{unknown}> is no MJML tag, or stands where it cannot", "correct the tag")
    return html
