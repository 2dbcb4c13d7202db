"""The subscriber file: every good row a subscription, and every mistake with its place."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from digest.foundation.addresses import Address, address, meant_domain
from digest.foundation.catalogue import _, later
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.values import calendar_date, name_line, one_line
from digest.foundation.words import did_you_mean, harmless, listed, quoted
from digest.foundation.yaml import Node, read_yaml_rows
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter
from digest.people.subscriber import Consent, Subscription

TOP_KEY = "subscribers"
KEYS = ("address", "name", "language", "newsletter", "audiences", "consent")
CONSENT_KEYS = ("on", "how")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberList:
    """Both in the order of the file; `lines` says where a person (newsletter, folded address) stands in it."""

    subscriptions: tuple[Subscription, ...]
    problems: tuple[Problem, ...]
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)


def read_subscribers(
    path: Path, newsletters: Sequence[Newsletter], default_language: str | None = None, *, today: date | None = None
) -> SubscriberList:
    """Rows with a mistake are left out and named; a mistake in one changes nothing in the others.

    `default_language` serves rows that name none; without it they may do so only where the newsletter has one language.
    Consent after `today` is a warning. Raise `ConfigurationError` for a file that is missing or no YAML.
    """
    rules = _RowRules(
        file=path.name,
        newsletters={newsletter.name: newsletter for newsletter in newsletters},
        default_language=default_language,
        today=today,
    )
    rows = _Rows(rules)
    document = read_yaml_rows(path, TOP_KEY, rows.take)
    problems = [*document.problems, *_around(path.name, document.root), *rows.problems]
    problems.sort(key=lambda problem: (problem.place.line or 0, problem.place.column or 0))
    return SubscriberList(subscriptions=tuple(rows.subscriptions), problems=tuple(problems), lines=rows.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowRules:
    """What rows are checked against. `choices` interns: equal choices of many readers are one object."""

    file: str
    newsletters: Mapping[str, Newsletter]
    default_language: str | None
    today: date | None
    choices: dict[Choice, Choice] = field(default_factory=dict)


class _Rows:
    """Takes the rows as they are read, and finds people who stand there twice."""

    def __init__(self, rules: _RowRules) -> None:
        self.subscriptions: list[Subscription] = []
        self.problems: list[Problem] = []
        self._rules = rules
        self.lines: dict[tuple[str, str], int] = {}

    def take(self, node: Node, problems: Sequence[Problem]) -> None:
        """`problems` are those of the row as YAML: what was misread there would only give misleading words."""
        if problems:
            self.problems += problems
            return
        row = _Row(node, self._rules)
        subscription = row.read()
        self.problems += row.problems
        if subscription is None:
            return
        person = subscription.choice.newsletter, subscription.folded
        first = self.lines.get(person)
        if first is None:
            self.lines[person] = node.line
            self.subscriptions.append(subscription)
            return
        cause = _("this address stands here twice for {newsletter}, first in line {first}").format(
            newsletter=quoted(subscription.choice.newsletter), first=first
        )
        remedy = _("take one of the rows out; a reader with several audiences needs one row")
        self.problems.append(_error(Place(self._rules.file, node.line, node.column), cause, remedy))


def _around(file: str, root: Node) -> list[Problem]:
    """What is wrong outside the rows."""
    members = root.value if isinstance(root.value, dict) else {}
    problems = [
        _error(
            Place(file, key.line, key.column),
            _("unknown key {name}").format(name=quoted(name)) + did_you_mean(name, [TOP_KEY]),
            _("the only key at the top is 'subscribers:', and the rows stand below it"),
        )
        for name, (key, _value) in members.items()
        if name != TOP_KEY
    ]
    if TOP_KEY not in members:
        cause, remedy = _("the key 'subscribers:' is missing at the top"), _("put it above the rows, and indent them")
        problems.append(_error(Place(file, root.line, root.column), cause, remedy))
    elif (rows := members[TOP_KEY][1]).value is not None and not isinstance(rows.value, list):
        cause, remedy = _("the rows are no list"), _("begin each with a dash: '- address: …'")
        problems.append(_error(Place(file, rows.line, rows.column), cause, remedy))
    return problems


def _error(place: Place, cause: str, remedy: str) -> Problem:
    return Problem(place=place, severity=Severity.ERROR, cause=cause, remedy=remedy)


class _Row:
    """One row: a subscription, or all that is wrong with it. `problems`, and what is merely odd, are known once `read`
    was called.
    """

    def __init__(self, node: Node, rules: _RowRules) -> None:
        self.problems: list[Problem] = []
        self._node = node
        self._rules = rules

    def read(self) -> Subscription | None:
        """`None` when one of the problems is an error."""
        if not isinstance(self._node.value, dict):
            self._error(self._node, _("this row holds no keys"), _("write '- address: …', and the other keys below it"))
            return None
        members = self._members(self._node, KEYS)
        found = self._address(members.get("address"))
        name = self._text(members["name"], "name", name_line) if "name" in members else None
        newsletter = self._newsletter(members.get("newsletter"))
        choice = self._choice(members, newsletter) if newsletter else None
        consent = self._consent(members.get("consent"))
        if found is None or choice is None or any(one.severity is Severity.ERROR for one in self.problems):
            return None
        folded = found.text if found.folded == found.text else found.folded  # one text for both: a list has many
        return Subscription(address=found.text, folded=folded, name=name, choice=choice, consent=consent)

    def _members(self, node: Node, known: Sequence[str], above: str = "") -> dict[str, Node]:
        """The values by key; a key with nothing behind it counts as left out."""
        members: dict[str, Node] = {}
        if not isinstance(node.value, dict):
            self._error(
                node,
                above + _("is {kind}").format(kind=_kind(node)),
                _("write {form}").format(form=f"{{{': …, '.join(known)}: …}}"),
            )
            return members
        for key, (key_node, value) in node.value.items():
            if key not in known:
                self._error(
                    key_node,
                    above + _("unknown key {name}").format(name=quoted(key)) + did_you_mean(key, known),
                    _("the keys are {names}").format(names=listed(known, "and")),
                )
            elif value.value is not None:
                members[key] = value
        return members

    def _address(self, node: Node | None) -> Address | None:
        if node is None:
            self._error(self._node, _("the address is missing"), _("add 'address: …' to this row"))
            return None
        found = self._text(node, "address", address)
        if found and (meant := meant_domain(found.domain)):
            cause = _("{key}: {domain} is perhaps a typing error, did you mean {meant}?").format(
                key="address", domain=quoted(found.domain), meant=quoted(meant)
            )
            self._add(Severity.WARNING, node, cause, _("correct it, or leave it if it is right"))
        return found

    def _newsletter(self, node: Node | None) -> Newsletter | None:
        known = self._rules.newsletters
        if node is not None:
            name = self._text(node, "newsletter", str)
            if name is not None and name not in known:
                self._unknown(node, later("there is no newsletter {name}"), name, known)
            return known.get(name) if name else None
        if len(known) != 1:
            self._error(
                self._node,
                _("the newsletter is missing"),
                _("there are several: {names}").format(names=listed(known, "and")),
            )
            return None
        return next(iter(known.values()))

    def _choice(self, members: Mapping[str, Node], newsletter: Newsletter) -> Choice | None:
        language = self._language(members.get("language"), newsletter)
        audiences = self._audiences(members.get("audiences"), newsletter)
        if language is None or not audiences:
            return None
        choice = Choice(newsletter=newsletter.name, audiences=audiences, language=language)
        return self._rules.choices.setdefault(choice, choice)

    def _language(self, node: Node | None, newsletter: Newsletter) -> str | None:
        languages = newsletter.languages
        if node is not None:
            language = self._text(node, "language", str)
        else:
            language = self._rules.default_language or (languages[0] if len(languages) == 1 else None)
            if language is None:
                self._error(
                    self._node, _("the language is missing"), _("write {choices}").format(choices=listed(languages))
                )
        if language is not None and language not in languages:
            cause = _("the newsletter {newsletter} does not appear in the language {language}").format(
                newsletter=quoted(newsletter.name), language=quoted(language)
            )
            self._error(node or self._node, cause, _("write {choices}").format(choices=listed(languages)))
        return language

    def _audiences(self, node: Node | None, newsletter: Newsletter) -> frozenset[str]:
        example = _("write what the reader wants, such as [{audience}]").format(audience=newsletter.audiences[0].name)
        if node is None:
            self._error(self._node, _("the audiences are missing"), example)
            return frozenset()
        named = node.value if isinstance(node.value, list) else [node]
        if not named:
            self._error(node, _("the audiences are empty"), example)
        known = [audience.name for audience in newsletter.audiences]
        chosen: set[str] = set()
        for one in named:
            name = self._text(one, "audiences", str)
            if name is not None and name not in known:
                self._unknown(one, later("there is no audience {name}"), name, known)
            elif name in chosen:
                self._add(
                    Severity.NOTE,
                    one,
                    _("the audience {name} stands there twice").format(name=quoted(name or "")),
                    _("once is enough"),
                )
            elif name is not None:
                chosen.add(name)
        return frozenset(chosen)

    def _consent(self, node: Node | None) -> Consent:
        members = self._members(node, CONSENT_KEYS, "consent: ") if node else {}
        on = self._text(members["on"], "consent", calendar_date) if "on" in members else None
        how = self._text(members["how"], "consent", one_line) if "how" in members else None
        if on and self._rules.today and on > self._rules.today:
            self._add(
                Severity.WARNING,
                members["on"],
                _("{key}: {day} is in the future").format(key="consent", day=on),
                _("correct the date"),
            )
        return Consent(on=on, how=how)

    def _text(self, node: Node, what: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the text; `None`, and an error, when it is none or a wrong one."""
        if not isinstance(node.value, str):
            self._error(
                node,
                _("{key}: must be text, not {kind}").format(key=what, kind=_kind(node)),
                _("if that is what you mean, put it in quotes"),
            )
            return None
        try:
            return read(node.value)
        except ValueError as error:
            said, _end, remedy = str(error).partition("; ")
            self._error(node, f"{what}: {said}", remedy or _("correct the {key}").format(key=what))
            return None

    def _unknown(self, node: Node, what: str, name: str, known: Collection[str]) -> None:
        several = _("write several in square brackets: [one, two]") if "," in name or " " in name.strip() else ""
        cause = _(what).format(name=quoted(name)) + did_you_mean(name, known)
        self._error(node, cause, several or _("choose among {names}").format(names=", ".join(known)))

    def _error(self, node: Node, cause: str, remedy: str) -> None:
        self._add(Severity.ERROR, node, cause, remedy)

    def _add(self, severity: Severity, node: Node, cause: str, remedy: str) -> None:
        place = Place(self._rules.file, node.line, node.column)
        self.problems.append(Problem(place=place, severity=severity, cause=harmless(cause), remedy=harmless(remedy)))


def _kind(node: Node) -> str:
    match node.value:
        case None:
            return _("empty")
        case bool():
            return _("true or false")
        case int() | float():
            return _("a number")
        case str():
            return _("a text")
        case list():
            return _("a list")
        case _:
            return _("a group of keys")
