"""The program as people use it: started as a process, in a folder of its own."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("digest")


@dataclass
class WarmProgram:
    """Starts the program without the cost of its imports; see `warm_program.py`."""

    process: subprocess.Popen[str] | None = None

    def run(self, arguments: Sequence[str], *, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as name:
            said, complained, typed = (Path(name, each) for each in ("stdout", "stderr", "stdin"))
            typed.write_text(stdin or "", encoding="utf-8")
            order = {
                "arguments": list(arguments),
                "cwd": str(cwd),
                "environment": {**os.environ, "LANG": "C.UTF-8", "COLUMNS": "120"},
                "stdin": os.devnull if stdin is None else str(typed),
                "stdout": str(said),
                "stderr": str(complained),
            }
            code = self._order(json.dumps(order))
            texts = (each.read_text(encoding="utf-8") for each in (said, complained))
            return subprocess.CompletedProcess(["digest", *arguments], code, *texts)

    def _order(self, line: str) -> int:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("warm_program.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], 120)
        assert ready, f"it did not end: {line}"
        return int(self.process.stdout.readline())


WARM = WarmProgram()


@dataclass
class Office:
    """A workspace and somebody who types commands in it."""

    folder: Path

    def run(self, *arguments: str, code: int | None = 0, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        ended = WARM.run(
            ["-C", str(self.folder), *arguments],
            cwd=self.folder if self.folder.is_dir() else self.folder.parent,
            stdin=stdin,
        )
        if code is not None:
            assert ended.returncode == code, f"{arguments}\n{ended.stdout}\n{ended.stderr}"
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def messages(self) -> dict[str, list[EmailMessage]]:
        """Recipient → the messages that were written for them."""
        found: dict[str, list[EmailMessage]] = {}
        for path in sorted((self.folder / "out").rglob("*.eml")):
            message = message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            found.setdefault(message["To"].addresses[0].addr_spec, []).append(message)
        return found


SETTINGS = """
publisher:
  name: {en: Office, es: Oficina}
  address: Apartado 100, San José
  website: https://www.example.org
  timezone: America/Costa_Rica
sources:
  newsroom: bulletins/
audiences:
  regional: {title: {en: Whole region, es: Toda la región}, everything: true}
  guatemala: {title: Guatemala, countries: [GT]}
newsletters:
  monthly:
    title: {en: Migration bulletin, es: Boletín de migración}
    from: Bulletin <bulletin@news.example.org>
    every: month
    send: day 5 at 09:00
    audiences: [regional, guatemala]
    languages: [en, es]
    approval: required
subscribers: subscribers.yaml
delivery: {transport: files, path: out}
"""

SUBSCRIBERS = """
subscribers:
  - {address: ana@example.org, language: es, audiences: [guatemala]}
  - {address: ben@example.org, language: en, audiences: [regional]}
"""

LISTING = """6 July, 2018

Police in Guatemala learn to spot forged papers

Officers at the airport attended a course about forged documents in Guatemala.

4 July, 2018

Shelter opens in Tijuana, Mexico

The shelter has forty beds.
"""


@pytest.fixture
def empty(tmp_path):
    """A folder without a workspace."""
    return Office(tmp_path / "office")


@pytest.fixture
def office(empty):
    empty.write("digest.yaml", SETTINGS)
    empty.write("subscribers.yaml", SUBSCRIBERS)
    empty.write("bulletins/july.en.txt", LISTING)
    return empty
