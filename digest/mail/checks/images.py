"""Do images say what they show, keep their place while they are not loaded, and spy on nobody?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document, host_of
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import Element, quoted

ALT_MOST = 150
NO_ALT = error(
    "IMG-001",
    asks="every image has an alt attribute; an empty one when it only decorates",
    why="Email Markup Consortium 2026: 48 of 100 mails fail; else its address is read aloud",
    fix=later("write alt in the template, and `image_alt` with the story"),
)
LINKED = error(
    "IMG-002",
    asks="an image that is all a link has to show has a non-empty alt",
    why="WCAG 2.2, 2.4.4: the link has no name",
    fix=later("say in alt where the link leads"),
)
WIDTH = error(
    "IMG-003",
    asks="every image has a width attribute, in pixels",
    why="Outlook for Windows shows it in its own size otherwise, however large",
    fix=later('write width="552"'),
)
ADDRESS = error(
    "IMG-004",
    asks="images come from https addresses, or are carried in the mail itself",
    why="http is blocked or warned about; relative addresses, and pictures that are not there, lead nowhere",
    fix=later("publish the image under an https address"),
)
FORMAT = error(
    "IMG-005",
    asks="images are PNG, JPEG or GIF; no SVG, WebP, AVIF or data:",
    why="caniemail: Gmail shows no SVG and no data:, Outlook for Windows no WebP",
    fix=later("save it as PNG or JPEG"),
)
PIXEL = error(
    "IMG-006",
    asks="no image that nobody can see",
    why="a tracking pixel: GDPR and ePrivacy ask for consent, and readers were promised none",
    fix=later("remove it"),
)
SAYS_NOTHING = warning(
    "IMG-007",
    asks=f"alt says what is to be seen, in at most {ALT_MOST} characters; it is no file name",
    why="WCAG 2.2, 1.1.1",
    fix=later("describe the picture in one sentence"),
)
RULES = (NO_ALT, LINKED, WIDTH, ADDRESS, FORMAT, PIXEL, SAYS_NOTHING)
_FORMAT = re.compile(r"\.(?:svgz?|webp|avif|heic|tiff?)(?:[?#]|\Z)|\Adata:", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp)|(?:img|dsc|image|imagen|photo|foto|picture)[\s_-]*\d*", re.IGNORECASE
)
_PIXELS = re.compile(r"(\d+)(?:px)?")
_INVISIBLE = 2  # pixels


def check(document: Document) -> Iterator[Finding]:
    for image in document.page.all("img"):
        place = document.where(image)
        yield from _words(document, image, place)
        yield from _source(document, image, place)
        if _is_pixel(image):
            yield PIXEL.broken(place, _("it is too small to be seen, or hidden"))
        elif not _PIXELS.fullmatch(image.get("width")):
            width = image.get("width")
            yield WIDTH.broken(
                place,
                _("its width is {width}").format(width=quoted(width)) if width else _("it has no width attribute"),
            )


def _words(document: Document, image: Element, place: str) -> Iterator[Finding]:
    link = next((each for each in image.upwards() if each.tag == "a"), None)
    alt = image.get("alt")
    if "alt" not in image.attributes:
        yield NO_ALT.broken(place, _("it has no alt attribute"))
    elif link is not None and not alt and not document.page.name(link):
        yield LINKED.broken(
            place,
            _("it is all that the link to {address} shows, and its alt is empty").format(address=link.get("href")),
        )
    elif _FILE_NAME.fullmatch(alt):
        yield SAYS_NOTHING.broken(
            place, _("alt {alt} is a file name or says that it is a picture").format(alt=quoted(alt))
        )
    elif len(alt) > ALT_MOST:
        yield SAYS_NOTHING.broken(place, _("alt has {count} characters").format(count=len(alt)))


def _source(document: Document, image: Element, place: str) -> Iterator[Finding]:
    source = image.get("src")
    if f"<{source.removeprefix('cid:')}>" in document.mail.carried:
        return
    if _FORMAT.search(source) or "srcset" in image.attributes:
        yield FORMAT.broken(
            place,
            _("{address} is in a format, or has a srcset, that not all programs show").format(address=quoted(source)),
        )
    elif not source.lower().startswith("https://") or not host_of(source):
        yield ADDRESS.broken(place, _("its src is {said}").format(said=quoted(source)))


def _is_pixel(image: Element) -> bool:
    sizes = [image.get(name) or image.styled(name) for name in ("width", "height")]
    numbers = [int(found[1][:9]) for size in sizes if (found := _PIXELS.fullmatch(size))]
    hidden = any(each.styled("display") == "none" or each.styled("visibility") == "hidden" for each in image.upwards())
    return hidden or any(number <= _INVISIBLE for number in numbers)
