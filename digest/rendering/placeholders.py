"""Makes XML of a template: Jinja tags become single characters, so that an XML parser can read the rest."""

import re
from html import unescape

JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

FIRST = 0xF0000  # the first of the characters that stand for Jinja tags: private use, in no template
LAST = 0xFFFFD
_ENTITY = re.compile(r"&(#?\w+;)?")
_VOID = re.compile(
    r"<(br|hr|img|meta|input|link|col|wbr|area)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)\s*/?>", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def with_placeholders(text: str) -> tuple[str, dict[str, str]]:
    """The text with as many lines as before, and the Jinja tag that each placeholder stands for."""
    tags: dict[str, str] = {}

    def placed(found: re.Match[str]) -> str:
        char = chr(min(FIRST + len(tags), LAST))
        tags[char] = found[0]
        return char + "\n" * found[0].count("\n")

    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), JINJA.sub(placed, text))
    return _VOID.sub(r"<\1\2/>", _ENTITY.sub(_known, text)), tags


def _known(found: re.Match[str]) -> str:
    """Any character serves for an entity; a bare ampersand is one, as everywhere in HTML."""
    return "x" if found[1] is None or unescape(found[0]) != found[0] else "&amp;"
