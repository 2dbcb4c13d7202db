"""Approve: a person puts their name under the very bytes of a draft, which seals the edition."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from digest.errors import PersonNeededError, UsageError
from digest.model.edition import Acceptance, Edition, EditionState
from digest.model.finding import Finding
from digest.model.review import Answer
from digest.pipeline.build import readable_files
from digest.pipeline.check import refuse_errors
from digest.policy.guard import CODE, Readers
from digest.ports import Composer, EditionStore, ReadableCopy

NOBODY_COUNTED = Readers(now={})


def approve(  # noqa: PLR0913 – what is approved, by whom, when, and in spite of what
    editions: EditionStore,
    composer: Composer,
    copy: ReadableCopy,
    edition: Edition,
    by: str,
    now: datetime,
    *,
    early: bool,
    findings: Sequence[Finding] = (),
    accepted: Sequence[Acceptance] = (),
    readers: Readers = NOBODY_COUNTED,
    answered: Mapping[str, Answer] | None = None,
) -> Edition:
    """Seal the draft as it stands now. `early` also seals one whose window is still open.

    `findings` are what the check says of it; errors among them must be `accepted`, which becomes part of the approval,
    and so must the guard's alarms about `readers`, under its code. `answered` are the parts' answers that were looked
    at, if any.

    Raise `PersonNeededError` for errors and alarms, when there is nothing to approve, or when the readable copy is not
    what is stored.
    """
    refuse_unapprovable(edition, by)
    if not edition.covers_to_end and not early:
        raise PersonNeededError(
            edition.name,
            f"it was drafted while its window was open (until {edition.period.last_day})",
            "build it again after that day, or close the window now with --early",
        )
    refuse_altered_copy(editions, composer, copy, edition)
    refuse_errors(findings, accepted)
    refuse_alarms(edition, readers, accepted)
    return editions.seal(edition, now, by.strip(), accepted, readers.now, answered)


def refuse_unapprovable(edition: Edition, by: str) -> None:
    """Raise `UsageError` without a name, `PersonNeededError` for what is no draft."""
    if not by.strip():
        raise UsageError("--by", "an answer needs a name", 'say who answers: --by "Marta"')
    if edition.state is not EditionState.DRAFT:
        raise PersonNeededError(
            edition.name, f"it is {edition.state} already; only a draft can be approved", "look at `digest status`"
        )


def refuse_altered_copy(editions: EditionStore, composer: Composer, copy: ReadableCopy, edition: Edition) -> None:
    """People looked at the readable copy: it must be what is stored. A copy that is gone is no contradiction."""
    altered = copy.differences(edition, readable_files(composer, edition, editions.variants(edition)))
    if altered:
        raise PersonNeededError(
            f"editions/{edition.name}",
            f"these files are not what was built: {', '.join(altered[:5])}{' …' if len(altered) > 5 else ''}",  # noqa: PLR2004
            "delete that folder to go on with the stored edition; to change a mail, change its story and build again",
        )


def refuse_alarms(edition: Edition, readers: Readers, accepted: Sequence[Acceptance]) -> None:
    """Raise `PersonNeededError` when readers are not those that one would expect, unless a person said why."""
    alarms = readers.alarms
    if alarms and not any(one.code == CODE for one in accepted):
        listed = "\n".join(f"  {alarm}" for alarm in alarms)
        raise PersonNeededError(
            edition.name,
            f"its readers are not those one would expect after the last edition\n{listed}",
            "look at the subscriber file and the audiences; if this is right, say why: "
            f'digest approve {edition.name} --by NAME --because "…"',
        )
