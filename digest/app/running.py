"""Running: what `digest run` does in a workspace, once or as a daemon."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import DigestError, NothingUsableError, PartlyFailedError
from digest.model.edition import Edition
from digest.model.newsletter import Newsletter
from digest.model.place import Problem, Severity
from digest.model.run import Trouble

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.pipeline.run import Ran
    from digest.policy.reviewing import Seal, Settlement

RACY_SECONDS = 2.0  # a file changed this lately may change again within the same time stamp


def run(workspace: "Workspace", *, rehearsed: bool = False, stop: Callable[[], bool] = lambda: False) -> "Ran":
    """All that is due, once. `rehearsed`: a person set the clock. `stop` is asked between steps and batches.

    Raise `BusyError` while another process runs or sends here.
    """
    from digest.pipeline.run import Parts
    from digest.pipeline.run import run as run_all

    parts = Parts(
        clock=workspace.clock,
        lock=workspace.lock,
        runs=workspace.runs,
        editions=workspace.editions,
        newsletters=workspace.settings.newsletters,
        inputs=lambda: inputs(workspace),
        collect=lambda: collect(workspace),
        turns=workspace.periods_to_build,
        build=lambda newsletter, period: workspace.build(newsletter, period).edition,
        ask_reviewers=lambda newsletter, edition: _ask(workspace, newsletter, edition),
        settle=lambda newsletter, edition: _settle(workspace, newsletter, edition),
        seal=lambda newsletter, edition, settlement: _seal(workspace, newsletter, edition, settlement),
        send=lambda newsletter, edition: workspace.send(newsletter, edition, locked=True, stop=stop),
        mailbox=lambda: ((), ()) if rehearsed else read_mailbox(workspace, stop),
        rehearsed=rehearsed,
        stop=stop,
    )
    return run_all(parts)


def collect(workspace: "Workspace") -> list[Trouble]:
    """Read the sources and the subscriber file; errors become lines for the operator."""
    results = workspace.collect()
    trouble = [line for result in results for line in _errors(result.problems)]
    if trouble and not any(result.found for result in results):
        said = "nothing usable was found in any source"
        trouble.append(Trouble(about="collect", said=said, code=NothingUsableError.exit_code))
    _, problems = workspace.import_subscribers()
    return [*trouble, *_errors(problems)]


def read_mailbox(workspace: "Workspace", stop: Callable[[], bool]) -> tuple[list[str], list[Trouble]]:
    """What reading the mailbox did, if there is one. No trouble with it ever keeps an edition from going out."""
    wished = workspace.settings.mailbox
    if wished is None or not wished.has_place:
        return [], []
    from digest.app.returned_words import told
    from digest.app.returning import read_configured

    try:
        read = read_configured(workspace, stop=stop)
    except DigestError as error:
        return [], [_trouble(error)]
    except Exception as error:  # noqa: BLE001 – not even a fault of ours
        return [], [Trouble(about="mailbox", said=f"this is a fault, please report it: {type(error).__name__}", code=1)]
    return told(read), [_trouble(error) for error in read.trouble]


def _trouble(error: DigestError) -> Trouble:
    said = f"{error.cause}; {error.remedy}" if error.remedy else error.cause
    return Trouble(about=error.thing, said=said, code=error.exit_code)


def inputs(workspace: "Workspace") -> str:
    """A fingerprint of what the files that matter look like: names, sizes, times. Files are not read.

    A file changed within the last two seconds makes it unlike any other, since it may change again unseen.
    """
    state = hashlib.blake2b(digest_size=16)
    newest = 0
    for path in _files(workspace):
        try:
            found = path.stat()
        except OSError:
            continue
        newest = max(newest, found.st_mtime_ns)
        state.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}\n".encode(errors="surrogateescape"))
    racy = time.time_ns() - newest < RACY_SECONDS * 1e9
    return f"{state.hexdigest()}{'-' + os.urandom(4).hex() if racy else ''}"


def _files(workspace: "Workspace") -> Iterator[Path]:
    settings = workspace.settings
    yield workspace.folder / "digest.yaml"
    for path in (settings.subscribers, settings.taxonomy):
        if path is not None:
            yield path
    for folder in (*(source.path for source in settings.sources), workspace.folder / "plans", settings.templates):
        if folder is not None:
            for place, _, names in sorted(os.walk(folder)):
                yield Path(place)
                yield from (Path(place, name) for name in sorted(names))


def _errors(problems: tuple[Problem, ...]) -> list[Trouble]:
    return [
        Trouble(
            about=str(problem.place),
            said=f"{problem.cause}; {problem.remedy}" if problem.remedy else problem.cause,
            code=PartlyFailedError.exit_code,
        )
        for problem in problems
        if problem.severity is Severity.ERROR
    ]


def _ask(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> list[str]:
    if not newsletter.reviews:
        return []
    from digest.app.reviewing import send_review_mails

    return [str(sent) for sent in send_review_mails(workspace, newsletter, edition)]


def _settle(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> "Settlement":
    from digest.app.reviewing import settle

    return settle(workspace, newsletter, edition)


def _seal(workspace: "Workspace", newsletter: Newsletter, edition: Edition, settlement: "Seal") -> Edition:
    from digest.app.reviewing import seal_parts

    return seal_parts(workspace, newsletter, edition, settlement)
