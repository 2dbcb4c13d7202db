"""`digest build`, `check`, `reopen` and `reissue`: drafts of editions, made, looked through and made again."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from digest.cli.invocation import (
    Invocation,
    echo_json,
    edition_column,
    edition_meant,
    edition_names,
    edition_options,
    inbox_lines,
    json_option,
    named,
    pass_invocation,
    refresh,
    seen_at_terminal,
    table,
)
from digest.delivery.reopening import reopen as reopen_edition
from digest.desk.examined import examine
from digest.desk.pages import write_browse_page
from digest.desk.phrases import today
from digest.desk.results import reopened_said
from digest.editions import building, comparison, missed, naming, supplements, thin
from digest.editions.special import special_period
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.problems import Severity
from digest.foundation.words import listed
from digest.mail.checks.rule import Finding
from digest.mail.wording import audience_title, edition_in_full, language_name, period_in_full
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import SPECIAL, Period, PeriodKind
from digest.newsletters.timetable import timetable


@click.command()
@edition_options
@click.option("--all", "everything", is_flag=True, help="Every period that has stories, in order.")
@click.option("--special", metavar="TITLE", help="A special edition, outside the calendar: what it is about.")
@click.option("--title", "titles", multiple=True, metavar="LANGUAGE=TITLE", help="With --special: the title for those.")
@click.option("--audiences", metavar="NAMES", help="With --special: for these alone, such as guatemala,children.")
@click.option("--story", "stories", multiple=True, metavar="STORY", help="Take this story into a special edition.")
@click.option("--waiting", is_flag=True, help="Take into it all that waits because its edition was missed.")
@click.option("--give-up", is_flag=True, help="Give the draft of a special edition up; its stories are as they were.")
@pass_invocation
def build(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    *,
    everything: bool,
    special: str | None,
    titles: tuple[str, ...],
    audiences: str | None,
    stories: tuple[str, ...],
    waiting: bool,
    give_up: bool,
) -> int:
    """Draft an edition, or one for every period that has stories: EDITION is 2018-07, july or monthly/2018-07.

    A draft takes nothing and may be built again as often as you like. Without EDITION, the period that ended last is
    built if stories wait for it.

    With --special TITLE an edition is drafted that has no period. It shows the stories that you take into it, and no
    other edition has them once it is approved; it goes out when you send it. Call it by its name to take in more:
    digest build special-floods --story ID. See digest help special-editions.
    """
    takes = bool(stories or waiting)
    _refuse_mixed(edition or period, special, everything=everything, takes=takes, give_up=give_up)
    if special is None and (titles or audiences):
        raise click.UsageError(_("--title and --audiences go with --special"))
    code = refresh(invocation)
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    if special is not None:
        there = instance.editions.editions(chosen.name)
        made_for = [name.strip() for name in (audiences or "").split(",") if name.strip()]
        meant = special_period(chosen, special, _by_language(titles), made_for, there, today(instance, chosen))
        _build_special(invocation, chosen, meant, stories, waiting=waiting)
        return code
    if takes or give_up or (words or "").lower().startswith(SPECIAL):
        _change_special(invocation, chosen, words, stories, waiting=waiting, give_up=give_up)
        return code
    wanted = _to_build(invocation, chosen, words, everything=everything)
    if not wanted:
        return code
    built = [supplements.build(instance.bench, chosen, one.period, one.revision) for one in wanted]
    invocation.tell(_summary(built))
    _say_thin(invocation, chosen, built)
    invocation.say(_("Look at it: {path}").format(path=write_browse_page(instance)))
    drafted = [one.edition.key for one in built if one.variants]
    if drafted:
        said = _("Next: digest preview --period {edition}, then digest approve {edition} --by NAME")
        invocation.say(said.format(edition=drafted[-1]))
    return code


def _by_language(titles: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in titles:
        language, equals, said = one.partition("=")
        if not equals or not said.strip():
            raise click.UsageError(
                _("{said} is no title: write it like --title es=Inundaciones").format(said=repr(one))
            )
        found[language.strip()] = said
    return found


def _refuse_mixed(edition: str | None, special: str | None, *, everything: bool, takes: bool, give_up: bool) -> None:
    if everything and edition is not None:
        raise click.UsageError(_("--all goes without an edition"))
    if special is not None and (edition or everything):
        raise click.UsageError(_("--special goes without an edition and without --all"))
    if give_up and (takes or everything or special is not None or edition is None):
        raise click.UsageError(_("--give-up goes with the name of a special edition alone"))
    if takes and special is None and edition is None:
        raise click.UsageError(_("name the special edition, or a title for a new one with --special"))


def _change_special(
    invocation: Invocation,
    newsletter: Newsletter,
    words: str | None,
    stories: tuple[str, ...],
    *,
    waiting: bool,
    give_up: bool,
) -> None:
    """What is said of one that is there."""
    meant = edition_names(invocation, newsletter).meant(words or "")
    if not meant.period.is_special:
        remedy = _("name a special edition, or a title for a new one with --special")
        raise UsageError(f"{newsletter.name}/{meant.period.key}", _("it has the stories of its dates"), remedy)
    if give_up:
        given_up = building.give_up_special(invocation.instance.bench, newsletter, meant.period)
        invocation.tell(
            _("{edition} is given up; its stories are as they were.").format(edition=edition_in_full(given_up))
        )
    else:
        _build_special(invocation, newsletter, meant.period, stories, meant.revision, waiting=waiting)


def _build_special(
    invocation: Invocation,
    newsletter: Newsletter,
    period: Period,
    words: tuple[str, ...],
    revision: int = 1,
    *,
    waiting: bool,
) -> None:
    instance = invocation.instance
    adding = {story.id for story in instance.plans.stories_to_take(newsletter, words)}
    if waiting:
        adding |= missed.waiting(instance.editions, newsletter).story_ids
    if not adding and instance.editions.of(newsletter.name, period) is None:
        remedy = _("take one in, as `digest items` lists them: --story ID")
        raise UsageError("--special", _("it would have no story"), remedy)
    built = building.build(instance.bench, newsletter, period, revision, adding=adding)
    invocation.tell(_summary([built]))
    for said in _about_special(invocation, newsletter, built):
        invocation.say(said)
    invocation.say(_("Look at it: {path}").format(path=write_browse_page(instance)))
    if built.variants:
        said = _("Next: digest preview {edition}, then digest approve {edition} --by NAME")
        invocation.say(said.format(edition=built.edition.name))


def _about_special(invocation: Invocation, newsletter: Newsletter, built: building.Built) -> Iterator[str]:
    """What a person would not expect of it."""
    editions, occasion = invocation.instance.editions, built.edition.period.occasion
    if occasion is None:
        return
    for draft in building.drafts_sharing(editions, built.edition):
        said = _("Once it is approved, {draft} is drafted again without its stories.")
        yield said.format(draft=edition_in_full(draft))
    others = building.concerned_besides(editions, built.edition)
    if others:
        said = _(
            "Its stories also concern {audiences}. For whoever chose only these they stay open once it is approved:"
        )
        yield said.format(audiences=listed([audience_title(newsletter, name) for name in others], _("and")))
        for name in others:
            said = _("  digest send {edition} --part {part}, or to give it up: digest plan drop {edition}/{part}")
            yield said.format(edition=built.edition.name, part=name)
    untitled = [code for code in newsletter.languages[1:] if code not in dict(occasion.titles)]
    for code in untitled:
        said = _('Its readers in {language} get the same title; to give them their own: --title {code}="…"')
        yield said.format(language=language_name(code), code=code)


def _to_build(
    invocation: Invocation, newsletter: Newsletter, words: str | None, *, everything: bool
) -> list[naming.Meant]:
    instance = invocation.instance
    if words is not None:
        return [edition_names(invocation, newsletter).meant(words)]
    waiting = building.periods_to_build(newsletter, instance.items, instance.editions)
    if everything:
        if not waiting:
            invocation.say(_("Nothing to build: no story waits for an edition."))
        return [naming.Meant(period, 1) for period in waiting]
    times = timetable(newsletter.schedule)
    ended = times.previous(times.containing(today(instance, newsletter)))
    if ended in waiting:
        return [naming.Meant(ended, 1)]
    kind = _("window") if ended.kind is PeriodKind.SINCE_LAST else ended.kind
    said = _("Nothing is due: no story waits for {period}, the {kind} that ended last.")
    invocation.say(said.format(period=period_in_full(newsletter.name, ended), kind=kind))
    if waiting:
        invocation.say(_("These periods have stories:"))
        for period, count in waiting.items():
            full = period_in_full(newsletter.name, period)
            invocation.say(f"  {full}  {count:>3}  digest build --period {period.key}")
        invocation.say(_("All of them: digest build --all"))
    return []


def _say_thin(invocation: Invocation, newsletter: Newsletter, built: Sequence[building.Built]) -> None:
    for one in built:
        if said := thin.said_of(newsletter, one.edition, one.verdicts):
            invocation.say(f"{edition_in_full(one.edition)}: {said}.")


def _summary(built: list[building.Built]) -> str:
    still_open = _("{state} (window still open)")
    return table(
        [edition_column(), _("state"), _("stories"), _("left out"), _("mails"), _("readers")],
        [
            [
                edition_in_full(one.edition),
                one.edition.state.said
                if one.edition.covers_to_end
                else still_open.format(state=one.edition.state.said),
                one.included,
                len(one.verdicts) - one.included,
                len(one.variants),
                sum(one.people.values()),
            ]
            for one in built
        ],
        right=(2, 3, 4, 5),
    )


@click.command()
@edition_options
@click.option("--links", is_flag=True, help="Also ask whether the links lead anywhere; needs the network.")
@click.option("--rewrite-copy", is_flag=True, help="Write the readable copy in editions/ anew from what is stored.")
@json_option
@pass_invocation
def check(
    invocation: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    *,
    links: bool,
    rewrite_copy: bool,
    as_json: bool,
) -> int:
    """Check the final bytes of every mail of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Exit code 3 when there are errors: they keep a draft from being approved. When a file in editions/ is not what is
    stored, nothing is approved or sent: --rewrite-copy writes that folder anew.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"draft"}), _("to be checked"))
    if rewrite_copy:
        comparison.rewrite_copy(instance.bench, meant)
        invocation.say(_("Written anew: editions/{edition}").format(edition=meant.folder))
    examined = examine(instance, chosen, meant, links=links)
    findings, found = examined.findings, examined.obstacles
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    else:
        _say_findings(invocation, meant, findings)
        for line in inbox_lines(instance.plans.plan(chosen, meant.period), chosen.languages):
            invocation.tell(line)
        if meant.state == "draft":
            invocation.tell(_("Code of the draft: {code}").format(code=instance.editions.code(meant) or "–"))
            seen_at_terminal(invocation, meant, "check")
    if found and not as_json:
        invocation.say(_("In the way of {edition}:").format(edition=meant.name))
        invocation.obstacles(found)
    return PersonNeededError.exit_code if examined.is_stopped else 0


def _say_findings(invocation: Invocation, edition: Edition, findings: Sequence[Finding]) -> None:
    invocation.findings(findings)
    counts = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
    said = [
        plural("{count:,} error", "{count:,} errors", counts[Severity.ERROR]),
        plural("{count:,} warning", "{count:,} warnings", counts[Severity.WARNING]),
        plural("{count:,} note", "{count:,} notes", counts[Severity.NOTE]),
    ]
    invocation.tell(
        plural(
            "{edition}: {count:,} mail checked; {findings}",
            "{edition}: {count:,} mails checked; {findings}",
            len(invocation.instance.editions.variants(edition)),
            edition=edition_in_full(edition),
            findings=", ".join(said),
        )
    )


@click.command()
@edition_options
@click.option("--by", required=True, metavar="NAME", help="Who takes it back.")
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_invocation
def reopen(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None, by: str, because: str
) -> int:
    """Take back an approval, or an edition that was missed or expired: EDITION is 2018-07 or monthly/2018-07.

    It is a draft again and its stories are free. Nothing of it may have been sent yet.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"sealed"}), _("to be reopened"))
    opened = reopen_edition(instance.place, meant, by, because)
    invocation.tell(reopened_said(opened))
    said = _("Next: digest build --period {edition}, then digest approve {edition} --by NAME")
    invocation.say(said.format(edition=opened.key))
    return 0


@click.command()
@edition_options
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_invocation
def reissue(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None, because: str
) -> int:
    """Draft 2018-07.2 beside the finished 2018-07: the same stories as they are now, for everybody once more.

    It has to be approved and sent like any other, and never goes out by itself. Called again before it is approved, it
    is drafted anew.
    """
    code = refresh(invocation)
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"finished"}), _("to be reissued"))
    built = building.reissue(instance.bench, chosen, meant, because.strip())
    write_browse_page(instance)
    said = _("{edition} was drafted with {stories} for {readers}.").format(
        edition=edition_in_full(built.edition),
        stories=plural("{count:,} story", "{count:,} stories", built.included),
        readers=plural("{count:,} reader", "{count:,} readers", sum(built.people.values())),
    )
    invocation.tell(said)
    following = _("Next: digest preview {edition}, then digest approve {edition} --by NAME")
    invocation.say(following.format(edition=built.edition.key))
    return code
