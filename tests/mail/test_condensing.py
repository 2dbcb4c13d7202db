"""Large editions stay below what Gmail shows: the last stories become title and link."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.intake.item import Text
from digest.mail.content import VariantContent, Weight
from digest.mail.page import BUDGET, LIMIT
from digest.mail.renderer import TemplateRenderer

Variant = Callable[..., VariantContent]

WHOLE = "It begins here. " + "The counsellors will meet again before the end of the year to compare. " * 20


def in_full(content: VariantContent) -> VariantContent:
    """No story is brief, though they are many."""
    (section,) = content.sections
    stories = tuple(replace(shown, weight=Weight.FULL) for shown in section.stories)
    return replace(content, sections=(replace(section, stories=stories),))


@pytest.fixture(scope="module")
def long_edition(variant_of: Variant) -> Callable[..., VariantContent]:
    """(count, which stories have a link) → an edition of long stories."""

    def made(
        count: int, *, linked: Callable[[int], bool] = lambda number: True, name: str = "bulletin"
    ) -> VariantContent:
        texts = [
            Text(
                title=f"Story {number}",
                paragraphs=(f"{WHOLE}Number {number}.",),
                link=f"https://a.example/{number}" if linked(number) else None,
            )
            for number in range(count)
        ]
        content = variant_of(*texts) if name == "compact" else in_full(variant_of(*texts))
        return replace(content, newsletter=replace(content.newsletter, template=name))

    return made


@pytest.mark.parametrize("name", ["bulletin", "letter"])
@pytest.mark.parametrize("count", [30, 40, 50])
def test_a_large_edition_fits(renderer: TemplateRenderer, long_edition: Variant, count: int, name: str) -> None:
    rendered = renderer.render(long_edition(count, name=name))
    assert BUDGET - 2000 < len(rendered.html.encode()) <= BUDGET
    shown = [f"Number {number}." in rendered.html for number in range(count)]
    assert shown[0]
    assert shown == sorted(shown, reverse=True)  # the first ones whole, the last ones condensed
    for number in range(count):
        assert f"https://a.example/{number}" in rendered.html
        assert f"Story {number}" in rendered.html
        assert ("Read the whole story" in rendered.html) is not all(shown)


@pytest.mark.parametrize("letter", ["n", "ñ", "🎉"])
def test_the_budget_counts_bytes(renderer: TemplateRenderer, variant_of: Variant, letter: str) -> None:
    words = " ".join([letter * 6] * 250)
    texts = [Text(title=f"Story {n}", paragraphs=(words,), link=f"https://a.example/{n}") for n in range(40)]
    rendered = renderer.render(in_full(variant_of(*texts)))
    one_story = len(words.encode())
    assert BUDGET - one_story - 2000 < len(rendered.html.encode()) <= BUDGET


def test_the_text_follows_the_html(renderer: TemplateRenderer, long_edition: Variant) -> None:
    rendered = renderer.render(long_edition(40))
    text = " ".join(rendered.text.split())
    for number in range(40):
        assert (f"Number {number}." in text) == (f"Number {number}." in rendered.html)
        assert f"Story {number} " in text
        assert f"https://a.example/{number} " in text


def test_a_story_without_a_link_stays_whole(renderer: TemplateRenderer, long_edition: Variant) -> None:
    rendered = renderer.render(long_edition(40, linked=lambda number: number % 6 != 3))
    for number in range(3, 40, 6):
        assert f"Number {number}." in rendered.html
    assert "Number 38." not in rendered.html
    assert len(rendered.html.encode()) <= BUDGET


def test_what_cannot_be_condensed_is_rendered_all_the_same(renderer: TemplateRenderer, long_edition: Variant) -> None:
    rendered = renderer.render(long_edition(80, linked=lambda number: False))
    assert len(rendered.html.encode()) > 90_000
    assert all(f"Number {number}." in rendered.html for number in range(80))


def test_only_what_is_needed_is_condensed(renderer: TemplateRenderer, long_edition: Variant) -> None:
    assert "Read the whole story" not in renderer.render(long_edition(10)).html


def test_the_lead_goes_last(renderer: TemplateRenderer, variant_of: Variant) -> None:
    long = Text(title="Long", paragraphs=(WHOLE * 70,), link="https://a.example/lead")
    short = Text(title="Short", paragraphs=("A word.",), link="https://a.example/short")
    rendered = renderer.render(variant_of(long, short))
    assert len(rendered.html.encode()) < BUDGET
    assert "Read the whole story: Long" in rendered.html
    assert "Read the whole story: Short" in rendered.html


def test_condensing_is_a_pure_function(renderer: TemplateRenderer, long_edition: Variant) -> None:
    assert renderer.render(long_edition(45)) == renderer.render(long_edition(45))


def test_forty_stories_fit_on_a_small_plan(renderer: TemplateRenderer, variant: Variant) -> None:
    for language in ("en", "es"):
        assert len(renderer.render(variant(40, language, "compact")).html.encode()) <= 30_000


def test_the_ordinary_forty_stories_are_never_cut_by_gmail(renderer: TemplateRenderer, variant: Variant) -> None:
    for name in ("bulletin", "letter"):
        content = variant(40, "es", name)
        assert len(renderer.render(content).html.encode()) <= 90_000


def test_a_lead_that_fits_below_the_limit_stays_whole(renderer: TemplateRenderer, variant_of: Variant) -> None:
    long = Text(title="Long", paragraphs=(WHOLE * 45,), link="https://a.example/lead")
    short = Text(title="Short", paragraphs=("A word.",), link="https://a.example/short")
    html = renderer.render(variant_of(long, short)).html
    assert BUDGET < len(html.encode()) <= LIMIT
    assert WHOLE.strip() in html
    assert "A word." not in html


def test_an_image_goes_with_the_text(renderer: TemplateRenderer, variant_of: Variant) -> None:
    lead = Text(title="Lead", paragraphs=(WHOLE * 70,), link="https://a.example/", image="https://a.example/p.jpg")
    assert "<img" not in renderer.render(variant_of(lead)).html


def test_a_set_may_want_smaller_mails(renderer: TemplateRenderer, long_edition: Variant) -> None:
    """The set for mobile data: some one-line texts go, all titles and links stay."""
    rendered = renderer.render(long_edition(60, name="compact"))
    assert len(rendered.html.encode()) <= 30_000
    for number in range(60):
        assert f"https://a.example/{number}" in rendered.html
        assert f"Story {number}" in rendered.html


@pytest.mark.parametrize("name", ["bulletin", "letter"])
def test_titles_alone_need_no_list_of_contents(
    renderer: TemplateRenderer, long_edition: Callable[..., VariantContent], name: str
) -> None:
    rendered = renderer.render(long_edition(120, name=name))
    assert len(rendered.html.encode()) <= LIMIT
    assert "Story 119" in rendered.html
    assert "Story 119" in rendered.text
    assert 'href="#story-' not in rendered.html
    assert 'href="#story-' in renderer.render(long_edition(60, name=name)).html


def test_a_budget_that_is_no_number_is_refused(
    renderer: TemplateRenderer, long_edition: Variant, tmp_path: Path
) -> None:
    (tmp_path / "compact").mkdir()
    (tmp_path / "compact" / "budget.txt").write_text("small")
    with pytest.raises(ConfigurationError, match=r"budget\.txt"):
        TemplateRenderer(tmp_path, lambda kind, value, language: value, has_public_url=True).render(
            long_edition(3, name="compact")
        )
