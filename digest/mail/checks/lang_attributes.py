"""Does the page say in which language it speaks, so that a screen reader pronounces it and a browser turns it?"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import name

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.fields import in_field
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import Element, quoted

_WHY = "Email Markup Consortium 2026: missing in 96 of 100 mails; without it a screen reader uses the wrong voice"
PAGE_LANGUAGE = error(
    "LANG-001",
    asks="<html> has lang, and it is a language, not `und`",
    why=_WHY,
    fix=later('write <mjml lang="{{ language }}" dir="{{ direction }}"> in the template'),
)
OTHER_LANGUAGE = error(
    "LANG-002",
    asks="lang of <html> is the language of the variant",
    why=_WHY,
    fix=later("let the template take it from `language`"),
)
PAGE_DIRECTION = error(
    "LANG-003",
    asks="<html> has dir, ltr or rtl",
    why="Email Markup Consortium 2026: missing in 97 of 100 mails",
    fix=later('write <mjml lang="{{ language }}" dir="{{ direction }}"> in the template'),
)
WRAPPER = error(
    "LANG-004",
    asks="the first element of <body> repeats lang and dir",
    why="Gmail and others drop <html> and keep what is inside <body>",
    fix=later("write lang and dir on the element around the whole mail, as MJML does"),
)
WRONG_DIRECTION = error(
    "LANG-005",
    asks="dir fits the language, wherever a language is named",
    why="Arabic or Hebrew from left to right cannot be read, nor can Spanish from right to left",
    fix=later("write dir beside lang: rtl for Arabic, Hebrew, Persian, Urdu; else ltr"),
)
INVALID = error(
    "LANG-006",
    asks="every lang is a language tag such as en, es or pt-BR",
    why="BCP 47; WCAG 2.2, 3.1.2",
    fix=later("correct the language of the item's source, or the template"),
)
UNMARKED = warning(
    "LANG-007",
    asks="a longer text in another language carries its own lang",
    why="WCAG 2.2, 3.1.2 (language of parts)",
    fix=later("state the language of the item or of its source"),
)
LINKED = warning(
    "LANG-008",
    asks="a link to a page in another language has both lang and hreflang",
    why="Email Markup Consortium: the link's words and its target are in that language",
    fix=later('write <a lang="es" hreflang="es" href="…">en español</a>'),
)
FIELD = warning(
    "LANG-009",
    asks="the field Content-Language names the language of the variant",
    why="RFC 3282; mail programs offer to translate by it",
    fix=later("build the edition again; report it if it comes back"),
)
SCRIPT = warning(
    "LANG-010",
    asks="the script of a text is one of the language that it is said to be in",
    why="WCAG 2.2, 3.1.2; a screen reader says nothing of Arabic that is called English, nor is it turned",
    fix=later("say the item's language in its source, or under `stories:` in the plan"),
)
RULES = (
    PAGE_LANGUAGE,
    OTHER_LANGUAGE,
    PAGE_DIRECTION,
    WRAPPER,
    WRONG_DIRECTION,
    INVALID,
    UNMARKED,
    LINKED,
    FIELD,
    SCRIPT,
)
_TAG = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*", re.IGNORECASE
)
_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "syr", "ug", "ur", "yi"))
_SCRIPTS = frozenset(("arab", "hebr", "thaa", "syrc", "nkoo"))
_DIRECTIONS = ("ltr", "rtl")


def check(document: Document) -> Iterator[Finding]:
    yield from _page(document)
    yield from _elements(document)
    yield from _texts(document)
    yield from _links(document)
    field = document.mail.first("content-language")
    if field is not None and field.raw.lower() != document.specimen.language.lower():
        yield FIELD.broken(in_field("Content-Language"), _("it says {said}").format(said=quoted(field.raw)))


def _page(document: Document) -> Iterator[Finding]:
    language = document.specimen.language
    html, body = document.page.first("html"), document.page.first("body")
    said = "" if html is None else html.get("lang")
    direction = "" if html is None else html.get("dir")
    if not _is_language(said):
        yield PAGE_LANGUAGE.broken(
            _("HTML, <html>"), _("its lang is {said}").format(said=quoted(said)) if said else _("it has no lang")
        )
    elif said.lower() != language.lower():
        yield OTHER_LANGUAGE.broken(
            _("HTML, <html>"),
            _("it says {said}, but the variant speaks {language}").format(said=said, language=language),
        )
    if direction not in _DIRECTIONS:
        reason = _("its dir is {said}").format(said=quoted(direction)) if direction else _("it has no dir")
        yield PAGE_DIRECTION.broken(_("HTML, <html>"), reason)
    first = None if body is None else next(iter(document.page.children(body)), None)
    if first is None or (first.get("lang"), first.get("dir")) != (said, direction) or not said or not direction:
        name = _("nothing") if first is None else f"<{first.tag} lang={first.get('lang')!r} dir={first.get('dir')!r}>"
        yield WRAPPER.broken(_("HTML, first element of the body"), _("it is {name}").format(name=name))


def _elements(document: Document) -> Iterator[Finding]:
    for element in document.page.elements:
        if "lang" not in element.attributes:
            continue
        said = element.get("lang")
        if element.tag != "html" and not _is_language(said):
            yield INVALID.broken(document.where(element), _("its lang is {said}").format(said=quoted(said)))
        direction = next((each.get("dir") for each in element.upwards() if each.get("dir")), "ltr")
        if _is_language(said) and direction in _DIRECTIONS and direction != _direction_of(said):
            yield WRONG_DIRECTION.broken(
                document.where(element),
                _("{language} is written {direction}").format(language=said, direction=_direction_of(said)),
            )


def _texts(document: Document) -> Iterator[Finding]:
    """Each stretch of text that stands under one lang, judged as a whole."""
    said: dict[Element, list[str]] = {}
    for run in document.page.runs:
        if run.seen:
            owner = next((each for each in run.owner.upwards() if "lang" in each.attributes), None)
            if owner is not None:
                said.setdefault(owner, []).append(run.text)
    for owner, texts in said.items():
        declared = owner.get("lang").split("-")[0].lower()
        found = language_of(" ".join(texts))
        if (script := strange_script(" ".join(texts), declared)) is not None:
            yield SCRIPT.broken(
                document.where(owner),
                _("its lang is {declared}, but the text is in {script} letters").format(
                    declared=declared, script=script
                ),
            )
        if found is not None and found != declared:
            yield UNMARKED.broken(
                document.where(owner),
                _("its lang is {declared}, but the text looks like {found}").format(declared=declared, found=found),
            )


def _links(document: Document) -> Iterator[Finding]:
    own = document.specimen.language.lower()
    for link in document.links:
        words, target = link.get("lang").lower(), link.get("hreflang").lower()
        if "hreflang" in link.attributes and not _is_language(target):
            yield LINKED.broken(document.where(link), _("its hreflang is {said}").format(said=quoted(target)))
        elif (words and words != own and not target) or (target and target != own and not words):
            yield LINKED.broken(
                document.where(link),
                _("lang is {language}, hreflang {target}").format(
                    language=words or _("missing"), target=target or _("missing")
                ),
            )


def _is_language(tag: str) -> bool:
    return _TAG.fullmatch(tag) is not None and tag.lower() not in ("und", "mul", "zxx", "mis")


def _direction_of(tag: str) -> str:
    first, *others = tag.lower().split("-")
    if script := next((each for each in others if len(each) == len("Arab") and each.isalpha()), None):
        return "rtl" if script in _SCRIPTS else "ltr"
    return "rtl" if first in _RIGHT_TO_LEFT else "ltr"


# -- In which language a text seems to be written: counted by the small words that only one language has.

_SMALL_WORDS = {
    "en": "the of and to is was were that with for from which this they their have has been who are",
    "es": "el los las del y una con por para que se su sus fue entre desde más también según sobre",
    "fr": "le les des du et une avec pour dans qui est sont aux par sur cette ces leur ont été",
    "pt": "os das dos um uma com não são foi ao pela pelo mais também seus até nas nos em na",
}
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 8  # small words; fewer prove nothing
_CLEARLY = 3  # times as many as of any other language


@lru_cache(maxsize=1)
def _known() -> dict[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in _SMALL_WORDS.items()}


def language_of(text: str) -> str | None:
    """`None` when the text is too short, mixed, or in a language nobody taught this function."""
    words = _WORD.findall(text.lower())
    counts = sorted((sum(word in small for word in words), name) for name, small in _known().items())
    (second, _), (most, name) = counts[-2:]
    return name if most >= _LEAST and most >= _CLEARLY * second else None


# -- In which script a text is, and whether its language is written so.

_WRITTEN_IN = {
    "ARABIC": "ar fa ur ps sd ug ckb ku ks az ms pa",
    "HEBREW": "he iw yi",
    "CYRILLIC": "ru uk bg sr mk be kk ky mn tg tt ba cv ce os ab uz az tk",
    "GREEK": "el grc",
    "DEVANAGARI": "hi mr ne sa ks sd",
    "THAI": "th",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh ja ko yue",
}
_LEAST_LETTERS = 12  # fewer are a name
_MOSTLY = 0.6


def strange_script(text: str, language: str) -> str | None:
    """The script of most of its letters, where the language is not written in it; of Latin letters nobody can say."""
    letters = [char for char in text if char.isalpha()]
    foreign = Counter(name(char, "").split()[0] for char in letters if char > "\u02ff")
    if len(letters) < _LEAST_LETTERS or not foreign:
        return None
    known = {script: count for script, count in foreign.items() if script in _WRITTEN_IN}
    strange = {script: count for script, count in known.items() if language not in _WRITTEN_IN[script].split()}
    if sum(strange.values()) < _MOSTLY * len(letters):
        return None
    return max(strange, key=lambda script: strange[script]).capitalize()
