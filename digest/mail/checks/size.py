"""Is the page small enough to be shown whole?"""

from collections.abc import Iterator

from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning

ALWAYS, OF_TEN, AIM_OF_TEN, STYLE = 90_000, 60_000, 45_000, 8_000  # bytes
FEW_STORIES = 10
_SHORTER = "give stories a summary and a link, or make more audiences"
TOO_LARGE = error(
    "SIZE-001",
    asks=f"the HTML has at most {ALWAYS:,} bytes",
    why="Gmail cuts a mail at about 102 KB, and the link to leave is at the end",
    fix=f"{_SHORTER}, or send more often",
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
    fix="remove rules that nothing uses; write the rest as style attributes",
)
RULES = (TOO_LARGE, LARGE, GROWING, STYLES)


def check(document: Document) -> Iterator[Finding]:
    size = _bytes(document.specimen.html)
    stories = len(document.specimen.story_titles)
    said = f"it has {size:,} bytes with {stories} stories"
    if size > ALWAYS:
        yield TOO_LARGE.broken("HTML", said)
    elif stories <= FEW_STORIES and size > OF_TEN:
        yield LARGE.broken("HTML", said)
    elif stories <= FEW_STORIES and size > AIM_OF_TEN:
        yield GROWING.broken("HTML", said)
    styles = sum(_bytes(run.text) for style in document.page.all("style") for run in document.page.runs_of(style))
    if styles > STYLE:
        yield STYLES.broken("HTML, <style>", f"it has {styles:,} bytes")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
