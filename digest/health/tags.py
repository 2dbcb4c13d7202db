"""Tag lists: `v=DKIM1; k=rsa; p=…`, as DKIM and DMARC records are written (RFC 6376 §3.2)."""

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TagError(ValueError):
    """What is wrong with the list, in plain words."""


def tags_of(text: str) -> dict[str, str]:
    """In their order, names as written, white space around values taken off. Raise `TagError`."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise TagError(f"{part.strip()[:40]!r} is no tag: each is written name=value, with ; between them")
        if name in found:
            raise TagError(f"the tag {name}= stands there twice")
        found[name] = value.strip()
    return found
