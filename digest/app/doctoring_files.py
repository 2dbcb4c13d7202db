"""What the doctor asks about a workspace's own files: readers, templates, keys, and who may read or change them."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.adapters import DATABASE, SETTINGS
from digest.errors import ConfigurationError
from digest.foundation.words import counted
from digest.health.diagnosis import Diagnosis, fail, listed, ok, warn
from digest.health.examining import Concern
from digest.health.private_files import Care, Guarded
from digest.model.place import Severity

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.settings import Settings
    from digest.transports.dkim.keys import SigningKey

MOST_NAMED = 5


def concerns(group: str, workspace: "Workspace", settings: "Settings") -> Iterator[Concern]:
    yield Concern(group=group, what="Subscribers", look=lambda: _subscribers(workspace, settings))
    for name in sorted({newsletter.template for newsletter in settings.newsletters}):
        yield Concern(group=group, what=f"Templates {name}", look=lambda name=name: _template(settings, name))  # type: ignore[misc] # mypy sees no type in a default


def user() -> int:
    return os.geteuid()


def to_guard(folder: Path, keys: Path, settings: "Settings | None") -> Iterator[Guarded]:
    """Whatever must not be changed, or not even read, by others; what does not exist is among it."""
    yield Guarded(path=folder, name="the workspace", care=Care.OURS)
    for name in (SETTINGS, "plans", "templates"):
        yield Guarded(path=folder / name, name=name, care=Care.OURS)
    for name in (DATABASE, f"{DATABASE}-wal", "sending/journal"):
        yield Guarded(path=folder / name, name=name, care=Care.PERSONAL)
    yield Guarded(path=folder / keys.parent, name=f"{keys.parent}/", care=Care.CLOSED)
    for path in (folder / keys.parent / "secret", folder / keys, *sorted((folder / keys).glob("*.pem"))):
        yield Guarded(path=path, name=str(path.relative_to(folder)), care=Care.CLOSED)
    if settings is not None:
        if settings.subscribers is not None:
            yield Guarded(path=settings.subscribers, name=settings.subscribers.name, care=Care.OURS)
        if settings.delivery.smtp is not None and settings.delivery.smtp.password_file is not None:
            path = settings.delivery.smtp.password_file
            yield Guarded(path=path, name=path.name, care=Care.CLOSED)


def signing_keys(folder: Path, selectors: tuple[str, ...]) -> "tuple[list[SigningKey], list[Diagnosis]]":
    """The keys that sign, and what is wrong with the others."""
    from digest.transports.dkim.key_files import read_key

    found, faults = [], []
    paths = sorted(path for path in folder.glob("*.pem") if not path.name.startswith("."))
    missing = set(selectors) - {path.stem for path in paths}
    for path in paths:
        if selectors and path.stem not in selectors:
            continue
        try:
            found.append(read_key(path))
        except ConfigurationError as error:
            faults.append(fail(f"DKIM key {path.name}", error.cause, error.remedy))
    said, fix = "the settings name it, but it is not in keys/dkim", "restore it from the backup, or name another"
    return found, [*faults, *(fail(f"DKIM key {name}", said, fix) for name in sorted(missing))]


def _subscribers(workspace: "Workspace", settings: "Settings") -> Iterator[Diagnosis]:
    what = "Subscribers"
    if settings.subscribers is None:
        yield ok(what, "the settings name no file; the readers are those in the database")
        return
    from digest.config.subscribers_file import read_subscribers

    read = read_subscribers(settings.subscribers, settings.newsletters, today=workspace.today)
    counts = Counter(problem.severity for problem in read.problems)
    usable = len(read.subscriptions)
    rows = f"{counted(usable, 'row', 'rows')} of {settings.subscribers.name} can be used"
    wrong = counts[Severity.ERROR]
    if wrong:
        errors = [problem for problem in read.problems if problem.severity is Severity.ERROR]
        places = listed(str(problem.place) for problem in errors[:MOST_NAMED])
        more = f" and {wrong - MOST_NAMED:,} more" if wrong > MOST_NAMED else ""
        yield warn(what, f"{rows}, {wrong:,} are left out: {places}{more}", "see why with: digest collect")
    elif not read.subscriptions:
        yield warn(what, f"{settings.subscribers.name} names nobody", "write one row for each reader")
    else:
        doubtful = counts[Severity.WARNING]
        yield ok(what, f"{rows}{f'; {doubtful:,} remarks, see digest collect' if doubtful else ''}")


def _template(settings: "Settings", name: str) -> Iterator[Diagnosis]:
    """Raise `ConfigurationError` for a set that cannot be compiled."""
    from digest.rendering.compiling import compiled
    from digest.rendering.templates import Templates

    template_set = Templates(settings.templates).read(name)
    languages = sorted(
        {each for newsletter in settings.newsletters if newsletter.template == name for each in newsletter.languages}
    )
    for language in languages:
        compiled(template_set, language)
    own = ", with files of your own" if template_set.own else ""
    yield ok(f"Templates {name}", f"compile in {listed(languages)}{own}")
