"""`digest send`: send what is approved, or try it out."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.invocation import (
    Invocation,
    edition_argument,
    newsletter_option,
    pass_session,
    period_option,
    split_edition,
    table,
)
from digest.delivery.delivery import DeliveryState
from digest.desk.phrases import DELIVERIES, duration, period_title, size
from digest.errors import UsageError
from digest.foundation.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.delivery.sending import Sent
    from digest.desk.forecast import Forecast
    from digest.newsletters.edition import Edition
    from digest.newsletters.newsletter import Newsletter
    from digest.settings.instance import Instance


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="A first slice: to N more readers at most.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing, open no connection.")
@click.option("--test", "testers", multiple=True, metavar="ADDRESS", help="Send previews to this address only.")
@click.option("--audience", metavar="NAME", help="With --test: only the mails for this audience.")
@click.option("--language", metavar="CODE", help="With --test: only the mails in this language.")
@click.option("--as", "reader", metavar="ADDRESS", help="With --test: only the mail that this reader gets.")
@pass_session
def send(  # noqa: PLR0913 – one parameter per option
    session: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    *,
    yes: bool,
    limit: int | None,
    dry_run: bool,
    testers: tuple[str, ...],
    audience: str | None,
    language: str | None,
    reader: str | None,
) -> int:
    """Send an approved edition, once to each person: EDITION is 2018-07, july or monthly/2018-07.

    An interrupted sending goes on where it stopped. A finished one is reported, and nothing leaves again.

    With --limit only a first slice leaves, and the edition is paused: look at it, then send again for the rest. With
    --test the real mails go to a colleague, marked [PREVIEW], also before the approval; --test may be repeated.
    """
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = session.instance.settings.newsletter(newsletter)
    if testers:
        if limit is not None or dry_run:
            raise click.UsageError("--test goes alone: leave out --limit and --dry-run")
        return send_test(
            session, chosen, period, testers, audience=audience, language=language, reader=reader, everything=yes
        )
    if audience or language or reader:
        raise click.UsageError("--audience, --language and --as choose among test mails: name an address with --test")
    if dry_run:
        return _dry_run(session, chosen, period, limit)
    return _send(session, chosen, period, limit, yes=yes)


def _send(session: Invocation, newsletter: "Newsletter", period: str | None, limit: int | None, *, yes: bool) -> int:
    from digest.cli.ending import told_to_stop
    from digest.cli.invocation import update_subscribers
    from digest.cli.progress import shown_progress
    from digest.delivery.sending import send as send_edition
    from digest.desk.pages import write_browse_page
    from digest.errors import worst

    instance = session.instance
    meant = _meant(session, newsletter, period)
    code = update_subscribers(session)
    if meant.state in _states(newsletter) and not yes:
        _ask(session, newsletter, meant, limit)
    with told_to_stop() as stop, shown_progress(session) as progress:
        sent = send_edition(
            instance.place, instance.bench, newsletter, meant, stop=stop, limit=limit, progress=progress
        )
    click.echo(_report(sent))
    write_browse_page(instance)
    return worst([code, _outcome(session, sent)])


def _dry_run(session: Invocation, newsletter: "Newsletter", period: str | None, limit: int | None) -> int:
    from digest.desk.forecast import forecast
    from digest.errors import PartlyFailedError
    from digest.settings.sandbox import sandbox_of

    with sandbox_of(session.instance) as shadow:
        session.instance = shadow
        seen = forecast(shadow, newsletter, _meant(session, newsletter, period), limit)
        for line in outlook_lines(shadow, seen, limit):
            click.echo(line)
    session.say("Nothing was sent.")
    return PartlyFailedError.exit_code if session.problems(seen.problems) else 0


def _meant(session: Invocation, newsletter: "Newsletter", period: str | None) -> "Edition":
    from digest.cli.invocation import edition_meant

    return edition_meant(session, newsletter, period, _states(newsletter), "sent")


def _states(newsletter: "Newsletter") -> frozenset[str]:
    """Those from which something can leave."""
    return frozenset({"sealed", "sending"} | ({"draft"} if newsletter.approval == "none" else set()))


def _ask(session: Invocation, newsletter: "Newsletter", edition: "Edition", limit: int | None) -> None:
    """Say what will happen and ask for the number of messages; that number cannot be typed by habit."""
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here; say --yes to send")

    said, total = announcement(session.instance, newsletter, edition, limit)
    session.say(said)
    if click.prompt("Type the number of readers to send", type=int, err=True) != total:
        raise click.UsageError(f"that is not {total}; nothing was sent")


def _report(sent: "Sent") -> str:
    states = ", ".join(f"{count} {state}" for state, count in sorted(sent.tally.states.items()))
    return f"{sent.edition.name}: {sent.edition.state}; {sent.tally.frozen} readers: {states or 'none'}"


def _outcome(session: Invocation, sent: "Sent") -> int:
    from digest.delivery.delivery import DeliveryState
    from digest.delivery.sending import unfinished
    from digest.errors import worst

    if sent.tally[DeliveryState.NO_VARIANT]:
        session.say(f"{sent.tally[DeliveryState.NO_VARIANT]} readers get nothing: no story concerns their choice.")
    left = unfinished(sent)
    for said, _ in left:
        session.say(f"{said[0].upper()}{said[1:]}.")
    return worst(code for _, code in left)


# -- `digest send --test`: the real mails to a colleague, marked as previews.

ASKED_ABOVE = 12  # mails to one address


def send_test(  # noqa: PLR0913 – as the command has options
    session: Invocation,
    newsletter: "Newsletter",
    period: str | None,
    addresses: "Sequence[str]",
    *,
    audience: str | None,
    language: str | None,
    reader: str | None,
    everything: bool,
) -> int:
    """Send each of the addresses each mail that fits. `everything`: also when there are many."""
    from digest.delivery import test_mails as testing_mails
    from digest.desk.forecast import way_out
    from digest.foundation.words import counted
    from digest.mail.wording import variant_title

    instance = session.instance
    edition = _edition_tested(session, newsletter, period)
    variants, name = testing_mails.variants_for(
        instance.database, newsletter, edition, audience=audience, language=language, subscriber=reader
    )
    if len(variants) > ASKED_ABOVE and not everything:
        raise UsageError(
            edition.name,
            f"it has {len(variants)} different mails, and all would go to each address",
            "choose with --audience, --language or --as, or say --yes",
        )
    mails = testing_mails.planned(instance.database, edition, variants, addresses, instance.clock.now())
    for mail in mails:
        if mail.before is not None:
            title = variant_title(newsletter, mail.variant)
            session.say(f"{mail.address} was sent {title} at {mail.before:%H:%M} UTC, and it has not changed since.")
    gone = 0
    for mail in testing_mails.deliver(instance.place, instance.composer, newsletter, edition, mails, name=name):
        click.echo(f"{mail.address}: {variant_title(newsletter, mail.variant)}")
        gone += 1
    way = way_out(instance.settings.delivery, instance.folder)
    session.say(f"{counted(gone, 'test mail', 'test mails')} of {edition.name} left {way}; no reader got anything.")
    return 0


def _edition_tested(session: Invocation, newsletter: "Newsletter", period: str | None) -> "Edition":
    from digest.cli.invocation import edition_meant

    return edition_meant(session, newsletter, period, frozenset({"draft", "sealed", "sending"}), "tested")


# -- What `digest send` says before it sends, and of what it would do.


def announcement(
    instance: "Instance", newsletter: "Newsletter", edition: "Edition", limit: int | None
) -> tuple[str, int]:
    """`July 2018: 180 English, 220 Spanish, through smtp.example.org.`, and how many readers that is."""
    from digest.desk.forecast import way_out
    from digest.mail.wording import language_name

    people = _people(instance, newsletter, edition)
    shares = ", ".join(f"{people[one]} {language_name(one)}" for one in newsletter.languages if people[one])
    total = sum(people.values())
    way = way_out(instance.settings.delivery, instance.folder)
    if limit is None or limit >= total:
        return f"{period_title(edition.period)}: {shares or 'nobody'}, {way}.", total
    said = f"{period_title(edition.period)}: a first slice of {limit} of {total} readers ({shares}), {way}."
    return said, limit


def outlook_lines(instance: "Instance", outlook: "Forecast", limit: int | None) -> Iterator[str]:
    """What would happen, as plain text."""
    from digest.desk.forecast import way_out

    edition = outlook.edition
    way = way_out(instance.settings.delivery, instance.folder)
    yield f"{edition.name} would go to {counted(outlook.at_once, 'reader', 'readers')}, {way}."
    if outlook.at_once < outlook.people:
        rest = counted(outlook.people - outlook.at_once, "reader", "readers")
        yield f"A first slice of {limit}: {rest} would wait, and the edition would be paused."
    if outlook.mails:
        yield ""
        rows = [[mail.title, mail.people, size(mail.size)] for mail in outlook.mails]
        yield table(["mail", "readers", "size"], rows, right=(1, 2))
        languages = Counter[str]()
        for mail in outlook.mails:
            languages[mail.language] += mail.people
        shares = ", ".join(f"{count:,} {language}" for language, count in languages.items())
        yield ""
        yield f"By language: {shares}. {size(outlook.bytes)} in all."
    if outlook.lasts is not None and outlook.rate:
        yield f"At {outlook.rate:g} a second it takes {duration(outlook.lasts)}."
    if outlook.daily is not None and outlook.daily < outlook.at_once:
        yield f"At most {outlook.daily:,} leave in 24 hours: the rest waits for the next day."
    yield from _others(outlook)


def _others(outlook: "Forecast") -> Iterator[str]:
    if outlook.before is not None:
        said = [f"{count:,} {DELIVERIES[state]}" for state, count in sorted(outlook.before.states.items())]
        yield f"So far: {', '.join(said)}."
        if under_way := outlook.before[DeliveryState.INTENT]:
            yield f"{under_way:,} were leaving when a process ended: first it is found out what became of them."
    if outlook.later:
        yield f"{counted(outlook.later, 'reader was', 'readers were')} put off by the server and wait for their time."
    if outlook.unserved:
        yield f"{counted(outlook.unserved, 'reader gets', 'readers get')} nothing: no story concerns their choice."
    if outlook.left:
        yield f"{counted(outlook.left, 'reader has left and gets', 'readers have left and get')} nothing."
    if outlook.suppressed:
        yield f"{counted(outlook.suppressed, 'address is', 'addresses are')} suppressed: no mail goes there."


def _people(instance: "Instance", newsletter: "Newsletter", edition: "Edition") -> Counter[str]:
    """Language → readers: those who are still to be sent it once sending has begun, until then those subscribed."""
    people = Counter[str]()
    if edition.sending_at is None:
        for choice, count in instance.subscribers.subscribed(newsletter.name):
            people[choice.language] += count
        return people
    for name, tally in instance.ledger.by_variant(edition).items():
        if name is not None:
            waiting = tally[DeliveryState.PENDING] + tally[DeliveryState.INTENT]
            people[name.rpartition(".")[2]] += waiting
    return people
