"""Addresses of pages and mails as they stand in a text, and the site on which a page is."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from linkify_it import LinkifyIt

_SITE = re.compile(r"https?://(?:[^\s/?#\\]*@)?(?:www\.)?((?:[\w-]+\.)+\w+)(?::\d+)?(?![^/?#])", re.IGNORECASE)


class WebLink(NamedTuple):
    """`begin` and `end` are where it stands in the text; `address` is where it leads."""

    begin: int
    end: int
    address: str


@lru_cache(maxsize=1)
def linkifier() -> "LinkifyIt":
    """Finds addresses that say of themselves what they are: https://…, www.… and name@…; never a mere `report.md`."""
    from linkify_it import LinkifyIt  # 20 ms: only where texts are read or shown

    class Linkifier(LinkifyIt):  # type: ignore[misc]  # it has no types
        def match(self, text: str) -> "list[Any] | None":
            found = [one for one in super().match(text) or () if one.schema or one.raw.lower().startswith("www.")]
            return found or None

    return Linkifier({"ftp:": None, "//": None}, {"fuzzy_link": True, "fuzzy_email": True, "fuzzy_ip": False})


def web_links(text: str) -> list[WebLink]:
    if "://" not in text and "@" not in text and "www." not in text.lower():
        return []
    return [WebLink(one.index, one.last_index, one.url) for one in linkifier().match(text) or ()]


def site_of(address: str | None) -> str | None:
    """The name by which people know where a page is: `example.org`; `None` for what is no page of the web."""
    found = _SITE.match(address or "")
    return found[1].lower() if found else None
