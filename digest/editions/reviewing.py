"""Reviewing: parts of an edition with all that people look at, their answers, and the mails to reviewers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.editions import approving
from digest.editions.approving import audience_sizes, look, part_named
from digest.editions.checking import check
from digest.editions.comparison import approved_mails
from digest.editions.composition import published_elsewhere
from digest.editions.guard import last_edition
from digest.editions.plans.planning import Plans
from digest.editions.review_mail import review_envelope
from digest.editions.review_store import Reviews
from digest.editions.reviews import (
    Part,
    PartBefore,
    PartView,
    ReviewMail,
    Settlement,
    answers_until,
    parts_of,
    review_of,
    unheard,
)
from digest.editions.store import Editions
from digest.editions.workbench import Workbench
from digest.foundation.addresses import NamedAddress
from digest.foundation.database import Database
from digest.foundation.failpoints import reach
from digest.intake.item import Item, Story
from digest.intake.web_links import site_of
from digest.mail.message import Envelope
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A mail that has gone to a reviewer, about these parts."""

    reviewer: NamedAddress
    titles: tuple[str, ...]

    def __str__(self) -> str:
        """Without the address: it may stand in a log."""
        return f"{self.reviewer.name or 'a reviewer'} ({', '.join(self.titles)})"


def part_views(database: Database, plans: Plans, newsletter: Newsletter, edition: Edition) -> list[PartView]:
    """The edition's parts in the settings' order; the check is not asked (see `checked`)."""
    looked = look(database, newsletter, edition)
    readers = audience_sizes(database, newsletter, edition)
    mails = Reviews(database).mailed(edition)
    before = _before(Editions(database), newsletter, edition)
    stories = {story.id: story for story in plans.stories(newsletter, edition.period)}
    codes = Editions(database).codes()
    record = Editions(database).record(edition)
    website = record.website if record else None

    def shown(part: Part) -> list[tuple[Story, Item]]:
        told = (stories[id_] for id_ in part.story_ids if id_ in stories)
        return [(story, story.in_language(newsletter.languages[0])) for story in told]

    return [
        PartView(
            part=part,
            code=codes.of(part.fingerprint),
            title=part.audience.title(newsletter.languages[0]),
            review=review_of(newsletter, part.name),
            reviewed=looked.reviews[part.name],
            stories=tuple(item.text.title for _, item in shown(part)),
            elsewhere=tuple(_sites(story, item, newsletter, website) for story, item in shown(part)),
            readers=readers.now.get(part.name, 0),
            silence_at=answers_until(newsletter, edition, (mail for mail in mails if mail.part == part.name)),
            before=before.get(part.name),
        )
        for part in looked.parts
    ]


def views_named(
    database: Database, plans: Plans, newsletter: Newsletter, edition: Edition, name: str | None
) -> list[PartView]:
    """The part of that name, or all. Raise `UsageError` when there is none."""
    if name is not None:
        looked = look(database, newsletter, edition)
        name = part_named(newsletter, edition, looked, name).name
    return [view for view in part_views(database, plans, newsletter, edition) if name in (None, view.name)]


def checked(bench: Workbench, newsletter: Newsletter, edition: Edition, views: Sequence[PartView]) -> list[PartView]:
    """The same with what the check says of their variants."""
    return [replace(view, findings=check(bench, newsletter, edition, view.part.variants)) for view in views]


def settlement_of(database: Database, newsletter: Newsletter, edition: Edition, now: datetime) -> Settlement:
    """What happens at the sending time, or now if it has come, from the answers as they are."""
    looked = look(database, newsletter, edition)
    return approving.settlement_of(newsletter, edition, looked, unheard(newsletter, edition, looked.reviews, now))


def send_review_mails(
    bench: Workbench, post: Callable[[Envelope], object], newsletter: Newsletter, edition: Edition
) -> list[Asked]:
    """Send each reviewer one mail: about those of their parts which nobody has answered as they are now, and which they
    have not been sent so. `post` sends one mail, or raises. A second call sends nothing.
    """
    if not newsletter.reviews:
        return []
    wanted, sent_before = _to_ask(bench, newsletter, edition)
    return _mail(bench, post, newsletter, edition, wanted, sent_before) if wanted else []


def note_review_mails(bench: Workbench, newsletter: Newsletter, edition: Edition) -> None:
    """Remember the mails that `send_review_mails` would send, and send none: for a rehearsal."""
    now = bench.clock.now()
    for folded, (_reviewer, views) in _to_ask(bench, newsletter, edition)[0].items():
        bench.reviews.note_mail(edition, [_mail_about(view, folded, now) for view in views])


_Wanted = dict[str, tuple[NamedAddress, list[PartView]]]
_SentBefore = dict[tuple[str, str], ReviewMail]


def _to_ask(bench: Workbench, newsletter: Newsletter, edition: Edition) -> tuple[_Wanted, _SentBefore]:
    """Whom, by folded address, about which parts; and what they were sent before."""
    sent_before = {(mail.part, mail.reviewer): mail for mail in bench.reviews.mailed(edition)}
    wanted: _Wanted = {}
    for view in part_views(bench.database, bench.plans, newsletter, edition):
        if not view.status.is_open and not view.reviewed.is_outdated:
            continue
        for reviewer in view.review.reviewers:
            last = sent_before.get((view.name, reviewer.address.lower()))
            if last is None or last.fingerprint != view.part.fingerprint:
                wanted.setdefault(reviewer.address.lower(), (reviewer, []))[1].append(view)
    return wanted, sent_before


def _mail_about(view: PartView, folded: str, now: datetime) -> ReviewMail:
    return ReviewMail(part=view.name, reviewer=folded, fingerprint=view.part.fingerprint, sent_at=now, asked_at=now)


def _mail(
    bench: Workbench,
    post: Callable[[Envelope], object],
    newsletter: Newsletter,
    edition: Edition,
    wanted: Mapping[str, tuple[NamedAddress, list[PartView]]],
    sent_before: Mapping[tuple[str, str], ReviewMail],
) -> list[Asked]:
    """Sent first, noted then: what a crash in between makes leave twice is the same message under the same name."""
    approved_mails(bench.editions, bench.copy, edition)
    now = bench.clock.now()
    views = {view.name: view for _, mine in wanted.values() for view in mine}
    ready = {view.name: view for view in checked(bench, newsletter, edition, list(views.values()))}
    asked = []
    for folded, (reviewer, mine) in wanted.items():
        earlier = {
            view.name: sent_before[view.name, folded].sent_at for view in mine if (view.name, folded) in sent_before
        }
        envelope = review_envelope(
            bench.composer,
            bench.renderer.words(newsletter.languages[0]),
            newsletter,
            edition,
            reviewer,
            [ready[view.name] for view in mine],
            earlier=earlier,
            now=now,
        )
        post(envelope)
        reach("review.mailed")
        bench.reviews.note_mail(edition, [_mail_about(view, folded, now) for view in mine])
        asked.append(Asked(reviewer=reviewer, titles=tuple(view.title for view in mine)))
    return asked


def _before(editions: Editions, newsletter: Newsletter, edition: Edition) -> dict[str, PartBefore]:
    """What each audience got in the edition that was sealed last."""
    last = last_edition(editions.editions(newsletter.name), edition)
    if last is None:
        return {}
    found = parts_of(newsletter, last, editions.variants(last), editions.choices_of(last))
    stories = {part.name: len(part.story_ids) for part in found}
    return {
        audience.name: PartBefore(
            edition=last.name, stories=stories.get(audience.name, 0), readers=last.readers.get(audience.name)
        )
        for audience in newsletter.audiences
    }


def _sites(story: Story, shown: Item, newsletter: Newsletter, website: str | None) -> tuple[str, ...]:
    found = published_elsewhere(story, shown, newsletter.languages, website)
    return tuple(site for item in found if (site := site_of(item.text.link)))
