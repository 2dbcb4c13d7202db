"""Other users of the machine: which of our files they could change, and how that is ended.

Whoever can write what decides over our mail (settings, plans, templates, keys, the folders they lie in) sends in our
name, and runs what we run.
"""

import grp
import os
import pwd
import shlex
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from digest.errors import ConfigurationError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import replace_whole

# Where commands without a path are looked for, whatever the environment says.
COMMAND_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHARED_WITH = Path("keys", "shared-with")  # the groups whose members may write, one in a line, by number and name
_DEEPEST = 8
MOST = 8  # named at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """`said` goes on after the path; `remedy` is to be typed."""

    path: Path
    said: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """Who may write: these users, the members of these groups, and of those in which nobody else is."""

    users: frozenset[int]
    groups: frozenset[int] = frozenset()

    def alone(self) -> "Trusted":
        return Trusted(self.users)


def trusted_in(workspace: Path) -> Trusted:
    """Root, whoever runs the program, and the owner of the workspace; and the groups it was shared with."""
    owner = workspace.stat().st_uid
    return Trusted(frozenset({0, os.geteuid(), owner}), frozenset(_shared(workspace)))


def exposures(workspace: Path, inputs: Iterable[Path], outputs: Iterable[Path] = ()) -> list[Exposure]:
    """What others can change of the inputs, of what lies in them, and of the folders above; and `outputs` that are
    links to where others can write. What is not there cannot be changed; what cannot be looked at is not ours to judge
    here.
    """
    workspace = workspace.absolute()
    paths = [path.absolute() for path in inputs]
    trusted, keys = trusted_in(workspace), workspace / SHARED_WITH.parent
    found = [*_exposed(workspace, trusted)]
    for path in paths:
        whose = trusted.alone() if path.is_relative_to(keys) else trusted
        found += (one for each in _with_all_below(path) for one in _exposed(each, whose))
    above = {folder for path in (workspace, *paths) for folder in path.parents} - {workspace}
    found += (one for folder in above for one in _exposed(folder, trusted, above=True))
    found += _led_out(workspace, outputs, trusted)
    return sorted({one.path: one for one in found}.values(), key=lambda one: one.path)


def refuse_links(workspace: Path, outputs: Iterable[Path]) -> None:
    """Before something is written there. Raise `ConfigurationError` for a link to where others can write."""
    workspace = workspace.absolute()
    for one in _led_out(workspace, outputs, trusted_in(workspace)):
        raise ConfigurationError(str(one.path), one.said, one.remedy)


def modes_hold(folder: Path) -> bool:
    """Whether the file system keeps what `chmod` says: tried in a passing folder. Some shares and the drives of another
    system show one mode for all.
    """
    try:
        with TemporaryDirectory(prefix=".modes-", dir=folder) as name:
            passing = Path(name)
            passing.chmod(0o700)
            return stat.S_IMODE(passing.stat().st_mode) == stat.S_IRWXU
    except OSError:
        return True  # where we cannot even write, no mode was given up


def share_with(workspace: Path, group: str) -> None:
    """Let the members of a group write. Raise `UsageError` for one that does not exist."""
    try:
        number = grp.getgrnam(group).gr_gid
    except KeyError:
        raise UsageError(group, _("there is no such group on this machine"), _("see: getent group")) from None
    path = workspace / SHARED_WITH
    kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    path.parent.mkdir(mode=0o700, exist_ok=True)
    replace_whole(path, "".join(f"{line}\n" for line in dict.fromkeys([*kept, f"{number} {group}"])).encode())


def own_program(command: str) -> Path:
    """The program that a command names, if nobody but root and we can change it. Raise `ConfigurationError`."""
    found = command if "/" in command else shutil.which(command, path=COMMAND_PATH)
    if found is None:
        cause = _("it is not in {folders}").format(folders=COMMAND_PATH)
        raise ConfigurationError(command, cause, _("name it by its whole path"))
    named, real = Path(found), Path(found).resolve()
    trusted = Trusted(frozenset({0, os.geteuid()}))
    for each in dict.fromkeys((real, *real.parents, *named.absolute().parents)):
        for one in _exposed(each, trusted, above=each != real):
            raise ConfigurationError(command, f"{one.path}: {one.said}", one.remedy)
    return named


def _led_out(workspace: Path, outputs: Iterable[Path], trusted: Trusted) -> Iterator[Exposure]:
    """A link out of the workspace that another user made, or to where others can write."""
    home = workspace.resolve()
    for path in outputs:
        links = [one for one in (path.absolute(), *path.absolute().parents) if one.is_symlink() and one != workspace]
        for link in (one for one in links if one.is_relative_to(workspace)):
            real = link.resolve()
            if real.is_relative_to(home):
                continue
            said = _("this link leads to {target}").format(target=real)
            if (owner := link.lstat().st_uid) not in trusted.users:
                said += "; " + _("user {owner} made it").format(owner=_user_name(owner))
                yield Exposure(path=link, said=said, remedy=f"rm {shlex.quote(str(link))}")
                continue
            for there in (real, *real.parents):
                for one in _exposed(there, trusted, above=there != real):
                    yield Exposure(path=link, said=f"{said}; {one.path}: {one.said}", remedy=one.remedy)


def _shared(workspace: Path) -> Iterator[int]:
    try:
        lines = (workspace / SHARED_WITH).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        number = line.partition(" ")[0]
        if number.isdecimal():
            yield int(number)


def _with_all_below(path: Path) -> Iterator[Path]:
    """A link, and what it leads to: both decide."""
    yield path
    if path.is_symlink():
        yield path.resolve()
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            here = Path(folder)
            if len(here.relative_to(path).parts) >= _DEEPEST:
                folders.clear()
            yield from (here / name for name in (*folders, *files))


def _exposed(path: Path, trusted: Trusted, *, above: bool = False) -> Iterator[Exposure]:
    """`above`: a folder on the way. In one with the sticky bit, such as /tmp, nobody moves what is another's."""
    try:
        found = path.lstat()
    except OSError:
        return
    if stat.S_ISLNK(found.st_mode):
        return  # a link has no mode; what it leads to has, and the folder that holds it
    mode = stat.S_IMODE(found.st_mode)
    quoted = shlex.quote(str(path))
    if mode & stat.S_IWOTH and not (above and mode & stat.S_ISVTX):
        said = _("every user of this machine may change it (mode {mode})").format(mode=f"{mode:04o}")
        yield Exposure(path=path, said=said, remedy=f"chmod o-w {quoted}")
    elif mode & stat.S_IWGRP and not (above and mode & stat.S_ISVTX) and not _is_trusted(found, trusted):
        said = _("the members of the group {group} may change it (mode {mode})").format(
            group=_group_name(found.st_gid), mode=f"{mode:04o}"
        )
        yield Exposure(path=path, said=said, remedy=f"chmod g-w {quoted}")
    elif not above and found.st_uid not in trusted.users and found.st_gid not in trusted.groups:
        said = _("it belongs to user {owner}, who may change it").format(owner=_user_name(found.st_uid))
        yield Exposure(path=path, said=said, remedy=f"chown {_user_name(os.geteuid())} {quoted}")


def _is_trusted(found: os.stat_result, trusted: Trusted) -> bool:
    return found.st_gid in trusted.groups or _members(found.st_gid) <= trusted.users


@lru_cache(maxsize=64)
def _members(group: int) -> set[int]:
    """The users in a group, by what they have it for: as their own, or beside it."""
    try:
        names = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        names = set()
    return {user.pw_uid for user in pwd.getpwall() if user.pw_gid == group or user.pw_name in names}


def _group_name(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def refuse_exposed(
    workspace: Path,
    inputs: Iterable[Path],
    outputs: Iterable[Path] = (),
    *,
    executes: bool,
    hold: Callable[[Path], bool] = modes_hold,
) -> tuple[Exposure, ...]:
    """Before something is sent or carried out. Raise `ConfigurationError` with all there is to type.

    Where modes do not hold, nobody could obey: what is exposed comes back, to be warned of. Refused is it there only
    where the mail is given to a program of this machine (`executes`).
    """
    found = exposures(workspace, inputs, outputs)
    if found and (executes or hold(workspace)):
        said = "\n".join(f"  {one.path}: {one.said}" for one in found[:MOST])
        more = f"\n  … {len(found) - MOST}" if len(found) > MOST else ""
        raise ConfigurationError(
            str(workspace),
            _("others can change what decides over your mail, so nothing is sent") + f"\n{said}{more}",
            remedy_for(found),
        )
    return tuple(found)


def remedy_for(found: Iterable[Exposure]) -> str:
    """All commands, each once; and the way for those who share on purpose."""
    typed = " && ".join(dict.fromkeys(one.remedy for one in found))
    shared = _("or, if an office shares it on purpose: digest doctor --share-with GROUP")
    return f"{typed}\n    {shared}" if "g-w" in typed or "chown" in typed else typed
