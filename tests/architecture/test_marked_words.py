"""What staff are told is marked for translation where it is written: the thing, cause and next step of every error, and
what a finding says. A text that is not marked would be English for everybody, and nothing else would notice it.
"""

import ast
import re
from collections.abc import Iterator

from codebase import MODULES, NAMES, Module

DONE = (
    "cli",
    "delivery",
    "desk",
    "editions",
    "foundation",
    "inbound",
    "intake",
    "mail",
    "newsletters",
    "operations",
    "people",
    "runs",
    "settings",
    "site",
)
MARKS = ("_", "later", "plural", "plural_later", "ngettext")
# Where a person finds words: parameters of these names, whoever takes them, and the places of those without a name.
SAID = ("cause", "remedy", "reason", "fix")
PLACES = {
    "Mistake": (1,),
    "ClashError": (1,),
    "PydanticCustomError": (1,),
    "ValueError": (0,),  # what settings and lists of people have wrong
    "Fault": (1, 2),
    "broken": (0, 1),
    "Diagnosis": (2, 3),
}
CHANGED = ("join", "format", "strip")  # what they make is as much translated as what they are called on
PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z“'<]")
AS_TYPED = re.compile(r"`?(?:digest|chmod) [a-z]|[a-z_]+: \{")  # commands and settings are the same in every language
NO_WORDS_FOR_STAFF = {
    "mail.checks.gate": "writes the page of the reference, which is English",
    "delivery.transports.smtp.outcomes": "keeps what a server answered in the ledger, where it is sorted by its words",
    "delivery.transports.smtp.transaction": "as above",
    "newsletters.colours": "refuses what never comes from a person, as the next three",
    "newsletters.period": "its keys are tried one after the other",
    "newsletters.timetable": "as above",
    "operations.archive": "its manifest is written by the program; what is wrong with it is said by `restore`",
}
LEAST = 400  # texts: that it looks at them at all


def errors() -> dict[str, tuple[int, ...]]:
    tree = ast.parse(NAMES["errors"].read_text(encoding="utf-8"))
    return {node.name: (0, 1, 2) for node in tree.body if isinstance(node, ast.ClassDef)}


def unmarked(node: ast.expr) -> Iterator[str]:
    """The English in what is said, with `{}` for what is filled in; not that of what is marked or asked elsewhere."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from (*unmarked(one), *unmarked(other))
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            yield from (text for value in values for text in unmarked(value))
        case ast.Call(func=ast.Attribute(value=called, attr=attribute)) if attribute in CHANGED:
            yield from unmarked(called)


def said(module: Module) -> Iterator[ast.expr]:
    takes = {**errors(), **PLACES}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in SAID:
            yield node.value
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from (node.args[place] for place in takes.get(name, ()) if place < len(node.args))
            yield from (each.value for each in node.keywords if each.arg in SAID)


def test_what_staff_are_told_is_marked_for_translation():
    looked_at, found = 0, []
    for module in MODULES:
        if module.room in DONE and module.name not in NO_WORDS_FOR_STAFF:
            for node in said(module):
                looked_at += 1
                found += [
                    f"{module.name}:{node.lineno}: {text}"
                    for text in unmarked(node)
                    if PROSE.search(text) and not AS_TYPED.match(text)
                ]
    assert looked_at > LEAST
    assert found == []


def test_a_text_that_is_not_marked_is_found_wherever_it_hides():
    plain = 'raise UsageError("a name", cause or f"it has {count} letters", "write " + "one more" if one else _("two"))'
    call = next(node for node in ast.walk(ast.parse(plain)) if isinstance(node, ast.Call))
    assert [text for each in call.args for text in unmarked(each)] == [
        "a name",
        "it has {} letters",
        "write ",
        "one more",
    ]


def test_marked_texts_are_whole_before_they_are_filled_in():
    """`_(f"…")` and `_("…".format(…))` are looked up with what is filled in, and so never found."""
    found = [
        f"{module.name}:{node.lineno}: {ast.unparse(node)}"
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS and node.args
        for first in node.args[:1]
        if (isinstance(first, ast.JoinedStr) and module.name != "foundation.catalogue")
        or (isinstance(first, ast.Call) and getattr(first.func, "attr", "") == "format")
    ]
    assert found == []
