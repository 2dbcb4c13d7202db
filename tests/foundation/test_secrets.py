"""The instance's secret."""

import stat

import pytest

from digest.errors import ConfigurationError
from digest.foundation.secrets import make_secret, read_secret, read_secrets


def test_a_new_secret_is_long_private_and_never_replaced(tmp_path):
    path = tmp_path / "keys" / "secret"
    make_secret(path)
    first = read_secret(path)
    make_secret(path)
    assert read_secret(path) == first
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31, "ñ" * 64])
def test_an_altered_secret_is_refused(tmp_path, content):
    path = tmp_path / "secret"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="restore it from the backup"):
        read_secret(path)


def test_a_missing_secret_is_not_made_up(tmp_path):
    with pytest.raises(ConfigurationError, match="missing"):
        read_secret(tmp_path / "secret")


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "secret"
    make_secret(path)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_secret(path)


def test_secrets_that_were_put_aside_come_after_the_one_of_today(tmp_path):
    path = tmp_path / "secret"
    kept = []
    for name in ("secret-before-2026-01", "secret-before-2025-01"):
        make_secret(path)
        kept.append(read_secret(path))
        path.rename(tmp_path / name)
    make_secret(path)
    assert read_secrets(path) == (read_secret(path), kept[1], kept[0])
