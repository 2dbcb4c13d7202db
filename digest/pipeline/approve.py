"""Approve: a person puts their name under the very bytes of a draft, which seals the edition."""

from collections.abc import Sequence
from datetime import datetime

from digest.errors import PersonNeededError, UsageError
from digest.model.edition import Acceptance, Edition, EditionState
from digest.model.finding import Finding
from digest.pipeline.build import readable_files
from digest.pipeline.check import refuse_errors
from digest.ports import Composer, EditionStore, ReadableCopy


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
) -> Edition:
    """Seal the draft as it stands now. `early` also seals one whose window is still open.

    `findings` are what the check says of it; errors among them must be `accepted`, which becomes part of the approval.
    Raise `PersonNeededError` for errors, when there is nothing to approve, or when the readable copy is not what is
    stored.
    """
    if not by.strip():
        raise UsageError("--by", "an approval needs a name", 'say who approves: --by "Marta"')
    if edition.state is not EditionState.DRAFT:
        raise PersonNeededError(
            edition.name, f"it is {edition.state} already; only a draft can be approved", "look at `digest status`"
        )
    if not edition.covers_to_end and not early:
        raise PersonNeededError(
            edition.name,
            f"it was drafted while its window was open (until {edition.period.last_day})",
            "build it again after that day, or close the window now with --early",
        )
    refuse_altered_copy(editions, composer, copy, edition)
    refuse_errors(findings, accepted)
    return editions.seal(edition, now, by.strip(), accepted)


def refuse_altered_copy(editions: EditionStore, composer: Composer, copy: ReadableCopy, edition: Edition) -> None:
    """People looked at the readable copy: it must be what is stored. A copy that is gone is no contradiction."""
    altered = copy.differences(edition, readable_files(composer, edition, editions.variants(edition)))
    if altered:
        raise PersonNeededError(
            f"editions/{edition.name}",
            f"these files are not what was built: {', '.join(altered[:5])}{' …' if len(altered) > 5 else ''}",  # noqa: PLR2004
            "delete that folder to go on with the stored edition; to change a mail, change its story and build again",
        )
