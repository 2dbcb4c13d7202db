"""`digest correct`: mend a story for those who got it."""

import click

from digest.cli.invocation import Invocation, edition_meant, named, newsletter_option, pass_invocation, refresh
from digest.delivery.addressees import prospects
from digest.desk.pages import write_browse_page
from digest.editions.supplements import correct as draft_correction
from digest.foundation.catalogue import _, plural
from digest.mail.wording import edition_in_full


@click.command()
@click.argument("edition")
@click.argument("story")
@newsletter_option
@click.option("--because", metavar="REASON", help="What was wrong; it is shown in `digest status`.")
@pass_invocation
def correct(invocation: Invocation, edition: str, story: str, newsletter: str | None, because: str | None) -> int:
    """Draft the correction of a STORY of the EDITION: it goes only to those whose mail held that story.

    STORY is an id or words of its title, as it was sent or as it is now. The corrected text is that of its source
    today; what the source cannot say stands in the plan of the correction. Without a difference nothing is drafted.

    A correction has to be approved and sent like any edition, and never goes out by itself. Called again before it is
    approved, it is drafted anew.
    """
    code = refresh(invocation)
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, None)
    meant = edition_meant(invocation, chosen, words, frozenset({"finished"}), _("to be corrected"))
    because = because.strip() if because and because.strip() else None
    built = draft_correction(instance.bench, chosen, meant, story, because)
    write_browse_page(instance)
    readers = sum(prospects(instance.database, built.edition).values())
    said = plural(
        "{edition} was drafted for the {count:,} reader who got the story.",
        "{edition} was drafted for the {count:,} readers who got the story.",
        readers,
        edition=edition_in_full(built.edition),
    )
    invocation.tell(said)
    following = _("Next: digest preview {edition}, then digest approve {edition} --by NAME")
    invocation.say(following.format(edition=built.edition.key))
    return code
