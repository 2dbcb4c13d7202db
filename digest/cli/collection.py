"""`digest items`: list what was collected, and say what is right about it."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import click

from digest.cli import HELP
from digest.cli.invocation import (
    Invocation,
    by_option,
    collect_all,
    echo_json,
    json_option,
    pass_invocation,
    table,
)
from digest.cli.writer import terminal_width
from digest.desk.columns import Column, Way, shortened, wrapped
from digest.errors import UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import harmless
from digest.intake.acceptance import by_fingerprint
from digest.intake.grouping import Judgement, PairKind, group
from digest.intake.item import DateState, TagKind

if TYPE_CHECKING:
    from digest.foundation.problems import Problem
    from digest.intake.item import Item, Story

TITLE_MOST = 64
TOPICS_MOST = 36
PAIRED = " " * 28  # under the title of an item in a pair


@click.group(context_settings=HELP, invoke_without_command=True)
@click.option("--withdrawn", is_flag=True, help="Also items that are no longer in their source.")
@json_option
@click.pass_context
def items(context: click.Context, *, withdrawn: bool, as_json: bool) -> int:
    """List the items that were collected, newest first, with their countries and topics.

    An item dated later than the next edition waits until you correct its date, confirm it, or forget the item.
    """
    return 0 if context.invoked_subcommand else _list(context.obj, withdrawn=withdrawn, as_json=as_json)


@items.command()
@click.argument("ids", nargs=-1, required=True, metavar="ITEM...")
@pass_invocation
def confirm(invocation: Invocation, ids: tuple[str, ...]) -> int:
    """Say that the date of an item is right, far ahead as it is: then it goes into the edition of its date."""
    for item in _decide(invocation, ids, DateState.ACCEPTED):
        said = _("“{title}” goes into the edition of {day}.")
        invocation.tell(said.format(title=harmless(item.text.title), day=item.published_on))
    return 0


@items.command()
@click.argument("ids", nargs=-1, required=True, metavar="ITEM...")
@pass_invocation
def forget(invocation: Invocation, ids: tuple[str, ...]) -> int:
    """Leave an item alone whose date is wrong: no edition takes it. With its date corrected it is like any other.

    Of any other item, forget what was said with merge and split.
    """
    judged = _judged(invocation, ids)
    for item in judged:
        invocation.instance.items.forget_judgements(item.id)
        invocation.tell(_("What was said of “{title}” is forgotten.").format(title=harmless(item.text.title)))
    if judged:
        invocation.instance.collect()
        return 0
    for item in _decide(invocation, ids, DateState.FORGOTTEN):
        said = _("“{title}” ({day}) goes into no edition.")
        invocation.tell(said.format(title=harmless(item.text.title), day=item.published_on))
    return 0


@items.command()
@click.argument("places", nargs=-1, metavar="[FILE | FILE:LINE]...")
@click.option("--all", "everything", is_flag=True, help="All warnings there are now.")
@click.option("--undo", is_flag=True, help="Say them again.")
@by_option
@pass_invocation
def accept(invocation: Invocation, places: tuple[str, ...], by: str, *, everything: bool, undo: bool) -> int:
    """Say that warnings of `digest collect` are seen and right: they are not printed again, whatever line they move to.

    FILE and FILE:LINE as the warnings name them. Errors, and dates that wait for you, cannot be accepted.
    """
    if bool(places) == everything:
        raise click.UsageError(_("name files or lines as the warnings do, or say --all"))
    store = invocation.instance.items
    results = invocation.instance.collect()
    told = ((one.source, one.accepted if undo else one.warnings) for one in results)
    chosen = by_fingerprint(told, store.items())
    if not everything:
        chosen = {key: one for key, one in chosen.items() if not {str(one.place), one.place.file}.isdisjoint(places)}
        _refuse_unknown(places, chosen.values(), accepted=undo)
    if not chosen:
        invocation.say(_("There is no such warning."))
    elif undo:
        store.forget_accepted_findings(chosen)
        invocation.tell(plural("{count} warning is said again.", "{count} warnings are said again.", len(chosen)))
    else:
        store.accept_findings(chosen, by, invocation.instance.clock.now())
        invocation.tell(
            plural("{count} warning is not said again.", "{count} warnings are not said again.", len(chosen))
        )
    return 0


@items.command()
@json_option
@pass_invocation
def pairs(invocation: Invocation, *, as_json: bool) -> int:
    """List items that are taken for the same story, or may be, and what was said of them.

    A pair of which you are asked counts as two stories until you say `merge` or `split`.
    """
    _results, code = collect_all(invocation)
    store = invocation.instance.items
    known = {item.id: item for item in store.items()}
    said = store.judgements()
    story_of = store.story_of()
    found = group([*known.values()], story_of, invocation.instance.editions.settled().keys(), said).pairs
    shown = {frozenset((one.pair.one.id, one.pair.other.id)) for one in found}
    rows = [
        (_("one story") if one.joined else _("asked"), str(one.kind), one.pair.one, one.pair.other) for one in found
    ]
    for one in said:
        if one.one not in known or one.other not in known:
            continue
        first, second = known[one.one], known[one.other]
        if one.by:
            rows.append((_("merged") if one.same else _("split"), _("by {name}").format(name=one.by), first, second))
        elif frozenset((one.one, one.other)) not in shown and story_of[one.one] == story_of[one.other]:
            is_one = first.language == second.language
            was = PairKind.DUPLICATE if is_one else PairKind.TRANSLATION
            rows.append((_("one story"), str(was), first, second))
    if as_json:
        echo_json([{"standing": row[0], "kind": row[1], "items": [row[2].id, row[3].id]} for row in rows])
        return code
    for standing, kind, *both in rows:
        invocation.tell(f"{standing} ({kind})")
        for item in both:
            invocation.tell(_paired(item))
    if not rows:
        invocation.say(_("No two items are alike."))
    asked = next((one.pair for one in found if not one.joined), None)
    if asked is not None:
        said_next = _("Next: digest items merge {one} {other}, or digest items split {one} {other}")
        invocation.say(said_next.format(one=asked.one.id[:8], other=asked.other.id[:8]))
    return code


@items.command()
@click.argument("ids", nargs=-1, required=True, metavar="ITEM ITEM...")
@by_option
@pass_invocation
def merge(invocation: Invocation, ids: tuple[str, ...], by: str) -> int:
    """Say that items tell the same story: readers are shown one of them, and what an edition has taken is taken."""
    chosen = _judge(invocation, ids, by, same=True)
    invocation.tell(_("These are one story:"))
    for item in chosen:
        invocation.tell(f"  {item.published_on}  {item.language}  {harmless(item.text.title)}")
    return 0


@items.command()
@click.argument("ids", nargs=-1, required=True, metavar="ITEM ITEM...")
@by_option
@pass_invocation
def split(invocation: Invocation, ids: tuple[str, ...], by: str) -> int:
    """Say that items tell different stories. Where an edition has taken them as one, both stay taken."""
    chosen = _judge(invocation, ids, by, same=False)
    invocation.tell(_("These are stories of their own:"))
    for item in chosen:
        invocation.tell(f"  {item.published_on}  {item.language}  {harmless(item.text.title)}")
    return 0


def _judge(invocation: Invocation, ids: tuple[str, ...], by: str, *, same: bool) -> "list[Item]":
    """Of each two of them; in force at once."""
    store = invocation.instance.items
    known = store.items()
    chosen = [*{item.id: item for item in (_meant(known, one) for one in ids)}.values()]
    if len(chosen) < 2:  # noqa: PLR2004
        raise click.UsageError(_("name two items or more, by the ids in `digest items`"))
    said = [Judgement(one=one.id, other=other.id, same=same, by=by) for one, other in combinations(chosen, 2)]
    store.judge(said, invocation.instance.clock.now())
    invocation.instance.collect()
    return chosen


def _judged(invocation: Invocation, ids: tuple[str, ...]) -> "list[Item]":
    """Those of which something was said; nothing if a date of one is asked about."""
    store = invocation.instance.items
    known, said = store.items(), store.judgements()
    chosen = [_meant(known, one) for one in ids]
    if any(item.date_state.keeps_out for item in chosen):
        return []
    return [item for item in chosen if any(one.by and item.id in one for one in said)]


def _paired(item: "Item") -> str:
    title, width = harmless(item.text.title), terminal_width()
    lines = wrapped(title, width - len(PAIRED)) if width else [title]
    return "\n".join(
        [f"  {item.id[:8]}  {item.published_on}  {item.language}  {lines[0]}", *(PAIRED + line for line in lines[1:])]
    )


def _meant(known: "Sequence[Item]", beginning: str) -> "Item":
    found = [item for item in known if item.id.startswith(beginning.strip().lower())]
    if len(found) != 1:
        cause = _("{count} items begin like this").format(count=len(found)) if found else _("no item has this id")
        raise UsageError(beginning, cause, _("list them with `digest items`"))
    return found[0]


def _refuse_unknown(places: Sequence[str], chosen: "Iterable[Problem]", *, accepted: bool) -> None:
    known = {place for one in chosen for place in (str(one.place), one.place.file)}
    for place in places:
        if place not in known:
            cause = _("no accepted warning names this place") if accepted else _("no warning names this place")
            raise UsageError(place, cause, _("write it as `digest -v collect` does, such as bulletins/july.txt:12"))


def _decide(invocation: Invocation, ids: tuple[str, ...], state: "DateState") -> "list[Item]":
    """All of them or none."""
    store = invocation.instance.items
    chosen = [_asked_about(store.items(), one) for one in ids]
    for item in chosen:
        store.decide_date(item, state)
    return chosen


def _asked_about(known: "Sequence[Item]", beginning: str) -> "Item":
    item = _meant(known, beginning)
    if not item.date_state.keeps_out:
        raise UsageError(
            beginning,
            _("nobody is asked about its date"),
            _("to leave it out: digest plan drop {item}").format(item=item.id[:8]),
        )
    return item


def _list(invocation: Invocation, *, withdrawn: bool, as_json: bool) -> int:
    _results, code = collect_all(invocation)
    found = [item for item in invocation.instance.items.items() if withdrawn or not item.withdrawn]
    found.sort(key=lambda item: (-item.published_on.toordinal(), item.source, item.position))
    story_of = {item.id: story for story in invocation.instance.items.stories() for item in story.items}
    if as_json:
        echo_json([_item_data(item, story_of[item.id]) for item in found])
    elif found:
        marked = [(item, _mark(item, story_of[item.id])) for item in found]
        invocation.tell(_items_table(marked, whole_titles=withdrawn or any(mark for _item, mark in marked)))
    else:
        invocation.say(_("No items yet: put bulletins into the source folder."))
    return code


def _items_table(found: "list[tuple[Item, str]]", *, whole_titles: bool) -> str:
    """`whole_titles`: none may be cut before what is said behind it."""
    title = Column(_("title"), Way.WRAPPED if whole_titles else Way.CUT)
    countries, topics = Column(_("countries"), Way.WRAPPED, least=12), Column(_("topics"), Way.CUT, spare=1)
    rows = [
        [
            item.id[:8],
            item.published_on.isoformat(),
            item.language,
            " ".join(sorted(item.values(TagKind.COUNTRY))) or "–",
            shortened(", ".join(sorted(item.values(TagKind.TOPIC))) or "–", TOPICS_MOST),
            f"{shortened(item.text.title, TITLE_MOST)} {mark}".rstrip(),
        ]
        for item, mark in found
    ]
    return table([_("id"), _("date"), _("lang"), countries, topics, title], rows)


def _mark(item: "Item", story: "Story") -> str:
    if item.withdrawn:
        return _("(withdrawn)")
    if item.waits:
        return _("(waits: is its date right?)")
    if item.date_state.keeps_out:
        return _("(forgotten)")
    shown = story.in_language(item.language)
    return "" if shown.source == item.source else _("(shown as {source} has it)").format(source=shown.source)


def _item_data(item: "Item", story: "Story") -> dict[str, object]:
    return {
        "id": item.id,
        "story": story.id,
        "shown": story.shows(item),
        "source": item.source,
        "file": item.place.file,
        "line": item.place.line,
        "date": item.published_on.isoformat(),
        "language": item.language,
        "title": item.text.title,
        "paragraphs": list(item.text.paragraphs),
        "link": item.text.link,
        "countries": sorted(item.values(TagKind.COUNTRY)),
        "topics": sorted(item.values(TagKind.TOPIC)),
        "tags": [
            {
                "kind": tag.kind.value,
                "value": tag.value,
                "term": tag.term,
                "where": tag.where.value,
                "strength": tag.strength.value,
            }
            for tag in item.tags
        ],
        "withdrawn": item.withdrawn,
        "date_state": item.date_state.value,
    }
