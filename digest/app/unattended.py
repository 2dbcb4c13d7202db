"""Unattended runs: what the daemon does at each waking, with the settings of that moment, and what it logs."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from digest.app.monitoring import watched
from digest.app.running import run
from digest.app.workspace import Workspace
from digest.errors import ConfigurationError, DigestError, UsageError, worst
from digest.model.newsletter import Newsletter
from digest.model.run import Trouble
from digest.pipeline.run import Ran

HUNG_SECONDS = 1800.0

log = logging.getLogger("digest")


class Unattended:
    """Runs in one workspace. Making it raises what is wrong with the settings; later bad ones are told and not used.

    `after` is called after a run that did something.
    """

    def __init__(self, folder: Path, metrics_file: Path | None, after: Callable[[Workspace], object]) -> None:
        self._folder, self._file, self._after = folder.resolve(), metrics_file, after
        self._workspace = Workspace(self._folder)
        self.newsletters: Sequence[Newsletter] = self._workspace.settings.newsletters
        self.stopping = Event()
        self.gone: DigestError | None = None
        self._sign_of_life: float | None = None  # while a run is under way
        self._told: list[Trouble] = []
        self.code = 0

    def hangs(self) -> bool:
        """Whether the run under way has shown no sign of life for half an hour."""
        seen = self._sign_of_life
        return seen is not None and time.monotonic() - seen > HUNG_SECONDS

    def read_settings(self) -> list[Trouble]:
        """Take over the settings as they are now, or say what is wrong and keep those before. A run under way keeps
        its own.
        """
        try:
            fresh = Workspace(self._folder)
            self.newsletters = fresh.settings.newsletters
        except DigestError as error:
            said = f"{_sentence(error)}; the settings from before are kept"
            return [Trouble(about=error.thing, said=said, code=ConfigurationError.exit_code)]
        self._workspace = fresh
        return []

    def once(self) -> None:
        if not self._folder.is_dir():
            self.gone = UsageError(str(self._folder), "the workspace is gone", "bring it back, then start again")
            return
        own = self.read_settings()
        workspace = self._workspace
        with watched(workspace, self._file) as told:
            ran = self._run(workspace, own)
            told.code = worst([*ran.codes, *(one.code for one in own)])
        own += [Trouble(about="monitoring", said=said, code=0) for said in told.warnings]
        self._tell(ran, [one for one in own if one not in self._told], told.code)
        self._told, self.code = own, told.code

    def _run(self, workspace: Workspace, own: list[Trouble]) -> Ran:
        """What it raises is added to `own`."""
        self._sign_of_life = time.monotonic()
        try:
            ran = run(workspace, stop=self._stop)
            if ran.done:
                self._after(workspace)
        except DigestError as error:
            own.append(Trouble(about=error.thing, said=_sentence(error), code=error.exit_code))
        except Exception as error:  # noqa: BLE001 – no fault in one run may end all that would follow
            fault = Trouble(about="digest", said=f"this is a fault, please report it: {error!r}", code=1)
            log.debug("the fault", exc_info=True) if fault in self._told else log.exception("the fault")
            own.append(fault)
        else:
            return ran
        finally:
            self._sign_of_life = None
        return Ran()

    def _tell(self, ran: Ran, own: Sequence[Trouble], code: int) -> None:
        """One line, for what was done and what was not said before."""
        said = [*ran.done, *map(str, ran.news), *map(str, own)]
        if said:
            log.log(
                logging.WARNING if own or any(one.code for one in ran.news) else logging.INFO, "%s", "; ".join(said)
            )
        elif self.code and not code:
            log.info("all is well again")

    def _stop(self) -> bool:
        self._sign_of_life = time.monotonic()
        return self.stopping.is_set()


def _sentence(error: DigestError) -> str:
    return "; ".join(part for part in (error.cause, error.remedy) if part)
