"""Reasons that an edition keeps, said in the language of staff.

They are kept in English and filled in, because the fingerprint that is approved covers them: here they are recognised
by the messages from which they were made. What a person wrote, and names, stay as they are.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from digest.foundation.catalogue import Phrase, _, later, plural_later, spoken

_MADE_FROM = (
    later("it is no longer in its source"),
    later("it came {count} periods after its own, the newsletter takes up to {most} (late_for)"),
    later("none of the newsletter's audiences asks for its countries and topics"),
    later("the plan leaves it out"),
    later("the plan puts it off to the next edition"),
    later("its edition was missed, and what is missed is not made up for (catch_up: none)"),
    later("a person gave up what was missed (run --catch-up none)"),
    later("a person dropped it while it waited"),
    later("a person dropped it while it waited: {because}"),
    later("it stood in {edition}, and is corrected"),
    later("only mails with fewer than {least} stories have it (minimum_stories_per_mail): it waits for the next"),
    plural_later(
        "{count:,} story, and an edition needs {least} (minimum_stories): all wait for the next",
        "{count:,} stories, and an edition needs {least} (minimum_stories): all wait for the next",
        1,
        least="",
    ),
    later("takes everything"),
    later("it leaves out {field}: {values}"),
    later("it asks for {field} that a person or the title names; {values} stands in the text only"),
    later("it asks for {field}: {wanted}; the story has {values}"),
    later("it asks for nothing"),
    later("approved by nobody"),
    later("changed after {name} had answered"),
    later("not answered by {names}"),
    later("refused by {name}"),
)
_PLACEHOLDER = re.compile(r"\\\{(\w+)(?::,)?\\\}")
_CRITERIA = re.compile(r"(countries|topics|sources|languages): ([^:;]+)")
_OF_A_PART = re.compile(r"\(([^()]*)\)(?=; | and |$)")  # `Guatemala (countries: GT); Everything (takes everything)`
_LEFT_OUT = re.compile(r"(?:(.+); left out of|left out with) (.+)", re.DOTALL)
_BECAUSE = re.compile(r"(the plan [^:]+|refused by [^:]+): (.+)", re.DOTALL)  # a person's words


def said(reason: str) -> str:
    """In the language of staff; what none of our messages made stays as it is."""
    if spoken() == "en":
        return reason
    if found := _LEFT_OUT.fullmatch(reason):
        parts = _parts(found[2]).replace(") and ", f") {_('and')} ")
        if found[1] is None:
            return _("left out with {parts}").format(parts=parts)
        return _("{kept}; left out of {parts}").format(kept=_parts(found[1]), parts=parts)
    if found := _BECAUSE.fullmatch(reason):
        return f"{said(found[1])}: {found[2]}"
    return next(_recognised(reason), None) or _parts(reason)


def _parts(reason: str) -> str:
    return _OF_A_PART.sub(lambda found: f"({_rule(found[1])})", reason)


def _rule(reason: str) -> str:
    return next(_recognised(reason), None) or reason


def _recognised(reason: str) -> Iterator[str]:
    criteria = [_CRITERIA.fullmatch(one) for one in reason.split("; ")]
    if all(criteria):
        yield "; ".join(f"{_(one[1])}: {one[2]}" for one in criteria if one)
    for message, pattern in _patterns():
        if found := pattern.fullmatch(reason):
            values: dict[str, Any] = {name: _value(name, value) for name, value in found.groupdict().items()}
            yield _(plural_later(message.message, message.many, **values) if message.many else message.format(**values))


def _value(name: str, value: str) -> object:
    if name == "count":
        return int(value.replace(",", ""))
    return Phrase(value) if name == "field" or value == "none" else value


@cache
def _patterns() -> list[tuple[Phrase, re.Pattern[str]]]:
    return [
        (message, re.compile(_PLACEHOLDER.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL))
        for message in _MADE_FROM
        for text in ((message.message, message.many) if message.many else (message.message,))
    ]
