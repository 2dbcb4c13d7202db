"""Whatever the umask is: after every command nothing in the workspace can be read or changed by anybody else."""

import io
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
import warm_program

from digest.cli import MODULES, main
from digest.commands import forget_caller

NOBODY = "65534"
# Of a month that is over where the office is: there the first day begins later than in Greenwich.
DAY = datetime.now(ZoneInfo("America/Costa_Rica")).replace(day=1) - timedelta(days=10)
MONTH = f"{DAY:%Y-%m}"
NEWS = f"{DAY:%Y-%m-%d}\n\nA shelter opens its doors\n\nFamilies find beds, a doctor and a school there.\n"
COMMANDS = f"""
sources
collect
items
build --period {MONTH}
plan {MONTH}
check {MONTH}
review {MONTH}
preview {MONTH} --once page.html
LOOK
approve {MONTH} --by Ana --because grown
reopen {MONTH} --by Ana --because typo
build --period {MONTH}
LOOK
approve {MONTH} --by Ana --because grown
pause {MONTH} --by Ana --because fire
resume {MONTH} --by Ana
send {MONTH} --yes
run --metrics-file ../metrics.prom
deliveries list {MONTH}
status
todo
schedule
explain ben@example.org
report {MONTH} --html report.html --text report.txt
reissue {MONTH} --because typo
refuse {MONTH}.2 --part everything --by Ana --because typo
rehearse --from {MONTH} --to {MONTH}
subscribers add ana@example.org --audience everything --language en --consent letter
subscribers export all.csv
subscribers import all.csv --audience everything --language en --consent letter --yes
subscribers change ana@example.org --name Ana
subscribers suppress eva@example.org
subscribers remove ana@example.org
subscribers sync --yes
subscribers erase eva@example.org --yes
mailbox
dkim keygen --selector s1
doctor --offline
templates eject letter
backup
archive out/archive --url https://bulletin.example.org
help
CORRECT
collect
correct {MONTH} shelter
new --yes
daemon
serve --port 0
desk --no-open
""".strip().splitlines()
IN_THE_TEST = frozenset(("init", "restore", "adopt"))
# The demo is another workspace, made by the same functions; a database of a server is no file of ours.
ELSEWHERE = frozenset(("demo", "database", "worker", "workers"))
WAIT = ("daemon", "serve", "desk")  # until they are told to end


@pytest.fixture
def office() -> Iterator[Path]:
    """In a folder that everybody may enter."""
    above = Path(mkdtemp())
    above.chmod(0o755)
    yield above / "office"
    rmtree(above)


@pytest.fixture
def digest(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    before = os.umask(0o077)

    def run(folder: Path, *arguments: str) -> str:
        os.umask(0)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NEWS.replace("shelter", "clinic").encode())))
        monkeypatch.setattr(sys, "argv", ["digest", "-C", str(folder), *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        forget_caller()
        os.umask(0o077)
        said = "".join(capfd.readouterr())
        assert ended.value.code == 0, (arguments, said)
        return said

    before_ending = signal.signal(signal.SIGTERM, lambda *_: None)
    yield run
    signal.signal(signal.SIGTERM, before_ending)
    os.umask(before)


@contextmanager
def told_to_end() -> Iterator[None]:
    """Again and again, since nobody knows from when on it listens."""
    done = Event()

    def tell() -> None:
        while not done.wait(0.2):
            os.kill(os.getpid(), signal.SIGTERM)

    teller = Thread(target=tell)
    teller.start()
    yield
    done.set()
    teller.join()


def open_to_others(folder: Path) -> list[str]:
    found = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    return [str(path) for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_after_every_command_all_is_for_its_owner_alone(
    office: Path, digest: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.mkdir()
    office.chmod(0o777)
    digest(office, "init", "--yes", str(office))
    assert open_to_others(office) == []
    settings = (office / "digest.yaml").read_text().replace("your-office.example", "office.example.org")
    for sample in ("Name of your office", "Postal address of your office"):
        settings = settings.replace(sample, "Apartado 100, San José")
    for name in ("new", "cur", "tmp"):
        (office / "mail" / name).mkdir(parents=True)
    (office / "digest.yaml").write_text(f"{settings}\nmailbox: {{maildir: mail}}\n")
    (office / "bulletins" / "news.en.txt").write_text(NEWS)
    reader = "{address: ben@example.org, language: en, newsletter: bulletin, audiences: [everything]}"
    (office / "subscribers.yaml").write_text(f"subscribers:\n  - {reader}\n")
    for line in COMMANDS:
        if line == "LOOK":
            warm_program.look_at_drafts(office)
        elif line == "CORRECT":
            (office / "bulletins" / "news.en.txt").write_text(NEWS.replace("beds", "ten beds"))
        else:
            with told_to_end() if line.split()[0] in WAIT else nullcontext():
                said = digest(office, *line.split())
            assert open_to_others(office) == [], (line, said)
    assert list((office / "out").rglob("*.eml"))
    (backup,) = (office / "backups").glob("*.zip")
    restored = office.with_name("restored")
    restored.mkdir()
    restored.chmod(0o777)
    digest(restored, "restore", str(backup))
    assert open_to_others(restored) == []
    digest(restored, "adopt", "--without-journal", "--by", "Ana", "--because", "moved")
    assert open_to_others(restored) == []
    if os.geteuid() == 0:
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        for folder in (office, restored):
            looked = subprocess.run([*as_nobody, "ls", folder], capture_output=True, text=True, check=False)
            assert "Permission denied" in looked.stderr


def test_no_command_is_forgotten() -> None:
    assert {line.split()[0] for line in COMMANDS if line != line.upper()} | IN_THE_TEST | ELSEWHERE == MODULES.keys()
