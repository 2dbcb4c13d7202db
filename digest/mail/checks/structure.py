"""Is it a page that programs read as it was meant: doctype, encoding, viewport, one labelled wrapper?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import quoted

DOCTYPE = error(
    "PAGE-001",
    asks="the HTML begins with <!doctype html>",
    why="else browsers and apps draw it by the rules of 1998",
    fix=later("begin the template with <mjml>; MJML writes the doctype"),
)
CHARSET = error(
    "PAGE-002",
    asks="a meta names utf-8",
    why="pages saved or forwarded lose the field of the message",
    fix=later('write <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">'),
)
VIEWPORT = error(
    "PAGE-003",
    asks="a meta viewport says width=device-width",
    why="else phones show the page shrunken",
    fix=later('write <meta name="viewport" content="width=device-width, initial-scale=1">'),
)
ZOOM = error(
    "PAGE-004",
    asks="nothing keeps readers from enlarging the page",
    why="WCAG 2.2, 1.4.4; axe meta-viewport",
    fix=later("remove user-scalable and maximum-scale"),
)
WRAPPER = error(
    "PAGE-005",
    asks="everything stands in one element with role=article and aria-label",
    why="Good Email Code: screen readers find the mail inside the mail program, and announce it",
    fix=later("write <mj-title>; MJML writes the wrapper"),
)
TWICE = warning(
    "PAGE-006",
    asks="no id stands twice",
    why="axe duplicate-id: links and labels lead to the first one",
    fix=later("number the ids, or use classes"),
)
REFRESH = error(
    "PAGE-007",
    asks="no meta refresh",
    why="WCAG 2.2, 2.2.1; filters take it for an attack",
    fix=later("remove it"),
)
RULES = (DOCTYPE, CHARSET, VIEWPORT, ZOOM, WRAPPER, TWICE, REFRESH)
_DOCTYPE = re.compile(r"\ufeff?\s*<!doctype html>", re.IGNORECASE)
_NO_ZOOM = re.compile(r"user-scalable\s*=\s*(?:no|0)|maximum-scale\s*=\s*[01](?:\.\d+)?\b")


def check(document: Document) -> Iterator[Finding]:
    html = document.specimen.html
    if not _DOCTYPE.match(html):
        yield DOCTYPE.broken(_("HTML, first line"), _("it begins with {text}").format(text=quoted(html[:40])))
    yield from _metas(document)
    body = document.page.first("body")
    children = [] if body is None else document.page.children(body)
    wrapper = children[0] if len(children) == 1 else None
    if wrapper is None or wrapper.get("role") != "article" or not wrapper.get("aria-label"):
        found = [f"<{each.tag} role={each.get('role')!r}>" for each in children]
        yield WRAPPER.broken(
            _("HTML, first element of the body"),
            _("the body holds {elements}").format(elements=", ".join(found[:3]) or _("nothing")),
        )
    for identity, count in document.ids.items():
        if count > 1:
            yield TWICE.broken(
                "HTML", _("the id {name} stands {count} times").format(name=quoted(identity), count=count)
            )


def _metas(document: Document) -> Iterator[Finding]:
    metas = document.page.all("meta")
    charsets = [meta.get("charset") or meta.get("content") for meta in metas if _names_charset(meta.attributes)]
    if not any("utf-8" in each.lower() for each in charsets):
        yield CHARSET.broken(
            _("HTML, <head>"),
            _("it says {said}").format(said=quoted(charsets[0])) if charsets else _("no meta names a charset"),
        )
    views = [meta.get("content").lower() for meta in metas if meta.get("name").lower() == "viewport"]
    if not any("width=device-width" in each.replace(" ", "") for each in views):
        yield VIEWPORT.broken(
            _("HTML, <head>"),
            _("it says {said}").format(said=quoted(views[0])) if views else _("no meta is a viewport"),
        )
    for each in views:
        if found := _NO_ZOOM.search(each):
            yield ZOOM.broken(_("HTML, meta viewport"), _("it says {said}").format(said=quoted(found[0])))
    for meta in metas:
        if meta.get("http-equiv").lower() == "refresh":
            yield REFRESH.broken(_("HTML, meta refresh"), _("it says {said}").format(said=quoted(meta.get("content"))))


def _names_charset(attributes: object) -> bool:
    return isinstance(attributes, dict) and (
        "charset" in attributes or attributes.get("http-equiv", "").lower() == "content-type"
    )
