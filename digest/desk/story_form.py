"""The story that is being edited at the desk: its words as the mails have them and as its sources have them, why it is
there, and the click that writes what staff say instead into the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from digest.desk.forms import FilledForm
from digest.desk.open_desk import OpenDesk
from digest.desk.results import corrected_said
from digest.desk.stories import InNewsletter, explain_story
from digest.editions.plans.correction_edits import Words, listed_in
from digest.editions.plans.known_names import title_of
from digest.editions.plans.plan import FIELDS, OF_STORY, said_by_source
from digest.editions.selection import corrected
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, spoken
from digest.intake.item import Item, Story
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedText:
    """One text of a story. Of each field what the mails say, and what its source says where that is another."""

    item_id: str
    language: str
    place: str
    said: Mapping[str, str]
    source: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedStory:
    """`topics` are all that there are, each with its title; `why` is what `explain` says of it."""

    story_id: str
    texts: Sequence[EditedText]
    topics: Sequence[tuple[str, str]]
    why: InNewsletter


def edited_story(instance: Instance, newsletter: Newsletter, edition: Edition, story_id: str) -> EditedStory | None:
    """`None` for one that is not known."""
    story = next((one for one in instance.items.stories() if one.id == story_id), None)
    if story is None or not edition.is_open:
        return None
    (shown,) = corrected([story], instance.plans.plan(newsletter, edition.period))
    live = {item.id for item in story.live_items or story.items}
    texts = [
        _text(story, item, shown, now) for item, now in zip(story.items, shown.items, strict=True) if item.id in live
    ]
    taxonomy, language = instance.taxonomy, spoken().partition("-")[0]
    return EditedStory(
        story_id=story.id,
        texts=texts,
        topics=sorted(((one, taxonomy.topic_title(one, language)) for one in taxonomy.topics), key=lambda one: one[1]),
        why=explain_story(instance, story.items[0], story, [newsletter]).newsletters[0],
    )


def _text(story: Story, item: Item, shown: Story, now: Item) -> EditedText:
    said = {field: said_by_source(shown, now, field) for field in FIELDS}
    source = {field: said_by_source(story, item, field) for field in FIELDS}
    return EditedText(
        item_id=item.id,
        language=now.language,
        place=str(item.place),
        said=said,
        source={field: words for field, words in source.items() if words != said[field]},
    )


def edit(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """What the form says otherwise than the page did; or all of it as the source says it."""
    plans, period, id_ = desk.instance.plans, edition.period, form.get("text")
    words = dict.fromkeys(FIELDS) if form.has("undo") else _changed(form)
    if not words:
        raise UsageError(id_[:8], _("nothing in it is another than before"), _("change a word, then save it"))
    _refuse_other(desk.instance, newsletter, edition, form)
    story, item, written = plans.correct(newsletter, period, id_, words, seen=form.get("plan"))
    said = corrected_said(words, written, title_of(story, item.language), item)
    return "\n".join([*(said or [_("Its source said so already.")]), edit_command(edition, id_, words)])


def edit_command(edition: Edition, id_: str, words: Words) -> str:
    """The command of the same effect."""
    said = [f"--{field} {quote(_spelt(value))}" for field, value in words.items() if value is not None]
    place = f"--newsletter {edition.newsletter} --period {edition.key}"
    return f"digest plan edit {id_[:8]} {' '.join(said) or '--undo'} {place}"


def _spelt(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _changed(form: FilledForm) -> dict[str, str | Sequence[str] | None]:
    """Of the fields that the form has, those that are another than the page showed."""
    found: dict[str, str | Sequence[str] | None] = {}
    for field in FIELDS:
        if not form.knows(f"was-{field}"):
            continue
        before = form.get(f"was-{field}")
        if field in OF_STORY:
            now = form.all(field) if field == "topics" else listed_in(form.get(field))
            if sorted(now) != sorted(listed_in(before)):
                found[field] = tuple(now)
        elif " ".join(form.get(field).split()) != before:
            found[field] = form.get(field)
    return found


def _refuse_other(instance: Instance, newsletter: Newsletter, edition: Edition, form: FilledForm) -> None:
    """Raise `PersonNeededError` when the source says something else than what the page showed."""
    story = edited_story(instance, newsletter, edition, form.get("story"))
    text = next((one for one in story.texts if one.item_id == form.get("text")), None) if story else None
    if text is None:
        raise UsageError(
            form.get("story")[:8], _("there is no such story any more"), _("look at the page as it is now")
        )
    for field in FIELDS:
        shown = form.get(f"was-{field}")
        if form.knows(f"was-{field}") and shown != text.said[field]:
            said = _("it was changed meanwhile: it said “{before}”, and says “{now}”")
            remedy = _("look at it as it is now, then decide again; nothing was touched")
            raise PersonNeededError(text.said["title"], said.format(before=shown, now=text.said[field]), remedy)
