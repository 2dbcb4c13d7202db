"""`digest report`: what a director reads after the sending, and before."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from digest.foundation.login import own_login

EVIL = "<script>x</script>\u202egnirts ana@example.org"


def change(office, *statements):
    """What only later versions, or bad luck, can write."""
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def send_july(office, *approving):
    office.run("build", "--period", "2018-07")
    office.run("approve", "2018-07", "--by", "Marta", *approving)
    office.run("send", "2018-07", "--yes")


@pytest.fixture
def sent(office):
    send_july(office)
    return office


def text_of(page):
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_after_the_sending_it_says_who_approved_when_it_went_and_to_how_many(sent):
    said = sent.run("report").stdout
    assert "Migration bulletin – July 2018 [sent]" in said
    assert "Sent to all 2 readers on" in said
    assert re.search(r"Approved +by Marta, ", said)
    assert re.search(r"Planned for +5 August 2018, 09:00 CST \(15:00 UTC\)", said)
    assert "2 stories = 2 included" in said
    assert re.search(r"Returned +not known yet", said)
    assert all(len(line) <= 80 for line in said.splitlines())


def test_no_address_of_a_reader_or_approver_is_in_any_form_of_it(office):
    office.run("build", "--period", "2018-07")
    office.run("approve", "2018-07", "--by", EVIL)
    office.run("send", "2018-07", "--yes")
    page = office.folder / "report.html"
    office.run("report", "--html", str(page))
    for said in (office.run("report").stdout, office.run("report", "--json").stdout, page.read_text()):
        assert "@example.org" not in said
        assert "\u202e" not in said
        assert "gnirts" in said
    assert "<script" not in page.read_text()


def test_whose_hands_typed_an_approval_stands_beside_the_name(sent):
    assert f"typed by {own_login()}" in " ".join(sent.run("report").stdout.split())


def test_the_page_stands_alone_and_is_for_its_owner_only(sent):
    page = sent.folder / "report.html"
    page.write_text("from last month")
    page.chmod(0o644)
    sent.run("report", "july", "--html", "report.html", "--text", "report.txt")
    assert page.stat().st_mode & 0o777 == 0o600
    assert (sent.folder / "report.txt").read_text().startswith("Migration bulletin – July 2018")
    assert not re.search(r"<script|<link [^>]*href=\"(?!data:)|src=|url\(|<a ", page.read_text())
    assert not [path for path in sent.folder.iterdir() if path.name.endswith(".new")]


def test_a_page_that_cannot_be_written_is_refused_in_plain_words(sent):
    """Also for root, who may write into every folder."""
    assert "may write" in sent.run("report", "--html", "/proc/report.html", code=73).stderr


def test_a_page_in_a_folder_that_is_not_there_is_refused_in_plain_words(sent):
    assert "name a file in a folder" in sent.run("report", "--html", "nowhere/report.html", code=73).stderr


def test_the_report_of_a_draft_says_what_is_known_so_far(office):
    office.run("build", "--period", "2018-07")
    said = office.run("report").stdout
    assert "This is a draft: nothing has been sent. It has 2 stories for 2 readers" in said
    assert re.search(r"Approved +by nobody yet", said)
    assert "Returned" not in said
    office.run("approve", "2018-07", "--by", "Marta")
    assert "Nothing has been sent yet." in office.run("report").stdout


def test_without_an_edition_it_says_what_to_do(office):
    assert "digest preview" in office.run("report", code=2).stderr


def test_every_state_has_a_report(sent):
    for state, said in {
        "skipped": "It is skipped: the dog ate it",
        "missed": "It did not go out: the dog ate it",
        "expired": "It did not go out: the dog ate it",
        "sending": "was interrupted",
        "sealed": "Nothing has been sent yet",
        "draft": "This is a draft",
    }.items():
        change(sent, f"UPDATE editions SET state = '{state}', because = 'the dog ate it'")
        assert said in sent.run("report", "2018-07").stdout
        page = sent.folder / f"{state}.html"
        sent.run("report", "2018-07", "--html", str(page))
        assert said in text_of(page.read_text())
        assert sent.json("report", "2018-07")["state"] == state


def test_what_failed_is_in_doubt_or_left_is_counted_by_variant_and_in_all(sent):
    change(sent, "UPDATE deliveries SET state = 'failed' WHERE address = 'ana@example.org'")
    found = sent.json("report")
    assert found["figures"]["deliveries"] | {"failed": 1, "sent": 1} == found["figures"]["deliveries"]
    assert {mail["language"]: mail["deliveries"]["failed"] for mail in found["languages"]} == {"es": 1, "en": 0}
    assert "Sent to 1 of 2 readers" in found["headline"]
    change(
        sent,
        "UPDATE deliveries SET state = 'left' WHERE address = 'ana@example.org'",
        "UPDATE deliveries SET state = 'intent' WHERE address = 'ben@example.org'",
        "UPDATE editions SET state = 'sending'",
    )
    said = sent.run("report").stdout
    assert re.search(r"In doubt +1 – the program stopped", said)
    assert re.search(r"Left +1 – unsubscribed before", said)


def test_an_edition_without_any_delivery_has_a_report(sent):
    change(sent, "DELETE FROM deliveries")
    assert "Sent to all 0 readers" in sent.run("report").stdout
    assert sent.json("report")["mails"] == []


def test_stories_that_were_left_out_are_named_with_the_reason(office):
    office.run("collect")
    office.run("plan", "drop", "Tijuana", "--because", "told twice")
    office.run("build", "--period", "2018-07")
    found = office.json("report")
    assert found["verdicts"] == {"candidates": 2, "included": 1, "dropped": 1}
    said = " ".join(office.run("report").stdout.split())
    assert "Dropped (1) - Shelter opens in Tijuana, Mexico: the plan leaves it out: told twice" in said


def test_late_stories_are_counted_and_the_edition_before_stands_beside_it(sent):
    sent.write("bulletins/late.en.txt", "28 July, 2018\n\nForum on housing in Guatemala\n\nThe forum was held late.\n")
    sent.run("build", "--all")
    found = sent.json("report", "2018-08")
    assert (found["figures"]["stories"], found["figures"]["late"]) == (1, 1)
    assert found["previous"]["key"] == "2018-07"
    assert [one["late"] for one in found["audiences"]] == [1, 1]
    said = sent.run("report", "august").stdout
    assert re.search(r"Stories +1 +2 +−1 \(−50 %\)", said)
    assert sent.json("report", "july")["previous"] is None


def test_what_the_guard_said_and_why_a_person_went_on_are_in_it(sent):
    more = "".join(f"  - {{address: r{n}@example.org, language: en, audiences: [guatemala]}}\n" for n in range(5))
    sent.write("subscribers.yaml", (sent.folder / "subscribers.yaml").read_text() + more)
    sent.write("bulletins/august.en.txt", "3 August, 2018\n\nA course in Guatemala\n\nIt was held.\n")
    sent.run("build", "--period", "2018-08")
    assert sent.json("report", "2018-08")["alarms"] == ["guatemala: 1 reader at the last edition, 6 now (+500 %)"]
    sent.run("approve", "2018-08", "--by", "Marta", code=3)
    sent.run("approve", "2018-08", "--by", "Marta", "--because", "the ministry joined")
    found = sent.json("report", "2018-08")
    assert found["guard_because"] == ["the ministry joined"]
    assert found["accepted"] == []
    assert "the ministry joined" in sent.run("report", "2018-08").stdout


# -- What was sent is what is told, whatever has become of texts and settings (design §5, §13.5).


def told(office):
    """All that is told of July: by the report, about a story, about a reader, and on the page of the edition."""
    page = office.folder / "edition.html"
    office.run("preview", "2018-07", "--once", str(page), "--no-open")
    return [
        office.run("report", "2018-07").stdout,
        office.json("report", "2018-07"),
        [line for line in office.run("explain", "ben@example.org").stdout.splitlines() if "next:" not in line],
        office.run("explain", "ana@example.org").stdout.partition("  next:")[0],
        re.findall(r'<title>.*?</title>|<ol class="stories">.*?</ol>', page.read_text(), flags=re.DOTALL),
    ]


def in_fixed_words(said):
    """Without the instant at which the report was made."""
    return re.sub(r"made [^\n]+\n[^\n]*|'made_at': '[^']+'", "", str(said))


def edit_all(office):
    for path in (office.folder / "bulletins").iterdir():
        path.write_text(path.read_text().replace("forged", "genuine").replace("Tijuana", "Toluca"))
    office.run("collect")


def remove_all(office):
    for path in (office.folder / "bulletins").iterdir():
        path.unlink()
    office.write("bulletins/other.en.txt", "1 August, 2018\n\nQuite another text\n\nAbout quite another thing.\n")
    office.run("collect")


def rename_all(office):
    settings = (office.folder / "digest.yaml").read_text()
    for was, becomes in (
        ("Whole region", "All of it"),
        ("Migration bulletin", "Other news"),
        ("bulletin@news.example.org", "other@news.example.org"),
        ("title: Guatemala", "title: Elsewhere"),
    ):
        settings = settings.replace(was, becomes)
    office.write("digest.yaml", settings)


def take_an_audience_out(office):
    settings = (office.folder / "digest.yaml").read_text()
    settings = re.sub(r"  guatemala: .*\n", "", settings).replace("[regional, guatemala]", "[regional]")
    office.write("digest.yaml", settings)


def break_the_plan(office):
    office.write("plans/monthly/2018-07.yaml", "drop: [")


def merge_all(office):
    change(office, "UPDATE items SET story_id = (SELECT min(id) FROM items)")


@pytest.mark.parametrize("happens", [edit_all, remove_all, rename_all, break_the_plan, merge_all])
def test_nothing_that_happens_to_texts_and_settings_changes_what_is_told(sent, happens):
    before = told(sent)
    happens(sent)
    after = told(sent)
    assert in_fixed_words(after[0]) == in_fixed_words(before[0])
    assert in_fixed_words(after[1]) == in_fixed_words(before[1])
    assert [line for line in after[2] if "–" in line or "- " in line] == [
        line for line in before[2] if "–" in line or "- " in line
    ]
    assert after[4] == before[4]
    assert "forged papers" in str(before[4])


def test_an_audience_that_the_settings_have_no_more_is_told_by_the_name_it_had(sent):
    before = sent.run("report", "2018-07").stdout
    take_an_audience_out(sent)
    sent.write("subscribers.yaml", "subscribers: []\n")
    assert in_fixed_words(sent.run("report", "2018-07").stdout) == in_fixed_words(before)
    assert "Guatemala – Spanish" in before


def test_an_edited_story_is_explained_in_the_words_that_were_sent_and_the_edit_is_said(sent):
    edit_all(sent)
    for words in ("forged papers", "genuine papers"):
        said = sent.run("explain", words).stdout
        assert said.startswith("Police in Guatemala learn to spot forged papers")
        assert "its source says now: “Police in Guatemala learn to spot genuine papers”" in said
    assert "forged papers" in sent.run("explain", "ana@example.org").stdout


def test_a_large_list_takes_no_more_memory(sent):
    few = peak(sent)
    with closing(sqlite3.connect(sent.folder / "digest.db")) as database:
        edition, choice, variant = database.execute("SELECT edition, choice, variant FROM servings").fetchone()
        database.executemany(
            "INSERT INTO subscribers (number, public_id, address, folded) VALUES (?, ?, ?, ?)",
            [(number, str(number), f"r{number}@example.org", f"r{number}@example.org") for number in range(10, 10_010)],
        )
        database.executemany(
            "INSERT INTO subscriptions (subscriber, newsletter, choice, active) VALUES (?, 'monthly', ?, 1)",
            [(number, choice) for number in range(10, 10_010)],
        )
        database.executemany(
            "INSERT INTO deliveries (edition, subscriber, variant, address, state, changed_at)"
            " VALUES (?, ?, ?, 'r@example.org', 'sent', '2018-08-05T15:00:00.000000+00:00')",
            [(edition, number, variant) for number in range(10, 10_010)],
        )
        database.commit()
    assert peak(sent) < few + 8_000
    assert "Sent to all 10,002 readers" in sent.run("report").stdout


def peak(office):
    """The most memory that the report takes, in KB."""
    program = (
        "import json, os, subprocess, sys\n"
        "started = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "_, ended, used = os.wait4(started.pid, 0)\n"
        "print(json.dumps([ended, used.ru_maxrss]))\n"
    )
    digest = str(office.run.__func__.__globals__["PROGRAM"])
    words = [sys.executable, "-c", program, digest, "-C", str(office.folder), "report", "2018-07"]
    ended, used = json.loads(subprocess.run(words, capture_output=True, check=True, timeout=120).stdout)
    assert ended == 0
    return used
