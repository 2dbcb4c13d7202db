"""The Jinja environment of all templates: they see what they are given, change nothing, and reach nothing else."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

from babel.support import Translations
from jinja2 import StrictUndefined, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.rendering.greeting import greeting_mark
from digest.rendering.shortening import wrap
from digest.rendering.styling import styled
from digest.rendering.views import IntroductionView, LogoView, Look, OtherView, SectionView, StoryView
from digest.rendering.wording import first_upper

_LONGEST_RANGE = 1000
_VIEWS = (StoryView, SectionView, OtherView, IntroductionView, Look, LogoView)
_SAFE = {view: frozenset(field.name for field in fields(view)) for view in _VIEWS}


class Sandbox(ImmutableSandboxedEnvironment):
    """The fields of our views are safe by construction: only everything else is looked at."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        safe = _SAFE.get(type(obj))
        if safe is not None and attribute in safe:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


def sandbox(words: Translations, *, autoescape: bool) -> Sandbox:
    """For HTML with `autoescape`; for plain text without it, and with lines that hold only a tag left out."""
    environment = Sandbox(
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
