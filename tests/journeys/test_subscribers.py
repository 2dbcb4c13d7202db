"""Somebody looks after the list: each person gets one mail or none, and the screens say which."""

import pytest

ROW = "  - {{address: {0}, name: {1}, language: en, audiences: [regional]}}\n"
PEOPLE = {"luis.perez@gov.example": "Luis Pérez", "ana@example.org": "Ana López", "ben@example.org": "Ben"}


@pytest.fixture
def listed(office):
    """Write the subscriber file, and say what the program answers to `list`."""

    def listed(people, code=0):
        office.write("subscribers.yaml", "subscribers:\n" + "".join(ROW.format(*one) for one in people.items()))
        return office.run("subscribers", "list", code=code)

    return listed


def states(office):
    return {one["address"]: one["state"] for one in office.json("subscribers", "list")}


def test_a_corrected_address_gets_one_mail_and_the_old_one_none(office, listed):
    listed(PEOPLE)
    corrected = {one.replace("gov.example", "gob.example"): name for one, name in PEOPLE.items()}
    said = listed(corrected, code=4).stderr
    assert "subscribers.yaml:2: this address is new" in said
    assert "luis.perez@gob.example" not in states_of(office)
    shown = office.run("subscribers", "sync", "--dry-run").stdout
    assert "luis.perez@gob.example is new; luis.perez@gov.example is no longer there" in shown
    assert "say --yes" in office.run("subscribers", "sync", code=2).stderr
    office.run("subscribers", "sync", "--yes", "--by", "Marta")
    assert states(office) == dict.fromkeys(corrected, "active")
    events = office.json("subscribers", "show", "luis.perez@gob.example")["events"]
    assert [(event["step"], event["by"]) for event in events] == [("changed", "Marta")]


def states_of(office):
    return {one["address"] for one in office.json("subscribers", "list", code=4)}


def test_who_is_taken_out_of_the_file_is_named_until_somebody_says_what_becomes_of_them(office, listed):
    listed(PEOPLE)
    rest = {one: name for one, name in PEOPLE.items() if name != "Ben"}
    said = listed(rest).stderr
    assert "Ben is no longer here and still gets monthly" in said
    assert states(office)["ben@example.org"] == "active"
    office.run("subscribers", "remove", "ben@example.org", "--by", "Marta", "--because", "moved away")
    assert "Ben" not in listed(rest).stderr
    assert states(office)["ben@example.org"] == "removed"
    assert "it brings nobody back" in office.run("subscribers", "remove", "ana@example.org").stderr
    assert states(office)["ana@example.org"] == "removed"


def test_who_was_added_by_hand_is_not_missed_in_the_file(office, listed):
    listed(PEOPLE)
    add = ("subscribers", "add", "eva@example.org", "--audience", "guatemala", "--language", "es", "--consent", "fair")
    office.run(*add, "--by", "Marta")
    assert "no longer" not in listed(PEOPLE).stderr
    office.run("subscribers", "change", "eva@example.org", "--language", "en", "--address", "eve@example.org")
    assert "eve@example.org" in states(office)
    said = office.run("subscribers", "change", "ana@example.org", "--language", "es", code=2).stderr
    assert "line 3" in said
    assert "change them there" in said


def test_the_list_fits_a_terminal_and_adds_up(office, listed):
    said = listed(PEOPLE | {f"reader.number.{n}@a-long-domain-name.example.org": f"Reader {n}" for n in range(30)})
    assert said.stdout.rstrip().endswith("33 subscriptions: 33 active")
    narrow = office.run("subscribers", "list", COLUMNS="80").stdout
    assert max(map(len, narrow.splitlines())) <= 80
    assert office.run("subscribers", "list", "--count").stdout == "33 subscriptions: 33 active\n"
    assert office.run("subscribers", "list", "ana", "--count").stdout == "1 subscription: 1 active\n"
    assert "did you mean" in office.run("subscribers", "list", "--audience", "guatemla", code=2).stderr


def test_nobody_suppressed_is_mailed_whichever_way_they_come_back(office, listed):
    office.run("subscribers", "suppress", "ben@example.org", "--by", "Marta")
    listed(PEOPLE)
    refused = office.run(
        *("subscribers", "add", "ben@example.org", "--audience", "regional", "--language", "en"),
        *("--consent", "x"),
        code=3,
    )
    assert "digest subscribers readmit ben@example.org" in refused.stderr
    office.run("subscribers", "sync", "--yes")
    office.run("build", "2018-07")
    office.run("approve", "2018-07", "--by", "Marta")
    office.run("send", "2018-07", "--yes")
    assert set(office.messages()) == {"luis.perez@gov.example", "ana@example.org"}
    office.run(
        "subscribers", "readmit", "ben@example.org", "--consent", "letter", "--because", "asked", "--by", "Marta"
    )
    assert states(office)["ben@example.org"] == "active"
    shown = office.run("subscribers", "show", "ben@example.org").stdout
    assert "suppressed by Marta" in shown
    assert "readmitted by Marta" in shown


EXPORT = "Email Address,First Name,Last Name\n" + "".join(f"reader{n}@example.net,Reader,{n}\n" for n in range(1000))


def test_an_export_of_a_thousand_becomes_a_list_in_one_command_and_goes_out_again(office):
    office.write("audience.csv", EXPORT + "no-address,X,Y\n")
    bring = (
        "subscribers",
        "import",
        "audience.csv",
        "--audience",
        "guatemala",
        "--language",
        "es",
        "--consent",
        "form",
    )
    assert "Nobody can be asked here" in office.run(*bring, code=2).stderr
    seen = office.run(*bring, "--dry-run", COLUMNS="80", code=4).stdout
    assert "Would be: 1,001 rows: 1,000 added, 1 left out." in seen
    assert max(map(len, seen.splitlines())) <= 80
    assert len(states(office)) == 2
    assert "1,001 rows: 1,000 added, 1 left out." in office.run(*bring, "--yes", code=4).stdout
    assert len(states(office)) == 1002
    assert "1,001 rows: 1,000 there already, 1 left out." in office.run(*bring, code=4).stdout
    office.run("subscribers", "export", "all.csv")
    assert office.folder.joinpath("all.csv").stat().st_mode & 0o077 == 0
    assert "it is there already" in office.run("subscribers", "export", "all.csv", code=73).stderr
    assert len(office.run("subscribers", "export").stdout.splitlines()) == 1003
