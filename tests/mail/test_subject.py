from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.foundation.words import fold_letters
from digest.intake.item import Text
from digest.mail.content import VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.period import Period, PeriodKind

Variant = Callable[..., VariantContent]


def subject(renderer: TemplateRenderer, content: VariantContent) -> str:
    return renderer.render(content).subject


def titled(variant_of: Variant, title: str) -> VariantContent:
    return variant_of(Text(title=title, paragraphs=("Text.",)))


def test_a_subject_is_the_first_storys_title(renderer: TemplateRenderer, variant_of: Variant) -> None:
    assert subject(renderer, titled(variant_of, "Two rivers")) == "Two rivers"


def test_what_staff_write_comes_before_every_template(renderer: TemplateRenderer, variant_of: Variant) -> None:
    content = replace(
        titled(variant_of, "Two rivers"), subject="Two rivers, one bridge", preheader="And the toll is gone"
    )
    rendered = renderer.render(content)
    assert rendered.subject == "Two rivers, one bridge"
    assert "And the toll is gone" in rendered.html
    assert renderer.render(replace(content, revision=2)).subject == "Correction: Two rivers, one bridge"


def test_the_inbox_shows_the_next_two_titles_beside_it(renderer: TemplateRenderer, variant_of: Variant) -> None:
    titles = ("Two rivers", "Three counters open", "Four schools print a welcome", "Five")
    html = renderer.render(variant_of(*(Text(title=each, paragraphs=("Text.",)) for each in titles))).html
    assert ">Three counters open · Four schools print a welcome&" in html


@pytest.mark.parametrize(
    ("used", "told"),
    [
        ((), "Two rivers"),
        (("two rivers",), "Two rivers – July 2018"),
        (("two rivers", "two rivers – july 2018"), "Two rivers – Three counters open"),
        (("two rivers", "two rivers – july 2018", "two rivers – three counters open"), "Two rivers (2)"),
        (
            ("two rivers", "two rivers – july 2018", "two rivers – three counters open", "two rivers (2)"),
            "Two rivers (3)",
        ),
    ],
)
def test_a_subject_that_another_edition_has_gets_what_tells_it_apart(
    renderer: TemplateRenderer, variant_of: Variant, used: tuple[str, ...], told: str
) -> None:
    content = variant_of(*(Text(title=each, paragraphs=("Text.",)) for each in ("Two rivers", "Three counters open")))
    rendered = renderer.render(replace(content, subjects_used=frozenset(used)))
    assert rendered.subject == told
    assert f"<title>{told}</title>" in rendered.html


def test_a_correction_of_a_correction_is_told_apart_too_even_where_staff_wrote_the_subject(
    renderer: TemplateRenderer, variant_of: Variant
) -> None:
    used = frozenset(["correction: two rivers", "two rivers"])
    content = replace(titled(variant_of, "Two rivers"), subjects_used=used)
    for written in (None, "Two rivers"):
        assert subject(renderer, replace(content, revision=3, subject=written)).startswith("Correction: Two rivers – ")
    assert subject(renderer, replace(content, subject="Two rivers")) == "Two rivers"  # the check has its say


def test_what_tells_a_long_title_apart_is_never_cut_off(renderer: TemplateRenderer, variant_of: Variant) -> None:
    content = titled(variant_of, "A bridge over " + "two rivers and " * 20)
    first = subject(renderer, content)
    again = subject(renderer, replace(content, subjects_used=frozenset([fold_letters(first)])))
    assert again.endswith("… – July 2018")
    assert len(first) <= 78 >= len(again)


def test_a_draft_keeps_the_subject_that_it_has_while_no_other_edition_has_it(
    renderer: TemplateRenderer, variant_of: Variant
) -> None:
    had = "two rivers – july 2018"
    content = replace(titled(variant_of, "Two rivers"), subjects_kept=frozenset([had]))
    assert subject(renderer, content) == "Two rivers – July 2018"
    taken = replace(content, subjects_used=frozenset([had, "two rivers"]))
    assert subject(renderer, taken) == "Two rivers (2)"


def test_a_long_title_is_cut_at_a_word(renderer: TemplateRenderer, variant: Variant) -> None:
    for language in ("en", "es"):
        found = subject(renderer, variant(1, language))
        assert len(found) <= 78
        whole = variant(1, language).lead.item.text.title
        assert found.endswith("…")
        assert whole.startswith(f"{found.removesuffix('…')} ")


def test_a_no_break_space_becomes_a_space(renderer: TemplateRenderer, variant_of: Variant) -> None:
    assert subject(renderer, titled(variant_of, "5\xa0August")) == "5 August"


def test_nobody_is_shouted_at_and_nobody_is_hushed(renderer: TemplateRenderer, variant_of: Variant) -> None:
    assert subject(renderer, titled(variant_of, "IOM and UNHCR meet")) == "IOM and UNHCR meet"


def test_without_a_lead_the_first_story_gives_its_name(renderer: TemplateRenderer, variant_of: Variant) -> None:
    texts = [Text(title=title, paragraphs=("Text.",)) for title in ("First", "Second")]
    assert subject(renderer, variant_of(*texts, lead=False)) == "First"


@pytest.mark.parametrize(
    ("kind", "key", "language", "title"),
    [
        (PeriodKind.QUARTER, "2018-Q3", "en", "Third quarter of 2018"),
        (PeriodKind.WEEK, "2018-W31", "es", "Semana del 30 de julio de 2018"),
        (PeriodKind.DAY, "2018-08-05", "en", "5 August 2018"),
    ],
)
def test_every_kind_of_period_has_its_title(
    renderer: TemplateRenderer, variant_of: Variant, kind: PeriodKind, key: str, language: str, title: str
) -> None:
    content = variant_of(Text(title="A", paragraphs=("Text.",)), language=language)
    rendered = renderer.render(replace(content, period=Period.from_key(kind, key)))
    assert title in rendered.text
    assert title in rendered.html


def test_a_mail_since_the_last_one_says_which_days_it_covers(renderer: TemplateRenderer, variant_of: Variant) -> None:
    window = Period(date(2018, 12, 24), date(2019, 1, 7), PeriodKind.SINCE_LAST)
    said = {"en": "24 December 2018 – 6 January 2019", "es": "24 de diciembre de 2018 – 6 de enero de 2019"}
    for language, days in said.items():
        content = variant_of(Text(title="A", paragraphs=("Text.",)), language=language)
        rendered = renderer.render(replace(content, period=window))
        assert days in rendered.text
        assert days in rendered.html


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
def test_a_subject_is_one_line_of_at_most_78_characters(
    renderer: TemplateRenderer, variant_of: Variant, title: str
) -> None:
    found = subject(renderer, titled(variant_of, title))
    assert 0 < len(found) <= 78
    assert found.splitlines() == [found]
    assert found.isprintable() or not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in found)
