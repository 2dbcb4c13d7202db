"""Is everything filled in? What a template, a compiler or a program leaves behind when something went wrong."""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.intake.sources.dates import looks_undated
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, Rule, error, warning
from digest.mail.checks.tree import BIDI_CONTROLS, in_a_story, quoted, squeezed

TEMPLATE = error(
    "LEFT-001",
    asks="no template code in an attribute, in the subject, or alone in its place",
    why="readers see the machine instead of the text",
    fix=later("correct the template; never put template code into stories"),
)
IN_A_TEXT = warning(
    "LEFT-002",
    asks="nothing in a text looks like template code",
    why="a story may speak of it; a template that was not filled in looks the same",
    fix=later("look at the text; correct the template or the story"),
)
MJML = error(
    "LEFT-003",
    asks="no MJML tag in the HTML",
    why="the compiler passes on what it does not know, and no mail program knows it",
    fix=later("correct the tag that is named in edition.mjml"),
)
ESCAPED = error(
    "LEFT-004",
    asks="no character in an attribute is written like \\u{a0}",
    why="the MJML compiler damages attributes that hold such characters (mjml-python 1.3.5 and later)",
    fix=later("take the text from a variable instead of writing it into the MJML"),
)
NOTHING = error(
    "LEFT-005",
    asks="no None, null or undefined where a value should be",
    why="readers see the machine instead of the text",
    fix=later("ask in the template whether there is a value: {% if … %}"),
)
SLOT = error(
    "LEFT-006",
    asks="no NUL character, and so no unfilled slot",
    why="a reader's own link is missing; servers refuse NUL",
    fix=later("report it: the message is not built as it should be"),
)
GARBLED = warning(
    "LEFT-007",
    asks="no characters garbled on the way (�, Ã©, â€œ)",
    why="the source was read in the wrong encoding",
    fix=later("save the source as UTF-8 and collect it again"),
)
DIRECTION = error(
    "LEFT-008",
    asks="no characters that change the direction of writing",
    why="U+202E makes a text read as another one; filters take it for fraud",
    fix=later("remove the character from the story; use dir instead"),
)
UNDATED = warning(
    "LEFT-009",
    asks="no line of a story is a date without its year",
    why="it is the date line of the next item, which was read into this one",
    fix=later("complete the date in the source and collect it again"),
)
RULES = (TEMPLATE, IN_A_TEXT, MJML, ESCAPED, NOTHING, SLOT, GARBLED, DIRECTION, UNDATED)
_CODE = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}|\{\{|\}\}|\{%|%\}|\{#|%\(\w+\)[sd]")
_ONLY_CODE = re.compile(rf"(?:(?:{_CODE.pattern})\s*)+")
_WORDS = ("None", "undefined", "null", "NaN", "[object Object]")
_IN_AN_ADDRESS = re.compile(r"[/=](?:None|undefined|null)(?:[/?&#]|\Z)")
_OBJECT = re.compile(r"<?\b[\w.]+ object at 0x[0-9a-f]{6,}>?|<(?:bound|built-in) method \S+|<function \S+")
_ESCAPED = re.compile(r"\\u\{[0-9a-f]{1,6}\}")
_BETWEEN = re.compile(r"\s[·|]\s")
_GARBLED = re.compile("\ufffd|Ã[\x80-\xbf¡-¿©±³]|â€[\x80-\xbf™œ“”˜¦¢]|Â[\xa0¡¿«»°]")
_ADDRESSES = ("href", "src")


def check(document: Document) -> Iterator[Finding]:
    specimen = document.specimen
    for name, text in (("HTML", specimen.html), (_("plain text"), specimen.text), (_("subject"), specimen.subject)):
        yield from _characters(name, text)
    if found := _untold(document, _CODE.search(specimen.subject)):
        yield TEMPLATE.broken(_("subject"), _("{found} is left in it").format(found=quoted(found)))
    yield from _elements(document)
    for run in document.page.runs:
        if run.seen:
            for rule, reason in _text(document, run.text):
                yield rule.broken(document.where(run.owner), reason)
            if looks_undated(run.text.strip()) and in_a_story(run.owner):
                yield UNDATED.broken(
                    document.where(run.owner), _("{text} stands alone").format(text=quoted(run.text.strip()))
                )
    for number, line in enumerate(specimen.text.splitlines(), 1):
        for rule, reason in _text(document, line):
            yield rule.broken(_("plain text, line {number}").format(number=number), reason)


def _characters(name: str, text: str) -> Iterator[Finding]:
    if "\0" in text:
        yield SLOT.broken(
            name,
            _("a NUL character stands after {text}").format(text=quoted(text.partition(chr(0))[0][-40:])),
        )
    if BIDI_CONTROLS.search(text):
        yield DIRECTION.broken(name, _("it holds a character that changes the direction of writing"))
    if found := _GARBLED.search(text):
        yield GARBLED.broken(
            name, _("{text} is garbled").format(text=quoted(text[max(found.start() - 20, 0) : found.end() + 20]))
        )


def _elements(document: Document) -> Iterator[Finding]:
    for element in document.page.elements:
        if element.tag.startswith("mj"):
            yield MJML.broken(document.where(element), _("<{tag}> is left in it").format(tag=element.tag))
        for name, value in element.attributes.items():
            if name != "style":
                for rule, reason in _attribute(document, name, value):
                    yield rule.broken(document.where(element), reason)


def _attribute(document: Document, name: str, value: str) -> Iterator[tuple[Rule, str]]:
    if ("{" in value or "%" in value) and (found := _untold(document, _CODE.search(value))):
        yield TEMPLATE, _("{name} holds {found}").format(name=name, found=quoted(found))
    if "\\u{" in value and (found := _untold(document, _ESCAPED.search(value))):
        yield ESCAPED, _("{name} holds {found}").format(name=name, found=quoted(found))
    if _is_nothing(document, value) or (name in _ADDRESSES and _IN_AN_ADDRESS.search(value)):
        yield NOTHING, _("{name} is {value}").format(name=name, value=quoted(value))


def _text(document: Document, text: str) -> Iterator[tuple[Rule, str]]:
    said = squeezed(text)
    if any(word in said for word in _WORDS) and any(_is_nothing(document, each) for each in _BETWEEN.split(said)):
        yield NOTHING, _("{text} holds no value").format(text=quoted(said))
    if ("<" in said or " at 0x" in said) and (found := _OBJECT.search(said)):
        yield NOTHING, _("{found} is an object of the program").format(found=quoted(found[0]))
    if ("{" in said or "%" in said) and (code := _untold(document, _CODE.search(said))):
        rule = TEMPLATE if _ONLY_CODE.fullmatch(said) else IN_A_TEXT
        yield rule, _("{code} stands in {text}").format(code=quoted(code), text=quoted(said))


def _is_nothing(document: Document, value: str) -> bool:
    """Whether it is a program's word for nothing, and no story's whole title."""
    return value.strip() in _WORDS and value.strip() not in document.specimen.story_titles


def _untold(document: Document, found: re.Match[str] | None) -> str:
    """What was found, unless a story's title says so."""
    return "" if found is None or _is_told(document, found[0]) else found[0]


def _is_told(document: Document, said: str) -> bool:
    """Whether a story's title says so: then it is meant."""
    return any(squeezed(said) in squeezed(title) for title in document.specimen.story_titles)
