"""The gate: every check on one specimen, and what they found in the order in which a person should read it."""

import sys
from collections.abc import Iterator

from digest.foundation.problems import Severity
from digest.mail.checks import (
    bare,
    clients,
    contrast,
    dark_mode,
    deception,
    headers,
    headings,
    images,
    lang_attributes,
    leftovers,
    links,
    obligations,
    outlook,
    preheader,
    privacy,
    size,
    structure,
    subject,
    tables,
    text_part,
    wire,
)
from digest.mail.checks.client_table import ALLOWED
from digest.mail.checks.document import read
from digest.mail.checks.rule import Finding, Rule, Specimen

CONCERNS = (
    wire,
    headers,
    subject,
    preheader,
    text_part,
    structure,
    lang_attributes,
    tables,
    images,
    headings,
    links,
    deception,
    contrast,
    clients,
    dark_mode,
    outlook,
    size,
    privacy,
    obligations,
    leftovers,
    bare,
)
RULES = tuple(rule for concern in CONCERNS for rule in concern.RULES)
_ORDER = tuple(Severity)


def check(specimen: Specimen) -> tuple[Finding, ...]:
    """Errors first, then by code and place; each said once. It never raises, whatever the bytes are."""
    document = read(specimen)
    found = {finding for concern in CONCERNS for finding in concern.check(document)}
    return tuple(sorted(found, key=lambda each: (_ORDER.index(each.severity), each.code, each.place, each.reason)))


# -- Writes the reference of all checks: `python -m digest.mail.checks.gate > docs/reference/checks.md`.

_TOP = """\
# Checks

`digest check` reads the final bytes of every mail, as a sample reader would get them, and says what is wrong, where,
why and what to do. An **error** keeps a draft from being approved, unless a person accepts its code and says why; a
**warning** asks somebody to look; a **note** is good to know. Codes never change their meaning.

This page is written by `python -m digest.mail.checks.gate > docs/reference/checks.md`; a test says when it is out of
date.
"""
_LINKS = """\
## Links, when asked

`digest check --links` also asks every address that stories link to, once, for ten seconds at most: `REACH-001`
(warning) names each that leads nowhere, `REACH-002` (note) says when there were more than 200. `REACH-003` says
that nothing answers at the `public_url` (`/health` is asked by `digest run` once a day, and by `--links`): an error
if nothing ever did, else a warning, also while nobody was asked. Pages of an office's own are exempt by `pages: own`.
`STAFF-001` (warning) names what a source changed in a story after staff had corrected it in the plan, with both
wordings. `LOGO-001` (warning) says that the file of the logo cannot be read, and where digest.yaml names it.
"""
_ALLOWED = """\
## CSS that is used although not every program knows it

Without it the page only looks plainer. Everything else that is not known everywhere is a finding of `CLIENT-…`.

| property | why |
|---|---|"""


def page() -> str:
    """The whole file."""
    sections = [line for concern in CONCERNS for line in _section(concern.__doc__ or "", concern.RULES)]
    allowed = [f"| `{name}` | {_cell(reason)} |" for name, reason in sorted(ALLOWED.items())]
    return "\n".join([_TOP, *sections, _LINKS, _ALLOWED, *allowed, ""])


def _section(title: str, rules: tuple[Rule, ...]) -> Iterator[str]:
    yield f"## {_cell(title.strip().splitlines()[0])}"
    yield ""
    yield "| code | severity | what must be so | why | what to do |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        cells = (rule.code, rule.severity, rule.asks, rule.why, rule.fix)
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
    yield ""


def _cell(text: str) -> str:
    """Markdown takes what stands between backticks as it is; elsewhere it would read tags and emphasis."""
    pieces = text.replace("|", "\\|").split("`")
    pieces[::2] = [piece.replace("\\", "\\\\").replace("<", "&lt;").replace("*", "\\*") for piece in pieces[::2]]
    return "`".join(pieces)


if __name__ == "__main__":
    sys.stdout.write(page())
