"""Going out: what is said and asked before an edition leaves, and what is done when it does, for the command `send` and
for the desk.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digest.delivery import test_mails
from digest.delivery.addressees import prospects
from digest.delivery.delivery import DeliveryState
from digest.delivery.sending import Progress, Sent, rerouted, send
from digest.delivery.test_mails import TestMail
from digest.desk.forecast import way_out
from digest.desk.overviews import Overviews
from digest.desk.pages import write_browse_page
from digest.desk.phrases import delivery_columns, period_title
from digest.editions.changes import Changes, changes_since
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import Number, _, plural
from digest.mail.content import Variant
from digest.mail.fitting import shorten
from digest.mail.wording import edition_in_full, language_name
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance

SUBJECT_SHOWN = 40
_SEPARATORS = re.compile("[.,'’\u00a0\u202f ]")
_NUMBER = re.compile("[0-9]+|[0-9]{1,3}(?:(?:[.,'’\u00a0\u202f ])[0-9]{3})+")
TESTS_MOST = 12  # mails to one address, unless somebody wants them all
SENDABLE = frozenset({EditionState.SEALED, EditionState.SENDING})
TESTABLE = SENDABLE | {EditionState.DRAFT}


def sendable(newsletter: Newsletter) -> frozenset[EditionState]:
    """The states of editions from which something can leave."""
    return SENDABLE | ({EditionState.DRAFT} if newsletter.approval == "none" else set())


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What will happen, in words, and how many `readers` are to get it: the number that a person types."""

    said: str
    readers: int
    notes: tuple[str, ...] = ()

    def is_meant_by(self, typed: str) -> bool:
        """Whether this number was typed, in whatever way people write thousands: 3024, 3,024, 3 024, 3.024."""
        written = typed.strip()
        return bool(_NUMBER.fullmatch(written)) and _SEPARATORS.sub("", written) == str(self.readers)

    def refuse_other(self, typed: str) -> None:
        """Raise `UsageError` for a number that was not read here."""
        if not self.is_meant_by(typed):
            told = _("that is not {count:,}; nothing was sent").format(count=Number(self.readers))
            raise UsageError(typed, told, _("read what will happen, and type its number"))


def announced(instance: Instance, newsletter: Newsletter, edition: Edition, limit: int | None) -> Announcement:
    """`Send July 2018 “Guide for seasonal…” to 400 readers (180 English + 220 Spanish), through smtp.example.org?`"""
    people = _people(instance, newsletter, edition)
    shares = " + ".join(f"{Number(people[one]):,} {language_name(one)}" for one in newsletter.languages if people[one])
    total = sum(people.values())
    way, title = way_out(instance.settings.delivery, instance.folder), period_title(edition.period)
    notes = tuple(
        _("It began to leave another way: {changes}.").format(changes=change)
        for change in rerouted(instance.place, edition)
    )
    subject = _subject(instance, edition)
    if limit is None or limit >= total:
        said = plural(
            "Send {period} {subject} to {count:,} reader ({shares}), {way}?",
            "Send {period} {subject} to {count:,} readers ({shares}), {way}?",
            total,
            period=title,
            subject=subject,
            shares=shares or _("nobody"),
            way=way,
        )
        return Announcement(said=said, readers=total, notes=notes)
    said = plural(
        "Send {period} {subject} to a first slice of {limit:,} of {count:,} reader ({shares}), {way}?",
        "Send {period} {subject} to a first slice of {limit:,} of {count:,} readers ({shares}), {way}?",
        total,
        period=title,
        subject=subject,
        limit=Number(limit),
        shares=shares,
        way=way,
    )
    return Announcement(said=said, readers=limit, notes=notes)


def _subject(instance: Instance, edition: Edition) -> str:
    """That of the first mail, and how many others there are."""
    subjects = list(dict.fromkeys(one.rendered.subject for one in Overviews(instance.database).outlines(edition)))
    if not subjects:
        return ""
    said = f"“{shorten(subjects[0], SUBJECT_SHOWN)}”"
    if len(subjects) == 1:
        return said
    return plural(
        "{subject} (and {count:,} other subject)",
        "{subject} (and {count:,} other subjects)",
        len(subjects) - 1,
        subject=said,
    )


def _people(instance: Instance, newsletter: Newsletter, edition: Edition) -> Counter[str]:
    """Language → readers: those who are still to be sent it once sending has begun, until then those subscribed."""
    people = Counter[str]()
    if edition.sending_at is None and edition.supplements:
        languages = {one.name: one.language for one in instance.editions.variants(edition)}
        for name, count in prospects(instance.database, edition).items():
            people[languages[name]] += count
        return people
    if edition.sending_at is None:
        for choice, count in instance.subscribers.subscribed(newsletter.name):
            people[choice.language] += count
        return people
    for variant, tally in instance.ledger.by_variant(edition).items():
        if variant is not None:
            waiting = tally[DeliveryState.PENDING] + tally[DeliveryState.INTENT]
            people[variant.rpartition(".")[2]] += waiting
    return people


def let_changes_pass(
    instance: Instance, newsletter: Newsletter, edition: Edition, by: str, seen: str | None = None
) -> Changes:
    """It may be sent as it was approved, although exactly these texts have changed since; they are returned. `seen` is
    the fingerprint of the changes that somebody was shown: raise `PersonNeededError` when there are others by now.
    """
    if not by.strip():
        raise UsageError("--by", _("an answer needs a name"), _("say who decides so"))
    changes = changes_since(instance.bench, newsletter, edition)
    if seen is not None and changes.fingerprint != seen:
        said = _("other texts have changed by now than those that were shown")
        raise PersonNeededError(edition.name, said, _("look at it again"))
    if changes.texts:
        instance.editions.send_as_approved(edition, changes.fingerprint, by.strip(), instance.clock.now())
    return changes


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneOut:
    """`given_up` addresses were refused too often, and get no more mail."""

    sent: Sent
    given_up: int


def send_now(
    instance: Instance,
    newsletter: Newsletter,
    edition: Edition,
    *,
    stop: Callable[[], bool],
    limit: int | None = None,
    progress: Progress | None = None,
) -> GoneOut:
    """Send it, count what was refused at once, and write the list of editions anew. It blocks until all is over."""
    sent = send(instance.place, instance.bench, newsletter, edition, stop=stop, limit=limit, progress=progress)
    given_up = 0
    if sent.tally[DeliveryState.FAILED]:
        from digest.inbound.processing import count_refusals  # 80 ms: only where somebody was refused

        given_up = count_refusals(instance.inbox, sent.edition)
    write_browse_page(instance)
    return GoneOut(sent=sent, given_up=given_up)


def sent_said(sent: Sent) -> str:
    """`July 2018 – monthly/2018-07: finished; 400 readers: 400 sent`."""
    words = delivery_columns()
    states = ", ".join(f"{count} {words[state]}" for state, count in sorted(sent.tally.states.items()))
    return plural(
        "{edition}: {state}; {count:,} reader: {states}",
        "{edition}: {state}; {count:,} readers: {states}",
        sent.tally.frozen,
        edition=edition_in_full(sent.edition),
        state=sent.edition.state.said,
        states=states or _("none"),
    )


# -- Test mails.


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Which test mails are to go. `name` is that of the reader whose mail it is, if one was named."""

    edition: Edition
    mails: tuple[TestMail, ...]
    name: str | None


def trial(  # noqa: PLR0913 – which mails, and to whom
    instance: Instance,
    newsletter: Newsletter,
    edition: Edition,
    addresses: Sequence[str],
    *,
    audience: str | None = None,
    language: str | None = None,
    reader: str | None = None,
    everything: bool = False,
) -> Trial:
    """Of each mail that fits one for each of the addresses. `everything`: also when there are many."""
    variants, name = test_mails.variants_for(
        instance.database, instance.copy, newsletter, edition, audience=audience, language=language, subscriber=reader
    )
    _refuse_many(edition, variants, everything=everything)
    mails = test_mails.planned(instance.database, edition, variants, addresses, instance.clock.now())
    return Trial(edition=edition, mails=tuple(mails), name=name)


def _refuse_many(edition: Edition, variants: Sequence[Variant], *, everything: bool) -> None:
    if len(variants) > TESTS_MOST and not everything:
        raise UsageError(
            edition.name,
            _("it has {count} different mails, and all would go to each address").format(count=len(variants)),
            _("choose with --audience, --language or --as, or say --yes"),
        )


def send_trial(instance: Instance, newsletter: Newsletter, wanted: Trial) -> Iterator[TestMail]:
    """Each is yielded when it has gone; those that went a moment ago do not go again."""
    yield from test_mails.deliver(
        instance.place, instance.composer, newsletter, wanted.edition, wanted.mails, name=wanted.name
    )


def is_tested(instance: Instance, edition: Edition) -> bool:
    """Whether somebody was sent a mail of it as it is."""
    known = test_mails.TestMails(instance.database).sent(edition)
    mails = {one.name: one.fingerprint for one in Overviews(instance.database).outlines(edition)}
    return any(mails.get(name) == fingerprint for (name, _address), (fingerprint, _at) in known.items())


def trial_said(instance: Instance, edition: Edition, gone: int) -> str:
    return plural(
        "{count:,} test mail of {edition} left {way}; no reader got anything.",
        "{count:,} test mails of {edition} left {way}; no reader got anything.",
        gone,
        edition=edition_in_full(edition),
        way=way_out(instance.settings.delivery, instance.folder),
    )
