"""Writes what caniemail knows of the readers' mail programs as Python: digest/mail/checks/client_support.py.

Run it when package.json names a newer caniemail; then look at what changed, and at what the checks say of our mails.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGE = HERE / "node_modules" / "caniemail"
WRITTEN = HERE.parents[1] / "digest" / "mail" / "checks" / "client_support.py"
AGAIN = f"python {Path(__file__).relative_to(HERE.parents[1])}"

# Gmail on a phone's browser is left out: it reads no style sheet at all, and its readers have the app.
PROGRAMS = {
    "Gmail": (("gmail", "desktop-webmail"), ("gmail", "ios"), ("gmail", "android")),
    "Outlook": (("outlook", "windows"),),
    "Outlook.com": (("outlook", "outlook-com"), ("outlook", "ios"), ("outlook", "android")),
    "Yahoo": (("yahoo", "desktop-webmail"), ("yahoo", "ios"), ("yahoo", "android")),
    "Apple Mail": (("apple-mail", "macos"), ("apple-mail", "ios")),
    "Samsung Mail": (("samsung-email", "android"),),
}
# Pages whose titles do not name one thing. Selectors, attributes and the formats of pictures are other checks' matter.
_NAMED = {
    "css-block-inline-size": "block-size inline-size",
    "css-border-inline-block": "border-inline border-block",
    "css-border-inline-block-individual": "border-inline-start border-inline-end border-block-start border-block-end",
    "css-border-inline-block-longhand": "border-inline-color border-inline-style border-inline-width "
    "border-block-color border-block-style border-block-width",
    "css-border-radius-logical": "border-start-start-radius border-start-end-radius border-end-start-radius "
    "border-end-end-radius",
    "css-column-layout-properties": "columns column-fill column-rule column-span column-width",
    "css-gap": "gap column-gap row-gap",
    "css-grid-template": "grid-template grid-template-areas grid-template-columns grid-template-rows",
    "css-left-right-top-bottom": "left right top bottom",
    "css-flex-direction": "flex-direction",
    "css-flex-wrap": "flex-wrap",
    "css-margin-block-start-end": "margin-block-start margin-block-end",
    "css-margin-inline-block": "margin-inline margin-block",
    "css-margin-inline-start-end": "margin-inline-start margin-inline-end",
    "css-modern-color": "lch() oklch() lab() oklab()",
    "css-padding-block-start-end": "padding-block-start padding-block-end",
    "css-padding-inline-block": "padding-inline padding-block",
    "css-padding-inline-start-end": "padding-inline-start padding-inline-end",
    "css-unit-calc": "calc()",
    "css-variables": "var()",
    "css-inert-attribute": "",
    "css-pseudo-class-lang": "",
    "css-pseudo-element-before": "content",
    "html-address": "<address>",
    "html-image-maps": "<map> <area>",
    "html-semantics": "<main> <nav> <header> <footer> <article> <section> <aside> <figure> <figcaption> <details> "
    "<summary>",
    "html-svg": "<svg>",
}
# What only some values or places lack, by a word of the note that says so.
_IN_PART = {
    "margin below 0": ("css-margin", "negative"),
    "text-indent below 0": ("css-text-indent", "negative"),
    "padding outside of cells": ("css-padding", "table cells"),
}
_SHORT = re.compile(r"(?:<[a-z]+>|@?[a-z-]+|[a-z-]+\(\)|[a-z]+ unit|display:[a-z]+)")
_PROPERTY = re.compile(r"[a-z-]+")
_ENDING = re.compile(r" (?:element|property|shorthand|CSS property)$")
_HEADER = '''\
"""What mail programs lack of CSS and HTML, after caniemail.com, data of {date} (caniemail {version}).

`{again}` writes it from facts of caniemail.com (MIT, © 2019 HTeuMeuLeu), as the npm
package caniemail has them (MIT, © Avi Goldman, Andrew Powell); nothing is changed by hand. `Outlook` is Outlook for
Windows, which draws with Word; `Outlook.com` and Gmail include their apps. The newest result counts; one app without a
thing is a program without it.
"""
'''

Feature = Mapping[str, Any]


def written() -> str:
    """The module, from the data that is installed."""
    data = json.loads((PACKAGE / "data" / "caniemail.json").read_text(encoding="utf-8"))
    version = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["version"]
    features = {each["slug"]: each for each in data["data"]}
    lacking, partly = dict[str, list[str]](), dict[str, list[str]]()
    for feature in features.values():
        for name in _names(feature):
            lacking[name] = [program for program in PROGRAMS if "n" in _results(feature, program)]
            partly[name] = [each for each in PROGRAMS if each not in lacking[name] and "a" in _results(feature, each)]
    for name, (slug, word) in _IN_PART.items():
        lacking[name] = [program for program in PROGRAMS if _is_noted(features[slug], program, word)]
    everywhere = sorted(each for each in partly if _PROPERTY.fullmatch(each) and not lacking[each] + partly[each])
    return "\n".join(
        (
            _HEADER.format(date=data["last_update_date"][:10], version=version, again=AGAIN),
            *_dictionary("LACKING", lacking),
            "# In some of its apps or accounts only, or some values, or with a slip.",
            *_dictionary("PARTLY", partly),
            "# Properties that all of them know.",
            "EVERYWHERE = frozenset(",
            "    (",
            *(f'        "{name}",' for name in everywhere),
            "    )",
            ")",
            "",
        )
    )


def _names(feature: Feature) -> list[str]:
    if feature["category"] not in ("css", "html"):
        return []
    if feature["slug"] in _NAMED:
        return _NAMED[feature["slug"]].split()
    title = _ENDING.sub("", feature["title"].strip())
    return [title] if _SHORT.fullmatch(title) else []


def _newest(feature: Feature, program: str) -> Iterator[str]:
    """`y`, `a` or `n` with the numbers of notes, of each of its apps that somebody tried."""
    for family, platform in PROGRAMS[program]:
        known = [each for each in feature["stats"].get(family, {}).get(platform, {}).values() if each[0] != "u"]
        yield from known[-1:]


def _results(feature: Feature, program: str) -> set[str]:
    return {result[0] for result in _newest(feature, program)}


def _is_noted(feature: Feature, program: str, word: str) -> bool:
    numbers = {number for number, note in feature["notes_by_num"].items() if word in note.lower()}
    return any(numbers & set(re.findall(r"#(\d+)", result)) for result in _newest(feature, program))


def _dictionary(title: str, programs: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"{title} = {{"
    for name, those in sorted(programs.items()):
        if those:
            listed = ", ".join(f'"{each}"' for each in those)
            yield f'    "{name}": ({listed}{"," if len(those) == 1 else ""}),'
    yield "}"


if __name__ == "__main__":
    WRITTEN.write_text(written(), encoding="utf-8")
