"""Reviewers whom a machine that was off could not ask in time: it asks when it wakes, and silence counts from then."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.desk.status import status_of
from digest.desk.stories import explain_story, story_meant
from digest.editions.reviewing import settlement_of
from digest.newsletters.edition import EditionState
from digest.runs.run import run
from digest.settings.instance import Instance

ZONE = ZoneInfo("America/Costa_Rica")
HOUR = timedelta(hours=1)
JULY = datetime(2018, 8, 1, 0, 30, tzinfo=ZONE)  # the first day after it
ASKING = datetime(2018, 8, 3, 9, tzinfo=ZONE)
SENDING = datetime(2018, 8, 5, 9, tzinfo=ZONE)
TIME_TO_ANSWER = SENDING - ASKING
THEN = {"send": {"ana", "ben"}, "leave-out": {"ben"}, "skip": set(), "hold": set()}  # who gets it when Marta is silent


class Hand:
    at = JULY

    def now(self):
        return self.at


class Machine:
    """It runs when somebody says so."""

    def __init__(
        self, office, review_at="    review_at: day 3 at 09:00\n", then="send", more="", send="day 5 at 09:00"
    ):
        reviewers = (
            f"    reviewers:\n      guatemala: {{to: Marta <marta@example.org>, then: {then}}}\n    then: send\n"
        )
        settings = (office.folder / "digest.yaml").read_text().replace("send: day 5 at 09:00", f"send: {send}")
        starts = "    approval: required\n    starts_on: 2018-07-01\n"
        office.write("digest.yaml", settings.replace("    approval: required\n", starts + review_at + reviewers + more))
        self.office, self.clock = office, Hand()
        self.instance = Instance(office.folder, self.clock)
        self.newsletter = self.instance.settings.newsletters[0]

    def wake(self, at):
        """The exit codes of its trouble."""
        self.clock.at = at
        return run(self.instance, rehearsed=True).codes

    @property
    def got(self):
        return {name.partition("@")[0] for name in self.office.messages()} - {"marta"}

    @property
    def asked(self):
        return len(self.office.messages().get("marta@example.org", []))

    @property
    def state(self):
        return self.instance.editions.editions()[0].state


@pytest.mark.parametrize(("then", "drafted"), [*((then, False) for then in THEN), ("send", True)])
def test_an_outage_over_asking_and_sending_lets_nothing_out_unseen(office, then, drafted):
    machine = Machine(office, then=then)
    if drafted:
        machine.wake(JULY)
    wakes = SENDING + 10 * HOUR
    assert machine.wake(wakes) == [3]
    assert (machine.asked, machine.got, machine.state) == (1, set(), EditionState.DRAFT)
    assert machine.wake(wakes + TIME_TO_ANSWER - HOUR) == [3]
    assert machine.got == set()
    assert machine.wake(wakes + TIME_TO_ANSWER) == ([3] if then == "hold" else [])
    assert machine.got == THEN[then]
    assert machine.asked == 1


@pytest.mark.parametrize(
    ("late_by", "waits"), [(timedelta(0), False), (HOUR, False), (HOUR + timedelta(minutes=1), True), (30 * HOUR, True)]
)
def test_an_outage_over_the_asking_alone_costs_reviewers_no_time(office, late_by, waits):
    machine = Machine(office)
    machine.wake(JULY)
    machine.wake(ASKING + late_by)
    assert machine.asked == 1
    assert machine.wake(SENDING) == ([3] if waits else [])
    assert machine.got == (set() if waits else THEN["send"])
    machine.wake(ASKING + late_by + TIME_TO_ANSWER)
    assert machine.got == THEN["send"]


def test_an_answer_lets_it_go_before(office):
    machine = Machine(office, then="leave-out")
    machine.wake(SENDING + 10 * HOUR)
    code = office.json("review", "july")[-1]["code"]
    office.run("approve", "july", "--part", "guatemala", "--by", "Marta", "--code", code)
    assert machine.wake(SENDING + 11 * HOUR) == []
    assert machine.got == {"ana", "ben"}


def test_where_a_refusal_is_all_that_reviewers_can_say_they_are_asked_as_well(office):
    machine = Machine(office)
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: none"))
    machine.instance = Instance(office.folder, machine.clock)
    assert machine.wake(SENDING + HOUR) == [3]
    assert machine.got == set()
    machine.wake(SENDING + HOUR + TIME_TO_ANSWER)
    assert machine.got == THEN["send"]


def test_without_a_time_to_ask_they_have_as_long_as_from_the_end_of_the_period(office):
    machine = Machine(office, review_at="")
    wakes = SENDING + 10 * HOUR
    assert machine.wake(wakes) == [3]
    assert machine.asked == 1
    end = datetime(2018, 8, 1, tzinfo=ZONE)
    machine.wake(wakes + (SENDING - end) - HOUR)
    assert machine.got == set()
    machine.wake(wakes + (SENDING - end))
    assert machine.got == THEN["send"]


def test_without_a_time_to_ask_and_a_draft_in_time_people_ask_and_it_goes_in_time(office):
    machine = Machine(office, review_at="")
    machine.wake(JULY)
    machine.wake(SENDING)
    assert (machine.asked, machine.got) == (0, THEN["send"])


def test_a_text_that_is_mended_after_the_asking_gives_no_second_delay(office):
    machine = Machine(office)
    machine.wake(SENDING + 10 * HOUR)
    path = office.folder / "bulletins/july.en.txt"
    path.write_text(path.read_text().replace("attended a course", "took a course"))
    machine.wake(SENDING + 20 * HOUR)
    assert machine.asked == 2
    machine.wake(SENDING + 10 * HOUR + TIME_TO_ANSWER)
    assert machine.got == THEN["send"]


@pytest.mark.parametrize("catch_up", ["none", "latest", "all"])
def test_what_the_settings_catch_up_with_still_waits_for_reviewers(office, catch_up):
    """A sending that began in time, by asking, is none that was missed."""
    machine = Machine(office, more=f"    catch_up: {catch_up}\n")
    wakes = SENDING + 20 * HOUR
    assert machine.wake(wakes) == [3]
    assert machine.wake(wakes + TIME_TO_ANSWER - HOUR) == [3]
    assert machine.wake(wakes + TIME_TO_ANSWER) == []
    assert machine.got == THEN["send"]


def test_one_that_waits_is_not_missed_when_the_next_one_comes(office):
    machine = Machine(office)
    wakes = datetime(2018, 9, 4, 9, tzinfo=ZONE)
    machine.wake(wakes)
    machine.wake(datetime(2018, 9, 5, 9, tzinfo=ZONE))
    assert machine.state is EditionState.DRAFT
    machine.wake(wakes + TIME_TO_ANSWER)
    assert machine.got == THEN["send"]


def test_an_edition_that_is_made_up_for_asks_first(office):
    machine = Machine(office)
    machine.wake(JULY)
    machine.wake(datetime(2019, 1, 20, 9, tzinfo=ZONE))
    office.run("run", "--now", "2019-01-20T10:00", "--catch-up", "latest", code=3)
    assert (machine.asked, machine.got) == (1, set())
    machine.wake(datetime(2019, 1, 20, 10, tzinfo=ZONE) + TIME_TO_ANSWER)
    assert machine.got == THEN["send"]


@pytest.mark.parametrize(("wakes", "goes"), [(9, 9), (13, 22)])
def test_a_period_that_ends_on_the_day_of_its_sending_asks_from_its_end(office, wakes, goes):
    """`review_at` cannot come before all its stories have; awake in time, nothing is late."""
    machine = Machine(office, send="day 5 at 09:00\n    covers: since-last")
    first = datetime(2018, 8, 5, tzinfo=ZONE)
    if wakes == 9:
        machine.wake(first)
    machine.wake(first + wakes * HOUR)
    assert machine.got == (THEN["send"] if wakes == goes else set())
    machine.wake(first + goes * HOUR)
    assert machine.got == THEN["send"]


def test_screens_say_what_is_waited_for_and_until_when(office):
    machine = Machine(office, then="leave-out")
    machine.wake(SENDING + 10 * HOUR)
    (waiting,) = status_of(machine.instance, machine.newsletter).waiting
    assert waiting.parts[-1].silence_at == SENDING + 10 * HOUR + TIME_TO_ANSWER
    (late,) = status_of(machine.instance, machine.newsletter).late
    assert late.edition == waiting.edition
    sent = office.messages()["marta@example.org"][0].get_body(["plain"]).get_content()
    assert "you can answer until 7 August 2018, 19:00 (America/Costa_Rica)" in " ".join(sent.split())
    said = str(settlement_of(machine.instance.database, machine.newsletter, waiting.edition, machine.clock.now()))
    assert said == "Guatemala was not answered by Marta, asked late: silence counts from 2018-08-07 19:00 on"
    (news,) = explain_story(machine.instance, *story_meant(machine.instance, "Police")).newsletters
    assert news.decided[-1].answers_until == SENDING + 10 * HOUR + TIME_TO_ANSWER
    page = (office.folder / "look.html", office.run("preview", "july", "--once", "look.html"))[0].read_text()
    assert "Asked late: from" in page


def test_a_rehearsal_waits_as_the_machine_would(office):
    Machine(office)
    arguments = ("--from", "2018-07", "--to", "2018-08", "--outage", "2018-08-02..2018-08-05T19:00")
    result = office.json("rehearse", *arguments)
    (july,) = (one for one in result["editions"] if one["edition"] == "monthly/2018-07")
    assert july["at"] == "2018-08-07T19:00:00-06:00"
    assert (july["state"], july["readers"], result["broken"]) == ("finished", 2, [])
    assert any("asked late" in one["said"] for one in result["told"])
    on_time = office.json("rehearse", *arguments[:4])
    assert on_time["editions"][0]["at"] == "2018-08-05T09:00:00-06:00"
