"""The JSON Schema that editors use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digest.foundation.values import Keys
from digest.settings.json_schema import schema, schema_file
from digest.settings.settings import FileKeys

FILE = Path(__file__).parents[2] / "docs" / "reference" / "digest.schema.json"


def _groups(root: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "digest.yaml", root
    for name, definition in root["$defs"].items():
        if definition["type"] == "object":
            yield name, definition


def _all_keys(above: type[Keys]) -> Iterator[type[Keys]]:
    for keys in above.__subclasses__():
        if keys.__module__.startswith("digest."):  # tests have some of their own
            yield keys
        yield from _all_keys(keys)


def test_the_file_for_editors_is_current() -> None:
    again = "python -m digest.settings.json_schema > docs/reference/digest.schema.json"
    assert FILE.read_text(encoding="utf-8") == schema_file(), again


def test_every_key_says_what_it_means_and_no_other_key_is_allowed() -> None:
    groups = dict(_groups(schema()))
    assert set(groups) == {"digest.yaml", *(keys.__name__ for keys in _all_keys(Keys) if keys is not FileKeys)}
    for name, group in groups.items():
        assert group["additionalProperties"] is False, name
        for key, about in group["properties"].items():
            assert len(about.get("description", "")) > 10, (name, key)


def test_keys_are_those_of_the_file_not_of_the_program() -> None:
    keys = dict(_groups(schema()))["NewsletterKeys"]
    assert "from" in keys["properties"]
    assert "sender" not in keys["properties"]
    assert set(keys["required"]) == {"title", "from", "audiences", "languages"}
