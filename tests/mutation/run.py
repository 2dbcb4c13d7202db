"""`make mutants`: put small faults into the code, one at a time, and see whether the tests notice.

Mutmut makes the faults; what is run is ours: mutmut's own runner changes functions alone, and half of what we decide
stands in tables and patterns at the top of modules. Nothing in the checkout is touched: each worker has a copy, and
each fault a process, forked from one that has what is slow to import. See `modules.toml` for what is tried. What mypy
refuses does not pass `make check`: such faults are counted apart, and no test is asked.

    python tests/mutation/run.py [--jobs N] [MODULE …]    such as 'digest/newsletters/*.py'; all of its faults
    python tests/mutation/run.py --list pure --sample 400    so many faults of one list: an estimate within the hour
                                 … --seed 7                  others than those of the seed in modules.toml
                                 … --near                    in a third of the time: at least so many are noticed
"""

import argparse
import compileall
import faulthandler
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from enum import Enum
from fnmatch import fnmatchcase
from itertools import groupby
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

import libcst
import libcst.matchers as m
from mutmut.mutation.file_mutation import Mutation, create_mutations

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).with_name("modules.toml")
LONGEST_TEST, LONGEST_RUN = 60, 1800  # seconds; what takes longer counts as an endless loop
PYTEST = ("-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0")
NOT_IN_GIT = (".boot", ".debian", "tests/gates/node_modules")  # and tests need it
DESCRIPTION = m.Arg(keyword=m.Name("description"))
SEARCHES = {"count", "find", "index", "rfind", "rindex", "startswith", "endswith"}
MARKS = {"_", "later", "plural", "plural_later"}  # of words for staff
STRICT = m.Arg(keyword=m.Name("strict"), value=m.Name("True"))
SLOW_IMPORTS = ("pytest", "hypothesis", "sqlalchemy", "lxml.etree", "pydantic", "jinja2", "babel.dates", "cryptography")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    module: str
    source: str
    tests: tuple[str, ...]


class End(Enum):
    """What became of a fault."""

    REFUSED = "by the types"
    NOTICED = "by the tests"
    UNNOTICED = "by nobody"
    UNCLEAR = "by tests that fail without it, too"


def chosen(lists: dict[str, dict[str, Any]], modules: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Module → the first list that takes it, and its tests there: those of the first pattern that fits, and those that
    are always asked.
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for module in modules:
        for name, one in lists.items():
            tests = next((tests for glob, tests in one["tests"].items() if _fits(module, glob)), ())
            if tests:
                found.setdefault(module, (name, (*tests, *one.get("always", ()))))
    return found


def _fits(module: str, glob: str) -> bool:
    """A star does not lead into a folder below."""
    return module.count("/") == glob.count("/") and fnmatchcase(module, glob)


def places(module: str) -> list[tuple[str, int]]:
    """The faults that can be put into a module, by their numbers; none that changes nothing, and none that others than
    the tests notice.
    """
    tree, mutations, *_ = create_mutations(module, (ROOT / module).read_text())
    calls = m.findall(tree, m.Call())
    makers = {
        one.name.value
        for one in m.findall(tree, m.FunctionDef(body=m.IndentedBlock(body=[m.SimpleStatementLine()])))
        if m.findall(one, m.Name("IGNORECASE"))
    }  # functions that do nothing but make such a pattern
    caseless = [
        text
        for call in calls
        if getattr(call.func, "value", None) in makers or any(m.findall(one, m.Name("IGNORECASE")) for one in call.args)
        for text in m.findall(call, m.SimpleString())
    ]
    elsewhere = [node for call in calls for node in _noticed_elsewhere(call)]
    return [
        (module, n)
        for n, one in enumerate(mutations)
        if not _changes_case_alone(one, caseless)
        and not _begins_at_none(one)
        and not _only_describes(one)
        and not any(one.original_node is node for node in elsewhere)
    ]


def _noticed_elsewhere(call: libcst.Call) -> Sequence[libcst.CSTNode]:
    """What a call says that is no test's to notice."""
    if isinstance(call.func, libcst.Name) and call.func.value in MARKS:
        # `make check` compares each word for people with the catalogues: one that was changed is missing there. What is
        # said when, and what is filled in, is for the tests.
        said = [arg.value for arg in call.args[:2] if m.matches(arg.value, m.SimpleString() | m.ConcatenatedString())]
        return [node for value in said for node in (value, *m.findall(value, m.SimpleString()))]
    if m.matches(call.func, m.Name("Field")):
        said = [arg.value for arg in call.args if m.matches(arg, DESCRIPTION)]
        return [node for value in said for node in (value, *m.findall(value, m.SimpleString()))]
    if m.matches(call.func, m.Name("zip")) and any(m.matches(arg, STRICT) for arg in call.args):
        # Says that both are as long, by how they were made: should they not be, it is we who are wrong.
        return [call, *[arg for arg in call.args if m.matches(arg, STRICT)], *m.findall(call, m.Name("True"))]
    return ()


def _changes_case_alone(mutation: Mutation, caseless: Sequence[libcst.CSTNode]) -> bool:
    """Of a pattern that ignores case: nothing changes."""
    before, after = mutation.original_node, mutation.mutated_node
    if not any(before is text for text in caseless):
        return False
    (written, names), (instead, others) = (
        (node.value, re.findall(r"\\.|\(\?P?.", node.value)) for node in (before, after)
    )
    return bool(written.lower() == instead.lower() and names == others)


def _begins_at_none(mutation: Mutation) -> bool:
    """Of a search in a text from its beginning: `None` says the same as 0."""
    before, after = mutation.original_node, mutation.mutated_node
    if not (isinstance(before, libcst.Call) and isinstance(after, libcst.Call) and len(before.args) == len(after.args)):
        return False
    said = [(one, other) for one, other in zip(before.args, after.args, strict=True) if not one.deep_equals(other)]
    return (
        getattr(getattr(before.func, "attr", None), "value", None) in SEARCHES
        and len(said) == 1
        and any(one is said[0][0] for one in before.args[1:2])
        and m.matches(said[0][0].value, m.Integer("0"))
        and m.matches(said[0][1].value, m.Name("None"))
    )


def _only_describes(mutation: Mutation) -> bool:
    """Of a setting: what it says of itself is compared with the page of all settings, by the tests of the documents."""
    before, after = (
        one.with_changes(args=[arg for arg in one.args if not m.matches(arg, DESCRIPTION)])
        if m.matches(one, m.Call(func=m.Name("Field")))
        else one
        for one in (mutation.original_node, mutation.mutated_node)
    )
    if m.matches(before, m.Call(func=m.Name("Field"))):
        return len(before.args) == len(after.args) and all(
            one.value.deep_equals(other.value) for one, other in zip(before.args, after.args, strict=True)
        )
    return False


def mutants(module: str, numbers: Iterable[int], tests: tuple[str, ...]) -> Iterator[Mutant]:
    tree, mutations, *_ = create_mutations(module, (ROOT / module).read_text())
    for number in numbers:
        source = tree.deep_replace(mutations[number].original_node, mutations[number].mutated_node).code
        yield Mutant(module=module, source=source, tests=tests)


def asked(module: str, patterns: tuple[str, ...], *, near: bool) -> tuple[str, ...]:
    """The files of these tests; first those that know most about the module: they have a word in common with it, or
    else import it (in the folder of its room even where no pattern names them). Of a folder these alone where only the
    `near` ones are wanted, and there are such.
    """
    words = set(Path(module).stem.removesuffix("s").split("_"))
    name = module.removesuffix(".py").replace("/", ".")
    imports = re.compile(
        rf"{re.escape(name)} import|from {re.escape(name.rpartition('.')[0])} import .*\b{Path(module).stem}\b"
    )
    files: dict[Path, int] = {}
    for path in [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]:
        here = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
        far = {
            file: 0 if any(word in file.stem for word in words) else 1 if imports.search(file.read_text()) else 2
            for file in here
        }
        nearest = min(far.values(), default=2)
        for file, distance in far.items():
            if not (near and path.is_dir() and distance > nearest):
                files[file] = min(distance, files.get(file, 2))
    for file in (ROOT / "tests" / module.split("/")[1]).rglob("test_*.py"):
        if file not in files and imports.search(file.read_text()):
            files[file] = 1
    ordered = sorted(files, key=lambda file: files[file])
    return tuple(file.relative_to(ROOT).as_posix() for file in ordered)


def prepare(folder: Path) -> Path:
    """A copy of what git knows, compiled so that a changed file is noticed by its content."""
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    copy = Path(tempfile.mkdtemp(dir=folder))
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for name in NOT_IN_GIT:
        if (ROOT / name).exists() and not (copy / name).exists():
            (copy / name).symlink_to((ROOT / name).resolve())
    for room in ("digest", "tests"):
        compileall.compile_dir(copy / room, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", copy / ".mypy_cache")
    if not fits_its_types(copy):
        raise RuntimeError("mypy is not content without any fault: make check")
    return copy


def fits_its_types(copy: Path) -> bool:
    said = subprocess.run([sys.executable, "-m", "mypy"], cwd=copy, check=False, stdout=subprocess.DEVNULL)
    return said.returncode == 0


def in_copy(copy: Path, tests: tuple[str, ...]) -> int | None:
    """Pytest's exit code, in a process of its own; `None`: it took too long."""
    child = os.fork()
    if not child:
        try:
            os._exit(_tested(copy, tests))
        finally:
            os._exit(3)  # whatever was raised, the worker's own work is not done twice
    until = time.monotonic() + LONGEST_RUN
    try:
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what the tests started


def _tested(copy: Path, tests: tuple[str, ...]) -> int:
    os.setsid()
    with log_of(copy).open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)  # for the programs that tests start
    sys.path.insert(0, str(copy))
    import pytest

    return pytest.main([*PYTEST, *tests], plugins=[Watch(copy)])


def log_of(copy: Path) -> Path:
    return copy.with_suffix(".log")


def failed_in(copy: Path) -> Path:
    return copy.with_suffix(".failed")


class Watch:
    """Ends a test that does not end, even inside a pattern; writes down which test failed."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        self.log = os.dup(1)
        self.begins("")

    def begins(self, test: str) -> None:
        failed_in(self.copy).write_text(test)
        faulthandler.dump_traceback_later(LONGEST_TEST, file=self.log, exit=True)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.begins(nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        self.begins(report.nodeid if report.failed else "")


class Worker:
    """One per process: its copy, and which tests are known to pass there without a fault."""

    copy: Path
    sound: set[str]

    @classmethod
    def begin(cls, folder: Path) -> None:
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        for name in SLOW_IMPORTS:
            __import__(name)
        cls.copy, cls.sound = prepare(folder), set()

    @classmethod
    def tries(cls, mutant: Mutant) -> tuple[Mutant, End, float]:
        """Whether the types refuse this fault, or a test fails with it, or does not end; and the seconds it took."""
        file = cls.copy / mutant.module
        known = file.read_text()
        began = time.monotonic()
        file.write_text(mutant.source)
        try:
            if not fits_its_types(cls.copy):
                end = End.REFUSED
            else:
                end = End.UNNOTICED if in_copy(cls.copy, mutant.tests) == 0 else End.NOTICED
        finally:
            file.write_text(known)
        if end is End.NOTICED and not cls.passes(failed_in(cls.copy).read_text() or mutant.tests[0]):
            end = End.UNCLEAR
        return mutant, end, time.monotonic() - began

    @classmethod
    def passes(cls, test: str) -> bool:
        """Only what passes without the fault has noticed it."""
        if test not in cls.sound and in_copy(cls.copy, (test,)) != 0:
            print(log_of(cls.copy).read_text(errors="replace")[-3000:], file=sys.stderr)  # noqa: T201
            return False
        cls.sound.add(test)
        return True


def told(mutant: Mutant) -> str:
    lines = (ROOT / mutant.module).read_text().splitlines()
    changed = unified_diff(lines, mutant.source.splitlines(), lineterm="", n=0)
    return "\n".join(f"    {line}" for line in list(changed)[2:])


def run(mutated: list[Mutant], jobs: int) -> tuple[dict[End, Counter[str]], float]:
    """How many faults of each module came to which end; and the seconds of all together."""
    ends, seconds = {end: Counter[str]() for end in End}, 0.0
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        get_context("fork").Pool(jobs, Worker.begin, (Path(folder),)) as pool,
    ):
        for mutant, end, took in pool.imap_unordered(Worker.tries, mutated):
            ends[end][mutant.module] += 1
            seconds += took
            if end is End.UNNOTICED:
                print(f"{mutant.module}: nobody noticed\n{told(mutant)}", flush=True)  # noqa: T201
            print(", ".join(f"{ends[one].total()} {one.value}" for one in End), end="\r", file=sys.stderr, flush=True)  # noqa: T201
    return ends, seconds


def summed_up(name: str, ends: dict[End, Counter[str]], wanted: int) -> bool:
    """Print it by module and together; return whether it is enough. What the types refused is in no share."""
    noticed, refused = ends[End.NOTICED], ends[End.REFUSED]
    tried = noticed + ends[End.UNNOTICED]
    for module in sorted(tried):
        print(f"{noticed[module]:5} of {tried[module]:5}  {noticed[module] / tried[module]:4.0%}  {module}")  # noqa: T201
    share = 100 * noticed.total() / max(tried.total(), 1)
    sums = f"{noticed.total()} of {tried.total()} noticed by the tests, {share:.1f} % (wanted: {wanted} %)"
    print(f"{name}: {sums}; {refused.total()} more refused by the types", end="; ")  # noqa: T201
    return share >= wanted


def main() -> int:
    parser = argparse.ArgumentParser(description="Put small faults into the code and see whether the tests notice.")
    parser.add_argument("modules", nargs="*", help="patterns of modules, all of their faults (default: modules.toml)")
    parser.add_argument("--list", help="only this list of modules.toml")
    parser.add_argument("--sample", type=int, help="this many faults of each list (default: as modules.toml says)")
    parser.add_argument("--seed", type=int, help="which sample (default: as modules.toml says)")
    parser.add_argument("--near", action="store_true", help="of folders of tests only what has the module's name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wishes = parser.parse_args()
    os.chdir(ROOT)  # where mutmut looks for its settings
    lists = tomllib.loads(LISTS.read_text())
    modules = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "digest").rglob("*.py"))
    tests = chosen(lists, modules)
    is_good = True
    for name, wanted in lists.items():
        if wishes.list not in {None, name}:
            continue
        mine = [module for module, (of, _) in tests.items() if of == name]
        if wishes.modules:
            mine = [module for module in mine if any(_fits(module, glob) for glob in wishes.modules)]
        known = [place for module in mine for place in places(module)]
        sample = wishes.sample or (len(known) if wishes.modules else wanted.get("sample", len(known)))
        if sample < len(known):
            known = sorted(random.Random(wishes.seed or wanted["seed"]).sample(known, sample))  # noqa: S311 – a sample
        if not known:
            continue
        mutated = [
            mutant
            for module, group in groupby(known, key=itemgetter(0))
            for mutant in mutants(
                module, [number for _, number in group], asked(module, tests[module][1], near=wishes.near)
            )
        ]
        random.Random(wanted["seed"]).shuffle(mutated)  # noqa: S311 – whoever ends it early has seen a sample
        ends, seconds = run(mutated, wishes.jobs)
        is_good &= not ends[End.UNCLEAR]
        is_good &= summed_up(name, ends, wanted["threshold"])
        print(f"{seconds / len(mutated):.1f} s each", flush=True)  # noqa: T201
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
