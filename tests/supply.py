"""What the program is made of: which libraries have known weaknesses, and under which licences those come that ship.

Without an argument: compare `uv.lock` with `advisories.json` beside this file, which holds what the Python Packaging
Advisory Database says of the locked packages and no others; nothing is asked on the network. `--write FOLDER` makes
that file anew from a clone of the database (`make advisories`), `--licences` the page of licences from what is
installed; `make lock` does that too.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[1]
ADVISORIES = Path(__file__).with_name("advisories.json")
LICENCES = ROOT / "docs" / "licences.md"
PROJECT = "bulletin-digest"
BY_HAND = {  # what its package says in its licence file alone
    "dkimpy": "Zlib",
    "imapclient": "BSD-3-Clause",
}


def locked() -> dict[str, Mapping[str, Any]]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return {package["name"]: package for package in packages if package["name"] != PROJECT}


def shipped() -> dict[str, str]:
    """Name → version of what the program needs to run, with all its extras."""
    packages = {one["name"]: one for one in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    waiting = [
        *packages[PROJECT].get("dependencies", ()),
        *(one for extra in packages[PROJECT].get("optional-dependencies", {}).values() for one in extra),
    ]
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()["name"]
        if name not in found:
            found[name] = packages[name]["version"]
            waiting += packages[name].get("dependencies", ())
    return dict(sorted(found.items()))


def faults(known: Mapping[str, Any], versions: Mapping[str, str]) -> Iterator[str]:
    """`known` is what stands in the file of advisories."""
    for name, version in versions.items():
        if name not in known["packages"]:
            yield f"{name}: the list of advisories was made before it was added → make advisories"
        for one in known["packages"].get(name, ()):
            if concerns(one, version):
                yield f"{name} {version}: {one['id']} ({', '.join(one['aliases'])}) → make lock, or write down why not"


def concerns(advisory: Mapping[str, Any], version: str) -> bool:
    """`ranges` are pairs of the first version that has the weakness and the first that has it no more, or `None`."""
    here = Version(version)
    return version in advisory["versions"] or any(
        Version(first) <= here and (end is None or here < Version(end)) for first, end in advisory["ranges"]
    )


def advisories(clone: Path) -> dict[str, Any]:
    """What the database says of the locked packages. `clone` is a clone of it, with or without a work tree."""
    git = ["git", "--git-dir", str(clone / ".git" if (clone / ".git").is_dir() else clone)]

    def said(*arguments: str) -> str:
        return subprocess.run([*git, *arguments], capture_output=True, text=True, check=True).stdout

    commit, day = said("log", "-1", "--format=%H %cs").split()
    names = said("ls-tree", "-r", "--name-only", "HEAD", "vulns/").split()
    packages: dict[str, list[dict[str, Any]]] = {name: [] for name in sorted(locked())}
    for path in names:
        name = path.split("/")[1]
        if name in packages:
            document = yaml.safe_load(said("show", f"HEAD:{path}"))
            if not document.get("withdrawn"):
                packages[name].append(_advisory(document))
    return {
        "source": "https://github.com/pypa/advisory-database (CC BY 4.0)",
        "commit": commit,
        "day": day,
        "packages": packages,
    }


def _advisory(document: Mapping[str, Any]) -> dict[str, Any]:
    ranges, versions = [], []
    for affected in document["affected"]:
        pairs = [
            pair for one in affected.get("ranges", ()) if one["type"] == "ECOSYSTEM" for pair in _pairs(one["events"])
        ]
        rest = {"ranges": pairs, "versions": []}
        versions += [one for one in affected.get("versions", ()) if _is_version(one) and not concerns(rest, one)]
        ranges += pairs
    return {
        "id": document["id"],
        "aliases": sorted(document.get("aliases", ())),
        "ranges": ranges,
        "versions": versions,
    }


def _pairs(events: list[Mapping[str, str]]) -> Iterator[tuple[str, str | None]]:
    first = None
    for event in events:
        if "introduced" in event:
            first = event["introduced"]
        elif "fixed" in event and first is not None:
            yield first, event["fixed"]
            first = None
    if first is not None:
        yield first, None


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def licences() -> str:
    """The page: one row for each library that ships."""
    rows = [f"| {name} | {version} | {_licence(name)} |" for name, version in shipped().items()]
    return "\n".join(
        [
            "# Licences of what ships",
            "",
            "Written by `make lock` from what the libraries say of themselves; a test compares it with the lock.",
            "digest itself is under the MIT licence.",
            "",
            "| library | version | licence |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _licence(name: str) -> str:
    if name in BY_HAND:
        return BY_HAND[name]
    said = metadata.metadata(name)
    classified = [one.split(" :: ")[-1] for one in said.get_all("Classifier", ()) if one.startswith("License ::")]
    written = said.get("License-Expression") or " and ".join(classified) or said.get("License") or ""
    first = next(iter(written.splitlines()), "").strip()
    if not first:
        raise SystemExit(f"{name}: it names no licence; look, and write it into {Path(__file__).name}")
    return first


def main() -> int:
    if sys.argv[1:2] == ["--write"]:
        ADVISORIES.write_text(json.dumps(advisories(Path(sys.argv[2])), indent=1) + "\n")
        return 0
    if sys.argv[1:] == ["--licences"]:
        LICENCES.write_text(licences())
        return 0
    known = json.loads(ADVISORIES.read_text())
    found = list(faults(known, {name: package["version"] for name, package in locked().items()}))
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
