"""What the page about doubts says is true: its commands run in its order, beside a server that takes mails silently."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import sender
from faultscript import Act, Fault, Script, Stage

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "when-something-is-in-doubt.md"
OLD = "delivery: {transport: files, path: out}\n"


@pytest.fixture
def office(tmp_path, fault_server):
    """The sample workspace after a sending in which the first three mails were taken and nothing was said."""
    silent = Fault(stage=Stage.DOT, do=Act.DROP, accepted=True, first=3)
    server = fault_server(Script(faults=(silent,)))
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    (wished,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    mine = wished.replace("host: smtp.example.org", f"host: 127.0.0.1\n  port: {server.port}\n  security: none")
    settings = (folder / "digest.yaml").read_text(encoding="utf-8")
    assert OLD in settings
    (folder / "digest.yaml").write_text(settings.replace(OLD, mine), encoding="utf-8")
    sender.digest(folder, "build", "--period", "july")
    sender.digest(folder, "approve", "july", "--by", "Marta")
    sender.digest(folder, "send", "july", "--yes", code=3)
    return folder


def test_the_page_about_doubts_is_true(office):
    text = PAGE.read_text(encoding="utf-8")
    seen = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        lines = block.splitlines()
        for number, line in enumerate(lines):
            if line.startswith("$ digest "):
                said = sender.digest(office, *shlex.split(line.removeprefix("$ digest ")), code=None)
                shown = lines[number + 1] if number + 1 < len(lines) and lines[number + 1][0] != "$" else ""
                assert (
                    " ".join(shown.split()) in [" ".join(one.split()) for one in said.stdout.splitlines()] or not shown
                )
                seen.append((line.split()[2], said.returncode))
    assert seen == [
        ("status", 0),
        ("deliveries", 0),
        ("deliveries", 3),
        ("deliveries", 3),
        ("deliveries", 0),
        ("send", 4),
        ("deliveries", 0),
        ("send", 0),
    ]


ANSWERS = ROOT / "docs" / "how-to" / "what-servers-answer.md"


def test_the_page_about_answers_is_true(tmp_path, fault_server):
    """Its commands are those after a sending in which the server refused us: tried again, or settled."""
    server = fault_server(
        Script(faults=(Fault(stage=Stage.RCPT, do=Act.REPLY, code=550, text="Sender verify failed"),))
    )
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    settings = (folder / "digest.yaml").read_text(encoding="utf-8")
    way = f"delivery: {{transport: smtp, host: 127.0.0.1, port: {server.port}, security: none}}\n"
    (folder / "digest.yaml").write_text(settings.replace(OLD, way), encoding="utf-8")
    sender.digest(folder, "build", "--period", "july")
    sender.digest(folder, "approve", "july", "--by", "Marta")
    commands = re.findall(r"^\$ digest (.*)$", ANSWERS.read_text(encoding="utf-8"), re.MULTILINE)
    assert [line.split()[:3] for line in commands] == [["resume", "july", "--ours"], ["resume", "july", "--theirs"]]
    for line in commands:
        refused = sender.digest(folder, "send", "july", "--yes", code=3)
        assert "--ours" in refused.stderr
        assert "--theirs" in refused.stderr
        sender.digest(folder, *shlex.split(line))
    sender.digest(folder, "send", "july", "--yes", code=3)
    assert sender.digest(folder, "deliveries", "list", "july", "--failed").stdout.count("Sender verify failed") == 3
