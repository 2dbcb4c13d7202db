"""What comes from outside is data: it appears as itself, and is never a template, markup or a mark."""

import html as standard_html
from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from doses import dose, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import IntegrityError
from digest.intake.item import Text
from digest.mail.content import Introduction, VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.newsletter import Brand, Localised, Logo

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]
Said = Callable[[Element], str]

HOSTILE = [
    "{{ 7*7 }}",
    "{% for x in range(999999) %}x{% endfor %}",
    "{# gone #}",
    "{{ story.__class__.__mro__ }}",
    "%(num)s %s %",
    "<mj-text>in</mj-text><mj-include path='/etc/passwd'/>",
    "</title><script>alert(1)</script>",
    "</h3></div></td></tr></table>",
    "<!--[if mso]> x <![endif]-->",
    'He said "no" & left \\ \\u{a0}',
    "non\xa0breaking\xa0spaces",
    "Nin\u0303os y mu\u0301sica",  # NFD
    "family 👨‍👩‍👧 with joiners",
    "right\u200fto\u200eleft שלום",
    "soft\u00adhyphen and \u200bnothing",
    "=3D =?utf-8?q?x?= =",
    ".\n.",
    "&amp; &lt;b&gt; &#0;",
]

TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("{}%<>\"&\\'\u00a0\u0303\u200d\u200f"),
    min_size=1,
    max_size=60,
)


def stories(tree: Element, said: Said) -> list[str]:
    return [said(each) for level in ("h2", "h3") for each in tree.iter(level)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_appears_as_itself(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said, text: str
) -> None:
    story = Text(title=text, paragraphs=(text,), author=text, image="https://a.example/p.png", image_alt=text)
    rendered = renderer.render(
        variant_of(story, replace(story, title=f"{text}.", summary=text, link="https://a.example/"))
    )
    tree = page(rendered.html)
    assert stories(tree, said) == [text, f"{text}."]
    assert [said(each) for each in tree.iter("p")].count(text) == 2
    assert [image.get("alt") for image in tree.iter("img")] == [text, text]
    assert not list(tree.iter("script"))
    assert text.replace("\n", " ") in rendered.text.replace("\n", " ")


@settings(max_examples=dose(60, 600), deadline=None)
@given(TEXTS)
def test_any_text_survives_in_titles_attributes_and_paragraphs(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said, text: str
) -> None:
    story = Text(title=text, paragraphs=(text,), image="https://a.example/p.png", image_alt=text)
    tree = page(renderer.render(variant_of(story, replace(story, title=text + "."))).html)
    assert stories(tree, said) == [text, text + "."]
    assert next(tree.iter("img")).get("alt") == text
    assert [said(each) for each in tree.iter("p")].count(text) == 2


@settings(max_examples=examples(60), deadline=None)
@given(st.text("abc/?&=#%+;,:@!$'()*-._~", max_size=80))
def test_any_link_leads_where_it_should(renderer: TemplateRenderer, variant_of: Variant, page: Page, path: str) -> None:
    link = f"https://a.example/{path}"
    rendered = renderer.render(variant_of(Text(title="Linked", paragraphs=("Text.",), link=link)))
    assert link in [each.get("href") for each in page(rendered.html).iter("a")]
    assert link in rendered.text


def test_sanitised_html_is_shown_as_it_is_and_its_jinja_is_text(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said
) -> None:
    html = "<p>{{ 7*7 }} <strong>strong</strong> {% raw %}</p><ul><li>point &amp; line</li></ul>"
    tree = page(renderer.render(variant_of(Text(title="T", paragraphs=("x",), html=html))).html)
    assert "{{ 7*7 }} strong {% raw %}" in [said(each) for each in tree.iter("p")]
    assert [said(each) for each in tree.iter("li")] == ["point & line"]


@pytest.mark.parametrize("field", ["title", "html", "summary", "link", "image", "image_alt", "author", "paragraphs"])
def test_a_forged_slot_mark_is_refused(renderer: TemplateRenderer, variant_of: Variant, field: str) -> None:
    forged = "\0leave\0"
    text = Text(title="T", paragraphs=("x",))
    text = replace(text, **{field: (forged,) if field == "paragraphs" else forged})
    with pytest.raises(IntegrityError, match="NUL"):
        renderer.render(variant_of(text))


def test_newsletter_and_publisher_are_data_too(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    content = variant(1)
    name = '<b>"R&D"</b> {{ 1 }}'
    content = replace(
        content,
        newsletter=replace(content.newsletter, title=replace(content.newsletter.title, texts={}, everywhere=name)),
        publisher=replace(content.publisher, name=replace(content.publisher.name, texts={}, everywhere=name)),
    )
    rendered = renderer.render(content)
    tree = page(rendered.html)
    assert [said(each) for each in tree.iter("h1")] == [name]
    assert not list(tree.iter("b"))
    assert f"You receive this because you subscribed to “{name}”." in said(tree)
    assert standard_html.escape(rendered.subject, quote=False) in rendered.html.replace("&#34;", '"')


@settings(max_examples=examples(60), deadline=None)
@given(TEXTS, st.sampled_from(["compact", "letter"]))
def test_any_text_survives_in_every_field_of_every_set(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said, text: str, name: str
) -> None:
    logo = Logo(url="https://a.example/l.png", width=100, alt=Localised(everywhere=text))
    content = variant_of(Text(title=text, paragraphs=(text,)), Text(title=f"{text}.", paragraphs=(text,)))
    content = replace(
        content,
        newsletter=replace(content.newsletter, template=name),
        publisher=replace(content.publisher, brand=Brand(logo=logo, footer=Localised(everywhere=text))),
        introduction=Introduction(paragraphs=(text,)),
    )
    tree = page(renderer.render(content).html)
    assert stories(tree, said) == [text, f"{text}."]
    assert next(tree.iter("img")).get("alt") == text
    assert [said(each) for each in tree.iter("p")].count(text) >= 2  # the introduction and the foot
