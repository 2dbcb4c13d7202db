import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest

from digest.intake.item import Text
from digest.mail.composing import MessageComposer
from digest.mail.content import Rendered, Section, Shown, Slot, VariantContent, Weight
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.newsletter import SectionsBy

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]
Said = Callable[[Element], str]

SETS = ("brief", "bulletin", "compact", "letter")
EVERY = [(count, language, name) for name in SETS for count in (1, 2, 10, 40) for language in ("en", "es")]
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "o:allowpng"}


@pytest.fixture(scope="module", params=EVERY, ids=lambda case: f"{case[2]}-{case[1]}-{case[0]}")
def rendered(
    request: pytest.FixtureRequest,
    renderer: TemplateRenderer,
    variant: Variant,
    both_languages: Callable[..., VariantContent],
) -> Rendered:
    return renderer.render(both_languages(variant(*request.param)))


def headings(tree: Element) -> list[int]:
    return [int(each.tag[1]) for each in tree.iter() if re.fullmatch("h[1-6]", str(each.tag))]


def view(html: str, *, outlook: bool) -> str:
    """The HTML as Outlook for Windows reads it, or as everybody else does."""
    if outlook:
        html = re.sub(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", "", html, flags=re.DOTALL)
        return re.sub(r"<!--\[if [^\]]*\]>(.*?)<!\[endif\]-->", r"\1", html, flags=re.DOTALL)
    return re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)


def unbalanced(html: str) -> list[str]:
    opened: list[str] = []
    faults = []
    for closing, name, alone in re.findall(r"<(/?)([a-zA-Z][\w:]*)(?:[^>\"]|\"[^\"]*\")*?(/?)>", html):
        if name.lower() in VOID or alone:
            continue
        if not closing:
            opened.append(name)
        elif not opened or opened.pop() != name:
            faults.append(name)
    return faults + opened


def test_language_and_direction_stand_on_the_page_and_on_its_first_element(rendered: Rendered, page: Page) -> None:
    tree = page(rendered.html)
    first = next(iter(tree.find("body") or ()))
    language = "es" if "Boletín" in rendered.html else "en"
    for element in (tree, first):
        assert (element.get("lang"), element.get("dir")) == (language, "ltr")
    assert first.get("role") == "article"


def test_the_title_is_the_subject(rendered: Rendered, page: Page, said: Said) -> None:
    (title,) = page(rendered.html).iter("title")
    assert said(title) == rendered.subject


def test_headings_begin_with_one_and_skip_none(rendered: Rendered, page: Page) -> None:
    found = headings(page(rendered.html))
    assert found.count(1) == 1
    assert found[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(found))


def test_layout_tables_say_that_they_are_layout_also_to_outlook(rendered: Rendered, page: Page) -> None:
    for outlook in (False, True):
        tables = list(page(view(rendered.html, outlook=outlook)).iter("table"))
        assert tables
        assert all(table.get("role") == "presentation" for table in tables)


@pytest.mark.parametrize("outlook", [False, True])
def test_all_tags_are_closed_in_both_views(rendered: Rendered, *, outlook: bool) -> None:
    assert unbalanced(view(rendered.html, outlook=outlook)) == []


def test_a_hidden_preview_stands_first_and_says_something_of_its_own(
    rendered: Rendered, page: Page, said: Said
) -> None:
    body = page(rendered.html).find("body")
    assert body is not None
    hidden = body[0][0]
    style = hidden.get("style") or ""
    assert "display:none" in style
    assert "color" not in style
    words = said(hidden).split("\u200c")[0]
    assert 40 <= len(words) <= 110
    assert words not in rendered.subject
    assert len(said(hidden)) > 150  # so that nothing after it is shown in the inbox


def test_nothing_is_fetched_from_anywhere(rendered: Rendered) -> None:
    assert not re.search(r"@import|@font-face|<link|<script|<form|<img|url\(|src=", rendered.html)


def test_nothing_unfinished_is_left(rendered: Rendered) -> None:
    for part in (re.sub(r"<style.*?</style>", "", rendered.html, flags=re.DOTALL), rendered.text):
        assert not re.search(r"\{\{|\{%|\{#|\}\}|%\}|<mj-|\\u\{|None|undefined", part)


def test_link_texts_are_unique_and_say_where_they_lead(rendered: Rendered, page: Page, said: Said) -> None:
    links = [
        ((link.get("aria-label") or said(link)).strip(), link.get("href"))
        for link in page(rendered.html).iter("a")
        if not link.get("name")
    ]
    assert len({text for text, _ in links}) == len(set(links))  # two with the same text lead to the same page
    assert all(len(text) > 8 and href for text, href in links)


def test_links_are_not_told_by_their_colour_alone(rendered: Rendered, page: Page) -> None:
    assert not any("text-decoration" in (link.get("style") or "") for link in page(rendered.html).iter("a"))
    assert not re.search(r"(?:^|[\s},.])a(?:\s|,|\{)[^{}]*\{[^}]*text-decoration:\s*none", rendered.html)


def test_both_colour_schemes_are_announced_and_styled(rendered: Rendered, page: Page) -> None:
    metas = {meta.get("name"): meta.get("content") for meta in page(rendered.html).iter("meta")}
    assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"
    assert "prefers-color-scheme: dark" in rendered.html
    assert "[data-ogsc]" in rendered.html


def test_the_style_block_is_small_enough_for_every_client(rendered: Rendered, page: Page, said: Said) -> None:
    assert sum(len(said(style)) for style in page(rendered.html).iter("style")) <= 8000


def test_the_footer_says_who_where_why_and_how_to_leave(rendered: Rendered, page: Page, said: Said) -> None:
    everything = said(page(rendered.html))
    language = "es" if "Boletín" in rendered.html else "en"
    assert "Apartado Postal 100, San José, Costa Rica" in everything
    assert {"en": "You receive this because", "es": "Recibe este correo porque"}[language] in everything
    assert {"en": "Unsubscribe", "es": "Cancelar la suscripción"}[language] in everything


@pytest.mark.parametrize(
    ("audiences", "chosen", "reason"),
    [
        ((), False, "You receive this because you subscribed to “Migration bulletin”."),
        (("Guatemala", "Children"), True, "to “Migration bulletin” and chose: Guatemala, Children."),
        (("Belize", "Honduras"), False, "to “Migration bulletin”. This edition is for: Belize, Honduras."),
    ],
)
def test_the_reason_is_true_of_all_who_share_the_mail(
    renderer: TemplateRenderer, variant: Variant, audiences: tuple[str, ...], *, chosen: bool, reason: str
) -> None:
    rendered = renderer.render(replace(variant(1), audiences=audiences, chosen=chosen))
    assert reason in rendered.html
    assert reason in " ".join(rendered.text.split())


def test_a_mail_without_a_story_in_the_readers_language_says_so_once(
    renderer: TemplateRenderer, variant: Variant
) -> None:
    rendered = renderer.render(replace(variant(4, "en"), language="es"))
    assert rendered.text.count("inglés") == rendered.html.count("inglés") == 1


def test_a_publisher_without_a_website_has_a_footer_all_the_same(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    content = variant(1)
    rendered = renderer.render(replace(content, publisher=replace(content.publisher, website=None)))
    assert "Apartado Postal 100" in said(page(rendered.html))
    for part in (rendered.html, rendered.text):
        assert "bulletin.example.org" not in part.replace("https://bulletin.example.org/2018", "")


def test_slots_are_where_they_belong(rendered: Rendered) -> None:
    for part in (rendered.html, rendered.text):
        for slot in (Slot.LEAVE, Slot.PREFERENCES, Slot.WEB_VIEW):
            assert part.count(slot.mark) == 1
        assert part.count("\0") == 6 + 2 * part.count(f"\0{Slot.GREETING}:")


def test_without_a_public_url_there_is_no_link_to_a_page(private_renderer: TemplateRenderer, variant: Variant) -> None:
    rendered = private_renderer.render(variant(4))
    for part in (rendered.html, rendered.text):
        assert part.count(Slot.LEAVE.mark) == 1
        assert part.count("\0") == 2


def test_ten_stories_fit_where_gmail_cuts_nothing(renderer: TemplateRenderer, variant: Variant) -> None:
    content = variant(10)
    longer = " The counsellors will meet again before the end of the year to compare what they have heard." * 5

    def grown(shown: Shown) -> Shown:
        text = shown.item.text
        text = replace(text, summary=None, paragraphs=tuple(paragraph + longer for paragraph in text.paragraphs))
        return replace(shown, item=replace(shown.item, text=text))

    assert content.lead
    content = replace(
        content,
        lead=grown(content.lead),
        sections=tuple(replace(each, stories=tuple(map(grown, each.stories))) for each in content.sections),
    )
    assert len(renderer.render(content).html.encode()) <= 45_000


def test_the_masthead_says_who_sends_it_for_whom_of_when_and_how_long_it_is(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    content = replace(variant(12, "es"), audiences=("Guatemala", "Niñez"), chosen=True)
    tree = page(renderer.render(content).html)
    (title,) = tree.iter("h1")
    assert said(title) == "Boletín de migración"
    everything = said(tree)
    for words in ("Programa Mesoamérica de Migración", "Julio de 2018", "Guatemala, Niñez", "2 min de lectura"):
        assert words in everything


def test_the_region_comes_first_then_the_countries_in_the_readers_alphabet(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    content = variant(12, "es")
    doubled = tuple(replace(each, stories=each.stories * 2) for each in content.sections)
    backwards = replace(content, sections=doubled[::-1])
    titles = [said(each) for each in page(renderer.render(backwards).html).iter("h2")]
    assert titles[2:] == ["Regional", "Belice", "Costa Rica", "Guatemala", "Honduras", "México"]


def test_the_alphabet_does_not_stumble_over_accents(renderer: TemplateRenderer, variant: Variant) -> None:
    content = variant(2)
    content = replace(
        content, sections=tuple(Section(key=key, stories=content.stories) for key in ("a", "b", "c", None))
    )
    names = {"a": "Zimbabwe", "b": "Éthiopie", "c": "France"}
    renderer = TemplateRenderer(None, lambda kind, value, language: names.get(value, value), has_public_url=False)
    text = renderer.render(content).text
    places = [text.index(f"{name}\n-") for name in ("Regional", "Éthiopie", "France", "Zimbabwe")]
    assert places == sorted(places)


def test_stories_have_a_date_a_late_one_its_month_and_a_foreign_one_its_language(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    for language, labels in (
        ("en", ("26 July 2018", "late news from June 2018")),
        ("es", ("26 de julio de 2018", "noticia atrasada de junio de 2018", "· en inglés")),
    ):
        rendered = renderer.render(variant(12, language))
        everything = said(page(rendered.html))
        for label in labels:
            assert label in everything.replace("\xa0", " ")
            assert label in rendered.text


def test_a_story_in_another_language_says_so_to_screen_readers(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    tree = page(renderer.render(variant(12, "es")).html)
    foreign = [each for each in tree.iter("div") if each.get("lang") == "en"]
    assert len(foreign) == 1
    assert "Consular officers rehearse" in said(foreign[0])
    assert "en inglés" not in said(foreign[0])


def test_a_summary_stands_for_the_text_only_where_a_link_leads_to_the_rest(
    renderer: TemplateRenderer, variant_of: Variant
) -> None:
    whole = Text(title="Whole", paragraphs=("The whole text.",), summary="In short.")
    linked = replace(whole, title="Linked", link="https://a.example/story")
    lead = replace(linked, title="Leading")
    rendered = renderer.render(variant_of(lead, whole, linked))
    for part in (rendered.html, rendered.text):
        assert part.count("The whole text.") == 2
        assert part.count("In short.") == 1
        assert part.count("Read the whole story: Linked") == 1
        assert "Read the whole story: Leading" not in part


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("https://a.example/p.jpg", True),
        ("http://a.example/p.jpg", False),
        ("https://a.example/p.svg", False),
        ("https://a.example/p.WebP", False),
        ("data:image/png;base64,AAAA", False),
        (None, False),
    ],
)
def test_a_story_shows_its_image_if_all_clients_can(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, image: str | None, *, shown: bool
) -> None:
    lead = Text(title="Title", paragraphs=("Text.",), image=image, image_alt='A "quoted" image\xa0\\')
    html = renderer.render(variant_of(lead, replace(lead, title="Second"))).html
    images = list(page(html).iter("img"))
    assert [each.get("width") for each in images] == (["552", "96"] if shown else [])  # the second one's is small
    for each in images:
        assert each.get("alt") == 'A "quoted" image\xa0\\'
    for outlook in (False, True):
        assert unbalanced(view(html, outlook=outlook)) == []


def test_from_twelve_stories_on_most_are_briefs_unless_a_person_says_otherwise(
    renderer: TemplateRenderer, variant_of: Variant
) -> None:
    texts = [
        Text(
            title=f"Story {n}",
            paragraphs=("It begins with a sentence.", f"The rest of {n}."),
            link=None if n == 7 else f"https://a.example/{n}",
        )
        for n in range(12)
    ]

    def whole(content: VariantContent) -> list[int]:
        rendered = renderer.render(content)
        found = [n for n in range(12) if f"The rest of {n}." in rendered.html]
        assert found == [n for n in range(12) if f"The rest of {n}." in rendered.text]
        return found

    content = variant_of(*texts)
    assert whole(variant_of(*texts[:11])) == list(range(11))
    assert whole(content) == [0, 1, 7]  # the lead, the first of its section, and one that no link leads on from
    (section,) = content.sections
    wanted = {"story-1": Weight.BRIEF, "story-5": Weight.FULL}
    stories = tuple(replace(shown, weight=wanted.get(shown.story_id)) for shown in section.stories)
    assert whole(replace(content, sections=(replace(section, stories=stories),))) == [0, 5, 7]


def test_a_section_of_one_story_has_no_heading_and_its_story_says_where_it_belongs(
    renderer: TemplateRenderer, variant: Variant
) -> None:
    content = variant(4)
    (alone,) = [section for section in content.sections if section.key == "CR"]
    rendered = renderer.render(content)
    assert "17 July 2018 · Costa Rica" in rendered.text
    assert ">Costa Rica</h2>" not in rendered.html
    rendered = renderer.render(replace(content, sections=(replace(alone, stories=alone.stories * 2),)))
    assert ">Costa Rica</h2>" in rendered.html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://a.example/ b", 'https://a.example/"x', "", None])
def test_a_link_that_is_none_is_left_out(renderer: TemplateRenderer, variant_of: Variant, link: str | None) -> None:
    rendered = renderer.render(variant_of(Text(title="A title", paragraphs=("Text.",), link=link, summary="Short.")))
    assert 'class="title"' not in re.sub(r"<style.*?</style>", "", rendered.html, flags=re.DOTALL)
    assert "Text." in rendered.html
    assert not link or link not in rendered.text


def test_without_sections_there_is_no_heading_and_stories_are_the_second_level(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    content = variant(12)
    content = replace(
        content,
        newsletter=replace(content.newsletter, sections=SectionsBy.NONE),
        sections=(Section(key=None, stories=content.stories[1:]),),
    )
    tree = page(renderer.render(content).html)
    found = headings(tree)
    assert found.count(2) == 1 + 12  # the contents, the stories
    assert all(after - before <= 1 for before, after in pairwise(found))
    assert "Regional" not in said(tree)


def test_sections_by_topic_begin_with_general_news(
    renderer: TemplateRenderer, variant: Variant, page: Page, said: Said
) -> None:
    content = variant(3, "es")
    content = replace(
        content,
        newsletter=replace(content.newsletter, sections=SectionsBy.TOPIC),
        sections=(
            Section(key="health", stories=content.stories[2:] * 2),
            Section(key=None, stories=content.stories[1:2] * 2),
        ),
    )
    titles = [said(each) for each in page(renderer.render(content).html).iter("h2")]
    assert [title for title in titles if title in ("General", "Salud")] == ["General", "Salud"]


def test_a_story_about_several_countries_names_them_but_not_a_crowd(
    renderer: TemplateRenderer, variant: Variant
) -> None:
    assert "24 July 2018 · Belize, Mexico" in renderer.render(variant(2)).text
    content = variant(2)
    tags = tuple(replace(content.sections[0].stories[0].item.tags[0], value=code) for code in ("BZ", "CR", "GT", "HN"))
    shown = content.sections[0].stories[0]
    crowd = replace(shown, item=replace(shown.item, tags=tags))
    content = replace(content, sections=(replace(content.sections[0], stories=(crowd,)),))
    assert "Belize" not in renderer.render(content).text.split("24 July 2018")[1].split("\n")[0]


def test_a_right_to_left_language_turns_the_page(variant: Variant, page: Page) -> None:
    content = variant(2)
    newsletter = replace(
        content.newsletter,
        title=replace(content.newsletter.title, everywhere="نشرة الهجرة"),
        sender={"ar": content.newsletter.sender["en"]},
    )
    publisher = replace(content.publisher, name=replace(content.publisher.name, everywhere="برنامج"))
    renderer = TemplateRenderer(None, lambda kind, value, language: value, has_public_url=True)
    tree = page(renderer.render(replace(content, newsletter=newsletter, publisher=publisher, language="ar")).html)
    assert tree.get("dir") == "rtl"
    assert {cell.get("align") for cell in tree.iter("td") if "ink" in (cell.get("class") or "")} == {"right"}
    assert {each.get("dir") for each in tree.iter("div") if each.get("lang") == "en"} == {"ltr"}


def test_a_variant_without_a_lead_or_a_single_story_still_stands(renderer: TemplateRenderer, variant: Variant) -> None:
    content = replace(variant(1), lead=None, sections=())
    rendered = renderer.render(content)
    assert rendered.subject == "Migration bulletin"
    assert unbalanced(view(rendered.html, outlook=True)) == []


def test_the_sample_reader_sees_links_instead_of_marks(
    renderer: TemplateRenderer, composer: MessageComposer, variant: Variant, edition: object, page: Page
) -> None:
    rendered = renderer.render(variant(4))
    for part in (rendered.html, rendered.text):
        seen = composer.sample_body(edition, part)  # type: ignore[arg-type]  # a fixture
        assert "\0" not in seen
        assert "https://bulletin.example.org/leave/sample" in seen
        assert "https://bulletin.example.org/view/2018-07/sample" in seen


def test_a_year_of_three_digits_is_no_accident(renderer: TemplateRenderer, variant_of: Variant) -> None:
    content = variant_of(Text(title="Old", paragraphs=("Text.",)))
    assert content.lead
    old = replace(content.lead, item=replace(content.lead.item, published_on=date(987, 1, 2)))
    assert "2 January 987" in renderer.render(replace(content, lead=old)).text
