"""Clean mails pass: no error, no warning, whatever the news and the template set."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.foundation.problems import Severity
from digest.intake.item import Text
from digest.mail.checks.gate import check
from digest.mail.checks.rule import Finding, Specimen
from digest.mail.content import Introduction, Shown, VariantContent
from digest.newsletters.newsletter import Brand, Localised, Logo, Typeface

Mail = Callable[..., Specimen]
Content = Callable[..., VariantContent]
Rendered = Callable[..., Specimen]

LINK = "https://bulletin.example.org/2018/07/1?a=1&b=2"
BRAND = Brand(
    accent="#7a1f3d",
    accent_dark="#ffb3c7",
    font=Typeface.SANS,
    logo=Logo(
        url="https://bulletin.example.org/logo.png", width=180, alt=Localised(everywhere="Mesoamerica Programme")
    ),
    footer=Localised({"en": "Funded by its members", "es": "Financiado por sus miembros"}),
)


def serious(specimen: Specimen) -> list[Finding]:
    return [finding for finding in check(specimen) if finding.severity is not Severity.NOTE]


def text_of(title: str, *paragraphs: str, html: str | None = None, link: str | None = LINK) -> Text:
    return Text(title=title, paragraphs=paragraphs or ("Some words about it.",), html=html, link=link)


@pytest.mark.parametrize("bare", [True, False], ids=["bare", "rich"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("count", [1, 2, 10, 40])
def test_a_mail_of_any_size(count: int, language: str, *, bare: bool, mail: Mail) -> None:
    """Rich: images, links, foreign and late stories, bodies with formatting; bare: none of them."""
    assert serious(mail(count, language, bare=bare)) == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("template", ["brief", "bulletin", "compact", "letter"])
def test_every_template_set(template: str, language: str, mail: Mail) -> None:
    for public in (True, False):
        assert serious(mail(10, language, public=public, template=template)) == []


@pytest.mark.parametrize("template", ["brief", "bulletin", "compact", "letter"])
def test_a_brand_an_introduction_and_links_to_translations_and_to_other_sources(
    template: str, content: Content, rendered: Rendered
) -> None:
    made = content(6, "es", translated=True)
    made = replace(
        made,
        lead=published_too(made.lead),
        sections=tuple(replace(each, stories=tuple(map(published_too, each.stories))) for each in made.sections),
        publisher=replace(made.publisher, brand=BRAND),
        newsletter=replace(made.newsletter, template=template),
        introduction=Introduction(paragraphs=("Unas palabras.",), html="<p>Unas <b>palabras</b>.</p><h4>Algo más</h4>"),
    )
    assert serious(rendered(made)) == []


def published_too(shown: Shown | None) -> Shown:
    assert shown
    text = replace(shown.item.text, link=f"https://www.press.example.net/{shown.story_id}")
    return replace(shown, elsewhere=(replace(shown.item, source="press", text=text),))


ODD = (
    text_of("What {{ name }} and {% if %} mean to a reader"),
    text_of("None of the above", "Nobody said None, and null was undefined."),
    text_of("Say <b>hello</b> & “goodbye” --> <![endif]--> now", "Use <p> and &nbsp; often; never <script>."),
    text_of("C:\\u{a0}\\ and 100 %(sure)s", "mj-text is a tag of MJML, and [object Object] is none."),
    text_of("Café n\u0303andu\u0301 \u200d👩\u200d👩\u200d \u200f and \u00ad soft hyphens"),
    text_of("A" * 120, "B" * 2000),
    text_of("漢字" * 40, "漢字。" * 200),
    text_of("Node.js and report.pdf", html='<p>About <a href="https://nodejs.org/en">Node.js</a> in a text.</p>'),
    text_of("undefined"),
)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.title[:20])
def test_news_may_say_anything(odd: Text, content_of: Content, rendered: Rendered) -> None:
    found = serious(rendered(content_of(odd, text_of("Something else", link=f"{LINK}&c=3"))))
    assert [each for each in found if each.code != "LANG-010"] == []  # all of it is called English


def test_a_story_in_arabic_is_turned(content_of: Content, rendered: Rendered) -> None:
    story = text_of("مرحبا بالعالم اليوم", "نص قصير عن العودة.", link=f"{LINK}&c=3")
    specimen = rendered(content_of(text_of("Something else"), story, language_of_last="ar"))
    assert 'lang="ar" dir="rtl"' in specimen.html
    assert serious(specimen) == []


def test_addresses_as_people_write_them_are_links_in_both_parts(content_of: Content, rendered: Rendered) -> None:
    story = text_of("Where to ask", "At www.example.org/list, www.example.org, or comms@example.org (by mail).")
    specimen = rendered(content_of(story))
    assert specimen.html.count('href="http://www.example.org') == 2
    assert {each.code for each in serious(specimen)} == {"LINK-005"}  # only that they are not https


def test_acronyms_are_not_shouting(content_of: Content, rendered: Rendered) -> None:
    assert serious(rendered(content_of(text_of("IOM, UNHCR and UNICEF sign with WHO")))) == []


def test_the_website_and_the_readers_own_pages_may_come_again(mail: Mail) -> None:
    links = (
        "https://bulletin.example.org",
        *(f"https://bulletin.example.org/{page}" for page in ("leave/x", "view/x")),
    )
    specimen = replace(mail(2), used_links=dict.fromkeys(links, "monthly/2018-06"))
    assert serious(specimen) == []


def test_a_publisher_without_a_website(content: Content, rendered: Rendered) -> None:
    made = content(4, "en")
    assert serious(rendered(replace(made, publisher=replace(made.publisher, website=None)))) == []
