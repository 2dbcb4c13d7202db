"""What a variant's templates see: masthead, stories, footer; the last stories condensed in a large one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from markupsafe import Markup

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.intake.item import TagKind
from digest.mail.content import EDGE, Introduction, Section, Shown, Slot, VariantContent, Weight
from digest.mail.fitting import one_line, shorten
from digest.mail.story import SizeOf, Telling, body_html, body_text, nobody_knows, pictured, story_view
from digest.mail.views import BrandView, IntroductionView, LogoView, PageView, SectionView, StoryView
from digest.mail.wording import Words, sort_key
from digest.newsletters.newsletter import Brand, SectionsBy, Typeface
from digest.newsletters.timetable import timetable

LOGO_WIDEST = 240  # pixels: it stands above the name, and is not the news
BUDGET = 60_000  # bytes of HTML, to be reached if it can be: a large mail is read by nobody; a set may want less
LIMIT = 90_000  # far enough from the cut for longer links, and for what mail programs count otherwise
_PREHEADER_LEAST, _PREHEADER_MOST = 40, 110
_SIDES = {"ltr": "left", "rtl": "right"}
_MANY = 12  # stories: they have a list of contents, and most are briefs
# Without quotes, so that they may stand in any attribute.
_TITLES = {
    Typeface.SERIF: "Georgia,Times New Roman,serif",
    Typeface.SANS: "Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif",
}
SectionTitle = Callable[[str, str, str], str]  # kind ("country", "topic"), value, language


def page_of(
    content: VariantContent,
    words: Words,
    section_title: SectionTitle,
    *,
    has_public_url: bool,
    size_of: SizeOf = nobody_knows,
) -> PageView:
    foreign = _foreign_throughout(content)
    views = Stories(content, words, section_title, tells_languages=foreign is None, size_of=size_of)
    lead, sections = _numbered(views.lead(), views.sections())
    stories = (*([lead] if lead else []), *(story for section in sections for story in section.stories))
    publisher, newsletter = content.publisher.name(words.language), content.newsletter.title(words.language)
    counts = words.counts(len(stories), views.countries())
    website, introduction = content.publisher.website, _introduction(content, words, foreign)
    told = " ".join((introduction.text if introduction else "", *(story.text for story in stories)))
    period = words.period(content.period)
    return PageView(
        title=stories[0].title if stories else None,
        occasion=None if content.period.occasion is None else period,
        preheader=content.preheader or _preheader(stories, f"{newsletter}, {period} – {publisher}"),
        language=words.language,
        direction=words.direction,
        start=_SIDES[words.direction],
        publisher=publisher,
        address=content.publisher.address,
        website=website,
        website_name=None if website is None else website.split("://", 1)[-1].rstrip("/"),
        newsletter=newsletter,
        audience=", ".join(content.audiences) or None,
        period=period,
        reading_time=words.reading_time(len(told.split())),
        counts=counts,
        reason=_reason(content, words, newsletter),
        look=look_of(content.publisher.brand, words.language),
        introduction=introduction,
        contents=stories if len(stories) >= _MANY else (),
        lead=lead,
        sections=sections,
        leave=Slot.LEAVE.mark,
        preferences=Slot.PREFERENCES.mark if has_public_url else None,
        web_view=Slot.WEB_VIEW.mark if has_public_url else None,
        archive=content.archive,
    )


def look_of(brand: Brand, language: str) -> BrandView:
    logo = brand.logo
    logo_width = min(logo.width, LOGO_WIDEST) if logo else 0
    return BrandView(
        accent=brand.accent,
        accent_dark=brand.accent_dark,
        titles=_TITLES[brand.font],
        logo=None if logo is None else LogoView(url=logo.url, width=logo_width, alt=logo.alt(language)),
        footer=None if brand.footer is None else brand.footer(language),
    )


def _foreign_throughout(content: VariantContent) -> str | None:
    """The language of all stories, where that is another one than the reader's."""
    languages = {shown.item.language for shown in content.stories}
    found = languages.pop() if len(languages) == 1 else content.language
    return None if found == content.language else found


def _introduction(content: VariantContent, words: Words, foreign: str | None) -> IntroductionView | None:
    """Why there are stories that nobody asked for, or in no language that they asked for, comes first, in every set of
    templates.
    """
    say, told = words.translations.gettext, []
    if content.fall_back is not None:
        said = say(
            "There is little news of what you chose this time, so this mail also brings the news of “%(audience)s”."
        )
        told.append(said % {"audience": content.fall_back})
    if foreign is not None:
        said = say("The stories of this edition are in %(language)s.")
        told.append(said % {"language": words.name_of(foreign)})
    introduction = content.introduction or Introduction(paragraphs=())
    if told:
        html = None if introduction.html is None else f"{body_html(tuple(told), None, level=1)}{introduction.html}"
        introduction = Introduction(paragraphs=(*told, *introduction.paragraphs), html=html)
    elif content.introduction is None:
        return None
    if any(EDGE in each for each in (*introduction.paragraphs, introduction.html or "")):
        raise IntegrityError(_("the introduction"), _("it holds a NUL character"), _("take it out"))
    return IntroductionView(
        html=body_html(introduction.paragraphs, introduction.html, level=1),
        text=body_text(introduction.paragraphs, introduction.html),
    )


def _reason(content: VariantContent, words: Words, newsletter: str) -> str:
    """Why somebody gets the mail, as it is true of all its readers."""
    say, audiences = words.translations.gettext, ", ".join(content.audiences)
    told = {"newsletter": newsletter, "audiences": audiences}
    if content.chosen:
        return say("You receive this because you subscribed to “%(newsletter)s” and chose: %(audiences)s.") % told
    reason = say("You receive this because you subscribed to “%(newsletter)s”.") % told
    for_whom = say("This edition is for: %(audiences)s.") % told
    return f"{reason} {for_whom}" if audiences else reason


def _preheader(stories: tuple[StoryView, ...], origin: str) -> str:
    """What the inbox shows beside the subject, which names the first story: so the next two come here."""
    said = " · ".join([story.title for story in stories[1:3]] or [story.line for story in stories if story.line])
    if len(said) < _PREHEADER_LEAST:
        said = f"{said} – {origin}" if said else origin
    return shorten(one_line(said), _PREHEADER_MOST)


def _weight(shown: Shown, story: StoryView, *, is_brief: bool) -> str:
    """Only what a link leads on from can be brief: else the rest would be nowhere."""
    wanted = shown.weight or (Weight.BRIEF if is_brief else Weight.FULL)
    return Weight.BRIEF if wanted is Weight.BRIEF and story.link and story.line else Weight.FULL


def _numbered(
    lead: StoryView | None, sections: tuple[SectionView, ...]
) -> tuple[StoryView | None, tuple[SectionView, ...]]:
    """Each story with its place in the mail, counted from 1."""
    places = count(1)
    if lead is not None:
        lead = replace(lead, number=next(places), weight=Weight.LEAD)
    return lead, tuple(
        replace(section, stories=tuple(replace(story, number=next(places)) for story in section.stories))
        for section in sections
    )


@dataclass(frozen=True, slots=True)
class Stories:
    """The views of one variant's stories; without `tells_languages` none says in which it is."""

    content: VariantContent
    words: Words
    section_title: SectionTitle
    tells_languages: bool = True
    size_of: SizeOf = nobody_knows

    @property
    def kind(self) -> TagKind:
        return TagKind.TOPIC if self.content.newsletter.sections is SectionsBy.TOPIC else TagKind.COUNTRY

    def lead(self) -> StoryView | None:
        shown = self.content.lead
        return None if shown is None else self._story(shown, level=2, whole=True, places=True)

    def sections(self) -> tuple[SectionView, ...]:
        """The section without a country or topic first, the others in the alphabet of the reader's language; last what
        earlier editions should have told.
        """
        language = self.words.language
        titled = [(self._section_title(section), section) for section in self.content.sections]
        titled.sort(key=lambda pair: (pair[1].missed, pair[1].key is not None, sort_key(pair[0] or "", language)))
        return tuple(self._section(title, section) for title, section in titled)

    def countries(self) -> int:
        """How many countries the stories are about: those of the sections, and those named for certain."""
        found = set[str]()
        for shown in self.content.stories:
            found |= shown.item.values(TagKind.COUNTRY, only_strong=True)
        if self.content.newsletter.sections is SectionsBy.COUNTRY:
            found.update(section.key for section in self.content.sections if section.key)
        return len(found)

    def _section_title(self, section: Section) -> str | None:
        if section.key is not None:
            return self.section_title(self.kind, section.key, self.words.language)
        say = self.words.translations.gettext
        if section.missed:
            return say("From editions that did not go out")
        match self.content.newsletter.sections:
            case SectionsBy.COUNTRY:
                return say("Regional")
            case SectionsBy.TOPIC:
                return say("General")
            case SectionsBy.NONE:
                return None

    def _section(self, title: str | None, section: Section) -> SectionView:
        headed = title is not None and (section.missed or len(section.stories) > 1)
        level = 3 if headed else 2
        stories = [self._story(shown, level=level, whole=False, places=not section.key) for shown in section.stories]
        if section.key and title and not headed:
            stories = [replace(story, places=(title,)) for story in stories]
        many = len(self.content.stories) >= _MANY
        weighed = (
            replace(story, weight=_weight(shown, story, is_brief=many and place > 0))
            for place, (story, shown) in enumerate(zip(stories, section.stories, strict=True))
        )
        return SectionView(title=title, headed=headed, stories=tuple(weighed))

    def _story(self, shown: Shown, *, level: int, whole: bool, places: bool) -> StoryView:
        view = story_view(
            shown,
            self.words,
            Telling(level=level, whole=whole, places=places, kind=self.kind, section_title=self.section_title),
            timetable(self.content.newsletter.schedule).containing(shown.item.published_on) if shown.late else None,
        )
        if not self.tells_languages:
            view = replace(view, foreign=None)
        return pictured(view, self.size_of, leads=whole)


# -- Small enough for Gmail, which cuts what is longer than about 102 KB: of the last stories of a large edition only
# title and link are shown.


def condensed(page: PageView, render: Callable[[PageView], str], budget: int = BUDGET) -> tuple[PageView, str]:
    """The page with as few stories condensed as fit it into the budget, the last ones first; and its HTML.

    The lead is condensed only where nothing else would keep the mail below the limit. Stories without a link stay
    whole: nothing would lead to the rest. When all that can be is condensed and the page is still too large, it has no
    list of contents (that is what is left of the stories), then the last stories are left to the archive; without one,
    so be it: the check will say so.
    """
    whole = page
    page, html = _condensed(whole, render, budget)
    if not _fits(html, LIMIT) and page.contents:
        page, html = _condensed(replace(whole, contents=()), render, LIMIT)
    return (page, html) if _fits(html, LIMIT) or page.archive is None else _left_to_archive(page, page.archive, render)


def _left_to_archive(page: PageView, archive: str, render: Callable[[PageView], str]) -> tuple[PageView, str]:
    """As few of the last stories as may be; none where the templates do not say where they are."""
    last_first = [story for section in reversed(page.sections) for story in reversed(section.stories)]
    too_few, enough = 0, len(last_first)
    best = _without(page, last_first)
    html = render(best)
    if f'"{archive}"' not in html:
        return page, render(page)
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        tried = _without(page, last_first[:middle])
        tried_html = render(tried)
        if _fits(tried_html, LIMIT):
            enough, best, html = middle, tried, tried_html
        else:
            too_few = middle
    return best, html


def _without(page: PageView, left: list[StoryView]) -> PageView:
    gone = {story.anchor for story in left}

    def stays(stories: tuple[StoryView, ...]) -> tuple[StoryView, ...]:
        return tuple(story for story in stories if story.anchor not in gone)

    sections = (replace(section, stories=stays(section.stories)) for section in page.sections)
    return replace(
        page,
        contents=stays(page.contents),
        sections=tuple(section for section in sections if section.stories),
        archived=len(left),
    )


def _condensed(page: PageView, render: Callable[[PageView], str], budget: int) -> tuple[PageView, str]:
    html = render(page)
    if _fits(html, budget):
        return page, html
    linked = [story for section in reversed(page.sections) for story in reversed(section.stories) if story.link]
    best = _with(page, linked)
    html = render(best)
    if page.lead is not None and page.lead.link and not _fits(html, LIMIT):
        best = _with(page, [*linked, page.lead])
        return best, render(best)
    too_few, enough = 0, len(linked)
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        tried = _with(page, linked[:middle])
        tried_html = render(tried)
        if _fits(tried_html, budget):
            enough, best, html = middle, tried, tried_html
        else:
            too_few = middle
    return best, html


def _fits(html: str, budget: int) -> bool:
    return len(html.encode()) <= budget


def _with(page: PageView, chosen: list[StoryView]) -> PageView:
    short = {id(story): _short(story) for story in chosen}

    def shown(story: StoryView) -> StoryView:
        return short.get(id(story), story)

    return replace(
        page,
        lead=None if page.lead is None else shown(page.lead),
        sections=tuple(replace(section, stories=tuple(map(shown, section.stories))) for section in page.sections),
    )


def _short(story: StoryView) -> StoryView:
    """Title and link; of a brief, that is its title."""
    bare = replace(
        story, html=Markup(), text="", line="", image=None, picture=None, thumbnail=None, small=None, other=None
    )
    return bare if story.weight == Weight.BRIEF else replace(bare, abridged=True)
