"""The gate on one variant of 10 stories, against parsing its HTML with lxml."""

from lxml import html as lxml_html
from measuring import Row, in_turns
from rendering import title
from samples import content, newsletter

from digest.mail.checks.gate import check
from digest.mail.checks.rule import Specimen
from digest.mail.composing import MessageComposer
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition, EditionState

MOST_MILLISECONDS = 25
TIMES = 10


def rows() -> list[Row]:
    variant = content()
    rendered = TemplateRenderer(None, title, has_public_url=True).render(variant)
    composer = MessageComposer(b"k" * 32, [newsletter()], public_url="https://bulletin.example.org")
    edition = Edition(newsletter="monthly", period=variant.period, state=EditionState.DRAFT)
    specimen = Specimen(
        name="regional.en",
        title="Region – English",
        language="en",
        subject=rendered.subject,
        html=composer.sample_body(edition, rendered.html),
        text=composer.sample_body(edition, rendered.text),
        message=composer.sample(edition, rendered.message).message,
        publisher=variant.publisher,
        newsletter=variant.newsletter,
        public_url="https://bulletin.example.org",
    )
    ours, yardstick = in_turns(
        lambda: [check(specimen) for _ in range(TIMES)],
        lambda: [lxml_html.document_fromstring(specimen.html) for _ in range(TIMES)],
    )
    taken = ours / TIMES * 1000
    return [
        Row(
            work="the gate on one variant of 10 stories",
            value=f"{taken:.1f} ms",
            target=f"≤ {MOST_MILLISECONDS} ms",
            met=taken <= MOST_MILLISECONDS,
            detail=f"{ours / yardstick:.0f} × parsing its HTML with lxml",
        )
    ]
