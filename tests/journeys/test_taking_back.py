"""Approvals that are taken back, and editions that are said once more."""

import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def sent(office):
    office.run("build", "--period", "july")
    office.run("approve", "2018-07", "--by", "Marta")
    office.run("send", "2018-07", "--yes")
    return office


def state(office, key):
    return {one["period"]: one["state"] for one in office.json("status")[0]["editions"]}[key]


def test_an_approval_can_be_taken_back_before_anything_was_sent(office):
    office.run("build", "--period", "july")
    office.run("approve", "2018-07", "--by", "Marta")
    office.run("send", "2018-08", "--yes", code=2)
    office.run("reopen", "2018-07", "--by", "Marta", "--because", "a wrong number")
    assert state(office, "2018-07") == "draft"
    bulletin = office.folder / "bulletins/july.en.txt"
    bulletin.write_text(bulletin.read_text().replace("forty beds", "fifty beds"))
    office.run("build", "--period", "july")
    office.run("approve", "2018-07", "--by", "Luis")
    office.run("send", "2018-07", "--yes")
    (mail,) = office.messages()["ben@example.org"]
    assert "fifty beds" in mail.get_body(("plain",)).get_content()


def test_what_was_sent_cannot_be_taken_back(sent):
    ended = sent.run("reopen", "2018-07", "--by", "Marta", "--because", "too late", code=75)
    assert "it has gone out to its readers, approved by Marta" in ended.stderr
    assert "digest reissue monthly/2018-07" in ended.stderr


def test_a_reissue_says_the_same_stories_again_as_they_are_now_under_new_message_ids(sent):
    bulletin = sent.folder / "bulletins/july.en.txt"
    bulletin.write_text(bulletin.read_text().replace("forty beds", "fifty beds"))
    ran = sent.run("reissue", "2018-07", "--because", "a wrong number")
    assert "monthly/2018-07.2 was drafted with 2 stories for 2 readers" in ran.stdout
    sent.run("approve", "2018-07.2", "--by", "Marta")
    sent.run("send", "2018-07.2", "--yes")
    mails = sent.messages()["ben@example.org"]
    assert len(mails) == 2
    assert len({mail["Message-ID"] for mail in mails}) == 2
    assert ["forty beds" in m.get_body(("plain",)).get_content() for m in mails].count(True) == 1
    assert ["fifty beds" in m.get_body(("plain",)).get_content() for m in mails].count(True) == 1
    assert (state(sent, "2018-07"), state(sent, "2018-07.2")) == ("finished", "finished")


def test_a_reissue_takes_no_new_story_and_leaves_out_what_was_withdrawn(sent):
    sent.write("bulletins/more.en.txt", "9 July, 2018\n\nLate news from Mexico\n\nText.\n")
    bulletin = sent.folder / "bulletins/july.en.txt"
    bulletin.write_text(bulletin.read_text().split("4 July")[0])
    assert "with 1 story for" in sent.run("reissue", "2018-07", "--because", "withdrawn").stdout


def test_a_reissue_that_was_not_approved_is_drafted_anew(sent):
    sent.run("reissue", "2018-07", "--because", "a wrong number")
    sent.run("reissue", "2018-07", "--because", "a wrong number")
    periods = [one["period"] for one in sent.json("status")[0]["editions"]]
    assert periods.count("2018-07.2") == 1
    assert "2018-07.3" not in periods


def test_a_reissue_of_a_reissue_is_the_third(sent):
    for _ in range(2):
        sent.run("reissue", "2018-07", "--because", "again")
        key = max(one["period"] for one in sent.json("status")[0]["editions"] if one["period"].startswith("2018-07"))
        sent.run("approve", key, "--by", "Marta")
        sent.run("send", key, "--yes")
    assert len(sent.messages()["ben@example.org"]) == 3


def test_only_what_was_sent_can_be_reissued(office):
    office.run("build", "--period", "july")
    assert "nobody has approved it" in office.run("reissue", "2018-07", "--because", "eager", code=75).stderr


def test_every_command_takes_a_reissue_by_the_name_that_was_printed(sent):
    said = sent.run("reissue", "2018-07", "--because", "a wrong number")
    assert "July 2018 (reissue 2) – monthly/2018-07.2 was drafted" in said.stdout
    assert "digest preview 2018-07.2" in said.stderr
    for name in ("2018-07.2", "monthly/2018-07.2", "july.2", "julio"):
        sent.run("preview", name, "--once", str(sent.folder / "page.html"))
        assert "2018-07.2" in (sent.folder / "page.html").read_text()
        for command in ("build", "plan", "report", "check", "review"):
            sent.run(command, name)
    sent.run("preview", "2018-07.3", "--once", "page.html", code=2)
    sent.run("preview", "2018-07", "--once", str(sent.folder / "page.html"))
    assert "2018-07.2" not in (sent.folder / "page.html").read_text()
    sent.run("approve", "2018-07.2", "--by", "Marta")
    sent.run("pause", "2018-07.2", "--by", "Marta")
    sent.run("resume", "2018-07.2", "--by", "Marta")
    assert "July 2018 (reissue 2) – monthly/2018-07.2: finished" in sent.run("send", "2018-07.2", "--yes").stdout
    sent.run("deliveries", "list", "2018-07.2")


def test_a_reissue_that_was_interrupted_goes_on_by_the_calendar_and_in_the_journal_only_the_young_is_kept(sent):
    sent.run("reissue", "2018-07", "--because", "a wrong number")
    sent.run("approve", "2018-07.2", "--by", "Marta")
    killed = sent.run("send", "2018-07.2", "--yes", code=None, DIGEST_FAIL="dispatch.committed:kill:1")
    assert killed.returncode != 0
    assert state(sent, "2018-07.2") == "sending"
    settings = (sent.folder / "digest.yaml").read_text()
    sent.write("digest.yaml", f"{settings}keep: 24 months\n")
    with closing(sqlite3.connect(sent.folder / "digest.db")) as database:
        database.execute("UPDATE editions SET finished_at = '2018-08-05T15:00:00+00:00' WHERE revision = 1")
        database.commit()
    sent.run("run")
    assert state(sent, "2018-07.2") == "finished"
    assert {len(mails) for mails in sent.messages().values()} == {2}
    lines = (sent.folder / "sending" / "journal").read_text().splitlines()
    told = [tuple(line.split()[1:3]) for line in lines]
    assert [kind for kind, edition in told if edition == "monthly/2018-07"] == ["o"]
    assert [kind for kind, edition in told if edition == "monthly/2018-07.2"].count("s") == 2


# -- Names of editions.


def test_a_month_means_the_one_that_has_something_to_read(office):
    office.write("bulletins/wrong.en.txt", "3 July, 2062\n\nA slip of the pen\n\nText.\n")
    office.run("build", "july", code=3)  # somebody has to say whether 2062 is meant
    office.run("approve", "julio", "--by", "Marta")
    assert "July 2018 – monthly/2018-07: finished" in office.run("send", "Julio de 2018", "--yes").stdout


def test_words_that_one_of_several_newsletters_can_mean_name_that_one(office):
    settings = (office.folder / "digest.yaml").read_text()
    weekly = settings.split("newsletters:\n")[1].split("subscribers:")[0]
    weekly = weekly.replace("monthly:", "weekly:").replace("month\n", "week\n").replace("day 5 at", "monday at")
    office.write("digest.yaml", settings.replace("subscribers: sub", f"{weekly}subscribers: sub"))
    readers = (office.folder / "subscribers.yaml").read_text()
    office.write("subscribers.yaml", readers.replace("language: ", "newsletter: monthly, language: "))
    office.run("build", "2018-W27")
    office.run("build", "monthly/2018-07")
    assert "monthly/2018-07" in office.run("check", "2018-07").stdout
    assert "weekly/2018-W27" in office.run("check", "2018-w27").stdout
    asked = office.run("check", "july", code=2)
    assert "it could be: monthly/2018-07, weekly/2018-W27" in asked.stderr
    assert "2018-W27" in office.run("check", "july", "--newsletter", "weekly").stdout


# -- A reissue says what it is.


def test_a_reissue_says_in_its_subject_that_it_mends_something_in_every_template_set_and_language(office):
    settings = (office.folder / "digest.yaml").read_text()
    for number, template in enumerate(("brief", "bulletin", "compact", "letter"), 2):
        office.write("digest.yaml", settings.replace("    every: month", f"    template: {template}\n    every: month"))
        if number == 2:
            office.run("build", "july")
            office.run("approve", "july", "--by", "Marta")
            office.run("send", "july", "--yes")
            before = {address: mail["Subject"] for address, (mail,) in office.messages().items()}
        office.run("reissue", "2018-07", "--because", "a wrong number")
        office.run("approve", f"2018-07.{number}", "--by", "Marta")
        office.run("send", f"2018-07.{number}", "--yes")
        mails = office.messages()
        assert f"Correction: {before['ben@example.org']}"[:50] in {m["Subject"][:50] for m in mails["ben@example.org"]}
        assert sum(mail["Subject"].startswith("Corrección: ") for mail in mails["ana@example.org"]) == number - 1


def test_a_template_of_ones_own_cannot_hide_that_it_is_a_correction(office):
    office.write("templates/bulletin/subject.txt", "News of {{ period }}")
    office.run("build", "july")
    office.run("approve", "july", "--by", "Marta")
    office.run("send", "july", "--yes")
    office.run("reissue", "2018-07", "--because", "a wrong number")
    office.run("approve", "2018-07.2", "--by", "Marta")
    office.run("send", "2018-07.2", "--yes")
    subjects = {mail["Subject"] for mail in office.messages()["ben@example.org"]}
    assert subjects == {"News of July 2018", "Correction: News of July 2018"}


def test_the_check_does_not_hold_the_links_of_a_reissue_against_it(office):
    story = "---\ntitle: {}\ndate: {}\nlanguage: en\nlink: https://www.iom.int/shelter\n---\nText about Mexico.\n"
    office.write("bulletins/beds.md", story.format("More beds", "2018-07-09"))
    office.run("build", "july")
    office.run("approve", "july", "--by", "Marta")
    office.run("send", "july", "--yes")
    office.run("reissue", "2018-07", "--because", "a wrong number")
    assert "LINK-007" not in {one["code"] for one in office.json("check", "2018-07.2")}
    office.write("bulletins/again.md", story.format("Another story", "2018-08-03"))
    office.run("build", "august")
    assert "LINK-007" in {one["code"] for one in office.json("check", "august")}
