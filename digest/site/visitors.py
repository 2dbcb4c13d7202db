"""Visitors: who comes with a link of ours, as far as its token proves it, and what it opens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.mail.tokens import Keyring, Purpose, owner_of
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.site.drawing import title_of
from digest.site.store import PublicStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The public id in a link, and the `name` of the newsletter that it is about. Nobody has asked whether there is
    such a person. Where the settings have that newsletter no more, `newsletter` is another, for its languages.
    """

    public_id: str
    name: str
    newsletter: Newsletter

    @property
    def has_ended(self) -> bool:
        return self.name != self.newsletter.name

    def title(self, language: str) -> str:
        return self.name if self.has_ended else title_of(self.newsletter, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """Who confirms what they asked for at that instant."""

    visitor: Visitor
    asked_at: datetime


class Visitors:
    def __init__(self, store: PublicStore, keyring: Keyring, newsletters: Sequence[Newsletter]) -> None:
        self._store, self._keyring, self._newsletters = store, keyring, newsletters

    def leaving(self, token: str) -> Visitor | None:
        """Who may leave with this token."""
        return self._owner(token, lambda name: self._keyring.may_leave(name, token))

    def choosing(self, token: str) -> Visitor | None:
        """Who may change what they get with this token."""
        return self._owner(token, lambda name: self._keyring.is_token(Purpose.CHOOSE, name, token))

    def confirming(self, token: str) -> Confirming | None:
        asked_at = self._keyring.asked_at(token)
        visitor = self._owner(token, lambda name: self._keyring.confirms(name, token))
        return None if visitor is None or asked_at is None else Confirming(visitor=visitor, asked_at=asked_at)

    def viewing(self, key: str, token: str) -> tuple[Edition, str] | None:
        """The edition and the name of the variant that this token shows. Mails of old had the token for leaving here:
        it shows what its owner was sent.
        """
        owner = owner_of(token)
        for edition in self._store.gone_out(key):
            for name in self._store.variant_names(edition):
                if self._keyring.is_view(edition, name, token):
                    return edition, name
            if owner is not None and self._keyring.is_former_token(edition.newsletter, token):
                got = self._store.variant_got(edition, owner)
                if got is not None:
                    return edition, got
        return None

    def _owner(self, token: str, is_theirs: Callable[[str], bool]) -> Visitor | None:
        owner = owner_of(token)
        if owner is None:
            return None
        known = {one.name: one for one in self._newsletters}
        name = next((name for name in dict.fromkeys((*known, *self._store.newsletters())) if is_theirs(name)), None)
        if name is None:
            return None
        return Visitor(public_id=owner, name=name, newsletter=known.get(name, self._newsletters[0]))
