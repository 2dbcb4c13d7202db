"""Backups that only the holder of a key can read."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from digest.errors import ConfigurationError, DigestError
from digest.operations.encrypting import encrypted


@pytest.fixture(scope="module")
def gpg_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    made = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "office@example.org", "default", "default"]
    subprocess.run(made, env=os.environ | {"GNUPGHOME": str(home)}, check=True, capture_output=True)
    return home


def test_what_is_encrypted_leaves_nothing_readable(
    gpg_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(gpg_home))
    archive = tmp_path / "digest.zip"
    archive.write_bytes(b"a password")
    made = encrypted(archive, "office@example.org")
    assert [path.name for path in tmp_path.iterdir()] == ["digest.zip.gpg"]
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert b"password" not in made.read_bytes()
    opened = subprocess.run(["gpg", "--batch", "--decrypt", made], capture_output=True, check=True)
    assert opened.stdout == b"a password"


@pytest.mark.parametrize("key", ["nobody@example.org", "--output=/tmp/x", "age1nobody"])
def test_what_cannot_be_encrypted_is_not_left_open(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "none"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    archive = tmp_path / "digest.zip"
    archive.write_bytes(b"a password")
    with pytest.raises(DigestError) as caught:
        encrypted(archive, key)
    assert isinstance(caught.value, ConfigurationError) or caught.value.exit_code == 2
    assert not any(b"password" in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
