"""What goes wrong is told in one form: “thing: cause; next step”. Cause and next step begin small and end without a
stop, for they stand in one line; what is found in a document has a next step that is a sentence of its own.
"""

import ast
from collections.abc import Iterator, Mapping
from string import ascii_lowercase, ascii_uppercase

from codebase import MODULES, NAMES, Module

NAMES_AT_THE_BEGINNING = ("TLS", "SQLite")  # of causes
SAID = ("cause", "remedy")
TOLD_OF_A_LINE = {"cause": 1, "remedy": 2}  # a finding: its line, the cause, the remedy
SENTENCES = "intake.sources."
MANY = 600  # so many there are at least: that it looks at them at all

MARKED = ("_", "later", "plural", "plural_later")  # what is listed for translators
THREE = 3
# The library says what is wrong in these documents, and that tells what to mend; a question that is asked on the way.
THE_CAUSE_SAYS_IT_ALL = (
    "delivery.transports.smtp.transport",
    "editions.plans.correction_edits",
    "editions.plans.outline",
    "editions.plans.plan_edits",
    "editions.plans.plan_file",
    "editions.plans.planning",
    "foundation.mistakes",
    "foundation.yaml",
    "settings.loading",
)

Said = tuple[Module, int, str, str]


def parameters(nodes: list[ast.AST]) -> dict[str, dict[str, int]]:
    """Function or class → at which place what is said of a trouble is given to it."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            names = [each.arg for each in (*node.args.posonlyargs, *node.args.args) if each.arg != "self"]
            if places := {name: names.index(name) for name in SAID if name in names}:
                found[node.name] = places
    return found


def errors() -> dict[str, dict[str, int]]:
    tree = ast.parse(NAMES["errors"].read_text(encoding="utf-8"))
    return {node.name: {"cause": 1, "remedy": 2} for node in tree.body if isinstance(node, ast.ClassDef)}


def said(module: Module, known: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, ast.expr]]:
    """Cause or remedy, and what is written for it."""
    nodes = [node for node in ast.walk(module.tree) if isinstance(node, (ast.FunctionDef, ast.Assign, ast.Call))]
    takes = {**known, **parameters(nodes)}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in SAID:
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from ((one, node.args[place]) for one, place in takes.get(name, {}).items() if place < len(node.args))
            yield from ((each.arg, each.value) for each in node.keywords if each.arg in SAID)


def text(node: ast.expr) -> str:
    """As it is written, with `{}` for what is filled in; empty where another place says it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Call):
        if getattr(node.func, "attr", "") == "format":
            return text(node.func.value)
        return text(node.args[0]) if getattr(node.func, "id", "") in MARKED else ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def all_said() -> Iterator[Said]:
    known = {**errors(), "warning": TOLD_OF_A_LINE, "error": TOLD_OF_A_LINE, "note": TOLD_OF_A_LINE}
    for module in MODULES:
        for what, node in said(module, known):
            if words := text(node):
                yield module, node.lineno, what, words


def is_in_form(module: Module, what: str, words: str) -> bool:
    if what == "remedy" and module.name.startswith(SENTENCES):
        tells_what_to_write = ": " in words
        return not words.isupper() and words[0] not in ascii_lowercase and (words.endswith(".") or tells_what_to_write)
    begins_small = words[0] not in ascii_uppercase or words.startswith(NAMES_AT_THE_BEGINNING)
    return begins_small and not words.endswith(".")


def test_causes_and_next_steps_are_told_in_one_form():
    every = list(all_said())
    assert len(every) > MANY
    assert [f"{one.name}:{line}: {words}" for one, line, what, words in every if not is_in_form(one, what, words)] == []


def test_every_error_names_the_thing_the_cause_and_the_next_step():
    """Each as it is called: what is left out would put the next step where the cause belongs."""
    kinds = errors()
    short = [
        f"{module.name}:{node.lineno}: {ast.unparse(node)}"
        for module in MODULES
        if module.name not in THE_CAUSE_SAYS_IT_ALL
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds
        if (len(node.args) + len(node.keywords) < THREE and not any(isinstance(one, ast.Starred) for one in node.args))
        or any(isinstance(one, ast.Constant) and one.value is None for one in node.args)
    ]
    assert short == []
