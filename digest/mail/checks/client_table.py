"""What mail programs do not know: our own compact table of CSS and HTML, and what we use all the same and why.

From general knowledge of the programs, in the terms of caniemail.com. `Gmail` includes its apps and accounts of other
providers in them; `Outlook` is Outlook for Windows, which draws with Word.
"""

import re
from dataclasses import dataclass

_NOT_IN_WORD = ("Outlook",)
_HARDLY_ANYWHERE = ("Gmail", "Outlook", "Outlook.com", "Yahoo")


@dataclass(frozen=True, slots=True)
class Gap:
    """`lacking` are the programs without it, `instead` what to write; `breaks`: the page falls apart without it."""

    lacking: tuple[str, ...]
    instead: str
    breaks: bool = False


# Known, or without harm when unknown, in all programs of the table.
_SAFE = """
background background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width
border-collapse border-color border-left border-left-color border-left-style border-left-width border-right
border-right-color border-right-style border-right-width border-spacing border-style border-top border-top-color
border-top-style border-top-width border-width caption-side clear color direction display empty-cells font font-family
font-size font-style font-variant font-weight height letter-spacing line-height list-style list-style-position
list-style-type margin margin-bottom margin-left margin-right margin-top outline padding padding-bottom padding-left
padding-right padding-top table-layout text-align text-decoration text-indent text-transform unicode-bidi
vertical-align visibility white-space width word-break word-spacing
"""
SAFE = frozenset(_SAFE.split())
# Not known everywhere, and used all the same.
ALLOWED = {
    "max-width": "the skeleton of MJML: Outlook gets the width from the table in a comment instead",
    "max-height": "hides the preheader a second time where display:none is dropped",
    "overflow": "hides the preheader together with max-height",
    "overflow-wrap": "long addresses break on phones; elsewhere they stay whole",
    "word-wrap": "the older name of overflow-wrap",
    "border-radius": "corners stay square in Outlook, nothing moves",
    "color-scheme": "tells Apple Mail that the page has a dark form; others ignore it",
    "supported-color-schemes": "the older name of color-scheme, for Apple Mail",
    "text-underline-offset": "a finer underline where it is known, a plain one elsewhere",
    "text-decoration-thickness": "a finer underline where it is known, a plain one elsewhere",
    "text-decoration-color": "a softer underline where it is known, a plain one elsewhere",
    "text-decoration-line": "an underline where it is known, the link's own elsewhere",
    "text-decoration-style": "a finer underline where it is known, a plain one elsewhere",
    "text-wrap": "titles break into lines of like length where it is known",
    "hyphens": "words break more evenly where it is known",
    "-webkit-text-size-adjust": "the skeleton of MJML: keeps iOS from enlarging text",
    "-ms-text-size-adjust": "the skeleton of MJML: the same on Windows phones",
    "text-size-adjust": "the standard name of -webkit-text-size-adjust",
    "-ms-interpolation-mode": "the skeleton of MJML: smoother images in old Outlooks",
    "-webkit-font-smoothing": "finer letters on Apple screens, plain ones elsewhere",
}
OUTLOOK_ONLY = "mso-"
PROPERTIES = {
    "position": Gap(_HARDLY_ANYWHERE, "nested tables", breaks=True),
    "top": Gap(_HARDLY_ANYWHERE, "padding of a table cell", breaks=True),
    "left": Gap(_HARDLY_ANYWHERE, "padding of a table cell", breaks=True),
    "right": Gap(_HARDLY_ANYWHERE, "padding of a table cell", breaks=True),
    "bottom": Gap(_HARDLY_ANYWHERE, "padding of a table cell", breaks=True),
    "z-index": Gap(_HARDLY_ANYWHERE, "a page without layers", breaks=True),
    "inset": Gap(_HARDLY_ANYWHERE, "padding of a table cell", breaks=True),
    "flex": Gap(("Gmail apps", "Outlook", "Yahoo"), "mj-column", breaks=True),
    "flex-direction": Gap(("Gmail apps", "Outlook", "Yahoo"), "mj-column", breaks=True),
    "justify-content": Gap(("Gmail apps", "Outlook", "Yahoo"), "text-align or mj-column", breaks=True),
    "align-items": Gap(("Gmail apps", "Outlook", "Yahoo"), "vertical-align", breaks=True),
    "gap": Gap(("Gmail", "Outlook", "Yahoo", "Samsung Mail"), "padding", breaks=True),
    "grid": Gap(_HARDLY_ANYWHERE, "mj-column", breaks=True),
    "grid-template-columns": Gap(_HARDLY_ANYWHERE, "mj-column", breaks=True),
    "grid-template-areas": Gap(_HARDLY_ANYWHERE, "mj-column", breaks=True),
    "columns": Gap((*_HARDLY_ANYWHERE, "Samsung Mail"), "mj-column", breaks=True),
    "column-count": Gap((*_HARDLY_ANYWHERE, "Samsung Mail"), "mj-column", breaks=True),
    "clip-path": Gap(_HARDLY_ANYWHERE, "an image of that form"),
    "float": Gap(("Outlook", "Outlook.com"), "mj-column, or align on an image"),
    "background-image": Gap(("Outlook", "Gmail accounts of other providers"), "a colour, or an image of its own"),
    "background-size": Gap(("Outlook", "Yahoo"), "an image of the right size"),
    "background-position": Gap(("Outlook", "Yahoo"), "an image of the right size"),
    "background-repeat": Gap(("Outlook",), "a colour"),
    "background-blend-mode": Gap(_HARDLY_ANYWHERE, "an image that is already so"),
    "mix-blend-mode": Gap(_HARDLY_ANYWHERE, "an image that is already so"),
    "list-style-image": Gap(("Gmail", "Outlook"), "list-style-type"),
    "box-shadow": Gap(("Gmail", "Outlook", "Outlook.com"), "a border"),
    "text-shadow": Gap(("Gmail", "Outlook", "Outlook.com"), "a clearer colour"),
    "box-sizing": Gap(("Gmail apps", "Outlook", "Yahoo"), "widths without padding"),
    "min-width": Gap(_NOT_IN_WORD, "width"),
    "min-height": Gap(("Outlook", "Yahoo"), "height of a table cell, or padding"),
    "opacity": Gap(("Outlook", "Yahoo"), "a lighter colour"),
    "object-fit": Gap(("Gmail", "Outlook", "Yahoo"), "an image of the right form"),
    "aspect-ratio": Gap(_HARDLY_ANYWHERE, "width and height of the image"),
    "transform": Gap((*_HARDLY_ANYWHERE, "Samsung Mail"), "an image that is already so"),
    "transition": Gap(_HARDLY_ANYWHERE, "nothing: a mail is at rest"),
    "animation": Gap(("Gmail", "Outlook", "Outlook.com", "Yahoo"), "nothing, or an animated GIF"),
    "filter": Gap((*_HARDLY_ANYWHERE, "Samsung Mail"), "an image that is already so"),
    "backdrop-filter": Gap((*_HARDLY_ANYWHERE, "Samsung Mail"), "a plain colour"),
    "content": Gap(("Gmail", "Outlook", "Outlook.com"), "the text itself"),
    "cursor": Gap(("Outlook", "Yahoo"), "nothing: links have their own"),
    "pointer-events": Gap(_HARDLY_ANYWHERE, "nothing"),
    "margin-inline": Gap(("Gmail", "Outlook", "Yahoo"), "margin-left and margin-right by direction"),
    "margin-block": Gap(("Gmail", "Outlook", "Yahoo"), "margin-top and margin-bottom"),
    "padding-inline": Gap(("Gmail", "Outlook", "Yahoo"), "padding-left and padding-right by direction"),
    "padding-block": Gap(("Gmail", "Outlook", "Yahoo"), "padding-top and padding-bottom"),
    "all": Gap(("Gmail", "Outlook", "Yahoo"), "every property on its own"),
}
VALUES = (
    ("display", re.compile(r"\b(?:inline-)?flex\b"), Gap(("Gmail apps", "Outlook", "Yahoo"), "mj-column", breaks=True)),
    ("display", re.compile(r"\b(?:inline-)?grid\b|\bcontents\b"), Gap(_HARDLY_ANYWHERE, "mj-column", breaks=True)),
    ("background", re.compile(r"url\("), PROPERTIES["background-image"]),
    ("margin", re.compile(r"(?:^|\s)-\d"), Gap(("Gmail", "Outlook", "Outlook.com"), "less padding around it")),
    ("", re.compile(r"\bvar\("), Gap(_HARDLY_ANYWHERE, "the value itself", breaks=True)),
    ("", re.compile(r"\benv\(|\bclamp\(|\bmin\(|\bmax\("), Gap(("Gmail", "Outlook", "Yahoo"), "pixels")),
    ("", re.compile(r"\bcalc\("), Gap(("Outlook", "Yahoo", "Gmail accounts of other providers"), "pixels or %")),
    ("", re.compile(r"\b(?:linear|radial|conic)-gradient\("), Gap(("Outlook", "Yahoo"), "one colour")),
    ("", re.compile(r"\brgba\([^,]*,|\bhsla?\("), Gap(_NOT_IN_WORD, "#rrggbb")),
    ("", re.compile(r"\b(?:oklch|oklab|lab|lch|color|color-mix|light-dark)\("), Gap(_HARDLY_ANYWHERE, "#rrggbb")),
    ("", re.compile(r"\d(?:rem|vw|vh|vmin|vmax|ch|dvh|svh)\b"), Gap(("Outlook", "Yahoo"), "pixels")),
)
# Gmail drops the whole style block that holds such a value.
SPACED_COLOUR = re.compile(r"\b(?:rgb|hsl)a?\(\s*[\d.%]+(?:deg)?\s+[\d.]")
TAGS = {
    **dict.fromkeys(("script", "noscript"), Gap(("all programs",), "nothing: it is removed", breaks=True)),
    **dict.fromkeys(
        ("iframe", "frame", "frameset", "object", "embed", "applet", "portal"),
        Gap(("all programs",), "a picture with a link", breaks=True),
    ),
    **dict.fromkeys(
        ("form", "input", "button", "select", "textarea", "option", "label", "fieldset", "datalist"),
        Gap(("Outlook", "Outlook.com", "Yahoo", "Gmail warns"), "a link to a page with the form", breaks=True),
    ),
    **dict.fromkeys(
        ("video", "audio", "source", "track"), Gap(("Gmail", "Outlook", "Yahoo"), "a picture with a link", breaks=True)
    ),
    **dict.fromkeys(("svg", "canvas", "math"), Gap(_HARDLY_ANYWHERE, "a PNG image", breaks=True)),
    "base": Gap(("Gmail", "Outlook", "Yahoo"), "whole addresses in every link", breaks=True),
    "link": Gap(_HARDLY_ANYWHERE, "styles in the template itself", breaks=True),
    **dict.fromkeys(
        ("main", "nav", "header", "footer", "article", "section", "aside", "figure", "figcaption", "search"),
        Gap(("Outlook", "Yahoo", "Gmail"), "a div with a role"),
    ),
    **dict.fromkeys(("picture", "map", "area"), Gap(("Gmail", "Outlook", "Yahoo"), "one plain image")),
    **dict.fromkeys(
        ("details", "summary", "dialog", "template", "slot", "progress", "meter", "marquee", "blink", "menu"),
        Gap(_HARDLY_ANYWHERE, "plain text"),
    ),
}
_KNOWN_TAGS = """
a abbr address b bdi bdo big blockquote body br caption center cite code col colgroup dd del dfn div dl dt em font h1 h2
h3 h4 h5 h6 head hr html i img ins kbd li meta ol p pre q s samp small span strike strong style sub sup table tbody td
tfoot th thead time title tr tt u ul var wbr
"""
KNOWN_TAGS = frozenset(_KNOWN_TAGS.split())
AT_RULES = {
    "@import": Gap(("Gmail", "Outlook", "Outlook.com", "Yahoo"), "the styles themselves", breaks=True),
    "@font-face": Gap(("Gmail", "Outlook", "Outlook.com", "Yahoo"), "fonts that every system has"),
    "@keyframes": Gap(("Gmail", "Outlook", "Outlook.com", "Yahoo"), "nothing: a mail is at rest"),
    "@supports": Gap(("Outlook", "Outlook.com", "Yahoo"), "what works everywhere"),
}
