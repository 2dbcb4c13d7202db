"""The archive: editions that have gone out and their stories, as their records and the mails have them.

Nothing in it is about a reader. What a reviewer kept out of every mail is not published here either, and a correction
takes the place of what it mends, with its date.
"""

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b

from markupsafe import Markup

from digest.editions.composition import published_elsewhere
from digest.editions.record import Record, RecordedStory
from digest.intake.picture import ADDRESS
from digest.intake.web_links import site_of
from digest.mail.story import body_html, line_of, web_link
from digest.mail.wording import Words, first_upper
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter, SectionsBy
from digest.site.store import PublicStore

_KEPT = 6  # records in memory: a reader goes from one page of an edition to the next
_FOUND_MOST = 50
_SLUG_MOST = 60
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")
_LINE = 160  # characters of a story in the list of its edition
_BODY_LEVEL = 2  # of the heading above a body
_STYLE = re.compile(r' style="[^"]*"')  # which the mails need, and the policy of the pages forbids


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedStory:
    """A story in one language, or the other one if it has none in this. `path` is below its edition's, and stays when
    the story is corrected. `pictures` are those that its body asks for, as mails do: name → file below `pictures/`.
    `elsewhere` are other sites that published it, each with the address there.
    """

    id: str
    path: str
    title: str
    language: str
    foreign: str | None
    published_on: date
    section: str
    author: str | None
    link: str | None
    line: str
    body: Markup
    plain: str
    pictures: Mapping[str, str]
    elsewhere: tuple[tuple[str, str], ...] = ()
    corrected_on: date | None = None
    corrected_at: datetime | None = None

    def changed_at(self, edition: "ArchivedEdition") -> datetime:
        return self.corrected_at or edition.sent_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedEdition:
    """`path` is below its language's. `replaced_by` is the path of its reissue."""

    edition: Edition
    path: str
    newsletter: str
    title: str
    sent_at: datetime
    sent_on: date
    publisher: str
    sections: tuple[tuple[str, tuple[ArchivedStory, ...]], ...]
    replaced_by: str | None = None

    @property
    def stories(self) -> tuple[ArchivedStory, ...]:
        return tuple(story for _, stories in self.sections for story in stories)

    def story(self, path: str) -> ArchivedStory | None:
        """By the end of its path, which stays whatever the title becomes."""
        return next((one for one in self.stories if one.path[-9:] == path[-9:]), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An edition in a list."""

    path: str
    title: str
    sent_on: date
    edition: Edition


class Archive:
    """`noted` records are read once; the rest is asked anew for each page."""

    def __init__(self, store: PublicStore, newsletters: Sequence[Newsletter]) -> None:
        self._store = store
        self._newsletters = {one.name: one for one in newsletters}
        self._records: OrderedDict[int, Record] = OrderedDict()

    def listed(self, newsletter: str, words: Words) -> list[Listed]:
        """The editions of a newsletter, the latest first, each as it was sent last."""
        return [self._listed(one, words) for one in self._latest(newsletter)]

    def edition(self, newsletter: str, key: str, words: Words) -> ArchivedEdition | None:
        mine = [one for one in self._store.gone_out() if one.newsletter == newsletter]
        found = next((one for one in mine if one.key == key and not one.supplements), None)
        record = None if found is None else self._record(found)
        if found is None or record is None or not record.knows_words:
            return None
        later = [
            one
            for one in mine
            if one.period.base.key == found.period.key and not one.supplements and one.revision > found.revision
        ]
        listed, say = self._listed(found, words), words.translations.gettext
        stories = self._stories(found, record, [one for one in mine if one.supplements == key], words)
        return ArchivedEdition(
            edition=found,
            path=listed.path,
            newsletter=_said(record.title, words.language),
            title=listed.title,
            sent_at=_sent_at(found),
            sent_on=listed.sent_on,
            publisher=_said(record.publisher, words.language),
            sections=_in_sections(stories, say("General") if record.sections is SectionsBy.TOPIC else say("Regional")),
            replaced_by=self._listed(max(later, key=lambda one: one.revision), words).path if later else None,
        )

    def editions(self, newsletter: str, words: Words) -> Iterator[ArchivedEdition]:
        for one in self._latest(newsletter):
            found = self.edition(newsletter, one.key, words)
            if found is not None:
                yield found

    def search(self, asked: str, words: Words) -> list[tuple[ArchivedEdition, ArchivedStory]]:
        """Stories that have all the words, the latest first: in their title or text, whatever the accents."""
        wanted = _folded(asked).split()
        if not wanted:
            return []
        found = []
        for name in self._newsletters:
            for edition in self.editions(name, words):
                for story in edition.stories:
                    text = _folded(f"{story.title} {story.plain}")
                    if all(word in text for word in wanted):
                        found.append((edition, story))
        found.sort(key=lambda one: one[0].sent_at, reverse=True)
        return found[:_FOUND_MOST]

    def shows(self, picture: str, words: Words) -> bool:
        """Whether a story that has gone out shows this picture."""
        return any(
            picture in story.pictures
            for name in self._newsletters
            for edition in self.editions(name, words)
            for story in edition.stories
        )

    def _latest(self, newsletter: str) -> list[Edition]:
        latest: dict[str, Edition] = {}
        for one in self._store.gone_out():
            if one.newsletter == newsletter and not one.supplements:
                known = latest.get(one.period.key)
                if known is None or known.revision < one.revision:
                    latest[one.period.key] = one
        return sorted(latest.values(), key=lambda one: (one.period.start, _sent_at(one)), reverse=True)

    def _record(self, edition: Edition) -> Record | None:
        number = edition.number or 0
        if number in self._records:
            self._records.move_to_end(number)
            return self._records[number]
        record = self._store.record(edition)
        if record is not None:
            self._records[number] = record
            if len(self._records) > _KEPT:
                self._records.popitem(last=False)
        return record

    def _listed(self, edition: Edition, words: Words) -> Listed:
        newsletter = self._newsletters[edition.newsletter]
        return Listed(
            path=f"{edition.newsletter}/{edition.key}/",
            title=first_upper(words.period(edition.period)),
            sent_on=_sent_at(edition).astimezone(newsletter.schedule.zone).date(),
            edition=edition,
        )

    def _stories(
        self, edition: Edition, record: Record, supplements: Sequence[Edition], words: Words
    ) -> list[ArchivedStory]:
        held = set(self._store.held(edition))
        corrected: dict[str, tuple[RecordedStory, datetime]] = {}
        for one in sorted(supplements, key=_sent_at):
            if not one.corrects:
                held |= set(self._store.held(one))
            elif (mended := self._record(one)) is not None and one.corrects in mended.by_id:
                corrected[one.corrects] = mended.by_id[one.corrects], _sent_at(one)
        known = record.by_id
        shown = []
        for story_id in self._store.order(edition):
            if story_id not in held or story_id not in known:
                continue
            first = self._story(known[story_id], record, words)
            if story_id in corrected:
                mended_story, at = corrected[story_id]
                first = replace(
                    self._story(mended_story, record, words),
                    path=first.path,
                    section=first.section,
                    corrected_on=at.astimezone(record.zone).date(),
                    corrected_at=at,
                )
            shown.append(first)
        return shown

    def _story(self, recorded: RecordedStory, record: Record, words: Words) -> ArchivedStory:
        story = _story(recorded, record, words)
        names = dict.fromkeys(ADDRESS.findall(story.body))
        files = {name: picture.file_name for name in names if (picture := self._store.picture(name))}
        return replace(story, pictures=files) if files else story


def _story(recorded: RecordedStory, record: Record, words: Words) -> ArchivedStory:
    item = recorded.story.in_language(words.language)
    text = item.text
    others = published_elsewhere(recorded.story, item, record.languages, record.website)
    links = ((site_of(other.text.link), web_link(other.text.link)) for other in others)
    above = ADDRESS.fullmatch(text.image or "")
    image = Markup('<img src="{}" alt="{}">').format(text.image, text.image_alt or "") if above else Markup()
    body = _STYLE.sub("", image + body_html(text.paragraphs, text.html, _BODY_LEVEL))
    return ArchivedStory(
        id=recorded.id,
        path=f"{_slug(text.title)}-{blake2b(recorded.id.encode(), digest_size=4).hexdigest()}/",
        title=text.title,
        language=item.language,
        foreign=words.name_of(item.language) if item.language != words.language else None,
        published_on=item.published_on,
        section=recorded.section.get(words.language, ""),
        author=text.author,
        link=web_link(text.link),
        line=line_of(text.summary, text.paragraphs, _LINE),
        body=Markup(body),  # noqa: S704 – sanitised, see `Text`
        plain=" ".join(text.paragraphs),
        pictures={},
        elsewhere=tuple((site, link) for site, link in links if site and link),
    )


def body_with_pictures(story: ArchivedStory, folder: str) -> Markup:
    """Pictures that its body asks for as parts of a mail, taken from a folder of the pages."""

    def file(found: re.Match[str]) -> str:
        return f"{folder}{story.pictures.get(found[1], found[1])}"

    return Markup(ADDRESS.sub(file, story.body))  # noqa: S704 – a name of hex characters


def _in_sections(stories: Sequence[ArchivedStory], elsewhere: str) -> tuple[tuple[str, tuple[ArchivedStory, ...]], ...]:
    """In the order in which the edition first comes to each; `elsewhere` is for stories of no section, and comes first
    where there are others.
    """
    sections: dict[str, list[ArchivedStory]] = {}
    for story in stories:
        sections.setdefault(story.section, []).append(story)
    rest = sections.pop("", [])
    first = [(elsewhere if sections else "", tuple(rest))] if rest else []
    return (*first, *((title, tuple(some)) for title, some in sections.items()))


def _sent_at(edition: Edition) -> datetime:
    assert edition.sending_at is not None  # noqa: S101 – it has gone out
    return edition.sending_at


def _said(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def _slug(title: str) -> str:
    return _NOT_IN_A_SLUG.sub("-", _folded(title)).strip("-")[:_SLUG_MOST].strip("-") or "story"
