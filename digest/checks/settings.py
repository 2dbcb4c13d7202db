"""The settings in which a page is looked at: light, dark, Outlook's own dark, narrow, and without any style sheet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.checks.cascade import Look, Styling, looks
from digest.checks.css import StyleRule
from digest.checks.tree import Page

_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?:[:<>=]+\s*([^)]*?)\s*)?\)")
_COLOURS = ("color", "background", "background-color")


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

    def looks(self, page: Page, selected: Sequence[tuple[Styling, ...]]) -> list[Look]:
        """By element of the page. `selected` are the rules that select each, in any setting."""
        held = {rules: tuple(filter(self._applies, rules)) for rules in set(selected)}
        return looks(page, (held[rules] for rules in selected))

    def _applies(self, styling: Styling) -> bool:
        return self.has(styling.rule) and (self.outlook or not styling.selector.outlook_dark)


LIGHT = Setting("light")
DARK = Setting("dark", dark=True)
OUTLOOK_DARK = Setting("the dark mode of Outlook.com", dark=True, outlook=True)
BARE = Setting("light, without <style>", styled=False)
_NARROW = (Setting("light, on a phone", narrow=True), Setting("dark, on a phone", dark=True, narrow=True))


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
