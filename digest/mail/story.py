"""What templates see of one story."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from markupsafe import Markup, escape

from digest.errors import IntegrityError
from digest.intake.item import Item, TagKind, Text
from digest.mail.content import EDGE, Shown
from digest.mail.fitting import line_of, shorten, wrap
from digest.mail.text import TextBlock, blocks_of
from digest.mail.views import OtherView, StoryView
from digest.mail.wording import Words, direction_of, sort_key

COLUMNS = 72
_MOST_PLACES = 3
_SHORT_TITLE = 80
_LEVEL_OF_BODIES = 4
_LINE, _LINE_WITHOUT_LINK = 120, 300  # without a link, the line is all a reader gets
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_PICTURE = re.compile(r"https://[^\s<>\"]+(?<!\.svg)(?<!\.webp)", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a story is told: at which heading level, as a whole or summed up, and with which places named beside it."""

    level: int
    whole: bool
    places: bool
    kind: TagKind
    section_title: Callable[[str, str, str], str]


@lru_cache(maxsize=2048)  # the same stories stand in many variants
def story_view(shown: Shown, words: Words, telling: Telling) -> StoryView:
    """Raise `IntegrityError` for a text with a slot mark in it."""
    item, text = shown.item, shown.item.text
    _refuse_marks(text)
    foreign = shown.foreign_to(words.language)
    link = web_link(text.link)
    summary = None if telling.whole or link is None else text.summary
    paragraphs, html = ((summary,), None) if summary else (text.paragraphs, text.html)
    return StoryView(
        anchor=_anchor(shown.story_id),
        title=text.title,
        short_title=shorten(text.title, _SHORT_TITLE),
        level=telling.level,
        link=link,
        date=words.long_date(item.published_on),
        late=words.month(item.published_on) if shown.late else None,
        foreign=words.name_of(item.language) if foreign else None,
        language=item.language,
        direction=direction_of(item.language) if foreign else words.direction,
        author=text.author,
        places=_places(item, words, telling) if telling.places else (),
        html=body_html(paragraphs, html, telling.level),
        text=body_text(paragraphs, html),
        line=line_of(text.summary, text.paragraphs, _LINE if link else _LINE_WITHOUT_LINK),
        abridged=summary is not None,
        image=text.image if text.image and _PICTURE.fullmatch(text.image) else None,
        image_alt=text.image_alt or "",
        other=_other(shown.other, words, link),
    )


def web_link(link: str | None) -> str | None:
    return link if link and _WEB.fullmatch(link) else None


def body_html(paragraphs: tuple[str, ...], html: str | None, level: int) -> Markup:
    """Bodies have headings of level 4 only; `level` is that of the title above, and none must be skipped."""
    if html is None:
        return Markup().join(Markup("<p>{}</p>").format(escape(each)) for each in paragraphs)
    if level < _LEVEL_OF_BODIES - 1:
        html = html.replace("<h4", f"<h{level + 1}").replace("</h4>", f"</h{level + 1}>")
    return Markup(html)  # noqa: S704 – sanitised, see `Text`


def body_text(paragraphs: tuple[str, ...], html: str | None) -> str:
    """In columns, links written out."""
    blocks = tuple(TextBlock(each) for each in paragraphs) if html is None else blocks_of(html)
    parts = []
    for block in blocks:
        parts.append("\n" if block.tight else "\n\n")
        parts.append(wrap(block.text, COLUMNS, block.first, block.rest))
    return "".join(parts[1:])


def _other(item: Item | None, words: Words, link: str | None) -> OtherView | None:
    """`None` where it leads to the same page."""
    found = None if item is None else web_link(item.text.link)
    if item is None or found is None or found == link:
        return None
    _refuse_marks(item.text)
    return OtherView(
        title=shorten(item.text.title, _SHORT_TITLE),
        link=found,
        name=words.name_of(item.language),
        language=item.language,
        direction=direction_of(item.language),
    )


def _places(item: Item, words: Words, telling: Telling) -> tuple[str, ...]:
    values = item.values(telling.kind, only_strong=True)
    if len(values) > _MOST_PLACES:
        return ()
    return tuple(sorted((telling.section_title(telling.kind, each, words.language) for each in values), key=sort_key))


def _anchor(story_id: str) -> str:
    name = story_id if _ID.fullmatch(story_id) else blake2b(story_id.encode(), digest_size=8).hexdigest()
    return f"story-{name}"


def _refuse_marks(text: Text) -> None:
    fields = (text.title, text.html, text.summary, text.link, text.image, text.image_alt, text.author)
    if any(EDGE in each for each in (*text.paragraphs, *fields) if each):
        raise IntegrityError(f"the story {text.title!r}", "it holds a NUL character", "collect its source again")
