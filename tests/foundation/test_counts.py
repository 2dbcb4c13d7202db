"""Counts in what people read: one of a thing is never said as if there were several."""

import ast
import re
from pathlib import Path

import digest

COUNT = (
    r"(count|number|total|all|readers|stories|mails|messages|editions|people|files|rows|runs|times|limit|sent|parts)"
)
SEVERAL = re.compile(rf"\{{{COUNT}(:,)?\}} (?:\w+ )?[a-z]{{3,}}s\b")
NEVER_ONE = {
    "{count} items begin like this",  # one would be the item that is meant
    "{count} items fit: {shown}",
    "there are {count} records, so receivers take none",
    "there are {count} records, so receivers accept none: {records}",
    "{kind} names {domain}, which has {count} SPF records",
    "in {count} days",  # tomorrow
    "it stands {count} times",
    "the id {name} stands {count} times",
    "it has {count} links",  # too many
    "it has {count} bytes",  # more than fit
    "line {number} differs from what was checked: {text}",
    "{count} editions, {period}; the next run counts them as missed ({stories})",  # of one it says why
    "{count} editions, {period}; the next run skips them ({stories})",
    "{count} different mails would be made, more than max_variants ({most}); most come from choices with {causes}",
    "it has {count} different mails, and all would go to each address",
    "{count} TXT records stand there, and each receiver takes another one",
    "mx names {domain}, which has {count} mail servers: 10 are allowed",
    "it says {now} UTC, but the last run was at {last} UTC: it jumped ahead by more than {count} months",
}
AS_THEY_ARE = ("characters", "lookups", "networks")  # of a kind that is always counted in dozens, or as a standard does


def test_a_count_has_a_word_for_one_wherever_one_is_possible():
    found = []
    for path in Path(digest.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "_(" in text else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_" and node.args:
                (said,) = node.args
                words = said.value if isinstance(said, ast.Constant) else ""
                if SEVERAL.search(words) and words not in NEVER_ONE and not any(one in words for one in AS_THEY_ARE):
                    found.append(f"{path.name}: {words}")
    assert found == []
