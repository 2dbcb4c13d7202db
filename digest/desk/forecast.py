"""The forecast of a sending: what `digest send` would do, found out in a sandbox: nothing is written, nobody asked."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from digest.delivery.delivery import DeliveryState, Tally
from digest.delivery.ledger import NotMailed
from digest.delivery.sending import send
from digest.delivery.settings import DeliverySettings, TransportKind
from digest.desk.left_out import why_nothing
from digest.foundation.catalogue import _
from digest.foundation.problems import Problem
from digest.mail.wording import language_name, mail_title
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.settings.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastMail:
    """One variant and its `size` in bytes, as an invented reader would get it."""

    title: str
    language: str
    people: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """`before` is how the ledger stands, if the sending has begun. `later` were deferred by the server, `unserved` get
    nothing of it, `not_mailed` have no row in the ledger. `at_once` are those who leave in this sending; `lasts` is how
    long that takes where a rate is set; `daily` is the most in 24 hours. `notes`: what the settings say otherwise now.
    """

    edition: Edition
    mails: tuple[ForecastMail, ...]
    later: int
    unserved: int
    why_unserved: str
    not_mailed: NotMailed
    before: Tally | None
    at_once: int
    rate: float | None
    daily: int | None
    lasts: timedelta | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()

    @property
    def people(self) -> int:
        return sum(mail.people for mail in self.mails)

    @property
    def bytes(self) -> int:
        return sum(mail.people * mail.size for mail in self.mails)


def forecast(sandbox: Sandbox, newsletter: Newsletter, edition: Edition, limit: int | None) -> Forecast:
    """Raise what sending would raise before its first message."""
    problems = sandbox.import_subscribers()[1]
    is_over = edition.state is EditionState.FINISHED
    before = sandbox.ledger.tally(edition) if edition.sending_at else None
    notes: tuple[str, ...] = ()
    if not is_over:
        begun = send(sandbox.place, sandbox.bench, newsletter, edition, stop=lambda: True)
        edition, notes = begun.edition, begun.notes
    return replace(_seen(sandbox, newsletter, edition, limit, before, problems), notes=notes)


def _seen(
    sandbox: Sandbox,
    newsletter: Newsletter,
    edition: Edition,
    limit: int | None,
    before: Tally | None,
    problems: tuple[Problem, ...],
) -> Forecast:
    waiting = sandbox.ledger.waiting(edition, sandbox.clock.now())
    going = {one.variant: one.people for one in waiting if one.wanted and one.due}
    mails = tuple(
        ForecastMail(
            title=mail_title(newsletter, variant),
            language=language_name(variant.language),
            people=going[variant.name],
            size=len(sandbox.composer.sample(edition, variant.rendered.message).message),
        )
        for variant in sandbox.editions.variants(edition)
        if variant.name in going
    )
    people = sum(going.values())
    at_once = people if limit is None else min(limit, people)
    rate = sandbox.settings.delivery.sending.rates.overall
    return Forecast(
        edition=edition,
        mails=mails,
        later=sum(one.people for one in waiting if one.wanted and not one.due),
        unserved=sandbox.ledger.tally(edition)[DeliveryState.NO_VARIANT],
        why_unserved=why_nothing(sandbox.database, edition, sandbox.editions.record(edition)),
        not_mailed=sandbox.ledger.not_mailed(newsletter.name),
        before=before,
        at_once=at_once,
        rate=rate,
        daily=sandbox.settings.delivery.sending.daily,
        lasts=timedelta(seconds=at_once / rate) if rate else None,
        problems=problems,
    )


def way_out(delivery: DeliverySettings, folder: Path) -> str:
    """`through smtp.example.org`, as it ends a sentence."""
    path = delivery.path.relative_to(folder) if delivery.path.is_relative_to(folder) else delivery.path
    match delivery.transport:
        case TransportKind.SMTP:
            return _("through {host}").format(host=delivery.smtp.host) if delivery.smtp else _("by SMTP")
        case TransportKind.FILES:
            return _("as files into {folder}").format(folder=path)
        case TransportKind.MAILDIR:
            return _("into the mailbox folder {folder}").format(folder=path)
        case TransportKind.SENDMAIL:
            program = delivery.command[0] if delivery.command else "sendmail"
            return _("through the program {program}").format(program=program)
