"""Run: everything that is due, once. What is due follows from the calendar and the editions alone (`runs.due`)."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest.commands import printed
from digest.delivery.batches import living
from digest.delivery.delivery import DeliveryState
from digest.delivery.lease import forget_workers
from digest.delivery.left_behind import left_behind
from digest.delivery.newcomers import welcoming
from digest.editions.reviews import Seal, Settlement, Skip, Wait
from digest.errors import (
    BusyError,
    CannotWriteError,
    DigestError,
    NothingUsableError,
    PartlyFailedError,
    PersonNeededError,
    worst,
)
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _, plural
from digest.foundation.failpoints import reach
from digest.foundation.kernel_clock import keeps
from digest.foundation.login import machine_name
from digest.foundation.problems import Problem, Severity
from digest.foundation.workspace import PLANS, SETTINGS
from digest.newsletters.edition import CarriedOver, Edition, EditionState
from digest.newsletters.newsletter import Approval, Newsletter
from digest.newsletters.period import Period
from digest.newsletters.schedule import CatchUp
from digest.runs.clock_doubt import MAY_STEP_BACK, REMEDY, doubt
from digest.runs.due import AskReviewers, Draft, DueFacts, Expire, Greet, Intent, MarkMissed, Send, due
from digest.runs.run_record import RunRecord, Trouble, said_of
from digest.runs.store import Runs
from digest.settings.instance import Instance

# What builds, seals, asks and sends takes 0.2 s, and most runs have nothing to do: it is imported where it is needed.
if TYPE_CHECKING:
    from digest.delivery.sending import Progress, Sent
    from digest.delivery.welcomes import Welcomed

RACY_SECONDS = 2.0  # a file changed this lately may change again within the same time stamp
SKIPPED_TOLD = 3  # at once; of more, it is said how many
SETTLED_CODES = (0, PersonNeededError.exit_code)  # after others, sources are read again even if nothing seems changed
MAILBOX_SECONDS = 60.0  # for reading it before editions go out


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run did, in sentences, and what is to be told. `news` is the trouble that the run before did not tell."""

    done: tuple[str, ...] = ()
    trouble: tuple[Trouble, ...] = ()
    news: tuple[Trouble, ...] = ()

    @property
    def codes(self) -> list[int]:
        return [one.code for one in self.trouble if one.code]


def run(
    instance: Instance,
    *,
    rehearsed: bool = False,
    catch_up: Mapping[str, CatchUp] | None = None,
    clock_is_right: bool = False,
    stop: Callable[[], bool] = lambda: False,
    progress: "Progress | None" = None,
) -> Ran:
    """All that is due, once. `rehearsed`: a person set the clock. `catch_up`: what becomes of stories that wait because
    their edition was missed, as a person says of each newsletter; so `clock_is_right`. `stop` is asked between steps
    and batches; `progress` hears how far each sending is.

    Raise `BusyError` while another process runs or sends here, and `PersonNeededError` when the clock seems wrong.
    """
    wanted = Run(
        instance, rehearsed=rehearsed, catch_up=catch_up, clock_is_right=clock_is_right, stop=stop, progress=progress
    )
    return wanted.all()


class Run:
    """One run: collect, draft, check, ask, seal and send all that is due; one newsletter's trouble stops no other.

    The steps are the methods without an underscore: what a run does to sources, people and mails. A rehearsal replaces
    some of them; in which order they are done, and what is told and recorded of it, stays the same.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        rehearsed: bool = False,
        catch_up: Mapping[str, CatchUp] | None = None,
        clock_is_right: bool = False,
        stop: Callable[[], bool] = lambda: False,
        progress: "Progress | None" = None,
    ) -> None:
        self.catch_up, self.clock_is_right = catch_up or {}, clock_is_right
        self.instance, self.rehearsed, self.stop, self.progress = instance, rehearsed, stop, progress
        self.newsletters: Sequence[Newsletter] = instance.settings.newsletters
        self._runs = Runs(instance.database)
        self._number: int | None = None
        self._done: list[str] = []
        self._trouble: list[Trouble] = []

    def all(self) -> Ran:
        with self.instance.place.lock(), self.instance.database.kept():
            self._now, self._last = self.instance.clock.now(), self._runs.last()
            self._refuse_wrong_clock()
            self._read_mailbox()
            inputs = self.inputs()
            changed = self._is_changed(inputs) or self._asks_sources()
            if changed:
                self._collect()
                self._retain()
                self.ask_pages()
            self._tell_waiting_items()
            self.look_for_canary()
            for newsletter in self.newsletters:
                if not self.stop():
                    self._newsletter(newsletter, changed=changed)
            self._tell_left_behind()
            told = set(self._last.trouble) if self._last else set()
            news = tuple(one for one in self._trouble if one not in told)
            ran = Ran(done=tuple(self._done), trouble=tuple(self._trouble), news=news)
            self._record(inputs, ran)
            return ran

    # -- The steps.

    def read_mailbox(self) -> tuple[Sequence[str], Sequence[Trouble]]:
        """Say what reading it did and what went wrong. No trouble with it keeps an edition from going out."""
        settings = self.instance.settings.mailbox
        if self.rehearsed or settings is None or not settings.has_place:
            return (), ()
        from digest.inbound.processing import read_configured, told, within  # 80 ms: only where a mailbox is read

        try:
            read = read_configured(self.instance.inbox, stop=within(MAILBOX_SECONDS, self.stop))
        except DigestError as error:
            return (), [Trouble.of(error)]
        except Exception as error:  # noqa: BLE001 – not even a fault of ours
            said = _("this is a fault, please report it: {fault}").format(fault=type(error).__name__)
            return (), [Trouble(about="mailbox", said=said, code=1)]
        return told(read), [Trouble.of(error) for error in read.trouble]

    def inputs(self) -> str:
        """What sources and settings look like; equal answers mean that nothing changed."""
        return _inputs(self.instance)

    def collect(self) -> Sequence[Trouble]:
        """Read the sources and the subscriber file."""
        results = self.instance.collect()
        trouble = [line for result in results for line in _errors(result.problems)]
        if trouble and not any(result.found for result in results):
            said = _("nothing usable was found in any source")
            trouble.append(Trouble(about="collect", said=said, code=NothingUsableError.exit_code))
        problems = self.instance.import_subscribers()[1]
        return [*trouble, *_errors(problems)]

    def retain(self) -> Sequence[str]:
        """People whom nobody needs to know any more, and processes that have ended."""
        from digest.people.retention import retain  # 20 ms: once a day

        if self.instance.database.is_shared:
            with self.instance.database.write() as connection:
                forget_workers(connection)
        kept = retain(self.instance.database, self._now, self.instance.settings.keep)
        if kept.mails and self.instance.settings.keep is not None:
            self.instance.place.shorten_journal(self._now - self.instance.settings.keep)
        people = plural(
            "{count:,} person who left long ago is nobody now",
            "{count:,} people who left long ago are nobody now",
            kept.people,
        )
        mails = plural(
            "the address of {count:,} old mail went", "the addresses of {count:,} old mails went", kept.mails
        )
        rest = plural(
            "{count:,} who never confirmed is forgotten",
            "{count:,} who never confirmed are forgotten",
            kept.unconfirmed,
        )
        told = ((people, kept.people), (mails, kept.mails), (rest, kept.unconfirmed))
        return [said for said, count in told if count]

    def ask_pages(self) -> None:
        """Whether anything answers where the mails link to; the check reads what was heard."""
        settings = self.instance.settings
        if settings.public_url is None or self.rehearsed:
            return
        from digest.editions import public_pages  # 10 ms: once a day

        if public_pages.is_real(settings.public_url):
            own = settings.pages is not None
            public_pages.ask(self.instance.database, settings.public_url, self._now, own=own)

    def look_for_canary(self) -> None:
        """An edition that the other servers took and that does not arrive where we can see it is told of."""
        mailbox = self.instance.settings.mailbox
        if self.rehearsed or mailbox is None or mailbox.canary is None:
            return
        from digest.inbound.canary import LOOKED_FOR, sightings  # 80 ms: only where there is one

        zone = self.instance.settings.publisher.timezone
        for one in sightings(self.instance.database, folded_address(mailbox.canary), self._now - LOOKED_FOR):
            if one.is_missing(self._now):
                said = _("{said}: look at `digest doctor`, and at what the mail server says of it")
                said = said.format(said=one.said(self._now, zone))
                self._tell(_in_full(one.edition), said, PersonNeededError.exit_code)

    def ask(self, newsletter: Newsletter, edition: Edition) -> Sequence[str]:
        """Ask the reviewers who were not asked yet; return whom."""
        from digest.editions.reviewing import send_review_mails

        asked = send_review_mails(self.instance.bench, self.instance.place.post, newsletter, edition)
        return [str(one) for one in asked]

    def remind(self, newsletter: Newsletter, edition: Edition) -> tuple[Sequence[str], Sequence[DigestError]]:
        """Tell staff that it waits for them, if that is due; return whom, and what went wrong."""
        from digest.editions.reminders import remind

        return remind(self.instance.database, self.instance.place.post, newsletter, edition, self._now)

    def settlement(self, newsletter: Newsletter, edition: Edition) -> Settlement:
        """What is to become of a draft whose sending time has come."""
        from digest.editions.reviewing import settlement_of

        return settlement_of(self.instance.database, newsletter, edition, self._now)

    def seal(self, newsletter: Newsletter, edition: Edition, settlement: Seal) -> Edition:
        from digest.editions.approving import seal_settled

        return seal_settled(self.instance.bench, newsletter, edition, settlement)

    def send(self, newsletter: Newsletter, edition: Edition) -> "Sent":
        from digest.delivery.sending import send

        place, bench = self.instance.place, self.instance.bench
        return send(place, bench, newsletter, edition, locked=True, stop=self.stop, progress=self.progress)

    def greet(self, newsletter: Newsletter, edition: Edition) -> "Welcomed | None":
        from digest.delivery.welcomes import welcome

        return welcome(self.instance.place, self.instance.bench, newsletter, edition, stop=self.stop)

    # -- Their order, and what is told and recorded of them.

    def _refuse_wrong_clock(self) -> None:
        """A person can say that it is right; then what runs of a later time have closed is open again."""
        latest = None if self.rehearsed else self._runs.latest_at()
        if self.clock_is_right and latest is not None:
            if self._now < latest - MAY_STEP_BACK:
                self._take_back()
            return
        said = doubt(self._now, latest, self.newsletters, kept=keeps(self._now))
        if said is not None:
            remedy = _("nothing was done, and nothing is lost; set the clock right, or, if it is right: {command}")
            raise PersonNeededError(_("the clock"), said, remedy.format(command=REMEDY))

    def _take_back(self) -> None:
        """What a clock that was ahead has closed. What was sent is sent."""
        self._begin()
        opened = self.instance.editions.take_back(self._now + MAY_STEP_BACK)
        self._runs.disbelieve_later(self._now, min(_today(one, self._now) for one in self.newsletters))
        if opened:
            self._done.append(
                plural(
                    "{count:,} edition that a clock ahead of its time had closed is as it was before",
                    "{count:,} editions that a clock ahead of its time had closed are as they were before",
                    len(opened),
                )
            )

    def _read_mailbox(self) -> None:
        """First of all: whoever asked to leave gets nothing of what this run sends."""
        done, trouble = self.read_mailbox()
        if done:
            self._begin()
        self._done += done
        self._trouble += trouble

    def _is_changed(self, inputs: str) -> bool:
        """Whether drafts of open windows may be out of date. Each day brings new windows."""
        if self._last is None or self._last.exit_code not in SETTLED_CODES or self._seen() != inputs:
            return True
        return any(_today(one, self._last.last_at) != _today(one, self._now) for one in self.newsletters)

    def _seen(self) -> str | None:
        """What the last run here found them to be: each of several hosts has files of its own."""
        before = None if self._last is None else self._last.inputs
        return _by_host(before).get(machine_name()) if self.instance.database.is_shared else before

    def _noted(self, inputs: str) -> str:
        if not self.instance.database.is_shared:
            return inputs
        before = _by_host(None if self._last is None else self._last.inputs)
        return json.dumps(before | {machine_name(): inputs}, sort_keys=True)

    def _asks_sources(self) -> bool:
        """Whether it is time to ask one over the network."""
        asked = any(source.address for source in self.instance.settings.sources)
        return asked and bool(self.instance.asking().due())

    def _collect(self) -> None:
        """A source that cannot be read delays no edition. Where the database cannot take what was read, the run ends:
        an edition would be closed without it.
        """
        self._begin()
        try:
            self._trouble.extend(self.collect())
        except (BusyError, CannotWriteError):
            raise
        except DigestError as error:
            self._trouble.append(Trouble.of(error))
        reach("run.collected")

    def _retain(self) -> None:
        """What cannot be written now is written another day: it holds up no edition."""
        try:
            self._done += self.retain()
        except CannotWriteError as error:
            self._trouble.append(Trouble.of(error))

    def _tell_waiting_items(self) -> None:
        """Items of whose dates a person is asked: until then they stand in no edition."""
        for item in self.instance.items.waiting():
            said = _("its date is {day}: correct it, or: digest items confirm {item}, or digest items forget {item}")
            said = said.format(day=item.published_on, item=item.id[:8])
            self._trouble.append(Trouble(about=str(item.place), said=said, code=PersonNeededError.exit_code))

    def _begin(self) -> None:
        """Before the first change."""
        if self._number is None:
            self._number = self._runs.begin(self._now, rehearsed=self.rehearsed)
            reach("run.begun")

    def _newsletter(self, newsletter: Newsletter, *, changed: bool) -> None:
        """What was missed or expired first: it changes which stories are due where."""
        try:
            self._mend(newsletter, changed=changed)
            intents = due(due_facts(self.instance, newsletter, self._now, changed=changed), self._now)
            closing = [intent for intent in intents if isinstance(intent, MarkMissed | Expire)]
            self._close_all(newsletter, closing)
            if self._catch_up(newsletter) or closing:
                intents = due(due_facts(self.instance, newsletter, self._now, changed=changed), self._now)
        except DigestError as error:
            self._trouble.append(Trouble.of(error))
            return
        for intent in intents:
            if self.stop():
                return
            try:
                self._do(newsletter, intent)
            except DigestError as error:
                self._trouble.append(Trouble.of(error))
        self._remind(newsletter)
        self._tell_waiting(newsletter)
        self._tell_unsent(newsletter)

    def _mend(self, newsletter: Newsletter, *, changed: bool) -> None:
        """Until it is approved, a draft has what its office has corrected or taken back since it was built, and no
        story that another edition has taken.
        """
        for edition in self.instance.editions.editions(newsletter.name):
            if edition.state is EditionState.DRAFT and edition.covers_to_end:
                from digest.editions.building import taken_elsewhere
                from digest.editions.supplements import mend

                taken = taken_elsewhere(self.instance.editions, edition)
                try:
                    mended = mend(self.instance.bench, newsletter, edition) if changed or taken else None
                except PersonNeededError as error:  # such as for an instalment of which nothing is left
                    self._trouble.append(Trouble.of(error))
                    continue
                if mended is not None:
                    self._begin()
                    said = _("{edition} was drafted again: texts in it were corrected or taken back")
                    if taken:
                        said = _("{edition} was drafted again: another edition has taken stories of it")
                    self._done.append(said.format(edition=_in_full(edition)))

    def _catch_up(self, newsletter: Newsletter) -> bool:
        """Whether a person's word made a difference."""
        if newsletter.name not in self.catch_up:
            return False
        from digest.editions.missed import catch_up

        done = catch_up(self.instance.bench, newsletter, self.catch_up[newsletter.name])
        if done.made:
            self._begin()
            names = ", ".join(_in_full(edition) for edition in done.made)
            self._done.append(_("{editions}: made up for what was missed").format(editions=names))
        elif done.given_up:
            self._begin()
            said = plural("{count:,} story was given up", "{count:,} stories were given up", done.given_up)
            self._done.append(f"{newsletter.name}: {said}")
        return bool(done.made or done.given_up)

    def _tell_waiting(self, newsletter: Newsletter) -> None:
        from digest.editions.missed import said, waiting

        found = waiting(self.instance.editions, newsletter)
        if found.stories:
            self._tell(newsletter.name, said(newsletter, found), PersonNeededError.exit_code)

    def _tell_unsent(self, newsletter: Newsletter) -> None:
        """What a person has approved, and only a person sends."""
        paused = self.instance.pauses.holding(newsletter.name)
        for edition in self.instance.editions.editions(newsletter.name):
            if edition.state is EditionState.SEALED and edition.is_sent_by_hand and edition.number not in paused:
                said = _("it is approved, and goes out when a person sends it: digest send {edition}")
                self._tell(_in_full(edition), said.format(edition=edition.name), PersonNeededError.exit_code)

    def _close_all(self, newsletter: Newsletter, intents: Sequence[MarkMissed | Expire]) -> None:
        """The oldest first: what one does not take may be due in the next. Those without any story go together; a clock
        that was years behind leaves thousands.
        """
        empty: dict[Period, str] = {}
        waiting = _stories_due(self.instance, newsletter) if intents else {}
        for one in intents:
            if isinstance(one, MarkMissed) and one.period not in waiting:
                empty[one.period] = one.because if one.carried is CarriedOver.MOVED else ""
                continue
            self._skip(newsletter, empty)
            self._close(newsletter, one)
            waiting, empty = _stories_due(self.instance, newsletter), {}
        self._skip(newsletter, empty)

    def _skip(self, newsletter: Newsletter, periods: Mapping[Period, str]) -> None:
        if not periods:
            return
        from digest.editions.missed import no_story, skip

        self._begin()
        skipped = skip(
            self.instance.bench, newsletter, {period: because or no_story() for period, because in periods.items()}
        )
        reach("run.closed")
        for edition in skipped[:SKIPPED_TOLD]:
            said = _("{edition} is skipped: {because}")
            self._done.append(said.format(edition=_in_full(edition), because=edition.because))
        if more := skipped[SKIPPED_TOLD:]:
            said = plural(
                "{newsletter}: {count:,} more edition is skipped, {first}",
                "{newsletter}: {count:,} more editions are skipped, {first} to {last}",
                len(more),
                newsletter=newsletter.name,
                first=_in_full(more[0]),
                last=_in_full(more[-1]),
            )
            self._done.append(said)

    def _close(self, newsletter: Newsletter, intent: MarkMissed | Expire) -> None:
        self._begin()
        match intent:
            case MarkMissed():
                self._miss(newsletter, intent.period, intent.because, intent.carried)
            case Expire():
                from digest.editions.missed import expire

                edition = expire(self.instance.bench, newsletter, intent.edition, intent.because, intent.carried)
                said = _("it expired: {because}; {stories}")
                said = said.format(because=intent.because, stories=_fate(intent.carried))
                self._tell(_in_full(edition), said, PersonNeededError.exit_code)
        reach("run.closed")

    def _miss(self, newsletter: Newsletter, period: Period, because: str, carried: CarriedOver | None) -> None:
        from digest.editions.missed import miss

        edition = miss(self.instance.bench, newsletter, period, because, carried)
        is_skipped = edition.state is EditionState.SKIPPED
        said = _("{edition} is skipped: {because}") if is_skipped else _("{edition} did not go out: {because}")
        self._done.append(said.format(edition=_in_full(edition), because=edition.because))

    def _do(self, newsletter: Newsletter, intent: Intent) -> None:
        match intent:
            case MarkMissed() | Expire():
                self._close(newsletter, intent)
            case Draft():
                edition = self._build(newsletter, intent.period)
                said = _("{edition} was drafted") if intent.closed else _("{edition} was drafted so far")
                self._done.append(said.format(edition=_in_full(edition)))
                if intent.closed:
                    self._tell_wait(newsletter, edition, intent.sending_at)
                if intent.asks:
                    self._ask(newsletter, edition)
            case AskReviewers():
                self._ask(newsletter, intent.edition)
            case Send():
                self._send(newsletter, intent)
            case Greet():
                self._greet(newsletter, intent.edition)

    def _build(self, newsletter: Newsletter, period: Period) -> Edition:
        from digest.editions.building import build

        self._begin()
        edition = build(self.instance.bench, newsletter, period).edition
        reach("run.built")
        return edition

    def _ask(self, newsletter: Newsletter, edition: Edition) -> None:
        asked = self.ask(newsletter, edition) if newsletter.reviews else ()
        if asked:
            self._begin()
            self._done.extend(
                _("{edition}: {reviewer} was asked").format(edition=_in_full(edition), reviewer=one) for one in asked
            )

    def _remind(self, newsletter: Newsletter) -> None:
        """A mail that cannot leave now is tried again by the next run, and holds nothing up."""
        if not newsletter.reminded:
            return
        for edition in self.instance.editions.editions(newsletter.name):
            told, trouble = self.remind(newsletter, edition) if edition.state is EditionState.DRAFT else ((), ())
            if told:
                self._begin()
                said = _("{edition}: {people} was reminded that it waits")
                self._done.extend(said.format(edition=_in_full(edition), people=one) for one in told)
            self._trouble.extend(Trouble.of(error) for error in trouble)

    def _send(self, newsletter: Newsletter, intent: Send) -> None:
        edition = intent.edition
        if edition is None or (edition.is_open and not edition.covers_to_end):
            edition = self._build(newsletter, intent.period)
        if edition.state is EditionState.SKIPPED:
            self._begin()
            because = self._why_empty(newsletter, edition)
            self._miss(newsletter, intent.period, because, CarriedOver.MOVED)
            return
        if edition.state is EditionState.DRAFT:
            sealed = self._settled(newsletter, edition, intent.sending_at)
            if sealed is None:
                return
            edition = sealed
            reach("run.sealed")
        from digest.delivery.sending import unfinished

        if edition.state is EditionState.SENDING and not self.rehearsed and living(self.instance.database):
            return  # workers send it
        self._begin()
        sent = self.send(newsletter, edition)
        reach("run.sent")
        if sent.tally[DeliveryState.FAILED] and not self.rehearsed:
            from digest.inbound.processing import count_refusals  # 80 ms: only where somebody was refused

            count_refusals(self.instance.inbox, sent.edition)
        if sent.workers:
            said = _("{edition} leaves through the workers: `digest workers`")
            self._done.append(said.format(edition=_in_full(edition)))
            return
        reached = sent.tally[DeliveryState.SENT]
        self._done.append(
            plural(
                "{edition} went to {reached:,} of {count:,} reader",
                "{edition} went to {reached:,} of {count:,} readers",
                sent.tally.frozen,
                edition=_in_full(edition),
                reached=reached,
            )
        )
        for said, code in unfinished(sent):
            self._tell(_in_full(edition), said, code)

    def _greet(self, newsletter: Newsletter, edition: Edition) -> None:
        self._begin()
        welcomed = self.greet(newsletter, edition)
        reach("run.welcomed")
        if welcomed is None:
            said = _("new subscribers are not sent it: its texts have changed since it was approved; they wait")
            self._tell(_in_full(edition), said, 0)
            return
        if welcomed.sent:
            said = plural(
                "{edition} went to {count:,} new subscriber",
                "{edition} went to {count:,} new subscribers",
                welcomed.sent,
                edition=_in_full(edition),
            )
            self._done.append(said)
        from digest.delivery.sending import unsettled

        for said, code in unsettled(failed=welcomed.failed, held=welcomed.held, waiting=welcomed.waiting):
            self._tell(_in_full(edition), said, code)

    def _why_empty(self, newsletter: Newsletter, edition: Edition) -> str:
        from digest.editions.missed import no_story
        from digest.editions.thin import said_of

        return said_of(newsletter, edition, self.instance.editions.verdicts(edition)) or no_story()

    def _settled(self, newsletter: Newsletter, edition: Edition, sending_at: datetime) -> Edition | None:
        """The edition sealed; `None` when it does not go now."""
        match self.settlement(newsletter, edition):
            case Seal() as settlement:
                self._begin()
                return self.seal(newsletter, edition, settlement)
            case Skip(because=because):
                self._begin()
                self._miss(newsletter, edition.period, because, CarriedOver.MOVED)
            case Wait(said=why):
                self._ask(newsletter, edition)
                said = _("it should have gone out at {at}, but {why}: {approving}").format(
                    at=_clock(sending_at), why=why, approving=_approving(newsletter, edition)
                )
                self._tell(_in_full(edition), said, PersonNeededError.exit_code)
        return None

    def _tell_wait(self, newsletter: Newsletter, edition: Edition, sending_at: datetime) -> None:
        if newsletter.approval is Approval.REQUIRED and edition.state is EditionState.DRAFT:
            said = _("it waits for approval and goes out at {at}: {approving}").format(
                at=_clock(sending_at), approving=_approving(newsletter, edition)
            )
            self._tell(_in_full(edition), said, 0)

    def _tell_left_behind(self) -> None:
        for one in left_behind(self.instance.database, [newsletter.name for newsletter in self.newsletters]):
            self._tell(_in_full(one.edition), f"{one.said}: {one.remedy}", PersonNeededError.exit_code)

    def _tell(self, about: str, said: str, code: int) -> None:
        self._trouble.append(Trouble(about=about, said=said, code=code))

    def _record(self, inputs: str, ran: Ran) -> None:
        """A run that changed nothing and has nothing new to say is only counted."""
        code = worst(ran.codes)
        last = self._last
        if self._number is None and last is not None and (last.exit_code, last.trouble) == (code, ran.trouble):
            self._runs.repeat(self._now)
            return
        self._begin()
        record = RunRecord(
            began_at=self._now,
            last_at=max(self._now, self.instance.clock.now()),
            exit_code=code,
            rehearsed=self.rehearsed,
            inputs=self._noted(inputs),
            done=ran.done,
            trouble=ran.trouble,
        )
        self._runs.finish(self._number or 0, record)


def due_facts(instance: Instance, newsletter: Newsletter, now: datetime, *, changed: bool = True) -> DueFacts:
    """What the calendar's question needs to know of a newsletter."""
    editions = instance.editions.editions(newsletter.name)
    greeted = welcoming(instance.database, newsletter, now)
    return DueFacts(
        newsletter=newsletter,
        editions=editions,
        stories_due=lambda: _stories_due(instance, newsletter),
        started_on=Runs(instance.database).started_on(newsletter.name, _today(newsletter, now)),
        changed=changed,
        waiting={edition.period for edition, _stories in instance.editions.waiting(newsletter.name)},
        answers_until=instance.reviews.answers_until(newsletter, editions),
        has_newcomers=greeted.has_newcomers,
        greeting=greeted.open,
    )


def _by_host(inputs: str | None) -> dict[str, str]:
    """An earlier version noted those of one host."""
    found = json.loads(inputs) if inputs is not None and inputs.startswith("{") else {}
    return {str(host): str(seen) for host, seen in found.items()}


def _fate(carried: CarriedOver | None) -> str:
    match carried:
        case CarriedOver.WAITS:
            return _("its stories wait until you say what becomes of them")
        case None:
            return _("its stories are given up (catch_up: none)")
        case CarriedOver.MISSED | CarriedOver.MOVED:
            return _("its stories go into the next edition")


def _stories_due(instance: Instance, newsletter: Newsletter) -> Mapping[Period, int]:
    from digest.editions.building import periods_to_build

    return periods_to_build(newsletter, instance.items, instance.editions)


def _inputs(instance: Instance) -> str:
    """A fingerprint of what the files that matter look like: names, sizes, times. Files are not read.

    A file changed within the last two seconds makes it unlike any other, since it may change again unseen. So does a
    source of a kind that a package brings: nobody can tell from here whether it has changed.
    """
    if any(source.extension is not None for source in instance.settings.sources):
        return os.urandom(8).hex()
    state = hashlib.blake2b(digest_size=16)
    newest = 0
    for path in _files(instance):
        try:
            found = path.stat()
        except OSError:
            continue
        newest = max(newest, found.st_mtime_ns)
        state.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}\n".encode(errors="surrogateescape"))
    racy = time.time_ns() - newest < RACY_SECONDS * 1e9
    return f"{state.hexdigest()}{'-' + os.urandom(4).hex() if racy else ''}"


def _files(instance: Instance) -> Iterator[Path]:
    settings = instance.settings
    yield instance.folder / SETTINGS
    for path in (settings.subscribers, settings.taxonomy):
        if path is not None:
            yield path
    for folder in (
        *settings.source_paths,
        instance.folder / PLANS,
        instance.workspace.templates,
    ):
        if folder is not None:
            if folder.is_file():
                yield folder
            for place, _, names in sorted(os.walk(folder)):
                yield Path(place)
                yield from (Path(place, name) for name in sorted(names))


def _errors(problems: Iterable[Problem]) -> list[Trouble]:
    return [
        Trouble(
            about=str(problem.place),
            said=printed(said_of(problem.cause, problem.remedy)),
            code=PartlyFailedError.exit_code,
        )
        for problem in problems
        if problem.severity is Severity.ERROR
    ]


def _approving(newsletter: Newsletter, edition: Edition) -> str:
    if newsletter.reviews:
        return printed(f"digest review {edition.name}")
    return _("digest preview {edition}, then digest approve {edition} --by NAME").format(edition=edition.name)


def _in_full(edition: Edition) -> str:
    from digest.mail.wording import edition_in_full  # 35 ms, Babel's: a run with nothing to do names no edition

    return edition_in_full(edition)


def _clock(at: datetime) -> str:
    zone = at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else at.tzname()
    return f"{at:%Y-%m-%d %H:%M} ({zone})"


def _today(newsletter: Newsletter, at: datetime) -> date:
    return at.astimezone(newsletter.schedule.zone).date()
