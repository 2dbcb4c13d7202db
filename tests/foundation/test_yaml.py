"""YAML files as people write them: what is read, where it stands, and what is refused in which words."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.errors import ConfigurationError
from digest.foundation.yaml import read_yaml, read_yaml_rows

Read = Callable[[str | bytes], Any]


@pytest.fixture(params=["libyaml", "PyYAML alone"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "PyYAML alone":
        monkeypatch.delattr(yaml, "CSafeLoader")
    return str(request.param)


@pytest.fixture
def read(tmp_path: Path, parser: str) -> Read:
    def read(text: str | bytes) -> Any:
        path = tmp_path / "digest.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(path)

    return read


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("2018-04-01", "2018-04-01"),
        ("09:00", "09:00"),
        ("1_000", "1_000"),
        ("1e", "1e"),
        ("-", [None]),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"5"', "5"),
        ("5", 5),
        ("-07", -7),
        ("+5", 5),
        ("0o14", 12),
        ("0x1F", 31),
        ("0b1", "0b1"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        (".", "."),
        ("+.nan", "+.nan"),
        ("٣", "٣"),
        ("9" * 5000, "9" * 5000),
        ("|\n  two\n  lines", "two\nlines"),
    ],
)
def test_only_the_core_rules_of_yaml_decide_what_a_text_means(read: Read, written: str, meant: object) -> None:
    found = read(f"key: {written}" if written != "-" else "key:\n-").root.plain()["key"]
    assert found == meant
    assert type(found) is type(meant)


def test_a_key_is_text_whatever_it_looks_like(read: Read) -> None:
    assert read("on: a\nno: b\n5: c\ntrue: d\n~: e\n").root.plain() == {
        "on": "a",
        "no": "b",
        "5": "c",
        "true": "d",
        "~": "e",
    }


def test_every_key_and_value_has_its_place(read: Read) -> None:
    root = read("# note\na:\n  - {b: ñañ, c: [1, *x]}\n".replace("*x", "2")).root
    key, value = root.value["a"]
    assert (key.line, key.column) == (2, 1)
    (b_key, b), (c_key, c) = value.value[0].value["b"], value.value[0].value["c"]
    assert (b_key.line, b_key.column, b.line, b.column) == (3, 6, 3, 9)
    assert (c_key.line, c_key.column) == (3, 14)
    assert [(one.line, one.column) for one in c.value] == [(3, 18), (3, 21)]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(read: Read) -> None:
    document = read(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n")
    assert document.root.plain() == {"a": 1, "b": {"c": 2}}
    assert document.root.value["a"][0].column == 1


def test_aliases_repeat_values(read: Read) -> None:
    document = read("a: &x {on: 2018-03-12}\nb: *x\nc: [*x, *x]\n")
    day = {"on": "2018-03-12"}
    assert document.root.plain() == {"a": day, "b": day, "c": [day, day]}
    assert document.problems == ()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a:\n\tb: 1\n", "2:1", "a tab stands here"),
        ("a: b\n\tc: 1\n", "2:1", "a tab stands here"),
        ("- a\n-\tb: 1\n", "2:2", "a tab stands here"),
        ('a: "b\nc: d\n', "1:4", "a quotation mark is opened here and never closed"),
        ("a: [b, c\nd: e\n", "1:4", "a bracket is opened here and not closed"),
        ("a: {b: c\n", "1:4", "a bracket is opened here and not closed"),
        ("a: [b]]\n", "1:7", "this does not fit"),
        ("a: [a,,b]\n", "1:7", "a comma or a bracket too many"),
        ("a: b: c\n", "1:5", "there is a ':' too many"),
        ("a:b\nc: d\n", "2:2", "a space after the ':'"),
        ("a: b\nfoo\nc: d\n", "2:1", "this line has no ':' after its key"),
        ("a:\n   b: 1\n  c: 2\n", "3:3", "look at the indentation"),
        ("  a: 1\nb: 2\n", "2:1", "indent all keys alike"),
        ("a: @foo\n", "1:4", "a text cannot begin with '@'"),
        ("a: `x`\n", "1:4", "a text cannot begin with '`'"),
        ("a: %x\n", "1:4", "a text cannot begin with '%'"),
        ("a: **bold**\n", "1:4", "a text cannot begin with '*' or '&'"),
        ("a: !x!y z\n", "1:4", "a text cannot begin with '!'"),
        ("a: 'it's'\n", "1:8", "look at the indentation and the quotes"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document begins here"),
        ("a: \x07\n", "1:4", "the control character U+0007 stands here"),
        ("ñ: 1\nb: \0", "2:4", "the control character U+0000 stands here"),
        ("%YAML 3.0\n---\na: b", "1:1", "this is no YAML"),
        ("[" * 100_000, "1:51", "nested more than 50 levels deep"),
        ("- " * 100_000, "1:101", "nested more than 50 levels deep"),
        ("{a: " * 100_000, "1:198", "nested more than 50 levels deep"),
    ],
)
def test_what_is_no_yaml_is_refused_where_the_trouble_began(read: Read, text: str, place: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert caught.value.thing == f"digest.yaml:{place}"
    assert words in str(caught.value)


def test_a_file_in_another_encoding_is_refused_at_its_first_wrong_byte(read: Read) -> None:
    with pytest.raises(ConfigurationError, match=r"digest\.yaml:2:6: this is not UTF-8"):
        read("a: ñ\nb: ñañ\n".encode().replace("ñañ".encode(), "niñ".encode("latin-1")))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1", "the key 'a' stands here twice, first in line 1"),
        ("x: {on: 1, on: 2}\n", "1:12", "the key 'on' stands here twice"),
        ("a: !!python/object/apply:os.system [id]\n", "1:4", "a text cannot begin with 'tag:yaml.org,2002:python"),
        ("a: !wow b\n", "1:4", "a text cannot begin with '!wow'"),
        ("a: *nobody\n", "1:4", "a text cannot begin with '*'"),
        ("a: &x [*x]\n", "1:8", "a text cannot begin with '*'"),
        ("? [a, b]\n: c\n", "1:3", "there is no key before the ':'"),
        ("a: 1\n'': 2\n", "2:1", "there is no key before the ':'"),
    ],
)
def test_smaller_mistakes_do_not_stop_the_reading(read: Read, text: str, place: str, words: str) -> None:
    (problem,) = read(f"{text}last: 1\n").problems
    assert str(problem.place) == f"digest.yaml:{place}"
    assert words in problem.cause


def test_of_two_equal_keys_the_first_counts(read: Read) -> None:
    assert read("a: 1\na: 2\n").root.plain() == {"a": 1}


def test_aliases_that_multiply_are_refused(read: Read) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(ConfigurationError, match=r"digest\.yaml:3:\d+: the aliases in this file multiply"):
        read("\n".join(lines))


def test_aliases_cannot_nest_deeper_than_written_brackets_can(read: Read) -> None:
    lines = [f"a{n}: &a{n} {'[' * 20}{f'*a{n - 1}' if n else 'x'}{']' * 20}" for n in range(100)]
    with pytest.raises(ConfigurationError, match=r"digest\.yaml:3:\d+: nested more than 50 levels deep"):
        read("\n".join(lines))


def test_wild_escapes_are_refused_by_either_parser(read: Read) -> None:
    with pytest.raises(ConfigurationError):
        read('a: "\\UFFFFFFFF"\n')


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: there is no such file"):
        read_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path)


def test_settings_of_more_than_2_megabytes_are_refused_and_rows_are_not(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"rows:\n- a\n#" + "ñ".encode() * 1_000_000)  # of bytes, not of characters
    with pytest.raises(ConfigurationError, match="is larger than 2 MB"):
        read_yaml(path)
    taken = []
    read_yaml_rows(path, "rows", lambda row, _: taken.append(row.plain()))
    assert taken == ["a"]


def test_rows_come_one_by_one_with_their_own_problems(tmp_path: Path, parser: str) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text("rows:\n- {a: 1}\n- {a: 1, a: 2}\n- &x {a: [3]}\n- *x\nother: [4]\nrows: [5]\n")
    taken = []
    document = read_yaml_rows(path, "rows", lambda row, problems: taken.append((row.plain(), len(problems))))
    assert taken == [({"a": 1}, 0), ({"a": 1}, 1), ({"a": [3]}, 0), ({"a": [3]}, 0)]
    assert document.root.plain() == {"rows": [], "other": [4]}
    assert [str(problem.place) for problem in document.problems] == ["rows.yaml:7:1"]


def test_python_has_libyaml_so_that_both_parsers_are_tried() -> None:
    assert hasattr(yaml, "CSafeLoader"), sys.version
