"""Renders a variant: its content through a template set, into subject, HTML, text and the whole message."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from digest.errors import ConfigurationError, DigestError, IntegrityError
from digest.foundation.bounded import SECONDS, OutOfBoundsError, in_bounds
from digest.foundation.catalogue import _
from digest.foundation.languages import translations
from digest.foundation.words import fold_letters
from digest.intake.picture import ADDRESS, Picture
from digest.mail.content import Rendered, VariantContent
from digest.mail.fitting import one_line, shorten
from digest.mail.templates import STANDARD, UNBOUNDED, Templates, TemplateSet
from digest.mail.wording import Words

if TYPE_CHECKING:
    from digest.mail.page import SectionTitle
    from digest.mail.views import PageView

SUBJECT_MOST = 78  # characters; most mail programs show no more
_KEPT_MOST = 20  # ways to tell a subject from an earlier one that are looked for in a draft
_NOTE_MOST = 40  # of them, for what tells a subject from an earlier one
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def _no_picture(_name: str) -> Picture | None:
    return None


def _no_logo(file: str, _width: int) -> Picture:
    raise ConfigurationError(
        "publisher.brand.logo", _("there is no workspace with a file {file}").format(file=file), _("name its url")
    )


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
    `picture` finds the picture that a text asks for by its name, which is that of its content; `logo` makes one of a
    file of the workspace, so wide. `seconds` of the processor's time has an office's own template for a mail, and a
    hundredth more for each story.
    """

    def __init__(
        self,
        workspace: Path | None,
        section_title: "SectionTitle",
        *,
        has_public_url: bool,
        picture: Callable[[str], Picture | None] = _no_picture,
        logo: Callable[[str, int], Picture] = _no_logo,
        seconds: float = SECONDS,
    ) -> None:
        self._seconds = seconds
        self._templates = Templates(workspace)
        self._section_title = section_title
        self._has_public_url = has_public_url
        self._picture = picture
        self._logo = logo
        self._logos: dict[tuple[str, int], Picture] = {}
        self._sets: dict[str, TemplateSet] = {}
        self._sound: set[tuple[str, str]] = set()

    def fingerprint(self, template: str) -> str:
        return self._set(template).fingerprint

    def render(self, content: VariantContent) -> Rendered:
        """Raise `ConfigurationError` for whatever goes wrong in a template; one of an office's own has some seconds and
        some memory, in a process that is ended then.
        """
        # Jinja, MJML and the page take 80 ms: a run in which nothing is due renders nothing.
        from digest.mail.message import message_of, payload_of

        content, template_set = self._with_logo(content), self._set(content.newsletter.template)
        if template_set.own:
            subject, html, text = self._filled_in_bounds(template_set, content)
        else:
            subject, html, text = self._filled(template_set, content)
        carried, linked = self._pictures_in(html), {}
        if content.pictures_under is not None:
            linked = {picture.name: payload_of(picture) for picture in carried}
            for picture in carried:
                html = html.replace(picture.address, f"{content.pictures_under}/pictures/{picture.file_name}")
            carried = []
        message = message_of(content, subject, html, text, carried, has_public_url=self._has_public_url)
        return Rendered(subject=subject, html=html, text=text, message=message, linked=linked)

    def _filled_in_bounds(self, template_set: TemplateSet, content: VariantContent) -> tuple[str, str, str]:
        from digest.mail.compiling import refuse_unsound

        sound = (template_set.name, content.language)
        if sound not in self._sound:
            refuse_unsound(template_set, content.language)
            self._sound.add(sound)
        try:
            return in_bounds(
                lambda: self._filled(template_set, content), seconds=self._seconds + len(content.stories) / 100
            )
        except OutOfBoundsError as error:
            raise ConfigurationError(
                _("template {name}").format(name=template_set.name), str(error), _(UNBOUNDED)
            ) from error

    def _filled(self, template_set: TemplateSet, content: VariantContent) -> tuple[str, str, str]:
        """Subject, HTML and text."""
        from jinja2 import TemplateError

        from digest.mail.compiling import compiled, explained
        from digest.mail.page import BUDGET, condensed, page_of

        parts = compiled(template_set, content.language)
        page = page_of(
            content,
            parts.words,
            self._section_title,
            has_public_url=self._has_public_url,
            size_of=self._size_of,
        )
        try:
            subject = _subject(content, page, parts.words, content.subject or parts.subject.render(vars(page)))
            budget = template_set.budget or BUDGET
            page, html = condensed(page, lambda page: parts.html.render(vars(page), subject=subject), budget)
            text = _tidy(parts.text.render(vars(page), subject=subject))
        except DigestError:
            raise
        except Exception as error:
            if template_set.own or isinstance(error, TemplateError):
                raise explained(template_set, error) from error
            raise
        return subject, html, text

    def _size_of(self, address: str) -> tuple[int, int] | None:
        """Of a picture that the mail carries."""
        found = ADDRESS.fullmatch(address)
        picture = self._picture(found[1]) if found else None
        return None if picture is None else (picture.width, picture.height)

    def words(self, language: str) -> Words:
        """The wording of a language, with the workspace's own catalogues, for what no template writes."""
        return Words(language, translations(language, self._set(STANDARD).catalogues))

    def _pictures_in(self, html: str) -> list[Picture]:
        """Those that the body asks for, each once, in its order."""
        found = []
        logos = {picture.name: picture for picture in self._logos.values()}
        for name in dict.fromkeys(ADDRESS.findall(html)):
            picture = logos.get(name) or self._picture(name)
            if picture is None:
                raise IntegrityError(
                    _("the picture {name}").format(name=name[:8]),
                    _("it is not in the database"),
                    _("collect its source again"),
                )
            found.append(picture)
        return found

    def _with_logo(self, content: VariantContent) -> VariantContent:
        """With the address at which the mail carries it, if it is a file."""
        brand = content.publisher.brand
        if brand.logo is None or brand.logo.file is None:
            return content
        key = (brand.logo.file, brand.logo.width)
        picture = self._logos[key] = self._logos.get(key) or self._logo(*key)
        logo = replace(brand.logo, url=picture.address, width=picture.width)
        return replace(content, publisher=replace(content.publisher, brand=replace(brand, logo=logo)))

    def _set(self, name: str) -> TemplateSet:
        if name not in self._sets:
            self._sets[name] = self._templates.read(name)
        return self._sets[name]


def _subject(content: VariantContent, page: "PageView", words: Words, said: str) -> str:
    """In one line. What the newsletter said before in this language gets what tells it apart, whatever the set's own
    template says; but for a new edition what a person wrote stays.
    """
    said = one_line(said) or page.newsletter
    if content.is_correction:
        said = words.correction(said)
    elif content.subject:
        return shorten(said, SUBJECT_MOST)
    used, kept = content.subjects_used, content.subjects_kept - content.subjects_used
    had = (each for each in islice(_told_apart(said, page), _KEPT_MOST) if fold_letters(each) in kept)
    return next(had, None) or next(each for each in _told_apart(said, page) if fold_letters(each) not in used)


def _told_apart(said: str, page: "PageView") -> Iterator[str]:
    """The subject, then the same with the period, with the next title, with a number: without end."""
    yield shorten(said, SUBJECT_MOST)
    shown = [*([page.lead] if page.lead else []), *(story for section in page.sections for story in section.stories)]
    for note in (shorten(one_line(each), _NOTE_MOST) for each in (page.period, *(one.title for one in shown[1:2]))):
        if fold_letters(note) not in fold_letters(said):
            yield f"{shorten(said, SUBJECT_MOST - len(note) - 3)} – {note}"
    yield from (f"{shorten(said, SUBJECT_MOST - 8)} ({number})" for number in count(2))


def _tidy(text: str) -> str:
    """No blank ends of lines, never two empty lines together, one line end at the end."""
    if " \n" in text or "\t\n" in text:
        text = _TRAILING.sub("", text)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
