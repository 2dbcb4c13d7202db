"""Clicks: what a button of the desk does. Each calls the function that the command of the same name calls."""

from collections.abc import Callable, Mapping, Sequence

from digest.delivery import pauses
from digest.delivery.reopening import reopen as reopen_edition
from digest.desk.forms import FilledForm
from digest.desk.going_out import TESTABLE, announced, let_changes_pass, send_trial, sendable, trial, trial_said
from digest.desk.open_desk import OpenDesk
from digest.desk.overviews import Overviews
from digest.desk.results import approved_said, followed, plan_said, reopened_said
from digest.desk.story_form import edit
from digest.desk.words_form import word
from digest.editions import approving
from digest.editions.course import happened, way_on
from digest.editions.plans.known_names import title_of
from digest.editions.plans.plan import PlanDecision
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, plural
from digest.intake.acceptance import by_fingerprint
from digest.mail.wording import edition_in_full, period_in_full
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance

Click = Callable[[OpenDesk, Newsletter, Edition, FilledForm], str]


def check(desk: OpenDesk, newsletter: Newsletter, edition: Edition, _form: FilledForm) -> str:
    found = desk.check(newsletter, edition)
    return _("The check says: {errors}, {warnings}.").format(
        errors=plural("{count:,} error", "{count:,} errors", found.errors),
        warnings=plural("{count:,} warning", "{count:,} warnings", found.warnings),
    )


def test(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    _refuse_others(edition, TESTABLE, _("there is no mail of it to try"))
    instance, desk.address = desk.instance, form.get("address")
    wanted = trial(
        instance,
        newsletter,
        edition,
        [desk.address],
        audience=form.get("audience") or None,
        language=form.get("language") or None,
        everything=form.has("everything"),
    )
    return trial_said(instance, edition, sum(1 for _mail in send_trial(instance, newsletter, wanted)))


def approve(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """Of the draft that the page showed, whose code its form carries."""
    desk.name = form.get("by")
    approved = approving.approve(
        desk.instance.bench,
        newsletter,
        edition,
        desk.name,
        code=form.get("code"),
        early=form.has("early"),
        codes=form.all("accept"),
        because=form.get("because"),
    )
    return "\n".join([approved_said(approved.edition), *followed(newsletter, approved)])


def send(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """Begin to send, once the number is that of the readers."""
    _refuse_others(edition, sendable(newsletter), _("only what is approved is sent"))
    instance, limit = desk.instance, form.number("limit")
    instance.place.refuse_exposed()
    instance.import_subscribers()
    announced(instance, newsletter, edition, limit).refuse_other(form.get("number"))
    desk.send(newsletter, edition, limit)
    return _("{edition} is leaving.").format(edition=edition_in_full(edition))


def reopen(desk: OpenDesk, _newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    desk.name = form.get("by") or desk.name
    return reopened_said(reopen_edition(desk.instance.place, edition, form.get("by"), form.get("because")))


def pause(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    instance, by = desk.instance, form.get("by") or desk.name
    held = pauses.pause(instance.pauses, edition, instance.clock.now(), by, form.get("because"))
    said = _("{edition} is {paused}.")
    return said.format(edition=edition_in_full(edition), paused=pauses.said_at(held, newsletter.schedule.zone))


def resume(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """After a pause by a person; what was refused is tried again."""
    instance, by = desk.instance, form.get("by") or desk.name
    lifted = pauses.resume(instance.pauses, edition, instance.clock.now(), by)
    said = _("{edition} goes on; it was {paused}.")
    return said.format(edition=edition_in_full(edition), paused=pauses.said_at(lifted, newsletter.schedule.zone))


def send_as_approved(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """Exactly the changes that the page showed."""
    desk.name = form.get("by") or desk.name
    let_changes_pass(desk.instance, newsletter, edition, form.get("by"), form.get("changes"))
    return _("{edition} may be sent as it was approved.").format(edition=edition_in_full(edition))


def story(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """Decide about one story, as `plan` does: into the plan that the page showed."""
    instance, action, id_, period = desk.instance, form.get("action"), form.get("story"), edition.period
    plans, seen = instance.plans, form.get("plan")
    if action in MOVES:
        planned = plans.plan(newsletter, period).order
        section = section_of(instance, edition, id_)
        order = rearranged(planned, section, id_, section.index(id_) + MOVES[action])
        stories, edited = plans.put_in_order(newsletter, period, order, seen=seen)
        action = "order"
    elif action == "place":
        order = rearranged(plans.plan(newsletter, period).order, section_of(instance, edition, id_), id_, form.place())
        stories, edited = plans.put_in_order(newsletter, period, order, seen=seen)
        action = "order"
    elif action in tuple(PlanDecision):
        because = (form.get("because") or None) if action in (PlanDecision.DROP, PlanDecision.DEFER) else None
        stories, edited = plans.decide(newsletter, period, PlanDecision(action), [id_], because, seen=seen)
    else:
        raise UsageError(action, _("is nothing that can be decided about a story"), _("use the buttons of the page"))
    titles = [title_of(one, newsletter.languages[0]) for one in stories]
    full = period_in_full(newsletter.name, period)
    return "\n".join(plan_said(action, full, titles, edited, is_special=period.is_special))


MOVES = {"up": -1, "down": 1}


def sections(instance: Instance, edition: Edition) -> list[list[str]]:
    """The stories as they stand in the mails, section by section; the lead is a section of its own."""
    outlines, record = Overviews(instance.database).outlines(edition), instance.editions.record(edition)
    widest = max(outlines, key=lambda one: len(one.story_ids), default=None)
    found: list[list[str]] = []
    before: Mapping[str, str] | None = None
    for place, id_ in enumerate(widest.story_ids if widest else ()):
        section = record.by_id[id_].section if record and id_ in record.by_id else {}
        if place > 1 and section == before:
            found[-1].append(id_)
        else:
            found.append([id_])
        before = section
    return found


def section_of(instance: Instance, edition: Edition, id_: str) -> list[str]:
    return next((section for section in sections(instance, edition) if id_ in section), [id_])


def rearranged(planned: Sequence[str], section: Sequence[str], id_: str, to: int) -> list[str]:
    """The order to plan so that the story comes to that place in its section and the others stay in theirs, with no
    more of them than it takes. It does not leave its section.
    """
    order = [one for one in section if one != id_]
    was, place = list(section).index(id_), min(max(to, 0), len(order))
    order.insert(place, id_)
    last = max(was, place, *(order.index(one) for one in planned if one in order))
    return [*(one for one in planned if one not in order), *order[: last + 1]]


def accept(desk: OpenDesk, _newsletter: Newsletter, _edition: Edition, form: FilledForm) -> str:
    """A warning of collecting is seen and right: it is not said again, whatever line it moves to."""
    instance, place, desk.name = desk.instance, form.get("warning"), form.get("by") or desk.name
    if not desk.name:
        raise UsageError("--by", _("an answer needs a name"), _("say who decides so"))
    told = by_fingerprint(((one.source, one.warnings) for one in instance.collect()), instance.items.items())
    chosen = {key: one for key, one in told.items() if str(one.place) == place}
    if not chosen:
        raise UsageError(place, _("no warning names this place"), _("look at it again"))
    instance.items.accept_findings(chosen, desk.name, instance.clock.now())
    return plural("{count} warning is not said again.", "{count} warnings are not said again.", len(chosen))


def _refuse_others(edition: Edition, states: frozenset[EditionState], cause: str) -> None:
    """As the command, which finds none to choose."""
    if edition.state not in states:
        raise PersonNeededError(edition.name, f"{happened(edition)}: {cause}", way_on(edition))


CLICKS: Mapping[str, Click] = {
    "check": check,
    "test": test,
    "approve": approve,
    "send": send,
    "reopen": reopen,
    "pause": pause,
    "resume": resume,
    "as-approved": send_as_approved,
    "story": story,
    "edit": edit,
    "word": word,
    "accept": accept,
}
