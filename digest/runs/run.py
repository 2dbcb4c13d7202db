"""Run: everything that is due, once. What is due follows from the calendar and the editions alone (`policy.due`)."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest.delivery.delivery import DeliveryState
from digest.delivery.sending import Sent, unfinished
from digest.editions.reviews import Seal, Settlement, Skip, Wait
from digest.editions.store import Editions
from digest.errors import BusyError, DigestError, NothingUsableError, PartlyFailedError, PersonNeededError, worst
from digest.foundation.failpoints import reach
from digest.foundation.problems import Problem, Severity
from digest.foundation.workspace import Clock, SendingLock
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Newsletter
from digest.newsletters.period import Period
from digest.runs.due import AskReviewers, CalendarStatus, Draft, Expire, Intent, PassOver, Send, due
from digest.runs.record import RunRecord, Trouble
from digest.runs.store import Runs

if TYPE_CHECKING:
    from digest.foundation.workspace import Workspace


# -- Running: what `digest run` does in a workspace, once or as a daemon.

RACY_SECONDS = 2.0  # a file changed this lately may change again within the same time stamp


def run(workspace: "Workspace", *, rehearsed: bool = False, stop: Callable[[], bool] = lambda: False) -> "Ran":
    """All that is due, once. `rehearsed`: a person set the clock. `stop` is asked between steps and batches.

    Raise `BusyError` while another process runs or sends here.
    """

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
    return run_due(parts)


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
    from digest.inbound.processing import read_configured, told

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
    from digest.editions.reviewing import send_review_mails

    return [str(sent) for sent in send_review_mails(workspace, newsletter, edition)]


def _settle(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> "Settlement":
    from digest.editions.reviewing import settle

    return settle(workspace, newsletter, edition)


def _seal(workspace: "Workspace", newsletter: Newsletter, edition: Edition, settlement: "Seal") -> Edition:
    from digest.editions.reviewing import seal_parts

    return seal_parts(workspace, newsletter, edition, settlement)


CLOCK_MAY_STEP_BACK = timedelta(hours=1)
SETTLED_CODES = (0, PersonNeededError.exit_code)  # after others, sources are read again even if nothing seems changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a run needs from outside; the verbs are those of `pipeline`, with all their own parts in place.

    `inputs` says what sources and settings look like; equal answers mean that nothing changed. `collect` reads them,
    and the subscribers. `turns` counts the stories that have their turn in each period. `send` takes no lock: the run
    has it. `mailbox` reads what came back and says what it did and what went wrong; it never raises. `rehearsed`: a
    person set the clock. `stop` is asked before each step.
    """

    clock: Clock
    lock: SendingLock
    runs: Runs
    editions: Editions
    newsletters: Sequence[Newsletter]
    inputs: Callable[[], str]
    collect: Callable[[], Sequence[Trouble]]
    turns: Callable[[Newsletter], Mapping[Period, int]]
    build: Callable[[Newsletter, Period], Edition]
    ask_reviewers: Callable[[Newsletter, Edition], Sequence[str]]
    settle: Callable[[Newsletter, Edition], Settlement]
    seal: Callable[[Newsletter, Edition, Seal], Edition]
    send: Callable[[Newsletter, Edition], Sent]
    mailbox: Callable[[], tuple[Sequence[str], Sequence[Trouble]]] = lambda: ((), ())
    rehearsed: bool = False
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run did, in sentences, and what is to be told. `news` is the trouble that the run before did not tell."""

    done: tuple[str, ...] = ()
    trouble: tuple[Trouble, ...] = ()
    news: tuple[Trouble, ...] = ()

    @property
    def codes(self) -> list[int]:
        return [one.code for one in self.trouble if one.code]


def run_due(parts: Parts) -> Ran:
    """Collect, draft, check, ask, seal and send all that is due; one newsletter's trouble stops no other.

    Raise `BusyError` while another process runs or sends here, and when the clock jumped back.
    """
    with parts.lock():
        return _Run(parts, parts.clock.now(), parts.runs.last()).all()


@dataclass(slots=True)
class _Run:
    parts: Parts
    now: datetime
    last: RunRecord | None
    number: int | None = None
    done: list[str] = field(default_factory=list)
    trouble: list[Trouble] = field(default_factory=list)

    def all(self) -> Ran:
        self._refuse_old_clock()
        self._read_mailbox()
        inputs = self.parts.inputs()
        changed = self._is_changed(inputs)
        if changed:
            self._collect()
        for newsletter in self.parts.newsletters:
            if not self.parts.stop():
                self._newsletter(newsletter, changed=changed)
        told = set(self.last.trouble) if self.last else set()
        news = tuple(one for one in self.trouble if one not in told)
        ran = Ran(done=tuple(self.done), trouble=tuple(self.trouble), news=news)
        self._record(inputs, ran)
        return ran

    def _refuse_old_clock(self) -> None:
        latest = None if self.parts.rehearsed else self.parts.runs.latest_at()
        if latest is not None and self.now < latest - CLOCK_MAY_STEP_BACK:
            raise BusyError(
                "the clock",
                f"it says {self.now:%Y-%m-%d %H:%M} UTC, but the last run was at {latest:%Y-%m-%d %H:%M} UTC: "
                "it jumped back",
                "set the clock right; nothing was done, and nothing is lost",
            )

    def _read_mailbox(self) -> None:
        """First of all: whoever asked to leave gets nothing of what this run sends."""
        done, trouble = self.parts.mailbox()
        if done:
            self._begin()
        self.done += done
        self.trouble += trouble

    def _is_changed(self, inputs: str) -> bool:
        """Whether drafts of open windows may be out of date. Each day brings new windows."""
        if self.last is None or self.last.inputs != inputs or self.last.exit_code not in SETTLED_CODES:
            return True
        return any(_today(one, self.last.last_at) != _today(one, self.now) for one in self.parts.newsletters)

    def _collect(self) -> None:
        """A source that cannot be read delays no edition."""
        self._begin()
        try:
            self.trouble.extend(self.parts.collect())
        except DigestError as error:
            self._failed(error)
        reach("run.collected")

    def _begin(self) -> None:
        """Before the first change."""
        if self.number is None:
            self.number = self.parts.runs.begin(self.now, rehearsed=self.parts.rehearsed)
            reach("run.begun")

    def _newsletter(self, newsletter: Newsletter, *, changed: bool) -> None:
        """What was passed over or expired first: it changes which stories have their turn where."""
        try:
            intents = self._due(newsletter, changed=changed)
            closing = [intent for intent in intents if isinstance(intent, PassOver | Expire)]
            for one in closing:
                self._close(newsletter, one)
            if closing:
                intents = self._due(newsletter, changed=changed)
        except DigestError as error:
            self._failed(error)
            return
        for intent in intents:
            if self.parts.stop():
                return
            try:
                self._do(newsletter, intent)
            except DigestError as error:
                self._failed(error)

    def _due(self, newsletter: Newsletter, *, changed: bool) -> list[Intent]:
        standing = CalendarStatus(
            newsletter=newsletter,
            editions=self.parts.editions.editions(newsletter.name),
            turns=lambda: self.parts.turns(newsletter),
            started_on=self.parts.runs.started_on(newsletter.name, _today(newsletter, self.now)),
            changed=changed,
        )
        return due(standing, self.now)

    def _close(self, newsletter: Newsletter, intent: PassOver | Expire) -> None:
        self._begin()
        match intent:
            case PassOver():
                self._pass_over(newsletter, intent.period, intent.because)
            case Expire():
                edition = self.parts.editions.expire(intent.edition, self.now, intent.because)
                said = f"it expired: {intent.because}; its stories go into the next edition"
                self._tell(edition.name, said, PersonNeededError.exit_code)
        reach("run.closed")

    def _pass_over(self, newsletter: Newsletter, period: Period, because: str) -> None:
        edition = self.parts.editions.pass_over(newsletter.name, period, self.now, because)
        self.done.append(f"{edition.name} was passed over: {because}")

    def _do(self, newsletter: Newsletter, intent: Intent) -> None:
        match intent:
            case PassOver() | Expire():
                self._close(newsletter, intent)
            case Draft():
                edition = self._build(newsletter, intent.period)
                self.done.append(f"{edition.name} was drafted{'' if intent.closed else ' so far'}")
                if intent.closed:
                    self._tell_wait(newsletter, edition, intent.sending_at)
            case AskReviewers():
                self._ask(newsletter, intent.edition)
            case Send():
                self._send(newsletter, intent)

    def _build(self, newsletter: Newsletter, period: Period) -> Edition:
        self._begin()
        edition = self.parts.build(newsletter, period)
        reach("run.built")
        return edition

    def _ask(self, newsletter: Newsletter, edition: Edition) -> None:
        asked = self.parts.ask_reviewers(newsletter, edition)
        if asked:
            self._begin()
            self.done.extend(f"{edition.name}: {one} was asked" for one in asked)

    def _send(self, newsletter: Newsletter, intent: Send) -> None:
        edition = intent.edition
        if edition is None or (edition.state.is_open and not edition.covers_to_end):
            edition = self._build(newsletter, intent.period)
        if edition.state is EditionState.SKIPPED:
            self._begin()
            self._pass_over(newsletter, intent.period, "no story came for it before its sending")
            return
        if edition.state is EditionState.DRAFT:
            sealed = self._settled(newsletter, edition, intent.sending_at)
            if sealed is None:
                return
            edition = sealed
            reach("run.sealed")
        self._begin()
        sent = self.parts.send(newsletter, edition)
        reach("run.sent")
        reached = sent.tally[DeliveryState.SENT]
        self.done.append(f"{edition.name} went to {reached} of {sent.tally.frozen} readers")
        for said, code in unfinished(sent):
            self._tell(edition.name, said, code)

    def _settled(self, newsletter: Newsletter, edition: Edition, sending_at: datetime) -> Edition | None:
        """The edition sealed; `None` when it does not go now."""
        match self.parts.settle(newsletter, edition):
            case Seal() as settlement:
                self._begin()
                return self.parts.seal(newsletter, edition, settlement)
            case Skip(because=because):
                self._begin()
                self._pass_over(newsletter, edition.period, because)
            case Wait(said=why):
                if newsletter.reviews:
                    self._ask(newsletter, edition)
                said = f"it should have gone out at {_clock(sending_at)}, but {why}: {_approving(newsletter, edition)}"
                self._tell(edition.name, said, PersonNeededError.exit_code)
        return None

    def _tell_wait(self, newsletter: Newsletter, edition: Edition, sending_at: datetime) -> None:
        if newsletter.approval is Approval.REQUIRED and edition.state is EditionState.DRAFT:
            said = f"it waits for approval and goes out at {_clock(sending_at)}: {_approving(newsletter, edition)}"
            self._tell(edition.name, said, 0)

    def _tell(self, about: str, said: str, code: int) -> None:
        self.trouble.append(Trouble(about=about, said=said, code=code))

    def _failed(self, error: DigestError) -> None:
        self._tell(error.thing, f"{error.cause}; {error.remedy}", error.exit_code)

    def _record(self, inputs: str, ran: Ran) -> None:
        """A run that changed nothing and has nothing new to say is only counted."""
        code = worst(ran.codes)
        last = self.last
        if self.number is None and last is not None and (last.exit_code, last.trouble) == (code, ran.trouble):
            self.parts.runs.repeat(self.now)
            return
        self._begin()
        record = RunRecord(
            began_at=self.now,
            last_at=max(self.now, self.parts.clock.now()),
            exit_code=code,
            rehearsed=self.parts.rehearsed,
            inputs=inputs,
            done=ran.done,
            trouble=ran.trouble,
        )
        self.parts.runs.finish(self.number or 0, record)


def _approving(newsletter: Newsletter, edition: Edition) -> str:
    if newsletter.reviews:
        return f"digest review {edition.name}"
    return f"digest preview {edition.name}, then digest approve {edition.name} --by NAME"


def _clock(at: datetime) -> str:
    zone = at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else at.tzname()
    return f"{at:%Y-%m-%d %H:%M} ({zone})"


def _today(newsletter: Newsletter, at: datetime) -> date:
    return at.astimezone(newsletter.schedule.zone).date()
