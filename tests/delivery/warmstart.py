"""`python warmstart.py MODULE:FUNCTION MODULE…` imports once, then forks a run for every line of JSON it reads.

It writes the process id of each run. The run stays a zombie, so that its id is nobody else's, until one more line asks
for its return code.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

REREAD = ("digest.failpoints",)  # what reads its environment at import


def main() -> None:
    module, _, function = sys.argv[1].partition(":")
    entry = getattr(importlib.import_module(module), function)
    for name in sys.argv[2:]:
        importlib.import_module(name)
    while line := sys.stdin.readline():
        run = os.fork()
        if run == 0:
            _run(entry, json.loads(line))
        _say(run)
        sys.stdin.readline()
        _say(os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]))


def _run(entry: Callable[..., Any], order: dict) -> NoReturn:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    sys.argv = [sys.argv[1], *order["arguments"]]
    for name in REREAD:
        if name in sys.modules:
            importlib.reload(sys.modules[name])
    sys.exit(entry(order["arguments"]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
