"""Can somebody who cannot see the page walk through it by its headings?"""

from collections.abc import Iterator
from itertools import pairwise

from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import HEADINGS, folded, quoted, squeezed

ONE = error(
    "HEADING-001",
    asks="exactly one h1",
    why="WCAG 2.2, 1.3.1 and 2.4.6: the name of the whole mail",
    fix="make the newsletter's title the only h1",
)
SKIPPED = error(
    "HEADING-002",
    asks="the first heading is the h1, and no level is skipped",
    why="axe heading-order: a screen reader takes the gap for something missed",
    fix="use h2 for sections, h3 for stories in them",
)
EMPTY = error(
    "HEADING-003",
    asks="every heading says something",
    why="axe empty-heading",
    fix="leave the heading out when there is nothing to say",
)
TITLE = error(
    "HEADING-004",
    asks="one <title>, and it is the subject",
    why="WCAG 2.2, 2.4.2; screen readers announce it when the mail opens",
    fix="write <mj-title>{{ subject }}</mj-title>",
)
STORY = error(
    "HEADING-005",
    asks="the title of every story is a heading",
    why="WCAG 2.2, 1.3.1; and no story may be lost between build and page",
    fix="put `story.title` into an h2 or h3",
)
TITLE_MOST = 120  # characters
LONG = warning(
    "HEADING-006",
    asks=f"titles of at most {TITLE_MOST} characters",
    why="on a phone it fills the screen, in an inbox two thirds of it are cut off; WCAG 2.2, 2.4.6",
    fix="say the news in one line, and the rest in the text; a plan may correct the title",
)
RULES = (ONE, SKIPPED, EMPTY, TITLE, STORY, LONG)


def check(document: Document) -> Iterator[Finding]:
    page = document.page
    found = [(int(each.tag[1]), page.name(each), each) for each in page.all(*HEADINGS)]
    firsts = [name for level, name, _ in found if level == 1]
    if len(firsts) != 1:
        yield ONE.broken("HTML, headings", f"there are {len(firsts)}: {', '.join(map(quoted, firsts)) or 'none'}")
    if found and found[0][0] != 1:
        yield SKIPPED.broken(document.where(found[0][2]), f"the first heading is an h{found[0][0]}")
    for (before, _, _), (level, _, heading) in pairwise(found):
        if level - before > 1:
            yield SKIPPED.broken(document.where(heading), f"an h{level} follows an h{before}")
    for _, name, heading in found:
        if not folded(name):
            yield EMPTY.broken(document.where(heading), "it is empty")
    titles = [page.text(each) for each in page.all("title")]
    if titles != [squeezed(document.specimen.subject)]:
        reason = f"it says {quoted(titles[0])}" if len(titles) == 1 else f"there are {len(titles)}"
        yield TITLE.broken("HTML, <title>", reason)
    yield from _titles(document, {folded(name) for _, name, _ in found})


def _titles(document: Document, headings: set[str]) -> Iterator[Finding]:
    titles = dict.fromkeys(document.specimen.story_titles)
    missing = [title for title in titles if folded(title) not in headings]
    if len(missing) > document.left_to_archive:
        for title in missing:
            yield STORY.broken("HTML, headings", f"no heading is the story {quoted(title)}")
    for title in titles:
        if len(title) > TITLE_MOST:
            yield LONG.broken("HTML, headings", f"{quoted(title)} has {len(title)} characters")
