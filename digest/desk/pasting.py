"""Pasting: how a text would be read, with what speaks for it, before it is kept as a file of a source; for the command
and the desk alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import relpath

from digest.desk.phrases import evidence_said
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, spoken
from digest.foundation.problems import Place, Problem
from digest.foundation.words import fold_words
from digest.intake.item import FoundItem, Tag, TagKind
from digest.intake.pasted import Evidence, PastedText
from digest.intake.sources.folder import Folder
from digest.intake.tagging.tagger import TaxonomyTagger
from digest.settings.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItem:
    """An item as it was understood. `known` is where one of this date and title stands already."""

    item: FoundItem
    countries: Sequence[Tag]
    topics: Sequence[Tag]
    begins: str
    language_evidence: Evidence
    known: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    pasted: PastedText
    items: Sequence[ReadItem]
    problems: Sequence[Problem]

    @property
    def is_known(self) -> bool:
        return any(one.known for one in self.items)


def folders_of(instance: Instance) -> Mapping[str, Folder]:
    """The sources that texts can be kept in. Raise `UsageError` when there is none."""
    folders = {source.name: source for source in instance.sources() if isinstance(source, Folder)}
    if not folders:
        raise UsageError("sources", _("no source is a folder"), _("add one to digest.yaml, to keep texts in"))
    return folders


def folder_meant(instance: Instance, name: str | None) -> Folder:
    folders = folders_of(instance)
    if name is not None and name not in folders:
        raise UsageError(name, _("no source has this name"), _("there is {names}").format(names=", ".join(folders)))
    if name is None and len(folders) > 1:
        said = _("say with --source into which: {names}")
        raise UsageError("--source", _("several sources are folders"), said.format(names=", ".join(folders)))
    return folders[name] if name is not None else next(iter(folders.values()))


def read_text(instance: Instance, pasted: PastedText) -> ReadText:
    """Nothing is kept."""
    tagger = TaxonomyTagger(instance.taxonomy)
    known = {
        (item.published_on, fold_words(item.text.title)): item.place
        for item in instance.items.items()
        if not item.withdrawn
    }
    about, problems, items = _("the text"), [*pasted.problems], []
    for number, item in enumerate(pasted.items):
        tagged = tagger.tag(item)
        problems += tagged.problems
        items.append(
            ReadItem(
                item=item,
                countries=_of_kind(tagged.tags, TagKind.COUNTRY),
                topics=_of_kind(tagged.tags, TagKind.TOPIC),
                begins=pasted.lines_of(number)[0],
                language_evidence=pasted.language_evidence(number),
                known=known.get((item.published_on, fold_words(item.text.title))),
            )
        )
    told = [
        Problem(place=Place(about, one.place.line), severity=one.severity, cause=one.cause, remedy=one.remedy)
        for one in problems
    ]
    return ReadText(pasted=pasted, items=items, problems=told)


def _of_kind(tags: Sequence[Tag], kind: TagKind) -> list[Tag]:
    return sorted((tag for tag in tags if tag.kind is kind), key=lambda tag: tag.value)


def kept_as(instance: Instance, text: ReadText, *, knowing: bool) -> str:
    """Keep it; return the file as it is named in the workspace. `knowing`: the person was told of every item of it that
    is there already; otherwise raise `PersonNeededError` for such a one.
    """
    known = next((one for one in text.items if one.known), None)
    if known is not None and not knowing:
        cause = _("it is there already: {place}").format(place=known.known)
        raise PersonNeededError(
            known.item.text.title, cause, _("look at it, then keep it once more if you want it twice")
        )
    return relpath(text.pasted.keep(), instance.folder)


def evidence_of(instance: Instance, text: ReadText, one: ReadItem) -> Mapping[str, Sequence[str]]:
    """In words: what the date, the language, the countries and the topics were taken from."""
    taxonomy, language = instance.taxonomy, spoken().partition("-")[0]
    titles = {TagKind.COUNTRY: taxonomy.country_title, TagKind.TOPIC: taxonomy.topic_title}
    tags = {
        name: [f"{titles[tag.kind](tag.value, language)}: {evidence_said(tag)}" for tag in found]
        for name, found in (("countries", one.countries), ("topics", one.topics))
    }
    return {"date": [_date_said(text.pasted, one)], "language": [_language_said(one.language_evidence)], **tags}


def _date_said(pasted: PastedText, one: ReadItem) -> str:
    if pasted.is_markdown:
        return _("you said it") if pasted.told else _("the text says it at its top")
    return _("“{words}” in line {line}").format(words=one.begins, line=one.item.place.line)


def _language_said(evidence: Evidence) -> str:
    return {
        Evidence.SAID: _("the text says it"),
        Evidence.SETTINGS: _("the settings of the source say it"),
        Evidence.LETTERS: _("its letters"),
        Evidence.WORDS: _("its words"),
        Evidence.NONE: _("not certain: taken as the settings say"),
    }[evidence]
