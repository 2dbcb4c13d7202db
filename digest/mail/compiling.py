"""Compiles a template set, once per language: MJML to HTML, then all three parts to Jinja templates in a sandbox."""

import re
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from html import unescape
from pathlib import Path
from traceback import extract_tb
from typing import Any

from babel.support import Translations
from jinja2 import (
    Environment,
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateRuntimeError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from mjml import mjml2html

from digest.errors import ConfigurationError, DigestError
from digest.foundation.bounded import OutOfBoundsError, in_bounds, open_reserve, too_large
from digest.foundation.catalogue import _, later
from digest.foundation.languages import translations
from digest.foundation.problems import Place
from digest.mail.fitting import wrap
from digest.mail.greeting import greeting_mark
from digest.mail.linting import refuse_faults
from digest.mail.story import QUOTE, WHOLE, breakable
from digest.mail.templates import EDITION, SUBJECT, TEXT, UNBOUNDED, TemplateSet
from digest.mail.views import (
    BrandView,
    IntroductionView,
    LogoView,
    OtherView,
    PictureView,
    SectionView,
    StoryView,
)
from digest.mail.wording import Words, first_upper

REMEDY = later("correct the template; `digest help your-own-templates` names its variables")
MOST_WRITTEN = 20 << 20  # characters, by an office's own template; mail programs show a tenth of a million
_LONGEST_RANGE = 1000
_OPENED = re.compile(r"\{[{%][-+]?")
_CLOSED = re.compile(r"[-+]?[}%]\}")
_RAW = re.compile(r"\{%[-+]?\s*raw\b")
_VIEWS = (StoryView, SectionView, OtherView, PictureView, IntroductionView, BrandView, LogoView)
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
    texts = {name: text for name, text in template_set.files if name.endswith(".txt")}
    places = {name: str(template_set.path(name)) for name in (*texts, EDITION)}  # what a traceback says of them
    plain.loader = FunctionLoader(lambda name: (texts[name], places[name], lambda: True) if name in texts else None)
    _parse_all(template_set, markup, plain)
    if template_set.own:
        refuse_faults(template_set)
        for environment in (markup, plain):
            environment.concat = _written  # type: ignore[method-assign]  # how Jinja lets it be replaced
    html = markup.compile(_numbered(_html(template_set)), EDITION, places[EDITION])
    return Compiled(
        words=words,
        html=Template.from_code(markup, html, markup.make_globals(None)),
        text=plain.get_template(TEXT),
        subject=plain.get_template(SUBJECT),
    )


def refuse_unsound(template_set: TemplateSet, language: str) -> None:
    """Compile a set with files of an office's own where nothing can happen to us: loops are computed even then. Raise
    `ConfigurationError` for whatever goes wrong.
    """
    try:
        in_bounds(partial(_compiled_alone, template_set, language))
    except OutOfBoundsError as error:
        raise ConfigurationError(str(template_set.path(EDITION).parent), str(error), _(UNBOUNDED)) from error


def _compiled_alone(template_set: TemplateSet, language: str) -> None:
    """What is compiled stays in that process."""
    try:
        compiled(template_set, language)
    except DigestError:
        raise
    except Exception as error:
        raise explained(template_set, error) from error


def _written(pieces: Iterable[str]) -> str:
    """One text of the pieces. Who writes without end hears of it where the last one was written."""
    found, room = [], MOST_WRITTEN
    for piece in pieces:
        found.append(piece)
        room -= len(piece)
        if room < 0:
            error = OutOfBoundsError(_("it writes more than {megabytes} MB").format(megabytes=MOST_WRITTEN >> 20))
            if isinstance(pieces, Generator):
                pieces.throw(error)
            raise error
    return "".join(found)


# -- Where a template's mistake stands. Of the compiled HTML Jinja knows lines only, and those are not the file's; so
# each of its tags begins a line, inside, where it changes nothing that is said.


def _numbered(html: str) -> str:
    return html if _RAW.search(html) else _OPENED.sub("\\g<0>\n", html)


def explained(template_set: TemplateSet, error: Exception) -> ConfigurationError:
    """Whatever a template raises, with file and line as far as they are known."""
    said, remedy = f"{type(error).__name__}: {error}".rstrip(": "), _(REMEDY)
    if isinstance(error, TemplateError):
        said = str(error)
    elif isinstance(error, OutOfBoundsError):
        said, remedy = str(error), _(UNBOUNDED)
    elif isinstance(error, MemoryError):
        open_reserve()
        said, remedy = too_large(), _(UNBOUNDED)
    parts = {str(path): name for name, path in template_set.paths}
    for frame in reversed(extract_tb(error.__traceback__)):
        if frame.filename in parts:
            place = _place(template_set, parts[frame.filename], frame.lineno or 1)
            if remedy == _(REMEDY) and template_set.changed and Path(place.file) not in template_set.changed:
                remedy = _older(template_set)
            return ConfigurationError(str(place), said, remedy)
    return ConfigurationError(_("template {name}").format(name=template_set.name), said, remedy)


def _older(template_set: TemplateSet) -> str:
    """What the program's own part asks of another, which an office has changed, is something that came later."""
    changed = ", ".join(map(str, template_set.changed))
    said = _(
        "a part of yours may be older than this one: compare {changed} with what {command} writes, or take it away"
    )
    return said.format(changed=changed, command=f"`digest templates eject {template_set.name} --to FOLDER`")


def _place(template_set: TemplateSet, part: str, line: int) -> Place:
    """Of a line of what was compiled. In the HTML it is looked up by what its tag says, at its first place."""
    if part != EDITION:
        return Place(str(template_set.path(part)), line)
    lines = _numbered(_html(template_set)).split("\n")
    tag = _plain(_CLOSED.split(lines[min(line, len(lines)) - 1])[0])
    source = template_set.source(EDITION)
    for number, text in enumerate(source.text.split("\n"), start=1):
        if tag and tag in _plain(text):
            place = source.place(number)
            return replace(place, file=str(template_set.path(place.file)))
    return Place(str(template_set.path(EDITION)))


def _plain(text: str) -> str:
    """The compiler escapes what stands in attributes, and leaves spaces out."""
    return "".join(unescape(text).split())


def _parse_all(template_set: TemplateSet, markup: Environment, plain: Environment) -> None:
    """Each file alone, as later nobody knows its lines; so each must be complete in itself."""
    for name, text in template_set.files:
        environment = {"mjml": markup, "txt": plain}.get(name.rpartition(".")[2])
        if environment is None:
            continue
        path = str(template_set.path(name))
        try:
            environment.parse(text)
            if template_set.own:
                environment.compile(text, name, path)
        except TemplateSyntaxError as error:
            raise ConfigurationError(
                str(Place(path, error.lineno)), str(error.message), _("correct the template")
            ) from error
        except (RecursionError, SyntaxError) as error:  # nested deeper than Python reads
            raise ConfigurationError(path, str(error), _("correct the template")) from error


def _html(template_set: TemplateSet) -> str:
    thing = str(template_set.path(EDITION))
    try:
        html = mjml2html(template_set.part(EDITION), disable_comments=True, fonts={})
    except ValueError as error:
        raise ConfigurationError(
            thing,
            _("it is not MJML: {error}").format(error=error),
            _("look for '<' inside Jinja and for unclosed tags"),
        ) from error
    if "<mj-" in html:
        unknown = html.split("<mj-", 1)[1].split(">", 1)[0].split()[0]
        raise ConfigurationError(
            thing, _("<mj-{name}> is no MJML tag, or stands where it cannot").format(name=unknown), _("correct the tag")
        )
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
    environment.filters.update(
        {"wrap": wrap, "first_upper": first_upper, "styled": styled, "unbroken": unbroken, "breakable": breakable}
    )
    install: Callable[..., None] = environment.install_gettext_translations  # type: ignore[attr-defined]  # by the extension
    install(words, newstyle=True)
    return environment


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > _LONGEST_RANGE:
        said = _("a range of {count} is longer than {most}").format(count=len(found), most=_LONGEST_RANGE)
        raise TemplateRuntimeError(said)
    return found


def unbroken(text: str) -> str:
    """A date that no line breaks."""
    return text.replace(" ", "\xa0")


def styled(html: Markup, **styles: str) -> Markup:
    """The sanitised HTML, each tag named in `styles` with that style, and whole words where it says so. For use as a
    Jinja filter.
    """
    return _styled(html, tuple(styles.items()))


@lru_cache(maxsize=1024)  # the same stories stand in many variants
def _styled(html: Markup, styles: tuple[tuple[str, str], ...]) -> Markup:
    known = dict(styles)

    def with_style(tag: re.Match[str]) -> str:
        name, rest = tag.groups()
        if QUOTE in rest:  # laid out by a cell, which is none of a table
            return f'<{name} style="{known.get("quote", "")}"{rest}>' if name == "td" else tag[0]
        if name not in known:
            return tag[0]
        if WHOLE in rest:  # a cell of a table
            return f'<{name} style="{known[name]};word-break:normal"{rest.replace(WHOLE, "")}>'
        return f'<{name} style="{known[name]}"{rest}>'

    return Markup(_TAG.sub(with_style, html))  # noqa: S704 – nothing but the template's own styles came in
