"""To do: what a person should mend in the open editions and in what was collected, or accept and be told of no more."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from digest.desk.months import path_of
from digest.desk.pages import EditionView
from digest.desk.phrases import period_title
from digest.desk.status import status_of
from digest.editions.naming import Meant
from digest.editions.record import Record
from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import fingerprint, fold_letters
from digest.intake.acceptance import by_fingerprint
from digest.intake.collecting import Collected
from digest.intake.item import Item
from digest.mail.wording import language_name
from digest.newsletters.edition import EditionState, Ruling
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance

SHORTEST = 8  # characters of an id that commands take
PARTICULAR = re.compile(r"[^“«”»]+(?=[”»])|\d+")  # of a finding, in whatever language it is told
PLACEHOLDER = re.compile(
    r"\blorem ipsum\b|\bTODO:|\bTBD\b|\bX{3,}\b|\?{3,}|_{4,}"
    r"|\[\s*(?:…|\.{3}|link|title|date|photo|picture|name|text|enlace|t[íi]tulo|fecha|foto|imagen|nombre|texto)\s*\]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """`fingerprint` stays the same until something else is to be said. `path` leads to the place at the desk. Only what
    `can_be_accepted` is not in the way of readers: the rest must be mended, or goes with an approval.
    """

    fingerprint: str
    edition: str  # its title; empty: of what was collected
    place: str
    said: str
    remedy: str
    path: str
    can_be_accepted: bool
    is_error: bool = False

    @property
    def id(self) -> str:
        return self.fingerprint[:SHORTEST]

    @property
    def command(self) -> str:
        """That accepts it."""
        return f"digest todo --accept {self.id} --because REASON --by NAME"


def open_editions(instance: Instance) -> list[tuple[Newsletter, Meant]]:
    """The drafts of all newsletters, and what goes out next if there are stories for it."""
    found = []
    for newsletter in instance.settings.newsletters:
        drafts = [one for one in instance.editions.editions(newsletter.name) if one.state is EditionState.DRAFT]
        meant = [Meant(period=one.period, revision=one.revision) for one in drafts]
        coming = status_of(instance, newsletter).next
        if coming is not None and coming.edition is None and coming.stories:
            meant.append(Meant(period=coming.period, revision=1))
        found += [(newsletter, one) for one in meant]
    return found


def todo(
    instance: Instance, collected: Sequence[Collected], views: Sequence[tuple[Newsletter, EditionView]]
) -> tuple[Todo, ...]:
    """All that was not accepted; errors first, nothing twice. `views` are the open editions, drafted and checked."""
    said = {one.fingerprint: one for one in (*_collected(instance, collected, views), *_of_editions(instance, views))}
    accepted = instance.items.accepted_findings()
    rest = [one for key, one in said.items() if key not in accepted]
    return tuple(sorted(rest, key=lambda one: not one.is_error))


def of_edition(
    instance: Instance, collected: Sequence[Collected], newsletter: Newsletter, view: EditionView
) -> tuple[Todo, ...]:
    return todo(instance, collected, [(newsletter, view)]) if view.edition.state is EditionState.DRAFT else ()


def accept(instance: Instance, found: Collection[Todo], ids: Collection[str], by: str, because: str) -> list[Todo]:
    """They are right as they are, and said no more. Raise `UsageError` for what is not in the list or has to be mended;
    nothing is accepted then.
    """
    if not by.strip():
        raise UsageError("--by", _("an answer needs a name"), _("say who decides so"))
    if not because.strip():
        raise UsageError("--because", _("an answer needs a reason"), _("say why it is right as it is"))
    chosen = [_meant(found, one) for one in ids]
    for one in chosen:
        if not one.can_be_accepted:
            raise UsageError(one.id, _("this has to be mended: {said}").format(said=one.said), one.remedy)
    problems = {
        one.fingerprint: Problem(place=Place(one.place), severity=Severity.WARNING, cause=one.said) for one in chosen
    }
    if problems:
        instance.items.accept_findings(problems, by.strip(), instance.clock.now(), because.strip())
    return chosen


def take_back(instance: Instance, ids: Collection[str]) -> int:
    """What was accepted under these ids is said again; return how much that is."""
    accepted = instance.items.accepted_findings()
    chosen = {key for key in accepted for one in ids if len(one) >= SHORTEST and key.startswith(one.lower())}
    if chosen:
        instance.items.forget_accepted_findings(chosen)
    return len(chosen)


def _meant(found: Collection[Todo], id_: str) -> Todo:
    fitting = [one for one in found if len(id_) >= SHORTEST and one.fingerprint.startswith(id_.lower())]
    if len(fitting) != 1:
        raise UsageError(id_, _("nothing in the list has this id"), "digest todo")
    return fitting[0]


# -- What is to be done.


def _collected(
    instance: Instance, collected: Sequence[Collected], views: Sequence[tuple[Newsletter, EditionView]]
) -> Iterator[Todo]:
    told = ((one.source, one.findings) for one in collected)
    waiting = [(one.source, tuple(set(one.problems) - set(one.findings))) for one in collected]
    page = path_of(views[0][0].name, views[0][1].edition.key) + "#problems" if views else ""
    for key, problem in by_fingerprint((*told, *waiting), instance.items.items()).items():
        if problem.severity is not Severity.NOTE:
            is_error = problem.severity is Severity.ERROR
            yield Todo(
                fingerprint=key,
                edition="",
                place=str(problem.place),
                said=_(problem.cause),
                remedy=_(problem.remedy) if problem.remedy else _("correct it in the file"),
                path=page,
                can_be_accepted=not is_error and any(problem in one.warnings for one in collected),
                is_error=is_error,
            )


def _of_editions(instance: Instance, views: Sequence[tuple[Newsletter, EditionView]]) -> Iterator[Todo]:
    for newsletter, view in views:
        yield from _checked(view)
        yield from _unanswered(view)
        record = instance.editions.record(view.edition)
        if record is not None:
            included = [one.story_id for one in view.stories if one.ruling is Ruling.INCLUDED]
            yield from _told_of_stories(newsletter, view, record, included)


def _checked(view: EditionView) -> Iterator[Todo]:
    """What the check says of the mails. Its errors are accepted with the approval, whose record keeps that."""
    alike = Counter[str]()
    for one in view.findings:
        if one.severity is Severity.NOTE:
            continue
        about = " ".join([one.code, *sorted(PARTICULAR.findall(f"{one.place} {one.reason}"))])
        alike[about] += 1
        yield _todo(
            view,
            f"{about} {alike[about]}",
            place=f"{one.code} – {one.place}",
            said=one.reason,
            remedy=one.fix,
            anchor="#problems",
            is_error=one.severity is Severity.ERROR,
        )


def _unanswered(view: EditionView) -> Iterator[Todo]:
    for part in view.parts:
        if part.status.is_open and part.review.reviewers:
            names = ", ".join(one.name or one.address for one in part.review.reviewers)
            yield _todo(
                view,
                f"reviewer {part.name}",
                place=part.title,
                said=_("it waits for an answer of {names}").format(names=names),
                remedy=f"digest review {view.edition.name} --send",
                anchor="#review",
                can_be_accepted=False,
            )


def _told_of_stories(newsletter: Newsletter, view: EditionView, record: Record, included: list[str]) -> Iterator[Todo]:
    """Missing translations, titles that stand twice, and what was to be filled in."""
    known = record.by_id
    by_title: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for id_ in included:
        story, anchor = known[id_].story, f"?edit={id_}#story-{id_[:SHORTEST]}"
        for language in newsletter.languages:
            item = story.in_language(language)
            if item.language != language:
                said = _("“{title}” is not there in this language: {language}")
                yield _todo(
                    view,
                    f"language {language} {id_}",
                    place=str(item.place),
                    said=said.format(title=item.text.title, language=language_name(language)),
                    remedy=_("add the translation to the source"),
                    anchor=anchor,
                )
                continue
            by_title[language, fold_letters(item.text.title)].append(id_)
            if placeholder := _placeholder(item):
                said = _("“{title}” has something that was to be filled in: “{text}”")
                yield _todo(
                    view,
                    f"placeholder {id_} {language} {placeholder}",
                    place=str(item.place),
                    said=said.format(title=item.text.title, text=placeholder),
                    remedy=_("write what belongs there"),
                    anchor=anchor,
                )
    for (language, _title), ids in by_title.items():
        if len(ids) > 1:
            items = [known[id_].story.in_language(language) for id_ in ids]
            said = _("“{title}” is the title of several stories: {places}")
            yield _todo(
                view,
                " ".join(["title", language, *sorted(ids)]),
                place=str(items[0].place),
                said=said.format(title=items[0].text.title, places=", ".join(str(one.place) for one in items)),
                remedy=_(
                    "leave one out, or give it another title; if they are the same news: digest items merge ITEM ITEM"
                ),
                anchor=f"?edit={ids[0]}#story-{ids[0][:SHORTEST]}",
            )


def _placeholder(item: Item) -> str:
    found = next(
        (match for text in (item.text.title, *item.text.paragraphs) if (match := PLACEHOLDER.search(text))), None
    )
    return found[0] if found else ""


def _todo(  # noqa: PLR0913 – what an entry says
    view: EditionView,
    about: str,
    *,
    place: str,
    said: str,
    remedy: str,
    anchor: str,
    is_error: bool = False,
    can_be_accepted: bool = True,
) -> Todo:
    edition = view.edition
    return Todo(
        fingerprint=fingerprint("todo", edition.newsletter, edition.key, about),
        edition=period_title(edition.period),
        place=place,
        said=said,
        remedy=remedy,
        path=path_of(edition.newsletter, edition.key) + anchor,
        can_be_accepted=can_be_accepted and not is_error,
        is_error=is_error,
    )
