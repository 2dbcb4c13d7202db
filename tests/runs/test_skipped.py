"""Editions that are skipped: nothing was to be said, or nothing was meant to go out. Nobody is asked about them."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from digest.cli.invocation import FixedClock
from digest.desk.status import status_of
from digest.editions.missed import waiting
from digest.runs.run import run
from digest.settings.instance import Instance

SETTINGS = """
publisher:
  name: Office
  address: Apartado 100, San José
  website: https://www.example.org
  timezone: America/Costa_Rica
sources: {{newsroom: bulletins/}}
audiences:
  regional: {{title: Whole region, everything: true}}
newsletters:
  news:
    title: News
    from: News <news@news.example.org>
    {rhythm}
    {catch_up}
    starts_on: {starts_on}
    late_for: 1
    audiences: [regional]
    languages: [en]
    approval: none
subscribers: subscribers.yaml
delivery: {{transport: files, path: out}}
"""
READERS = "subscribers:\n  - {address: ana@example.org, audiences: [regional]}\n"
MONTHLY = "every: month\n    send: day 5 at 09:00"


@pytest.fixture
def office(tmp_path):
    def office(rhythm=MONTHLY, *days, starts_on="2018-01-01", catch_up=""):
        said = SETTINGS.format(rhythm=rhythm, catch_up=catch_up, starts_on=starts_on)
        (tmp_path / "digest.yaml").write_text(said)
        (tmp_path / "subscribers.yaml").write_text(READERS)
        (tmp_path / "bulletins").mkdir()
        for day in days:
            said = f"{day:%-d %B, %Y}\n\nStory of {day:%B}\n\nThis is what it says.\n"
            (tmp_path / f"bulletins/{day:%m}.en.txt").write_text(said)
        return lambda *at: Instance(tmp_path, FixedClock(datetime(*at, 15, tzinfo=UTC)))

    return office


def states(instance):
    return {one.key: str(one.state) for one in instance.editions.editions("news")}


def asked(instance):
    return [edition.key for edition in waiting(instance.editions, instance.settings.newsletters[0]).editions]


@pytest.mark.parametrize("catch_up", ["", "catch_up: latest", "catch_up: all", "catch_up: none"])
def test_a_month_without_a_story_is_skipped_however_late_the_run_and_whatever_the_settings_say(office, catch_up):
    at = office(MONTHLY, date(2018, 3, 6), catch_up=catch_up)
    ran = run(at(2018, 7, 20))
    found = states(at(2018, 7, 20))
    with_march = {"catch_up: latest": {"2018-04": "missed", "2018-05": "missed", "2018-06": "finished"}}
    with_march["catch_up: all"] = {"2018-04": "finished"}
    skipped = dict.fromkeys(["2018-01", "2018-02", "2018-04", "2018-05", "2018-06"], "skipped")
    assert found == {**skipped, "2018-03": "missed", **with_march.get(catch_up, {})}
    assert asked(at(2018, 7, 20)) == ([] if catch_up else ["2018-03"])
    assert any("2018-01 is skipped: no story came for it" in said for said in ran.done)


NOT_MEANT_TO_GO = {
    "a date that is skipped": "skip: [2018-03-05]",
    "silence that stops the edition": "reviewers: {regional: {to: luis@example.org, then: skip}}",
    "too few stories": "minimum_stories: 2\n    thin_edition: defer",
}


@pytest.mark.parametrize("said", NOT_MEANT_TO_GO.values(), ids=NOT_MEANT_TO_GO)
def test_what_was_not_meant_to_go_out_is_not_missed_and_the_next_edition_has_its_stories(office, said):
    at = office(f"{MONTHLY}\n    {said}", date(2018, 2, 6))
    settings = at(2018, 2, 6).folder / "digest.yaml"
    if "reviewers" in said:
        settings.write_text(settings.read_text().replace("approval: none", "approval: required"))
    for day in ((2018, 2, 6), (2018, 3, 2), (2018, 3, 6), (2018, 3, 7)):
        run(at(*day))
    assert states(at(2018, 3, 6))["2018-02"] == "skipped"
    assert asked(at(2018, 3, 6)) == []
    due = status_of(at(2018, 3, 7), at(2018, 3, 7).settings.newsletters[0])
    assert [(one.key, one.arrivals + one.included) for one in due.editions if one.key == "2018-03"] == [("2018-03", 1)]


def test_a_story_that_comes_too_late_for_a_skipped_month_goes_into_the_next(office):
    at = office(MONTHLY)
    run(at(2018, 2, 6))
    assert states(at(2018, 2, 6)) == {"2018-01": "skipped"}
    (at(2018, 2, 6).folder / "bulletins/late.en.txt").write_text("9 January, 2018\n\nLate news\n\nText.\n")
    run(at(2018, 2, 7))
    assert states(at(2018, 2, 7))["2018-01"] == "skipped"
    run(at(2018, 3, 6))
    assert states(at(2018, 3, 6)) == {"2018-01": "skipped", "2018-02": "finished"}
    status = status_of(at(2018, 3, 6), at(2018, 3, 6).settings.newsletters[0])
    assert (status.late, status.missed) == ((), ())


def test_weeks_without_a_story_are_skipped_together_however_many_a_wrong_clock_has_left(office):
    """Not one by one, each with a look at all the others: a clock that began in 1970 leaves 2,500."""
    at = office("every: week\n    send: monday at 08:00", starts_on="2010-01-01")
    run(at(2010, 1, 2))
    (at(2018, 1, 9).folder / "bulletins/week.en.txt").write_text("3 January, 2018\n\nNews\n\nText.\n")
    instance, looks = at(2018, 1, 9), []
    with instance.database.read() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *said: looks.append(said[2]))
    ran = run(instance, clock_is_right=True)
    found = states(instance)
    assert found.pop("2018-W01") == "finished"
    assert set(found.values()) == {"skipped"}
    assert len(found) == 418
    assert sum("ORDER BY editions.newsletter" in one for one in looks) < 60  # looks at all editions
    assert any("415 more editions are skipped" in said for said in ran.done), ran.done
