"""Approving: people put their names under the very bytes of a draft, or of a part of it, and so it is sealed.

What they refused, or left unanswered, is left out of what is sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType

from digest.editions.building import Losing, redraft_without, taken_elsewhere
from digest.editions.checking import check, refuse_errors
from digest.editions.comparison import approved_mails, refuse_altered_copy
from digest.editions.course import happened, way_on
from digest.editions.draft_outline import Outline
from digest.editions.guard import CODE, AudienceSizes, last_edition, readers_of
from digest.editions.open_parts import withheld
from digest.editions.readable_copy import readable_files
from digest.editions.remainder import remainder
from digest.editions.review_store import Reviews
from digest.editions.reviews import (
    Part,
    PartAnswer,
    PartReview,
    PartStatus,
    Remainder,
    Seal,
    Settlement,
    Skip,
    Wait,
    approvers,
    asked_at,
    part_review,
    parts_of,
    refusals,
    settle,
)
from digest.editions.signature import Look, Signature, refuse_stranger, signature_of
from digest.editions.store import Editions
from digest.editions.thin import said_of
from digest.editions.workbench import Workbench
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, later, plural
from digest.foundation.database import Database
from digest.foundation.login import own_login
from digest.foundation.words import listed
from digest.newsletters.edition import Acceptance, Edition, EditionState
from digest.newsletters.newsletter import Approval, Newsletter, ThinEdition
from digest.people.store import Subscribers

THIN_REMEDY = later("wait for more, or change minimum_stories in digest.yaml; a special edition goes with any number")


def approve_part(bench: Workbench, newsletter: Newsletter, edition: Edition, name: str, by: str, code: str) -> Part:
    """Keep the approval of the part as it is now. Raise `PersonNeededError` for a code that is not its own, and for
    errors in its mails.
    """
    refuse_unapprovable(edition, by)
    approved_mails(bench.editions, bench.copy, edition)
    looked = look(bench.database, newsletter, edition)
    part = part_named(newsletter, edition, looked, name)
    _refuse_wrong_code(bench, newsletter, edition, looked, part, code)
    refuse_altered_copy(bench, edition)
    refuse_errors(check(bench, newsletter, edition, part.variants), ())
    _save(bench, edition, part, by, because=None)
    return part


def refuse_part(bench: Workbench, newsletter: Newsletter, edition: Edition, name: str, by: str, because: str) -> Part:
    """Keep the refusal of the part as it is now: the edition goes without it."""
    refuse_unapprovable(edition, by)
    if not because.strip():
        raise UsageError("--because", _("a refusal needs a reason"), _('say what is wrong: --because "…"'))
    part = part_named(newsletter, edition, look(bench.database, newsletter, edition), name)
    _save(bench, edition, part, by, because=because.strip())
    return part


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The sealed edition, and the drafts that were made again because it has taken stories of theirs."""

    edition: Edition
    redrafted: tuple[Losing, ...]


def approve(  # noqa: PLR0913 – what a person says when they approve
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    by: str,
    *,
    code: str | None,
    early: bool = False,
    codes: Sequence[str] = (),
    because: str = "",
) -> Approved:
    """What a person does when they approve an edition: as `approve_whole`, with the findings of these `codes` accepted
    and, where there is a reason, the guard's alarms too; then whatever held its stories is drafted again.
    """
    because = because.strip()
    if codes and not because:
        raise UsageError(", ".join(codes), _("an accepted finding needs a reason"), _('say it: --because "…"'))
    alarmed = (CODE,) if because and audience_sizes(bench.database, newsletter, edition).alarms else ()
    accepted = [Acceptance(code=one, because=because) for one in dict.fromkeys((*codes, *alarmed))]
    sealed = approve_whole(bench, newsletter, edition, by, code=code, early=early, accepted=accepted)
    return Approved(edition=sealed, redrafted=tuple(redraft_without(bench, newsletter, sealed)))


def approve_whole(
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    by: str,
    *,
    code: str | None,
    early: bool,
    accepted: Sequence[Acceptance] = (),
) -> Edition:
    """Seal the draft without the parts that were refused. `early` also seals one whose window is still open. `code` is
    that of the draft that was looked at; `None`: the system user has looked at it as it is.

    Raise `PersonNeededError` when it is not what was looked at, and for a name that may not approve the newsletter.
    Errors that the check finds must be `accepted`, which becomes part of the approval, and so must the guard's alarms,
    under its code. Raise `PersonNeededError` for others, when there is nothing to approve, or when the readable copy is
    not what is stored.
    """
    refuse_thin(bench.editions, newsletter, edition)
    refuse_unapprovable(edition, by)
    approved_mails(bench.editions, bench.copy, edition)
    refuse_stranger(newsletter, edition, by)
    looked = look(bench.database, newsletter, edition)
    titles = {part.audience.title(newsletter.languages[0]): part.fingerprint for part in looked.parts}
    outline, looks = bench.editions.outline(edition), bench.looks.of(edition)
    signature = signature_of(
        edition, outline, by, own_login(), codes=bench.editions.codes(), code=code, looks=looks, parts=titles
    )
    refuse_taken(bench.editions, edition)
    rest = remainder_of(bench, newsletter, edition, looked, refusals(looked.reviews))
    findings = check(bench, newsletter, edition, rest.variants if rest else None)
    if not early:
        refuse_open_window(edition)
    refuse_errors(findings, accepted)
    sizes = audience_sizes(bench.database, newsletter, edition)
    refuse_alarms(edition, sizes, accepted)
    refuse_altered_copy(bench, edition)
    return _seal(bench, edition, looked, rest, signature, accepted, sizes.now)


def seal_unapproved(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Edition:
    """Seal a draft whose newsletter asks for no approval, or whose only part was approved. Raise `PersonNeededError`
    when every part was refused, and as `seal_settled` does.
    """
    approved_mails(bench.editions, bench.copy, edition)
    refuse_thin(bench.editions, newsletter, edition)
    match settlement_of(newsletter, edition, look(bench.database, newsletter, edition)):
        case Seal() as settlement:
            return seal_settled(bench, newsletter, edition, settlement)
        case Wait(said=said) if edition.supplements:
            remedy = _("look at it: digest preview {edition}; then digest approve {edition} --by NAME").format(
                edition=edition.name
            )
            raise PersonNeededError(edition.name, _(said), remedy)
        case Skip(because=said) | Wait(said=said):
            raise PersonNeededError(edition.name, _(said), _("mend what was refused, and build it again"))


def seal_settled(bench: Workbench, newsletter: Newsletter, edition: Edition, settlement: Seal) -> Edition:
    """Seal the draft as its parts' answers settle it.

    Raise `PersonNeededError` for errors in the mails, for the guard's alarms, for an altered copy, and when anything
    changed in between.
    """
    approved_mails(bench.editions, bench.copy, edition)
    looked = look(bench.database, newsletter, edition)
    if settlement_of(newsletter, edition, looked) != settlement:
        raise PersonNeededError(edition.name, _("an answer came in between"), _("look at `digest review` again"))
    refuse_taken(bench.editions, edition)
    refuse_altered_copy(bench, edition)
    sizes = audience_sizes(bench.database, newsletter, edition)
    refuse_alarms(edition, sizes, ())
    rest = remainder_of(bench, newsletter, edition, looked, settlement.without)
    refuse_errors(check(bench, newsletter, edition, rest.variants if rest else None), ())
    signature = Signature(name=settlement.by) if settlement.by else None
    return _seal(bench, edition, looked, rest, signature, (), sizes.now)


# -- What an answer is given to.


def note_look(bench: Workbench, edition: Edition, how: str, outline: Outline | None = None) -> None:
    """A person saw the draft with their own eyes, as it is or as its `outline` was: they need no code to approve it."""
    outline = outline or bench.editions.outline(edition)
    if edition.state is EditionState.DRAFT and outline is not None:
        bench.looks.note(edition, Look(login=own_login(), at=bench.clock.now(), how=how, outline=outline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An edition's parts as they are, and all answers, also those for parts that are gone."""

    parts: tuple[Part, ...]
    reviews: Mapping[str, PartReview]
    answers: Mapping[str, PartAnswer]


def look(database: Database, newsletter: Newsletter, edition: Edition) -> Looked:
    editions, reviews = Editions(database), Reviews(database)
    answers, asked = reviews.answers(edition), asked_at(reviews.mailed(edition))
    parts = parts_of(newsletter, edition, editions.variants(edition), editions.choices_of(edition))
    stand = {part.name: part_review(part, answers.get(part.name), asked.get(part.name)) for part in parts}
    return Looked(parts=parts, reviews=stand, answers=answers)


def settlement_of(
    newsletter: Newsletter, edition: Edition, looked: Looked, unheard: Mapping[str, datetime] = MappingProxyType({})
) -> Settlement:
    """What the answers make of the draft when it is to go out. Silence lets no instalment go: it waits for an answer
    whether or not its newsletter asks for any.
    """
    if not edition.supplements:
        return settle(newsletter, looked.reviews, unheard)
    unapproved = newsletter.approval is Approval.REQUIRED
    if edition.instalment:
        unapproved = any(one.status is not PartStatus.APPROVED for one in looked.reviews.values())
    if unapproved:
        return Wait(parts=(), said=later("nobody has approved it"))
    return Seal(without={}, by=approvers(newsletter, looked.reviews))


def part_named(newsletter: Newsletter, edition: Edition, looked: Looked, name: str) -> Part:
    """Raise `UsageError` for a name that is no part of this edition."""
    for part in looked.parts:
        if part.name == name:
            return part
    known = [part.name for part in looked.parts]
    if name in looked.answers:
        cause, remedy = _("nothing in this edition concerns it any more"), _("its readers get nothing")
    elif any(audience.name == name for audience in newsletter.audiences):
        cause, remedy = _("nothing in this edition concerns this audience"), _("its readers get nothing")
    else:
        near = get_close_matches(name, known, 1)
        cause = _("the edition has no such part")
        if near:
            cause = _("the edition has no such part, did you mean {name}?").format(name=near[0])
        remedy = _("look at `digest status`")
        if known:
            remedy = _("name one of: {names}").format(names=", ".join(known))
    raise UsageError(f"{edition.name}, {name}", cause, remedy)


def audience_sizes(database: Database, newsletter: Newsletter, edition: Edition) -> AudienceSizes:
    """For the guard. What supplements an edition is for readers that the ledger knows: nothing is compared."""
    last = None if edition.supplements else last_edition(Editions(database).editions(newsletter.name), edition)
    now = readers_of(newsletter.audience_names, Subscribers(database).subscribed(newsletter.name))
    return AudienceSizes(now=now, before=last.readers if last and last.readers else None)


# -- What keeps a draft from being approved.


def refuse_unapprovable(edition: Edition, by: str) -> None:
    """Raise `UsageError` without a name, `PersonNeededError` for what is no draft."""
    if not by.strip():
        raise UsageError("--by", _("an answer needs a name"), _('say who answers: --by "Marta"'))
    if edition.state is not EditionState.DRAFT:
        raise PersonNeededError(edition.name, happened(edition), way_on(edition))


def refuse_open_window(edition: Edition) -> None:
    """Raise `PersonNeededError` for a draft to which stories still come."""
    if not edition.covers_to_end:
        raise PersonNeededError(
            edition.name,
            _("it was drafted while its window was open (until {day})").format(day=edition.period.last_day),
            _("build it again after that day, or close the window now with --early"),
        )


def refuse_thin(editions: Editions, newsletter: Newsletter, edition: Edition) -> None:
    """Raise `PersonNeededError` for an edition whose stories all wait because they are too few, or would if its window
    closed now.
    """
    said = said_of(newsletter, edition, editions.verdicts(edition))
    if said and newsletter.thin.edition is ThinEdition.DEFER:
        raise PersonNeededError(edition.name, said, THIN_REMEDY)


def refuse_taken(editions: Editions, edition: Edition) -> None:
    """Raise `PersonNeededError` for a draft with stories that another edition has taken."""
    taken = taken_elsewhere(editions, edition)
    if taken:
        others = listed(sorted(set(taken.values())), _("and"))
        said = plural(
            "{count:,} story of it is in {others} by now",
            "{count:,} stories of it are in {others} by now",
            len(taken),
            others=others,
        )
        raise PersonNeededError(
            edition.name,
            said,
            _("build it again and look at it: digest preview {edition}").format(edition=edition.name),
        )


def refuse_alarms(edition: Edition, sizes: AudienceSizes, accepted: Sequence[Acceptance]) -> None:
    """Raise `PersonNeededError` when readers are not those that one would expect, unless a person said why."""
    alarms = sizes.alarms
    if alarms and not any(one.code == CODE for one in accepted):
        listed = "\n".join(f"  {alarm}" for alarm in alarms)
        raise PersonNeededError(
            edition.name,
            _("its readers are not those one would expect after the last edition\n{listed}").format(listed=listed),
            _(
                "look at the subscriber file and the audiences; if this is right, say why: digest approve {edition} "
                '--by NAME --because "…"'
            ).format(edition=edition.name),
        )


def _refuse_wrong_code(
    bench: Workbench, newsletter: Newsletter, edition: Edition, looked: Looked, part: Part, code: str
) -> None:
    codes = bench.editions.codes()
    if codes.fits(code, part.fingerprint):
        return
    others = {
        other.audience.title(newsletter.languages[0]): other.fingerprint
        for other in looked.parts
        if other.name != part.name
    }
    earlier = [mail.fingerprint for mail in bench.reviews.mailed(edition) if mail.part == part.name]
    if (answer := looked.answers.get(part.name)) is not None:
        earlier.append(answer.fingerprint)
    raise PersonNeededError(
        f"{edition.name}, {part.name}, --code {code}",
        _(codes.why_wrong(code, part.fingerprint, others, earlier)),
        _("look at the part as it is now, and at its code: digest review {edition} --part {part}").format(
            edition=edition.name, part=part.name
        ),
    )


def remainder_of(
    bench: Workbench, newsletter: Newsletter, edition: Edition, looked: Looked, without: Mapping[str, str]
) -> Remainder | None:
    """What goes when some parts are left out; `None`: none is, and the draft goes as it is. Raise `PersonNeededError`
    when nothing would be left.
    """
    return remainder(bench, newsletter, edition, looked.parts, without) if without else None


def _seal(
    bench: Workbench,
    edition: Edition,
    looked: Looked,
    rest: Remainder | None,
    signature: Signature | None,
    accepted: Sequence[Acceptance],
    readers: Mapping[str, int],
) -> Edition:
    """All or nothing: the draft is looked at again, cut down to the rest and sealed in one transaction."""
    now = bench.clock.now()
    verdicts, without = (rest.verdicts, rest.without) if rest else (bench.editions.verdicts(edition), edition.left_out)
    edition = replace(edition, withheld=withheld(edition, bench.editions.record(edition), verdicts, without))
    if rest is None:
        return bench.editions.seal(edition, now, signature, accepted, readers, looked.answers)
    files = readable_files(bench.composer, edition, rest.variants)
    with bench.copy.replaced(edition, {"fingerprint": rest.fingerprint, **rest.description}, files):
        return bench.editions.seal(edition, now, signature, accepted, readers, looked.answers, rest)


def _save(bench: Workbench, edition: Edition, part: Part, by: str, because: str | None) -> None:
    """A reason is given for a refusal alone."""
    bench.reviews.save_answer(
        edition,
        PartAnswer(
            part=part.name,
            fingerprint=part.fingerprint,
            approved=because is None,
            by=by.strip(),
            at=bench.clock.now(),
            because=because,
            answered_as=str(own_login()),
        ),
    )
