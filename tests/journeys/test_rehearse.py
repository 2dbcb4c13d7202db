"""`digest rehearse`: the calendar in virtual time, over stories whose sums are known."""

import hashlib

import pytest

STORIES = """{day}

{title}

Some words about {place}.
"""


@pytest.fixture
def year(office):
    """Two stories a month from April to August 2018, and one in December."""
    days = [f"{day} {month}, 2018" for month in ("April", "May", "June", "July", "August") for day in (3, 20)]
    text = "\n".join(
        STORIES.format(day=day, title=f"Story number {n} from Guatemala", place="Guatemala")
        for n, day in enumerate([*days, "31 December, 2018"], 1)
    )
    (office.folder / "bulletins/july.en.txt").unlink()
    office.write("bulletins/all.en.txt", text)
    return office


def rows(office, *arguments, code=0):
    found = office.json("rehearse", *arguments, code=code)
    assert found["broken"] == []
    return [(one["edition"], one["at"][:16], one["state"], one["stories"], one["late"]) for one in found["editions"]]


def test_each_month_goes_out_in_the_next_at_local_time_with_its_stories(year):
    assert rows(year, "--from", "2018-04-01", "--to", "2018-07-31") == [
        ("monthly/2018-04", "2018-05-05T09:00", "finished", 2, 0),
        ("monthly/2018-05", "2018-06-05T09:00", "finished", 2, 0),
        ("monthly/2018-06", "2018-07-05T09:00", "finished", 2, 0),
    ]


def test_a_month_may_be_written_without_its_days_and_the_last_day_counts(year):
    assert rows(year, "--from", "2018-04", "--to", "2018-07") == rows(
        year, "--from", "2018-04-01", "--to", "2018-07-31"
    )
    assert rows(year, "--from", "2018-04", "--to", "2018-05-05") == [
        ("monthly/2018-04", "2018-05-05T09:00", "finished", 2, 0)
    ]
    assert rows(year, "--from", "2018-04", "--to", "2018-05-04") == []


def test_what_lies_before_the_first_day_is_not_made_up_for(year):
    assert [row[0] for row in rows(year, "--from", "2018-07-01", "--to", "2018-08-31")] == ["monthly/2018-07"]


def test_after_an_outage_the_stories_wait_and_operators_are_told_what_to_type(year):
    found = year.json("rehearse", "--from", "2018-04", "--to", "2018-08", "--outage", "2018-05-01..2018-07-20")
    assert [(one["edition"], one["state"]) for one in found["editions"]] == [
        ("monthly/2018-04", "missed"),
        ("monthly/2018-05", "missed"),
        ("monthly/2018-06", "missed"),
        ("monthly/2018-07", "finished"),
    ]
    (told,) = [one for one in found["told"] if "--catch-up" in one["said"]]
    assert told["code"] == 3
    assert "6 stories wait since 5 May 2018" in told["said"]
    assert [one["where"] for one in found["stories"]] == 6 * ["waits"] + 2 * ["sent"] + 2 * ["waits"]


def test_with_catch_up_latest_the_latest_goes_out_with_what_was_missed(year):
    settings = (year.folder / "digest.yaml").read_text()
    year.write("digest.yaml", settings.replace("    every: month\n", "    every: month\n    catch_up: latest\n"))
    found = rows(year, "--from", "2018-04", "--to", "2018-08", "--outage", "2018-05-01..2018-07-20")
    assert found == [
        ("monthly/2018-04", "2018-05-05T09:00", "missed", 0, 0),
        ("monthly/2018-05", "2018-06-05T09:00", "missed", 0, 0),
        ("monthly/2018-06", "2018-07-20T00:00", "finished", 6, 4),
        ("monthly/2018-07", "2018-08-05T09:00", "finished", 2, 0),
    ]


def test_stories_that_come_late_go_into_the_next_edition_and_are_marked(year):
    found = rows(year, "--from", "2018-04", "--to", "2018-08", "--late", "20")
    assert found == [
        ("monthly/2018-04", "2018-05-05T09:00", "finished", 1, 0),
        ("monthly/2018-05", "2018-06-05T09:00", "finished", 2, 1),
        ("monthly/2018-06", "2018-07-05T09:00", "finished", 2, 1),
        ("monthly/2018-07", "2018-08-05T09:00", "finished", 2, 1),
    ]


def test_one_story_can_be_late(year):
    (story,) = [one for one in _items(year) if one["title"] == "Story number 2 from Guatemala"]
    found = rows(year, "--from", "2018-04", "--to", "2018-06", "--late", f"{story['id']}=30")
    assert [row[3:] for row in found] == [(1, 0), (3, 1)]


def test_a_clock_that_steps_back_stops_the_runs_until_it_is_right_again(year):
    told = year.json("rehearse", "--from", "2018-04", "--to", "2018-06", "--clock", "2018-05-05T09:00=-3h")
    assert any("jumped back" in one["said"] and one["code"] == 3 for one in told["told"])
    assert [one["state"] for one in told["editions"]] == ["finished", "finished"]
    assert told["editions"][0]["at"][:10] in ("2018-05-05", "2018-05-06")


def test_with_the_holidays_of_a_country_a_sending_moves_to_a_working_day(year):
    settings = (year.folder / "digest.yaml").read_text()
    year.write("digest.yaml", settings.replace("day 5 at 09:00", "day 1 at 09:00"))
    assert rows(year, "--from", "2018-04", "--to", "2018-05")[0][1] == "2018-05-01T09:00"
    assert rows(year, "--from", "2018-04", "--to", "2018-05", "--holidays", "CR")[0][1] == "2018-05-02T09:00"


def test_an_empty_month_is_skipped(year):
    found = rows(year, "--from", "2018-08", "--to", "2018-11")
    assert [(row[0], row[2]) for row in found] == [
        ("monthly/2018-08", "finished"),
        ("monthly/2018-09", "skipped"),
        ("monthly/2018-10", "skipped"),
    ]


def test_a_story_of_the_last_day_of_december_goes_out_in_january(year):
    assert rows(year, "--from", "2018-12", "--to", "2019-01") == [
        ("monthly/2018-12", "2019-01-05T09:00", "finished", 1, 0)
    ]


def test_unapproved_editions_wait_and_operators_are_told_once(year):
    told = year.json("rehearse", "--from", "2018-04", "--to", "2018-05", "--unapproved")["told"]
    waits = [one["said"] for one in told]
    assert len(waits) == len(set(waits))
    assert any(one["code"] == 0 and "waits for approval" in one["said"] for one in told)
    assert any(one["code"] == 3 and "nobody has approved it" in one["said"] for one in told)


def test_nothing_in_the_workspace_changes(year):
    year.run("collect")
    before = _tree(year.folder)
    year.run("rehearse", "--from", "2018-04", "--to", "2018-06")
    assert _tree(year.folder) == before


def test_a_workspace_with_a_history_is_rehearsed_from_a_blank_page(year):
    year.run("build", "--period", "2018-04")
    year.run("approve", "2018-04", "--by", "Marta")
    year.run("send", "2018-04", "--yes")
    assert len(rows(year, "--from", "2018-04", "--to", "2018-07")) == 3


def test_readers_see_a_table_and_a_sum(year):
    ran = year.run("rehearse", "--from", "2018-04", "--to", "2018-06")
    assert "Sat 2018-05-05 09:00" in ran.stdout
    assert "2 editions with 4 stories" in ran.stderr
    assert "Nothing was sent" in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "soon", "--to", "2018-06"),
        ("--from", "2018-06", "--to", "2018-04"),
        ("--from", "2018-04", "--to", "2018-13"),
        ("--from", "2018-04", "--to", "2018-06", "--outage", "2018-05-01"),
        ("--from", "2018-04", "--to", "2018-06", "--outage", "2018-05-10..2018-05-01"),
        ("--from", "2018-04", "--to", "2018-06", "--clock", "2018-05-01=back"),
        ("--from", "2018-04", "--to", "2018-06", "--late", "a lot"),
        ("--to", "2018-06"),
    ],
)
def test_what_cannot_be_understood_is_wrong_usage(year, arguments):
    year.run("rehearse", *arguments, code=2)


def _items(office):
    office.run("collect")
    return office.json("items")


def _tree(folder):
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_special_edition_takes_its_stories_and_what_it_leaves_open_is_named(year):
    """It is made when the last of its stories has become known, for the span is over."""
    special = ("Story number 3 from Guatemala", "Story number 5 from Guatemala")
    named = [word for title in special for word in ("--story", title)]
    year.run("build", "--special", "Floods", "--audiences", "guatemala", *named)
    found = year.json("rehearse", "--from", "2018-04", "--to", "2018-07")
    assert found["broken"] == []
    assert [(one["edition"], one["at"][:10], one["state"], one["stories"]) for one in found["editions"]] == [
        ("monthly/2018-04", "2018-05-05", "finished", 2),
        ("monthly/special-floods", "2018-06-03", "finished", 2),
        ("monthly/2018-05", "2018-06-05", "finished", 1),
        ("monthly/2018-06", "2018-07-05", "finished", 1),
    ]
    opened = {one["title"]: one["because"] for one in found["stories"] if one["where"] == "open"}
    why = "Whole region (not among those for whom this special edition was made)"
    assert opened == dict.fromkeys(special, f"Floods – monthly/special-floods: open for {why}")
    said = year.run("rehearse", "--from", "2018-04", "--to", "2018-07").stderr
    assert "8 stories: 6 sent, 2 wait, 0 left out, 0 lost. 2 of them are open for a part" in said
    unapproved = year.json("rehearse", "--from", "2018-04", "--to", "2018-07", "--unapproved")
    assert {one["where"] for one in unapproved["stories"]} == {"waits"}
