"""Readers, in words: how staff name one, how one stands, what was done to them, and what became of a list."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from digest.errors import UsageError
from digest.foundation.addresses import Address, address
from digest.foundation.catalogue import _, plural
from digest.foundation.values import name_line, one_line
from digest.foundation.words import day, harmless, moment
from digest.mail.wording import audience_title, language_name
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter
from digest.people.list_import import RowOutcome
from digest.people.subscriber import SubscriberEvent, SubscriberState, SubscriberStep
from digest.people.subscriber_list import ListedSubscriber


def address_meant(written: str) -> Address:
    try:
        return address(written.strip())
    except ValueError as error:
        raise UsageError(written, str(error), _("write one address, such as ana@example.org")) from error


def line_meant(text: str | None, option: str) -> str | None:
    return _meant(text, option, one_line)


def name_meant(text: str | None) -> str | None:
    return _meant(text, "--name", name_line)


def _meant(text: str | None, option: str, read: Callable[[str], str]) -> str | None:
    try:
        return None if text is None else read(text) if text.strip() else ""
    except ValueError as error:
        raise UsageError(option, str(error), _("write one line")) from error


def state_said(state: SubscriberState) -> str:
    return {
        SubscriberState.ACTIVE: _("active"),
        SubscriberState.UNCONFIRMED: _("unconfirmed"),
        SubscriberState.PAUSED: _("paused"),
        SubscriberState.UNSUBSCRIBED: _("unsubscribed"),
        SubscriberState.REMOVED: _("removed"),
        SubscriberState.BOUNCED: _("bounced"),
        SubscriberState.COMPLAINED: _("complained"),
    }[state]


def paused_said(until: datetime) -> str:
    return _("paused until {day}").format(day=day(until.date()))


def states_said(tally: Counter[SubscriberState]) -> str:
    total = plural("{count:,} subscription", "{count:,} subscriptions", tally.total())
    shares = ", ".join(f"{tally[state]:,} {state_said(state)}" for state in SubscriberState if tally[state])
    return f"{total}: {shares}" if shares else total


def audiences_said(choice: Choice, known: Sequence[Newsletter]) -> str:
    newsletter = next((one for one in known if one.name == choice.newsletter), None)
    return ", ".join(
        audience_title(newsletter, name) if newsletter and name in {one.name for one in newsletter.audiences} else name
        for name in sorted(choice.audiences)
    )


def choice_said(choice: Choice, newsletter: Newsletter) -> str:
    return f"{audiences_said(choice, [newsletter])} – {language_name(choice.language)}"


def standing_said(one: ListedSubscriber, known: Sequence[Newsletter]) -> str:
    since = f" ({day(one.since.date())})" if one.since else ""
    if one.choice is None:
        return state_said(one.state) + since
    consent = " ".join(filter(None, (str(one.consent.on or ""), one.consent.how)))
    state = state_said(one.state) if one.resumes_at is None else paused_said(one.resumes_at)
    said = f"{one.choice.newsletter}: {state}{since}; {language_name(one.choice.language)}; "
    said += audiences_said(one.choice, known)
    return said + "; " + _("consent: {consent}").format(consent=consent or _("not known"))


def event_said(event: SubscriberEvent, zone: tzinfo) -> str:
    said = {
        SubscriberStep.ADDED: _("added by {by}"),
        SubscriberStep.CHANGED: _("changed by {by}"),
        SubscriberStep.REMOVED: _("removed by {by}"),
        SubscriberStep.SUPPRESSED: _("suppressed by {by}"),
        SubscriberStep.READMITTED: _("readmitted by {by}"),
        SubscriberStep.ASKED: _("asked for it ({how})"),
        SubscriberStep.CONFIRMED: _("confirmed it ({how})"),
        SubscriberStep.CHOSEN: _("chose otherwise ({how})"),
        SubscriberStep.PAUSED: _("paused it ({how})"),
        SubscriberStep.RESUMED: _("took it up again ({how})"),
        SubscriberStep.LEFT: _("left ({how})"),
    }[event.step].format(by=event.by, how=event.how)
    text = _("agreed to text {version}").format(version=event.text) if event.text else ""
    more = "; ".join(filter(None, (event.said and _(event.said), text, event.because)))
    return harmless(f"{moment(event.at, zone)}: {said}" + (f": {more}" if more else ""))


def outcome_said(outcome: RowOutcome) -> str:
    return {
        RowOutcome.ADDED: _("is added"),
        RowOutcome.KNOWN: _("is there already"),
        RowOutcome.STAYS_AWAY: _("stays away"),
        RowOutcome.SUPPRESSED: _("is suppressed"),
        RowOutcome.UNCONFIRMED: _("never confirmed: left out"),
        RowOutcome.REFUSED: _("is left out"),
    }[outcome]


def import_said(counts: Counter[RowOutcome], *, dry: bool) -> str:
    rows = plural("{count:,} row", "{count:,} rows", counts.total())
    words = {
        RowOutcome.ADDED: _("{count:,} added"),
        RowOutcome.KNOWN: _("{count:,} there already"),
        RowOutcome.STAYS_AWAY: _("{count:,} stay away, because they left here"),
        RowOutcome.SUPPRESSED: _("{count:,} suppressed, because they are gone there"),
        RowOutcome.UNCONFIRMED: _("{count:,} never confirmed"),
        RowOutcome.REFUSED: _("{count:,} left out"),
    }
    shares = ", ".join(words[one].format(count=counts[one]) for one in RowOutcome if counts[one])
    return (_("Would be: {rows}: {shares}.") if dry else _("{rows}: {shares}.")).format(rows=rows, shares=shares)
