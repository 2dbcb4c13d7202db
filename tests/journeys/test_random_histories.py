"""Random histories of a machine: it sleeps, is killed, gets a wrong clock or an old backup while staff write, correct,
take back and plan. After each step nobody has a story twice, screens say what the ledger and the mails say, a command
that failed has changed nothing, and after each run every story is sent, waits, or is named with its reason.
"""

import hashlib
import signal
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import warm_program
from doses import FULL, dose
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from digest.delivery.adoption import adopt
from digest.desk.status import status_of
from digest.editions.plans.plan import PlanDecision
from digest.editions.store import calendar_of
from digest.errors import DigestError, PersonNeededError
from digest.newsletters.edition import EditionState
from digest.newsletters.schedule import CatchUp
from digest.operations.backup import back_up
from digest.operations.restoring import restore
from digest.runs.rehearsal import Whereabouts, unsettled_whereabouts
from digest.runs.run import run
from digest.settings.instance import Instance

DAY = timedelta(days=1)
SETTINGS = """
publisher:
  name: {en: Office}
  address: Apartado 100, San José
  website: https://www.example.org
  timezone: America/Costa_Rica
sources: {newsroom: bulletins/}
audiences:
  regional: {title: Whole region, everything: true}
  guatemala: {title: Guatemala, countries: [GT]}
newsletters:
  weekly:
    title: {en: Migration bulletin}
    from: Bulletin <bulletin@news.example.org>
    starts_on: 2018-07-02
    every: week
    send: monday at 09:00
    audiences: [regional, guatemala]
    languages: [en]
    approval: none
subscribers: subscribers.yaml
delivery: {transport: files, path: out}
"""
SUBSCRIBERS = """
subscribers:
  - {address: ana@example.org, language: en, audiences: [guatemala]}
  - {address: ben@example.org, language: en, audiences: [regional]}
"""
POINTS = (
    *("items.written", "draft.verdicts-written", "draft.committed", "run.built", "run.closed", "run.sealed"),
    *("seal.state-set", "copy.renamed", "dispatch.marked", "dispatch.journalled", "dispatch.committed"),
    *("files.written", "files.renamed"),
)
LOGS = tuple(f'INSERT INTO "{table}"' for table in ("runs", "newsletters", "instance", "looks"))


class Machine(RuleBasedStateMachine):
    """A weekly newsletter that asks for no approval, on a machine whose clock is moved by hand."""

    def __init__(self):
        super().__init__()
        self.at = datetime(2018, 7, 2, 18, tzinfo=UTC)
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name) / "office"
        (self.folder / "bulletins").mkdir(parents=True)
        weekly = SETTINGS.replace(
            "every: month\n    send: day 5", "starts_on: 2018-07-02\n    every: week\n    send: monday"
        )
        (self.folder / "digest.yaml").write_text(weekly.replace("approval: required", "approval: none"))
        (self.folder / "subscribers.yaml").write_text(SUBSCRIBERS)
        self.stories: dict[int, list[str]] = {}  # number → date, title, text
        self.backup: Path | None = None
        self.begin()

    def begin(self):
        self.instance = Instance(self.folder, self)
        self.newsletter = self.instance.settings.newsletters[0]

    def now(self):
        return self.at

    def teardown(self):
        self._folder.cleanup()

    # -- What staff do.

    @initialize(weeks=st.integers(1, 2))
    def first_weeks(self, weeks):
        for _ in range(weeks):
            self.write(0, "Guatemala")
            self.write(1, "Mexico")
            self.wake(7 * DAY)
        assert self.mails()

    @rule(days_ago=st.integers(-3, 12), place=st.sampled_from(["Guatemala", "Mexico"]))
    def write(self, days_ago, place):
        number, on = len(self.stories) + 1, self.at - days_ago * DAY
        self.stories[number] = [f"{on.day} {on:%B}, {on.year}", f"Story {number} of {place}", f"Words {number}."]
        self.save()

    @precondition(lambda self: self.stories)
    @rule(which=st.integers(0, 30), gone=st.booleans())
    def correct(self, which, gone):
        """A text changes, or goes and perhaps comes back."""
        story = self.stories[which % len(self.stories) + 1]
        if gone:
            story[0] = story[0].removeprefix("-") if story[0].startswith("-") else f"-{story[0]}"
        else:
            story[2] += " Corrected."
        self.save()

    def save(self):
        text = "\n\n".join("\n\n".join(story) for story in self.stories.values() if not story[0].startswith("-"))
        (self.folder / "bulletins/news.en.txt").write_text(text + "\n")

    @rule(decision=st.sampled_from(PlanDecision), which=st.integers(0, 30), hours=st.integers(-300, 300))
    def plan(self, decision, which, hours):
        stories = self.instance.items.stories()
        if stories:
            period = calendar_of(self.newsletter, self.instance.editions).timetable.containing(
                (self.at + timedelta(hours=hours)).date()
            )
            because = "so" if decision in (PlanDecision.DROP, PlanDecision.DEFER) else None
            meant = [stories[which % len(stories)].id]
            self.attempt(lambda: self.instance.plans.decide(self.newsletter, period, decision, meant, because))

    def attempt(self, command):
        """What fails has changed nothing."""
        before = self.kept()
        try:
            command()
        except DigestError:
            assert self.kept() == before

    # -- What happens to the machine.

    @rule(hours=st.integers(1, 200))
    def run(self, hours):
        self.wake(timedelta(hours=hours))

    @rule(days=st.integers(20, 120))
    def sleep(self, days):
        self.wake(days * DAY)

    @rule(how=st.sampled_from(CatchUp))
    def catch_up(self, how):
        self.wake(timedelta(hours=1), how)

    def wake(self, after, how=None):
        self.at += after
        run(self.instance, catch_up=how)
        if self.instance.fence is None:
            self.nothing_is_lost()

    @rule(point=st.sampled_from(POINTS), hours=st.integers(1, 200))
    def killed(self, point, hours):
        self.at = (self.at + timedelta(hours=hours)).replace(minute=0)
        local = self.at.astimezone(self.newsletter.schedule.zone)
        ended = warm_program.run(
            ["-C", self.folder, "run", "--now", f"{local:%Y-%m-%dT%H:%M}"],
            cwd=self.folder,
            environment={"DIGEST_FAIL": f"{point}:kill"},
        )
        assert ended.returncode in (0, 3, 4, 65, -signal.SIGKILL), ended.stderr
        self.begin()

    @rule(days=st.sampled_from([-400, -30, 500, 4000]))
    def wrong_clock(self, days):
        run(self.instance)
        before, right = self.kept(), self.at
        self.at += days * DAY
        with pytest.raises(PersonNeededError, match="jumped"):
            run(self.instance)
        assert self.kept() == before
        self.at = right

    @rule()
    def back_up(self):
        self.backup = Path(self._folder.name) / f"{self.at:%Y%m%d%H%M}.digest"
        self.backup.unlink(missing_ok=True)
        back_up(self.instance, self.backup, None, with_sources=False)

    @precondition(lambda self: self.backup)
    @rule()
    def restored(self):
        """An old database beside the journal of today sends nothing before somebody says so."""
        restore(self.backup, self.folder, self.at, replace=True)
        self.begin()
        self.save()
        before = self.kept(), sorted(self.mails())
        self.at += timedelta(hours=100)
        with pytest.raises(PersonNeededError, match="nothing is sent from here"):
            run(self.instance)
        assert (self.kept(), sorted(self.mails())) == before
        adopt(self.instance.place, "Marta", None, moved=False, without_journal=False)
        self.backup = None  # it knows nothing of this adoption: a second time its journal is not believed

    # -- What always holds.

    @invariant()
    def nobody_got_a_story_twice(self):
        got = Counter((to, line) for _, to, lines in self.mails().values() for line in lines)
        assert {key: count for key, count in got.items() if count > 1} == {}

    @invariant()
    def screens_say_what_has_left(self):
        left = Counter(edition for edition, _, _ in self.mails().values())
        if self.instance.fence is None:
            for row in status_of(self.instance, self.newsletter).editions:
                if row.edition and row.edition.state is EditionState.FINISHED:
                    assert row.sent == left[row.edition.name]

    def nothing_is_lost(self):
        calendar = calendar_of(self.newsletter, self.instance.editions)
        editions = {one.name: one for one in self.instance.editions.editions()}
        settled = self.instance.editions.settled(self.newsletter.name)
        for story in self.instance.items.stories():
            if story.id not in settled and calendar.own_period(story).end > self.newsletter.starts_on:
                where, because = unsettled_whereabouts(story, calendar, editions, self.at)
                assert where is not Whereabouts.LOST, because

    def mails(self):
        """File → its edition, its reader, and the stories in it."""
        found = {}
        for path in (self.folder / "out").rglob("*.eml"):
            message = message_from_bytes(path.read_bytes(), policy=default)
            text = message.get_body(["plain"]).get_content()
            lines = {line.strip() for line in text.splitlines() if line.startswith("Story ")}
            found[path.name] = (f"{path.parent.parent.name}/{path.parent.name}", message["To"], lines)
        return found

    def kept(self):
        """All that the database holds, but for what runs wrote down of themselves; and the plans."""
        with closing(sqlite3.connect(self.folder / "digest.db")) as database:
            lines = [line for line in database.iterdump() if not line.startswith(LOGS)]
        plans = [path.read_text() for path in sorted((self.folder / "plans").rglob("*.yaml"))]
        return hashlib.sha256("\n".join(lines + plans).encode()).hexdigest()


def test_no_history_of_a_machine_loses_a_story_sends_one_twice_or_says_what_is_not_so():
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=dose(4, 150),
            stateful_step_count=dose(10, 30),
            derandomize=not FULL,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
