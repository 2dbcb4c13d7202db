"""A web page as a person sees it: its elements and texts in the order of the page, without what is hidden."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.intake.sources.draft import Findings
from digest.intake.sources.folder import decode
from digest.intake.sources.unseen import is_hidden

DEEPEST = 512  # elements inside each other; browsers show no more
MOST = 200_000  # elements and texts
REMEDY = later("Name another page of the site, or its feed.")
_LABEL = re.compile(rb"<meta\b[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_LABELLED_WITHIN = 2048  # bytes; a browser looks at 1,024

Attributes = Mapping[str, str | None]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNSEEN = _names(
    "-comment head script style template noscript svg math iframe object embed canvas audio video select textarea"
    " button input datalist title link nav footer aside"
)
_APART = _names("nav footer aside button select textarea")  # of these, what people see, and what is no news
_BLOCKS = _names(
    "address article aside blockquote br caption dd details dialog div dl dt fieldset figcaption figure footer form h1"
    " h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
_AROUND = _names("navigation contentinfo search")  # the news of a page stands elsewhere
_ONLY_FOR_EARS = re.compile(
    r"(?:^|[\s_-])(?:sr-only|screen-reader-text|visually-?hidden|element-invisible|assistive-text)(?:$|[\s_-])",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[\w-]*\d[\w-]*|(?:[\w-]+[-_])?(?:odd|even|first|last|active|current|sticky)$")
_NONE: Attributes = {}


class Page:
    """Its nodes are numbered in their order. Of node i: `tags[i]` is empty for a text; `parents[i]` is the element
    around it; `ends[i]` the last node within it; `paths[i]` stands for the names and classes of the elements down to
    it; `letters[i]` counts the characters of the page before it; `texts[i]` is its text, and `blocks[i]` the number of
    the block in which that stands: what flows together has one.
    """

    def __init__(self) -> None:
        self.tags: Sequence[str] = ()
        self.attributes: Sequence[Attributes] = ()
        self.parents: Sequence[int] = ()
        self.ends: Sequence[int] = ()
        self.paths: Sequence[int] = ()
        self.letters: Sequence[int] = (0,)
        self.texts: dict[int, str] = {}
        self.blocks: dict[int, int] = {}
        self.selected: dict[str, list[int]] = {}  # what each selector names
        self.apart: list[tuple[int, str]] = []  # what is seen and not read: the element around it, and its words
        self.is_too_deep = False
        self.language = ""
        self.base = ""
        self._parts: list[tuple[int, str]] = []  # of the paths: the path above, and the last name
        self._order: list[int] = []

    def texts_within(self, node: int) -> list[int]:
        return self.texts_between(node, self.ends[node])

    def texts_between(self, first: int, last: int) -> list[int]:
        order = self._order
        return order[bisect_left(order, first) : bisect_right(order, last)]

    def length(self, node: int) -> int:
        """The characters of its texts."""
        return self.letters[self.ends[node] + 1] - self.letters[node]

    def said(self, texts: Sequence[int]) -> str:
        """The words of these texts, on one line."""
        return " ".join("".join([self.texts[text] for text in texts]).split())

    def title(self, node: int) -> str:
        return self.said(self.texts_within(node))

    def ancestors(self, node: int) -> Iterator[int]:
        """From its parent up to the body."""
        while (node := self.parents[node]) >= 0:
            yield node

    def below(self, node: int, above: int) -> int:
        """The child of `above` around the node, or the node itself."""
        while (parent := self.parents[node]) > above:
            node = parent
        return node

    def names(self, path: int) -> list[str]:
        """`main`, `ul.news`, `li`, `a`: what stays the same as long as the page is built in the same way."""
        names = []
        while path >= 0:
            path, name = self._parts[path]
            names.append(name)
        return names[::-1]

    def fill(self, nodes: Sequence[tuple[str, Attributes, int, int, int]], ends: Sequence[int], letters: int) -> None:
        self.tags, self.attributes, self.parents, self.paths, before = zip(*nodes, strict=True)
        self.ends = ends
        self.letters = (*before, letters)
        self._order = [*self.texts]

    def path(self, above: int, name: str, known: dict[tuple[int, str], int]) -> int:
        number = known.setdefault((above, name), len(self._parts))
        if number == len(self._parts):
            self._parts.append((above, name))
        return number


@lru_cache(maxsize=4096)
def _name(tag: str, classes: str | None) -> str:
    """`li.news`, of `<li class="news news-3 odd">`; empty where the classes say that it is only read aloud."""
    if classes and _ONLY_FOR_EARS.search(classes):
        return ""
    kept = (one for one in (classes or "").split() if not _COUNTED.fullmatch(one))
    first = next(kept, "")  # the others often say what this one is about
    return f"{tag}.{first}" if first else tag


def text_of(data: bytes, label: str, findings: Findings) -> str:
    """By evidence: a byte order mark, valid UTF-8, what the server or the page says, else the most probable."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    said = _LABEL.search(data[:_LABELLED_WITHIN])
    for name in (label, said[1].decode("ascii") if said else ""):
        if not name or name.lower().startswith("utf-8"):
            continue
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):  # not text, or not in what it says
            continue
    return decode(data, findings)


def open_page(text: str, file: str, selectors: Mapping[str, str] = MappingProxyType({})) -> Page:
    """Raise `NothingUsableError` for one that holds more than any page for people. What lies deeper than in any is left
    out.
    """
    parser = LexborHTMLParser(text, scripting=True)
    page = Page()
    root, body = parser.root, parser.body
    if root is None or body is None:
        return page
    page.language = root.attributes.get("lang") or root.attributes.get("xml:lang") or ""
    base = parser.css_first("base[href]")
    page.base = (base.attributes.get("href") or "") if base else ""
    wanted: dict[int, list[str]] = {}
    for name, selector in selectors.items():
        page.selected[name] = []
        try:
            found = body.css(selector)
        except SelectolaxError as error:
            remedy = later("Correct {name}: under select: of this source.").format(name=name)
            raise NothingUsableError(
                file, later("“{selector}” is no selector of CSS").format(selector=selector), remedy
            ) from error
        for node in found:
            wanted.setdefault(node.mem_id, []).append(name)
    _walk(body, page, wanted, file)
    return page


def _walk(body: LexborNode, page: Page, wanted: Mapping[int, list[str]], file: str) -> None:  # noqa: C901, PLR0912, PLR0915 – see below
    """Put the nodes into the page: one pass, without recursion, whatever the depth.

    One function, since this is a third of the time that a page takes: in methods the pass took a quarter more.
    """
    nodes: list[tuple[str, Attributes, int, int, int]] = []
    ends: list[int] = []
    texts, blocks = page.texts, page.blocks
    named: dict[tuple[int, str, str | None], int] = {}
    known: dict[tuple[int, str], int] = {}
    open_: list[tuple[LexborNode, str, int, int, int]] = []  # each with its number, and what was around it
    parent = path = -1
    number = block = letters = 0
    space = ""
    node: LexborNode | None = body
    while node is not None:
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            if text.isspace():
                space = " "
            elif text:
                nodes.append(("", _NONE, parent, path, letters))
                ends.append(number)
                texts[number] = space + text
                blocks[number] = block
                letters += len(text)
                space = ""
                number += 1
        elif tag in _APART or tag not in _UNSEEN:
            attributes = node.attributes or _NONE
            is_unseen = bool(attributes) and _is_unseen(tag, attributes)
            if tag in _APART or attributes.get("role") in _AROUND:
                if not is_unseen:
                    _leave(node, parent, page)
            else:
                key = path, tag, attributes.get("class")
                own = named.get(key)
                if own is None:
                    name = _name(tag, key[2])
                    own = named[key] = page.path(path, name, known) if name else -1
                if own >= 0 and not is_unseen:
                    nodes.append((tag, attributes, parent, own, letters))
                    ends.append(number)
                    if tag in _BLOCKS:
                        block += 1
                        space = ""
                    if wanted:
                        for selector in wanted.get(node.mem_id, ()):
                            page.selected[selector].append(number)
                    child = node.first_child
                    if child is not None and len(open_) > DEEPEST:
                        page.is_too_deep = True
                        _leave(node, parent, page)
                        child = None
                    number += 1
                    if child is not None:
                        if number > MOST:
                            raise NothingUsableError(
                                file, later("it has more than {most:,} elements").format(most=MOST), REMEDY
                            )
                        open_.append((node, tag, number - 1, parent, path))
                        parent, path, node = number - 1, own, child
                        continue
        following = node.next if open_ else None
        while following is None and open_:
            node, tag, closed, parent, path = open_.pop()
            ends[closed] = number - 1
            if tag in _BLOCKS:
                block += 1
                space = ""
            following = node.next if open_ else None
        node = following
    page.fill(nodes, ends, letters)


def _leave(node: LexborNode, around: int, page: Page) -> None:
    if text := " ".join(node.text(deep=True, separator=" ").split()):
        page.apart.append((around, text))


def _is_unseen(tag: str, attributes: Attributes) -> bool:
    if "style" not in attributes and "hidden" not in attributes:
        return False
    return is_hidden(tag, {name: value or "" for name, value in attributes.items()})
