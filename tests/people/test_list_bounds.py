"""A list of people that is none, however it is made, is refused in words, and fills no memory."""

import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from digest.errors import DigestError, NothingUsableError
from digest.foundation import spreadsheets, yaml
from digest.people.list_file import LONGEST_LINE, list_rows

MORE = LONGEST_LINE + 1_000


def read(path: Path) -> int:
    """How many rows can be used."""
    with list_rows(path, {}) as (_columns, rows):
        return sum(not row.refused for row in rows)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "email," + "a," * (MORE // 2)),
        ("x.csv", 'email,name\n"' + "x" * MORE),
        ("x.csv", '"' + "x\n" * 60_000),
        ("x.txt", "a" * MORE + "@example.org"),
        ("x.json", '{"email":"a@example.org","name":[' + "0," * (MORE // 2) + "0]}"),
        ("x.json", '{"email":' + "[" * 100_000),
        ("x.json", '{"email":"a@example.org"}\n{"email":' + "[" * 100_000),
        ("x.vcf", "BEGIN:VCARD\nEMAIL:" + "a" * MORE),
        ("x.yaml", "subscribers: [" + "[0,0,0,0,0,0,0,0]," * 10 + "{" * 100_000),
    ],
    ids=["columns", "cell", "open head", "line", "values", "nested", "nested row", "card", "yaml"],
)
def test_what_grows_without_end_is_refused_or_costs_a_row(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    tracemalloc.start()
    with suppress(DigestError):
        assert read(path) <= 1
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 30_000_000


def test_a_workbook_that_unpacks_to_a_hundred_times_its_size_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_FOR_ANY", 1_000_000)
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b'<c r="A3"><v>1</v></c>' * 50_000)
    with pytest.raises(NothingUsableError, match="unpacks to more"):
        read(path)


def test_settings_of_very_many_values_are_refused_with_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MOST_VALUES", 1_000)
    assert yaml.parse_yaml(Path("digest.yaml"), b"a: [" + b"0," * 900 + b"0]")
    with pytest.raises(DigestError, match=r"x\.yaml:1:.*more than 1,000 values"):
        yaml.parse_yaml(Path("x.yaml"), b"a: [" + b"0," * 1_001 + b"0]")
