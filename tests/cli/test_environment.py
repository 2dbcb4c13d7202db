"""What the environment says is not believed either."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import MODULES, cli
from digest.errors import ConfigurationError


@pytest.mark.parametrize("zone", ["../../../etc/passwd", "/etc/passwd", "Nowhere/Land", ":../x", "x" * 300, "a\nb"])
def test_a_time_zone_that_is_none_is_an_error_with_words(
    zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    ended = CliRunner().invoke(cli, ["-C", str(tmp_path), "status"], standalone_mode=False)
    assert isinstance(ended.exception, ConfigurationError)
    assert "TZ" in ended.exception.thing
    monkeypatch.setenv("TZ", "America/Costa_Rica")
    assert "digest.yaml" in str(
        CliRunner().invoke(cli, ["-C", str(tmp_path), "status"], standalone_mode=False).exception
    )


@pytest.mark.parametrize("command", MODULES)
def test_it_is_said_before_the_command_is_loaded(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Babel looks at the zone as soon as it is imported."""
    monkeypatch.setenv("TZ", "../../../etc/passwd")
    monkeypatch.setattr("digest.cli.import_module", lambda name: pytest.fail(f"{name} was imported"))
    ended = CliRunner().invoke(cli, [command, "--help"], standalone_mode=False)
    assert isinstance(ended.exception, ConfigurationError)
