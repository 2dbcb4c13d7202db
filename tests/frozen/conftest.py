"""A desk at which commands are typed while the clock stands still and chance repeats itself; all they say is kept.

What is kept stands in `expected/`, one file per command, as a person sees it. `ACCEPT_FROZEN=1 pytest tests/frozen`
writes it anew. Nothing here knows a module of the program but `digest.cli:main`, so that the code can be moved.
"""

import hashlib
import json
import os
import re
import select
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import unified_diff
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LONG_AGO = datetime(2018, 1, 1, tzinfo=UTC).timestamp()
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
ACCEPTED = bool(os.environ.get("ACCEPT_FROZEN"))
READERS = """subscribers:
  - {address: ana@example.org, name: Ana, language: es, audiences: [guatemala]}
  - {address: ben@example.org, language: en, audiences: [regional]}
  - {address: eva@example.net, name: "Eva, Petén", language: es, audiences: [regional, guatemala]}
  - {address: dan@example.com, language: en, audiences: [guatemala]}
"""
BOUNCE = """From: MAILER-DAEMON@example.net
To: comms@example.org
Subject: Undelivered Mail Returned to Sender
Date: Sun, 05 Aug 2018 15:10:00 +0000
Message-ID: <bounce-1@example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {reader}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822-headers

From: bulletin@news.example.org
To: {reader}
Message-ID: {message_id}

--b--
"""
FENCE = "=" * 20
WIDTHS = (80, 120)


class Program:
    """The program, warm: see `program.py`."""

    def __init__(self, folder: Path) -> None:
        if not LIBRARIES:
            pytest.fail("libfaketime is missing: install it with `apt-get install faketime`")
        self.folder = folder
        self.clock = {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        }
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "program.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.clock, "LANG": "C.UTF-8", "PYTHONUTF8": "1", "FAKETIME": "2018-01-01 00:00:00"},
        )

    def run(
        self, arguments: Sequence[str], *, cwd: Path, at: str, columns: int, seed: str, stdin: str | None
    ) -> tuple[int, str, str]:
        said, complained, typed = (self.folder / each for each in ("stdout", "stderr", "stdin"))
        typed.write_text(stdin or "", encoding="utf-8")
        order = {
            "arguments": list(arguments),
            "cwd": str(cwd),
            "seed": seed,
            "stdin": os.devnull if stdin is None else str(typed),
            "stdout": str(said),
            "stderr": str(complained),
            "environment": {
                **self.clock,
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "LOGNAME": "marta",
                "DIGEST_MACHINE": "frozen",
                "COLUMNS": str(columns),
                "FAKETIME": at,
            },
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        assert select.select([self.process.stdout], [], [], 120)[0], f"it did not end: {arguments}"
        code = int(self.process.stdout.readline())
        return code, said.read_text(encoding="utf-8"), complained.read_text(encoding="utf-8")


def is_drawn_to_width(arguments: Sequence[str]) -> bool:
    return {"status", "doctor", "--help"} & {*arguments} != set() and "--json" not in arguments


@dataclass
class Desk:
    """`name` is the folder below `expected/`; every command starts in `folder`, where the workspace is `office`."""

    program: Program
    folder: Path
    name: str
    at: str = "2018-08-03 15:00:00"  # the clock, in UTC; it stands still
    kept: dict[str, str] = field(default_factory=dict)
    code: str = "none"

    @property
    def office(self) -> Path:
        return self.folder / "office"

    def run(self, line: str, *, stdin: str | None = None, code: int | None = None) -> str:
        """Run `digest LINE`, keep what it says, and return its standard output. `CODE` stands for the last code of a
        draft that was shown.
        """
        words = shlex.split(line)
        line = line.replace("CODE", self.code)
        arguments = shlex.split(line)
        said = ""
        for width in WIDTHS if is_drawn_to_width(arguments) else WIDTHS[:1]:
            name = self._free_name([*words, *([str(width)] if width != WIDTHS[0] else [])])
            self._age()
            ended, said, complained = self.program.run(
                arguments, cwd=self.folder, at=self.at, columns=width, seed=f"{self.name}/{name}", stdin=stdin
            )
            assert code in (None, ended), f"{line}\n{said}\n{complained}"
            if shown := re.search(r"^Code of the \w+: (\w+)$", said, re.MULTILINE):
                self.code = shown[1]
            parts = [f"$ digest {line}".rstrip(), f"    ({self.at} UTC, {width} columns)\n", said]
            if complained:
                parts.append(f"{FENCE} standard error\n{complained}")
            self.kept[f"{name}.txt"] = self.stable(f"{''.join(parts)}{FENCE} exit code {ended}\n")
        return said

    def run_all(self, script: str) -> None:
        """Run each line in the workspace `office`; `@ TIME` sets the clock."""
        for line in script.strip().splitlines():
            command = line.strip()
            if command.startswith("@"):
                self.at = command.removeprefix("@ ")
            else:
                self.run(f"-C office {command}")

    def keep(self, path: str, name: str | None = None) -> None:
        """Keep the text of a file below `folder`."""
        text = (self.folder / path).read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        self.kept[name or path.replace("/", "-")] = self.stable(text)

    def keep_fingerprints(self, *folders: str) -> None:
        """Keep size and SHA-256 of all files below these folders, so that not one byte differs."""
        for folder in folders:
            paths = sorted(path for path in (self.folder / folder).rglob("*") if path.is_file())
            lines = [f"{self._fingerprint(p)} {p.relative_to(self.folder)}\n" for p in paths]
            self.kept[f"{folder.replace('/', '-')}.sha256"] = "".join(lines)

    def _fingerprint(self, path: Path) -> str:
        """Of the bytes; of pages and mails that name this folder, of what they say with another."""
        content = path.read_bytes().replace(str(self.folder).encode(), b"FOLDER")
        if path.parent.name == "review":
            message = message_from_bytes(content, policy=default)
            parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
            content = self.stable("\n".join([*map(str, message.items()), *parts])).encode()
        return hashlib.sha256(content).hexdigest()

    def write(self, path: str, text: str) -> None:
        target = self.office / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def messages(self) -> dict[str, list[tuple[Path, EmailMessage]]]:
        """Reader → the messages that were written for them, with their files."""
        found: dict[str, list[tuple[Path, EmailMessage]]] = {}
        for path in sorted((self.office / "out").rglob("*.eml")):
            message = message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            found.setdefault(message["To"].addresses[0].addr_spec, []).append((path, message))
        return found

    def seeded(self, **replaced: str) -> None:
        """Let `office` be the sample workspace with fewer readers, and with lines of its settings replaced."""
        shutil.copytree(ROOT / "seeds", self.office)
        self.write("subscribers.yaml", READERS)
        settings = (self.office / "digest.yaml").read_text(encoding="utf-8")
        settings = settings.replace("audiences: [regional, guatemala, mexico,", "audiences: [regional, guatemala]  # ")
        for old, new in replaced.items():
            settings = re.sub(rf"(?m)^(\s*){old}: .*$", rf"\g<1>{old}: {new}", settings)
        self.write("digest.yaml", settings)

    def stable(self, text: str) -> str:
        for pattern, stands_for in (
            (re.escape(str(self.folder.resolve())), "FOLDER"),
            (re.escape(str(self.folder)), "FOLDER"),
            (re.escape(str(ROOT)), "REPOSITORY"),
            (r"\bp=[A-Za-z0-9+/=]{20,}(?:\"\s+\"[A-Za-z0-9+/=]+)*", "p=PUBLIC-KEY"),
            # What the doctor says of this machine; tests/operations/doctor has it.
            (r"(?m)^(Database|Disk and clock)\n(?:  .*\n)+\n?", r"\g<1>: …\n\n"),
            (r"\d+ to look at, \d+ well, ", "… to look at, … well, "),
            (r"(duration_seconds|database_bytes) [\d.e+-]+", r"\g<1> …"),
            (r"(?m)^sending: \d.*\n", ""),  # how far it is: a machine says so that is slow
        ):
            text = re.sub(pattern, stands_for, text)
        return text

    def compare(self) -> None:
        """Raise unless all that was kept is as it was; name every difference at once."""
        folder = HERE / "expected" / self.name
        if ACCEPTED:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, text in self.kept.items():
                (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
        expected = {
            path.name: path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(folder.glob("*"))
        }
        differences = [
            "".join(unified_diff(was.splitlines(keepends=True), now.splitlines(keepends=True), f"{self.name}/{name}"))
            for name in sorted({*expected, *self.kept})
            for was, now in [(expected.get(name, ""), self.kept.get(name, ""))]
            if was != now
        ]
        assert not differences, "\n".join(["these are not as they were kept:", *differences])

    def _free_name(self, arguments: Sequence[str]) -> str:
        plain = re.sub(r"[^\w-]+", "_", " ".join(one for one in arguments if one not in ("-C", "office")))
        name = plain[:60].strip("_") or "digest"
        number = sum(
            kept == f"{name}.txt" or re.fullmatch(rf"{re.escape(name)}\.\d+\.txt", kept) is not None
            for kept in self.kept
        )
        return f"{name}.{number + 1}" if number else name

    def _age(self) -> None:
        """Let files be older than the clock: what was written a moment ago is treated as if it might change again."""
        for path in self.folder.rglob("*"):
            if path.is_file() and "sending" not in path.parts and not path.name.startswith("digest.db"):
                os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture(scope="session")
def bounced() -> Callable[[str, str], str]:
    """(reader, Message-ID) → the mail in which a server says that there is no such reader."""
    return lambda reader, message_id: BOUNCE.format(reader=reader, message_id=message_id)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    running = Program(tmp_path_factory.mktemp("program"))
    yield running
    assert running.process.stdin is not None
    running.process.stdin.close()
    running.process.wait(30)
    assert running.process.stdout is not None
    running.process.stdout.close()


@pytest.fixture
def desk(program: Program, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(program, tmp_path, request.node.name.removeprefix("test_"))
