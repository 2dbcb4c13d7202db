"""Debian's mail programs, side by side: their packages conflict, so each is unpacked into a root of its own, with the
libraries that it needs. Nothing is installed. `python3 tests/delivery/debian_roots.py .debian` makes them.

Only the standard library is used: `make` calls this before there is an environment.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Packages of each root; libraries are found by what the programs ask the loader for.
ROOTS = {
    "msmtp": ["msmtp"],
    "esmtp": ["esmtp"],
    "nullmailer": ["nullmailer"],
    "exim": ["exim4-daemon-light"],
    "opensmtpd": ["opensmtpd"],
}
LIBRARIES = [  # all that a small Debian may not have
    *(
        "libgsasl18",
        "libgssglue1",
        "libntlm0",
        "libsecret-1-0",
        "libesmtp6",
        "libidn12",
        "libglib2.0-0",
        "libevent-2.1-7",
    ),
    *("libgnutls-dane0", "libunbound8", "libdb5.3", "libpcre2-8-0", "libnsl2", "libtirpc3"),
]
USERS = ("root:0", "mail:8", "nobody:65534", "Debian-exim:100", "opensmtpd:101", "opensmtpq:102")
DONE = ".unpacked"
_ELF = b"\x7fELF"
_PATH = re.compile(r"(/\S+) \(0x")


def make(folder: Path) -> None:
    """Afterwards every root is there; raise `OSError` or `CalledProcessError` where that could not be."""
    folder.mkdir(exist_ok=True)
    packages = folder / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir()
    names = [name for names in ROOTS.values() for name in names]
    if _downloaded(packages, [*names, *LIBRARIES]):
        _run(["apt-get", "update", "-qq"], packages)
        if left := _downloaded(packages, [*names, *LIBRARIES]):
            raise OSError(left)
    libraries = packages / "libraries"
    for name in LIBRARIES:
        _unpack(packages, name, libraries)
    for root, contents in ROOTS.items():
        shutil.rmtree(folder / root, ignore_errors=True)
        for name in contents:
            _unpack(packages, name, folder / root)
        _furnish(folder / root, libraries)
    shutil.rmtree(packages)
    (folder / DONE).touch()


def _downloaded(packages: Path, names: list[str]) -> str:
    """What went wrong."""
    wanted = [name for name in names if not list(packages.glob(f"{name}_*.deb"))]
    ended = _run(["apt-get", "download", *wanted], packages) if wanted else None
    return ended.stderr if ended is not None and ended.returncode else ""


def _run(command: list[str], where: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


def _unpack(packages: Path, name: str, root: Path) -> None:
    (archive,) = packages.glob(f"{name}_*.deb")
    root.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
    for folder in ("doc", "man", "locale", "lintian", "info"):
        shutil.rmtree(root / "usr" / "share" / folder, ignore_errors=True)


def _furnish(root: Path, libraries: Path) -> None:
    """What a program finds around it in a real system: its libraries, users, and folders that anybody may write to."""
    paths = os.pathsep.join(str(path) for path in libraries.rglob("*-linux-gnu"))
    found: set[str] = set()
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.open("rb").read(len(_ELF)) == _ELF:
            asked = subprocess.run(
                ["ldd", path],
                env={**os.environ, "LD_LIBRARY_PATH": paths},
                capture_output=True,
                text=True,
                check=False,
            )
            if "not found" in asked.stdout:
                raise OSError(f"{path.name}: {asked.stdout}")
            found.update(_PATH.findall(asked.stdout))
    for name in found:
        ours = Path(name).is_relative_to(libraries)
        target = root / (Path(name).relative_to(libraries) if ours else name.lstrip("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy2(Path(name).resolve(), target)
    for folder in ("etc", "tmp", "dev", "run", "var/run", "var/log", "var/spool", "root"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "dev" / "null").touch()
    (root / "dev" / "null").chmod(0o666)
    if (control := root / "usr/sbin/smtpctl").exists():  # its group is unknown where it was unpacked
        os.chown(control, 0, 102)
        control.chmod(0o2755)
    ids = [user.partition(":") for user in USERS]
    (root / "etc/passwd").write_text("".join(f"{name}:x:{number}:{number}::/root:/bin/sh\n" for name, _, number in ids))
    (root / "etc/group").write_text("".join(f"{name}:x:{number}:\n" for name, _, number in ids))
    (root / "etc/hosts").write_text("127.0.0.1 localhost office.example.org\n")
    (root / "etc/mailname").write_text("office.example.org\n")


def missing(folder: Path, root: str) -> str:
    """Why a test cannot use it, if so."""
    if not (folder / DONE).exists() or not (folder / root).is_dir():
        return f"Debian's {root} is not unpacked: run `make debian` (needs apt-get and dpkg-deb)"
    if os.geteuid():
        return f"Debian's {root} runs in a root of its own, and only root may do that"
    return ""


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
