"""Does the mail say who sends it, from where, why, and how to leave? CAN-SPAM, CASL, GDPR; no legal advice."""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.fields import uris
from digest.mail.checks.rule import Finding, Rule, Specimen, error
from digest.mail.checks.tree import folded, quoted
from digest.newsletters.samples import is_sample

ADDRESS = error(
    "DUTY-001",
    asks="the publisher's postal address is in both parts",
    why="CAN-SPAM §7704(a)(5), CASL §6(2)",
    fix=later("print `address` in the footer of both templates"),
)
PLACEHOLDER = error(
    "DUTY-002",
    asks="the postal address is a real one",
    why="CAN-SPAM §7704(a)(5): a valid physical address, or a registered post box",
    fix=later("write it as publisher.address into digest.yaml"),
)
REASON = error(
    "DUTY-003",
    asks="both parts say why the reader gets this",
    why="GDPR art. 13; whoever knows why does not press “spam”",
    fix=later("write “You receive this because …” into the footer of both templates"),
)
LEAVING = error(
    "DUTY-004",
    asks="both parts have the link to leave that the head names",
    why="CAN-SPAM §7704(a)(3), CASL §6(2)(c), GDPR art. 7(3); Gmail and Yahoo ask for it in the body too",
    fix=later("print `leave` in the footer of both templates"),
)
PREFERENCES = error(
    "DUTY-005",
    asks="with a public_url: both parts have the link to the preferences",
    why="GDPR art. 16: readers correct their data; fewer leave when they can choose less",
    fix=later("print `preferences` in the footer of both templates"),
)
SENDER = error(
    "DUTY-006",
    asks="both parts name the publisher",
    why="CAN-SPAM §7704(a)(1), CASL §6(2)(a)",
    fix=later("print `publisher` in both templates"),
)
SAMPLE = error(
    "DUTY-007",
    asks="publisher, website and sender are an office's own, not the samples that `digest init` wrote",
    why="CAN-SPAM §7704(a)(1): who sends must be true; an answer to a sample address reaches nobody",
    fix=later("write your own into digest.yaml"),
)
RULES = (ADDRESS, PLACEHOLDER, REASON, LEAVING, PREFERENCES, SENDER, SAMPLE)
_PLACEHOLDERS = re.compile(
    r"(?:todo|tbd|tba|fixme|x{2,}|n/?a|none|null|-+|\.+|\?+|company address|lorem ipsum.*|123 (?:main|fake) st.*"
    r"|(?:your |our |the )?(?:postal |street |mailing )?address(?: here)?"
    r"|(?:su |la )?(?:dirección|direccion)(?: postal)?(?: aquí)?)[.!…]*"
)
_FOOT = 1500  # characters of either part that count as its end
_LEAST = 8  # letters and digits of a postal address
_REASONS = {
    "en": r"\byou(?:’re|'re| are)? (?:now )?(?:receiv|get|subscrib|sign)|\bsent to you\b|\bbecause you\b",
    "es": r"\brecib\w+ (?:\w+ ){0,4}(?:porque|ya que|por)\b|\b(?:se|te) suscribi\w+|\bestá suscrit\w+|\bporque se\b",
    "fr": r"\bvous (?:recevez|êtes)\b|\bparce que\b",
    "pt": r"\brecebe\w* (?:\w+ ){0,4}(?:porque|pois)\b|\binscreveu\b|\bassinou\b",
}
_SUBSCRIPTION = re.compile(r"subscri|suscri|abonn|inscri|assin", re.IGNORECASE)


def check(document: Document) -> Iterator[Finding]:
    specimen = document.specimen
    address = specimen.publisher.address
    if _is_placeholder(address):
        yield PLACEHOLDER.broken(
            _("digest.yaml, publisher.address"), _("{address} is no postal address").format(address=quoted(address))
        )
    else:
        yield from _missing(document, ADDRESS, address)
    if specimen.publisher.name.covers(specimen.language):
        yield from _missing(document, SENDER, specimen.publisher.name(specimen.language))
    yield from _samples(specimen)
    for part, text in _parts(document):
        if not _says_why(text, specimen.language):
            yield REASON.broken(part, _("no sentence says why the reader gets this"))
    yield from _links(document)


def _samples(specimen: Specimen) -> Iterator[Finding]:
    publisher, newsletter = specimen.publisher, specimen.newsletter
    sender = newsletter.sender.get(specimen.language)
    name = publisher.name(specimen.language) if publisher.name.covers(specimen.language) else None
    places = (
        ("publisher.name", "publisher", name),
        ("publisher.website", "website", publisher.website),
        (f"newsletters.{newsletter.name}.from", "sender", None if sender is None else sender.address),
        (f"newsletters.{newsletter.name}.reply_to", "sender", newsletter.reply_to),
    )
    for place, field, written in places:
        if written is not None and is_sample(field, written):
            yield SAMPLE.broken(
                f"digest.yaml, {place}",
                _("{written} is the sample that `digest init` wrote").format(written=quoted(written)),
            )


def _parts(document: Document) -> tuple[tuple[str, str], ...]:
    return ("HTML", folded(document.seen)), (_("plain text"), folded(document.specimen.text))


def _missing(document: Document, rule: Rule, wanted: str) -> Iterator[Finding]:
    for part, text in _parts(document):
        if folded(wanted) not in text:
            yield rule.broken(part, _("{wanted} is not in it").format(wanted=quoted(wanted)))


def _is_placeholder(address: str) -> bool:
    said = folded(address)
    return (
        _PLACEHOLDERS.fullmatch(said) is not None
        or sum(map(str.isalnum, said)) < _LEAST
        or is_sample("address", address)
    )


def _says_why(text: str, language: str) -> bool:
    """At the foot, where no story says it by chance. In a language nobody taught this check, a word of subscribing is
    enough.
    """
    foot = text[-_FOOT:]
    pattern = _REASONS.get(language.split("-", maxsplit=1)[0].lower())
    return re.search(pattern, foot) is not None if pattern else _SUBSCRIPTION.search(foot) is not None


def _links(document: Document) -> Iterator[Finding]:
    specimen = document.specimen
    named = uris(document.mail.raw("list-unsubscribe")) or []
    in_html = {link.get("href") for link in document.links}
    for part, has in (("HTML", in_html.__contains__), (_("plain text"), specimen.text.__contains__)):
        if not any(has(uri) for uri in named):
            yield LEAVING.broken(part, _("no link in it is one that List-Unsubscribe names"))
    root = document.public_root
    if root is None:
        return
    page = f"{root}/preferences/"
    if not any(link.startswith(page) for link in in_html):
        yield PREFERENCES.broken("HTML", _("no link leads to {page}…").format(page=page))
    if page not in specimen.text:
        yield PREFERENCES.broken(_("plain text"), _("no link leads to {page}…").format(page=page))
