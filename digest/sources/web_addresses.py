"""Tells web addresses that may be put behind a link from everything else."""

import re
from urllib.parse import urlsplit

_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f<>\"\\^`{|}]")


def is_web_address(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether the text is one complete address with one of the schemes, a host, and no character that breaks out."""
    if _FORBIDDEN.search(text):
        return False
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)
