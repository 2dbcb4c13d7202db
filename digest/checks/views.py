"""The two readings of one HTML: Outlook for Windows opens conditional comments, everybody else skips them."""

import re
from collections.abc import Iterator
from enum import Enum

_OPENING = re.compile(r"<!--\[if ([^\]>]*)\]>(<!-->)?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[[^\]]*\]>", re.DOTALL)


class Readers(Enum):
    """Who reads a piece of the HTML."""

    ALL = 0
    OUTLOOK = 1
    OTHERS = 2


def for_everybody(html: str) -> str:
    """The HTML without any comment."""
    return _COMMENT.sub("", html)


def for_outlook(html: str) -> str:
    """The HTML with the comments for Outlook opened, and without what is for all others."""
    return _COMMENT.sub("", "".join(piece for readers, piece in _pieces(html) if readers is not Readers.OTHERS))


def only_for_outlook(html: str) -> str:
    """What the comments for Outlook hold."""
    return "".join(piece for readers, piece in _pieces(html) if readers is Readers.OUTLOOK)


def _pieces(html: str) -> Iterator[tuple[Readers, str]]:
    place = 0
    for opening in _OPENING.finditer(html):
        if opening.start() < place:
            continue
        not_for_outlook, revealed = "!mso" in opening[1].replace(" ", "").lower(), bool(opening[2])
        closing = "<!--<![endif]-->" if revealed else "<![endif]-->"
        end = html.find(closing, opening.end())
        if end < 0:
            break
        yield Readers.ALL, html[place : opening.start()]
        if not_for_outlook:
            yield Readers.OTHERS, html[opening.end() : end]
        else:
            yield Readers.ALL if revealed else Readers.OUTLOOK, html[opening.end() : end]
        place = end + len(closing)
    yield Readers.ALL, html[place:]
