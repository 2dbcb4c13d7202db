"""Discreet texts: what people wrote, as it may stand in a report that is passed on."""

import re

from digest.foundation.words import harmless

_ADDRESS = re.compile(r"([^\s<>@\"'(),;:]+)@[^\s<>@\"'(),;:]*[^\s<>@\"'(),;:.]")


def discreet(text: str) -> str:
    """Of an address only what stands before the @ is left. Nothing in it can turn a page or a terminal around."""
    return _ADDRESS.sub(r"\1@…", harmless(text))
