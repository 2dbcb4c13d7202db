"""Does the page know that it may be shown in the dark, and bring its own colours for it?"""

from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import is_blank, quoted
from digest.newsletters.colours import BLACK, WHITE

META = error(
    "DARK-001",
    asks="metas color-scheme and supported-color-schemes say `light dark`",
    why="Good Email Code; without them Apple Mail inverts colours on its own",
    fix=later('write <meta name="color-scheme" content="light dark"> and the same for supported-color-schemes'),
)
ROOT = warning(
    "DARK-002",
    asks="the style sheet says :root { color-scheme: light dark }",
    why="Good Email Code; some programs drop metas",
    fix=later("write :root { color-scheme: light dark; supported-color-schemes: light dark; }"),
)
BLOCK = error(
    "DARK-003",
    asks="a block @media (prefers-color-scheme: dark) sets colours",
    why="a third of readers use dark mode; a white page at night dazzles",
    fix=later("write the block into the template's mj-style"),
)
OUTLOOK = warning(
    "DARK-004",
    asks="the same colours stand under [data-ogsc]",
    why="Outlook.com and the Outlook apps drop the block and mark the page so",
    fix=later("repeat the rules of the dark block with [data-ogsc] (inks) and [data-ogsb] (backgrounds)"),
)
PURE = warning(
    "DARK-005",
    asks="no text in pure black on pure white, or the reverse",
    why="programs that invert colours on their own turn just these, and leave halves; it also dazzles",
    fix=later("use a very dark grey and an off-white"),
)
RULES = (META, ROOT, BLOCK, OUTLOOK, PURE)
_COLOURS = ("color", "background", "background-color")


def check(document: Document) -> Iterator[Finding]:
    metas = {meta.get("name").lower(): meta.get("content").lower() for meta in document.page.all("meta")}
    for name in ("color-scheme", "supported-color-schemes"):
        if not {"light", "dark"} <= set(metas.get(name, "").split()):
            said = _("it says {said}").format(said=quoted(metas[name])) if name in metas else _("it is missing")
            yield META.broken(_("HTML, meta {name}").format(name=name), said)
    rules = document.rules
    if not any(each.name == "color-scheme" for rule in rules for each in rule.declarations):
        yield ROOT.broken(_("HTML, <style>"), _("no rule sets color-scheme"))
    colouring = [rule for rule in rules if any(each.name in _COLOURS for each in rule.declarations)]
    if not any("prefers-color-scheme" in rule.media and "dark" in rule.media for rule in colouring):
        yield BLOCK.broken(_("HTML, <style>"), _("no dark block sets colours"))
    if not any("[data-ogsc]" in rule.selector for rule in colouring):
        yield OUTLOOK.broken(_("HTML, <style>"), _("no rule begins with [data-ogsc]"))
    for run in document.page.runs:
        look = document.looks[run.owner.index]
        pure = {look.ink, look.background} == {BLACK, WHITE}
        if pure and run.seen and not look.hidden and not is_blank(run.text):
            yield PURE.broken(
                document.where(run.owner),
                _("it is {ink} on {background}").format(ink=look.ink, background=look.background),
            )
            return
