"""Keeps the HTML small enough for Gmail, which cuts what is longer than about 102 KB: of the last stories of a large
edition only title and link are shown.
"""

from collections.abc import Callable
from dataclasses import replace

from markupsafe import Markup

from digest.rendering.views import Page, StoryView

BUDGET = 60_000  # bytes of HTML, to be reached if it can be: a large mail is read by nobody; a set may want less
LIMIT = 90_000  # far enough from the cut for longer links, and for what mail programs count otherwise


def condensed(page: Page, render: Callable[[Page], str], budget: int = BUDGET) -> tuple[Page, str]:
    """The page with as few stories condensed as fit it into the budget, the last ones first; and its HTML.

    The lead is condensed only where nothing else would keep the mail below the limit. Stories without a link stay
    whole: nothing would lead to the rest. When all that can be is condensed and the page is still too large, so be
    it; the check will say so.
    """
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


def _with(page: Page, chosen: list[StoryView]) -> Page:
    short = {id(story): _short(story) for story in chosen}

    def shown(story: StoryView) -> StoryView:
        return short.get(id(story), story)

    return replace(
        page,
        lead=None if page.lead is None else shown(page.lead),
        sections=tuple(replace(section, stories=tuple(map(shown, section.stories))) for section in page.sections),
    )


def _short(story: StoryView) -> StoryView:
    return replace(story, html=Markup(), text="", line="", abridged=True, image=None, other=None)
