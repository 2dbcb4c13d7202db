"""What a document leads to: the pages of its entries, whose texts are those of the items, and their pictures. Each is
asked for once, after the document was read.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later, plural_later
from digest.foundation.words import excerpt, fold_words
from digest.intake.item import FoundItem
from digest.intake.memory import Lacking, Memory
from digest.intake.picture import Picture
from digest.intake.settings import SourceSettings
from digest.intake.sources.draft import Findings, ItemDraft, ItemField, Said
from digest.intake.sources.fetching import Ask, WebQuestion
from digest.intake.sources.pages.article import Article, read_article
from digest.intake.sources.readers import Entry
from digest.intake.sources.web_album import WebAlbum
from digest.intake.sources.web_pictures import WebPicture, in_every_entry, with_pictures

MOST_ASKED = 30  # pages of a source, in one look
MOST_KEPT = 200  # articles of entries that stand on the listing no more
_AT_ONCE = 2
_MOST_NAMED = 3
_LONGEST_SUMMARY = 600
_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|odt|zip|jpe?g|png|mp[34])(?:$|[?#])", re.IGNORECASE)
_REMEDY = later("The story shows what the list says; its link leads to the page.")


@dataclass(slots=True)
class Further:
    """Of one look at a source. `ask` is `None` where nobody is to be asked this time; `known` finds a picture that was
    made before, and is `None` where pictures are not let in. `names`, `missed` and `articles` are what is remembered.
    """

    settings: SourceSettings
    ask: Ask | None
    known: Callable[[str], Picture | None] | None
    names: dict[str, str]
    missed: dict[str, Lacking]
    articles: dict[str, Article]
    pictures: Sequence[Picture] = ()
    _marks: set[str] = field(default_factory=set)

    def followed(self, entries: Sequence[Entry], seen: AbstractSet[str], findings: Findings) -> Sequence[Entry]:
        """With the texts of their own pages; of those that were `seen` before no page is asked for anew."""
        if not self.settings.follow:
            return entries
        networks, pictures = self.settings.allow_networks, self.known is not None
        following = _Following(networks, self.ask, pictures, self.articles, self.missed)
        return following.follow(entries, seen, findings)

    def pictured(
        self, items: Sequence[FoundItem], entries: Sequence[Entry], document: Sequence[Entry], findings: Findings
    ) -> Sequence[FoundItem]:
        """The items of these entries, with their pictures; `document` has all of its entries."""
        if self.known is None:
            return items
        shown = [_shown_by(one) for one in {one.key: one for one in (*document, *entries)}.values()]
        self._marks = {one.mark for pictures in shown for one in pictures}
        signs = in_every_entry(shown)
        album = WebAlbum(
            self.settings.name, self.settings.allow_networks, self.ask, self.known, self.names, self.missed
        )
        album.fill([one for entry in entries for one in _shown_by(entry) if one.same not in signs], findings)
        if signs:
            findings.note(
                None,
                plural_later(
                    "{count:,} picture stands in most entries, which shows none of their news: left out",
                    "{count:,} pictures stand in most entries, which shows none of their news: left out",
                    len(signs),
                ),
            )
        self.pictures = [*album.shown.values()]
        return [with_pictures(item, entry.lead, album.shown) for item, entry in zip(items, entries, strict=True)]

    def remembered(self, memory: Memory, document: Sequence[Entry]) -> Memory:
        """What concerns nothing of the document any more is forgotten."""
        pages = {_mark_of(one.key) for one in document} if self.settings.follow else set[str]()
        return replace(
            memory,
            pictures={mark: name for mark, name in self.names.items() if mark in self._marks},
            missed={mark: one for mark, one in self.missed.items() if mark in self._marks or mark in pages},
        )


def _shown_by(entry: Entry) -> Sequence[WebPicture]:
    return (*entry.pictures, entry.lead) if entry.lead else entry.pictures


@dataclass(slots=True)
class _Following:
    """`ask` is `None` where nobody is to be asked. `articles` are those that were had, by the keys of their entries;
    `missed` has pages by a hash of the key.
    """

    allow_networks: tuple[str, ...]
    ask: Ask | None
    pictures: bool
    articles: dict[str, Article]
    missed: dict[str, Lacking]

    def follow(self, entries: Sequence[Entry], seen: Collection[str], findings: Findings) -> Sequence[Entry]:
        """The entries, with the texts of their pages. Those that were `seen` before keep the text that they have."""
        asked = [one for one in entries if self._is_to_be_asked(one, seen)]
        for one in asked:
            self.missed.setdefault(_mark_of(one.key), Lacking(0, later("it is asked for at the next look")))
        if self.ask is not None:
            now = asked[:MOST_ASKED]
            for begin in range(0, len(now), _AT_ONCE):
                self._fetch(now[begin : begin + _AT_ONCE], self.ask)
        self._tell(entries, findings)
        return [self._with_article(one) for one in entries]

    def _is_to_be_asked(self, entry: Entry, seen: Collection[str]) -> bool:
        lacking = self.missed.get(_mark_of(entry.key))
        if entry.key in self.articles or not _link(entry):
            return False
        return entry.key not in seen if lacking is None else lacking.may_be_tried

    def _fetch(self, entries: Sequence[Entry], ask: Ask) -> None:
        files = [one for one in entries if _FILE.search(_link(one))]
        pages = [one for one in entries if one not in files]
        for one in files:
            self.missed[_mark_of(one.key)] = Lacking.for_good(later("its link leads to a file, and no page"))
        questions = [
            WebQuestion(address=_link(one), allow_networks=self.allow_networks, accept=_ACCEPT) for one in pages
        ]
        for one, answer in zip(pages, ask(questions) if questions else (), strict=True):
            mark = _mark_of(one.key)
            if answer.document is None:
                self.missed[mark] = Lacking.once_more(self.missed[mark], answer.failure, was_asked=answer.asked)
                continue
            try:
                article = read_article(answer.document, one.draft.title, pictures=self.pictures)
            except NothingUsableError as error:
                self.missed[mark] = Lacking.for_good(error.cause)
                continue
            self.articles[one.key] = article
            del self.missed[mark]

    def _with_article(self, entry: Entry) -> Entry:
        article = self.articles.get(entry.key)
        if article is None or _letters(article.paragraphs) < _letters(entry.draft.paragraphs):
            return entry
        lead = entry.lead if entry.lead and all(one.same != entry.lead.same for one in article.pictures) else None
        return entry._replace(draft=_longer(entry.draft, article), pictures=article.pictures, lead=lead)

    def _tell(self, entries: Sequence[Entry], findings: Findings) -> None:
        causes: defaultdict[str, list[str]] = defaultdict(list)
        for one in entries:
            article, lacking = self.articles.get(one.key), self.missed.get(_mark_of(one.key))
            if article is not None and article.left_out:
                findings.note(
                    one.draft.line,
                    later("“{title}”: {what}").format(title=excerpt(one.draft.title), what=article.left_out),
                )
            elif article is None and lacking is not None:
                causes[lacking.cause].append(one.draft.title)
        for cause, titles in causes.items():
            named = [f"“{excerpt(one)}”" for one in titles[:_MOST_NAMED]]
            named += ["…"] if len(titles) > _MOST_NAMED else []
            said = plural_later(
                "{count:,} page that a row leads to is not read: {cause} ({titles})",
                "{count:,} pages that rows lead to are not read: {cause} ({titles})",
                len(titles),
                cause=cause,
                titles=", ".join(named),
            )
            findings.warning(None, said, _REMEDY)


def latest(articles: Mapping[str, Article], listed: Collection[str]) -> Mapping[str, Article]:
    """Those of the list, and the latest of others: an entry may come back."""
    others = [key for key in articles if key not in listed]
    gone = frozenset(others[:-MOST_KEPT])
    return {key: article for key, article in articles.items() if key not in gone}


def _mark_of(key: str) -> str:
    return sha256(f"page {key}".encode()).hexdigest()[:32]


def _link(entry: Entry) -> str:
    said = entry.draft.fields.get(ItemField.LINK)
    return said.value if said is not None and isinstance(said.value, str) else ""


def _letters(paragraphs: Sequence[str]) -> int:
    return sum(map(len, paragraphs))


def _longer(draft: ItemDraft, article: Article) -> ItemDraft:
    """What the row says is the summary, unless it is how the article begins."""
    paragraphs, row = article.paragraphs, " ".join(draft.paragraphs)
    begins = fold_words(row.rstrip("…. []"))
    fields = {**draft.fields}
    is_summary = begins and len(row) <= _LONGEST_SUMMARY and begins not in fold_words(" ".join(paragraphs))
    if is_summary and ItemField.SUMMARY not in fields:
        fields[ItemField.SUMMARY] = Said(row, draft.line)
    return replace(draft, paragraphs=paragraphs, html=article.html, fields=fields)


def articles_document(articles: Mapping[str, Article]) -> dict[str, list[object]]:
    return {key: [one.html, [[*picture] for picture in one.pictures], one.left_out] for key, one in articles.items()}


def articles_from(said: Mapping[str, list[Any]]) -> dict[str, Article]:
    return {
        key: Article(html, tuple(WebPicture(*one) for one in pictures), left_out)
        for key, (html, pictures, left_out) in said.items()
    }
