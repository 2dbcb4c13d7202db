"""Outlook: what `digest send` would do, found out in a shadow: nothing is written, no connection is opened."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.delivery.delivery import DeliveryState, Tally
from digest.delivery.sending import send
from digest.delivery.settings import DeliverySettings, TransportKind
from digest.foundation.problems import Problem
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.settings.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookMail:
    """One variant and its `size` in bytes, as an invented reader would get it."""

    title: str
    language: str
    people: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """`before` is how the ledger stands, if the sending has begun. `later` were put off by the server, `unserved` get
    nothing of it, `left` and `suppressed` want no mail. `at_once` are those who leave in this sending; `lasts` is how
    long that takes where a rate is set; `daily` is the most in 24 hours.
    """

    edition: Edition
    mails: tuple[OutlookMail, ...]
    later: int
    unserved: int
    left: int
    suppressed: int
    before: Tally | None
    at_once: int
    rate: float | None
    daily: int | None
    lasts: timedelta | None
    problems: tuple[Problem, ...]

    @property
    def people(self) -> int:
        return sum(mail.people for mail in self.mails)

    @property
    def bytes(self) -> int:
        return sum(mail.people * mail.size for mail in self.mails)


def forecast(shadow: "Sandbox", newsletter: Newsletter, edition: Edition, limit: int | None) -> Forecast:
    """Raise what sending would raise before its first message."""
    _, problems = shadow.import_subscribers()
    is_over = edition.state is EditionState.FINISHED
    before = shadow.ledger.tally(edition) if edition.sending_at else None
    begun = edition if is_over else send(shadow.place, shadow.bench, newsletter, edition, stop=lambda: True).edition
    return _seen(shadow, newsletter, begun, limit, before, problems)


def way_out(delivery: DeliverySettings, folder: Path) -> str:
    """`through smtp.example.org`, as it ends a sentence."""
    path = delivery.path.relative_to(folder) if delivery.path.is_relative_to(folder) else delivery.path
    match delivery.transport:
        case TransportKind.SMTP:
            return f"through {delivery.smtp.host}" if delivery.smtp else "by SMTP"
        case TransportKind.FILES:
            return f"as files into {path}"
        case TransportKind.MAILDIR:
            return f"into the mailbox folder {path}"
        case TransportKind.SENDMAIL:
            return f"through the program {delivery.command[0] if delivery.command else 'sendmail'}"


def _seen(
    shadow: "Sandbox",
    newsletter: Newsletter,
    edition: Edition,
    limit: int | None,
    before: Tally | None,
    problems: tuple[Problem, ...],
) -> Forecast:
    from digest.mail.wording import language_name, mail_title

    waiting = shadow.ledger.waiting(edition, shadow.clock.now())
    going = {one.variant: one.people for one in waiting if one.wanted and one.due}
    mails = tuple(
        OutlookMail(
            title=mail_title(newsletter, variant),
            language=language_name(variant.language),
            people=going[variant.name],
            size=len(shadow.composer.sample(edition, variant.rendered.message).message),
        )
        for variant in shadow.editions.variants(edition)
        if variant.name in going
    )
    left, suppressed = shadow.ledger.not_subscribed(newsletter.name)
    people = sum(going.values())
    at_once = people if limit is None else min(limit, people)
    rate = shadow.settings.delivery.sending.rates.overall
    return Forecast(
        edition=edition,
        mails=mails,
        later=sum(one.people for one in waiting if one.wanted and not one.due),
        unserved=shadow.ledger.tally(edition)[DeliveryState.NO_VARIANT],
        left=left,
        suppressed=suppressed,
        before=before,
        at_once=at_once,
        rate=rate,
        daily=shadow.settings.delivery.sending.daily,
        lasts=timedelta(seconds=at_once / rate) if rate else None,
        problems=problems,
    )
