"""The gate: every check on one specimen, and what they found in the order in which a person should read it."""

from digest.checks import (
    bare,
    clients,
    contrast,
    dark_mode,
    headers,
    headings,
    images,
    language,
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
from digest.checks.document import read
from digest.model.finding import Finding, Specimen
from digest.model.place import Severity

CONCERNS = (
    wire,
    headers,
    subject,
    preheader,
    text_part,
    structure,
    language,
    tables,
    images,
    headings,
    links,
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
