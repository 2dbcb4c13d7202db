"""CSS selectors as far as style sheets of mails use them, and the elements they take."""

from dataclasses import dataclass
from functools import lru_cache

from cssselect2 import parser
from cssselect2.compiler import CompiledSelector

from digest.checks.tree import Element

# Outlook.com and the Outlook apps put these on a page that they have darkened.
OUTLOOK_DARK = ("[data-ogsc]", "[data-ogsb]")


@dataclass(frozen=True, slots=True)
class Selector:
    """`own` is what the element must be; `above` what must be around it, from the inside out, each with whether only
    the very parent will do. `outlook_dark`: it counts in Outlook's own dark mode only.
    """

    own: CompiledSelector
    above: tuple[tuple[CompiledSelector, bool], ...]
    weight: tuple[int, int, int]
    outlook_dark: bool

    def takes(self, element: Element) -> bool:
        """Whether it selects the element."""
        return bool(self.own.test(element)) and self.is_inside(element)

    def is_inside(self, element: Element) -> bool:
        """Whether the right ones are around. One walk up for each; cssselect2 by itself tries every combination."""
        fitting = [element]
        for compound, nearby in self.above:
            parents = [each.parent for each in fitting if each.parent is not None]
            around = parents if nearby or not parents else parents[0].upwards()
            fitting = [each for each in around if compound.test(each)]
            if not fitting:
                return False
        return True


@lru_cache(maxsize=1024)
def selector(text: str) -> Selector | None:
    """`None` for what depends on something a mail at rest does not have (`:hover`) or mail programs do not know."""
    try:
        [parsed] = parser.parse(text)
    except (ValueError, AttributeError, RecursionError):  # no selector, a | at its end, hundreds of steps
        return None
    tree, steps = parsed.parsed_tree, []
    while isinstance(tree, parser.CombinedSelector):
        steps.append((tree.right, tree.combinator))
        tree = tree.left
    steps.append((tree, " "))
    kept = [step for step in steps if not _is_of_outlook(step[0])]
    if parsed.pseudo_element or not kept or not all(_is_known(*step) for step in steps):
        return None
    compiled = [CompiledSelector(parser.Selector(compound)) for compound, _ in kept]
    nearby = [combinator == ">" for _, combinator in kept]
    above = tuple(zip(compiled[1:], nearby, strict=False))
    return Selector(compiled[0], above, parsed.specificity, outlook_dark=len(kept) < len(steps))


def _is_of_outlook(compound: parser.CompoundSelector) -> bool:
    match compound.simple_selectors:
        case [parser.AttributeSelector(operator=None, name=name)]:
            return f"[{name}]" in OUTLOOK_DARK
    return False


def _is_known(compound: parser.CompoundSelector, combinator: str) -> bool:
    for simple in compound.simple_selectors:
        match simple:
            case parser.LocalNameSelector() | parser.IDSelector() | parser.ClassSelector():
                continue
            case parser.AttributeSelector(namespace="") | parser.PseudoClassSelector(name="root" | "link"):
                continue
        return False
    return combinator in (" ", ">")
