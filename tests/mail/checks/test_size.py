"""Sizes are bytes on the wire, whatever language the mail is in, and a limit itself is still allowed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.mail.checks.gate import check
from digest.mail.checks.rule import Specimen
from digest.mail.checks.size import AIM_OF_TEN, ALWAYS, OF_TEN, STYLE

Mail = Callable[..., Specimen]


def codes(specimen: Specimen) -> set[str]:
    return {finding.code for finding in check(specimen) if finding.code.startswith("SIZE")}


def filled(specimen: Specimen, size: int, letter: str) -> Specimen:
    """Its HTML with so many bytes, the new ones of this letter."""
    room = size - len(specimen.html.encode())
    count, rest = divmod(room, len(letter.encode()))
    return replace(specimen, html=specimen.html.replace("</body>", f"{letter * count}{'x' * rest}</body>"))


@pytest.mark.parametrize("letter", ["x", "ñ", "–", "🎉"])
@pytest.mark.parametrize(
    ("stories", "limit", "below", "above"),
    [
        (10, AIM_OF_TEN, set(), {"SIZE-003"}),
        (10, OF_TEN, {"SIZE-003"}, {"SIZE-002"}),
        (10, ALWAYS, {"SIZE-002"}, {"SIZE-001"}),
        (11, ALWAYS, set(), {"SIZE-001"}),
    ],
)
def test_the_html_is_measured_in_bytes(
    stories: int, limit: int, below: set[str], above: set[str], letter: str, mail: Mail
) -> None:
    assert codes(filled(mail(stories), limit, letter)) == below
    assert codes(filled(mail(stories), limit + 1, letter)) == above


@pytest.mark.parametrize("letter", ["x", "ñ", "🎉"])
def test_style_sheets_are_measured_together_and_in_bytes(letter: str, told: Callable[..., list[str]]) -> None:
    """Half of the limit is more than the set's own sheet leaves."""
    comment = letter * (STYLE // len(letter.encode()))
    assert "SIZE-004" in told("<p>x</p>", f"/* {comment} */")
    assert "SIZE-004" not in told("<p>x</p>", f"/* {comment[: len(comment) // 2]} */")
