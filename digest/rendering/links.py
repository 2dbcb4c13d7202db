"""The addresses of the pages where people leave, choose and read. A person's token is always their end."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from digest.errors import ConfigurationError
from digest.model.slot import Slot

# Nothing in it means anything in HTML, in quoted-printable or in a header.
_PUBLIC_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class Links:
    """Each value is a URL up to the token. `mail` asks to leave by mail; `pages` are the slots of the bodies."""

    mail: str
    pages: dict[Slot, str]

    @property
    def one_click(self) -> str | None:
        """The page of RFC 8058, if there is one."""
        page = self.pages[Slot.LEAVE]
        return None if page == self.mail else page


def public_root(public_url: str) -> str:
    """The public URL without its last slash. Raise `ConfigurationError` for what is not plain https."""
    root = public_url.rstrip("/")
    if not _PUBLIC_URL.fullmatch(root):
        raise ConfigurationError(
            f"public_url {public_url!r}", "it is no plain https address", "write it like https://bulletin.example.org"
        )
    return root


def links_of(root: str | None, mailbox: str, edition_key: str) -> Links:
    """`root` is a `public_root`, `mailbox` gets the mails of those who leave."""
    mail = f"mailto:{quote(mailbox, safe='@+')}?subject=unsubscribe-"
    if root is None:
        return Links(mail, {Slot.LEAVE: mail})
    pages = {
        Slot.LEAVE: f"{root}/leave/",
        Slot.PREFERENCES: f"{root}/preferences/",
        Slot.WEB_VIEW: f"{root}/view/{edition_key}/",
    }
    return Links(mail, pages)
