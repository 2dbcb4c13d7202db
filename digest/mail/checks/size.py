"""Is the page small enough to be shown whole, and the mail to be fetched?"""

from collections.abc import Iterator

from digest.foundation.catalogue import Number, _, later, plural
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning

ALWAYS, OF_TEN, AIM_OF_TEN, STYLE = 90_000, 60_000, 45_000, 8_000  # bytes
FEW_STORIES = 10
MOST_IN_ALL, LARGEST_IN_ALL = 1_000_000, 5_000_000  # bytes of the message
_FEWER_PICTURES = later("leave out pictures that readers can do without, or save them smaller")
_SHORTER = later("give stories a summary and a link, or make more audiences")
TOO_LARGE = error(
    "SIZE-001",
    asks=f"the HTML has at most {ALWAYS:,} bytes",
    why="Gmail cuts a mail at about 102 KB, and the link to leave is at the end",
    fix=later("give stories a summary and a link, or make more audiences, or send more often"),
)
LARGE = error(
    "SIZE-002",
    asks=f"with up to {FEW_STORIES} stories at most {OF_TEN:,} bytes",
    why="phones on slow lines; one story is then longer than anybody reads in a mail",
    fix=_SHORTER,
)
GROWING = warning(
    "SIZE-003",
    asks=f"with up to {FEW_STORIES} stories rather at most {AIM_OF_TEN:,} bytes",
    why="what is short is read",
    fix=_SHORTER,
)
STYLES = error(
    "SIZE-004",
    asks=f"<style> has at most {STYLE:,} bytes in all",
    why="Gmail drops what is beyond about 16 KB, old apps beyond 8 KB",
    fix=later("remove rules that nothing uses; write the rest as style attributes"),
)
PICTURES = warning(
    "SIZE-005",
    asks=f"the whole mail, pictures included, has rather at most {MOST_IN_ALL:,} bytes",
    why="on a slow line each megabyte takes minutes, and every reader pays for it",
    fix=_FEWER_PICTURES,
)
TOO_MANY_PICTURES = error(
    "SIZE-006",
    asks=f"the whole mail, pictures included, has at most {LARGEST_IN_ALL:,} bytes",
    why="mail servers refuse large mails, many from 10 MB on, and what is sent to a list counts for each reader",
    fix=_FEWER_PICTURES,
)
RULES = (TOO_LARGE, LARGE, GROWING, STYLES, PICTURES, TOO_MANY_PICTURES)


def check(document: Document) -> Iterator[Finding]:
    size = _bytes(document.specimen.html)
    stories = len(document.specimen.story_titles)
    said = plural(
        "it has {size:,} bytes with {count} story",
        "it has {size:,} bytes with {count} stories",
        stories,
        size=Number(size),
    )
    if size > ALWAYS:
        yield TOO_LARGE.broken("HTML", said)
    elif stories <= FEW_STORIES and size > OF_TEN:
        yield LARGE.broken("HTML", said)
    elif stories <= FEW_STORIES and size > AIM_OF_TEN:
        yield GROWING.broken("HTML", said)
    styles = sum(_bytes(run.text) for style in document.page.all("style") for run in document.page.runs_of(style))
    if styles > STYLE:
        yield STYLES.broken(_("HTML, <style>"), _("it has {size:,} bytes").format(size=Number(styles)))
    whole = len(document.specimen.message)
    if whole > MOST_IN_ALL:
        pictures = len(document.mail.carried)
        broken = TOO_MANY_PICTURES if whole > LARGEST_IN_ALL else PICTURES
        yield broken.broken(
            _("message"),
            plural(
                "it has {size:,} bytes with {count} picture",
                "it has {size:,} bytes with {count} pictures",
                pictures,
                size=Number(whole),
            ),
        )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
