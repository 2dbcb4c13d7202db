import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.intake.item import Text
from digest.mail.content import Rendered, VariantContent
from digest.mail.renderer import TemplateRenderer

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]
Said = Callable[[Element], str]


EVERY = [
    (count, language, name)
    for name in ("brief", "bulletin", "compact", "letter")
    for count in (1, 2, 10, 40)
    for language in ("en", "es")
]


@pytest.fixture(scope="module", params=EVERY, ids=lambda case: f"{case[2]}-{case[1]}-{case[0]}")
def rendered(
    request: pytest.FixtureRequest,
    renderer: TemplateRenderer,
    variant: Variant,
    both_languages: Callable[..., VariantContent],
) -> Rendered:
    return renderer.render(both_languages(variant(*request.param)))


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_text_has_every_heading_of_the_page(rendered: Rendered, page: Page, said: Said) -> None:
    text = words(rendered.text)
    for level in ("h1", "h2", "h3", "h4"):
        for heading in page(rendered.html).iter(level):
            assert words(said(heading)) in text


def test_the_text_has_every_link_of_the_page(rendered: Rendered, page: Page) -> None:
    links = {link.get("href") or "" for link in page(rendered.html.replace("\0", "￿")).iter("a")}
    links = {link for link in links if not link.startswith("#")}  # of the list of contents
    assert len(links) >= 5
    assert all(link.replace("￿", "\0") in rendered.text for link in links)


def test_the_text_has_every_paragraph_of_the_page(rendered: Rendered, page: Page, said: Said) -> None:
    text = words(rendered.text)
    for paragraph in page(rendered.html).iter("p"):
        whole = said(paragraph).removesuffix("".join(map(said, paragraph.findall("span"))))  # without labels
        if not paragraph.findall(".//a") and "·" not in whole and not whole.startswith("greeting:"):
            assert words(whole) in text


def test_lines_have_at_most_seventy_two_columns_unless_a_url_is_longer(rendered: Rendered) -> None:
    assert all(len(line) <= 72 or "://" in line for line in rendered.text.splitlines())


def test_white_space_is_under_control(rendered: Rendered) -> None:
    assert "\n\n\n" not in rendered.text
    assert not re.search(r"[ \t]\n", rendered.text)
    assert rendered.text.endswith("\n")
    assert not rendered.text.startswith("\n")


def test_sections_are_underlined(renderer: TemplateRenderer, variant: Variant) -> None:
    content = variant(12)
    text = renderer.render(content).text
    assert "\n\nRegional\n--------\n\n" in text
    of_two = [section.key for section in content.sections if section.key and len(section.stories) > 1]
    assert text.count("\n-----") == len(of_two) + 2  # with Regional, and the line below the contents


def test_a_story_reads_like_a_document(renderer: TemplateRenderer, variant: Variant) -> None:
    assert (
        "## Belmopan trains its first interviewers for children who travel alone\n"
        "5 July 2018 · Belize\n"
        "https://bulletin.example.org/2018/07/9?from=mail&to=reader\n"
        "\n"
        "The training was short; the rules they wrote for themselves are shorter\n"
        "still, and hang on every door.\n"
    ) in renderer.render(variant(10)).text


def test_nothing_is_escaped_for_html(renderer: TemplateRenderer, variant_of: Variant) -> None:
    text = renderer.render(variant_of(Text(title="Q&A: <5> “it's”", paragraphs=('1 < 2 & "3"',)))).text
    assert "Q&A: <5> “it's”" in text
    assert '1 < 2 & "3"' in text


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=200).filter(
        str.strip
    )
)
def test_a_title_of_any_length_is_never_cut_in_the_text(
    renderer: TemplateRenderer, variant_of: Variant, title: str
) -> None:
    assert title in renderer.render(variant_of(Text(title=title, paragraphs=("Text.",)))).text
