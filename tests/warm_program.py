"""The program as people use it, without the cost of its imports.

`python warm_program.py` imports it once and forks a run of it for every line of JSON it reads. Each run is a process
with arguments, environment, folder and files of its own; only the imports are shared, which saves two thirds of the
time. It writes the return code of each run.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import pty
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import NoReturn

REREAD = ("digest.foundation.failpoints",)  # what reads its environment at import
NOT_IMPORTED = ("digest.__main__", "digest.foundation.migrations.env", "digest.foundation.migrations.versions")
PATIENCE = 600  # seconds that a run may take
WARMING = ("build --period july", "check july", "status", "explain Tabasco", "run --dry-run", "report july")

_process: subprocess.Popen[str] | None = None  # one for all tests of this process


def run(
    arguments: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    looked: bool = True,
    terminal: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """`digest` with these arguments; `environment` is what the run finds besides that of the tests. `looked`: whoever
    approves without a code has seen the drafts as they are, which no test does with their eyes. `terminal` is the path
    of one, for its standard input and output.
    """
    if looked and "approve" in arguments and not {"--code", "--part"} & set(arguments):
        look_at_drafts(_workspace(arguments, cwd))
    with tempfile.TemporaryDirectory() as name:
        said, complained, typed = (Path(name, each) for each in ("stdout", "stderr", "stdin"))
        typed.write_text(stdin or "", encoding="utf-8")
        order = {
            "arguments": [str(each) for each in arguments],
            "cwd": str(cwd or Path.cwd()),
            "environment": {**os.environ, "LANG": "C.UTF-8", "COLUMNS": "120", **(environment or {})},
            "stdin": terminal or (os.devnull if stdin is None else str(typed)),
            "stdout": terminal or str(said),
            "stderr": str(complained),
        }
        code = _order(json.dumps(order))
        texts = (each.read_text(encoding="utf-8") if each.exists() else "" for each in (said, complained))
        return subprocess.CompletedProcess(["digest", *order["arguments"]], code, *texts)


def at_a_terminal(
    arguments: Sequence[str | Path], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The return code, and what somebody sees who types these words."""
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor(1) as reader:
        seen = reader.submit(_all_of, ours)
        try:
            ended = run(arguments, cwd=cwd, environment=environment, looked=False, terminal=os.ttyname(theirs))
        finally:
            os.close(theirs)
        return ended.returncode, seen.result()


def _all_of(terminal: int) -> str:
    said = b""
    with open(terminal, "rb", buffering=0) as file, suppress(OSError):
        while chunk := file.read(4096):
            said += chunk
    return said.decode()


def look_at_drafts(folder: Path) -> None:
    """As somebody does who opens the preview of each."""
    from digest.editions.approving import note_look
    from digest.settings.instance import Instance

    if not (folder / "digest.db").is_file():
        return
    instance = Instance(folder)
    for edition in instance.editions.editions():
        note_look(instance.bench, edition, "preview")


def _workspace(arguments: Sequence[str | Path], cwd: Path | None) -> Path:
    named = [arguments[i + 1] for i, word in enumerate(arguments) if word == "-C"]
    return Path(cwd or Path.cwd(), *named)


def _order(line: str) -> int:
    global _process  # noqa: PLW0603 – it ends with this process
    if _process is None:
        _process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        )
    assert _process.stdin is not None
    assert _process.stdout is not None
    _process.stdin.write(f"{line}\n")
    _process.stdin.flush()
    ready, _, _ = select.select([_process.stdout], [], [], PATIENCE)
    assert ready, f"it did not end: {line}"
    return int(_process.stdout.readline())


def prepare() -> None:
    """Import all of the program, and do once what every run would do anew."""
    import digest
    from digest.mail.compiling import compiled
    from digest.mail.templates import Templates
    from digest.settings.loading import load_settings

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if not module.name.startswith(NOT_IMPORTED):
            importlib.import_module(module.name)
    load_settings(Path(__file__).parents[1] / "seeds" / "digest.yaml")  # builds what pydantic builds once
    for language in ("en", "es"):
        compiled(Templates(None).read("bulletin"), language)  # what is kept by content, nearly every run needs
    _warm_up(Path(__file__).parents[1] / "seeds")


def main() -> None:
    prepare()
    gc.collect()
    gc.freeze()  # what all runs share is neither looked through nor copied
    while line := sys.stdin.readline():
        forked = os.fork()
        if forked == 0:
            _become(json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _warm_up(seeds: Path) -> None:
    """Do once, in a passing workspace, what every run would do anew: build tables, words, statements, templates."""
    from digest.cli import main as program
    from digest.commands import forget_caller

    ours = sys.argv
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:  # noqa: PTH123 – no path of ours
        office = str(Path(folder, "office"))
        shutil.copytree(seeds, office)
        for line in WARMING:
            sys.argv = ["digest", "-C", office, *line.split()]
            with redirect_stdout(nowhere), redirect_stderr(nowhere), suppress(SystemExit):
                program()
            forget_caller()
    sys.argv = ours


def _become(order: dict) -> NoReturn:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for target, source in enumerate(
        (os.open(order["stdin"], os.O_RDONLY), os.open(order["stdout"], flags), os.open(order["stderr"], flags))
    ):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    sys.argv = ["digest", *order["arguments"]]
    for name in REREAD:
        importlib.reload(sys.modules[name])
    from digest.cli import main as program

    code: object = 0
    try:
        program()
    except SystemExit as ended:
        code = ended.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))  # taking all that was imported apart is slow


if __name__ == "__main__":
    main()
