"""What Markdown programs have beyond CommonMark: comments, which their authors see and their readers do not, and signs
that stand for something. Code stays as it is.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from digest.foundation.catalogue import later
from digest.foundation.words import excerpt
from digest.intake.sources.cleaning import STRUCK_LETTERS, without_strokes
from digest.intake.sources.draft import Findings

_MOST_NAMED = 10
_TICKS = re.compile(r"`+")
# What opens a comment → what ends it, and whether it is certain to be one even without an end.
_COMMENTS = {
    "%%": "%%",  # Obsidian
    "{>>": "<<}",  # CriticMarkup
    "{::comment}": "{:/",  # kramdown: {:/comment} or {:/}
    "{#": "#}",  # Jinja, Twig
    "{{/*": "*/}}",  # Hugo
    "{{!--": "--}}",  # Handlebars
    "{{!": "}}",
    "{/*": "*/}",  # MDX
    "<%#": "%>",  # ERB, EJS
    "<%--": "--%>",  # JSP
    "<#--": "-->",  # FreeMarker
    "\\begin{comment}": "\\end{comment}",  # LaTeX
    "\\iffalse": "\\fi",
}
_PASSED = {"<!--": "-->", "<script": "</script", "<style": "</style", "<pre": "</pre", "<code": "</code"}
_OPENER = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})|(?P<ticks>`+)|(?P<passed><!--|<(?:script|style|pre|code)\b)"
    r"|(?P<liquid>\{%-?\s*comment\b[^%\n]*%\})|(?P<whole>\{%-?\s*#[^%\n]*%\})"
    r"|^(?P<div>[ \t]*:{3,}[ \t]*(?:\{[^}\n]*\.)?(?:hidden|content-hidden|comments?|notes|invisible|d-none)\b[^\n]*$)"
    r"|(?P<comment>(?<![0-9])%%|\{>>|\{::comment\}|\{#(?![\w-]+[ }])|\{\{/\*|\{\{!(?:--)?|\{/\*"
    r"|<%(?:#|--)|<#--|\\begin\{comment\}|\\iffalse\b)",
    re.MULTILINE | re.IGNORECASE,
)
_DIV = re.compile(r"^[ \t]*:{3,}[ \t]*(\S?)", re.MULTILINE)
_LIQUID_END = re.compile(r"\{%-?\s*endcomment\s*-?%\}")
_END_OF_KRAMDOWN = re.compile(r"\{:/(?:comment)?\}")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")

_ADMONITION = re.compile(
    r"^(?:!!!|\?\?\?\+?)[ \t]+(?P<kind>[\w-]+)[^\n\"]*(?:\"(?P<title>[^\"\n]*)\")?[ \t]*\n"
    r"(?P<inside>(?:(?:[ ]{4}|\t)[^\n]*\n|[ \t]*\n)*)",
    re.MULTILINE,
)
_FENCED_DIV = re.compile(
    r"^[ \t]*:{3,}[ \t]*(?:(?P<kind>\w[\w-]*)|\{[^}\n]*\})?[ \t]*(?P<title>[^\n:]*?):*$", re.MULTILINE
)
_TABLE_OF_CONTENTS = re.compile(r"^[ \t]*(?:\[\[?_?toc_?\]?\]|@\[toc\])[ \t]*$", re.MULTILINE | re.IGNORECASE)
_INDENTED = re.compile(r"^(?: {4}|\t)", re.MULTILINE)
_CALLOUT = re.compile(r"^(?P<quote>[ \t]*(?:>[ \t]?)+)\[!(?P<kind>[\w-]+)\][+-]?[ \t]*(?P<title>[^\n]*)$", re.MULTILINE)


class _Sign(NamedTuple):
    """What stands for something else; `needs` must occur in a text that holds it."""

    needs: str
    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]


def _admonition(found: re.Match[str]) -> str:
    title = found["kind"].capitalize() if found["title"] is None else found["title"]
    return (
        f"**{title}**  \n{_INDENTED.sub('', found['inside'])}" if title else f"\n{_INDENTED.sub('', found['inside'])}"
    )


def _div(found: re.Match[str]) -> str:
    title = found["title"] or (found["kind"] or "").capitalize()
    return f"**{title.strip('[]')}**  " if title else ""


_SIGNS = (
    # Docusaurus, Pandoc, MkDocs
    _Sign(":::", _FENCED_DIV, _div),
    _Sign("!!! ", _ADMONITION, _admonition),
    _Sign("???", _ADMONITION, _admonition),
    _Sign("[!", _CALLOUT, lambda found: f"{found['quote']}**{found['title'] or found['kind'].capitalize()}**  "),
    # CriticMarkup: added, taken out, replaced, marked.
    _Sign("{++", re.compile(r"\{\+\+(.{0,5000}?)\+\+\}", re.DOTALL), r"\1"),
    _Sign("{--", re.compile(r"\{--(.{0,5000}?)--\}", re.DOTALL), r"<del>\1</del>"),
    _Sign("{~~", re.compile(r"\{~~(.{0,5000}?)~>(.{0,5000}?)~~\}", re.DOTALL), r"<del>\1</del>\2"),
    _Sign("{==", re.compile(r"\{==(.{0,5000}?)==\}", re.DOTALL), r"\1"),
    _Sign("==", re.compile(r"(?<![=\w])==(?=\S)([^=\n]+?)(?<=\S)==(?![=\w])"), r"\1"),
    _Sign("]", _TABLE_OF_CONTENTS, ""),
    # Obsidian: a page, and perhaps another text for it.
    _Sign("[[", re.compile(r"(?<!!)\[\[[^\[\]|\n]+\|([^\[\]\n]+)\]\](?![(:\[])"), r"\1"),
    _Sign("[[", re.compile(r"(?<!!)\[\[([^\[\]|\n]+)\]\](?![(:\[])"), r"\1"),
    # PHP Markdown Extra: what an abbreviation stands for is shown to a mouse alone.
    _Sign("*[", re.compile(r"^\*\[[^\]\n]+\]:[^\n]*$", re.MULTILINE), ""),
    # Pandoc: raised and lowered; GitHub: struck out.
    _Sign("^", re.compile(r"(?<=[\w)\]])\^([^\s^\[\]]{1,20})\^"), r"<sup>\1</sup>"),
    _Sign("~", re.compile(r"(?<=[^\W_])(?<!~)~([\w+-]{1,4})~(?!~)"), r"<sub>\1</sub>"),
    _Sign("~", re.compile(r"(?<![~\w\\/])~(?![~\s])([^~\n]+?)(?<![\s\\(])~(?![~\w])"), r"<del>\1</del>"),
    # kramdown
    _Sign("{:toc", re.compile(r"^[ \t]*[-*+1][.)]?[ \t]+[^\n]*\n[ \t]*\{:toc\b[^{}\n]*\}", re.MULTILINE), "\n"),
    _Sign("{:", re.compile(r"\{:(?::?/?[\w-]+)?[^{}\n]*\}"), ""),
    _Sign("{", re.compile(r"^([ \t]*#{1,6}[ \t][^\n]*?)[ \t]*\{[#.][^{}\n]*\}[ \t]*$", re.MULTILINE), r"\1"),
)
_TEX = re.compile(r"\$\$[^$]{1,2000}\$\$")
_EMBEDDED = re.compile(r"!\[\[([^\[\]\n]+)\]\]")


class _Stretch(NamedTuple):
    begin: int
    end: int
    comment: bool


def without_dialects(text: str, first_line: int, findings: Findings) -> str | None:
    """The text in CommonMark, each line where it was. `None`, with an error reported, when a comment has no end."""
    parts: list[str] = []
    comments: list[int] = []
    position = 0
    for stretch in _stretches(text):
        if stretch.end < 0:
            line = first_line + text.count("\n", 0, stretch.begin)
            opener = text[stretch.begin : stretch.begin + 4].split(maxsplit=1)[0]
            findings.error(
                line,
                later("“{opener}” begins a comment that has no end; the item is left out").format(opener=opener),
                later("End it."),
            )
            return None
        parts.append(_translated(text[position : stretch.begin], first_line + text.count("\n", 0, position), findings))
        inside = text[stretch.begin : stretch.end]
        parts.append("\n" * inside.count("\n") if stretch.comment else inside)
        if stretch.comment and not inside.startswith("<!--"):
            comments.append(first_line + text.count("\n", 0, stretch.begin))
        position = stretch.end
    parts.append(_translated(text[position:], first_line + text.count("\n", 0, position), findings))
    if comments:
        lines = ", ".join(map(str, dict.fromkeys(comments[:_MOST_NAMED]))) + (" …" if comments[_MOST_NAMED:] else "")
        findings.note(comments[0], later("comments of the authors are left out (line {lines})").format(lines=lines))
    return "".join(parts)


def _translated(text: str, line: int, findings: Findings) -> str:
    for embedded in _EMBEDDED.finditer(text) if "![[" in text else ():
        where = line + text.count("\n", 0, embedded.start())
        findings.left_out(where, embedded[1], later("what is embedded here is left out"), later("Write what it shows."))
    text = _EMBEDDED.sub("", text)
    for formula in _TEX.finditer(text) if "$$" in text else ():
        where = line + text.count("\n", 0, formula.start())
        cause = later("“{formula}” is a formula in the signs of TeX: it is mailed as it is typed").format(
            formula=excerpt(formula[0])
        )
        findings.warning(where, cause, later("Write it as readers shall see it, such as x² + 5 ≤ 10."))
    if not text.isascii():
        text = STRUCK_LETTERS.sub(lambda found: _struck(found[0]), text)
    for needs, pattern, instead in _SIGNS:
        if needs in text:
            text = pattern.sub(instead, text)
    return text


def _struck(letters: str) -> str:
    plain = without_strokes(letters)
    return f"<del>{plain.rstrip()}</del>{plain[len(plain.rstrip()) :]}"


def _stretches(text: str) -> list[_Stretch]:
    """Code and the like, which stay, and comments; in order. A comment without end ends at -1."""
    found: list[_Stretch] = []
    position = 0
    ticks: defaultdict[int, list[int]] = defaultdict(list)
    for run in _TICKS.finditer(text):
        ticks[len(run[0])].append(run.start())
    nowhere: set[str] = set()
    while opener := _OPENER.search(text, position):
        begin, after = opener.span()
        end = after if opener["whole"] else _end(text, opener, ticks, nowhere)
        is_comment = bool(opener["comment"] or opener["liquid"] or opener["whole"] or opener["div"])
        is_comment = is_comment or opener["passed"] == "<!--"  # of those that HTML ends, CommonMark ends fewer
        if end < 0 and is_comment and _is_certain(text, opener):
            return [*found, _Stretch(begin, -1, comment=True)]
        if end > 0:
            found.append(_Stretch(begin, end, is_comment))
        position = max(after, end)
    return found


def _end(text: str, opener: re.Match[str], ticks: dict[int, list[int]], nowhere: set[str]) -> int:
    """Where what begins here ends; -1 when it does not. `nowhere` keeps the ends that no later search will find."""
    after = opener.end()
    if opener["fence"]:
        mark = opener["fence"]
        closing = re.compile(rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE).search(text, after)
        return closing.end() if closing else len(text)
    if opener["ticks"]:
        places = ticks[len(opener["ticks"])]
        index = bisect_left(places, after)
        return places[index] + len(opener["ticks"]) if index < len(places) else -1
    if opener["div"]:
        return _end_of_div(text, after)
    if opener["liquid"] or opener["comment"] == "{::comment}":
        closing = (_LIQUID_END if opener["liquid"] else _END_OF_KRAMDOWN).search(text, after)
        return closing.end() if closing else -1
    mark = _PASSED[opener["passed"].lower()] if opener["passed"] else _COMMENTS[opener["comment"].lower()]
    if mark in nowhere:
        return -1
    limit = len(text)
    if mark == "%%" and not _is_certain(text, opener):  # “100%% sure”: a comment only if it ends in the same paragraph
        blank = _BLANK_LINE.search(text, after)
        limit = blank.start() if blank else limit
    at = text.find(mark, after - 2 if mark == "-->" else after, limit)  # “<!-->” is a whole one
    if at < 0 and limit == len(text):
        nowhere.add(mark)
    return at + len(mark) if at >= 0 else -1


def _end_of_div(text: str, after: int) -> int:
    """Behind the line that ends it, past those inside it; one without an end goes to the end of the text."""
    open_ = 1
    for line in _DIV.finditer(text, after):
        open_ += 1 if line[1] else -1
        if not open_:
            return line.end()
    return len(text)


def _is_certain(text: str, opener: re.Match[str]) -> bool:
    """Whether it is a comment even without an end: nobody writes these signs for readers."""
    before = text[opener.start() - 1 : opener.start()]
    return opener["comment"] != "%%" or not before or before.isspace()
