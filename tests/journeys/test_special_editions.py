"""Special editions: outside the calendar, about one occasion, with the stories that people take into them."""

import re
import sqlite3
from contextlib import closing

import pytest

BOTH = ("Police in Guatemala", "Shelter opens")
FLOODS = "special-floods-in-peten"


@pytest.fixture
def special(office):
    """July is drafted with two stories, and a special edition with one of them."""
    office.run("build", "july")
    office.run("build", "--special", "Floods in Petén", "--story", BOTH[0])
    return office


def states(office):
    return {one["period"]: one["state"] for one in office.json("status")[0]["editions"]}


def send(office, name):
    office.run("approve", name, "--by", "Marta")
    return office.run("send", name, "--yes")


def stories(office, address):
    """What its head says of when it is, or of what → whether each of the two stories is in the mail."""
    texts = [mail.get_body(("plain",)).get_content() for mail in office.messages().get(address, [])]
    return {
        re.search(r"([^·\n]+) · \d+ min (?:read|de lectura)", text)[1].strip(): tuple(title in text for title in BOTH)
        for text in texts
    }


def test_it_has_a_name_of_its_own_that_every_command_takes(special):
    again = special.run("build", FLOODS)
    assert f"Floods in Petén – monthly/{FLOODS}" in again.stdout
    page = special.folder / "page.html"
    for name in (FLOODS, f"monthly/{FLOODS.upper()}"):
        special.run("preview", name, "--once", str(page))
        for command in ("check", "review", "plan"):
            special.run(command, name)
    assert "Floods in Petén" in page.read_text()
    assert states(special) == {"2018-07": "draft", FLOODS: "draft"}
    assert f"there is: {FLOODS}" in special.run("check", "special-flood", code=2).stderr


def test_it_is_sent_to_everybody_and_takes_its_stories_out_of_the_drafts_which_say_so(special):
    told = special.run("build", FLOODS).stderr
    assert "Once it is approved, July 2018 – monthly/2018-07 is drafted again without its stories." in told
    approved = special.run("approve", FLOODS, "--by", "Marta")
    assert "July 2018 – monthly/2018-07 was drafted again without 1 story that is taken now." in approved.stderr
    assert "finished" in special.run("send", FLOODS, "--yes").stdout
    assert stories(special, "ben@example.org") == {"Floods in Petén": (True, False)}
    send(special, "july")
    assert stories(special, "ben@example.org") == {
        "Floods in Petén": (True, False),
        "July 2018": (False, True),
    }
    assert states(special) == {"2018-07": "finished", FLOODS: "finished"}
    explained = special.run("explain", BOTH[0]).stdout
    assert f"{FLOODS} (finished): included" in explained
    assert "Sent to all 2 readers" in special.run("report", FLOODS).stdout


def test_a_story_that_an_edition_has_taken_is_refused_and_nothing_has_changed(office):
    office.run("build", "july")
    send(office, "july")
    refused = office.run("build", "--special", "Floods", "--story", BOTH[1], code=3)
    assert "monthly/2018-07 has taken it, and nobody is sent a story twice" in refused.stderr
    assert states(office) == {"2018-07": "finished"}


def test_while_it_is_a_draft_its_stories_are_free_and_then_it_says_that_they_are_gone(special):
    told = special.run("approve", "july", "--by", "Marta").stderr
    assert f"Floods in Petén – monthly/{FLOODS} was drafted again without 1 story that is taken now." in told
    special.run("send", "july", "--yes")
    special.run("approve", FLOODS, "--by", "Marta", code=3)
    assert stories(special, "ben@example.org") == {"July 2018": (True, True)}
    assert states(special)[FLOODS] == "skipped"


def test_a_draft_with_stories_that_are_taken_is_not_approved_and_a_run_drafts_it_again(special):
    """As when the program was killed between the two."""
    with closing(sqlite3.connect(special.folder / "digest.db")) as database, database:
        item = special.json("items")[0]["id"]
        story = database.execute("SELECT story_id FROM items WHERE id = ?", (item,)).fetchone()[0]
        number = database.execute("SELECT number FROM editions WHERE period = ?", (FLOODS,)).fetchone()[0]
        database.execute(
            "INSERT INTO settled (newsletter, story_id, edition) VALUES ('monthly', ?, ?)", (story, number)
        )
        database.execute("UPDATE editions SET state = 'sealed' WHERE number = ?", (number,))
    said = f"1 story of it is in monthly/{FLOODS} by now"
    assert said in special.run("approve", "july", "--by", "Marta", code=3).stderr
    assert said in special.run("check", "july", code=3).stderr
    told = "monthly/2018-07 was drafted again: another edition has taken stories of it"
    assert told in special.run("-v", "run", code=3).stderr
    special.run("approve", "july", "--by", "Marta")


def test_it_can_be_made_for_some_audiences_and_the_others_are_told_the_true_reason(office):
    built = office.run(
        "build", "--special", "Floods", "--audiences", "guatemala", "--story", BOTH[0], "--title", "es=Ríos"
    )
    assert "also concern Whole region. For whoever chose only these they stay open once it is approved" in built.stderr
    sent = send(office, "special-floods")
    assert stories(office, "ana@example.org") == {"Ríos": (True, False)}
    assert stories(office, "ben@example.org") == {}
    why = "Whole region was not among those for whom this special edition was made"
    assert why in sent.stderr
    for looked in (["report", "special-floods"], ["explain", "ben@example.org"]):
        assert why in " ".join(office.run(*looked).stdout.split())
    explained = office.run("explain", BOTH[0], "--as", "ben@example.org").stdout
    assert "Whole region does not take it (the special edition is not for it)" in explained
    assert "not yet" in explained.lower()
    way = "digest send monthly/special-floods --part regional"
    for looked in (["report", "special-floods"], ["explain", "ben@example.org"], ["explain", BOTH[0]]):
        assert way in " ".join(office.run(*looked).stdout.split())
    office.run("send", "special-floods", "--part", "regional", "--yes", code=3)
    send(office, "special-floods/regional")
    assert stories(office, "ben@example.org") == {"Floods": (True, False)}
    assert office.json("status")[0]["open_parts"] == []


def test_the_same_title_means_the_same_draft_and_more_stories_can_be_added(special):
    special.run("build", "--special", "floods in Peten", "--story", BOTH[1])
    assert states(special) == {"2018-07": "draft", FLOODS: "draft"}
    send(special, FLOODS)
    assert stories(special, "ben@example.org") == {"Floods in Peten": (True, True)}
    assert "it has gone out to its readers" in special.run("build", "--special", "Floods in Petén", code=2).stderr


def test_what_its_plan_leaves_out_is_left_to_the_calendar(special):
    special.run("build", FLOODS, "--story", BOTH[1])
    dropped = special.run("plan", "drop", BOTH[1], "--period", FLOODS)
    assert "left to the calendar's editions" in dropped.stdout
    special.run("build", FLOODS)
    send(special, FLOODS)
    send(special, "july")
    assert stories(special, "ben@example.org")["July 2018"] == (False, True)


def test_an_approval_that_is_taken_back_and_a_draft_that_is_given_up_give_the_stories_back(special):
    special.run("approve", FLOODS, "--by", "Marta")
    assert (
        "Marta has approved it: there is no draft of it to give up"
        in special.run("build", FLOODS, "--give-up", code=3).stderr
    )
    special.run("reopen", FLOODS, "--by", "Marta", "--because", "not yet")
    given_up = special.run("build", FLOODS, "--give-up")
    assert "is given up; its stories are as they were" in given_up.stdout
    assert states(special)[FLOODS] == "missed"
    special.run("build", "july")
    send(special, "july")
    assert stories(special, "ben@example.org") == {"July 2018": (True, True)}


def test_the_calendar_never_sends_it_and_a_run_says_that_a_person_does(special):
    special.run("approve", FLOODS, "--by", "Marta")
    ran = special.run("run", code=3)
    assert f"it is approved, and goes out when a person sends it: digest send monthly/{FLOODS}" in ran.stderr
    assert states(special)[FLOODS] == "sealed"
    assert special.messages() == {}
    assert f"{FLOODS} goes out when a person sends it" in " ".join(special.run("status").stdout.split())
    assert "0 lost" in special.run("rehearse", "--from", "2018-06", "--to", "2018-10").stderr
    special.run("send", FLOODS, "--yes")
    assert special.run("run").stderr == ""


def test_it_takes_what_waits_because_an_edition_was_missed(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: required\n    starts_on: 2018-07-01"))
    assert "2 stories wait" in office.run("run", "--now", "2018-12-20T09:00", code=3).stderr
    office.run("build", "--special", "News of the summer", "--waiting")
    send(office, "special-news-of-the-summer")
    assert stories(office, "ben@example.org") == {"News of the summer": (True, True)}
    assert office.json("status", "--now", "2018-12-20T09:00")[0]["unsent"]["stories"] == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--special", "¡!", "--story", BOTH[1]],
        ["--special", "Floods"],
        ["--special", "Floods", "--story", BOTH[1], "--audiences", "nobody"],
        ["--special", "Floods", "--story", BOTH[1], "--title", "Inundaciones"],
        ["july", "--special", "Floods", "--story", BOTH[1]],
        ["july", "--story", BOTH[1]],
        ["july", "--give-up"],
        ["--give-up"],
        ["--story", BOTH[1]],
        ["july", "--audiences", "guatemala"],
    ],
    ids=" ".join,
)
def test_what_makes_no_special_edition_is_refused_and_changes_nothing(office, words):
    office.run("build", *words, code=2)
    assert set(states(office).values()) <= {"not built"}


def test_a_special_edition_can_be_reissued(special):
    send(special, FLOODS)
    special.run("reissue", FLOODS, "--because", "a wrong number")
    assert "finished" in send(special, f"{FLOODS}.2").stdout
    subjects = [mail["Subject"] for mail in special.messages()["ben@example.org"]]
    assert sum(subject.startswith("Correction: ") for subject in subjects) == 1
