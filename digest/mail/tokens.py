"""What stands for one person in links and Message-IDs: keyed hashes that nobody else can make."""

from collections.abc import Callable
from hashlib import blake2b

from digest.errors import ConfigurationError
from digest.newsletters.edition import Edition

PROOF_LENGTH = 16
IDENTITY_LENGTH = 40
_SECRET_LEAST, _SECRET_MOST = 16, blake2b.MAX_KEY_SIZE


class Secret:
    """The workspace's secret. All results depend on it and on nothing that changes with time or place."""

    def __init__(self, secret: bytes) -> None:
        if not _SECRET_LEAST <= len(secret) <= _SECRET_MOST:
            raise ConfigurationError(
                "the workspace's secret",
                f"it has {len(secret)} bytes; it needs {_SECRET_LEAST} to {_SECRET_MOST}",
                "restore keys/ from a backup",
            )
        self._secret = secret

    def tokens(self, newsletter: str) -> Callable[[str], str]:
        """From a subscriber's public id to the token of their links: the id, then 16 hex characters that prove that we
        made it for this newsletter. It is the same in all editions, so old links go on working, and it can be checked
        without looking anything up.
        """
        prove = self._hash(b"leave", (newsletter,), PROOF_LENGTH)
        return lambda subscriber: subscriber + prove(subscriber)

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
