"""What people do in the tests of backups, copies and damage, and what they hear.

Doubts of ordinary crashes are held here, so that every second copy would be somebody else's fault.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import sender
from launching import ended_within
from scenes import Scene

PERSON = 3
REFUSAL = "nothing is sent from here"
HOLDING = "  in_doubt: {crash: hold, power: hold, server: hold}"


def say(scene: Scene, *arguments: str, code: int | None = 0, folder: Path | None = None, **environment: str) -> str:
    """A command, and what it said."""
    output = scene.folder / "said.out"
    launcher = replace(scene.warm, arguments=["-C", str(folder or scene.workspace), *arguments])
    ended = launcher.start({"DIGEST_FAIL": "", **environment}, output).reap()
    said = output.read_text(errors="replace")
    assert "Traceback" not in said, said
    assert code is None or ended == code, said
    return said


def refused(scene: Scene, **more: object) -> str:
    """Whoever asks: the person, and the calendar."""
    before = len(scene.server.accepted)
    said = say(scene, "send", "2018-07", "--yes", code=PERSON, **more)
    assert REFUSAL in said
    assert REFUSAL in say(scene, "run", code=PERSON, **more)
    assert len(scene.server.accepted) == before
    return said


@contextmanager
def sending(scene: Scene) -> Iterator[Callable[[], bool]]:
    """A run that is killed at the end, unless it has ended; gives whether it lives."""
    child, _ = scene.start()
    life = os.pidfd_open(child.pid)
    try:
        yield lambda: not ended_within(life, 0)
    finally:
        signal.pidfd_send_signal(life, SIGKILL)
        child.reap()
        os.close(life)


def send_some(scene: Scene, count: int) -> None:
    """Until the server has taken so many more; a few more leave."""
    count += taken(scene)
    with sending(scene) as lives:
        scene.wait_until(lambda: taken(scene) >= count or not lives())


def taken(scene: Scene) -> int:
    """How many messages the server has taken; its log may be read while it writes."""
    return scene.server.log.read_bytes().count(b"\n")


def held(scene: Scene) -> set[str]:
    return {who for who, (state, _) in sender.ledger(scene.workspace).items() if state == "held"}
