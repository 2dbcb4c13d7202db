"""How the subscriber file differs from the list: who is no longer in it, and who perhaps stands there under a new
address. Nothing of this is decided without a person: who is missing still gets mail, and a new address that may be that
of somebody we know gets none until somebody says so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import OSA

from digest.foundation.catalogue import _, plural
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import fold_to_ascii
from digest.people.subscriber import SubscriberState, Subscription
from digest.people.subscriber_file import SubscriberList
from digest.people.subscriber_list import ListedSubscriber, SubscriberListing

MOST_NAMED = 3  # of those who are missing
MOST_TYPING_ERRORS = 2  # between two addresses that may be one person's
_LEAST_TELLING = 5  # characters of a local part that says who somebody is
_STAYING = frozenset((SubscriberState.ACTIVE, SubscriberState.PAUSED))
_ROLES = frozenset(("contact", "contacto", "prensa", "press", "office", "oficina", "admin", "noticias", "secretaria"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """`known` is no longer in the file; `wanted` is new in it, in that line, and may be the same person."""

    known: ListedSubscriber
    wanted: Subscription
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """`missing` get mail and are in the file no more; `moved` wait until a person says who they are."""

    missing: tuple[ListedSubscriber, ...] = ()
    moved: tuple[Moved, ...] = ()

    @property
    def waiting(self) -> frozenset[tuple[str, str]]:
        """Newsletter and folded address of those in the file who are not taken over yet."""
        return frozenset((one.wanted.choice.newsletter, one.wanted.folded) for one in self.moved)

    def problems(self, path: Path) -> Iterator[Problem]:
        """One for each new address that waits, without an address since it may stand in a log; and those who are no
        longer there.
        """
        for one in self.moved:
            yield Problem(
                place=Place(path.name, one.line),
                severity=Severity.ERROR,
                cause=_("this address is new, and may be that of somebody who is no longer here: it gets nothing yet"),
                remedy=_("see both, and say whether it is one person: digest subscribers sync"),
            )
        for missing in self.missing[:MOST_NAMED]:
            named = missing.name or missing.address
            newsletter = missing.choice.newsletter if missing.choice else ""
            yield Problem(
                place=Place(path.name),
                severity=Severity.WARNING,
                cause=_("{name} is no longer here and still gets {newsletter}").format(
                    name=named, newsletter=newsletter
                ),
                remedy=_("digest subscribers remove {address}, or for all of them: digest subscribers sync").format(
                    address=missing.address
                ),
            )
        if len(self.missing) > MOST_NAMED:
            more = len(self.missing) - MOST_NAMED
            yield Problem(
                place=Place(path.name),
                severity=Severity.WARNING,
                cause=plural("and {count:,} more is no longer here", "and {count:,} more are no longer here", more),
                remedy=_("see them all: digest subscribers sync"),
            )


def difference(listed: SubscriberList, listing: SubscriberListing) -> FileDifference:
    """Where rows of the file have mistakes, nobody counts as missing: theirs may be among them."""
    absent = listing.absent_from(listed.lines.keys())
    if not absent:
        return FileDifference()
    moved = _moved(listed, absent, listing)
    gone = {id(one.known) for one in moved}
    is_whole = not any(problem.severity is Severity.ERROR for problem in listed.problems)
    missing = [one for one in absent if one.state in _STAYING and id(one) not in gone] if is_whole else []
    return FileDifference(missing=tuple(missing), moved=tuple(moved))


def _moved(listed: SubscriberList, absent: Sequence[ListedSubscriber], listing: SubscriberListing) -> list[Moved]:
    """Each new row with the one it is most like; nobody twice."""
    new = listing.unknown(listed.subscriptions)
    left, found = [*absent], []
    for wanted in new:
        alike = [one for one in left if _is_perhaps(one, wanted)]
        if alike:
            known = min(alike, key=lambda one: OSA.distance(one.folded, wanted.folded))
            left.remove(known)
            line = listed.lines[wanted.choice.newsletter, wanted.folded]
            found.append(Moved(known=known, wanted=wanted, line=line))
    return found


def _is_perhaps(known: ListedSubscriber, wanted: Subscription) -> bool:
    """Whether they may be one person: the same name, a typing error, or the same local part at another domain."""
    if known.choice is None or known.choice.newsletter != wanted.choice.newsletter:
        return False
    if known.name and wanted.name and fold_to_ascii(known.name) == fold_to_ascii(wanted.name):
        return True
    if re.findall(r"\d+", known.folded) != re.findall(r"\d+", wanted.folded):
        return False  # numbered mailboxes are different ones
    if OSA.distance(known.folded, wanted.folded, score_cutoff=MOST_TYPING_ERRORS) <= MOST_TYPING_ERRORS:
        return not (known.name and wanted.name)
    local = wanted.folded.rpartition("@")[0]
    return local == known.folded.rpartition("@")[0] and len(local) >= _LEAST_TELLING and local not in _ROLES
