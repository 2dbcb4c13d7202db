"""Items whose dates lie beyond the next edition: a person is asked, and until then they stand in none."""

import pytest

WRONG = "\n3 November, 2062\n\nCampaign against child labour in Mexico\n\nText.\n"


@pytest.fixture
def asked(office):
    """An office in which one of three dates is wrong."""
    office.write("bulletins/more.en.txt", WRONG)
    return office


def waiting(office):
    (one,) = [item for item in office.json("items", code=3) if item["date_state"] == "waiting"]
    return one["id"][:8]


def kept_out(office):
    """Nothing of it is in an edition, or in what waits for one."""
    office.run("build", "--all", code=None)
    editions = office.json("status")[0]["editions"]
    return all(not one["period"].startswith("20") or one["period"] == "2018-07" for one in editions)


def test_collect_says_where_it_stands_and_what_to_do_and_counts_it_apart(asked):
    said = asked.run("collect", code=3)
    assert said.stdout.startswith("newsroom: 2 new, 1 waits: its date is 2062-11-03\n")
    assert "more.en.txt:2: its date is 2062-11-03" in said.stderr
    assert f"digest items confirm {waiting(asked)}" in said.stderr
    assert asked.run("collect", code=3).stdout.startswith("newsroom: 2 unchanged, 1 waits: its date is 2062-11-03\n")
    (source,) = asked.json("collect", code=3)
    assert [one["date"] for one in source["waiting"]] == ["2062-11-03"]


def test_nothing_of_it_is_in_an_edition_and_no_month_has_its_name(asked):
    assert kept_out(asked)
    asked.run("preview", "november", "--once", "page.html", code=2)
    refused = asked.run("build", "november", code=2)
    assert "2062" not in refused.stderr.split("→")[-1]


def test_run_and_status_say_so_until_it_is_decided(asked):
    assert "its date is 2062-11-03" in asked.run("run", code=3).stderr
    asked.run("run", code=3)
    assert f"digest items confirm {waiting(asked)}" in asked.run("status").stdout
    assert "2062-11-03" in asked.run("explain", waiting(asked)).stdout
    asked.run("items", "forget", waiting(asked))
    asked.run("run", code=None)
    assert "2062" not in asked.run("status").stdout.split("Last run")[0]


def test_a_person_may_say_that_it_is_right(asked):
    asked.run("collect", code=3)
    said = asked.run("items", "confirm", waiting(asked)).stdout
    assert "goes into the edition of 2062-11-03" in said
    assert asked.run("collect").stdout.startswith("newsroom: 3 unchanged\n")
    asked.run("build", "november 2062")
    assert "1" in asked.run("check", "2062-11").stdout


def test_a_corrected_date_asks_nobody(asked):
    asked.run("collect", code=3)
    asked.write("bulletins/more.en.txt", WRONG.replace("November, 2062", "July, 2018"))
    assert asked.run("collect").stdout.startswith("newsroom: 1 changed, 2 unchanged\n")
    assert " 3 " in asked.run("build", "july").stdout


@pytest.mark.parametrize("first", ["confirm", "forget"])
def test_what_was_decided_holds_for_that_date_alone(asked, first):
    asked.run("collect", code=3)
    asked.run("items", first, waiting(asked))
    asked.run("collect")
    asked.write("bulletins/more.en.txt", WRONG.replace("2062", "2063"))
    assert "its date is 2063-11-03" in asked.run("collect", code=3).stdout


def test_a_forgotten_one_stands_in_no_edition_and_nobody_is_asked_again(asked):
    asked.run("collect", code=3)
    asked.run("items", "forget", waiting(asked))
    assert asked.run("collect").stdout.startswith("newsroom: 3 unchanged\n")
    assert kept_out(asked)
    assert "(forgotten)" in asked.run("items").stdout


def test_one_that_was_taken_out_of_its_file_asks_nobody(asked):
    asked.run("collect", code=3)
    (asked.folder / "bulletins/more.en.txt").unlink()
    assert asked.run("collect").stdout.startswith("newsroom: 2 unchanged, 1 withdrawn\n")
    assert kept_out(asked)


def test_only_what_waits_can_be_decided(asked):
    asked.run("collect", code=3)
    other = next(item["id"] for item in asked.json("items", code=3) if item["date_state"] == "accepted")
    for command in ("confirm", "forget"):
        for name in (other, "ffff0000"):
            asked.run("items", command, waiting(asked), name, code=2)
    assert waiting(asked)


def test_the_window_of_now_and_the_next_one_ask_nobody(office):
    """The clock of the office is put into July 2018."""
    office.write("bulletins/august.en.txt", "31 August, 2018\n\nNews of August from Mexico\n\nText.\n")
    office.write("bulletins/september.en.txt", "1 September, 2018\n\nNews of September from Mexico\n\nText.\n")
    ran = office.run("run", "--now", "2018-07-20T09:00", code=3)
    assert "its date is 2018-09-01" in ran.stderr
    assert "2018-08-31" not in ran.stderr
