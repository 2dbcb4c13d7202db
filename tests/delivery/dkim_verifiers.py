"""Two verifiers that others wrote: dkimpy, and Debian's OpenDKIM with the records in a file instead of DNS."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import dkim
import pytest

from digest.delivery.dkim.keys import SigningKey, record_of

RESULT = re.compile(r"^opendkim: (\S+): verification .* (succeeded|failed)", re.MULTILINE)
FILES_AT_ONCE = 250


def records_of(keys: Sequence[SigningKey], domain: str) -> dict[str, str]:
    records = [record_of(key, domain) for key in keys]
    return {record.name: record.value for record in records}


def dkimpy_accepts(message: bytes, records: dict[str, str], number: int = 0) -> bool:
    """Whether the signature of that number, from the top, is good."""

    def dns(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode("ascii").removesuffix(".")].encode("ascii")

    try:
        return bool(dkim.DKIM(message).verify(idx=number, dnsfunc=dns))
    except dkim.ValidationError:
        return False


def opendkim_accepts(messages: Sequence[bytes], records: dict[str, str], folder: Path) -> list[bool]:
    """Whether it calls each one verified. It ends with 0 in any case; what counts is what it says."""
    program = _program()
    configuration = _configured(records, folder)
    paths = [folder / f"{number}.eml" for number in range(len(messages))]
    for path, message in zip(paths, messages, strict=True):
        path.write_bytes(message)
    said: dict[str, str] = {}
    for start in range(0, len(paths), FILES_AT_ONCE):
        files = ",".join(map(str, paths[start : start + FILES_AT_ONCE]))
        said |= RESULT.findall(_run(program, "-x", str(configuration), "-t", files))
    return [said.get(str(path)) == "succeeded" for path in paths]


def opendkim_results(message: bytes, records: dict[str, str], folder: Path) -> list[str]:
    """`pass`, `fail` … for every signature of one message, as it would write them into Authentication-Results."""
    program = _program()
    path = folder / "one.eml"
    path.write_bytes(message)
    said = _run(program, "-x", str(_configured(records, folder)), "-vv", "-t", str(path))
    return re.findall(r"\bdkim=(\w+)", said)


def _program() -> str:
    found = shutil.which("opendkim", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if found is None:
        pytest.fail("opendkim is missing: install it with `apt-get install -y opendkim`")
    return found


def _configured(records: dict[str, str], folder: Path) -> Path:
    keys = folder / "records"
    keys.write_text("".join(f"{name} {value}\n" for name, value in records.items()), encoding="ascii")
    configuration = folder / "opendkim.conf"
    configuration.write_text(f"Mode v\nSyslog no\nTestPublicKeys {keys}\n", encoding="ascii")
    return configuration


def _run(*command: str) -> str:
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    return ended.stdout.decode("utf-8", "replace")
