"""`digest schedule`, as somebody reads it who wants to know what goes out when."""

import pytest

WEEKLY = """  weekly:
    title: {en: Weekly, es: Semanal}
    from: Bulletin <bulletin@news.example.org>
    every: week
    send: sunday at 02:30
    timezone: America/New_York
    audiences: [regional]
    languages: [en]
"""


@pytest.fixture
def two(office):
    settings = (office.folder / "digest.yaml").read_text(encoding="utf-8")
    settings = settings.replace("day 5 at 09:00", "day 31 at 09:00\n    holidays: CR\n    skip: 2026-01-31")
    office.write("digest.yaml", settings.replace("subscribers: s", f"{WEEKLY}subscribers: s"))
    return office


def test_the_sendings_of_a_newsletter_with_their_windows_and_remarks(two):
    shown = two.run(
        "schedule", "--newsletter", "monthly", "--from", "2026-01-01", "--next", "2", COLUMNS=""
    ).stdout.splitlines()
    assert [line.rstrip() for line in shown if not line.startswith("─")] == [
        (
            "goes out              time zone           UTC               newsletter  edition                          "
            "covers              note"
        ),
        (
            "Sat 2026-02-28 09:00  America/Costa_Rica  2026-02-28 15:00  monthly     "
            "January 2026 – monthly/2026-01   1–31 January 2026   "
            "the last day, as February has no day 31; nothing on Saturday 31 January: it is to be skipped"
        ),
        (
            "Tue 2026-03-31 09:00  America/Costa_Rica  2026-03-31 15:00  monthly     February 2026 – monthly/2026-02  "
            "1–28 February 2026"
        ),
    ]


def test_all_newsletters_stand_in_one_list_in_order_of_time(two):
    found = two.json("schedule", "--from", "2027-03-01", "--next", "7")
    instants = [one["sending_at_utc"] for one in found]
    assert instants == sorted(instants)
    assert {one["newsletter"] for one in found} == {"monthly", "weekly"}
    assert found[1] == {
        "newsletter": "weekly",
        "period": "2027-W09",
        "sending_at": "2027-03-14T03:00:00-04:00",
        "sending_at_utc": "2027-03-14T07:00:00+00:00",
        "timezone": "America/New_York",
        "covers": {"first_day": "2027-03-01", "last_day": "2027-03-07"},
        "notes": ["the clocks change: Sunday 14 March has no 02:30"],
    }


def test_without_a_date_the_list_begins_now(two):
    from datetime import UTC, datetime

    before = datetime.now(UTC)
    found = two.json("schedule", "--next", "1000")
    assert len(found) == 1000
    assert datetime.fromisoformat(found[0]["sending_at"]) > before


def test_a_newsletter_without_a_sending_time_is_said_to_have_none(office):
    settings = (office.folder / "digest.yaml").read_text(encoding="utf-8")
    office.write("digest.yaml", settings.replace("    send: day 5 at 09:00\n", ""))
    ended = office.run("schedule")
    assert ended.stdout == ""
    assert "monthly: nothing goes out by itself; say when with 'send' in digest.yaml" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "tomorrow"), "must be a date written year-month-day"),
        (("--next", "0"), "0 is not in the range"),
        (("--newsletter", "daily"), "there is no such newsletter"),
    ],
)
def test_wrong_usage_is_answered_in_plain_words(office, arguments, said):
    assert said in office.run("schedule", *arguments, code=2).stderr
