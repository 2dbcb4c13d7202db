"""Looks through the sources of a template set for what the compiler accepts silently and readers then suffer from."""

from collections.abc import Iterator

from digest.errors import ConfigurationError
from digest.model.place import Place, Problem, Severity
from digest.rendering.markup_walk import Fault, Walk
from digest.rendering.placeholders import JINJA, with_placeholders
from digest.rendering.templates import TemplateSet

EDITION = "edition.mjml"
MOST_TOLD = 20


def faults_of(template_set: TemplateSet) -> tuple[Problem, ...]:
    """In the order of the template, each with its file and line; the parts are seen where they are included."""
    source = template_set.source(EDITION)
    found = sorted({*_in_jinja(source.text), *_in_markup(source.text)}, key=lambda fault: (fault.line, fault.cause))
    problems = []
    for fault in found:
        place = source.place(fault.line)
        problems.append(
            Problem(
                place=Place(str(template_set.path(place.file)), place.line),
                severity=Severity.ERROR,
                cause=fault.cause,
                remedy=fault.remedy,
            )
        )
    return tuple(problems)


def refuse_faults(template_set: TemplateSet) -> None:
    """Raise `ConfigurationError` that names all faults."""
    problems = faults_of(template_set)
    if not problems:
        return
    first, *others = problems[:MOST_TOLD]
    told = [f"{first.cause}; {first.remedy}", *(f"{each.place}: {each.cause}; {each.remedy}" for each in others)]
    if len(problems) > MOST_TOLD:
        told.append(f"and {len(problems) - MOST_TOLD} more faults")
    raise ConfigurationError(str(first.place), "\n".join(told), "see docs/how-to/your-own-templates.md")


def _in_jinja(text: str) -> Iterator[Fault]:
    for found in JINJA.finditer(text):
        if "<" in found[0]:
            place = found.start() + found[0].index("<")
            remedy = "use 'lt', turn the comparison round ('>'), or move the markup out of the tag"
            yield Fault(text.count("\n", 0, place) + 1, "'<' inside Jinja, which the compiler takes for a tag", remedy)


def _in_markup(text: str) -> list[Fault]:
    plain, tags = with_placeholders(text)
    return Walk(tags).faults(plain)
