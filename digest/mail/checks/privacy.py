"""Does opening the mail tell nobody anything?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document, host_of
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import quoted

REMOTE = error(
    "PRIVACY-001",
    asks="nothing is loaded from elsewhere but images: no fonts, styles, scripts, frames, films",
    why="GDPR and ePrivacy: whoever serves it learns who opened the mail, when and where",
    fix=later("remove it; in MJML set fonts to those that every system has"),
)
IMAGE_HOST = warning(
    "PRIVACY-002",
    asks="images come from the publisher's website, public_url or a host that the mail links to",
    why="a host that readers do not know learns that they opened the mail",
    fix=later("publish the image on your own website"),
)
IDENTIFIER = warning(
    "PRIVACY-003",
    asks="no link carries the identifier of a person or a click",
    why="GDPR: mc_eid, fbclid and the like follow readers across websites",
    fix=later("remove what follows the ? from the address"),
)
FORM = error(
    "PRIVACY-004",
    asks="no form in the mail",
    why="what is typed into it goes out unprotected; filters take it for phishing",
    fix=later("link to a page with the form"),
)
RULES = (REMOTE, IMAGE_HOST, IDENTIFIER, FORM)
_URL = re.compile(r"url\(\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)
_LOADING = {
    "script": "src",
    "iframe": "src",
    "frame": "src",
    "embed": "src",
    "object": "data",
    "video": "src",
    "audio": "src",
    "source": "src",
    "link": "href",
    "body": "background",
    "table": "background",
    "td": "background",
}
_IDENTIFIERS = re.compile(r"[?&](mc_eid|mc_cid|fbclid|gclid|msclkid|yclid|igshid|_hsenc|_hsmi|mkt_tok|ml_subscriber)=")


def check(document: Document) -> Iterator[Finding]:
    page = document.page
    for tag, name in _LOADING.items():
        for element in page.all(tag):
            if element.get(name):
                yield REMOTE.broken(
                    document.where(element), _("it loads {address}").format(address=quoted(element.get(name)))
                )
    for form in page.all("form"):
        yield FORM.broken(document.where(form), _("it sends to {address}").format(address=quoted(form.get("action"))))
    yield from _styles(document)
    yield from _images(document)
    for link in document.links:
        if found := _IDENTIFIERS.search(link.get("href")):
            yield IDENTIFIER.broken(document.where(link), _("its address carries {name}").format(name=found[1]))


def _styles(document: Document) -> Iterator[Finding]:
    for declarations, element in document.styles.items():
        for each in declarations:
            if found := _URL.search(each.value):
                yield REMOTE.broken(
                    document.where(element),
                    _("{what} loads {address}").format(what=each.name, address=quoted(found[1])),
                )
    for sheet in document.sheets:
        loaded = [(rule.selector, each.value) for rule in sheet.rules for each in rule.declarations]
        for said, value in loaded + [(name, rest) for name, rest in sheet.at_rules if name != "@import"]:
            if found := _URL.search(value):
                yield REMOTE.broken(
                    _("HTML, <style>"), _("{what} loads {address}").format(what=said, address=quoted(found[1]))
                )
        for name, rest in sheet.at_rules:
            if name == "@import":
                yield REMOTE.broken(
                    _("HTML, <style>"), _("{what} loads {address}").format(what=name, address=quoted(rest))
                )


def _images(document: Document) -> Iterator[Finding]:
    specimen = document.specimen
    own = [specimen.publisher.website or "", specimen.public_url or "", *(each.get("href") for each in document.links)]
    known = {host_of(url) for url in own}
    for image in document.page.all("img"):
        host = host_of(image.get("src"))
        if host and host not in known:
            yield IMAGE_HOST.broken(
                document.where(image), _("{host} is no host that the mail links to").format(host=host)
            )
