"""`digest todo`: what is to be mended before the next editions go out, or accepted."""

from typing import TYPE_CHECKING

import click

from digest.cli.invocation import Invocation, by_option, echo_json, json_option, pass_invocation
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import harmless

if TYPE_CHECKING:
    from digest.desk.todo import Todo


@click.command()
@click.option(
    "--accept", "accepted", multiple=True, metavar="ID", help="Not to be told of this again; may be repeated."
)
@click.option("--because", metavar="REASON", default="", help="Why it is right as it is; kept with the answer.")
@click.option("--undo", "taken_back", multiple=True, metavar="ID", help="Say again what was accepted; may be repeated.")
@by_option
@json_option
@pass_invocation
def todo(
    invocation: Invocation,
    accepted: tuple[str, ...],
    taken_back: tuple[str, ...],
    because: str,
    by: str,
    *,
    as_json: bool,
) -> int:
    """List what is to be done before the open editions are ready.

    What was not read, what the check finds, translations that are missing, titles that stand twice, words that were to
    be filled in, reviewers who have not answered. Each entry can be mended, or accepted with a reason: then it is not
    listed again. Exit code 3 while there is something to do.
    """
    from digest.desk import todo as doing  # 0.2 s: the pages, and all that drafts them; not for --help
    from digest.desk.drafting import drafted

    instance = invocation.instance
    if taken_back:
        if not (count := doing.take_back(instance, taken_back)):
            raise UsageError(" ".join(taken_back), _("nothing that was accepted has this id"), "digest todo")
        invocation.tell(plural("{count:,} thing is said again.", "{count:,} things are said again.", count))
    collected = instance.collect()
    instance.import_subscribers()
    views = [(one, drafted(instance, one, meant)) for one, meant in doing.open_editions(instance)]
    found = doing.todo(instance, collected, views)
    if accepted:
        count = len(doing.accept(instance, found, accepted, by, because))
        invocation.tell(plural("{count:,} thing is not said again.", "{count:,} things are not said again.", count))
        return 0
    if as_json:
        echo_json([_data(one) for one in found])
    else:
        for one in found:
            mark = _("error") if one.is_error else one.id if one.can_be_accepted else "–"
            where = " – ".join(filter(None, (one.edition, one.place)))
            invocation.tell(harmless(f"{mark}  {where}: {one.said}"))
            invocation.tell(harmless(f"  → {one.remedy}"))
        if not found:
            invocation.tell(_("Ready: there is nothing to do."))
        elif any(one.can_be_accepted for one in found):
            invocation.say(_("What is right as it is: digest todo --accept ID --because REASON"))
    return PersonNeededError.exit_code if found else 0


def _data(one: "Todo") -> dict[str, object]:
    return {
        "id": one.id,
        "edition": one.edition or None,
        "place": one.place,
        "said": one.said,
        "remedy": one.remedy,
        "error": one.is_error,
        "can_be_accepted": one.can_be_accepted,
    }
