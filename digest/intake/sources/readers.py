"""What a kind of source reads in the bytes that it was given, and how another kind is added.

A kind is a *reader*: a pure function from a document (its bytes, and where they came from) to the entries in it. It
opens nothing and asks nobody; `fetching` brings the bytes within its limits, and `fetched` remembers, compares with the
last time and makes the reading of `collecting` from it. To add a kind:

1. Write `read_…(document, context, findings)` in a module of its own. What it cannot read it names in `findings`, entry
   by entry; a document that is none of its kind at all is a `NothingUsableError`. Nothing else may be raised, whatever
   the bytes. Each entry is an `ItemDraft`, as files give it: clean text, sanitised HTML, the publisher's own id under
   `ItemField.ID`.
2. Name the kind in `SourceKind` and its keys in `KINDS` of `intake/settings.py`.
3. Name the reader in `reader_of` of `fetched.py`. What it imports is loaded only where such a source is read.
4. Let `tests/intake/sources/test_readers.py` try it: every kind is in its table, with a sample.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from digest.errors import NothingUsableError
from digest.intake.sources.draft import FileContext, Findings, ItemDraft
from digest.intake.sources.web_pictures import WebPicture

MOST_ENTRIES = 500  # of one document; the rest is named


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """`address` is where it was found at last, and what its relative links are relative to; `content_type` is what the
    server said of it, empty for a file.
    """

    body: bytes = field(repr=False)  # asyncio, at its end, writes out what came of it: megabytes in letters
    address: str
    content_type: str = ""


class Entry(NamedTuple):
    """`key` is what it is known by in the next document: the publisher's id, else its link, else its title. One that is
    not `dated` has today's date in its draft; it gets that of the day on which it was first met. One that
    `counts_back` from today keeps the day that it had then. An event is over on the day `over_on`. `pictures` are those
    whose marks stand in its text, and `lead` is the one beside it.
    """

    draft: ItemDraft
    key: str
    dated: bool = True
    over_on: date | None = None
    counts_back: bool = False
    pictures: Sequence[WebPicture] = ()
    lead: WebPicture | None = None


class Entries(NamedTuple):
    """In the order of the document. `language` is what it says of itself as a whole. `whole`: it has all that there is,
    so what is no longer in it was taken out; a feed shows only the latest. `layout` is how a page is built where they
    stand.
    """

    entries: Sequence[Entry]
    language: str | None = None
    whole: bool = False
    layout: str = ""


class LayoutChangedError(NothingUsableError):
    """The document is one of its kind, and has nothing where entries used to be."""


EntryReader = Callable[[SourceDocument, FileContext, Findings], Entries]
