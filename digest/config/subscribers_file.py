"""Reads the subscriber file: every good row, and every mistake with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from digest.config.subscriber_row import Row, RowRules
from digest.config.yaml_file import read_yaml_rows
from digest.config.yaml_tree import Node
from digest.foundation.words import did_you_mean, quoted
from digest.model.newsletter import Newsletter
from digest.model.place import Place, Problem, Severity
from digest.model.subscriber import Subscription

TOP_KEY = "subscribers"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberList:
    """Both in the order of the file."""

    subscriptions: tuple[Subscription, ...]
    problems: tuple[Problem, ...]


def read_subscribers(
    path: Path, newsletters: Sequence[Newsletter], default_language: str | None = None, *, today: date | None = None
) -> SubscriberList:
    """Rows with a mistake are left out and named; a mistake in one changes nothing in the others.

    `default_language` serves rows that name none; without it they may do so only where the newsletter has one language.
    Consent after `today` is a warning. Raise `ConfigurationError` for a file that is missing or no YAML.
    """
    rules = RowRules(
        file=path.name,
        newsletters={newsletter.name: newsletter for newsletter in newsletters},
        default_language=default_language,
        today=today,
    )
    rows = _Rows(rules)
    document = read_yaml_rows(path, TOP_KEY, rows.take)
    problems = [*document.problems, *_around(path.name, document.root), *rows.problems]
    problems.sort(key=lambda problem: (problem.place.line or 0, problem.place.column or 0))
    return SubscriberList(subscriptions=tuple(rows.subscriptions), problems=tuple(problems))


class _Rows:
    """Takes the rows as they are read, and finds people who stand there twice."""

    def __init__(self, rules: RowRules) -> None:
        self.subscriptions: list[Subscription] = []
        self.problems: list[Problem] = []
        self._rules = rules
        self._lines: dict[tuple[str, str], int] = {}

    def take(self, node: Node, problems: Sequence[Problem]) -> None:
        """`problems` are those of the row as YAML: what was misread there would only give misleading words."""
        if problems:
            self.problems += problems
            return
        row = Row(node, self._rules)
        subscription = row.read()
        self.problems += row.problems
        if subscription is None:
            return
        person = subscription.choice.newsletter, subscription.folded
        first = self._lines.get(person)
        if first is None:
            self._lines[person] = node.line
            self.subscriptions.append(subscription)
            return
        cause = f"this address stands here twice for {quoted(subscription.choice.newsletter)}, first in line {first}"
        remedy = "take one of the rows out; a reader with several audiences needs one row"
        self.problems.append(_error(Place(self._rules.file, node.line, node.column), cause, remedy))


def _around(file: str, root: Node) -> list[Problem]:
    """What is wrong outside the rows."""
    members = root.value if isinstance(root.value, dict) else {}
    problems = [
        _error(
            Place(file, key.line, key.column),
            f"unknown key {quoted(name)}{did_you_mean(name, [TOP_KEY])}",
            "the only key at the top is 'subscribers:', and the rows stand below it",
        )
        for name, (key, _) in members.items()
        if name != TOP_KEY
    ]
    if TOP_KEY not in members:
        cause, remedy = "the key 'subscribers:' is missing at the top", "put it above the rows, and indent them"
        problems.append(_error(Place(file, root.line, root.column), cause, remedy))
    elif (rows := members[TOP_KEY][1]).value is not None and not isinstance(rows.value, list):
        cause, remedy = "the rows are no list", "begin each with a dash: '- address: …'"
        problems.append(_error(Place(file, rows.line, rows.column), cause, remedy))
    return problems


def _error(place: Place, cause: str, remedy: str) -> Problem:
    return Problem(place=place, severity=Severity.ERROR, cause=cause, remedy=remedy)
