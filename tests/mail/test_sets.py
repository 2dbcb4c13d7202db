"""What is particular to each of the sets, and what brand, contents and other languages do in them."""

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from digest.errors import IntegrityError
from digest.intake.item import Text
from digest.intake.picture import Picture
from digest.mail.content import Introduction, Section, Shown, VariantContent, Weight
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.newsletter import Brand, Localised, Logo, Typeface

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]
Said = Callable[[Element], str]
Linked = Callable[[VariantContent], VariantContent]

SETS = ("brief", "bulletin", "compact", "letter")
LOGO = Logo(url="https://a.example/logo.png", width=200, alt=Localised({"en": "The Programme", "es": "El Programa"}))
BRAND = Brand(
    accent="#8a2b0e",
    accent_dark="#f0a68c",
    font=Typeface.SANS,
    logo=LOGO,
    footer=Localised({"en": "Paid by <all>.", "es": "Pagado por todos."}),
)


def branded(content: VariantContent, brand: Brand = BRAND) -> VariantContent:
    return replace(content, publisher=replace(content.publisher, brand=brand))


def in_set(content: VariantContent, name: str) -> VariantContent:
    return replace(content, newsletter=replace(content.newsletter, template=name))


# -- brand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_a_brand_is_obeyed_everywhere(renderer: TemplateRenderer, variant: Variant, name: str) -> None:
    html = renderer.render(branded(variant(12, "en", name))).html
    for colour in (Brand().accent, Brand().accent_dark, "Georgia"):
        assert colour not in html
    assert html.count(BRAND.accent) >= 10
    assert f".accent, .body a {{ color: {BRAND.accent_dark} !important;" in html
    assert f"[data-ogsc] .accent, [data-ogsc] .body a {{ color: {BRAND.accent_dark} !important; }}" in html


@pytest.mark.parametrize("name", SETS)
def test_the_logo_stands_on_a_light_plate_and_says_its_name(
    renderer: TemplateRenderer, variant: Variant, page: Page, name: str
) -> None:
    tree = page(renderer.render(branded(variant(2, "es", name))).html)
    (plate,) = (each for each in tree.iter("div") if each.get("class") == "plate")
    (logo,) = plate.iter("img")
    assert (logo.get("src"), logo.get("alt"), logo.get("width")) == (LOGO.url, "El Programa", "200")
    assert "width:100%;max-width:200px" in (logo.get("style") or "")
    assert not list(page(renderer.render(variant(2, "es", name)).html).iter("img"))


@pytest.mark.parametrize("name", SETS)
def test_the_line_of_the_publisher_stands_at_the_foot_of_both_parts(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said, name: str
) -> None:
    rendered = renderer.render(branded(variant(2, "en", name)))
    assert "Paid by <all>." in said(page(rendered.html))
    assert "\nPaid by <all>.\n" in rendered.text


# -- introduction ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_an_introduction_stands_before_the_stories(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said, name: str
) -> None:
    html = '<h4>July</h4><p>A word of <strong>ours</strong>, and a <a href="https://a.example/l">list</a>.</p>'
    content = replace(variant(4, "en", name), introduction=Introduction(paragraphs=("x",), html=html))
    rendered = renderer.render(content)
    everything = said(page(rendered.html))
    assert everything.index("A word of ours") < everything.rindex("Fourteen municipalities")
    assert "A word of ours, and a list\n<https://a.example/l>." in rendered.text.replace(" <", "\n<")
    levels = [int(each.tag[1]) for each in page(rendered.html).iter() if re.fullmatch("h[1-6]", str(each.tag))]
    assert levels[:3] == [1, 2, 2]


def test_an_introduction_of_plain_paragraphs_is_escaped(renderer: TemplateRenderer, variant: Variant) -> None:
    content = replace(variant(1), introduction=Introduction(paragraphs=("1 < 2 & {{ 3 }}", "Second.")))
    rendered = renderer.render(content)
    assert ">1 &lt; 2 &amp; {{ 3 }}</p>" in rendered.html
    assert "1 < 2 & {{ 3 }}\n\nSecond.\n" in rendered.text


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("html", [None, "<p>A word.</p>"])
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "little news of what you chose this time, so this mail also brings the news of “All & <more>”."),
        ("es", "pocas noticias de lo que usted eligió; por eso este correo trae también las de «All & <more>»."),
    ],
)
def test_a_mail_with_stories_of_another_audience_says_why_before_them(  # noqa: PLR0917 – fixtures
    renderer: TemplateRenderer,
    variant: Variant,
    page: Page,
    said: Said,
    name: str,
    html: str | None,
    language: str,
    told: str,
) -> None:
    introduction = None if html is None else Introduction(paragraphs=("A word.",), html=html)
    content = replace(variant(2, language, name), introduction=introduction, fall_back="All & <more>")
    rendered = renderer.render(content)
    everything = said(page(rendered.html))
    assert everything.count(told) == 1
    assert everything.index(told) < everything.rindex(content.stories[1].item.text.title)
    assert told in " ".join(rendered.text.split())
    for part in (everything, rendered.text):
        assert ("A word." in part) == (html is not None)
    assert told not in said(page(renderer.render(replace(content, fall_back=None)).html))


@pytest.mark.parametrize(
    "introduction", [Introduction(paragraphs=("\0leave\0",)), Introduction(paragraphs=(), html="<p>\0to\0</p>")]
)
def test_an_introduction_forges_no_slot(
    renderer: TemplateRenderer, variant: Variant, introduction: Introduction
) -> None:
    with pytest.raises(IntegrityError, match="NUL"):
        renderer.render(replace(variant(1), introduction=introduction))


def test_a_letter_without_an_introduction_says_what_comes(renderer: TemplateRenderer, variant: Variant) -> None:
    rendered = renderer.render(variant(4, "es", "letter"))
    for part in (rendered.html, rendered.text):
        assert "En esta edición: 4 noticias de 4 países." in part


# -- contents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count", "listed"),
    [("bulletin", 11, 0), ("bulletin", 12, 12), ("letter", 40, 40), ("compact", 40, 0), ("brief", 20, 0)],
)
def test_many_stories_have_a_list_of_contents_that_leads_to_them(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said, name: str, count: int, listed: int
) -> None:
    tree = page(renderer.render(variant(count, "en", name)).html)
    links = [link for link in tree.iter("a") if (link.get("href") or "").startswith("#")]
    assert len(links) == listed
    ids = {each.get("id"): said(each) for each in tree.iter() if each.get("id")}
    for number, link in enumerate(links, start=1):
        assert link.get("aria-label") == f"{number}. {said(link)}"
        assert said(link) == ids[(link.get("href") or "")[1:]]
    anchors = [each.get("name") for each in tree.iter("a") if each.get("name")]
    assert {(link.get("href") or "")[1:] for link in links} <= set(anchors)  # where Gmail and Outlook lead to


@pytest.mark.parametrize("name", SETS)
def test_every_set_says_how_many_of_the_last_stories_are_in_the_archive_alone(
    renderer: TemplateRenderer, variant: Variant, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content = replace(variant(20, "en", name), archive="https://a.example/archive/")
    monkeypatch.setattr("digest.mail.page.BUDGET", 0)
    monkeypatch.setattr("digest.mail.page.LIMIT", len(renderer.render(content).html.encode()) * 3 // 4)
    rendered = renderer.render(content)
    for part, where in ((rendered.html, 'href="https://a.example/archive/"'), (rendered.text, content.archive)):
        (more,) = re.findall(r"\+(\d+) more in the archive", part)
        assert where in part
        titles = {shown.item.text.title for shown in content.stories if shown.item.text.title in " ".join(part.split())}
        assert 0 < int(more) < 20
        assert len(titles) == 20 - int(more)


def test_in_the_text_the_contents_are_a_numbered_list(renderer: TemplateRenderer, variant: Variant) -> None:
    text = renderer.render(variant(12)).text
    title = "Fourteen municipalities in Guatemala agree on one way to welcome\n    people who return"
    assert f"\nIn this edition\n\n 1. {title}\n" in text
    assert text.count("\n10. ") == 2  # there, and at the story


# -- other languages ------------------------------------------------------------------------------------------------


def test_a_story_leads_to_itself_in_the_other_language(
    renderer: TemplateRenderer, variant: Variant, both_languages: Linked, page: Page
) -> None:
    for language, other, label in (("en", "es", "Also in Spanish: "), ("es", "en", "También en inglés: ")):
        rendered = renderer.render(both_languages(variant(4, language)))
        links = [link for link in page(rendered.html).iter("a") if link.get("hreflang")]
        assert {(link.get("lang"), link.get("hreflang")) for link in links} == {(other, other)}
        assert rendered.html.count(label) == rendered.text.count(label) == len(links) >= 2
        for link in links:
            assert f"\n{link.get('href')}\n" in rendered.text


@pytest.mark.parametrize("template", ["brief", "bulletin", "compact", "letter"])
def test_every_set_names_who_else_published_a_story_once(
    renderer: TemplateRenderer, variant: Variant, page: Page, template: str
) -> None:
    """Told in full or in brief, and with whatever weight an editor gave it."""
    links = ["https://www.press.example/1?a=1&b=2", "http://radio.example:8080/2"]

    def published_too(shown: Shown, weight: Weight | None) -> Shown:
        texts = [replace(shown.item.text, link=link) for link in links]
        return replace(shown, weight=weight, elsewhere=tuple(replace(shown.item, text=text) for text in texts))

    for language, label in (("en", "Also published by: "), ("es", "También publicado por: ")):
        content = variant(13, language, template)
        (first, second, *others) = content.stories
        stories = (published_too(first, None), published_too(second, Weight.FULL), *others)
        made = replace(content, lead=stories[0], sections=(Section(key=None, stories=stories[1:]),))
        rendered = renderer.render(made)
        assert rendered.html.count(label) == rendered.text.count(label) == 2
        found = [(link.get("href"), link.text) for link in page(rendered.html).iter("a")]
        for link, site in zip(links, ("press.example", "radio.example"), strict=True):
            assert found.count((link, site)) == rendered.text.count(f"\n{link}\n") == 2
        made = replace(made, sections=(Section(key=None, stories=tuple(published_too(one, None) for one in others)),))
        assert renderer.render(made).html.count(label) == 1 + len(others)


@pytest.mark.parametrize("link", [None, "javascript:alert(1)", "https://a.example/same"])
def test_nothing_leads_to_a_page_that_is_none_or_the_same(
    renderer: TemplateRenderer, variant_of: Variant, link: str | None
) -> None:
    content = variant_of(Text(title="One", paragraphs=("x",), link="https://a.example/same"))
    assert content.lead
    text = Text(title="Uno", paragraphs=("x",), link=link)
    other = replace(content.lead.item, language="es", text=text)
    rendered = renderer.render(replace(content, lead=replace(content.lead, other=other)))
    assert "hreflang" not in rendered.html
    assert "Also in" not in rendered.text


def test_the_other_item_is_untrusted_too(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said
) -> None:
    content = variant_of(Text(title="One", paragraphs=("x",)))
    assert content.lead
    for title, fine in (('<b>"Uno"</b> {{ 1 }}', True), ("\0leave\0", False)):
        text = Text(title=title, paragraphs=("x",), link="https://a.example/es")
        shown: Shown = replace(content.lead, other=replace(content.lead.item, language="es", text=text))
        if fine:
            tree = page(renderer.render(replace(content, lead=shown)).html)
            assert title in [said(each) for each in tree.iter("a")]
        else:
            with pytest.raises(IntegrityError, match="NUL"):
                renderer.render(replace(content, lead=shown))


# -- compact --------------------------------------------------------------------------------------------------------


def test_compact_says_one_line_about_each_story(renderer: TemplateRenderer, variant_of: Variant) -> None:
    linked = Text(
        title="Linked", paragraphs=("GUATEMALA CITY, 5 July 2018 – A bus came. It left.",), link="https://a.example/"
    )
    summed = Text(title="Summed", paragraphs=("Long.",), summary="In short.", image="https://a.example/p.png")
    rendered = renderer.render(in_set(variant_of(linked, summed), "compact"))
    for part in (rendered.html, rendered.text):
        assert "A bus came." in part
        assert "In short." in part
        for gone in ("It left.", "GUATEMALA CITY", "Long.", "p.png"):
            assert gone not in part


@pytest.mark.parametrize("name", ["brief", "compact"])
def test_what_an_editor_wants_in_full_is_told_in_full_where_a_line_is_usual(
    renderer: TemplateRenderer, variant_of: Variant, name: str
) -> None:
    texts = [
        Text(
            title=title, paragraphs=(f"{title} began today. It goes on.", "To the end."), link=f"https://a.example/{n}"
        )
        for n, title in enumerate(("First", "Second", "Third"))
    ]
    content = in_set(variant_of(*texts), name)
    (section,) = content.sections
    stories = tuple(replace(each, weight=Weight.FULL) for each in section.stories[:1]) + section.stories[1:]
    rendered = renderer.render(replace(content, sections=(replace(section, stories=stories),)))
    for part in (rendered.html, rendered.text):
        assert "Second began today. It goes on." in part
        assert "Third began today." in part
        assert "Third began today. It goes on." not in part


# -- brief ----------------------------------------------------------------------------------------------------------


def test_a_briefing_runs_one_sentence_into_each_title_that_leads_on_and_keeps_the_others_whole(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said
) -> None:
    def text(title: str, link: str | None) -> Text:
        return Text(title=title, paragraphs=(f"{title} began today. It goes on.", "To the end."), link=link)

    texts = [text(title, f"https://a.example/{title}") for title in ("Lead", "Linked")]
    rendered = renderer.render(in_set(variant_of(*texts, text("Alone", None)), "brief"))
    tree = page(rendered.html)
    for part in (rendered.html, rendered.text):
        for title, goes_on in (("Lead", True), ("Linked", False), ("Alone", True)):
            assert (f"{title} began today. It goes on." in part) is goes_on
            assert f"{title} began today." in part
        assert part.count("To the end.") == 2
    (brief,) = (each for each in tree.iter("div") if [child.tag for child in each][:2] == ["h3", "p"])
    assert said(brief).startswith("Linked\xa0– Linked began today. 20\xa0July\xa02018")
    assert [each.get("href") for each in brief.iter("a") if each.get("href")] == ["https://a.example/Linked"]


@pytest.mark.parametrize("name", ["brief", "bulletin", "letter"])
def test_a_brief_shows_the_picture_that_its_text_would_show(variant_of: Variant, page: Page, name: str) -> None:
    picture = Picture(name="0" * 32, kind="png", width=200, height=900, data=b"")
    renderer = TemplateRenderer(
        None, lambda kind, value, language: value, has_public_url=True, picture={picture.name: picture}.get
    )
    html = f"<p>It hangs in the hall of the town.</p><p>{picture.html('A tall poster')}</p>"
    text = Text(title="A poster", paragraphs=("It hangs in the hall of the town.",), html=html)
    plain = Text(title="Lead", paragraphs=("x",))
    shown = replace(text, link="https://a.example/poster")
    content = variant_of(plain, *[shown] * 12)
    images = list(page(renderer.render(in_set(content, name)).html).iter("img"))
    assert len(images) == 12
    assert {each.get("width") for each in images[1:]} == {"43"}  # beside a line, at most 192 pixels high
    assert {each.get("alt") for each in images} == {"A tall poster"}


def test_what_has_to_be_known_before_a_brief_stands_on_its_label(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    tree = page(renderer.render(variant(12, "es", "brief")).html)
    labels = [said(each) for each in tree.iter("p")]
    assert "Belice, México" in labels
    assert "Guatemala · noticia atrasada de junio de 2018" in labels
    assert "en inglés" in {part for label in labels for part in label.split(" · ")}


@pytest.mark.parametrize("name", SETS)
def test_a_right_to_left_language_turns_every_set(variant: Variant, page: Page, name: str) -> None:
    content = variant(10, "en", name)
    newsletter = replace(
        content.newsletter,
        title=Localised(everywhere="نشرة الهجرة"),
        sender={"ar": content.newsletter.sender["en"]},
    )
    publisher = replace(content.publisher, name=Localised(everywhere="برنامج"))
    renderer = TemplateRenderer(None, lambda kind, value, language: value, has_public_url=True)
    rendered = renderer.render(replace(content, newsletter=newsletter, publisher=publisher, language="ar"))
    tree = page(rendered.html)
    assert (tree.get("lang"), tree.get("dir")) == ("ar", "rtl")
    assert {cell.get("align") for cell in tree.iter("td") if "ink" in (cell.get("class") or "")} == {"right"}
    english = [each for each in tree.iter() if each.get("lang") == "en"]
    assert english
    assert {each.get("dir") for each in english} == {"ltr"}
