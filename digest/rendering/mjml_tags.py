"""Which MJML tags there are, where each may stand, and which attributes it has, as far as the compiler honours them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """`inside` are the tags it may stand in. `html` says that it holds HTML, and no further MJML tag."""

    inside: frozenset[str]
    attributes: frozenset[str]
    html: bool = False


def _tag(inside: str, attributes: str = "", *, html: bool = False) -> Tag:
    return Tag(frozenset(inside.split()), frozenset(attributes.split()), html)


_CONTENT = "mj-column mj-hero"
_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform"
_BACKGROUND = (
    "background-color background-url background-size background-repeat background-position background-position-x "
    "background-position-y"
)
_BLOCK = f"css-class container-background-color {_PADDING}"
_SECTION = f"css-class direction full-width text-align {_BACKGROUND} {_BORDER} {_PADDING}"
_INNER = f"inner-background-color inner-{' inner-'.join(_BORDER.split())}"

TAGS = {
    "mjml": _tag("", "lang dir owa"),
    "mj-head": _tag("mjml"),
    "mj-body": _tag("mjml", "width background-color css-class id"),
    "mj-attributes": _tag("mj-head"),
    "mj-breakpoint": _tag("mj-head", "width"),
    "mj-font": _tag("mj-head", "name href"),
    "mj-preview": _tag("mj-head", html=True),
    "mj-style": _tag("mj-head", html=True),
    "mj-title": _tag("mj-head", html=True),
    "mj-raw": _tag(
        "mj-head mj-body mj-wrapper mj-section mj-group mj-column mj-hero mj-navbar mj-social mj-accordion mj-carousel",
        html=True,
    ),
    "mj-wrapper": _tag("mj-body", f"{_SECTION} gap"),
    "mj-section": _tag("mj-body mj-wrapper", _SECTION),
    "mj-group": _tag("mj-section", "css-class background-color direction vertical-align width"),
    "mj-column": _tag(
        "mj-section mj-group",
        f"css-class background-color direction vertical-align width {_BORDER} {_PADDING} {_INNER}",
    ),
    "mj-hero": _tag(
        "mj-body mj-wrapper",
        f"css-class mode height width background-height background-width vertical-align border-radius {_BACKGROUND} "
        f"container-background-color inner-background-color {_PADDING}",
    ),
    "mj-text": _tag(_CONTENT, f"align height {_FONT} {_BLOCK}", html=True),
    "mj-image": _tag(
        _CONTENT,
        "align alt fluid-on-mobile font-size height href max-height name rel src srcset sizes target title usemap "
        f"width {_BORDER} {_BLOCK}",
    ),
    "mj-button": _tag(
        _CONTENT,
        f"align background-color height href inner-padding name rel target text-align title vertical-align width "
        f"{_FONT} {_BORDER} {_BLOCK}",
        html=True,
    ),
    "mj-divider": _tag(_CONTENT, f"align border-color border-style border-width width {_BLOCK}"),
    "mj-spacer": _tag(_CONTENT, f"height {_BLOCK}"),
    "mj-table": _tag(
        _CONTENT, f"align border cellpadding cellspacing role table-layout width {_FONT} {_BLOCK}", html=True
    ),
    "mj-social": _tag(
        _CONTENT,
        f"align border-radius icon-height icon-padding icon-size inner-padding mode table-layout text-padding {_FONT} "
        f"{_BLOCK}",
    ),
    "mj-social-element": _tag(
        "mj-social",
        "align alt background-color border-radius css-class href icon-height icon-padding icon-size name rel src "
        f"srcset sizes target text-padding title vertical-align {_FONT} {_PADDING}",
        html=True,
    ),
    "mj-navbar": _tag(
        _CONTENT,
        "css-class align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size "
        "ico-line-height ico-open ico-padding ico-text-decoration ico-text-transform " + _PADDING,
    ),
    "mj-navbar-link": _tag("mj-navbar", f"css-class href name rel target {_FONT} {_PADDING}", html=True),
    "mj-accordion": _tag(
        _CONTENT,
        f"border font-family icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width "
        f"icon-wrapped-alt icon-wrapped-url {_BLOCK}",
    ),
    "mj-accordion-element": _tag("mj-accordion", "css-class background-color border font-family icon-align"),
    "mj-accordion-title": _tag("mj-accordion-element", f"css-class background-color {_FONT} {_PADDING}", html=True),
    "mj-accordion-text": _tag("mj-accordion-element", f"css-class background-color {_FONT} {_PADDING}", html=True),
    "mj-carousel": _tag(
        _CONTENT,
        f"align border-radius icon-width left-icon right-icon tb-border tb-border-radius tb-hover-border-color "
        f"tb-selected-border-color tb-width thumbnails {_BLOCK}",
    ),
    "mj-carousel-image": _tag(
        "mj-carousel", "alt css-class href rel src target thumbnails-src title border-radius tb-border"
    ),
}

NEEDS_ALT = frozenset(("mj-image", "mj-carousel-image", "img"))

# What the reference compiler knows and ours refuses or ignores.
REFUSED = {
    "mj-html-attributes": "the compiler does not know it; write the attributes into the HTML of an mj-text",
    "mj-include": 'write it in one line, as <mj-include path="part.mjml" />',
}
