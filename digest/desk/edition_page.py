"""An edition's page at the desk: its mails, its stories, what is to do, and the button for the next step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from digest.delivery import pauses
from digest.desk.chart_tables import drawn_numbers
from digest.desk.clicks import sections
from digest.desk.examined import Examined
from digest.desk.going_out import TESTS_MOST, announced, is_tested, sendable, sent_said
from digest.desk.open_desk import OpenDesk, ShownEdition
from digest.desk.pages import SANDBOX, EditionView, StoryRow
from digest.desk.phrases import today
from digest.desk.report import report
from digest.desk.report_page import report_page
from digest.desk.story_form import edited_story
from digest.desk.todo import of_edition
from digest.desk.words_form import MOST, LanguageWords, words_of
from digest.editions import reasons
from digest.editions.approving import audience_sizes
from digest.editions.building import record_or_outline
from digest.editions.changes import changes_since
from digest.editions.naming import EditionNames, Meant
from digest.editions.plans.plan import Plan
from digest.errors import UsageError
from digest.foundation.catalogue import _, in_each_language
from digest.foundation.problems import Severity
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.timetable import timetable
from digest.settings.instance import Instance


def names_of(instance: Instance, newsletter: Newsletter) -> EditionNames:
    return EditionNames(newsletter, instance.items, instance.editions, today(instance, newsletter))


def newsletter_and_meant(instance: Instance, newsletter: str, key: str) -> tuple[Newsletter, Meant]:
    """Those of an address, in which a slash of the key is written `+`. Raise `UsageError` for what is not known."""
    found = instance.settings.newsletter(newsletter)
    return found, names_of(instance, found).meant(key.replace("+", "/"))


def edition_meant(instance: Instance, newsletter: Newsletter, meant: Meant) -> Edition:
    """As it is stored. Raise `UsageError` for one that was not built yet."""
    found = instance.editions.of(newsletter.name, meant.period, meant.revision)
    if found is None:
        name = f"{newsletter.name}/{meant.period.key}"
        raise UsageError(name, _("it was not built yet"), _("look at it first: its page drafts it"))
    return found


def edition_page(desk: OpenDesk, shown: ShownEdition, edited: str = "") -> dict[str, object]:
    """What its template needs. `edited` is the id of the story whose words are open."""
    newsletter, instance = shown.newsletter, desk.instance
    to_do = of_edition(instance, instance.collect(), newsletter, shown.view)
    view = replace(shown.view, to_do=len(to_do))
    edition = view.edition
    examined, sending = desk.checked(view), desk.sending(edition)
    is_draft = edition.state is EditionState.DRAFT
    can_leave = edition.state in sendable(newsletter)
    sizes = audience_sizes(instance.database, newsletter, edition) if is_draft else None
    return {
        "view": view,
        "version": shown.stamp,
        "live": True,
        "watched": True,
        "sandbox": SANDBOX,
        "mails": (),
        "opening": "",
        "policy": "",
        "script": "",
        "newsletter": newsletter,
        "stages": stages_of(view, examined, is_tested=is_tested(instance, edition) if is_draft else True),
        "examined": examined,
        "goes_out_at": None if edition.is_sent_by_hand else timetable(newsletter.schedule).sending_at(edition.period),
        "zone": newsletter.schedule.zone,
        "will": announced(instance, newsletter, edition, None) if can_leave else None,
        "codes": dict.fromkeys(one.code for one in view.findings if one.severity is Severity.ERROR),
        "alarms": sizes.alarms if sizes else (),
        "sending": sending,
        "sent_said": sent_said(sending.gone.sent) if sending and sending.gone else "",
        "address": desk.address,
        "tests_most": TESTS_MOST,
        "lines": _lines(instance, view) if edition.is_open else (),
        "plan": _planned(instance, newsletter, edition),
        "fingerprint": instance.plans.fingerprint(newsletter, edition.period),
        "editing": edited_story(instance, newsletter, edition, edited) if edited else None,
        "edit_command": f"digest plan edit STORY --title TEXT --newsletter {edition.newsletter} --period {edition.key}",
        "languages": newsletter.languages,
        "why_said": reasons.said,
        "words": _words(instance, newsletter, view),
        "words_most": MOST,
        "words_command": f'digest plan LINE "…" --newsletter {edition.newsletter} --period {edition.key} --language X',
        "plan_command": partial(_plan_command, edition),
        "changes": _unpassed(instance, newsletter, edition),
        "is_paused": pauses.holding(instance.pauses, edition) is not None,
        "commands": {
            "reopen": f"digest reopen {edition.name} --by NAME --because REASON",
            "accept": "digest items accept",
            "explain": "digest explain ITEM",
            "pause": f"digest pause {edition.name} --by NAME",
            "resume": f"digest resume {edition.name} --by NAME",
            "as_approved": f"digest send {edition.name} --as-approved --by NAME",
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """A story in the place that it has in the mails, and whether it can change places with a neighbour."""

    row: StoryRow
    can_rise: bool
    can_sink: bool
    section: int
    place: int


def _lines(instance: Instance, view: EditionView) -> list[StoryLine]:
    """Those that are in the mails, in their order."""
    known = {row.story_id: row for row in view.stories}
    return [
        StoryLine(row=known[id_], can_rise=place > 0, can_sink=place < len(section) - 1, section=number, place=place)
        for number, section in enumerate(sections(instance, view.edition))
        for place, id_ in enumerate(section)
        if id_ in known
    ]


def _planned(instance: Instance, newsletter: Newsletter, edition: Edition) -> Plan | None:
    """What staff decided about it; nothing once nothing can be decided any more."""
    return instance.plans.plan(newsletter, edition.period) if edition.is_open else None


def _words(instance: Instance, newsletter: Newsletter, view: EditionView) -> Sequence[LanguageWords]:
    """Of what can still be changed, and has mails."""
    edition = view.edition
    if not edition.is_open or not view.variants:
        return ()
    return words_of(instance, newsletter, edition, view, instance.plans.plan(newsletter, edition.period))


def _plan_command(edition: Edition, action: str, story: str) -> str:
    words = f"{story[:8]} …" if action == "order" else story[:8]
    return f"digest plan {action} {words} --newsletter {edition.newsletter} --period {edition.key}"


def _unpassed(instance: Instance, newsletter: Newsletter, edition: Edition) -> str:
    """The fingerprint of texts that changed since the approval, unless somebody let exactly these pass."""
    if edition.state is not EditionState.SEALED:
        return ""
    changes = changes_since(instance.bench, newsletter, edition)
    passed = instance.editions.sends_as_approved(edition) == changes.fingerprint
    return changes.fingerprint if changes.texts and not passed else ""


def report_of(instance: Instance, newsletter: str, key: str) -> str:
    """The page that `digest report` writes."""
    found = instance.settings.newsletter(newsletter)
    edition = names_of(instance, found).edition(key.replace("+", "/"))
    instance.keep_records()
    view = report(
        instance.database,
        edition,
        record_or_outline(instance.bench, found, edition),
        made_at=instance.clock.now(),
        transport=instance.settings.delivery.transport.value,
        mailbox=instance.settings.mailbox,
    )
    return report_page(view, drawn_numbers(instance, found, edition))


# -- The steps: which are done, which is next, and the command that each of them equals.


class StageName(Enum):
    CHECK = "check"
    TEST = "test"
    APPROVE = "approve"
    SEND = "send"


class StageState(Enum):
    DONE = "done"
    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStep:
    name: StageName
    state: StageState
    command: str

    @property
    def title(self) -> str:
        return titles()[self.name]


@in_each_language
def titles() -> Mapping[StageName, str]:
    return {
        StageName.CHECK: _("Check"),
        StageName.TEST: _("Try it out"),
        StageName.APPROVE: _("Approve"),
        StageName.SEND: _("Send"),
    }


def stages_of(view: EditionView, examined: Examined | None, *, is_tested: bool) -> tuple[DeskStep, ...]:
    """Of a draft and of what is on its way; none of an edition that is over. The first that is not done is next."""
    edition = view.edition
    if edition.state not in (EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING):
        return ()
    is_draft = edition.state is EditionState.DRAFT
    done = {
        StageName.CHECK: not is_draft or (examined is not None and not examined.is_stopped),
        StageName.TEST: not is_draft or is_tested,
        StageName.APPROVE: not is_draft,
        StageName.SEND: False,
    }
    names = [one for one in StageName if one is not StageName.APPROVE or view.needs_approval]
    following = next(one for one in names if not done[one])
    return tuple(
        DeskStep(
            name=one,
            state=StageState.DONE if done[one] else StageState.NOW if one is following else StageState.LATER,
            command=" ".join(_command(view, one)),
        )
        for one in names
    )


def _command(view: EditionView, name: StageName) -> Iterator[str]:
    yield f"digest {'send' if name is StageName.TEST else name.value} {view.edition.name}"
    if name is StageName.TEST:
        yield "--test ADDRESS"
    elif name is StageName.APPROVE:
        yield "--by NAME"
        if view.code:
            yield f"--code {view.code}"
