"""The page about schedules: every sentence on it is read, and goes out as often as it says."""

import re
from datetime import date
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from digest.newsletters.schedule import Schedule
from digest.newsletters.sentences import read_rhythm
from digest.newsletters.settings import schedule_mistakes
from digest.newsletters.timetable import Timetable

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "schedules.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`[^`]+`|–) \| (`[^`]+`|–) \| (.+) \|$", re.MULTILINE)
HOW_OFTEN = {"day": 366, "week": 52, "2 weeks": 26, "month": 12, "quarter": 4}  # in the year 2024


def _key(cell: str) -> str | None:
    return None if cell == "–" else cell.strip("`")


def test_every_sentence_of_the_page_goes_out_as_often_as_it_says() -> None:
    rows = [(_key(every), _key(send), said) for every, send, said in ROW.findall(PAGE)][1:]  # without the heading
    assert len(rows) == 16
    for every, send, said in rows:
        rhythm = read_rhythm(every, send, None)
        times = Timetable(Schedule(kind=rhythm.kind, zone=ZoneInfo("UTC"), days=rhythm.days, time=rhythm.time))
        sent = [at for at, _ in islice(times.sendings(date(2024, 1, 1)), 400) if at.year == 2024]
        expected = HOW_OFTEN.get(every or "2 weeks", 12) * (2 if said.startswith("twice") else 1)
        assert abs(len(sent) - expected) <= 1, (every, send, len(sent))


def test_the_settings_of_the_page_have_no_mistake() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    monthly = yaml.load(blocks[0], yaml.BaseLoader)["newsletters"]["monthly"]  # noqa: S506 – texts only
    more = yaml.load(blocks[1], yaml.BaseLoader)  # noqa: S506 – the same
    assert list(schedule_mistakes((), {**monthly, **more})) == []
