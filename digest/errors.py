"""What can go wrong, said so that a person can mend it.

Every error names the *thing* (a file and line, a setting, an edition), the *cause* and the *next step*, and carries
the exit code of the command that meets it (see `docs/reference/exit-codes.md`).
"""

from collections.abc import Iterable
from datetime import timedelta

from digest.commands import printed


class DigestError(Exception):
    """The root of all errors this program raises on purpose."""

    exit_code = 1

    def __init__(self, thing: str, cause: str, remedy: str = "") -> None:
        self.thing = thing
        self.cause = printed(cause)
        self.remedy = printed(remedy)
        super().__init__(thing, cause, remedy)

    def __str__(self) -> str:
        said = f"{self.thing}: {self.cause}" if self.thing else self.cause
        return f"{said}\n  → {self.remedy}" if self.remedy else said


class UsageError(DigestError):
    """The command line asks for something that does not exist or cannot be."""

    exit_code = 2


class PersonNeededError(DigestError):
    """A person has to decide before this can go on."""

    exit_code = 3


class CircuitBrokenError(PersonNeededError):
    """Too many messages in a row came to the same bad end, or were refused for what we are or send.

    `deliveries` are these: their recipients' mailboxes may be in the best of health. `doubtful`: each of them may have
    been taken, and has been reported so.
    """

    def __init__(
        self, server: str, cause: str, remedy: str, deliveries: tuple[str, ...], *, doubtful: bool = False
    ) -> None:
        super().__init__(server, cause, remedy)
        self.deliveries, self.doubtful = deliveries, doubtful


class PartlyFailedError(DigestError):
    """Some of the work failed; the rest is done and recorded."""

    exit_code = 4


class NothingUsableError(DigestError):
    """No input could be used at all."""

    exit_code = 65


class CannotWriteError(DigestError):
    """A file or folder cannot be written."""

    exit_code = 73


class BusyError(DigestError):
    """Somebody else is at work here, or a passing fault: try again later."""

    exit_code = 75


class SendingLimitError(BusyError):
    """We have sent as much as we may for now; `pause` from now on it is worth asking again. Where not one message was
    taken a person should look, too.
    """

    def __init__(self, server: str, cause: str, remedy: str, pause: timedelta, *, has_worked: bool = True) -> None:
        super().__init__(server, cause, remedy)
        self.pause = pause
        self.exit_code = BusyError.exit_code if has_worked else PersonNeededError.exit_code


class ConfigurationError(DigestError):
    """The settings or the subscriber file hold mistakes; all of them are named at once."""

    exit_code = 78


class IntegrityError(DigestError):
    """What is stored contradicts itself or its readable copy: nothing is sent on such ground."""

    exit_code = 1


class UnsafeError(IntegrityError):
    """One person's message would not be what is meant; those of others are not touched by it."""


PRECEDENCE = (1, 78, 73, 65, 75, 4, 3)  # several at once: the first of these


def worst(codes: Iterable[int]) -> int:
    """The exit code for several outcomes. One that has no place in the order counts after all others."""
    found = {code for code in codes if code}
    return next((code for code in PRECEDENCE if code in found), max(found, default=0))
