"""What every element looks like in one setting: style sheets, style attributes and inheritance put together."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from cssselect2 import Matcher, parser
from cssselect2.compiler import CompiledSelector

from digest.foundation.catalogue import later
from digest.mail.checks.css import Declaration, StyleRule
from digest.mail.checks.tree import Element, ParsedPage
from digest.newsletters.colours import BLACK, TRANSPARENT, WHITE, Colour, colour, colour_in

# Outlook.com and the Outlook apps put these on a page that they have darkened.
OUTLOOK_DARK_MARKS = ("[data-ogsc]", "[data-ogsb]")
_LOOKS = (
    "color background background-color font font-size font-weight display visibility "
    "text-decoration text-decoration-line border-bottom"
)
LOOKS = frozenset(_LOOKS.split())
_LINK = Colour(0, 0, 238 / 255)
_SIZE = re.compile(r"(\d+\.?\d*|\.\d+)(px|pt|em|rem|%)")
_KEYWORD_SIZES = {"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32}
_OF_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67}
_BOLD_TAGS = frozenset((*_OF_HEADINGS, "b", "strong", "th"))
_BOLD_LEAST = 600
_INHERITED = ("inherit", "currentcolor", "unset", "initial", "revert")
_LONGEST = 2000  # characters of a selector; cssselect2 thinks for seconds about thousands of steps, then gives up
_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?:[:<>=]+\s*([^)]*?)\s*)?\)")
_COLOURS = ("color", "background", "background-color")
Declared = Mapping[str, Declaration]


@dataclass(frozen=True, slots=True)
class ComputedStyle:
    """`size` in CSS pixels; `background` is the nearest opaque one. `underlined` counts a line of a border too."""

    ink: Colour = BLACK
    background: Colour = WHITE
    size: float = 16
    bold: bool = False
    hidden: bool = False
    underlined: bool = False
    unread: str = ""  # a colour that could not be read


# -- Selectors, as far as style sheets of mails use them, and the elements they take.


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
        return bool(self.own.test(element)) and self.is_inside(element, Surroundings())

    def is_inside(self, element: Element, around: "Surroundings") -> bool:
        """Whether the right ones are around. One walk up for each; cssselect2 by itself tries every combination."""
        fitting = [element]
        for number, (compound, nearby) in enumerate(self.above, start=1):
            parents = [each.parent for each in fitting if each.parent is not None]
            if nearby:
                fitting = [each for each in parents if compound.test(each)]
            else:
                found = around.fitting(compound, parents[0]) if parents else iter(())
                every = number < len(self.above) and self.above[number][1]  # else the nearest has all others above it
                fitting = list(found if every else islice(found, 1))
            if not fitting:
                return False
        return True


class Surroundings:
    """Which elements around others fit, on one page: each is asked once, however many stand inside it."""

    def __init__(self) -> None:
        self._nearest: dict[CompiledSelector, dict[int, Element | None]] = {}

    def fitting(self, compound: CompiledSelector, element: Element) -> Iterator[Element]:
        """The element and those around it, from the inside out, as far as they fit."""
        known = self._nearest.setdefault(compound, {})
        start: Element | None = element
        while start is not None and (found := self._find(compound, start, known)):
            yield found
            start = found.parent

    def _find(self, compound: CompiledSelector, start: Element, known: dict[int, Element | None]) -> Element | None:
        now: Element | None = start
        passed = []
        while now is not None and now.index not in known:
            passed.append(now.index)
            if compound.test(now):
                known[now.index] = now
                break
            now = now.parent
        found = None if now is None else known[now.index]
        known.update(dict.fromkeys(passed, found))
        return found


@lru_cache(maxsize=1024)
def selector(text: str) -> Selector | None:
    """`None` for what depends on something a mail at rest does not have (`:hover`) or mail programs do not know."""
    if len(text) > _LONGEST:
        return None
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
            return f"[{name}]" in OUTLOOK_DARK_MARKS
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


# -- The settings in which a page is looked at: light, dark, Outlook's own dark, narrow, and without any style sheet.


@dataclass(frozen=True, slots=True, eq=False)
class Styling:
    """A rule of a sheet that says how something looks. `order` counts the rules."""

    rule: StyleRule
    selector: Selector
    declarations: tuple[Declaration, ...]
    order: int


@dataclass(frozen=True, slots=True)
class Setting:
    """`outlook` is the dark mode of Outlook.com and its apps, which marks the page with data-ogsc and data-ogsb."""

    name: str
    dark: bool = False
    outlook: bool = False
    narrow: bool = False
    styled: bool = True

    def has(self, rule: StyleRule) -> bool:
        return self.styled and (not rule.media or any(self._fits(query) for query in rule.media.split(",")))

    def _fits(self, query: str) -> bool:
        if re.search(r"\b(?:print|speech|not)\b", query):
            return False
        return all(self._holds(name, value) for name, value in _FEATURE.findall(query))

    def _holds(self, name: str, value: str) -> bool:
        match name:
            case "prefers-color-scheme":
                return value == ("dark" if self.dark and not self.outlook else "light")
            case "max-width" | "max-device-width":
                return self.narrow
            case "min-width" | "min-device-width":
                return not self.narrow
        return False

    def looks(self, page: ParsedPage, selected: Sequence[tuple[Styling, ...]]) -> list[ComputedStyle]:
        """By element of the page. `selected` are the rules that select each, in any setting."""
        held = {rules: tuple(filter(self._applies, rules)) for rules in set(selected)}
        return looks(page, (held[rules] for rules in selected))

    def _applies(self, styling: Styling) -> bool:
        return self.has(styling.rule) and (self.outlook or not styling.selector.outlook_dark)


LIGHT = Setting(later("light"))
DARK = Setting(later("dark"), dark=True)
OUTLOOK_DARK = Setting(later("the dark mode of Outlook.com"), dark=True, outlook=True)
BARE = Setting(later("light, without <style>"), styled=False)
_NARROW = (Setting(later("light, on a phone"), narrow=True), Setting(later("dark, on a phone"), dark=True, narrow=True))


def settings_of(rules: Sequence[StyleRule]) -> list[Setting]:
    """Those in which the colours of these rules can differ."""
    colouring = [rule for rule in rules if any(each.name in _COLOURS for each in rule.declarations)]
    found = [LIGHT]
    if any("dark" in rule.media for rule in colouring):
        found.append(DARK)
    if any("[data-ogs" in rule.selector for rule in colouring):
        found.append(OUTLOOK_DARK)
    if any("max-width" in rule.media for rule in colouring):
        found += _NARROW
    if any(LIGHT.has(rule) and "[data-ogs" not in rule.selector for rule in colouring):
        found.append(BARE)
    return found


# -- Looks: which rules select an element, which of their declarations win, and what it inherits.


def stylings(page: ParsedPage, rules: Iterable[StyleRule], names: frozenset[str] = LOOKS) -> list[tuple[Styling, ...]]:
    """By element of the page, what selects it and declares one of the names, whatever the setting."""
    matcher = Matcher()
    for order, rule in enumerate(rules):
        kept = tuple(each for each in rule.declarations if each.name in names)
        if kept and (chosen := selector(rule.selector)):
            matcher.add_selector(chosen.own, Styling(rule, chosen, kept, order))
    around = Surroundings()
    return [
        tuple(each for *_, each in matcher.match(element) if each.selector.is_inside(element, around))
        for element in page.elements
    ]


def looks(page: ParsedPage, applied: Iterable[tuple[Styling, ...]]) -> list[ComputedStyle]:
    """By element, in the order of the page. Equal elements in equal surroundings are looked at once."""
    found: list[ComputedStyle] = []
    known: dict[tuple[object, ...], ComputedStyle] = {}
    unique: dict[ComputedStyle, ComputedStyle] = {}  # so that equal looks are one, and their ids can stand for them
    plain = ComputedStyle()
    unique[plain] = plain
    for element, rules in zip(page.elements, applied, strict=True):
        parent = plain if element.parent is None else found[element.parent.index]
        own = element.attributes
        key = (id(parent), element.tag, own.get("style"), own.get("bgcolor"), "href" in own, rules)
        look = known.get(key)
        if look is None:
            look = _look(element, parent, declared(element, rules))
            look = known[key] = unique.setdefault(look, look)
        found.append(look)
    return found


def declared(element: Element, rules: Iterable[Styling]) -> Declared:
    """The winning declarations: sheets by weight and order, then the style attribute, then what is important."""
    ordered = sorted(rules, key=lambda each: (each.selector.weight, each.order))
    of_sheets = [declaration for each in ordered for declaration in each.declarations]
    layers = (
        (each for each in of_sheets if not each.important),
        (each for each in element.style if not each.important),
        (each for each in of_sheets if each.important),
        (each for each in element.style if each.important),
    )
    return {each.name: each for layer in layers for each in _with_short_forms(layer)}


def _with_short_forms(layer: Iterable[Declaration]) -> Iterator[Declaration]:
    """`background` and `font` set what their long forms set; so the later of both wins."""
    for each in layer:
        match each.name:
            case "background":
                yield replace(each, name="background-color")
            case "font":
                size = _SIZE.search(each.value.lower())
                yield replace(each, name="font-size", value=size[0] if size else "")
                yield replace(each, name="font-weight", value="bold" if "bold" in each.value.lower() else "normal")
            case _:
                yield each


def _look(element: Element, parent: ComputedStyle, found: Declared) -> ComputedStyle:
    background, bad_background = _background(element, found)
    shown = background.over(parent.background)
    is_link = element.tag == "a" and "href" in element.attributes
    ink, bad_ink = _ink(found, _LINK if is_link else parent.ink, parent.ink)
    return ComputedStyle(
        ink=ink.over(shown),
        background=shown,
        size=_size(element, found, parent.size),
        bold=_bold(element, found, parent=parent.bold),
        hidden=parent.hidden or _value(found, "display") == "none" or _value(found, "visibility") == "hidden",
        underlined=_underlined(found, otherwise=is_link or parent.underlined),
        unread=bad_ink or bad_background,
    )


def _value(found: Declared, name: str) -> str:
    return found[name].value.lower() if name in found else ""


def _background(element: Element, found: Declared) -> tuple[Colour, str]:
    value = _value(found, "background-color") or element.get("bgcolor")
    if not value or value in _INHERITED:
        return TRANSPARENT, ""
    seen = colour_in(value)
    if seen is None:
        return TRANSPARENT, "" if "url(" in value or "gradient(" in value else value
    return seen, ""


def _ink(found: Declared, otherwise: Colour, inherited: Colour) -> tuple[Colour, str]:
    value = _value(found, "color")
    if not value:
        return otherwise, ""
    if value in _INHERITED:
        return inherited, ""
    seen = colour(value)
    return (inherited, value) if seen is None else (seen, "")


def _size(element: Element, found: Declared, inherited: float) -> float:
    value = _value(found, "font-size")
    if not value:
        return inherited * _OF_HEADINGS.get(element.tag, 1.0)
    if value in _KEYWORD_SIZES:
        return _KEYWORD_SIZES[value]
    if value == "0":
        return 0
    size = _SIZE.fullmatch(value)
    if size is None:
        return inherited
    factor = {"px": 1.0, "pt": 4 / 3, "em": inherited, "rem": 16.0, "%": inherited / 100}[size[2]]
    return float(size[1]) * factor


def _bold(element: Element, found: Declared, *, parent: bool) -> bool:
    value = _value(found, "font-weight")
    if not value or value == "inherit":
        return parent or element.tag in _BOLD_TAGS
    return value in ("bold", "bolder") or (value.isdecimal() and int(value) >= _BOLD_LEAST)


def _underlined(found: Declared, *, otherwise: bool) -> bool:
    if _value(found, "border-bottom") not in ("", "none", "0"):
        return True
    value = _value(found, "text-decoration") or _value(found, "text-decoration-line")
    return "underline" in value if value else otherwise
