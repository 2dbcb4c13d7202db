"""Puts together what a variant's templates see: masthead, stories, footer."""

from digest.errors import IntegrityError
from digest.model.brand import Brand, Typeface
from digest.model.edition import Introduction, VariantContent
from digest.model.slot import EDGE, Slot
from digest.rendering.shortening import one_line, shorten
from digest.rendering.stories import SectionTitle, Stories
from digest.rendering.story import body_html, body_text
from digest.rendering.views import IntroductionView, LogoView, Look, Page, StoryView
from digest.rendering.wording import Words

_PREHEADER_LEAST, _PREHEADER_MOST = 40, 110
_SIDES = {"ltr": "left", "rtl": "right"}
_WITHOUT_CONTENTS = 8  # as many stories need no list of contents

# Without quotes, so that they may stand in any attribute.
_TITLES = {
    Typeface.SERIF: "Georgia,Times New Roman,serif",
    Typeface.SANS: "Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif",
}


def page_of(content: VariantContent, words: Words, section_title: SectionTitle, *, has_public_url: bool) -> Page:
    views = Stories(content, words, section_title)
    lead, sections = views.lead(), views.sections()
    stories = (*([lead] if lead else []), *(story for section in sections for story in section.stories))
    publisher, newsletter = content.publisher.name(words.language), content.newsletter.title(words.language)
    counts = words.counts(len(stories), views.countries())
    website = content.publisher.website
    return Page(
        title=stories[0].title if stories else None,
        preheader=_preheader(counts, content, stories, f"{newsletter} – {publisher}"),
        language=words.language,
        direction=words.direction,
        start=_SIDES[words.direction],
        publisher=publisher,
        address=content.publisher.address,
        website=website,
        website_name=None if website is None else website.split("://", 1)[-1].rstrip("/"),
        newsletter=newsletter,
        period=words.period(content.period),
        counts=counts,
        look=look_of(content.publisher.brand, words.language),
        introduction=None if content.introduction is None else _introduction(content.introduction),
        contents=stories if len(stories) > _WITHOUT_CONTENTS else (),
        lead=lead,
        sections=sections,
        leave=Slot.LEAVE.mark,
        preferences=Slot.PREFERENCES.mark if has_public_url else None,
        web_view=Slot.WEB_VIEW.mark if has_public_url else None,
    )


def look_of(brand: Brand, language: str) -> Look:
    logo = brand.logo
    return Look(
        accent=brand.accent,
        accent_dark=brand.accent_dark,
        titles=_TITLES[brand.font],
        logo=None if logo is None else LogoView(url=logo.url, width=logo.width, alt=logo.alt(language)),
        footer=None if brand.footer is None else brand.footer(language),
    )


def _introduction(introduction: Introduction) -> IntroductionView:
    if any(EDGE in each for each in (*introduction.paragraphs, introduction.html or "")):
        raise IntegrityError("the introduction", "it holds a NUL character", "take it out")
    return IntroductionView(
        html=body_html(introduction.paragraphs, introduction.html, level=1),
        text=body_text(introduction.paragraphs, introduction.html),
    )


def _preheader(counts: str, content: VariantContent, stories: tuple[StoryView, ...], origin: str) -> str:
    """What the inbox shows beside the subject, which names the first story: so the others come here."""
    first = [shown.item.text.paragraphs[:1] for shown in content.stories]
    more = [story.title for story in stories[1:6]] or [text for texts in first for text in texts]
    said = f"{counts}: {' · '.join(more)}" if more else counts
    if len(said) < _PREHEADER_LEAST:
        said = f"{said} – {origin}"
    return shorten(one_line(said), _PREHEADER_MOST)
