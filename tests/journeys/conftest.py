"""The program as people use it: started as a process, in a folder of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import warm_program

sys.path.append(str(Path(__file__).parents[1] / "delivery"))  # for `launching`

PROGRAM = Path(sys.executable).with_name("digest")


@dataclass
class Office:
    """A workspace and somebody who types commands in it."""

    folder: Path

    def run(
        self,
        *arguments: str,
        code: int | None = 0,
        stdin: str | None = None,
        looked: bool = True,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        ended = warm_program.run(
            ["-C", self.folder, *arguments],
            cwd=self.folder if self.folder.is_dir() else self.folder.parent,
            stdin=stdin,
            environment=environment,
            looked=looked,
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
