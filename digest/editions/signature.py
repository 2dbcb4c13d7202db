"""Proof that a person looked at the draft which they approve: its code, or a look of their own at nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.editions.codes import ANOTHER_PART, MISTYPED, Codes
from digest.editions.draft_outline import Outline, changes
from digest.errors import PersonNeededError
from digest.foundation.catalogue import Phrase, _
from digest.foundation.login import Login
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When somebody saw a draft with their own eyes, and what it was. `how`: preview, check or review."""

    login: Login
    at: datetime
    how: str
    outline: Outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Whose name stands under an edition. `login` and `code` say as whom they ran the program and which draft they had
    looked at; reviewers who answered for parts, at other times and places, have none in common.
    """

    name: str
    login: Login | None = None
    code: str | None = None


def signature_of(  # noqa: PLR0913 – who answers for what, and what they saw of it
    edition: Edition,
    now: Outline | None,
    by: str,
    login: Login,
    *,
    codes: Codes,
    code: str | None,
    looks: Sequence[Look],
    parts: Mapping[str, str],
) -> Signature:
    """Raise `PersonNeededError` when the draft as it is `now` is not what was looked at, and say what has changed.

    `looks` are the last ones of all users, the latest first; `parts` maps titles of parts to their fingerprints.
    """
    if now is None:
        raise PersonNeededError(
            edition.name,
            _("it was drafted by an older version"),
            _("build it again and look at it: {command}").format(command=_look_at(edition)),
        )
    if code is None:
        _refuse_unseen(edition, now, login, looks)
    elif not codes.fits(code, now.fingerprint):
        raise PersonNeededError(
            f"{edition.name}, --code {code}",
            _why_wrong(now, codes, code, looks, parts),
            _("look at it as it is now: {command}").format(command=_look_at(edition)),
        )
    return Signature(name=by.strip(), login=login, code=codes.of(now.fingerprint))


def refuse_stranger(newsletter: Newsletter, edition: Edition, by: str) -> None:
    """Raise `PersonNeededError` for a name that may not approve this newsletter."""
    known = newsletter.approvers
    if known and by.strip().casefold() not in {name.casefold() for name in known}:
        raise PersonNeededError(
            f"{edition.name}, --by {by.strip()}",
            _("this newsletter is approved by {names}").format(names=" or ".join(known)),
            _("ask one of them, or change 'approvers:' in digest.yaml"),
        )


def _refuse_unseen(edition: Edition, now: Outline, login: Login, looks: Iterable[Look]) -> None:
    last = next((look for look in looks if look.login == login), None)
    if last is None:
        raise PersonNeededError(
            edition.name,
            _("{login} has not looked at it").format(login=login),
            _("look at it: {command}; or name the draft that was looked at with --code").format(
                command=_look_at(edition)
            ),
        )
    if last.outline.fingerprint != now.fingerprint:
        when = f"{last.how}, {last.at:%Y-%m-%d %H:%M} UTC"
        raise PersonNeededError(
            edition.name,
            _("it changed after {login} looked at it ({when}): {changes}").format(
                login=login, when=when, changes=_listed(last.outline, now)
            ),
            _("look at it again: {command}").format(command=_look_at(edition)),
        )


def _why_wrong(now: Outline, codes: Codes, code: str, looks: Iterable[Look], parts: Mapping[str, str]) -> str:
    for look in looks:
        if codes.fits(code, look.outline.fingerprint):
            return _("the draft has changed since that code was given out: {changes}").format(
                changes=_listed(look.outline, now)
            )
    said = codes.why_wrong(code, now.fingerprint, parts, [look.outline.fingerprint for look in looks])
    if isinstance(said, Phrase) and said.message == ANOTHER_PART:
        return _("that is the code of a part, {part}, not of the whole; with it goes --part").format(
            part=said.values["title"]
        )
    return (
        _("it is mistyped, or it comes from an older draft, which has changed since") if said == MISTYPED else _(said)
    )


def _listed(before: Outline, now: Outline) -> str:
    return "; ".join(changes(before, now))


def _look_at(edition: Edition) -> str:
    return f"digest preview {edition.name}"
