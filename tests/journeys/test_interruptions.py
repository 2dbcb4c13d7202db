"""Killed anywhere, the program leaves the old or the new, and the next run goes on."""

import signal
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

import yaml

PROGRAM = Path(sys.executable).with_name("digest")


def test_a_sending_that_is_killed_again_and_again_reaches_everybody_once(office):
    readers = [{"address": f"r{n}@example.org", "language": "en", "audiences": ["regional"]} for n in range(600)]
    office.write("subscribers.yaml", yaml.safe_dump({"subscribers": readers}))
    office.run("build", "--all")
    office.run("approve", "--by", "Marta")
    kills = 0
    for delay in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2):
        process = subprocess.Popen(
            [PROGRAM, "-C", office.folder, "send", "july", "--yes"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills > 0
    assert "600 sent" in office.run("send", "july", "--yes").stdout
    files = list((office.folder / "out").rglob("*.eml"))
    assert len(files) == 600
    assert len({message_from_bytes(path.read_bytes())["Message-ID"] for path in files}) == 600
    assert all(path.read_bytes().endswith(b"--\r\n") for path in files)


def test_a_build_that_is_killed_leaves_the_old_copy_or_the_new_one(office):
    office.run("build", "--all")
    variants = office.folder / "editions/monthly/2018-07/variants"
    names = {path.name for path in variants.iterdir()}
    for number in range(6):
        office.write("bulletins/more.en.txt", f"{number + 1} July, 2018\n\nAddition {number}\n\nText of the news.\n")
        process = subprocess.Popen(
            [PROGRAM, "-C", office.folder, "build", "--all"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(0.5 + number / 10)
        process.kill()
        process.wait()
        assert {path.name for path in variants.iterdir()} == names
        assert all(path.read_bytes().rstrip().endswith(b"</html>") for path in variants.glob("*.html"))
    office.run("build", "--all")
    office.run("approve", "--by", "Marta")
