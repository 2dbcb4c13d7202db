"""What a person means who names a newsletter, audiences, a language, an address or a line of text."""

from collections.abc import Iterable, Mapping, Sequence

import click

from digest.cli.invocation import Invocation
from digest.foundation.catalogue import _, plural
from digest.foundation.words import did_you_mean, listed, quoted
from digest.mail.wording import audience_title
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter

audience_option = click.option(
    "--audience", "audiences", multiple=True, metavar="NAME", help="What they want; may be repeated."
)
language_option = click.option("--language", metavar="CODE", help="The language of their mails.")
because_option = click.option("--because", metavar="REASON", help="Why; it is kept with the change.")


def newsletter_meant(invocation: Invocation, name: str | None) -> Newsletter:
    known = {one.name: one for one in invocation.instance.settings.newsletters}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is None:
        raise click.UsageError(_("say which newsletter: --newsletter {names}").format(names=listed([*known])))
    if name not in known:
        said = _("there is no newsletter {name}{guess}").format(name=quoted(name), guess=did_you_mean(name, [*known]))
        raise click.UsageError(said)
    return known[name]


def choices_told(newsletter: Newsletter, by_audience: Mapping[str, int], choices: int) -> str:
    """How many chose each audience, and how many different choices there are."""
    shares = ", ".join(f"{audience_title(newsletter, name)} {people:,}" for name, people in by_audience.items())
    return plural("{shares}; {count:,} choice", "{shares}; {count:,} different choices", choices, shares=shares)


def refuse_unknown_audiences(newsletters: Iterable[Newsletter], names: Sequence[str]) -> None:
    known = [audience.name for newsletter in newsletters for audience in newsletter.audiences]
    for name in names:
        if name not in known:
            said = _("there is no audience {name}{guess}; there are {names}")
            raise click.UsageError(
                said.format(name=quoted(name), guess=did_you_mean(name, known), names=listed(known, "and"))
            )


def audience_names(newsletter: Newsletter) -> str:
    return listed([audience.name for audience in newsletter.audiences])


def choice_meant(newsletter: Newsletter, audiences: Sequence[str], language: str | None) -> Choice:
    refuse_unknown_audiences([newsletter], audiences)
    if language is None and len(newsletter.languages) == 1:
        language = newsletter.languages[0]
    if language not in newsletter.languages:
        raise click.UsageError(
            _("say in which language: --language {names}").format(names=listed(newsletter.languages))
        )
    return Choice(newsletter=newsletter.name, audiences=frozenset(audiences), language=language)
