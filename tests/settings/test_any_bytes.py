"""Whatever bytes a file holds, it is read or refused: no other exception ever leaves the room."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from doses import dose
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.errors import ConfigurationError
from digest.newsletters.newsletter import Newsletter
from digest.people.subscriber_file import CONSENT_KEYS, read_subscribers
from digest.people.subscriber_file import KEYS as ROW_KEYS
from digest.settings.json_schema import schema
from digest.settings.loading import load_settings

SECTIONS = (schema(), *schema()["$defs"].values())
IN_SETTINGS = {name for section in SECTIONS for name in section.get("properties", {})}
KEYS = sorted(IN_SETTINGS | {*ROW_KEYS, *CONSENT_KEYS, "en", "es"})
WORTH_TRYING = (
    "regional|newsroom|monthly|en|es|GT|gt|Guatemala|day|week|month|2 weeks|required|none|folder|feed|files|smtp"
    "|strong|America/Costa_Rica|https://example.org/a|a@b.org|A <a@b.org>|../x|2018-04-01|2018-02-30|day 5 at 09:00"
    "|at 07:00|Ciudad de México|true|null|5|2.5|~|.inf|[]|{}|*x|&x y|"
)
WORDS = WORTH_TRYING.split("|")

values = st.recursive(
    st.sampled_from(WORDS) | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=9), inner),
    max_leaves=25,
)
per_example = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=dose(40, 1000), deadline=None
)


@pytest.fixture(params=["libyaml", "PyYAML alone"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "PyYAML alone":
        monkeypatch.delattr(yaml, "CSafeLoader")


def read(path: Path, data: bytes, newsletter: Newsletter) -> None:
    path.write_bytes(data)
    with suppress(ConfigurationError):
        load_settings(path, known_countries={"GT"}, known_topics={"health"})
    with suppress(ConfigurationError):
        read_subscribers(path, [newsletter], "en")


@per_example
@given(st.binary(max_size=200) | st.text("[]{}:-?&*!|>'\"%@`#,\n\t ~\\xuU01aà", max_size=80).map(str.encode))
@example(b'a: "\\ud800"')
@example(b'? "\\ud800"\n: 1')
@example(b'a: "\\UFFFFFFFF"')
@example(b"%YAML 9999999999999999999999.1\n--- a")
@example("a: \ufeff\ufffe".encode())
def test_any_bytes(tmp_path: Path, monthly: Newsletter, data: bytes) -> None:
    read(tmp_path / "any.yaml", data, monthly)


@per_example
@given(values)
def test_any_values_under_the_right_keys(tmp_path: Path, monthly: Newsletter, value: object) -> None:
    read(tmp_path / "any.yaml", json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), monthly)


@per_example
@given(st.sampled_from(KEYS), values)
def test_any_value_in_the_place_of_a_right_one(
    tmp_path: Path, monthly: Newsletter, right: str, key: str, value: object
) -> None:
    """Under each place where the key stands in settings that are right."""
    lines = right.splitlines()
    spoilt = f"{key}: {json.dumps(value)}"
    for number, line in enumerate(lines):
        if line.strip().startswith(f"{key}:"):
            text = "\n".join([*lines[:number], line[: len(line) - len(line.lstrip())] + spoilt, *lines[number + 1 :]])
            read(tmp_path / "any.yaml", text.encode(), monthly)


@per_example
@given(st.dictionaries(st.sampled_from(ROW_KEYS), values))
def test_any_row(tmp_path: Path, monthly: Newsletter, row: object) -> None:
    read(tmp_path / "any.yaml", json.dumps({"subscribers": [row, {"address": "a@b.org"}]}).encode(), monthly)


@per_example
@given(st.data())
def test_settings_with_any_bytes_cut_out_or_put_in(
    tmp_path: Path, monthly: Newsletter, right: str, data: st.DataObject
) -> None:
    whole = right.encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    between = data.draw(st.binary(max_size=8) | st.sampled_from(WORDS).map(str.encode))
    read(tmp_path / "any.yaml", whole[:start] + between + whole[end:], monthly)
