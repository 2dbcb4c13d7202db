"""Stubs: Markdown files to write a translation into. They are drafts: no item until a person says so."""

import json
import re

from digest.foundation.names import dashed
from digest.model.item import Item
from digest.sources.folding import fold

LONGEST_NAME = 40
_END_OF_COMMENT = re.compile(r"--(!?>)")


def stub_name(item: Item, language: str) -> str:
    """`2018-07-06-shelter-opens-1a2b3c4d.es.md`: the same for the same item, another for every other."""
    title = dashed(fold(item.text.title), LONGEST_NAME)
    return "-".join(part for part in (item.published_on.isoformat(), title, item.id[:8]) if part) + f".{language}.md"


def stub(item: Item, language: str) -> str:
    """The file for the translation of `item`, with its text in a comment, which no reader sees."""
    lines = [
        "---",
        "draft: true  # take this line out when the text is ready",
        "title:",
        f"language: {language}",
        f"date: {item.published_on.isoformat()}",
        f"translation_of: {json.dumps(item.given_id or item.text.title, ensure_ascii=False)}",
        "---",
        "",
        "<!-- The original, to translate from; what stands in this comment is shown to nobody. Write below it.",
        "",
        *_original(item),
        "-->",
        "",
    ]
    return "\n".join(lines)


def _original(item: Item) -> list[str]:
    parts = [item.text.title, *((item.text.summary,) if item.text.summary else ()), *item.text.paragraphs]
    return [line for part in parts for line in (_END_OF_COMMENT.sub(r"-- \1", part), "")]
