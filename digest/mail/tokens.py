"""What stands for one person in links and Message-IDs: keyed hashes that nobody else can make.

Each link has a token of its own, good for one thing. A token is the public id of a subscriber and 32 hex characters
that prove that we made it; the one of the web view names nobody, since all who got the same mail share it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import blake2b
from hmac import compare_digest

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _, plural
from digest.newsletters.edition import Edition

PROOF_LENGTH = 32
UNDO = "undo/"  # in place of a newsletter, whose name never has this sign: a code that takes a departure back
IDENTITY_LENGTH = 40
_VIEW_LENGTH = 32
_CONTENT_LENGTH = 64
_SECRET_LEAST, _SECRET_MOST = 16, blake2b.MAX_KEY_SIZE
_MESSAGE_ID_MOST = 64
_IDENTITY_LEAST, _IDENTITY_MOST = 16, 32  # hex characters in a Message-ID; the last 8 go into file names
_FORMER_LENGTH = 16
_TOKEN = re.compile(rf"([A-Za-z0-9_-]{{1,48}})-[0-9a-f]{{{PROOF_LENGTH}}}", re.ASCII)
_CONFIRMATION = re.compile(rf"([A-Za-z0-9_-]{{1,48}}?)-(0[0-9a-f]{{13}})-[0-9a-f]{{{PROOF_LENGTH}}}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMER_TOKEN = re.compile(rf"([A-Za-z0-9_-]{{1,48}})[0-9a-f]{{{_FORMER_LENGTH}}}", re.ASCII)


class Purpose(Enum):
    """What a link with a person's token is good for: where its proof stands in the hash."""

    LEAVE = slice(0, PROOF_LENGTH)
    CHOOSE = slice(PROOF_LENGTH, 2 * PROOF_LENGTH)


class Secret:
    """The workspace's secret. All results depend on it and on nothing that changes with time or place."""

    def __init__(self, secret: bytes) -> None:
        if not _SECRET_LEAST <= len(secret) <= _SECRET_MOST:
            raise ConfigurationError(
                _("the workspace's secret"),
                plural(
                    "it has {count} byte; it needs {least} to {most}",
                    "it has {count} bytes; it needs {least} to {most}",
                    len(secret),
                    least=_SECRET_LEAST,
                    most=_SECRET_MOST,
                ),
                _("restore keys/ from a backup"),
            )
        self._secret = secret

    def links(self, newsletter: str) -> Callable[[str], tuple[str, str]]:
        """From a subscriber's public id to the tokens with which they leave this newsletter, and change what they get
        of it. They are the same in all editions, so old links go on working, and can be checked without looking
        anything up.
        """
        prove = self._hash(b"links", (newsletter,), 2 * PROOF_LENGTH)
        leave, choose = Purpose.LEAVE.value, Purpose.CHOOSE.value

        def tokens(subscriber: str) -> tuple[str, str]:
            proofs = prove(subscriber)
            return f"{subscriber}-{proofs[leave]}", f"{subscriber}-{proofs[choose]}"

        return tokens

    def token(self, purpose: Purpose, newsletter: str, subscriber: str) -> str:
        """The token for one of the things that links are good for."""
        proofs = self._hash(b"links", (newsletter,), 2 * PROOF_LENGTH)(subscriber)
        return f"{subscriber}-{proofs[purpose.value]}"

    def former_token(self, newsletter: str, subscriber: str) -> str:
        """What stood at the end of all three links until each had a token of its own."""
        return subscriber + self._hash(b"leave", (newsletter,), _FORMER_LENGTH)(subscriber)

    def confirmation(self, newsletter: str, subscriber: str, asked_at: datetime) -> str:
        """The token with which they confirm what they asked for at that instant."""
        said = f"{subscriber}-{_instant(asked_at):014x}"
        return f"{said}-{self._hash(b'confirm', (newsletter,), PROOF_LENGTH)(said)}"

    def content(self, fingerprint: str) -> str:
        """What stands for content that people answer for: a number, hex."""
        return self._hash(b"content", (), _CONTENT_LENGTH)(fingerprint)

    def view(self, edition: Edition, variant: str) -> str:
        """The token of the web view of a variant: it opens this and nothing else."""
        return self._hash(b"view", (edition.newsletter, edition.key), _VIEW_LENGTH)(variant)

    def identities(self, edition: Edition) -> Callable[[str], str]:
        """From a subscriber's public id to 40 hex characters that name one person's message of this edition."""
        return self._hash(b"message", (edition.newsletter, edition.key), IDENTITY_LENGTH)

    def _hash(self, purpose: bytes, context: tuple[str, ...], length: int) -> Callable[[str], str]:
        begun = blake2b(key=self._secret, person=purpose, digest_size=length // 2)
        for part in context:
            begun.update(part.encode() + b"\0")

        def hashed(subscriber: str) -> str:
            mine = begun.copy()
            mine.update(subscriber.encode())
            return mine.hexdigest()

        return hashed


class Keyring:
    """Says whether we made something: with the secret of today, or with one before it. Comparing takes as long for a
    wrong proof as for a right one.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(map(Secret, secrets))

    @property
    def current(self) -> Secret:
        return self._secrets[0]

    def contents(self, fingerprint: str) -> Sequence[str]:
        """By the secret of today first."""
        return [secret.content(fingerprint) for secret in self._secrets]

    def is_token(self, purpose: Purpose, newsletter: str, token: str) -> bool:
        found = _TOKEN.fullmatch(token)
        return found is not None and self._any(
            token, (secret.token(purpose, newsletter, found[1]) for secret in self._secrets)
        )

    def is_former_token(self, newsletter: str, token: str) -> bool:
        """Of a mail that had one token for all its links."""
        found = _FORMER_TOKEN.fullmatch(token)
        return found is not None and self._any(
            token, (secret.former_token(newsletter, found[1]) for secret in self._secrets)
        )

    def may_leave(self, newsletter: str, token: str) -> bool:
        return self.is_token(Purpose.LEAVE, newsletter, token) or self.is_former_token(newsletter, token)

    def confirms(self, newsletter: str, token: str) -> bool:
        owner, asked_at = owner_of(token), self.asked_at(token)
        return (
            owner is not None
            and asked_at is not None
            and self._any(token, (secret.confirmation(newsletter, owner, asked_at) for secret in self._secrets))
        )

    @staticmethod
    def asked_at(token: str) -> datetime | None:
        """When they asked for what this token confirms, whoever made it."""
        found = _CONFIRMATION.fullmatch(token)
        return None if found is None else _EPOCH + timedelta(microseconds=int(found[2], 16))

    def is_view(self, edition: Edition, variant: str, token: str) -> bool:
        return token.isascii() and self._any(token, (secret.view(edition, variant) for secret in self._secrets))

    def is_identity(self, edition: Edition, subscriber: str, begin: str) -> bool:
        """Whether these characters begin the name of this person's message."""
        whole = (secret.identities(edition)(subscriber) for secret in self._secrets)
        return begin.isascii() and self._any(begin, (one[: len(begin)] for one in whole))

    @staticmethod
    def _any(given: str, ours: Iterable[str]) -> bool:
        return sum(compare_digest(given, one) for one in ours) > 0  # all of them are tried, whichever it is


def identity_length(domain: str) -> int:
    """How many hex characters of an identity stand in a Message-ID of this domain."""
    return max(_IDENTITY_LEAST, min(_IDENTITY_MOST, _MESSAGE_ID_MOST - len(f"<@{domain}>")))


def owner_of(token: str) -> str | None:
    """The public id in a token, whoever made it; `None` for what has not the form of one."""
    found = _CONFIRMATION.fullmatch(token) or _TOKEN.fullmatch(token) or _FORMER_TOKEN.fullmatch(token)
    return found[1] if found else None


def _instant(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
