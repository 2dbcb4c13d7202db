"""Changes: what sources say differently since an edition was approved, and what a person decided about that.

Before anything has left, nobody is sent a text that its office has corrected or withdrawn without somebody saying so
(design §5).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from digest.editions.plans.plan import NOTHING_PLANNED
from digest.editions.record import Record
from digest.editions.selection import corrected
from digest.editions.workbench import Workbench
from digest.errors import ConfigurationError, PersonNeededError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import day
from digest.intake.item import Item, Story
from digest.newsletters.edition import Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter

SHOWN = 160  # characters of a paragraph


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """An item of a story that is in the mails: as it was approved, and as its source has it. `now` is `None` when it
    was taken out of a source that is otherwise there.
    """

    then: Item
    now: Item | None

    @property
    def wordings(self) -> Iterator[tuple[str, str, str]]:
        """What is another, as it was, as it is: whatever a reader can see of it, each paragraph by itself."""
        if self.now is None:
            yield _("text"), self.then.text.title, _("(taken out of its source)")
            return
        was, becomes = self.then.text, self.now.text
        fields = (
            (_("title"), was.title, becomes.title),
            (_("date"), day(self.then.published_on), day(self.now.published_on)),
            (_("language"), self.then.language, self.now.language),
            (_("summary"), was.summary, becomes.summary),
            (_("link"), was.link, becomes.link),
            (_("image"), was.image, becomes.image),
            (_("text of the image"), was.image_alt, becomes.image_alt),
            (_("author"), was.author, becomes.author),
        )
        yield from ((what, one or "–", other or "–") for what, one, other in fields if one != other)
        yield from ((_("text"), *both) for both in _paragraphs_that_differ(was.paragraphs, becomes.paragraphs))
        if was.paragraphs == becomes.paragraphs and was.html != becomes.html:
            one, other = _around_the_difference(was.html or "", becomes.html or "")
            yield _("formatting"), one or "–", other or "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is another since the approval. `gone` are sources of which nothing is left: a folder that was tidied away
    takes back no news. `fingerprint` stands for exactly these changes.
    """

    texts: tuple[TextChange, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def stories(self) -> int:
        return len({(change.then.source, change.then.id) for change in self.texts})

    @property
    def fingerprint(self) -> str:
        """SHA-256, hex."""
        said = [(change.then.id, words_of(change.now) if change.now else None) for change in self.texts]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def compared(
    record: Record, verdicts: Iterable[Verdict], live: Iterable[Story], sources_of_today: Mapping[str, int]
) -> Changes:
    """What the mails say against what sources say now. `live` are the stories as the plan corrects them;
    `sources_of_today` counts the items of each source that are still there.
    """
    now = {item.id: item for story in live for item in story.items}
    included = {verdict.story_id for verdict in verdicts if verdict.ruling is Ruling.INCLUDED}
    texts, gone = [], set()
    for recorded in record.stories:
        for then in recorded.story.live_items if recorded.id in included else ():
            today = now.get(then.id)
            if today is None or today.withdrawn:
                if sources_of_today.get(then.source):
                    texts.append(TextChange(then=then, now=None))
                else:
                    gone.add(then.source)
            elif words_of(today) != words_of(then):
                texts.append(TextChange(then=then, now=today))
    return Changes(texts=tuple(sorted(texts, key=lambda change: change.then.id)), gone=tuple(sorted(gone)))


def changes_since(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Changes:
    """Of an edition whose record has no words, nothing can be compared: none."""
    record = bench.editions.record(edition)
    if record is None or not record.knows_words:
        return Changes()
    try:
        plan = bench.plans.plan(newsletter, edition.period)
    except ConfigurationError:  # what it corrected shows as changed: a person looks
        plan = NOTHING_PLANNED
    stories = bench.items.stories()
    sources: dict[str, int] = {}
    for story in stories:
        for item in story.live_items:
            sources[item.source] = sources.get(item.source, 0) + 1
    return compared(record, bench.editions.verdicts(edition), corrected(stories, plan), sources)


def refuse_changed(bench: Workbench, newsletter: Newsletter, edition: Edition) -> None:
    """Raise `PersonNeededError` when texts have changed since the approval, unless a person let exactly these changes
    pass.
    """
    changes = changes_since(bench, newsletter, edition)
    if changes.texts and bench.editions.sends_as_approved(edition) != changes.fingerprint:
        said = "\n".join([headline(changes, edition), *(f"  {line}" for line in lines(changes))])
        raise PersonNeededError(edition.name, said, remedy(edition))


def remedy(edition: Edition) -> str:
    """The ways on, as commands."""
    if edition.state is EditionState.DRAFT:
        return _("build it again: digest build {edition}").format(edition=edition.name)
    if edition.state is EditionState.SEALED:
        return _(
            "to have the new texts approved: digest reopen {edition} --by NAME --because REASON; to send what was "
            "approved: digest send {edition} --as-approved --by NAME"
        ).format(edition=edition.name)
    if edition.state is EditionState.SENDING:
        return _("to stop the rest: digest pause {edition}").format(edition=edition.name)
    return _("to send it once more as a correction: digest reissue {edition} --because REASON").format(
        edition=edition.name
    )


def headline(changes: Changes, edition: Edition) -> str:
    """`2 texts changed since Marta approved`."""
    if edition.state is EditionState.DRAFT:
        return plural(
            "{count:,} text changed since it was built", "{count:,} texts changed since it was built", changes.stories
        )
    if edition.approved_by:
        said = "{count:,} text changed since {by} approved", "{count:,} texts changed since {by} approved"
        return plural(*said, changes.stories, by=edition.approved_by)
    return plural(
        "{count:,} text changed since it was approved", "{count:,} texts changed since it was approved", changes.stories
    )


def lines(changes: Changes) -> Iterator[str]:
    """Both wordings of each, one under the other."""
    for change in changes.texts:
        yield _("“{title}” ({place})").format(title=change.then.text.title, place=change.then.place)
        for what, was, becomes in change.wordings:
            yield "  " + _("{what}, approved: {words}").format(what=what, words=was)
            yield "  " + _("{what}, now:      {words}").format(what=what, words=becomes)


def words_of(item: Item) -> dict[str, object]:
    """What readers can see of it."""
    return {**asdict(item.text), "date": item.published_on.isoformat(), "language": item.language}


def _paragraphs_that_differ(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    for kind, start, end, now_start, now_end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind != "equal":
            for one, other in zip_longest(before[start:end], after[now_start:now_end], fillvalue=""):
                was, becomes = _around_the_difference(one, other)
                yield was or "–", becomes or "–"


def _around_the_difference(one: str, other: str) -> tuple[str, str]:
    """Both, from a little before the place at which they part."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = one.rfind(" ", 0, max(0, same - SHOWN // 3)) + 1 if same > SHOWN // 2 else 0

    def shown(text: str) -> str:
        part = text[start : start + SHOWN]
        return f"{'… ' if start else ''}{part}{' …' if start + SHOWN < len(text) else ''}"

    return shown(one), shown(other)
