"""`digest subscribers`: the list of readers, looked at and looked after by the office."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import HELP
from digest.cli.causes import cause_data, cause_lines, of_that_moment
from digest.cli.choices import (
    audience_names,
    audience_option,
    because_option,
    choice_meant,
    language_option,
    newsletter_meant,
    refuse_unknown_audiences,
)
from digest.cli.departures import changes_of, erase, readmit, remove, suppress
from digest.cli.invocation import (
    Invocation,
    by_option,
    echo_json,
    json_option,
    newsletter_option,
    pass_invocation,
    update_subscribers,
)
from digest.cli.subscriber_lists import export, import_list
from digest.cli.writer import terminal_width
from digest.commands import printed
from digest.delivery.delivery import DeliveryState
from digest.delivery.lookup import received
from digest.desk.columns import Column, Table, Way
from digest.desk.phrases import delivery_columns
from digest.desk.subscriber_words import (
    address_meant,
    audiences_said,
    choice_said,
    event_said,
    line_meant,
    name_meant,
    paused_said,
    standing_said,
    state_said,
    states_said,
)
from digest.errors import UsageError
from digest.foundation.addresses import Address, folded_address
from digest.foundation.catalogue import _
from digest.foundation.words import harmless, moment
from digest.inbound.store import InboundMail
from digest.mail.wording import language_name
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter, Welcome
from digest.people.file_difference import FileDifference
from digest.people.subscriber import Consent, SubscriberState, Subscription, WhyGone
from digest.people.subscriber_list import ListedSubscriber, ListFilter, SubscriberListing

if TYPE_CHECKING:
    from digest.people.subscriber import SubscriberEvent

MEASURED = 200  # rows that decide how wide the columns are
GONE = (
    SubscriberState.UNSUBSCRIBED,
    SubscriberState.REMOVED,
    SubscriberState.BOUNCED,
    SubscriberState.COMPLAINED,
)


@click.group(context_settings=HELP)
def subscribers() -> None:
    """Look after the list of readers: who is on it, what they want, who has left.

    Each command takes over the subscriber file first, if the settings name one, and says how the list differs from it.

    Nobody who left comes back by accident: only `readmit`, with their consent, writes to them again.
    """


@subscribers.command("list")
@click.argument("words", required=False, default="", metavar="[WORDS]")
@newsletter_option
@click.option("--audience", metavar="NAME", help="Only those who chose this audience.")
@language_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in SubscriberState]),
    help="Only those in this state; may be repeated.",
)
@click.option("--count", is_flag=True, help="Only how many there are.")
@json_option
@pass_invocation
def list_(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    words: str,
    *,
    newsletter: str | None,
    audience: str | None,
    language: str | None,
    states: tuple[str, ...],
    count: bool,
    as_json: bool,
) -> int:
    """List readers.

    WORDS stand in an address or a name.
    """
    code = update_subscribers(invocation)
    known = invocation.instance.settings.newsletters
    if newsletter is not None:
        newsletter_meant(invocation, newsletter)
    if audience is not None:
        refuse_unknown_audiences(known, (audience,))
    wanted = ListFilter(
        newsletter=newsletter,
        audience=audience,
        language=language,
        states=frozenset(SubscriberState(state) for state in states),
        words=words,
    )
    found = SubscriberListing(invocation.instance.database).listed(wanted)
    if as_json:
        echo_json([_data(one) for one in found])
        return code
    tally = Counter[SubscriberState]()
    for line in _lines(_counted(found, tally), known, show=not count):
        click.echo(line)
    click.echo(states_said(tally))
    return code


@subscribers.command()
@click.argument("written", metavar="ADDRESS")
@json_option
@pass_invocation
def show(invocation: Invocation, written: str, *, as_json: bool) -> int:
    """Show all that is kept about a reader.

    And what was sent to ADDRESS.
    """
    code = update_subscribers(invocation)
    instance = invocation.instance
    folded = folded_address(written)
    listing = SubscriberListing(instance.database)
    found = [*listing.listed(ListFilter(folded=frozenset({folded})))]
    if not found:
        raise UsageError(written, _("nobody on the list has this address"), "digest subscribers list")
    events, mails = listing.events(folded), received(instance.database, folded)
    reasons = InboundMail(instance.database).why_gone(folded)
    if as_json:
        data = {
            "address": found[0].address,
            "name": found[0].name,
            "public_id": found[0].public_id,
            "subscriptions": [_data(one) | _caused(reasons, one) for one in found if one.choice],
            "state": None if found[0].choice else found[0].state,
            "events": [_event_data(event) for event in events],
            "received": [
                {
                    "edition": one.edition,
                    "subject": one.subject,
                    "state": one.state,
                    "at": one.changed_at.isoformat() if one.changed_at else None,
                    "welcomed_at": one.welcomed_at.isoformat() if one.welcomed_at else None,
                }
                for one in mails
            ],
        }
        echo_json(data)
        return code
    zone = instance.settings.publisher.timezone
    click.echo(harmless(" – ".join(filter(None, (found[0].address, found[0].name)))))
    for one in found:
        click.echo(f"  {standing_said(one, instance.settings.newsletters)}")
        if (why := of_that_moment(reasons, one.since)) is not None and one.state in GONE:
            for line in cause_lines(why, one.address, zone):
                click.echo(f"    {line}")
    for event in events:
        click.echo(f"  {event_said(event, zone)}")
    for mail in mails:
        when = f", {moment(mail.changed_at, zone)}" if mail.changed_at else ""
        when += ", " + _("as a welcome") if mail.welcomed_at else ""
        click.echo(
            f"  {mail.edition}: {delivery_columns()[DeliveryState(mail.state)]}{when}"
            + (f" “{mail.subject}”" if mail.subject else "")
        )
    if not mails:
        click.echo("  " + _("nothing was sent yet"))
    return code


@subscribers.command()
@click.argument("written", metavar="ADDRESS")
@click.option("--name", metavar="NAME", help="What they are called.")
@newsletter_option
@audience_option
@language_option
@click.option("--consent", metavar="TEXT", required=True, help="How they agreed: “form at the fair of May”.")
@because_option
@by_option
@pass_invocation
def add(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    written: str,
    *,
    name: str | None,
    newsletter: str | None,
    audiences: tuple[str, ...],
    language: str | None,
    consent: str,
    because: str | None,
    by: str,
) -> int:
    """Add a reader by hand.

    Whoever stands in the subscriber file needs no adding.
    """
    code = update_subscribers(invocation)
    chosen = newsletter_meant(invocation, newsletter)
    if not audiences:
        raise click.UsageError(_("say what they want: --audience {names}").format(names=audience_names(chosen)))
    found = address_meant(written)
    wanted = Subscription(
        address=found.text,
        folded=found.folded,
        name=name_meant(name),
        choice=choice_meant(chosen, audiences, language),
        consent=Consent(on=invocation.instance.today, how=line_meant(consent, "--consent")),
    )
    changes_of(invocation, by, because).add(wanted)
    said = _("{address} gets {newsletter} from the next edition on that is not approved yet: {choice}.")
    if chosen.welcome is Welcome.LATEST:
        said = _("{address} gets {newsletter}, its latest edition with the next run: {choice}.")
    invocation.say(said.format(address=found.text, newsletter=chosen.name, choice=choice_said(wanted.choice, chosen)))
    return code


@subscribers.command()
@click.argument("written", metavar="ADDRESS")
@click.option("--address", "new", metavar="NEW", help="Their new address.")
@click.option("--name", metavar="NAME", help="What they are called.")
@newsletter_option
@audience_option
@language_option
@because_option
@by_option
@pass_invocation
def change(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    written: str,
    *,
    new: str | None,
    name: str | None,
    newsletter: str | None,
    audiences: tuple[str, ...],
    language: str | None,
    because: str | None,
    by: str,
) -> int:
    """Change what is known of a reader.

    What is not named stays as it is. Who stands in the subscriber file is changed there.
    """
    code = update_subscribers(invocation)
    folded = folded_address(written)
    if not (new or name is not None or audiences or language):
        raise click.UsageError(_("say what to change: --address, --name, --audience or --language"))
    choice = _changed_choice(invocation, folded, newsletter, audiences, language)
    to = address_meant(new) if new else None
    _refuse_undone_by_file(invocation, folded, to, name, choice)
    changes = changes_of(invocation, by, because)
    said = changes.change(folded, address=to, name=name_meant(name), choice=choice)
    for one in said:
        invocation.say(f"{to.text if to else written}: {one}")
    if not said:
        invocation.say(_("{address} is like that already; nothing was changed.").format(address=written))
    return code


@subscribers.command()
@click.option("--dry-run", is_flag=True, help="Only show the difference.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@because_option
@by_option
@pass_invocation
def sync(invocation: Invocation, because: str | None, by: str, *, dry_run: bool, yes: bool) -> int:
    """Make the list what the subscriber file says.

    New addresses replace old ones, and who is no longer in the file gets no more mail.
    """
    instance = invocation.instance
    path = instance.settings.subscribers
    if path is None:
        raise UsageError(
            "subscribers", _("the settings name no subscriber file"), _("write 'subscribers: FILE' in digest.yaml")
        )
    file = instance.read_subscriber_file(path)
    found = instance.file_difference(file)
    invocation.problems(file.problems)
    for line in _differences(found):
        click.echo(line)
    if not (found.moved or found.missing):
        instance.import_subscribers()
        invocation.say(_("The list is what {file} says.").format(file=path.name))
        return 0
    if dry_run:
        return 0
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(_("nobody can be asked here; say --yes to do so"))
        click.confirm(_("Do so?"), abort=True, err=True)
    changes = changes_of(invocation, by, because or _("as the subscriber file says"))
    for one in found.moved:
        changes.change(one.known.folded, address=Address(one.wanted.address, one.wanted.folded))
    for missing in found.missing:
        changes.remove(missing.folded, missing.choice.newsletter if missing.choice else None)
    instance.import_subscribers()
    said = _("{moved} changed their address, {missing} get no more mail.")
    invocation.say(said.format(moved=len(found.moved), missing=len(found.missing)))
    return 0


subscribers.add_command(import_list)
subscribers.add_command(export)
for _command in (remove, suppress, readmit, erase):
    subscribers.add_command(_command)


# -- What is meant


def _changed_choice(
    invocation: Invocation, folded: str, newsletter: str | None, audiences: Sequence[str], language: str | None
) -> Choice | None:
    """What they want from now on; `None` when that is not to change."""
    if not (audiences or language):
        return None
    chosen = newsletter_meant(invocation, newsletter)
    listing = SubscriberListing(invocation.instance.database)
    wanted = ListFilter(folded=frozenset({folded}), newsletter=chosen.name)
    now = next((one.choice for one in listing.listed(wanted)), None)
    if now is None:
        raise UsageError(
            folded,
            _("nobody gets {newsletter} at this address").format(newsletter=chosen.name),
            "digest subscribers list",
        )
    return choice_meant(chosen, audiences or [*now.audiences], language or now.language)


def _refuse_undone_by_file(
    invocation: Invocation, folded: str, to: Address | None, name: str | None, choice: Choice | None
) -> None:
    """Who stands in the subscriber file is changed there: the next command that reads it would change them back."""
    instance = invocation.instance
    path = instance.settings.subscribers
    if path is None:
        return
    file = instance.read_subscriber_file(path)
    rows = {
        one.folded: one for one in file.subscriptions if choice is None or one.choice.newsletter == choice.newsletter
    }
    row = rows.get(to.folded if to else folded) or rows.get(folded)
    if row is None:
        return
    is_there = (
        row.folded == (to.folded if to else folded)
        and (name is None or (row.name or "") == name)
        and (choice is None or row.choice == choice)
    )
    if not is_there:
        line = file.lines[row.choice.newsletter, row.folded]
        raise UsageError(
            row.address,
            _("they stand in {file}, line {line}, and that would change them back").format(file=path.name, line=line),
            _("change them there"),
        )


# -- What is printed


def _counted(found: Iterable[ListedSubscriber], tally: "Counter[SubscriberState]") -> Iterator[ListedSubscriber]:
    for one in found:
        tally[one.state] += 1
        yield one


def _lines(found: Iterator[ListedSubscriber], known: Sequence[Newsletter], *, show: bool) -> Iterator[str]:
    """A table, as wide as the terminal at most; without `show` only counted."""
    several = len(known) > 1
    first = [_cells(one, known, several=several) for one, _number in zip(found, range(MEASURED), strict=False)]
    headings = [
        Column(_("address"), Way.WRAPPED),
        Column(_("name"), Way.WRAPPED, spare=2),
        *([Column(_("newsletter"))] if several else []),
        Column(_("language"), spare=1),
        Column(_("audiences"), Way.WRAPPED),
        Column(_("state")),
    ]
    table = Table(headings, first, most=terminal_width())
    if not show:
        for _one in found:
            pass
        return
    if first:
        yield from table.head()
    for cells in first:
        yield from table.row(cells)
    for one in found:
        yield from table.row(_cells(one, known, several=several))


def _cells(one: ListedSubscriber, known: Sequence[Newsletter], *, several: bool) -> list[str]:
    choice = one.choice
    titles = audiences_said(choice, known) if choice else "–"
    return [
        one.address,
        harmless(one.name or "–"),
        *([choice.newsletter if choice else "–"] if several else []),
        language_name(choice.language) if choice else "–",
        titles,
        state_said(one.state) if one.resumes_at is None else paused_said(one.resumes_at),
    ]


def _caused(reasons: Sequence[WhyGone], one: ListedSubscriber) -> dict[str, object]:
    why = of_that_moment(reasons, one.since) if one.state in GONE else None
    return {"caused_by": cause_data(why) if why else None}


def _differences(found: FileDifference) -> Iterator[str]:
    for one in found.moved:
        said = _("line {line}: {new} is new; {old} is no longer there, and may be the same person")
        yield said.format(line=one.line, new=one.wanted.address, old=one.known.address)
        yield "  → " + _("if they are two people: {add}").format(add=_adding(one.wanted))
    for missing in found.missing:
        name = f" ({harmless(missing.name)})" if missing.name else ""
        said = _("{address}{name} is no longer there and still gets {newsletter}")
        newsletter = missing.choice.newsletter if missing.choice else ""
        yield said.format(address=missing.address, name=name, newsletter=newsletter)


def _adding(wanted: Subscription) -> str:
    """The command that takes somebody of the file for a person of their own."""
    command = printed("digest subscribers add {address} --newsletter {newsletter} --language {language} --consent TEXT")
    choice = wanted.choice
    said = command.format(address=wanted.address, newsletter=choice.newsletter, language=choice.language)
    return " ".join([said, *(f"--audience {name}" for name in sorted(choice.audiences))])


def _data(one: ListedSubscriber) -> dict[str, object]:
    return {
        "address": one.address,
        "name": one.name,
        "newsletter": one.choice.newsletter if one.choice else None,
        "audiences": sorted(one.choice.audiences) if one.choice else [],
        "language": one.choice.language if one.choice else None,
        "state": one.state.value,
        "since": _instant(one.since),
        "resumes_at": _instant(one.resumes_at),
        "consent": {"on": one.consent.on.isoformat() if one.consent.on else None, "how": one.consent.how},
        "from_file": one.from_file,
    }


def _event_data(event: "SubscriberEvent") -> dict[str, object]:
    return {
        "step": event.step.value,
        "newsletter": event.newsletter,
        "said": event.said,
        "by": event.by,
        "because": event.because,
        "at": event.at.isoformat(),
        "how": event.how,
        "text": event.text,
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
