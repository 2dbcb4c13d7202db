"""Severity: what came back about a delivery, by what a server said (`answers`)."""

from digest.model.returns import ReturnKind
from digest.policy.answers import Meaning, meaning_of, repeated, statuses_in

_ARRIVED = ("delivered", "relayed", "expanded")


def severity(action: str, status: str | None, said: str) -> ReturnKind:
    """`action` is the field of RFC 3464 (`failed`, `delayed` …) in lower case; what is no such word is as good as
    `failed`. `said` is what the server answered, or any text about it.
    """
    if action.startswith("delay"):
        return ReturnKind.DELAYED
    answer = repeated(said, status)
    if action.startswith(_ARRIVED) or any(first[0] == 2 for first in answer.statuses[:1]):  # noqa: PLR2004 – success
        return ReturnKind.DELIVERED
    meaning = meaning_of(answer)
    if meaning is Meaning.GONE:
        return ReturnKind.HARD
    return ReturnKind.BLOCKED if meaning.is_about_us else ReturnKind.SOFT


def status_in(text: str) -> str | None:
    """The first status code in a text; more telling ones before 5.0.0."""
    found = ["{}.{}.{}".format(*code) for code in statuses_in(text) if code[0] != 2]  # noqa: PLR2004 – success
    return next((one for one in found if not one.endswith(".0.0")), found[0] if found else None)
