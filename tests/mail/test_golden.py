"""What readers get, kept as files, so that a change of a template shows as a difference to be looked at.

`UPDATE_GOLDEN=1 pytest tests/mail/test_golden.py` writes them anew.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.mail.composing import MessageComposer
from digest.mail.content import Introduction, Rendered, VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Localised, Logo

Variant = Callable[..., VariantContent]

FOLDER = Path(__file__).parent / "golden"
STORIES = 4
CASES = [(name, language) for name in ("brief", "bulletin", "compact", "letter") for language in ("en", "es")]
INTRODUCTION = Introduction(
    paragraphs=("Two things happened in July.",),
    html="<p>Two things happened in <strong>July</strong>:</p><ul><li>fourteen town halls agreed;</li>"
    '<li>a <a href="https://bulletin.example.org/glossary">glossary</a> appeared.</li></ul>',
)
_BEFORE = re.compile(r"(?<!^)(?=<(?:table|tr|td|div|h[1-6]|p|ul|ol|li|img|style|meta|title|body|!--))")
_AFTER = re.compile(r"(?<=</table>|</style>|</title>)(?!$)")


def readable(html: str) -> str:
    """One element a line; nothing is added but line ends."""
    return "\n".join(
        piece.rstrip() for line in html.splitlines() for piece in _AFTER.sub("\n", _BEFORE.sub("\n", line)).split("\n")
    )


@pytest.mark.parametrize(("name", "language"), CASES)
def test_a_mail_is_as_it_was_looked_at(
    renderer: TemplateRenderer,
    composer: MessageComposer,
    edition: Edition,
    variant: Variant,
    both_languages: Callable[[VariantContent], VariantContent],
    name: str,
    language: str,
) -> None:
    content = both_languages(variant(STORIES, language, name))
    if name == "letter":
        content = replace(content, introduction=INTRODUCTION)
    if name == "compact":
        logo = Logo(url="https://bulletin.example.org/logo.png", width=180, alt=Localised(everywhere="Programme"))
        brand = replace(content.publisher.brand, logo=logo, footer=Localised({"en": "Paid by all.", "es": "De todos."}))
        content = replace(content, publisher=replace(content.publisher, brand=brand))
    rendered: Rendered = renderer.render(content)
    for ending, made in (
        ("html", readable(composer.sample_body(edition, rendered.html))),
        ("txt", composer.sample_body(edition, rendered.text).rstrip("\n")),
    ):
        kept = FOLDER / f"{name}.{language}.{STORIES}.{ending}"
        if os.environ.get("UPDATE_GOLDEN"):
            FOLDER.mkdir(exist_ok=True)
            kept.write_text(f"{made}\n", encoding="utf-8")
        assert kept.read_text(encoding="utf-8") == f"{made}\n"


def test_every_kept_file_belongs_to_a_case() -> None:
    expected = {f"{name}.{language}.{STORIES}.{ending}" for name, language in CASES for ending in ("html", "txt")}
    assert {path.name for path in FOLDER.iterdir()} == expected
