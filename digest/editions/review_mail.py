"""The mail to a reviewer, with the very mails of their parts, and what it says, also on a terminal."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import zip_longest
from shlex import quote
from zoneinfo import ZoneInfo

from digest.commands import lasting
from digest.editions.reviews import PartStatus, PartView, silence_counts_at
from digest.foundation.addresses import NamedAddress
from digest.foundation.names import stem
from digest.foundation.problems import Severity
from digest.mail.composing import Composer
from digest.mail.message import Envelope, HeaderField, address_field, alternatives, head_of, mailbox_field, text_field
from digest.mail.notice import Block, Bullets, Command, Heading, Paragraph, as_html, as_text
from digest.mail.wording import Words
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Approval, Newsletter, Unanswered
from digest.newsletters.timetable import timetable

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewNews:
    """What is said about an edition's parts. `by` is who would answer, as commands name them; `earlier` says when a
    reviewer was sent an earlier content of a part; `attached` whether the mails come along.
    """

    newsletter: Newsletter
    edition: Edition
    views: Sequence[PartView]
    by: str
    now: datetime
    earlier: Mapping[str, datetime]
    attached: bool


def review_envelope(  # noqa: PLR0913 – who is asked about what, and what they know already
    composer: Composer,
    words: Words,
    newsletter: Newsletter,
    edition: Edition,
    reviewer: NamedAddress,
    views: Sequence[PartView],
    *,
    earlier: Mapping[str, datetime],
    now: datetime,
) -> Envelope:
    """`earlier` says when parts that have changed were mailed last. The same content for the same reviewer has the same
    Message-ID and file name, whenever it is made.
    """
    review = ReviewNews(
        newsletter=newsletter,
        edition=edition,
        views=views,
        by=reviewer.name or reviewer.address.partition("@")[0],
        now=now,
        earlier=earlier,
        attached=True,
    )
    identity = _identity(edition, reviewer, views, earlier)
    title = title_of(review, words)
    say = words.translations.gettext
    asked = say("Changed, please look again") if earlier else say("Please look before it goes out")
    subject = f"{asked}: {', '.join(view.title for view in views)} – {title}"
    blocks = blocks_of(review, words)
    attachments = [
        (f"{view.name}.{variant.language}.eml", composer.sample(edition, variant.rendered.message).message)
        for view in views
        for variant in view.part.variants
    ]
    fields = staff_fields(newsletter, words.language, reviewer, subject, identity, now)
    message = staff_message(fields, identity, as_text(blocks), as_html(blocks, subject, words.language), attachments)
    return Envelope(
        edition=f"{edition.name}/review",
        recipient=reviewer.address,
        stem=f"{stem(reviewer.address)}-{identity[:8]}",
        pieces=(message,),
    )


def _identity(
    edition: Edition, reviewer: NamedAddress, views: Sequence[PartView], earlier: Mapping[str, datetime]
) -> str:
    """What changes back is asked about again, after what was asked in between."""
    asked = (f"{view.part.fingerprint} {earlier.get(view.name)}" for view in views)
    known = [edition.name, reviewer.address.lower(), *asked]
    return hashlib.sha256("\0".join(known).encode()).hexdigest()[:32]


def staff_fields(
    newsletter: Newsletter,
    language: str,
    person: NamedAddress,
    subject: str,
    identity: str,
    now: datetime,
    about: str = "review",
) -> list[HeaderField]:
    """Those of a mail of the program itself to somebody of the office."""
    sender = newsletter.sender.get(language) or newsletter.sender[newsletter.languages[0]]
    return [
        mailbox_field("From", sender),
        mailbox_field("To", person),
        text_field("Subject", subject),
        HeaderField("Date", format_datetime(now.astimezone(UTC))),
        HeaderField("Message-ID", f"<{about}.{identity}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", newsletter.reply_to)] if newsletter.reply_to else []),
        HeaderField("Auto-Submitted", "auto-generated"),  # RFC 3834 §5: no holiday answers
        HeaderField("Content-Language", language),
        HeaderField("MIME-Version", "1.0"),
    ]


def staff_message(
    fields: list[HeaderField], identity: str, text: str, html: str, attachments: Sequence[tuple[str, bytes]]
) -> bytes:
    """Written by hand: the standard library would write the attached messages anew, and not always with the same bytes.
    In quoted-printable `=_` stands for nothing, so no boundary can stand in a body.
    """
    outer, inner = f"=_r{identity}", f"=_a{identity}"
    content_type = HeaderField("Content-Type", f'multipart/mixed;\r\n boundary="{outer}"')
    parts = [
        head_of([*fields, content_type]),
        b"\r\n\r\n",
        f'--{outer}\r\nContent-Type: multipart/alternative;\r\n boundary="{inner}"\r\n\r\n'.encode("ascii"),
        alternatives(text, html, inner),
    ]
    for name, message in attachments:
        parts += (
            f"--{outer}\r\nContent-Type: message/rfc822\r\n"
            f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'.encode("ascii"),
            message,
            b"\r\n",
        )
    parts.append(f"--{outer}--\r\n".encode("ascii"))
    return b"".join(parts)


# -- What a reviewer reads about their parts.


def title_of(review: ReviewNews, words: Words) -> str:
    """`Migration bulletin: July 2018`."""
    return f"{review.newsletter.title(words.language)}: {words.period(review.edition.period)}"


def blocks_of(review: ReviewNews, words: Words) -> list[Block]:
    """The whole mail."""
    say = words.translations.gettext
    blocks: list[Block] = [Heading(1, title_of(review, words)), Paragraph(_opening(review, words, say))]
    for view in review.views:
        blocks += _part(review, view, words, say)
    if review.attached:
        blocks.append(
            Paragraph(
                say("Whoever runs the bulletin types these commands. You can also answer this mail with the code.")
            )
        )
    return blocks


def silence(newsletter: Newsletter, then: Unanswered, words: Words) -> str:
    """What happens to a part that nobody answered, as a sentence."""
    say = words.translations.gettext
    if newsletter.approval is Approval.NONE:
        return say("Without an answer it goes out as it is.")
    match then:
        case Unanswered.HOLD:
            return say("Without an answer the edition waits for a person.")
        case Unanswered.SEND:
            return say("Without an answer it goes out as it is.")
        case Unanswered.LEAVE_OUT:
            return say("Without an answer the edition goes out without this part.")
        case Unanswered.SKIP:
            return say("Without an answer nothing of the edition goes out; its stories wait for the next one.")


def status_of(view: PartView, zone: ZoneInfo, words: Words) -> str:
    """The status of the part, as a sentence."""
    say = words.translations.gettext
    answer = view.reviewed.answer
    if answer is None:
        return say("Nobody has answered yet.")
    values = {"name": answer.by, "when": moment(answer.at, zone, words), "reason": answer.because or ""}
    match view.status:
        case PartStatus.APPROVED:
            return say("Approved by %(name)s, %(when)s.") % values
        case PartStatus.REFUSED:
            return say("Refused by %(name)s, %(when)s: %(reason)s") % values
        case _:
            return say("It has changed since the answer of %(name)s, %(when)s, which does not count any more.") % values


def moment(at: datetime, zone: ZoneInfo, words: Words) -> str:
    """`5 August 2018, 09:00 (America/Costa_Rica)`."""
    local = at.astimezone(zone)
    return f"{words.long_date(local.date())}, {local:%H:%M} ({zone.key})"


def _opening(review: ReviewNews, words: Words, say: Say) -> str:
    schedule = review.newsletter.schedule
    at = timetable(schedule).sending_at(review.edition.period)
    said = [say("Please look at these mails before they go out, and answer for each part.")]
    if review.attached:
        said.append(say("The mails are attached, exactly as readers get them."))
    if at is not None and at > review.now:
        when = moment(at, schedule.zone, words)
        said.append(say("They go out on %(when)s; until then you can answer, and answer anew.") % {"when": when})
    elif at is not None and (until := _answers_until(review)) is not None and until > review.now:
        values = {"when": moment(at, schedule.zone, words), "until": moment(until, schedule.zone, words)}
        said.append(say("They should have gone out on %(when)s; you can answer until %(until)s.") % values)
    elif at is not None:
        when = moment(at, schedule.zone, words)
        said.append(say("They should have gone out on %(when)s and go as soon as they may.") % {"when": when})
    return " ".join(said)


def _answers_until(review: ReviewNews) -> datetime | None:
    """Until when they may answer who are asked now, the sending time being past."""
    asked = [view.reviewed.asked_at or review.now for view in review.views]
    until = [silence_counts_at(review.newsletter, review.edition, at) for at in asked]
    return max((at for at in until if at is not None), default=None)


def _part(review: ReviewNews, view: PartView, words: Words, say: Say) -> Iterator[Block]:
    zone = review.newsletter.schedule.zone
    yield Heading(2, view.title)
    if view.name in review.earlier:
        when = moment(review.earlier[view.name], zone, words)
        yield Paragraph(say("This part has changed since the mail of %(when)s.") % {"when": when})
    if view.status is not PartStatus.UNANSWERED or not review.attached:
        yield Paragraph(status_of(view, zone, words))
    yield Paragraph(_numbers(view, words, say))
    yield Heading(3, say("Subjects"))
    variants = view.part.variants
    languages = tuple(one.language for one in variants)
    yield Bullets(tuple(one.rendered.subject for one in variants), languages)
    yield Heading(3, say("What inboxes show beside them"))
    yield Bullets(tuple(one.rendered.beside_the_subject or "–" for one in variants), languages)
    yield Heading(3, say("Stories"))
    also = say("Also published by")
    told = zip_longest(view.stories, view.elsewhere, fillvalue=())
    yield Bullets(tuple(f"{title} – {also}: {', '.join(sites)}" if sites else f"{title}" for title, sites in told))
    yield from _findings(view, say)
    yield from _answer(review, view, words, say)


def _numbers(view: PartView, words: Words, say: Say) -> str:
    ngettext = words.translations.ngettext

    def counted(stories: int, readers: int | None) -> str:
        said = [ngettext("%(num)s story", "%(num)s stories", stories) % {"num": stories}]
        if readers is not None:
            said.append(ngettext("%(num)s reader", "%(num)s readers", readers) % {"num": readers})
        return ", ".join(said)

    then, before = say("It is the first edition."), view.before
    if before is not None:
        then = say("In the edition before (%(edition)s): %(numbers)s.")
        then %= {"edition": before.edition, "numbers": counted(before.stories, before.readers)}
    return f"{counted(len(view.part.story_ids), view.readers)}. {then}"


def _findings(view: PartView, say: Say) -> Iterator[Block]:
    names = {Severity.ERROR: say("Error"), Severity.WARNING: say("Warning")}
    found = tuple(
        f"{names[one.severity]} {one.code}, {one.place}: {one.reason}" for one in view.findings if one.severity in names
    )
    yield Heading(3, say("What the check says"))
    yield Bullets(found, ("en",) * len(found)) if found else Paragraph(say("Nothing: no errors, no warnings."))


def _answer(review: ReviewNews, view: PartView, words: Words, say: Say) -> Iterator[Block]:
    edition, part, by = quote(review.edition.name), quote(view.name), quote(review.by)
    yield Heading(3, say("Your answer"))
    yield Paragraph(say("This part's code, for exactly what you see:"))
    yield Command(view.code)
    yield Paragraph(say("If it is right:"))
    yield Command(lasting(f"digest approve {edition} --part {part} --by {by} --code {view.code}"))
    yield Paragraph(say("If it must not go out like this:"))
    yield Command(lasting(f'digest refuse {edition} --part {part} --by {by} --because "…"'))
    if view.status is PartStatus.REFUSED:
        yield Paragraph(say("Without an approval this part stays left out."))
    else:
        yield Paragraph(silence(review.newsletter, view.review.then, words))
