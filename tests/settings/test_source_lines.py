"""Sources written into digest.yaml by the program."""

import pytest

from digest.errors import ConfigurationError
from digest.intake.settings import SourceKind, SourceSettings
from digest.settings.loading import load_settings
from digest.settings.source_lines import add_sources, source_line

URL = "https://example.org/a?b=ñ&c=:,#d"


def test_a_line_stands_below_the_last_source_and_all_else_stays_as_it_was(load, tmp_path):
    load(
        (
            "  newsroom: bulletins/\n",
            "    # ours\n    newsroom:   bulletins/   # texts\n    b: {path: b}\n\n# who reads\n",
        )
    )
    path = tmp_path / "digest.yaml"
    before = path.read_text(encoding="utf-8")
    add_sources(path, [source_line(SourceSettings(name="no", kind=SourceKind.FEED, url=URL, language="es"))])
    after = path.read_text(encoding="utf-8")
    line = f'    no: {{type: feed, url: "{URL}", language: "es"}}\n'
    assert after == before.replace("    b: {path: b}\n", f"    b: {{path: b}}\n{line}")
    assert [source.name for source in load_settings(path).sources] == ["newsroom", "b", "no"]
    assert [one.name for one in tmp_path.iterdir()] == ["digest.yaml"]


def test_line_ends_of_windows_stay(load, tmp_path):
    load()
    path = tmp_path / "digest.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    add_sources(path, ["more: m/"])
    assert b"bulletins/\r\n  more: m/\r\naudiences" in path.read_bytes()


@pytest.mark.parametrize(
    ("change", "lines", "said"),
    [
        (("  newsroom: bulletins/\n", "  newsroom: bulletins/\n"), ["newsroom: n/"], "would hold a mistake"),
        (("  newsroom: bulletins/\n", "  newsroom: bulletins/\n"), ["x: {type: folder}"], "x.path: is missing"),
        (("sources:\n  newsroom: bulletins/\n", "sources: {newsroom: bulletins/}\n"), ["x: x/"], "stand in one line"),
    ],
)
def test_what_would_be_a_mistake_is_not_written(load, tmp_path, change, lines, said):
    load(change)
    path = tmp_path / "digest.yaml"
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match=said):
        add_sources(path, lines)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["digest.yaml"]
