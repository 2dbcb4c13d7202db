"""Puts together what a variant's templates see: masthead, stories, footer."""

from digest.model.edition import VariantContent
from digest.model.slot import Slot
from digest.rendering.shortening import one_line, shorten
from digest.rendering.stories import SectionTitle, Stories
from digest.rendering.views import Page, StoryView
from digest.rendering.wording import Words

_PREHEADER_LEAST, _PREHEADER_MOST = 40, 110
_SIDES = {"ltr": "left", "rtl": "right"}


def page_of(content: VariantContent, words: Words, section_title: SectionTitle, *, has_public_url: bool) -> Page:
    views = Stories(content, words, section_title)
    lead, sections = views.lead(), views.sections()
    stories = [*([lead] if lead else []), *(story for section in sections for story in section.stories)]
    publisher, newsletter = content.publisher.name(words.language), content.newsletter.title(words.language)
    counts = words.counts(len(stories), views.countries())
    website = content.publisher.website
    return Page(
        title=stories[0].title if stories else None,
        preheader=_preheader(counts, stories, f"{newsletter} – {publisher}"),
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
        lead=lead,
        sections=sections,
        leave=Slot.LEAVE.mark,
        preferences=Slot.PREFERENCES.mark if has_public_url else None,
        web_view=Slot.WEB_VIEW.mark if has_public_url else None,
    )


def _preheader(counts: str, stories: list[StoryView], origin: str) -> str:
    """What the inbox shows beside the subject, which names the first story: so the others come here."""
    more = [story.title for story in stories[1:6]] or [text for story in stories for text in story.paragraphs[:1]]
    said = f"{counts}: {' · '.join(more)}" if more else counts
    if len(said) < _PREHEADER_LEAST:
        said = f"{said} – {origin}"
    return shorten(one_line(said), _PREHEADER_MOST)
