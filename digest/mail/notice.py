"""Notices: short mails of the program itself, written once, as plain text and as simple HTML that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from digest.mail.fitting import one_line, wrap
from digest.mail.wording import direction_of

WIDTH = 76
_STYLE = (
    ":root { color-scheme: light dark }"
    " body { margin: 0; padding: 16px; font: 16px/1.5 Arial, sans-serif }"
    " main { max-width: 640px; margin: 0 auto }"
    " h1 { font-size: 24px; line-height: 1.25 } h2 { font-size: 20px; margin: 32px 0 8px } h3 { font-size: 16px }"
    " pre { padding: 12px; border: 1px solid; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px }"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` is 1, 2 or 3."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """`languages` are those of the items, where they are not in the notice's own."""

    items: tuple[str, ...]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, or read out letter by letter."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where a person goes on, in a browser."""

    text: str
    url: str


Block = Heading | Paragraph | Bullets | Command | Link


def as_text(blocks: Sequence[Block]) -> str:
    """Paragraphs are wrapped, commands stay on their line."""
    return "\n\n".join(_text(block) for block in blocks) + "\n"


def as_html(blocks: Sequence[Block], title: str, language: str) -> str:
    """A whole document. Every text is escaped."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="{direction_of(language)}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(one_line(title))}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _text(block: Block) -> str:
    match block:
        case Heading(level=level, text=text):
            said = wrap(one_line(text), WIDTH)
            return said if level > 2 else f"{said}\n{'=-'[level - 1] * min(WIDTH, len(said))}"  # noqa: PLR2004 – two kinds of lines
        case Paragraph(text=text):
            return wrap(one_line(text), WIDTH)
        case Bullets(items=items):
            return "\n".join(wrap(one_line(item), WIDTH, first="- ", rest="  ") for item in items)
        case Command(text=text):
            return f"    {one_line(text)}"
        case Link(text=text, url=url):
            return f"{wrap(one_line(text), WIDTH)}:\n{url}"


def _html(block: Block) -> str:
    match block:
        case Heading(level=level, text=text):
            return f"<h{level}>{escape(one_line(text))}</h{level}>"
        case Paragraph(text=text):
            return f"<p>{escape(one_line(text))}</p>"
        case Bullets(items=items, languages=languages):
            spoken = [f' lang="{escape(language)}"' for language in languages] or [""] * len(items)
            said = (f"<li{lang}>{escape(one_line(item))}</li>" for item, lang in zip(items, spoken, strict=True))
            return f"<ul>{''.join(said)}</ul>"
        case Command(text=text):
            return f"<pre>{escape(one_line(text))}</pre>"
        case Link(text=text, url=url):
            return f'<p><a href="{escape(url)}">{escape(one_line(text))}</a></p>'
