"""Templates that an office wrote for an older version: they work on, or what they lack is named."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.mail.content import Section, VariantContent
from digest.mail.renderer import TemplateRenderer

Variant = Callable[..., VariantContent]

TEMPLATES = Path(__file__).parents[2] / "templates"
OLDER = Path(__file__).parent / "older_set"  # with every name that a template could use before the news came first


@pytest.mark.parametrize("count", [1, 12, 40])
def test_a_set_with_the_names_of_then_is_rendered(
    tmp_path: Path, renderer_of: Callable[[Path], TemplateRenderer], variant: Variant, count: int
) -> None:
    shutil.copytree(OLDER, tmp_path / "ours")
    for language in ("en", "es"):
        content = variant(count, language, "ours")
        rendered = renderer_of(tmp_path).render(content)
        for shown in content.stories:
            assert " ".join(shown.item.text.title.split()) in " ".join(rendered.text.split())
        assert rendered.subject.startswith(content.newsletter.title(language))


@pytest.mark.parametrize("template", ["brief", "compact"])
def test_shared_parts_from_before_stories_had_several_sources_serve_a_set_of_today(
    tmp_path: Path, renderer_of: Callable[[Path], TemplateRenderer], variant: Variant, template: str
) -> None:
    (tmp_path / "shared").mkdir()
    macros = (TEMPLATES / "shared" / "macros.mjml").read_text(encoding="utf-8").splitlines()
    then = "\n".join(line for line in macros if "macro elsewhere" not in line).replace("{{ elsewhere(story) }}", "")
    (tmp_path / "shared" / "macros.mjml").write_text(then, encoding="utf-8")
    content = variant(4, "en", template)
    assert content.lead
    text = replace(content.lead.item.text, link="https://press.example/1")
    lead = replace(content.lead, elsewhere=(replace(content.lead.item, text=text),))
    sections = (Section(key=None, stories=(lead,)),)
    assert "press.example" not in renderer_of(tmp_path).render(replace(content, lead=lead, sections=sections)).html


@pytest.mark.parametrize(
    ("part", "text", "lacking"),
    [
        (
            "macros.mjml",
            "<mj-raw>{% macro told(story) %}{{ story.title }}{% endmacro %}</mj-raw>",
            "'meta' is undefined",
        ),
        ("macros.txt", "{% macro told(story) %}\n{{ story.title }}\n{% endmacro %}\n", "'numbered'"),
    ],
)
def test_a_part_that_lacks_what_came_later_is_named_with_the_way_out(
    tmp_path: Path,
    renderer_of: Callable[[Path], TemplateRenderer],
    variant: Variant,
    part: str,
    text: str,
    lacking: str,
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / part).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        renderer_of(tmp_path).render(variant(4))
    said = str(raised.value)
    assert lacking in said
    assert (
        f"compare {tmp_path / 'shared' / part} with what `digest templates eject bulletin --to FOLDER` writes" in said
    )


@pytest.fixture
def renderer_of() -> Callable[[Path], TemplateRenderer]:
    return lambda folder: TemplateRenderer(folder, lambda _kind, value, _language: value, has_public_url=True)
