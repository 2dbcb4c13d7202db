"""What of CSS and HTML may be used in a mail: what all mail programs know, and what we use all the same and why.

Which programs lack what is in `client_support`, which a script writes from caniemail's data; here stands what follows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from digest.foundation.catalogue import later
from digest.mail.checks.client_support import EVERYWHERE, LACKING, PARTLY


@dataclass(frozen=True, slots=True)
class Gap:
    """`lacking` are the programs without it, `partly` those that know some of it, `instead` what to write; `breaks`:
    the page falls apart without it.
    """

    lacking: tuple[str, ...]
    instead: str
    breaks: bool = False
    partly: tuple[str, ...] = ()


def _gap(feature: str, instead: str, *, breaks: bool = False) -> Gap:
    return Gap(LACKING.get(feature, ()), instead, breaks=breaks, partly=PARTLY.get(feature, ()))


# Not known everywhere, or not wholly, and used all the same: why, and what the others show.
ALLOWED = {
    "background": "Outlook reads the colour in it; a picture is a finding of its own",
    "border": "lines are of cells and at most 8px, as Outlook draws them",
    "border-radius": "corners stay square in Outlook, nothing moves",
    "border-spacing": "the skeleton of MJML: none, beside cellspacing, which Outlook reads",
    "color-scheme": "tells Apple Mail that the page has a dark form; others ignore it",
    "display": "none, block and the like; flex and grid are findings of their own, and tables hold the page in Outlook",
    "font-size": "in pixels, which all know; rem is a finding of its own",
    "font-weight": "normal and bold, which all know; other weights become one of them",
    "height": "beside the attribute; Yahoo takes it for the least height",
    "hyphens": "words break more evenly where it is known, at spaces elsewhere",
    "letter-spacing": "a little, in pixels; Outlook spaces other units less",
    "line-height": "beside mso-line-height-rule, with which Outlook keeps it",
    "list-style": "a kind of bullet; a picture is a finding of its own",
    "margin": "not below 0, which is a finding of its own; Outlook ignores it on spans, and auto: align centres",
    "max-height": "hides the preheader a second time where display:none is dropped",
    "max-width": "the skeleton of MJML: Outlook gets the width from the table in a comment instead",
    "outline": "the skeleton of MJML: none around pictures, where Outlook draws none anyway",
    "overflow": "hides the preheader together with max-height",
    "overflow-wrap": "long addresses break on phones; elsewhere they stay whole",
    "padding": "of cells; elsewhere Outlook ignores it, and CLIENT-012 tells",
    "supported-color-schemes": "the older name of color-scheme, for Apple Mail",
    "table-layout": "keeps code in its column; Outlook makes the column as wide as the longest word",
    "text-align": "left, right and center; who does not know start aligns by the direction, which is the same",
    "text-decoration": "underline or none, which all know; links without a style are underlined",
    "text-decoration-color": "a softer underline where it is known, a plain one elsewhere",
    "text-decoration-line": "an underline where it is known, the link's own elsewhere",
    "text-decoration-style": "a finer underline where it is known, a plain one elsewhere",
    "text-decoration-thickness": "a finer underline where it is known, a plain one elsewhere",
    "text-indent": "not below 0, which is a finding of its own",
    "text-transform": "capitals; Outlook leaves small letters as they are written",
    "text-underline-offset": "a finer underline where it is known, a plain one elsewhere",
    "text-wrap": "titles break into lines of like length where it is known, where they are full elsewhere",
    "white-space": "keeps the lines of code and figures together; its lines are <br> and its spaces no-break besides",
    "width": "of tables, cells and pictures, beside the attribute that Outlook reads",
    "word-break": "long words break; Yahoo and Outlook break none, and the longest makes their page wider",
    "word-spacing": "the skeleton of MJML: normal, which it is without it",
    "word-wrap": "the older name of overflow-wrap",
    "-webkit-text-size-adjust": "the skeleton of MJML: keeps iOS from enlarging text; others ignore it",
    "-ms-text-size-adjust": "the skeleton of MJML: the same on Windows phones",
    "text-size-adjust": "the standard name of -webkit-text-size-adjust",
    "-ms-interpolation-mode": "the skeleton of MJML: smoother images in old Outlooks; others ignore it",
    "-webkit-font-smoothing": "finer letters on Apple screens, plain ones elsewhere",
}
OUTLOOK_ONLY = "mso-"
# Of CSS 1 and 2, older than all mail programs; caniemail has no page about them.
_OLD = ("color", "font-family", "font-style", "font-variant", "unicode-bidi")
_SIDES = ("top", "right", "bottom", "left")
_LINES = ("color", "style", "width")
_INSTEAD = {
    "align-items": "vertical-align",
    "animation": later("nothing, or an animated GIF"),
    "aspect-ratio": later("width and height of the image"),
    "backdrop-filter": later("a plain colour"),
    "background-blend-mode": later("an image that is already so"),
    "background-image": later("a colour, or an image of its own"),
    "background-position": later("an image of the right size"),
    "background-repeat": later("a colour"),
    "background-size": later("an image of the right size"),
    "bottom": later("padding of a table cell"),
    "box-shadow": later("a border"),
    "box-sizing": later("widths without padding"),
    "caption-side": later("a paragraph above the table"),
    "clear": "mj-section",
    "clip-path": later("an image of that form"),
    "column-count": "mj-column",
    "columns": "mj-column",
    "content": later("the text itself"),
    "cursor": later("nothing: links have their own"),
    "empty-cells": later("a no-break space in the cell"),
    "filter": later("an image that is already so"),
    "flex-direction": "mj-column",
    "float": later("mj-column, or align on an image"),
    "gap": "padding",
    "grid-template-areas": "mj-column",
    "grid-template-columns": "mj-column",
    "inset": later("padding of a table cell"),
    "justify-content": later("text-align or mj-column"),
    "left": later("padding of a table cell"),
    "list-style-image": "list-style-type",
    "list-style-position": later("margin of the list"),
    "margin-block": later("margin-top and margin-bottom"),
    "margin-inline": later("margin-left and margin-right by direction"),
    "min-height": later("height of a table cell, or padding"),
    "min-width": "width",
    "mix-blend-mode": later("an image that is already so"),
    "object-fit": later("an image of the right form"),
    "opacity": later("a lighter colour"),
    "padding-block": later("padding-top and padding-bottom"),
    "padding-inline": later("padding-left and padding-right by direction"),
    "position": later("nested tables"),
    "right": later("padding of a table cell"),
    "text-shadow": later("a clearer colour"),
    "top": later("padding of a table cell"),
    "transform": later("an image that is already so"),
    "transition": later("nothing: a mail is at rest"),
    "visibility": "display",
    "z-index": later("a page without layers"),
}
_BREAKING = """
align-items bottom column-count column-width columns flex-direction flex-wrap gap grid-template grid-template-areas
grid-template-columns grid-template-rows inset justify-content left position right top z-index
"""


def _with_sides(names: Iterable[str]) -> frozenset[str]:
    """With the long forms of what has four sides: a program knows them as it knows the short one."""
    found = set(names)
    for name in ("margin", "padding", "border"):
        if name in found:
            found |= {f"{name}-{side}" for side in _SIDES}
    if "border" in found:
        found |= {f"border-{line}" for line in _LINES}
        found |= {f"border-{side}-{line}" for side in _SIDES for line in _LINES}
    return frozenset(found)


_PROPERTY = re.compile(r"[a-z-]+")
# Known in all programs, or allowed with a reason.
USABLE = _with_sides((*EVERYWHERE, *_OLD, *ALLOWED))
PROPERTIES = {
    "flex": _gap("display:flex", "mj-column", breaks=True),
    "grid": _gap("display:grid", "mj-column", breaks=True),
    **{
        name: _gap(name, _INSTEAD.get(name, later("nothing in its place")), breaks=name in _BREAKING.split())
        for name in {**LACKING, **PARTLY}
        if _PROPERTY.fullmatch(name) and name not in USABLE
    },
}
VARIABLE = _gap("var()", later("the value itself"), breaks=True)
VALUES = (
    ("display", re.compile(r"\b(?:inline-)?flex\b"), PROPERTIES["flex"]),
    ("display", re.compile(r"\b(?:inline-)?grid\b|\bcontents\b"), PROPERTIES["grid"]),
    ("background", re.compile(r"url\("), PROPERTIES["background-image"]),
    ("list-style", re.compile(r"url\("), PROPERTIES["list-style-image"]),
    ("margin", re.compile(r"(?:^|\s)-\.?\d"), _gap("margin below 0", later("less padding around it"))),
    (
        "text-indent",
        re.compile(r"(?:^|\s)-\.?\d"),
        _gap("text-indent below 0", later("a list, or a table with two columns")),
    ),
    ("", re.compile(r"\bvar\("), VARIABLE),
    ("", re.compile(r"\benv\(|\bclamp\(|\bmin\(|\bmax\("), _gap("clamp()", later("pixels"))),
    ("", re.compile(r"\bcalc\("), _gap("calc()", later("pixels or %"))),
    ("", re.compile(r"\b(?:linear|radial|conic)-gradient\("), _gap("linear-gradient()", later("one colour"))),
    ("", re.compile(r"\brgba\([^,]*,|\bhsla?\("), _gap("rgba()", "#rrggbb")),
    ("", re.compile(r"\b(?:oklch|oklab|lab|lch|color|color-mix|light-dark)\("), _gap("oklch()", "#rrggbb")),
    ("", re.compile(r"\d(?:rem|vmin|vmax|ch|dvh|svh)\b"), _gap("rem unit", later("pixels"))),
    ("", re.compile(r"\d(?:vw|vh)\b"), _gap("vw unit", later("pixels"))),
)
# Gmail drops the whole style block that holds such a value.
SPACED_COLOUR = re.compile(r"\b(?:rgb|hsl)a?\(\s*[\d.%]+(?:deg)?\s+[\d.]")
PADDING = frozenset(("padding", *(f"padding-{side}" for side in _SIDES)))
PADDED_CELLS = _gap("padding outside of cells", later("padding of the <td> around it, or margin"))
# caniemail has no page about these: the ones that make a page act are removed by all, of the others little is known.
_REMOVED = (later("all programs"),)
_HARDLY_ANYWHERE = ("Gmail", "Outlook", "Outlook.com", "Yahoo")
_PICTURE = later("a picture with a link")
TAGS = {
    **dict.fromkeys(("script", "noscript"), Gap(_REMOVED, later("nothing: it is removed"), breaks=True)),
    **dict.fromkeys(
        ("iframe", "frame", "frameset", "object", "embed", "applet", "portal"), Gap(_REMOVED, _PICTURE, breaks=True)
    ),
    **dict.fromkeys(
        ("form", "input", "button", "select", "textarea", "option", "label", "fieldset", "datalist"),
        _gap("<form>", later("a link to a page with the form"), breaks=True),
    ),
    **dict.fromkeys(("video", "audio", "source", "track"), _gap("<video>", _PICTURE, breaks=True)),
    **dict.fromkeys(("svg", "canvas", "math"), _gap("<svg>", later("a PNG image"), breaks=True)),
    "base": _gap("<base>", later("whole addresses in every link"), breaks=True),
    "link": _gap("<link>", later("styles in the template itself"), breaks=True),
    **dict.fromkeys(
        ("main", "nav", "header", "footer", "article", "section", "aside", "figure", "figcaption", "search"),
        _gap("<section>", later("a div with a role")),
    ),
    "picture": _gap("<picture>", later("one plain image")),
    **dict.fromkeys(("map", "area"), _gap("<map>", later("one plain image"))),
    **dict.fromkeys(("details", "summary"), _gap("<details>", later("plain text"))),
    **dict.fromkeys(
        ("dialog", "template", "slot", "progress", "meter", "marquee", "blink", "menu"),
        Gap(_HARDLY_ANYWHERE, later("plain text")),
    ),
}
# Where a program drops one of these, its text stays and reads as well: <abbr>, <bdi>, <wbr>.
_KNOWN_TAGS = """
a abbr address b bdi bdo big blockquote body br caption center cite code col colgroup dd del dfn div dl dt em font h1 h2
h3 h4 h5 h6 head hr html i img ins kbd li meta ol p pre q s samp small span strike strong style sub sup table tbody td
tfoot th thead time title tr tt u ul var wbr
"""
KNOWN_TAGS = frozenset(_KNOWN_TAGS.split())
AT_RULES = {
    "@import": _gap("@import", later("the styles themselves"), breaks=True),
    "@font-face": _gap("@font-face", later("fonts that every system has")),
    "@keyframes": _gap("@keyframes", later("nothing: a mail is at rest")),
    "@supports": _gap("@supports", later("what works everywhere")),
}
