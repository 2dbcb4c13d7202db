"""Compiles a template set, once per language: MJML to HTML, then all three parts to Jinja templates in a sandbox."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from typing import Any

from babel.support import Translations
from jinja2 import DictLoader, Environment, StrictUndefined, Template, TemplateRuntimeError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from mjml import mjml2html

from digest.errors import ConfigurationError
from digest.foundation.catalogue import translations
from digest.foundation.problems import Place
from digest.mail.fitting import wrap
from digest.mail.greeting import greeting_mark
from digest.mail.linting import refuse_faults
from digest.mail.templates import EDITION, SUBJECT, TEXT, TemplateSet
from digest.mail.views import BrandView, IntroductionView, LogoView, OtherView, SectionView, StoryView
from digest.mail.wording import Words, first_upper

_LONGEST_RANGE = 1000
_VIEWS = (StoryView, SectionView, OtherView, IntroductionView, BrandView, LogoView)
_SAFE = {view: frozenset(field.name for field in fields(view)) for view in _VIEWS}
# A whole start tag, quoted values included: a "<" inside a value is no tag.
_TAG = re.compile(r"""<([a-z][a-z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>""")


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
    markup = environment_of(words.translations, autoescape=True)
    plain = environment_of(words.translations, autoescape=False)
    plain.loader = DictLoader({name: text for name, text in template_set.files if name.endswith(".txt")})
    _parse_all(template_set, markup, plain)
    if template_set.own:
        refuse_faults(template_set)
    return Compiled(
        words=words,
        html=markup.from_string(_html(template_set)),
        text=plain.get_template(TEXT),
        subject=plain.get_template(SUBJECT),
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


# -- The Jinja environment of all templates: they see what they are given, change nothing, and reach nothing else.


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """The fields of our views are safe by construction: only everything else is looked at."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        safe = _SAFE.get(type(obj))
        if safe is not None and attribute in safe:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


def environment_of(words: Translations, *, autoescape: bool) -> TemplateEnvironment:
    """For HTML with `autoescape`; for plain text without it, and with lines that hold only a tag left out."""
    environment = TemplateEnvironment(
        extensions=["jinja2.ext.i18n"],
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=not autoescape,
        lstrip_blocks=not autoescape,
    )
    environment.globals["range"] = _range
    environment.globals["greeting"] = partial(greeting_mark, markup=autoescape)
    environment.filters.update({"wrap": wrap, "first_upper": first_upper, "styled": styled})
    install: Callable[..., None] = environment.install_gettext_translations  # type: ignore[attr-defined]  # by the extension
    install(words, newstyle=True)
    return environment


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > _LONGEST_RANGE:
        raise TemplateRuntimeError(f"a range of {len(found)} is longer than {_LONGEST_RANGE}")
    return found


def styled(html: Markup, **styles: str) -> Markup:
    """The sanitised HTML, each tag named in `styles` with that style. For use as a Jinja filter."""
    return _styled(html, tuple(styles.items()))


@lru_cache(maxsize=1024)  # the same stories stand in many variants
def _styled(html: Markup, styles: tuple[tuple[str, str], ...]) -> Markup:
    known = dict(styles)

    def with_style(tag: re.Match[str]) -> str:
        name, rest = tag.groups()
        return f'<{name} style="{known[name]}"{rest}>' if name in known else tag[0]

    return Markup(_TAG.sub(with_style, html))  # noqa: S704 – nothing but the template's own styles came in
