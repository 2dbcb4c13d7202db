"""`python program.py` imports the program once and forks a run of it for every line of JSON it reads.

Like `tests/journeys/warm_program.py`, but it names no module of the program except its entry, chance is the order's
`seed`, and the clock (libfaketime's) is in the order's environment. It writes the return code of each run.
"""

import gc
import importlib
import json
import os
import pkgutil
import pwd
import random
import secrets
import select
import shutil
import socket
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import NoReturn

NOT_IMPORTED = ("__main__", "migrations")
WARMING = ("build --period july", "check july", "status", "send july --yes", "explain Tabasco")
CHANCE = random.Random()  # noqa: S311 – chance that can be repeated is the point


def main() -> None:
    os.urandom = CHANCE.randbytes
    secrets.token_bytes = lambda size=32: CHANCE.randbytes(size)
    secrets.token_hex = lambda size=32: CHANCE.randbytes(size).hex()
    socket.gethostname = lambda: "desk"  # who typed an approval stands in reports
    pwd.getpwuid = lambda _number: pwd.struct_passwd(("marta", "x", 1, 1, "", "/", "/bin/sh"))
    # libfaketime 0.9 spoils clock_nanosleep() towards an instant of the monotonic clock, which is how Python sleeps.
    time.sleep = lambda seconds: select.select([], [], [], seconds) and None
    import digest

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if not any(part in NOT_IMPORTED for part in module.name.split(".")):
            importlib.import_module(module.name)
    _warm_up()
    gc.freeze()
    while line := sys.stdin.readline():
        run = os.fork()
        if run == 0:
            _run(json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(run, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _warm_up() -> None:
    """Do once, in a passing workspace, what every run would do anew: build settings, templates, tables."""
    from digest.cli import main as program

    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:  # noqa: PTH123 – no path of ours
        office = str(Path(folder, "office"))
        shutil.copytree(Path(__file__).parents[2] / "seeds", office)
        for line in WARMING:
            sys.argv = ["digest", "-C", office, *line.split()]
            with redirect_stdout(nowhere), redirect_stderr(nowhere), suppress(SystemExit):
                program()


def _run(order: dict) -> NoReturn:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for target, source in enumerate(
        (os.open(order["stdin"], os.O_RDONLY), os.open(order["stdout"], flags), os.open(order["stderr"], flags))
    ):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    CHANCE.seed(order["seed"])
    time.tzset()
    sys.argv = ["digest", *order["arguments"]]
    from digest.cli import main as program

    code = 0
    try:
        program()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # what an interpreter tidies away at its end takes longer than most commands


if __name__ == "__main__":
    main()
