"""What becomes of news whose edition was missed: it waits for a person's word, or goes where the settings say, and none
is ever lost.
"""

import signal

import pytest

WAKES = "2018-12-20T09:00"
MONTHS = ["April", "May", "June", "July", "August", "September", "October"]
APRIL = "2018-05-05T09:00"


@pytest.fixture
def year(office):
    """An office without approval, with two stories a month from April to October; April's edition has gone out."""
    settings = (office.folder / "digest.yaml").read_text()
    office.write(
        "digest.yaml", settings.replace("approval: required", "approval: none\n    starts_on: 2018-04-01\n    # more")
    )
    (office.folder / "bulletins/july.en.txt").unlink()
    office.write("bulletins/april.en.txt", stories("April"))
    office.run("run", "--now", APRIL)
    office.write("bulletins/later.en.txt", "\n".join(map(stories, MONTHS[1:])))
    return office


def stories(month):
    return "\n".join(
        f"{day} {month}, 2018\n\nStory of {day} {month} from Guatemala\n\nWords about {month} {day}.\n"
        for day in (3, 20)
    )


def says(office, key, value):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("    # more", f"    {key}: {value}\n    # more"))


def states(office):
    return {one["period"]: one["state"] for one in office.json("status", "--all")[0]["editions"]}


def text(office, address="ben@example.org"):
    return [mail.get_body(("plain",)).get_content() for mail in office.messages()[address]]


def missing(office):
    """The stories that no mail to Ben has."""
    told = "\n".join(text(office))
    return [f"{day} {month}" for month in MONTHS for day in (3, 20) if f"Story of {day} {month} from" not in told]


def test_after_an_outage_of_months_a_person_is_asked_and_nothing_is_lost(year):
    ran = year.run("run", "--now", WAKES, code=3)
    assert "12 stories wait since 5 June 2018" in ran.stderr
    assert "digest run --catch-up latest" in ran.stderr
    assert year.run("run", "--now", "2018-12-20T09:05", code=3).stderr == ""  # said once
    (stands,) = year.json("status", "--now", WAKES)
    assert stands["unsent"]["stories"] == 12
    assert stands["next"]["stories"] == 0
    assert "12 stories wait since 5 June 2018" in " ".join(year.run("status", "--now", WAKES).stdout.split())
    assert len(text(year)) == 1


def test_regular_editions_do_not_take_what_waits(year):
    year.run("run", "--now", WAKES, code=3)
    year.write("bulletins/december.en.txt", stories("December"))
    year.run("run", "--now", "2019-01-05T09:00", code=3)
    assert len(text(year)) == 2
    assert "Story of 3 December" in text(year)[1]
    assert "October" not in text(year)[1]


def test_latest_makes_the_latest_with_all_that_waits_under_a_heading_of_its_own(year):
    year.run("run", "--now", WAKES, code=3)
    year.run("run", "--now", "2018-12-20T10:00", "--catch-up", "latest")
    assert missing(year) == []
    (_, mail) = text(year)
    heading = mail.upper().rindex("FROM EDITIONS THAT DID NOT GO OUT")
    assert mail.rindex("Story of 3 October") < heading < mail.rindex("Story of 20 May")
    year.run("run", "--now", "2018-12-20T10:05")
    assert len(text(year)) == 2


def test_catching_up_that_is_killed_is_done_by_the_same_command_again(year):
    year.run("run", "--now", WAKES, code=3)
    again = ("run", "--now", "2018-12-20T10:00", "--catch-up", "all")
    year.run(*again, code=-signal.SIGKILL, DIGEST_FAIL="missed.before:kill")
    assert "finished" not in {state for key, state in states(year).items() if key > "2018-04"}
    year.run(*again)
    assert missing(year) == []


def test_all_makes_each_of_them(year):
    year.run("run", "--now", WAKES, code=3)
    year.run("run", "--now", "2018-12-20T10:00", "--catch-up", "all")
    assert missing(year) == []
    assert len(text(year)) == 7
    assert [state for period, state in states(year).items() if "2018-05" <= period <= "2018-10"] == 6 * ["finished"]


def test_none_gives_them_up_and_says_so_of_each(year):
    year.run("run", "--now", WAKES, code=3)
    ran = year.run("run", "--now", "2018-12-20T10:00", "--catch-up", "none")
    assert "12 stories were given up" in ran.stderr
    assert len(text(year)) == 1
    told = year.run("explain", "Story of 3 June from Guatemala").stdout
    assert "a person gave up what was missed" in told
    year.run("run", "--now", "2018-12-21T10:00")


def test_the_word_may_come_before_any_run_has_seen_the_outage(year):
    year.run("run", "--now", WAKES, "--catch-up", "latest")
    assert missing(year) == []


def test_what_the_settings_say_decides_alone(year):
    says(year, "catch_up", "latest")
    year.run("run", "--now", "2018-11-20T09:00")
    assert missing(year) == []
    assert "FROM EDITIONS THAT DID NOT GO OUT" in text(year)[1].upper()


def test_catch_up_none_in_the_settings_gives_up_and_explains(year):
    says(year, "catch_up", "none")
    year.run("run", "--now", "2018-11-20T09:00")
    assert len(text(year)) == 1
    assert "catch_up: none" in year.run("explain", "Story of 3 June from Guatemala").stdout


def test_a_waiting_story_can_be_dropped_alone(year):
    year.run("run", "--now", WAKES, code=3)
    year.run("plan", "drop", "Story of 3 June from Guatemala", "--because", "out of date")
    assert year.json("status", "--now", WAKES)[0]["unsent"]["stories"] == 11
    assert "out of date" in year.run("explain", "Story of 3 June from Guatemala").stdout
    year.run("run", "--now", "2018-12-20T10:00", "--catch-up", "latest")
    assert missing(year) == ["3 June"]


@pytest.mark.parametrize("month", ["June", "October"])
@pytest.mark.parametrize("how", ["latest", "all"])
def test_a_story_that_was_dropped_stays_dropped_when_its_edition_is_made(year, month, how):
    """October's is the edition that `latest` makes."""
    year.run("run", "--now", WAKES, code=3)
    year.run("plan", "drop", f"Story of 3 {month} from Guatemala", "--because", "out of date")
    year.run("run", "--now", "2018-12-20T10:00", "--catch-up", how)
    assert missing(year) == [f"3 {month}"]
    assert "out of date" in year.run("explain", f"Story of 3 {month} from Guatemala").stdout


def test_other_words_of_a_plan_say_what_to_do_first(year):
    year.run("run", "--now", WAKES, code=3)
    assert "--catch-up" in year.run("plan", "lead", "Story of 3 June from Guatemala", code=3).stderr


def test_a_missed_edition_can_be_taken_up_by_hand_with_its_own_stories(year):
    year.run("run", "--now", WAKES, code=3)
    year.run("reopen", "2018-06", "--by", "Marta", "--because", "we send it after all")
    year.run("build", "--period", "2018-06")
    year.run("send", "2018-06", "--yes")
    assert "Story of 3 June" in text(year)[1]
    assert year.json("status", "--now", WAKES)[0]["unsent"]["stories"] == 10


def test_a_story_that_is_withdrawn_while_it_waits_waits_no_more(year):
    year.run("run", "--now", WAKES, code=3)
    year.write("bulletins/later.en.txt", "\n".join(map(stories, MONTHS[1:-1])))
    assert "10 stories wait" in year.run("run", "--now", "2018-12-21T09:00", code=3).stderr


def test_a_story_that_nobody_asked_for_makes_nobody_wait(year):
    settings = (year.folder / "digest.yaml").read_text()
    year.write("digest.yaml", settings.replace("[regional, guatemala]", "[guatemala]"))
    year.write(
        "subscribers.yaml", "subscribers:\n  - {address: ana@example.org, language: es, audiences: [guatemala]}\n"
    )
    (year.folder / "bulletins/later.en.txt").unlink()
    year.write("bulletins/mexico.en.txt", "3 May, 2018\n\nA shelter opens in Mexico\n\nIt has forty beds.\n")
    assert year.run("run", "--now", "2018-07-20T09:00").stderr == ""


def test_news_that_came_after_its_edition_was_closed_is_late_by_the_old_rule(year):
    year.run("run", "--now", WAKES, code=3)
    year.write("bulletins/forgotten.en.txt", "28 September, 2018\n\nA forgotten story of Guatemala\n\nWords.\n")
    year.run("run", "--now", "2019-01-05T09:00", code=3)
    assert "too late" in year.run("explain", "A forgotten story of Guatemala").stdout or "too-old" in str(
        year.json("explain", "A forgotten story of Guatemala")
    )


def test_one_sending_that_was_missed_alone_is_made_late(year):
    (year.folder / "bulletins/later.en.txt").write_text(stories("May"))
    year.run("run", "--now", "2018-06-17T09:00")
    assert "Story of 3 May" in text(year)[1]


def test_what_nobody_approved_in_time_waits_as_well(year):
    settings = (year.folder / "digest.yaml").read_text()
    year.write("digest.yaml", settings.replace("approval: none", "approval: required"))
    (year.folder / "bulletins/later.en.txt").write_text(stories("May") + "\n" + stories("June"))
    for now in ("2018-06-01T09:00", "2018-07-01T09:00", "2018-07-02T09:00"):
        year.run("run", "--now", now, code=None)
    year.run("run", "--now", "2018-06-05T09:00", code=3)
    ran = year.run("run", "--now", "2018-07-05T09:00", code=3)
    assert "2 stories wait since 5 June 2018" in ran.stderr
    assert "monthly/2018-06: it should have gone out" in ran.stderr


def test_a_person_catches_up_with_one_newsletter_and_leaves_the_others_waiting(year):
    settings = (year.folder / "digest.yaml").read_text()
    monthly = settings.partition("  monthly:\n")[2].partition("subscribers:")[0]
    year.write("digest.yaml", settings.replace("subscribers: sub", f"  other:\n{monthly}subscribers: sub"))
    year.run("run", "--now", WAKES, code=4)  # readers have to say which
    year.run("run", "--newsletter", "monthly", code=2)
    refused = year.run("run", "--catch-up", "none", "--newsletter", "monthyl", "--now", WAKES, code=None)
    assert "monthly" in refused.stderr
    year.run("run", "--catch-up", "none", "--newsletter", "monthly", "--now", "2018-12-20T10:00", code=4)
    waits = {one["newsletter"]: one["unsent"]["stories"] for one in year.json("status", "--now", "2018-12-20T10:00")}
    assert waits["monthly"] == 0
    assert waits["other"] > 0
