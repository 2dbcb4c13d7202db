"""`digest send`: send what is approved, or try it out."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from digest.cli.ending import told_to_stop
from digest.cli.invocation import (
    Invocation,
    collect_all,
    edition_meant,
    edition_options,
    fenced,
    named,
    pass_invocation,
    table,
    tell_given_up,
    update_subscribers,
)
from digest.cli.progress import shown_progress
from digest.delivery.addressees import prospects
from digest.delivery.delivery import DeliveryState
from digest.delivery.ledger import NotMailed
from digest.delivery.sending import Sent, unfinished
from digest.desk.forecast import Forecast, forecast, way_out
from digest.desk.going_out import (
    TESTABLE,
    announced,
    let_changes_pass,
    send_now,
    send_trial,
    sendable,
    sent_said,
    trial,
    trial_said,
)
from digest.desk.left_out import why_nothing
from digest.desk.phrases import delivery_states, duration, size
from digest.editions.changes import lines
from digest.editions.open_parts import instalment_of
from digest.editions.supplements import instalment, is_approved
from digest.errors import PartlyFailedError, PersonNeededError, worst
from digest.foundation.catalogue import Number, _, plural
from digest.foundation.words import harmless
from digest.mail.wording import edition_in_full, mail_title
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance
from digest.settings.sandbox import sandbox_of


@click.command()
@edition_options
@click.option("--part", metavar="AUDIENCE", help="A part that was left out of an edition: send it now, for itself.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="A first slice: to N more readers at most.")
@click.option("--as-approved", is_flag=True, help="Although texts have changed since; with --by.")
@click.option("--by", metavar="NAME", help="With --as-approved: who says so.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing, open no connection.")
@click.option("--test", "testers", multiple=True, metavar="ADDRESS", help="Send previews to this address only.")
@click.option("--audience", metavar="NAME", help="With --test: only the mails for this audience.")
@click.option("--language", metavar="CODE", help="With --test: only the mails in this language.")
@click.option("--as", "reader", metavar="ADDRESS", help="With --test: only the mail that this reader gets.")
@pass_invocation
def send(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    part: str | None,
    *,
    yes: bool,
    limit: int | None,
    as_approved: bool,
    by: str | None,
    dry_run: bool,
    testers: tuple[str, ...],
    audience: str | None,
    language: str | None,
    reader: str | None,
) -> int:
    """Send an approved edition, once to each person: EDITION is 2018-07, july or monthly/2018-07.

    An interrupted sending goes on where it stopped. A finished one is reported, and nothing leaves again.

    When texts have changed since the approval it shows both wordings and waits: reopen the edition, or send it
    --as-approved, which covers the changes that were shown and no others.

    With --part it drafts what the edition had for an audience that was left out of it, with the texts of today, and
    sends it once that is approved: to the readers of the audience, without what they have already.

    With --limit only a first slice leaves, and the edition is paused: look at it, then send again for the rest. With
    --test the real mails go to a colleague, marked [PREVIEW], also before the approval; --test may be repeated.
    """
    chosen, words = named(invocation, edition, newsletter, period)
    if testers and part is not None:
        raise click.UsageError(_("--test goes with the instalment itself: name it, such as 2018-07/guatemala"))
    if testers:
        if limit is not None or dry_run:
            raise click.UsageError(_("--test goes alone: leave out --limit and --dry-run"))
        return _send_test(
            invocation, chosen, words, testers, audience=audience, language=language, reader=reader, everything=yes
        )
    if audience or language or reader:
        said = _("--audience, --language and --as choose among test mails: name an address with --test")
        raise click.UsageError(said)
    if as_approved and not (by and by.strip()):
        raise click.UsageError(_("--as-approved needs a name: say who decides with --by"))
    if not dry_run:
        invocation.instance.place.refuse_exposed()
    if dry_run:
        return _dry_run(invocation, chosen, words, part, limit)
    key = words
    if part is not None:
        update_subscribers(invocation)
        key = _instalment(invocation, chosen, words, part).key
    if as_approved and by:
        _let_changes_pass(invocation, chosen, key, by.strip())
    return _send(invocation, chosen, key, limit, yes=yes)


def _send(invocation: Invocation, newsletter: Newsletter, words: str | None, limit: int | None, *, yes: bool) -> int:
    instance = invocation.instance
    meant = _edition_meant(invocation, newsletter, words)
    code = update_subscribers(invocation)
    if meant.state in sendable(newsletter) and not yes:
        _ask(invocation, newsletter, meant, limit)
    with told_to_stop() as stop, shown_progress(invocation) as progress:
        gone = send_now(instance, newsletter, meant, stop=stop, limit=limit, progress=progress)
    sent = gone.sent
    for line in sent.notes:
        invocation.say(harmless(line))
    invocation.tell(sent_said(sent))
    tell_given_up(invocation, gone.given_up)
    return worst([code, _outcome(invocation, sent)])


def _let_changes_pass(invocation: Invocation, newsletter: Newsletter, words: str | None, by: str) -> None:
    """Exactly those that are shown."""
    instance = invocation.instance
    edition = _edition_meant(invocation, newsletter, words)
    for line in lines(let_changes_pass(instance, newsletter, edition, by)):
        invocation.say(harmless(line))


def _instalment(invocation: Invocation, newsletter: Newsletter, words: str | None, part: str) -> Edition:
    """Of the part, as it was approved or, until then, with the texts of today."""
    instance = invocation.instance
    edition = edition_meant(invocation, newsletter, words, frozenset({"finished"}), _("to be completed"))
    found = instalment_of(instance.editions, edition, part)
    if found is None or not is_approved(found):
        collect_all(invocation)
        found = instalment(instance.bench, newsletter, edition, part)
        said = plural(
            "{edition} was drafted for {count:,} reader.",
            "{edition} was drafted for {count:,} readers.",
            sum(prospects(instance.database, found).values()),
            edition=edition_in_full(found),
        )
        invocation.say(said)
    return found


def _dry_run(
    invocation: Invocation, newsletter: Newsletter, words: str | None, part: str | None, limit: int | None
) -> int:
    with sandbox_of(invocation.instance) as sandbox:
        fence = sandbox.fence
        invocation.instance = sandbox
        if part is not None:
            words = _instalment(invocation, newsletter, words, part).key
        seen = forecast(sandbox, newsletter, _edition_meant(invocation, newsletter, words), limit)
        for line in _forecast_lines(sandbox, seen, limit):
            invocation.tell(line)
    if fence is not None:
        invocation.say(fenced(fence))
        return PersonNeededError.exit_code
    invocation.say(_("Nothing was sent."))
    return PartlyFailedError.exit_code if invocation.problems(seen.problems) else 0


def _send_test(  # noqa: PLR0913 – as the command has options
    invocation: Invocation,
    newsletter: Newsletter,
    words: str | None,
    addresses: Sequence[str],
    *,
    audience: str | None,
    language: str | None,
    reader: str | None,
    everything: bool,
) -> int:
    """Send each of the addresses each mail that fits. `everything`: also when there are many."""
    instance = invocation.instance
    edition = edition_meant(invocation, newsletter, words, TESTABLE, _("to be tested"))
    wanted = trial(
        instance,
        newsletter,
        edition,
        addresses,
        audience=audience,
        language=language,
        reader=reader,
        everything=everything,
    )
    for mail in wanted.mails:
        if mail.before is not None:
            said = _("{address} was sent {mail} at {time} UTC, and it has not changed since.")
            title, time = mail_title(newsletter, mail.variant), f"{mail.before:%H:%M}"
            invocation.say(said.format(address=mail.address, mail=title, time=time))
    gone = 0
    for mail in send_trial(instance, newsletter, wanted):
        invocation.tell(f"{mail.address}: {mail_title(newsletter, mail.variant)}")
        gone += 1
    invocation.say(trial_said(instance, edition, gone))
    return 0


def _edition_meant(invocation: Invocation, newsletter: Newsletter, words: str | None) -> Edition:
    return edition_meant(invocation, newsletter, words, sendable(newsletter), _("to be sent"))


def _ask(invocation: Invocation, newsletter: Newsletter, edition: Edition, limit: int | None) -> None:
    """Say what will happen and ask for the number of messages, twice if need be: it cannot be typed by habit."""
    if not sys.stdin.isatty():
        raise click.UsageError(_("nobody can be asked here; say --yes to send"))

    will = announced(invocation.instance, newsletter, edition, limit)
    for note in will.notes:
        invocation.say(harmless(note))
    invocation.say(will.said)
    question = _("Type {count:,} to send").format(count=Number(will.readers))
    typed: str = click.prompt(question, err=True)
    if not will.is_meant_by(typed):
        invocation.say(_("That is not {count:,}.").format(count=Number(will.readers)))
        typed = click.prompt(question, err=True)
    will.refuse_other(typed)


def _forecast_lines(instance: Instance, seen: Forecast, limit: int | None) -> Iterator[str]:
    """What would happen, as plain text."""
    edition = seen.edition
    way = way_out(instance.settings.delivery, instance.folder)
    yield plural(
        "{edition} would go to {count:,} reader, {way}.",
        "{edition} would go to {count:,} readers, {way}.",
        seen.at_once,
        edition=edition_in_full(edition),
        way=way,
    )
    if seen.at_once < seen.people:
        yield plural(
            "A first slice of {limit}: {count:,} reader would wait, and the edition would be paused.",
            "A first slice of {limit}: {count:,} readers would wait, and the edition would be paused.",
            seen.people - seen.at_once,
            limit=limit,
        )
    if seen.mails:
        yield ""
        rows = [[mail.title, mail.people, size(mail.size)] for mail in seen.mails]
        yield table([_("mail"), _("readers"), _("size")], rows, right=(1, 2))
        languages = Counter[str]()
        for mail in seen.mails:
            languages[mail.language] += mail.people
        shares = ", ".join(f"{count:,} {language}" for language, count in languages.items())
        yield ""
        yield _("By language: {shares}. {size} in all.").format(shares=shares, size=size(seen.bytes))
    for line in seen.notes:
        yield harmless(line)
    if seen.lasts is not None and seen.rate:
        said = _("At {rate} a second it takes {span}.")
        yield said.format(rate=f"{seen.rate:g}", span=duration(seen.lasts))
    if seen.daily is not None and seen.daily < seen.at_once:
        yield _("At most {count:,} leave in 24 hours: the rest waits for the next day.").format(count=seen.daily)
    yield from _others(seen)


def _others(seen: Forecast) -> Iterator[str]:
    if seen.before is not None:
        said = [f"{count:,} {delivery_states()[state]}" for state, count in sorted(seen.before.states.items())]
        yield _("So far: {states}.").format(states=", ".join(said))
        if under_way := seen.before[DeliveryState.INTENT]:
            found_out = _("{count:,} were leaving when a process ended: first it is found out what became of them.")
            yield found_out.format(count=under_way)
    if seen.later:
        yield plural(
            "{count:,} mail was deferred by the server and waits for its time.",
            "{count:,} mails were deferred by the server and wait for their time.",
            seen.later,
        )
    if seen.unserved:
        yield plural(
            "{count:,} reader gets nothing: {why}.",
            "{count:,} readers get nothing: {why}.",
            seen.unserved,
            why=seen.why_unserved,
        )
    yield from _not_mailed(seen.not_mailed)


def _not_mailed(rest: NotMailed) -> Iterator[str]:
    if rest.left:
        yield plural(
            "{count:,} reader has left and gets nothing.",
            "{count:,} readers have left and get nothing.",
            rest.left,
        )
    if rest.suppressed:
        yield plural(
            "{count:,} address is suppressed: no mail goes there.",
            "{count:,} addresses are suppressed: no mail goes there.",
            rest.suppressed,
        )
    if rest.paused:
        yield plural(
            "{count:,} reader has paused and gets nothing.",
            "{count:,} readers have paused and get nothing.",
            rest.paused,
        )
    if rest.unconfirmed:
        yield plural(
            "{count:,} person has not confirmed yet and gets nothing.",
            "{count:,} people have not confirmed yet and get nothing.",
            rest.unconfirmed,
        )


def _outcome(invocation: Invocation, sent: Sent) -> int:
    if sent.tally[DeliveryState.NO_VARIANT]:
        instance = invocation.instance
        why = why_nothing(instance.database, sent.edition, instance.editions.record(sent.edition))
        said = plural(
            "{count:,} reader gets nothing: {why}.",
            "{count:,} readers get nothing: {why}.",
            sent.tally[DeliveryState.NO_VARIANT],
            why=why,
        )
        invocation.say(said)
    left = unfinished(sent)
    for said, _code in left:
        invocation.say(f"{said[0].upper()}{said[1:]}.")
    return worst(code for _said, code in left)
