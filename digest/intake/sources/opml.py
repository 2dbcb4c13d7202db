"""Lists of feeds as feed readers exchange them (OPML 2.0): read, and written."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from digest.errors import NothingUsableError
from digest.foundation.catalogue import Number, _, later
from digest.foundation.values import web_address
from digest.foundation.words import LONGEST_EXCERPT, excerpt, upright

LARGEST_LIST = 5 << 20  # bytes
MOST_FEEDS = 1_000
_ADDRESS = later("must be a whole web address")
_REMEDY = later("Export the list again as OPML, and save it as it is.")


class ListedFeed(NamedTuple):
    """`fault` says why it is no feed that could be asked."""

    title: str
    url: str
    fault: str = ""


def read_opml(data: bytes, file: str) -> Sequence[ListedFeed]:
    """Each address once, in the order of the list; the folders of a feed reader mean nothing here. Raise
    `NothingUsableError` for what is no such list.
    """
    if len(data) > LARGEST_LIST:
        raise NothingUsableError(
            file, _("the file has more than {most:,} bytes").format(most=Number(LARGEST_LIST)), _("Export fewer feeds.")
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NothingUsableError(
            file, _("this is no XML: {cause}").format(cause=excerpt(str(error))), _REMEDY
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        cause = _("it declares what its words stand for (DOCTYPE), which no list of feeds needs")
        raise NothingUsableError(file, cause, _REMEDY)
    if etree.QName(root).localname.lower() != "opml":
        cause = _("this is no list of feeds: it begins with <{name}>").format(name=excerpt(etree.QName(root).localname))
        raise NothingUsableError(file, cause, _REMEDY)
    found: dict[str, ListedFeed] = {}
    for outline in root.iter("outline"):
        said = {name.lower(): value.strip() for name, value in outline.attrib.items()}
        if url := said.get("xmlurl"):
            feed = _feed(said.get("title") or said.get("text") or "", url)
            found.setdefault(feed.url, feed)
    if not found:
        raise NothingUsableError(file, _("there is no feed in this list"), _REMEDY)
    if len(found) > MOST_FEEDS:
        raise NothingUsableError(
            file,
            _("there are more than {most:,} feeds in it").format(most=Number(MOST_FEEDS)),
            _("Export fewer feeds."),
        )
    return [*found.values()]


def opml_of(feeds: Iterable[ListedFeed], heading: str) -> str:
    outlines = (
        f'    <outline type="rss" text={title} title={title} xmlUrl={url}/>'
        for title, url in ((quoteattr(one.title), quoteattr(one.url)) for one in feeds)
    )
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head>\n    <title>{escape(heading)}</title>'
    )
    return "\n".join((head, "  </head>", "  <body>", *outlines, "  </body>", "</opml>", ""))


def _feed(title: str, url: str) -> ListedFeed:
    """Some programs write `feed://` for what is asked as any page is."""
    if url.lower().startswith("feed:"):
        rest = url[len("feed:") :]
        url = f"https:{rest}" if rest.startswith("//") else rest
    title = upright(" ".join(title.split()))[:LONGEST_EXCERPT]
    try:
        return ListedFeed(title, web_address(url, _ADDRESS))
    except ValueError as error:
        return ListedFeed(title, url, str(error))
