"""What `digest send` says before it sends, and of what it would do."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.cli.session import table
from digest.cli.wording import period_title
from digest.foundation.words import counted
from digest.model.delivery import DeliveryState
from digest.web.report_words import duration
from digest.web.wording import DELIVERIES, size

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.app.outlook import Outlook
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter


def announcement(
    workspace: "Workspace", newsletter: "Newsletter", edition: "Edition", limit: int | None
) -> tuple[str, int]:
    """`July 2018: 180 English, 220 Spanish, through smtp.example.org.`, and how many readers that is."""
    from digest.app.outlook import way_out
    from digest.rendering.naming import language_name

    people = _people(workspace, newsletter, edition)
    shares = ", ".join(f"{people[one]} {language_name(one)}" for one in newsletter.languages if people[one])
    total = sum(people.values())
    way = way_out(workspace.settings.delivery, workspace.folder)
    if limit is None or limit >= total:
        return f"{period_title(edition.period)}: {shares or 'nobody'}, {way}.", total
    said = f"{period_title(edition.period)}: a first slice of {limit} of {total} readers ({shares}), {way}."
    return said, limit


def outlook_lines(workspace: "Workspace", outlook: "Outlook", limit: int | None) -> Iterator[str]:
    """What would happen, as plain text."""
    from digest.app.outlook import way_out

    edition = outlook.edition
    way = way_out(workspace.settings.delivery, workspace.folder)
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


def _others(outlook: "Outlook") -> Iterator[str]:
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


def _people(workspace: "Workspace", newsletter: "Newsletter", edition: "Edition") -> Counter[str]:
    """Language → readers: those who are still to be sent it once sending has begun, until then those subscribed."""
    people = Counter[str]()
    if edition.sending_at is None:
        for choice, count in workspace.subscribers.subscribed(newsletter.name):
            people[choice.language] += count
        return people
    for name, tally in workspace.ledger.by_variant(edition).items():
        if name is not None:
            waiting = tally[DeliveryState.PENDING] + tally[DeliveryState.INTENT]
            people[name.rpartition(".")[2]] += waiting
    return people
