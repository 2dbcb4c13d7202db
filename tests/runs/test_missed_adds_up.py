"""The rule of what is missed, as a sum: after any outages, with any schedule and any setting, every story that was
there in time is in an edition, waits, or was given up; and one word of a person lets nothing wait any more.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from doses import dose
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.cli.invocation import FixedClock
from digest.newsletters.edition import EditionState, Ruling
from digest.newsletters.schedule import CatchUp
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
    starts_on: 2018-01-01
    late_for: {late_for}
    audiences: [regional]
    languages: [en]
    approval: none
subscribers: subscribers.yaml
delivery: {{transport: files, path: out}}
"""
READERS = "subscribers:\n  - {address: ana@example.org, audiences: [regional]}\n"
RHYTHMS = [
    "every: month\n    send: day 5 at 09:00",
    "every: month\n    send: day 5 at 09:00\n    skip: [2018-03-05, 2018-04-05]",
    "every: 2 weeks\n    send: monday at 08:00",
    "every: quarter\n    send: day 2 at 08:00",
]
START = datetime(2018, 1, 2, 15, tzinfo=UTC)
LENGTH = 330  # days


@settings(max_examples=dose(4, 40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rhythm=st.sampled_from(RHYTHMS),
    catch_up=st.sampled_from([None, *CatchUp]),
    late_for=st.integers(0, 1),
    wakes=st.lists(st.integers(1, LENGTH), min_size=1, max_size=9, unique=True),
    story_days=st.lists(st.integers(0, LENGTH - 1), min_size=1, max_size=8, unique=True),
    word=st.sampled_from(list(CatchUp)),
)
def test_every_story_that_was_there_in_time_is_in_an_edition_waits_or_was_given_up(
    rhythm, catch_up, late_for, wakes, story_days, word
):
    with TemporaryDirectory() as name:
        folder = Path(name)
        said = "" if catch_up is None else f"catch_up: {catch_up.value}"
        (folder / "digest.yaml").write_text(SETTINGS.format(rhythm=rhythm, catch_up=said, late_for=late_for))
        (folder / "subscribers.yaml").write_text(
            "subscribers:\n  - {address: ana@example.org, audiences: [regional]}\n"
        )
        written = set[int]()
        for wake in sorted(wakes):
            now = START + timedelta(days=wake)
            written |= {each for each in story_days if each < wake}
            _write(folder, written)
            run(Instance(folder, FixedClock(now)))
            _check(folder, {*written}, given_up=catch_up is CatchUp.NONE)
        run(Instance(folder, FixedClock(now + timedelta(minutes=5))), catch_up={"news": word})
        instance = Instance(folder, FixedClock(now))
        assert instance.editions.waiting("news") == []
        _check(folder, written, given_up=CatchUp.NONE in (catch_up, word))


def _write(folder, days):
    (folder / "bulletins").mkdir(exist_ok=True)
    for number in days:
        on = (START + timedelta(days=number)).date()
        text = f"{on:%-d %B, %Y}\n\nStory number {number} of the office\n\nThis is what number {number} says.\n"
        path = folder / f"bulletins/{number}.en.txt"
        if not path.exists():
            path.write_text(text)


def _check(folder, written, *, given_up):
    instance = Instance(folder, FixedClock(START))
    editions = {edition.name: edition for edition in instance.editions.editions("news")}
    settled = instance.editions.settled("news")
    waiting = frozenset[str]().union(*(stories for _, stories in instance.editions.waiting("news")))
    stories = instance.items.stories()
    assert len(stories) == len(written)
    for story in stories:
        if story.id not in settled:
            due = _due(instance, story)
            assert story.id in waiting or due is None or due.is_open, (story, due)
            continue
        edition = editions[settled[story.id]]
        (verdict,) = [one for one in instance.editions.verdicts(edition) if one.story_id == story.id]
        if edition.state is EditionState.FINISHED:
            assert verdict.ruling is Ruling.INCLUDED, verdict
        else:
            assert given_up, (edition, verdict)
            assert verdict.ruling is Ruling.DROPPED
            assert edition.state is EditionState.MISSED


def _due(instance, story):
    from digest.editions.store import calendar_of

    newsletter = instance.settings.newsletters[0]
    period = calendar_of(newsletter, instance.editions).due_period(story)
    return next((one for one in instance.editions.editions("news") if one.period == period), None)


@pytest.mark.parametrize("how", list(CatchUp))
def test_a_word_where_nothing_waits_changes_nothing(tmp_path, how):
    (tmp_path / "digest.yaml").write_text(SETTINGS.format(rhythm=RHYTHMS[0], catch_up="", late_for=2))
    (tmp_path / "subscribers.yaml").write_text(READERS)
    _write(tmp_path, {3})
    run(Instance(tmp_path, FixedClock(START + timedelta(days=10))))
    before = Instance(tmp_path).editions.editions("news")
    run(Instance(tmp_path, FixedClock(START + timedelta(days=10, minutes=1))), catch_up={"news": how})
    assert [one.state for one in Instance(tmp_path).editions.editions("news")] == [one.state for one in before]
