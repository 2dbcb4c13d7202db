"""`python warmstart.py MODULE:FUNCTION MODULE…` imports once, then obeys lines of JSON, one after the other.

An order with `arguments` forks a run and is answered with its process id. The run stays a zombie, so that its id is
nobody else's, until `{"reap": id}` asks for its return code. A module `digest.*` stands for all of that package.
"""

import gc
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Callable
from typing import Any, NoReturn

REREAD = ("digest.foundation.failpoints",)  # what reads its environment at import
NOT_IMPORTED = ("digest.__main__", "digest.foundation.migrations.env", "digest.foundation.migrations.versions")


def main() -> None:
    module, _, function = sys.argv[1].partition(":")
    entry = getattr(importlib.import_module(module), function)
    for name in sys.argv[2:]:
        _import(name)
    gc.collect()
    gc.freeze()  # what all runs share is neither looked through nor copied
    while line := sys.stdin.readline():
        order = json.loads(line)
        if "reap" in order:
            _say(os.waitstatus_to_exitcode(os.waitpid(order["reap"], 0)[1]))
            continue
        run = os.fork()
        if run == 0:
            _run(entry, order)
        _say(run)


def _import(name: str) -> None:
    package = name.removesuffix(".*")
    found = importlib.import_module(package)
    for each in pkgutil.walk_packages(found.__path__, f"{package}.") if name != package else ():
        if not each.name.startswith(NOT_IMPORTED):
            importlib.import_module(each.name)


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
    try:
        code = entry(order["arguments"])
    except SystemExit as ended:
        code = ended.code
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))  # taking all that was imported apart is slow


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
