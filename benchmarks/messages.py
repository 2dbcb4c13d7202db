"""One recipient's message bytes, tokens included."""

from dataclasses import replace
from datetime import UTC, datetime
from statistics import median

from measuring import ROUNDS, Row, rate, seconds
from rendering import title
from samples import content, newsletter

from digest.mail.composing import MessageComposer
from digest.mail.message import Recipient
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition, EditionState

PEOPLE = 50_000


def rows() -> list[Row]:
    variant = content()
    rendered = TemplateRenderer(None, title, has_public_url=True).render(variant)
    composer = MessageComposer(b"k" * 32, [newsletter()], public_url="https://bulletin.example.org")
    edition = Edition(newsletter="monthly", period=variant.period, state=EditionState.SENDING)
    edition = replace(edition, sending_at=datetime(2018, 8, 5, 15, tzinfo=UTC))
    people = [
        Recipient(row=n, subscriber=f"{n:016x}", address=f"reader{n}@example.org", name=None, variant="regional.en")
        for n in range(PEOPLE)
    ]

    def compose() -> None:
        for envelope in composer.compose(edition, rendered.message, people):
            envelope.message  # noqa: B018 – joined, as it leaves

    compose()
    taken = median(seconds(compose) for _ in range(ROUNDS))
    size = len(next(iter(composer.compose(edition, rendered.message, people))).message) // 1024
    return [rate(f"messages for recipients ({size} KB each)", PEOPLE, taken, 100_000)]
