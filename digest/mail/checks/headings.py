"""Can somebody who cannot see the page walk through it by its headings?"""

from collections.abc import Iterator
from itertools import pairwise

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import HEADINGS, folded, quoted, squeezed

ONE = error(
    "HEADING-001",
    asks="exactly one h1",
    why="WCAG 2.2, 1.3.1 and 2.4.6: the name of the whole mail",
    fix=later("make the newsletter's title the only h1"),
)
SKIPPED = error(
    "HEADING-002",
    asks="the first heading is the h1, and no level is skipped",
    why="axe heading-order: a screen reader takes the gap for something missed",
    fix=later("use h2 for sections, h3 for stories in them"),
)
EMPTY = error(
    "HEADING-003",
    asks="every heading says something",
    why="axe empty-heading",
    fix=later("leave the heading out when there is nothing to say"),
)
TITLE = error(
    "HEADING-004",
    asks="one <title>, and it is the subject",
    why="WCAG 2.2, 2.4.2; screen readers announce it when the mail opens",
    fix=later("write <mj-title>{{ subject }}</mj-title>"),
)
STORY = error(
    "HEADING-005",
    asks="the title of every story is a heading",
    why="WCAG 2.2, 1.3.1; and no story may be lost between build and page",
    fix=later("put `story.title` into an h2 or h3"),
)
TITLE_MOST = 120  # characters
LONG = warning(
    "HEADING-006",
    asks=f"titles of at most {TITLE_MOST} characters",
    why="on a phone it fills the screen, in an inbox two thirds of it are cut off; WCAG 2.2, 2.4.6",
    fix=later("say the news in one line, and the rest in the text; a plan may correct the title"),
)
RULES = (ONE, SKIPPED, EMPTY, TITLE, STORY, LONG)


def check(document: Document) -> Iterator[Finding]:
    page = document.page
    found = [(int(each.tag[1]), page.name(each), each) for each in page.all(*HEADINGS)]
    firsts = [name for level, name, _heading in found if level == 1]
    if len(firsts) != 1:
        yield ONE.broken(
            _("HTML, headings"),
            _("there are {count}: {titles}").format(
                count=len(firsts), titles=", ".join(map(quoted, firsts)) or _("none")
            ),
        )
    if found and found[0][0] != 1:
        yield SKIPPED.broken(
            document.where(found[0][2]), _("the first heading is an h{level}").format(level=found[0][0])
        )
    for (before, *_before), (level, _name, heading) in pairwise(found):
        if level - before > 1:
            yield SKIPPED.broken(
                document.where(heading), _("an h{level} follows an h{before}").format(level=level, before=before)
            )
    for _level, name, heading in found:
        if not folded(name):
            yield EMPTY.broken(document.where(heading), _("it is empty"))
    titles = [page.text(each) for each in page.all("title")]
    if titles != [squeezed(document.specimen.subject)]:
        reason = (
            _("it says {said}").format(said=quoted(titles[0]))
            if len(titles) == 1
            else _("there are {count}").format(count=len(titles))
        )
        yield TITLE.broken(_("HTML, <title>"), reason)
    yield from _titles(document, {folded(name) for _level, name, _heading in found})


def _titles(document: Document, headings: set[str]) -> Iterator[Finding]:
    titles = dict.fromkeys(document.specimen.story_titles)
    missing = [title for title in titles if folded(title) not in headings]
    if len(missing) > document.left_to_archive:
        for title in missing:
            yield STORY.broken(_("HTML, headings"), _("no heading is the story {title}").format(title=quoted(title)))
    for title in titles:
        if len(title) > TITLE_MOST:
            yield LONG.broken(
                _("HTML, headings"), _("{text} has {count} characters").format(text=quoted(title), count=len(title))
            )
