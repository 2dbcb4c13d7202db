"""`digest status`: what is next, what waits, what is late."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

REVIEWS = """
    reviewers:
      guatemala: [Luis Paz <luis@example.org>]
"""

JULY = "July 2018 – monthly/2018-07"


def change(office, *statements):
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def status(office, at, *more):
    (found,) = json.loads(office.run("status", "--now", at, "--json", *more).stdout)
    return found


def said(office, at):
    return " ".join(office.run("status", "--now", at).stdout.split())


def set_columns(office, monkeypatch, columns):
    """The office's own environment names 120 columns; a narrow terminal has 80."""
    from digest.cli import status as command

    monkeypatch.setattr(command, "get_terminal_size", lambda: type("Size", (), {"columns": columns}))
    from click.testing import CliRunner

    from digest.cli import cli

    monkeypatch.chdir(office.folder)
    return CliRunner().invoke(cli, ["status"]).stdout


def test_the_next_sending_is_said_with_its_zone_and_the_days_until_then(office):
    office.run("build", "--period", "2018-07")
    found = status(office, "2018-08-02T10:00")
    assert found["next"]["period"] == "2018-07"
    assert found["next"]["sending_at"] == "2018-08-05T09:00:00-06:00"
    assert found["next"]["covers"] == {"first_day": "2018-07-01", "last_day": "2018-07-31"}
    line = said(office, "2018-08-02T10:00")
    assert f"{JULY} goes out on Sunday 5 August 2018, 09:00 CST (America/Costa_Rica), in 3 days" in line
    assert "2 stories so far" in line
    assert "tomorrow" in said(office, "2018-08-04T08:00")
    assert "in 2 hours" in said(office, "2018-08-05T07:00")


def test_what_waits_for_approval_is_said_with_the_command(office):
    office.run("build", "--period", "2018-07")
    found = status(office, "2018-08-02T10:00")
    assert [(one["period"], one["parts"]) for one in found["waiting"]] == [("2018-07", [])]
    assert "digest approve 2018-07 --by NAME" in said(office, "2018-08-02T10:00")
    office.run("approve", "2018-07", "--by", "Marta")
    assert status(office, "2018-08-02T10:00")["waiting"] == []
    assert "approved by Marta" in said(office, "2018-08-02T10:00")


def test_a_reissue_never_stands_in_place_of_its_first_edition(office):
    """July was sent before its time, and a correction of it waits: neither is what comes next."""
    office.run("build", "--period", "2018-07")
    office.run("approve", "2018-07", "--by", "Marta")
    office.run("send", "2018-07", "--yes")
    office.run("reissue", "2018-07", "--because", "a wrong number")
    office.write("bulletins/more.en.txt", "20 July, 2018\n\nA third story in Guatemala\n\nIt came late.\n")
    office.run("collect")
    found = status(office, "2018-08-02T10:00")
    assert (found["next"]["period"], found["next"]["state"], found["next"]["stories"]) == ("2018-08", None, 1)
    assert (found["late"], found["missed"]) == ([], [])
    rows = [(one["period"], one["state"], one["stories"], one["waiting"]) for one in found["editions"]]
    assert rows == [("2018-07", "finished", 2, 0), ("2018-07.2", "draft", 2, 0), ("2018-08", "not built", 0, 1)]
    assert [bool(one["sending_at"]) for one in found["editions"]] == [True, False, True]
    assert "goes out on Wednesday 5 September 2018" in said(office, "2018-08-02T10:00")


def test_reviewers_who_have_not_answered_are_named_by_part(office):
    settings = (
        (office.folder / "digest.yaml")
        .read_text()
        .replace("    approval: required\n", f"    approval: required{REVIEWS}")
    )
    office.write("digest.yaml", settings)
    office.run("build", "--period", "2018-07")
    (waiting,) = status(office, "2018-08-02T10:00")["waiting"]
    parts = {part["part"]: part for part in waiting["parts"]}
    assert parts["guatemala"]["reviewers"] == ["Luis Paz"]
    assert parts["guatemala"]["status"] == "unanswered"
    assert "Guatemala: Luis Paz, not asked yet; silence holds the edition" in said(office, "2018-08-02T10:00")
    office.run("review", "2018-07", "--send")
    assert "Guatemala: Luis Paz, asked" in said(office, "2018-08-02T10:00")
    code = next(view["code"] for view in office.json("review", "2018-07") if view["part"] == "guatemala")
    office.run("approve", "2018-07", "--part", "guatemala", "--by", "Luis", "--code", code)
    (waiting,) = status(office, "2018-08-02T10:00")["waiting"]
    assert [part["part"] for part in waiting["parts"]] == ["regional"]


def test_what_is_late_is_said_with_how_late_it_is(office):
    office.run("build", "--period", "2018-07")
    (late,) = status(office, "2018-08-08T09:00")["late"]
    assert (late["period"], late["late_by_seconds"]) == ("2018-07", 3 * 86400)
    line = said(office, "2018-08-08T09:00")
    assert f"{JULY} should have gone out on 5 August 2018, 09:00 CST, 3 days ago: nobody has approved it" in line
    assert line.count("digest approve 2018-07 --by NAME") == 2  # for what is late, and in the table


def test_periods_that_the_next_run_passes_over_are_named(office):
    settings = (
        (office.folder / "digest.yaml")
        .read_text()
        .replace("    every: month\n", "    every: month\n    starts_on: 2018-07-01\n")
    )
    office.write("digest.yaml", settings)
    office.run("collect")
    (missed,) = status(office, "2019-01-10T09:00")["missed"]
    assert (missed["period"], missed["stories"]) == ("2018-07", 2)
    assert "the next run counts it as missed (2 stories wait until you say what becomes of them)" in said(
        office, "2019-01-10T09:00"
    )


def test_arrivals_after_the_draft_was_closed_are_counted(office):
    office.run("build", "--period", "2018-07")
    office.write("bulletins/more.en.txt", "20 July, 2018\n\nA third story in Guatemala\n\nIt came late.\n")
    office.run("collect")
    (edition,) = status(office, "2018-08-02T10:00")["editions"]
    assert (edition["stories"], edition["waiting"]) == (2, 1)
    assert (
        "1 story came after the draft of July 2018 – monthly/2018-07 was closed: digest build --period 2018-07"
        in said(office, "2018-08-02T10:00")
    )


def test_passed_over_and_expired_editions_are_told_with_their_reason(office):
    office.run("build", "--period", "2018-07")
    change(office, "UPDATE editions SET state = 'missed', because = 'its sending was missed', finished_at = "
           "'2018-09-05T15:00:00.000000+00:00'")  # fmt: skip
    assert "missed on 5 September 2018: its sending was missed" in said(office, "2018-09-08T10:00")
    change(office, "UPDATE editions SET state = 'expired', because = 'nobody sent it'")
    assert "expired on 5 September 2018: nobody sent it" in said(office, "2018-09-08T10:00")


def test_the_last_run_is_told_with_its_exit_code_and_how_often_it_repeated(office):
    assert "there was none yet" in said(office, "2018-08-02T10:00")
    office.write(
        "digest.yaml",
        (office.folder / "digest.yaml").read_text().replace("send: day 5", "starts_on: 2018-07-01\n    send: day 5"),
    )
    for _ in range(3):
        office.run("run", "--now", "2018-08-06T09:00", code=3)
    run = status(office, "2018-08-06T10:00")["last_run"]
    assert (run["exit_code"], run["rehearsed"]) == (3, True)
    assert run["trouble"][0]["code"] == 3
    line = said(office, "2018-08-06T10:00")
    assert "exit code 3, a person is needed" in line
    assert "monthly/2018-07: it should have gone out" in line
    change(office, "UPDATE runs SET times = 12, exit_code = 3")
    assert "the same 12 times since" in said(office, "2018-08-06T10:00")
    change(office, "UPDATE runs SET exit_code = NULL")
    assert "under way, or was killed" in said(office, "2018-08-06T10:00")


def test_an_interrupted_sending_and_failed_mails_are_named(office):
    for command in (["build", "--all"], ["approve", "--by", "Marta"], ["send", "--yes"]):
        office.run(*command)
    change(
        office, "UPDATE editions SET state = 'sending', finished_at = NULL", "UPDATE deliveries SET state = 'failed'"
    )
    line = said(office, "2018-08-06T10:00")
    assert "the sending of July 2018 – monthly/2018-07 was interrupted: digest send 2018-07" in line
    assert "2 mails could not be delivered" in line


def test_the_guard_warns_before_anybody_approves(office):
    for command in (["build", "--all"], ["approve", "--by", "Marta"], ["send", "--yes"]):
        office.run(*command)
    change(office, "UPDATE subscriptions SET active = 0 WHERE subscriber = 1")
    assert status(office, "2018-08-20T10:00")["alarms"] == ["guatemala: 1 reader at the last edition, nobody now"]


def test_looking_changes_nothing_at_all(office):
    office.run("build", "--period", "2018-07")

    def rows():
        with closing(sqlite3.connect(office.folder / "digest.db")) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in tables}

    before = rows()
    for words in (["status"], ["status", "--json"], ["report"], ["explain", "forged"], ["explain", "ana@example.org"]):
        office.run(*words)
    assert rows() == before


def test_eighty_columns_are_enough(office, monkeypatch):
    office.run("build", "--period", "2018-07")
    narrow = set_columns(office, monkeypatch, 80)
    assert all(len(line) <= 80 for line in narrow.splitlines())
    assert "digest approve 2018-07 --by NAME" in narrow
    wide = set_columns(office, monkeypatch, 160)
    assert re.search(r"2018-07 .* digest approve 2018-07 --by NAME", wide)


def test_of_a_long_history_only_the_latest_are_shown(office):
    office.run("build", "--period", "2018-07")
    values = ", ".join(
        f"('monthly', 'month', '20{y:02d}-{m:02d}', 1, 'missed', 1, '20{y:02d}-{m:02d}-01', "
        f"'20{y + m // 12:02d}-{m % 12 + 1:02d}-01', 'its time passed')"
        for y in range(10, 14) for m in range(1, 13)
    )  # fmt: skip
    change(office, "INSERT INTO editions (newsletter, kind, period, revision, state, covers_to_end, window_start, "
           f"window_end, because) VALUES {values}")  # fmt: skip
    found = status(office, "2018-08-02T10:00")
    assert len(found["editions"]) == 49
    shown = office.run("status").stdout
    assert "2013-09" in shown
    assert "2013-08" not in shown
    assert "and 44 that are over: digest status --all" in shown
    assert "2010-01" in office.run("status", "--all").stdout


def test_a_newsletter_without_a_sending_time_says_so(office):
    office.write("digest.yaml", (office.folder / "digest.yaml").read_text().replace("    send: day 5 at 09:00\n", ""))
    office.run("collect")
    assert "nothing goes out by itself" in office.run("status").stdout
    assert office.json("status")[0]["next"] is None


def test_status_reads_no_text_of_any_story(office):
    """However long they are: what it asks are counts and dates."""
    office.run("build", "--period", "2018-07")
    change(
        office,
        "UPDATE items SET content = 'no JSON'",
        "UPDATE variants SET html = x'00', text = x'00', message = x'00'",
    )
    assert status(office, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"))["editions"][0]["stories"] == 2


def test_choices_are_counted_in_status_and_review_and_readers_without_any_audience_are_named(office):
    office.run("build", "--period", "2018-07")
    chosen = said(office, "2018-08-02T10:00")
    counted = re.search(r"Whole region \d+, Guatemala \d+; \d+ (?:different )?choices?", chosen)[0]
    assert f"Readers by what they chose: {counted}." in " ".join(office.run("review", "2018-07").stdout.split())
    assert all(view["choices"] >= 1 for view in office.json("review", "2018-07"))
    assert status(office, "2018-08-02T10:00")["readers_without_audience"] == 0
    gone = [row["address"] for row in office.json("subscribers", "list") if row["audiences"] == ["guatemala"]]
    assert gone
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("audiences: [regional, guatemala]", "audiences: [regional]"))
    assert status(office, "2018-08-02T10:00")["readers_without_audience"] == len(gone)
    line = said(office, "2018-08-02T10:00")
    assert "chose only what the settings have no more" in line
    assert all(address in line for address in gone)
