"""From rows that people write to subscriptions, and to a good word for every mistake."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.foundation.problems import Severity
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Audience, Newsletter
from digest.people.subscriber import Consent
from digest.people.subscriber_file import SubscriberList, read_subscribers
from digest.settings.loading import load_settings

ROOT = Path(__file__).parents[2]
TODAY = date(2018, 8, 5)

Rows = Callable[..., SubscriberList]

# The row that tests spoil, between two that must never suffer from it.
GOOD = "  - {address: before@example.org, audiences: [guatemala]}\n"
ROW = """\
  - address: ana@example.org
    name: Ana
    language: es
    newsletter: monthly
    audiences: [guatemala]
    consent: {on: 2018-03-12, how: "by letter"}
"""
ALSO_GOOD = "  - {address: after@example.org, audiences: regional}\n"


@pytest.fixture
def rows(tmp_path: Path, monthly: Newsletter) -> Rows:
    def rows(text: str, *newsletters: Newsletter, default_language: str | None = "en") -> SubscriberList:
        path = tmp_path / "subscribers.yaml"
        path.write_text(text, encoding="utf-8")
        return read_subscribers(path, newsletters or (monthly,), default_language, today=TODAY)

    return rows


def test_the_readers_of_the_demo_are_all_right() -> None:
    newsletters = load_settings(ROOT / "seeds" / "digest.yaml").newsletters
    listed = read_subscribers(ROOT / "seeds" / "subscribers.yaml", newsletters, today=TODAY)
    assert (len(listed.subscriptions), listed.problems) == (24, ())
    first = listed.subscriptions[0]
    assert first.address == first.folded == "migracion.guate@example.org"
    assert first.choice == Choice(newsletter="monthly", audiences=frozenset({"guatemala"}), language="es")
    assert first.consent == Consent(on=date(2018, 3, 12), how="sign-up form at the regional workshop")


def test_the_example_file_is_all_right() -> None:
    newsletters = load_settings(ROOT / "seeds" / "digest.yaml").newsletters
    listed = read_subscribers(ROOT / "subscribers.example.yaml", newsletters, today=TODAY)
    assert (len(listed.subscriptions), listed.problems) == (6, ())


def test_a_row_needs_an_address_and_audiences_only(rows: Rows) -> None:
    (one,) = rows("subscribers:\n  - {address: Ana@MÜNCHEN.example, audiences: guatemala}\n").subscriptions
    assert (one.address, one.folded) == ("Ana@xn--mnchen-3ya.example", "ana@xn--mnchen-3ya.example")
    assert (one.name, one.consent) == (None, Consent())
    assert one.choice == Choice(newsletter="monthly", audiences=frozenset({"guatemala"}), language="en")


def test_keys_with_nothing_behind_them_count_as_left_out(rows: Rows) -> None:
    listed = rows(
        "subscribers:\n- {address: a@b.org, audiences: [regional], name: , language: ~, consent: {on: , how: }}"
    )
    assert listed.problems == ()
    assert listed.subscriptions[0].name is None


def test_without_a_default_the_only_language_of_a_newsletter_serves(
    rows: Rows, newsletter: Callable[..., Newsletter]
) -> None:
    text = "subscribers:\n- {address: a@b.org, audiences: [regional]}\n"
    assert rows(text, newsletter(languages=("es",)), default_language=None).subscriptions[0].choice.language == "es"
    (problem,) = rows(text, default_language=None).problems
    assert (problem.cause, problem.remedy) == ("the language is missing", "write en or es")


def test_equal_choices_are_one_object(rows: Rows) -> None:
    listed = rows(f"subscribers:\n{GOOD}{GOOD.replace('before', 'after')}")
    assert listed.subscriptions[0].choice is listed.subscriptions[1].choice


# A change to the row in the middle; the severity, the place and the cause of the one problem; words of the remedy.
MISTAKES = [
    (ROW, "  - ana@example.org\n", "error:3:5: this row holds no keys", "write '- address: …'"),
    (ROW, "  -\n", "error:3:4: this row holds no keys", ""),
    (ROW, "  - [ana@example.org]\n", "error:3:5: this row holds no keys", ""),
    ("address: ana@example.org\n    name", "name", "error:3:5: the address is missing", "add 'address: …'"),
    ("address: ana@example.org", "address:", "error:3:5: the address is missing", ""),
    ("ana@example.org", "ana.example.org", "error:3:14: address: there is no '@' in it", "correct the address"),
    ("ana@example.org", "'@example.org'", "error:3:14: address: there is nothing before the '@'", ""),
    (
        "ana@example.org",
        "ana@example.org, eva@example.org",
        "address: there is more than one address here",
        "single one",
    ),
    ("ana@example.org", "ana@example.org eva@example.org", "address: there is more than one address here", ""),
    ("ana@example.org", "ana@example.org.", "error:3:14: address: there is a dot at its end", "take it out"),
    (
        "ana@example.org",
        "'ana@example.org '",
        "error:3:14: address: there is a space before or after it",
        "take it out",
    ),
    ("ana@example.org", "Ana <ana@example.org>", "address: write the address alone, without a name", ""),
    ("ana@example.org", "peña@example.org", "most mail servers refuse letters such as 'ñ'", "ask for another address"),
    ("ana@example.org", "ana@exam_ple.org", "error:3:14: address: the part after the @-sign contains invalid", ""),
    ("ana@example.org", "ana@gmail", "address: the part after the @-sign is not valid. It should have a period", ""),
    ("ana@example.org", "5", "error:3:14: address: must be text, not a number", "put it in quotes"),
    ("ana@example.org", "[a@b.org]", "error:3:14: address: must be text, not a list", ""),
    ("ana@example.org", "ana@gmail.con", "warning:3:14: address: 'gmail.con' is perhaps a typing error", ""),
    ("ana@example.org", "ana@gmial.com", "did you mean 'gmail.com'?", "leave it if it is right"),
    ("ana@example.org", "ana@hotmial.es", "did you mean 'hotmail.es'?", ""),
    (
        "    name: Ana",
        "    nmae: Ana",
        "error:4:5: unknown key 'nmae', did you mean 'name'?",
        "the keys are address, name",
    ),
    ("    name: Ana", "    phone: 5", "error:4:5: unknown key 'phone'", "the keys are address, name"),
    ("name: Ana", "name: 5", "error:4:11: name: must be text, not a number", "put it in quotes"),
    ("name: Ana", "name: yes, true", "", ""),
    ("name: Ana", "name: true", "error:4:11: name: must be text, not true or false", ""),
    ("name: Ana", "name: {first: Ana}", "error:4:11: name: must be text, not a group of keys", ""),
    ("name: Ana", 'name: "Ana\\nBcc: all"', "error:4:11: name: must stand in one line", "there is a line break in it"),
    ("name: Ana", 'name: "Ana\\0"', "error:4:11: name: holds the control character U+0000", "take it out"),
    ("name: Ana", f"name: {'a' * 201}", "error:4:11: name: is longer than 200 characters", ""),
    ("name: Ana", "name: ''", "error:4:11: name: is empty", ""),
    (
        "name: Ana",
        "name: Ana\n    name: Eva",
        "error:5:5: the key 'name' stands here twice, first in line 4",
        "take one out",
    ),
    ("name: Ana", "name: *Ana", "error:4:11: a text cannot begin with '*'", "put it in quotes"),
    ("language: es", "language: fr", "does not appear in the language 'fr'", "write en or es"),
    ("language: es", "language: Spanish", "error:5:15: the newsletter 'monthly' does not appear in the language", ""),
    ("language: es", "language: 1", "error:5:15: language: must be text, not a number", ""),
    ("newsletter: monthly", "newsletter: montly", "there is no newsletter 'montly', did you mean 'monthly'?", "choose"),
    ("newsletter: monthly", "newsletter: [monthly]", "error:6:17: newsletter: must be text, not a list", ""),
    ("[guatemala]", "[guatamala]", "error:7:17: there is no audience 'guatamala', did you mean 'guatemala'?", "choose"),
    ("[guatemala]", "[]", "error:7:16: the audiences are empty", "such as [regional]"),
    ("[guatemala]", "", "error:3:5: the audiences are missing", "such as [regional]"),
    ("    audiences: [guatemala]\n", "", "error:3:5: the audiences are missing", ""),
    ("[guatemala]", "guatemala, regional", "there is no audience 'guatemala, regional'", "square brackets: [one, two]"),
    ("[guatemala]", "[guatemala, 5]", "error:7:28: audiences: must be text, not a number", ""),
    ("[guatemala]", "\n      - guatemala\n      -\n", "error:9:8: audiences: must be text, not empty", ""),
    (
        "[guatemala]",
        "[guatemala, guatemala]",
        "note:7:28: the audience 'guatemala' stands there twice",
        "once is enough",
    ),
    ("[guatemala]", "{guatemala: true}", "error:7:16: audiences: must be text, not a group of keys", ""),
    ("2018-03-12", "2018-02-30", "error:8:19: consent: there is no day 2018-02-30 in the calendar", ""),
    ("2018-03-12", "12/03/2018", "consent: must be a date written year-month-day, such as 2018-04-01", ""),
    ("2018-03-12", "2018", "error:8:19: consent: must be text, not a number", ""),
    ("2018-03-12", "2018-08-06", "warning:8:19: consent: 2018-08-06 is in the future", "correct the date"),
    ("2018-03-12", "2018-08-05", "", ""),
    (
        "{on: 2018-03-12, how",
        "{when: 2018-03-12, how",
        "error:8:15: consent: unknown key 'when'",
        "the keys are on and how",
    ),
    ('{on: 2018-03-12, how: "by letter"}', "2018-03-12", "error:8:14: consent: is a text", "write {on: …, how: …}"),
    ("by letter", "by\\tletter", "error:8:36: consent: holds the control character U+0009", ""),
]


@pytest.mark.parametrize(
    ("old", "new", "cause", "remedy"), MISTAKES, ids=[f"{n} {m[1].strip()[:30]}" for n, m in enumerate(MISTAKES)]
)
def test_a_mistake_is_named_and_costs_its_own_row_only(rows: Rows, old: str, new: str, cause: str, remedy: str) -> None:
    assert old in ROW
    listed = rows(f"subscribers:\n{GOOD}{ROW.replace(old, new)}{ALSO_GOOD}")
    said = [f"{one.severity}:{one.place.line}:{one.place.column}: {one.cause}\n{one.remedy}" for one in listed.problems]
    assert all(one.place.file == "subscribers.yaml" and one.remedy for one in listed.problems)
    assert len(said) == bool(cause), said
    assert all(cause in one and remedy in one for one in said), said
    readers = [one.folded.partition("@")[0] for one in listed.subscriptions]
    failed = any(one.severity is Severity.ERROR for one in listed.problems)
    assert readers == ["before", "after"] if failed else ["before", "ana", "after"]


def test_mistakes_repeat_no_address(rows: Rows) -> None:
    listed = rows(
        "subscribers:\n- {address: maria@gmail.con, audiences: [x]}\n- {address: ma ria@b.org, audiences: y}\n"
    )
    assert len(listed.problems) == 4
    assert not any("ria@" in str(problem) for problem in listed.problems)


def test_all_mistakes_of_a_row_are_named_at_once(rows: Rows) -> None:
    listed = rows("subscribers:\n- {address: ana, nme: x, language: fr, audiences: [gt], consent: {on: x}}\n")
    assert [problem.place.column for problem in listed.problems] == [13, 18, 36, 52, 71]


@pytest.mark.parametrize("again", ["Ana@EXAMPLE.org", "ANA@example.ORG", "ana@example.org"])
def test_the_second_row_of_a_reader_is_left_out(rows: Rows, again: str) -> None:
    text = ROW.replace("ana@example.org", again).replace("guatemala", "regional")
    listed = rows(f"subscribers:\n{ROW}{text}{ALSO_GOOD}")
    (problem,) = listed.problems
    assert str(problem.place) == "subscribers.yaml:8:5"
    assert problem.cause == "this address stands here twice for 'monthly', first in line 2"
    assert [one.choice.audiences for one in listed.subscriptions] == [{"guatemala"}, {"regional"}]


def test_two_rows_on_one_line_are_still_two(rows: Rows) -> None:
    row = "{address: a@b.org, audiences: [regional]}"
    listed = rows(f"subscribers: [{row}, {row}]")
    assert (len(listed.subscriptions), len(listed.problems)) == (1, 1)


def test_a_row_with_a_mistake_does_not_make_the_right_one_a_double(rows: Rows) -> None:
    listed = rows(f"subscribers:\n{ROW.replace('guatemala', 'nowhere')}{ROW}")
    assert len(listed.subscriptions) == 1
    assert "nowhere" in listed.problems[0].cause


def test_with_several_newsletters_each_row_names_its_own(
    rows: Rows, monthly: Newsletter, newsletter: Callable[..., Newsletter], audience: Callable[..., Audience]
) -> None:
    weekly = newsletter(audience("health"), name="weekly", languages=("es",))
    row = "- {{address: a@b.org, newsletter: {}, audiences: {}}}\n"
    text = row.format("weekly", "health") + row.format("monthly", "regional") + row.format("", "regional")
    listed = rows(f"subscribers:\n{text}", monthly, weekly, default_language="es")
    assert [one.choice.newsletter for one in listed.subscriptions] == ["weekly", "monthly"]
    (problem,) = listed.problems
    assert (problem.place.line, problem.cause) == (4, "the newsletter is missing")
    assert problem.remedy == "there are several: monthly and weekly"
    (problem,) = rows("subscribers:\n" + row.format("weekly", "regional"), monthly, weekly).problems[:1]
    assert "'weekly' does not appear in the language 'en'" in problem.cause


@pytest.mark.parametrize(
    ("text", "place", "cause"),
    [
        ("- {address: a@b.org}\n", "1:1", "the key 'subscribers:' is missing at the top"),
        ("", "1:1", "the key 'subscribers:' is missing at the top"),
        ("people: []\n", "1:1", "the key 'subscribers:' is missing at the top"),
        ("subscriber:\n- {address: a@b.org}\n", "1:1", "unknown key 'subscriber', did you mean 'subscribers'?"),
        (f"subscribers:\n{GOOD}version: 2\n", "3:1", "unknown key 'version'"),
        ("subscribers: a@b.org\n", "1:14", "the rows are no list"),
        ("subscribers:\n  address: a@b.org\n", "2:3", "the rows are no list"),
        (f"subscribers:\n{GOOD}subscribers:\n{ALSO_GOOD}", "3:1", "the key 'subscribers' stands here twice"),
    ],
)
def test_what_is_wrong_around_the_rows_is_named(rows: Rows, text: str, place: str, cause: str) -> None:
    problems = rows(text).problems
    assert (f"subscribers.yaml:{place}", True) in {(str(one.place), cause in one.cause) for one in problems}
    assert all(one.severity is Severity.ERROR and one.remedy for one in problems)


@pytest.mark.parametrize("text", ["subscribers:\n", "subscribers: []\n", "subscribers: ~\n"])
def test_a_list_without_rows_is_right(rows: Rows, text: str) -> None:
    assert rows(text) == SubscriberList(subscriptions=(), problems=())


def test_a_file_that_is_missing_or_no_yaml_cannot_be_read(rows: Rows, tmp_path: Path, monthly: Newsletter) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: there is no such file"):
        read_subscribers(tmp_path / "nowhere.yaml", [monthly])
    with pytest.raises(ConfigurationError, match=r"^subscribers\.yaml:4:1: a tab stands here"):
        rows(f"subscribers:\n{GOOD}{GOOD}\t- x\n")


def test_without_today_no_consent_is_in_the_future(tmp_path: Path, monthly: Newsletter) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "subscribers:\n- {address: a@b.org, language: en, audiences: regional, consent: {on: 2199-01-01}}\n"
    )
    assert read_subscribers(path, [monthly]).problems == ()


def test_consent_that_many_rows_share_by_an_alias_is_read(rows: Rows) -> None:
    row = "- {{address: a{}@example.org, audiences: [regional], consent: {}}}\n"
    text = row.format(0, "&c {on: 2018-03-12, how: by letter}") + "".join(row.format(n, "*c") for n in range(1, 2000))
    listed = rows(f"subscribers:\n{text}")
    assert listed.problems == ()
    assert {one.consent for one in listed.subscriptions} == {Consent(on=date(2018, 3, 12), how="by letter")}
    assert len(listed.subscriptions) == 2000
