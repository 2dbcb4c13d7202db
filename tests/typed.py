"""The commands that texts tell people to type, and whether the program would take them."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import click

from digest.cli import MODULES, cli

NAMES = "|".join(sorted(MODULES, key=len, reverse=True))
COMMAND = re.compile(rf"(?<![\w/.-])digest(?: -C (?:'[^']*'|\S+))?(?: -[vq])* (?:{NAMES})(?![\w-])[^,;`)\n<]*")
GIVEN = {"ADDRESS": "ana@example.org", "EDITION": "2018-07", "PERIOD": "2018-07", "FILE": "somewhere"}


def commands_in(text: str) -> Iterator[str]:
    """As a person would copy them: in backticks to the end of these; else to the end of the line, the comma, the
    sentence.
    """
    for found in COMMAND.finditer(text):
        quoted = text[found.start() - 1 : found.start()] == "`"
        yield found[0] if quoted else re.split(r"\. |\.$| – | …|…$", found[0])[0].strip()


def refusal(command: str) -> str | None:
    """Why the real parser does not take the command; `None` if it does."""
    try:
        words = shlex.split(command)[1:]
        context = cli.make_context("digest", words, obj=SimpleNamespace())
        with context:
            while isinstance(context.command, click.Group):
                rest = [*context._protected_args, *context.args]
                if not rest:
                    return None if context.command.invoke_without_command else "no command"
                name, inner, rest = context.command.resolve_command(context, rest)
                context = inner.make_context(name, rest, parent=context)
    except click.exceptions.Exit:
        return None
    except click.exceptions.NoArgsIsHelpError:
        return "no command"
    except (click.UsageError, ValueError) as error:
        return str(error)
    return None


def literals(path: Path) -> Iterator[str]:
    """Of a module, its own docstring left out: it is for developers. What is filled in is an X."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts: set[int] = {id(tree.body[0].value)} if tree.body and isinstance(tree.body[0], ast.Expr) else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield re.sub(r"\{[^{}]*\}", "X", node.value)
