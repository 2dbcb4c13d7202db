"""Random histories: whatever staff do, nothing is lost, nothing reaches a person twice, what is told is what was sent,
and a command that fails has changed nothing (design §13.4, §13.5).
"""

import hashlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from databases import contents, done_with, is_on_postgresql
from doses import dose
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

from digest.desk.history import History
from digest.editions.approving import refuse_part
from digest.editions.building import build, give_up_special, redraft_without, taken_elsewhere
from digest.editions.changes import changes_since
from digest.editions.special import special_period
from digest.editions.store import calendar_of
from digest.errors import PersonNeededError, UsageError
from digest.newsletters.edition import EditionState, Ruling
from digest.newsletters.newsletter import Thin, ThinEdition, ThinMail
from digest.newsletters.period import Period, PeriodKind

PERIODS = ["2018-05", "2018-06", "2018-07", "2018-08"]
COUNTRIES = st.sampled_from([(), ("GT",), ("MX",), ("GT", "MX"), ("HN",)])
THIN = [
    Thin(),
    Thin(least=3, edition=ThinEdition.DEFER),
    Thin(least_per_mail=2, mail=ThinMail.NOTHING),
    Thin(least=2, edition=ThinEdition.DEFER, least_per_mail=2, mail=ThinMail.FALL_BACK, fall_back="mexico"),
]
SUBJECTS = ["border", "hub", "police", "course", "school", "health", "forum", "network", "shelter", "consulate"]


class Office(RuleBasedStateMachine):
    make_workshop: Callable[..., Any]
    found: Callable[..., Any]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.workshop = type(self).make_workshop(Path(self.folder.name), late_for=1)
        self.workshop.subscribe("all@example.org")
        self.workshop.subscribe("both@example.org", "guatemala mexico", "es")
        self.number = 0

    @initialize(thin=st.sampled_from(THIN))
    def begin(self, thin):
        """The office says what becomes of too few stories."""
        self.workshop.newsletter = replace(self.workshop.newsletter, thin=thin)

    def teardown(self) -> None:
        self.workshop.close()
        done_with(Path(self.folder.name, "digest.db"))
        self.folder.cleanup()

    @rule(
        on=st.dates(date(2018, 5, 1), date(2018, 8, 31)),
        countries=COUNTRIES,
        language=st.sampled_from(["en", "es"]),
    )
    def write(self, on, countries, language):
        """Staff add an item, perhaps one that is late."""
        self.number += 1
        subject = SUBJECTS[self.number % len(SUBJECTS)]
        new = type(self).found(
            f"{subject} {self.number * 7919} opens",
            on.isoformat(),
            f"text {self.number * 104729} of {subject}",
            language=language,
            countries=countries,
            given_id=f"id{self.number}" if self.number % 3 == 0 else None,
        )
        self.workshop.source.items.append(new)

    @precondition(lambda self: self.workshop.source.items)
    @rule(place=st.integers(0, 50), days=st.integers(-40, 40))
    def correct(self, place, days):
        """Staff correct a title, or a date."""
        items = self.workshop.source.items
        place %= len(items)
        if days % 2:
            self.workshop.retitle(place, items[place].text.title + "!")
        else:
            moved = items[place].published_on + timedelta(days=days)
            items[place] = replace(items[place], published_on=min(max(moved, date(2018, 5, 1)), date(2018, 8, 31)))

    @precondition(lambda self: self.workshop.source.items)
    @rule(place=st.integers(0, 50))
    def withdraw(self, place):
        self.workshop.source.items.pop(place % len(self.workshop.source.items))

    @rule(random=st.randoms(use_true_random=False))
    def reorder(self, random):
        random.shuffle(self.workshop.source.items)

    @precondition(lambda self: len(self.workshop.source.items) > 1)
    @rule(one=st.integers(0, 50), other=st.integers(0, 50))
    def translate(self, one, other):
        """Staff pair two items, or un-pair them."""
        items = self.workshop.source.items
        one, other = one % len(items), other % len(items)
        if one != other:
            link = None if items[one].translation_of else items[other].text.title
            items[one] = replace(items[one], translation_of=link)

    @rule()
    def collect(self):
        self.workshop.collect()
        again = self.workshop.collect()
        assert (again.added, again.changed, again.withdrawn) == (0, 0, 0)

    @rule(key=st.sampled_from(PERIODS), publish=st.sampled_from(["no", "approve", "send"]))
    def edition(self, key, publish):
        """Staff draft an edition, and perhaps approve it, and perhaps send it."""
        period = Period.from_key(PeriodKind.MONTH, key)
        calendar = calendar_of(self.workshop.newsletter, self.workshop.editions)
        if not calendar.is_open(period):
            return
        self.workshop.clock.at = datetime(2018, 9, 2, tzinfo=UTC)
        built = self.workshop.build(key)
        settled = self.workshop.editions.settled("monthly")
        turns = [s for s in self.workshop.items.stories() if s.id not in settled and calendar.due_period(s) == period]
        assert Counter(v.story_id for v in built.verdicts) == Counter(s.id for s in turns)
        assert self.workshop.build(key).edition.fingerprint == built.edition.fingerprint
        if publish == "no" or built.edition.state is not EditionState.DRAFT:
            return
        before = kept_in(self.workshop)
        try:
            sealed = self.workshop.approve(built.edition)
        except PersonNeededError:  # every part was refused
            assert kept_in(self.workshop) == before
            return
        if publish == "send":
            self.workshop.send(sealed)

    @rule(audience=st.sampled_from(["regional", "guatemala", "mexico"]))
    def refuse(self, audience):
        """Somebody refuses what an audience would get of each draft; a draft without it changes by nothing."""
        for edition in self.workshop.editions.editions():
            if edition.state is EditionState.DRAFT:
                before = kept_in(self.workshop)
                try:
                    refuse_part(self.workshop.bench, self.workshop.newsletter, edition, audience, "Zoe", "two errors")
                except UsageError:
                    assert kept_in(self.workshop) == before

    @rule(
        name=st.sampled_from(["Floods", "Elections"]),
        taken=st.lists(st.integers(0, 50), min_size=1, max_size=3),
        audiences=st.sampled_from([(), ("guatemala",), ("guatemala", "mexico")]),
        publish=st.sampled_from(["no", "give up", "approve", "send"]),
    )
    def special_edition(self, name, taken, audiences, publish):
        """Staff take stories into a special edition, and perhaps approve it, and perhaps send it."""
        newsletter, editions, bench = self.workshop.newsletter, self.workshop.editions, self.workshop.bench
        free = [story for story in self.workshop.items.stories() if story.id not in editions.settled("monthly")]
        there = next((one for one in editions.editions() if one.key == f"special-{name.lower()}"), None)
        if not free or (there is not None and not there.is_open):
            return
        day = self.workshop.clock.now().date()
        period = special_period(newsletter, name, {}, audiences, editions.editions(), day)
        adding = frozenset(free[place % len(free)].id for place in taken)
        built = build(bench, newsletter, period, adding=adding)
        assert adding <= {verdict.story_id for verdict in built.verdicts}
        if publish == "give up":
            give_up_special(bench, newsletter, period)
        if publish not in ("approve", "send") or built.edition.state is not EditionState.DRAFT:
            return
        sealed = self.workshop.approve(built.edition)
        redraft_without(bench, newsletter, sealed)
        assert not any(taken_elsewhere(editions, one) for one in editions.editions() if one.is_open)
        if publish == "send":
            self.workshop.send(sealed)

    @rule(as_approved=st.booleans())
    def send_what_was_approved(self, as_approved):
        """Texts may have changed since: then nothing leaves and nothing changes, until a person says so."""
        for edition in self.approved():
            changes = changes_since(self.workshop.bench, self.workshop.newsletter, edition)
            if not changes.texts:
                self.workshop.send(edition)
                continue
            before = kept_in(self.workshop)
            with pytest.raises(PersonNeededError, match="changed since"):
                self.workshop.send(edition)
            assert kept_in(self.workshop) == before
            if as_approved:
                now = self.workshop.clock.now()
                self.workshop.editions.send_as_approved(edition, changes.fingerprint, "Marta", now)
                self.workshop.send(edition)

    @rule()
    def reopen(self):
        for edition in self.approved():
            self.workshop.editions.reopen(edition, "corrected")

    def approved(self):
        """Editions of which nothing has left."""
        return [one for one in self.workshop.editions.editions() if one.state is EditionState.SEALED]

    @invariant()
    def what_is_told_is_what_was_sent(self):
        """The titles of the record and those in the mails are the same words, whatever has become of the texts."""
        history = History(self.workshop.bench.database)
        for edition in self.workshop.editions.editions():
            if edition.sending_at is None:
                continue
            for variant in self.workshop.editions.variants(edition):
                told = history.titles(edition, variant.story_ids, variant.language)
                assert sorted(told) == sorted(variant.rendered.message.decode().split("\n"))

    @invariant()
    def what_an_edition_takes_somebody_can_read_in_it(self):
        for edition in self.workshop.editions.editions():
            if edition.sealed_at is not None:
                verdicts, variants = self.workshop.editions.verdicts(edition), self.workshop.editions.variants(edition)
                shown = {id_ for variant in variants for id_ in variant.story_ids}
                assert {v.story_id for v in verdicts if v.ruling is Ruling.INCLUDED} == shown

    @invariant()
    def nobody_got_a_story_twice(self):
        got = Counter(
            (letter.recipient, line)
            for letter in self.workshop.postbox.letters
            for line in _subjects(b"".join(letter.pieces))
        )
        assert all(count == 1 for count in got.values()), got

    @invariant()
    def no_story_is_lost(self):
        """Every story is settled in one edition, or waits for a period that is open."""
        settled = self.workshop.editions.settled("monthly")
        calendar = calendar_of(self.workshop.newsletter, self.workshop.editions)
        for story in self.workshop.items.stories():
            assert story.id in settled or calendar.is_open(calendar.due_period(story))
        for edition in self.workshop.editions.editions():
            taken = {v.story_id for v in self.workshop.editions.verdicts(edition) if edition.takes(v.ruling)}
            if edition.state is EditionState.FINISHED:
                assert taken <= settled.keys()


def kept_in(workshop) -> str:
    """All that the database holds, but for what runs wrote down of themselves, and for the place where it may send."""
    if is_on_postgresql():
        return repr(contents(workshop.database, without=("runs", "instance")))
    ours = ('INSERT INTO "runs"', 'INSERT INTO "instance"')
    with closing(sqlite3.connect(workshop.folder / "digest.db")) as database:
        lines = [line for line in database.iterdump() if not line.startswith(ours)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _subjects(message: bytes) -> list[str]:
    """Titles without what corrections added: the number makes each one unique."""
    return [line.rstrip("!") for line in message.decode().split("\n")]


@pytest.mark.both_databases
def test_no_history_loses_a_story_or_sends_one_twice(make_workshop, found):
    fitted = {"make_workshop": staticmethod(make_workshop), "found": staticmethod(found)}
    run_state_machine_as_test(
        type("FittedOffice", (Office,), fitted),
        settings=settings(
            max_examples=dose(1, 40) if is_on_postgresql() else dose(12, 200),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
