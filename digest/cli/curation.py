"""`digest plan`: decide about the stories of an edition."""

from collections.abc import Mapping
from dataclasses import dataclass
from os.path import relpath
from typing import Any

import click

from digest.cli.invocation import (
    Invocation,
    collect_all,
    draft_meant,
    edition_names,
    inbox_lines,
    named,
    newsletter_option,
    pass_invocation,
    period_option,
    table,
)
from digest.desk.columns import Column, Way, shortened
from digest.desk.results import corrected_said, plan_said
from digest.editions import missed
from digest.editions.open_parts import OpenPart, open_parts
from digest.editions.plans.correction_edits import Words, listed_in
from digest.editions.plans.known_names import title_of
from digest.editions.plans.plan import FIELDS, OF_STORY, InboxLine, Plan, PlanDecision
from digest.editions.plans.plan_file import INTRODUCTION
from digest.editions.plans.planning import Candidate
from digest.editions.plans.stubs import write_stubs
from digest.editions.supplements import drop_part
from digest.foundation.catalogue import _
from digest.intake.item import TagKind
from digest.mail.wording import edition_in_full, period_in_full
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period

LINES = (*InboxLine, INTRODUCTION)
ACTIONS = ("drop", "defer", "lead", "pin", "keep", "order", "edit", *LINES)
TITLE_MOST = 64


@click.command()
@click.argument("words", nargs=-1, metavar="[EDITION | ACTION STORY... | LINE TEXT]")
@newsletter_option
@period_option
@click.option("--because", metavar="REASON", help="Why a story is dropped or deferred; your colleagues see it.")
@click.option("--stubs", is_flag=True, help="Write files to fill in for stories that lack a language.")
@click.option(
    "--language",
    metavar="CODE",
    help="With --stubs or a LINE: only for this one. With edit: what it is in.",
)
@click.option("--title", metavar="TEXT", help="With edit: the title; an empty one is the source's again.")
@click.option("--summary", metavar="TEXT", help="With edit: the summary; an empty one is the source's again.")
@click.option("--countries", metavar="LIST", help="With edit: its countries, such as GT,HN; an empty list is none.")
@click.option("--topics", metavar="LIST", help="With edit: its topics, such as children; an empty list is none.")
@click.option("--undo", is_flag=True, help="With edit: say again what the source says.")
@pass_invocation
def plan(
    invocation: Invocation,
    /,
    words: tuple[str, ...],
    newsletter: str | None,
    period: str | None,
    because: str | None,
    *,
    stubs: bool,
    **said: Any,
) -> int:
    """Write a plan for EDITION to fill in, or show the one there is, with all mistakes.

    \b
    An ACTION changes it without an editor; STORY is an id or words of a title:
      drop STORY    leave it out, for good; also a part that was left out: 2018-07/guatemala
      defer STORY   leave it for the next edition
      lead STORY    show it above all others
      pin STORY     show it first in its section
      order STORY…  show these in this order, before the others
      keep STORY    undo drop, defer, lead and pin
      edit STORY    say something else than its source does: --title, --summary,
                    --countries, --topics, --language

    \b
    A LINE is what inboxes show, or what stands first; an empty TEXT ("") takes it out:
      subject TEXT       in place of the title of the first story
      preheader TEXT     beside the subject
      introduction TEXT  your words before the stories, in Markdown
    """  # noqa: D301 – the mark by which click keeps lines as they are
    instead = {field: said[field] for field in FIELDS if said[field] is not None}
    if words and words[0] in ACTIONS:
        typed = _Typed(because=because, instead=instead, stubs=stubs, undo=said["undo"])
        return _changed(invocation, words[0], words[1:], newsletter, period, typed)
    if said["undo"] or instead.keys() - {"language"}:
        raise click.UsageError(_("--title, --summary, --countries, --topics and --undo go with edit"))
    if because is not None:
        raise click.UsageError(_("--because goes with drop and defer"))
    language = instead.get("language")
    if language is not None and not stubs:
        raise click.UsageError(_("--language goes with --stubs, subject, preheader, introduction and edit"))
    if len(words) > 1:
        no_such = _("no such action {action}: there is {actions}")
        raise click.UsageError(no_such.format(action=repr(words[0]), actions=", ".join(ACTIONS)))
    _results, code = collect_all(invocation)
    chosen, name = named(invocation, words[0] if words else None, newsletter, period)
    meant = draft_meant(invocation, chosen, name).period
    if stubs:
        _write_stubs(invocation, chosen, meant, language)
    else:
        _show(invocation, chosen, meant)
    return code


def _show(invocation: Invocation, chosen: Newsletter, meant: Period) -> None:
    """Write the plan if there is none, then list the stories with what is decided about them."""
    instance = invocation.instance
    plans = instance.plans
    path = plans.path(chosen, meant).relative_to(instance.folder)
    written = plans.write_new_plan(chosen, meant)
    planned = plans.plan(chosen, meant)
    found = plans.candidates(chosen, meant)
    if found:
        invocation.tell(_table(found, planned, chosen.languages[0]))
    for said in inbox_lines(planned, chosen.languages):
        invocation.tell(said)
    closed = plans.closed_edition(chosen, meant)
    if closed is not None:
        said = _("{edition} is {state}: its plan changes nothing in it any more.")
        invocation.say(said.format(edition=edition_in_full(closed), state=closed.state.said))
        return
    said = _("Written, to be filled in: {path}") if written else _("No mistakes in {path}")
    invocation.say(said.format(path=path))
    following = _(
        "Next: edit it, or decide with `digest plan drop STORY`, defer, lead …; then digest preview {edition}"
    )
    invocation.say(following.format(edition=meant.key))


def _word(
    invocation: Invocation,
    line: str,
    words: tuple[str, ...],
    newsletter: str | None,
    period: str | None,
    language: str | None,
) -> int:
    """Write a line of inboxes into the plan of the edition named, or of the one that `plan` shows."""
    if not words:
        raise click.UsageError(_('say the words: digest plan {line} "…"').format(line=line))
    instance = invocation.instance
    chosen, name = named(invocation, None, newsletter, period)
    meant = draft_meant(invocation, chosen, name).period
    if line == INTRODUCTION:
        edited = instance.plans.introduce(chosen, meant, " ".join(words), language)
    else:
        edited = instance.plans.word(chosen, meant, InboxLine(line), " ".join(words), language)
    path = instance.plans.path(chosen, meant).relative_to(instance.folder)
    if edited.before == edited.after:
        invocation.tell(_("{path} says so already.").format(path=path))
        return 0
    invocation.tell(period_in_full(chosen.name, meant))
    for said in inbox_lines(edited.after, chosen.languages):
        invocation.tell(said)
    said = _("Written into {path}. Next: digest preview {edition}")
    invocation.say(said.format(path=path, edition=f"{chosen.name}/{meant.key}"))
    return 0


def _edit(
    invocation: Invocation, words: tuple[str, ...], newsletter: str | None, period: str | None, instead: Words
) -> int:
    if len(words) != 1:
        raise click.UsageError(_("name one story: digest plan edit ID"))
    instance = invocation.instance
    chosen, name = named(invocation, None, newsletter, period)
    meant = edition_names(invocation, chosen).period(name) if name else instance.plans.due_period(chosen, words)
    story, item, edited = instance.plans.correct(chosen, meant, words[0], instead)
    path = instance.plans.path(chosen, meant).relative_to(instance.folder)
    if edited.before == edited.after:
        invocation.tell(_("{path} says so already.").format(path=path))
        return 0
    for line in corrected_said(instead, edited, title_of(story, item.language), item):
        invocation.tell(line)
    said = _("Written into {path}. Next: digest preview {edition}")
    invocation.say(said.format(path=path, edition=f"{chosen.name}/{meant.key}"))
    return 0


def _changed(
    invocation: Invocation,
    action: str,
    words: tuple[str, ...],
    newsletter: str | None,
    period: str | None,
    typed: "_Typed",
) -> int:
    typed.refuse_others(action)
    if action == "edit":
        return _edit(invocation, words, newsletter, period, typed.corrections)
    if action in LINES:
        return _word(invocation, action, words, newsletter, period, typed.instead.get("language"))
    return _act(invocation, action, words, newsletter, period, typed.because)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What stands beside an action."""

    because: str | None
    instead: Mapping[str, str]
    stubs: bool
    undo: bool

    def refuse_others(self, action: str) -> None:
        """What does not go with the action."""
        if action != "edit" and (self.undo or self.instead.keys() - {"language"}):
            raise click.UsageError(_("--title, --summary, --countries, --topics and --undo go with edit"))
        if self.stubs or (action in (*LINES, "edit") and self.because is not None):
            said = _("--stubs and --because do not go with {action}")
            raise click.UsageError(said.format(action=repr(action)))
        if action not in (*LINES, "edit") and "language" in self.instead:
            said = _("--stubs and --language do not go with {action}")
            raise click.UsageError(said.format(action=repr(action)))

    @property
    def corrections(self) -> Words:
        """Field → what is said instead of what the source says."""
        if self.undo == bool(self.instead):
            said = _("say what is to be another: --title, --summary, --countries, --topics, --language; or --undo")
            raise click.UsageError(said)
        if self.undo:
            return dict.fromkeys(FIELDS)
        return {field: listed_in(words) if field in OF_STORY else words for field, words in self.instead.items()}


def _act(
    invocation: Invocation,
    action: str,
    words: tuple[str, ...],
    newsletter: str | None,
    period: str | None,
    because: str | None,
) -> int:
    if not words:
        raise click.UsageError(_("name a story: digest plan {action} ID").format(action=action))
    if because is not None and action not in ("drop", "defer"):
        raise click.UsageError(_("--because goes with drop and defer"))
    instance = invocation.instance
    plans = instance.plans
    chosen, name = named(invocation, None, newsletter, period)
    if action == "drop" and _drop_parts(invocation, chosen, words, because):
        return 0
    meant = edition_names(invocation, chosen).period(name) if name else None
    is_special = meant is not None and meant.is_special
    if action == "drop" and not is_special and _drop_waiting(invocation, chosen, words, because):
        return 0
    meant = meant or plans.due_period(chosen, words)
    if action == "order":
        stories, edited = plans.put_in_order(chosen, meant, words)
    else:
        stories, edited = plans.decide(chosen, meant, PlanDecision(action), words, because)
    path = plans.path(chosen, meant).relative_to(instance.folder)
    if edited.before == edited.after:
        invocation.tell(_("{path} says so already.").format(path=path))
        return 0
    titles = [title_of(story, chosen.languages[0]) for story in stories]
    in_full = period_in_full(chosen.name, meant)
    for line in plan_said(action, in_full, titles, edited, is_special=is_special):
        invocation.tell(line)
    said = _("Written into {path}. Next: digest preview {edition}")
    invocation.say(said.format(path=path, edition=f"{chosen.name}/{meant.key}"))
    return 0


def _drop_waiting(invocation: Invocation, newsletter: Newsletter, words: tuple[str, ...], because: str | None) -> bool:
    """Whether these are stories that waited because their edition was missed."""
    instance = invocation.instance
    waiting = instance.plans.waiting(newsletter, words)
    if not waiting:
        return False
    if len(waiting) < len(words):
        raise click.UsageError(_("not all of these wait because their edition was missed: name one at a time"))
    missed.drop(instance.bench, newsletter, [story.id for story in waiting], because)
    for story in waiting:
        said = _("“{title}” is left out for good. It waited because its edition was missed.")
        invocation.tell(said.format(title=title_of(story, newsletter.languages[0])))
    return True


def _drop_parts(invocation: Invocation, newsletter: Newsletter, words: tuple[str, ...], because: str | None) -> bool:
    """Whether these are parts that were left out of editions."""
    parts = _open_parts(invocation, newsletter, words)
    for part in parts:
        drop_part(invocation.instance.bench, part, because)
        said = _("{part} is given up: its readers do not get what {edition} had for it alone.")
        invocation.tell(said.format(part=part.title, edition=edition_in_full(part.edition)))
    return bool(parts)


def _open_parts(invocation: Invocation, newsletter: Newsletter, words: tuple[str, ...]) -> list[OpenPart]:
    """Those named by all of the words, as `2018-07/guatemala`; a title with a slash in it names none."""
    known: dict[str, OpenPart] = {}
    for one in open_parts(invocation.instance.editions, newsletter.name):
        known |= dict.fromkeys((f"{one.edition.key}/{one.part}", f"{one.edition.name}/{one.part}"), one)
    found = [known[word] for word in words if word in known]
    return found if len(found) == len(words) else []


def _write_stubs(invocation: Invocation, chosen: Newsletter, meant: Period, language: str | None) -> None:
    stubs = write_stubs(invocation.instance.plans, invocation.instance.settings.sources, chosen, meant, language)
    for stub in stubs:
        state = _("written") if stub.new else _("was there already")
        invocation.tell(f"{relpath(stub.path, invocation.instance.folder)}: {state}")
    if not stubs:
        said = _("Every story of {edition} has all its languages.")
        invocation.say(said.format(edition=period_in_full(chosen.name, meant)))
    elif any(stub.new for stub in stubs):
        invocation.say(_("Write the title and the text into each, then take the line “draft: true” out."))


def _table(found: list[Candidate], planned: Plan, language: str) -> str:
    rows = [
        [
            one.story.id[:8],
            one.story.published_on.isoformat(),
            " ".join(sorted(one.story.languages)),
            " ".join(sorted(one.story.values(TagKind.COUNTRY))) or "–",
            _decision(one, planned),
            shortened(title_of(one.story, language), TITLE_MOST),
        ]
        for one in found
    ]
    countries, decided = (Column(heading, Way.WRAPPED, least=12) for heading in (_("countries"), _("plan")))
    return table([_("id"), _("date"), _("lang"), countries, decided, Column(_("title"), Way.WRAPPED)], rows)


def _decision(one: Candidate, planned: Plan) -> str:
    """What the plan says of the story; else the ruling, if it is not simply included."""
    story_id, ruling = one.story.id, one.verdict.ruling
    corrected = {correction.item_id for correction in planned.corrections}
    said = [] if ruling.value == "included" else [ruling.value]
    if story_id == planned.lead:
        said.append(_("lead"))
    if story_id in planned.pinned:
        said.append(_("pinned"))
    if story_id in planned.order:
        said.append(_("no. {place}").format(place=planned.order.index(story_id) + 1))
    if any(item.id in corrected for item in one.story.items):
        said.append(_("corrected"))
    return ", ".join(said) or "–"
