"""A trial of a template set: an invented edition in its mails, judged like a real one."""

from collections.abc import Iterator
from dataclasses import replace

from digest.editions.workbench import Workbench
from digest.foundation.problems import Place
from digest.intake.item import Item, Text
from digest.mail.checks.rule import Finding, Specimen
from digest.mail.content import Introduction, Section, Shown, VariantContent
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.timetable import timetable

_LONG = {
    "en": "The centre opens on five days a week and answers questions about papers, schools and work. ",
    "es": "El centro abre cinco días a la semana y responde preguntas sobre papeles, escuelas y trabajo. ",
}
_TITLES = {
    "en": ("A centre for newcomers opens its doors", "Teachers meet for two days", "Late news of a new telephone line"),
    "es": (
        "Abre un centro para recién llegados",
        "Docentes se reúnen dos días",
        "Noticia tardía: nueva línea telefónica",
    ),
}
_SAID = {"en": "Read this first.", "es": "Lea esto primero."}


def tried(bench: Workbench, newsletter: Newsletter, template: str) -> Iterator[Finding]:
    """What the check says of a mail with every kind of story, and of one with a single story, in each language. Raise
    `ConfigurationError` for what goes wrong in the template.
    """
    newsletter = replace(newsletter, template=template)
    period = timetable(newsletter.schedule).containing(bench.clock.now().date())
    edition = Edition(newsletter=newsletter.name, period=period, state=EditionState.DRAFT)
    for language in newsletter.languages:
        whole = _content(bench, newsletter, period, language)
        for content in (whole, replace(whole, sections=(), introduction=None)):
            rendered = bench.renderer.render(content)
            found = bench.gate(
                Specimen(
                    name=f"{template}.{language}",
                    title=f"{template} – {language}",
                    language=language,
                    subject=rendered.subject,
                    html=bench.composer.sample_body(edition, rendered.html),
                    text=bench.composer.sample_body(edition, rendered.text),
                    message=bench.composer.sample(edition, rendered.message).message,
                    publisher=bench.publisher,
                    newsletter=newsletter,
                    public_url=bench.public_url,
                    story_titles=tuple(shown.item.text.title for shown in content.stories),
                )
            )
            yield from (replace(one, place=f"{template}, {language}, {one.place}") for one in found)


def _content(bench: Workbench, newsletter: Newsletter, period: Period, language: str) -> VariantContent:
    spoken = language if language in _TITLES else "en"
    said = _LONG[spoken]
    website = bench.publisher.website or "https://example.org"
    texts = (
        Text(title=_TITLES[spoken][0], paragraphs=(said * 6, said * 3), summary=said, link=f"{website}/one"),
        Text(
            title=_TITLES[spoken][1],
            paragraphs=(said, said),
            html=f"<p>{said}</p><ul><li>{said}</li></ul>",
            author="Marta",
        ),
        Text(title=_TITLES[spoken][2], paragraphs=(said,), link=f"{website}/three"),
    )
    lead, plain, late = (_shown(number, text, period, spoken) for number, text in enumerate(texts, start=1))
    return VariantContent(
        publisher=bench.publisher,
        newsletter=newsletter,
        period=period,
        revision=1,
        language=language,
        lead=lead,
        sections=(Section(key=None, stories=(plain, replace(late, late=True))),),
        introduction=Introduction(paragraphs=(_SAID[spoken],)),
    )


def _shown(number: int, text: Text, period: Period, language: str) -> Shown:
    item = Item(
        id=f"trial-{number}",
        source="trial",
        place=Place("trial", number),
        published_on=period.start,
        language=language,
        text=text,
    )
    return Shown(story_id=f"trial-{number}", item=item, late=False)
