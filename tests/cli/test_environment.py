"""What the environment says is not believed either."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import cli
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
