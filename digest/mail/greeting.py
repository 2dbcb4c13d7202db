"""The salutation: its wording travels inside its mark, so that it is part of what is approved; the name comes last.

A mark is `greeting:plain:Dear {name},:Good day,` between NUL characters, each wording percent-encoded; `html` instead
of `plain` says that the name has to be escaped.
"""

import html
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from markupsafe import Markup

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.words import upright
from digest.mail.content import EDGE, Slot
from digest.mail.fitting import one_line, shorten

NAME = "{name}"
_NAME_MOST = 60
_NO_NAME = re.compile(r"@|://|\bwww\.", re.IGNORECASE)  # an address in the wrong column, or bait
Greeting = Callable[[str | None], str]  # from a reader's name to what they read


def greeting_mark(named: str, unnamed: str, *, markup: bool) -> str:
    """For a template: `named` holds `{name}`, `unnamed` greets those whose name nobody knows."""
    mark = ":".join((Slot.GREETING, "html" if markup else "plain", quote(named, safe=""), quote(unnamed, safe="")))
    return Markup(f"{EDGE}{mark}{EDGE}") if markup else f"{EDGE}{mark}{EDGE}"  # noqa: S704 – nothing but [A-Za-z0-9%:._~-]


def is_greeting(mark: str) -> bool:
    return mark.startswith(f"{Slot.GREETING}:")


def greeting_of(mark: str) -> Greeting:
    """What a mark, without its edges, stands for. Raise `IntegrityError` for one that nobody wrote like this."""
    _slot, kind, *wordings = mark.split(":")
    if kind not in ("html", "plain") or len(wordings) != 2:  # noqa: PLR2004 – with and without a name
        raise IntegrityError(
            _("the slot {name!r} of a message").format(name=mark), _("it is no greeting"), _("build the edition again")
        )
    named, unnamed = map(unquote, wordings)

    def greet(name: str | None) -> str:
        clean = spoken_name(name)
        said = unnamed if clean is None else named.replace(NAME, clean)
        return html.escape(said, quote=False) if kind == "html" else said

    return greet


def spoken_name(name: str | None) -> str | None:
    """The name in one line, without what turns the reading direction; `None` for what cannot be a person's name."""
    clean = one_line(upright(name or ""))
    if not any(char.isalpha() for char in clean) or _NO_NAME.search(clean):
        return None
    return shorten(clean, _NAME_MOST)
