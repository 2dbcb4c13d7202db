"""`digest help`: the pages of the manual that ship with the program, in a terminal."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from digest.desk.columns import columns, labelled, seen, wrapped
from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import data_folder

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

READABLE = 80  # columns of text, however wide the terminal is
SPANISH = re.compile(r"^\[En español\]\((\S+)\.md\)$", re.MULTILINE)


@click.command()
@click.argument("topic", required=False)
@click.pass_context
def help(context: click.Context, topic: str | None) -> int:  # noqa: A001 – the command's name
    """Show a page of the manual, such as `digest help your-first-month`; without TOPIC say which there are.

    TOPIC may also be a command.
    """
    pages = topics()
    width = min(get_terminal_size().columns, READABLE)
    if topic is None:
        for line in listed(pages, width):
            click.echo(line)
        return 0
    if topic in pages:
        for line in shown(pages[topic].read_text(encoding="utf-8"), width, pages):
            click.echo(line)
        return 0
    above = context.find_root()
    command = above.command.get_command(above, topic) if isinstance(above.command, click.Group) else None
    if command is None:
        raise UsageError(topic, _("there is no page and no command of that name"), _("see them all with: digest help"))
    click.echo(command.get_help(click.Context(command, above, topic)))
    return 0


def topics() -> dict[str, Path]:
    """Name → page: first how to do something, then what is what."""
    return {path.stem: path for part in ("how-to", "reference") for path in _pages(part)}


def _pages(part: str) -> list[Path]:
    return sorted(data_folder(f"docs/{part}").glob("*.md"))


def listed(pages: dict[str, Path], width: int) -> Iterator[str]:
    titles = {name: path.read_text(encoding="utf-8") for name, path in pages.items()}
    spanish = {found[1] for text in titles.values() if (found := SPANISH.search(text))}
    reference = {path.stem for path in _pages("reference")}
    for heading, names in (
        (_("How to:"), pages.keys() - spanish - reference),
        (_("In Spanish:"), spanish),
        (_("What is what:"), reference),
    ):
        yield heading
        for name in sorted(names):
            title = titles[name].splitlines()[0].removeprefix("# ")
            yield from labelled(f"digest help {name}", title, width=40, most=width)
        yield ""
    yield _("A command says more of itself with --help.")


# -- A page of Markdown as text


def shown(page: str, width: int, pages: Iterable[str]) -> Iterator[str]:
    """Lines of at most `width` columns; examples stay as they are. Links to other pages say how to see these."""
    from markdown_it import MarkdownIt  # 40 ms: only for a page
    from markdown_it.tree import SyntaxTreeNode

    known = {*pages}
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(page))
    yield from _blocks(tree.children, width, known)


def _blocks(nodes: "Iterable[SyntaxTreeNode]", width: int, known: set[str]) -> Iterator[str]:
    """Each block, and an empty line between two."""
    for number, node in enumerate(nodes):
        if number:
            yield ""
        yield from _block(node, width, known)


def _block(node: "SyntaxTreeNode", width: int, known: set[str]) -> Iterator[str]:
    match node.type:
        case "heading":
            lines = wrapped(_said(node, known), width)
            yield from lines
            yield ("═" if node.tag == "h1" else "─") * max(map(seen, lines))
        case "paragraph":
            yield from wrapped(_said(node, known), width, cut=False)
        case "fence" | "code_block":
            yield from (f"    {line}".rstrip() for line in node.content.splitlines())
        case "bullet_list" | "ordered_list":
            for number, item in enumerate(node.children, 1):
                mark = "• " if node.type == "bullet_list" else f"{number}. "
                for at, line in enumerate(_blocks(item.children, width - len(mark) - 2, known)):
                    yield f"  {mark if not at else ' ' * len(mark)}{line}".rstrip()
        case "blockquote":
            yield from (f"  {line}".rstrip() for line in _blocks(node.children, width - 2, known))
        case "table":
            head, *body = (
                [_said(cell, known) for cell in row.children] for part in node.children for row in part.children
            )
            yield from columns(head, body, most=width)
        case _:
            yield from node.content.splitlines() if not node.children else _blocks(node.children, width, known)


def _said(node: "SyntaxTreeNode", known: set[str]) -> str:
    """What a text says, without its marks; of code, the marks stay."""
    match node.type:
        case "text":
            return node.content
        case "code_inline":
            return f"`{node.content}`"
        case "softbreak" | "hardbreak":
            return " "
    inner = "".join(_said(child, known) for child in node.children)
    if node.type != "link":
        return inner
    target = str(node.attrs.get("href", ""))
    name = Path(target.partition("#")[0]).stem
    if "://" in target:
        return inner if inner == target else f"{inner} ({target})"
    return f"{inner} (digest help {name})" if target.endswith(".md") and name in known else inner
