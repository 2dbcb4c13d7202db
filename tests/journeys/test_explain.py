"""`digest explain`: why a story is in or out, and who received what."""

import re
import sqlite3
from contextlib import closing

import pytest


def change(office, *statements):
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def answer(office, words, address):
    (found,) = office.json("explain", words, "--as", address)["answers"]
    return found["got"], found["why"]


@pytest.fixture
def sent(office):
    for command in (["build", "--all"], ["approve", "--by", "Marta"], ["send", "--yes"]):
        office.run(*command)
    return office


def test_a_story_is_followed_from_its_source_to_its_readers(sent):
    said = sent.run("explain", "forged papers").stdout
    assert "from newsroom (bulletins/july.en.txt:3)" in said or "from newsroom (bulletins/july.en.txt:1)" in said
    assert "2018-07 (finished): included – Whole region (takes everything); Guatemala (countries: GT)" in said
    assert "sent to 2 of 2 readers" in said
    assert "Guatemala – Spanish: 1 reader" in said
    (inside,) = sent.json("explain", "forged papers")["newsletters"]
    assert (inside["own_period"], inside["taken_by"], inside["due_period"]) == ("2018-07", "monthly/2018-07", None)
    assert inside["decided"][0]["sent"] == 2
    assert {mail["variant"] for mail in inside["decided"][0]["mails"]} == {"regional.en", "guatemala.es"}


def test_an_audience_that_does_not_take_it_says_why(office):
    office.run("build", "--all")
    said = office.run("explain", "Tijuana").stdout
    assert "Guatemala: no – it asks for countries: GT; the story has MX" in said
    assert "Whole region: yes – takes everything" in said


def test_before_any_edition_took_it_its_turn_and_the_sending_are_said(office):
    office.run("collect")
    said = office.run("explain", "Tijuana").stdout
    assert "it is due in July 2018 – monthly/2018-07; no approved edition has taken it" in said
    assert "2018-07 goes out by the calendar on 5 August 2018, 09:00 CST" in said


def test_a_late_story_says_which_period_was_closed_and_why(sent):
    change(sent, "UPDATE editions SET state = 'missed', because = 'its sending was missed'", "DELETE FROM settled")
    sent.run("collect")
    said = sent.run("explain", "Tijuana").stdout
    assert "2018-07 is missed already: its sending was missed" in said
    assert "it is due in August 2018 – monthly/2018-08, 1 period late" in said
    (inside,) = sent.json("explain", "Tijuana")["newsletters"]
    assert [(one["period"], one["state"]) for one in inside["passed"]] == [("2018-07", "missed")]


def test_what_the_plan_says_about_it_is_told(office):
    office.run("collect")
    office.run("plan", "drop", "Tijuana", "--because", "told twice")
    said = office.run("explain", "Tijuana").stdout
    assert "plans/monthly/2018-07.yaml: the plan leaves it out: told twice" in said
    office.run("build", "--period", "2018-07")
    assert "2018-07 (draft): dropped – the plan leaves it out: told twice" in office.run("explain", "Tijuana").stdout
    office.write("plans/monthly/2018-07.yaml", "drop: [")
    assert "the plan cannot be read" in office.run("explain", "Tijuana").stdout


def test_a_story_older_than_the_newsletter_says_so(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("    every: month\n", "    every: month\n    starts_on: 2018-09-01\n"))
    office.run("collect")
    assert "older than the newsletter (starts_on 2018-09-01)" in office.run("explain", "Tijuana").stdout


def test_words_that_fit_several_stories_name_them(office):
    office.run("collect")
    assert "2 items fit" in office.run("explain", "i", code=2).stderr
    assert "digest items" in office.run("explain", "no such words", code=2).stderr
    assert "digest items" in office.run("explain", "???", code=2).stderr


def test_a_person_sees_what_they_received_and_what_comes_next(sent):
    said = sent.run("explain", "Ana@Example.org").stdout
    assert "monthly: guatemala; es; active" in said
    assert re.search(r"monthly/2018-07: guatemala.es, sent, \d+ \w+ \d{4}, \d\d:\d\d CST", said)
    assert "- Police in Guatemala learn to spot forged papers" in said
    assert "why: it has every story of the edition that concerns what they chose" in said
    assert "nothing is drafted yet" in said
    (subscription,) = sent.json("explain", "ana@example.org")["subscriptions"]
    (received,) = subscription["received"]
    assert received["stories"] == ["Police in Guatemala learn to spot forged papers"]
    assert received["subject"] == "Police in Guatemala learn to spot forged papers"
    assert subscription["next"][0]["state"] is None


def test_did_they_get_it_yes(sent):
    assert answer(sent, "forged papers", "ana@example.org") == (
        True,
        "it stood in their mail of July 2018 – monthly/2018-07",
    )
    assert "monthly: yes" in sent.run("explain", "forged papers", "--as", "ANA@example.org").stdout


def test_did_they_get_it_no_their_audience_does_not_take_it(sent):
    got, why = answer(sent, "Tijuana", "ana@example.org")
    assert got is False
    assert "Guatemala does not take it (it asks for countries: GT; the story has MX)" in why


def test_did_they_get_it_not_yet(office):
    office.run("build", "--all")
    got, why = answer(office, "forged papers", "ana@example.org")
    assert got is None
    assert "not sent yet" in why
    office.write("bulletins/new.en.txt", "9 July, 2018\n\nA newer one in Guatemala\n\nIt came later.\n")
    office.run("collect")
    got, why = answer(office, "A newer one", "ana@example.org")
    assert (got, why) == (None, "no edition has taken it yet; it is due in July 2018 – monthly/2018-07")


def test_did_they_get_it_depends_on_what_became_of_the_mail(sent):
    for state, got, why in (
        ("failed", False, "could not be delivered"),
        ("left", False, "unsubscribed before it left"),
        ("intent", None, "leaving, or in doubt"),
        ("pending", None, "waits in their mail"),
    ):
        change(sent, f"UPDATE deliveries SET state = '{state}'")
        found = answer(sent, "forged papers", "ana@example.org")
        assert found[0] is got, state
        assert why in found[1], state


def test_who_came_after_the_sending_was_no_reader_then(sent):
    more = "  - {address: eva@example.org, language: es, audiences: [guatemala]}\n"
    sent.write("subscribers.yaml", (sent.folder / "subscribers.yaml").read_text() + more)
    sent.run("build", "--all")
    got, why = answer(sent, "forged papers", "eva@example.org")
    assert got is False
    assert "they were no reader when the recipients of July 2018 – monthly/2018-07 were fixed" in why


def test_who_chose_after_the_seal_got_the_nearest_sealed_mail(office):
    settings = (office.folder / "digest.yaml").read_text()
    settings = settings.replace("newsletters:\n", "  mexico: {title: Mexico, countries: [MX]}\nnewsletters:\n", 1)
    office.write("digest.yaml", settings.replace("[regional, guatemala]", "[regional, guatemala, mexico]"))
    office.run("build", "--all")
    office.run("approve", "--by", "Marta")
    readers = (office.folder / "subscribers.yaml").read_text()
    office.write(
        "subscribers.yaml",
        readers.replace("language: es, audiences: [guatemala]", "language: es, audiences: [guatemala, mexico]"),
    )
    office.run("send", "--yes")
    said = office.run("explain", "ana@example.org").stdout
    assert "monthly: guatemala, mexico; es; active" in said
    assert "approved before anybody chose this" in office.run("explain", "ana@example.org").stdout
    got, why = answer(office, "Tijuana", "ana@example.org")
    assert got is False
    assert "approved before anybody chose this" in why


def test_who_changed_the_choice_since_is_told_that_it_was_another(sent):
    change(sent, "UPDATE subscriptions SET choice = (SELECT choice FROM subscriptions WHERE subscriber = 2) "
           "WHERE subscriber = 1")  # fmt: skip
    assert (
        "their choice was another one when the recipients were fixed" in sent.run("explain", "ana@example.org").stdout
    )


def test_who_left_or_is_suppressed_gets_nothing_more(sent):
    change(sent, "UPDATE subscriptions SET active = 0, left_at = '2018-08-06T10:00:00.000000+00:00'")
    found = sent.json("explain", "ana@example.org")["subscriptions"][0]
    assert (found["gets_mail"], found["next"]) == (False, [])
    assert "has left on 2018-08-06 10:00 UTC" in sent.run("explain", "ana@example.org").stdout
    change(sent, "UPDATE subscribers SET suppressed_at = '2018-08-07T10:00:00.000000+00:00'")
    assert "suppressed since 2018-08-07 10:00 UTC" in sent.run("explain", "ana@example.org").stdout


def test_why_no_mail_goes_to_somebody_is_said(sent):
    change(sent, "DELETE FROM deliveries")
    for table, column, why in (
        ("subscriptions", "resumes_at", "no mail goes to them at the moment: they paused it"),
        ("subscriptions", "unconfirmed_since", "no mail goes to them: they have not confirmed that they want it"),
        ("subscriptions", "left_at", "no mail goes to them any more: they left"),
        ("subscribers", "suppressed_at", "no mail goes to them any more: their address is suppressed"),
    ):
        change(sent, f"UPDATE {table} SET {column} = '2118-08-06T10:00:00.000000+00:00'")
        if column == "left_at":
            change(sent, "UPDATE subscriptions SET active = 0")
        assert answer(sent, "forged papers", "ana@example.org") == (False, why)


def test_an_audience_or_newsletter_that_is_gone_from_the_settings_is_said(sent):
    settings = (sent.folder / "digest.yaml").read_text()
    without = re.sub(r"  guatemala: .*\n", "", settings).replace("[regional, guatemala]", "[regional]")
    sent.write("digest.yaml", without)
    said = sent.run("explain", "ana@example.org").stdout
    assert "the settings have the audience guatemala no more" in said
    sent.write("digest.yaml", settings.replace("  monthly:", "  weekly:"))
    said = sent.run("explain", "ana@example.org").stdout
    assert "the settings have this newsletter no more" in said
    assert "forged papers" in said


def test_a_story_merged_after_the_seal_still_says_who_got_it(sent):
    change(sent, "UPDATE items SET story_id = (SELECT min(id) FROM items)")
    found = sent.json("explain", "Tijuana")
    assert len(found["items"]) == 2
    assert len(found["newsletters"][0]["decided"]) == 2
    assert "merged with another story since" in sent.run("explain", "Tijuana").stdout
    assert answer(sent, "Tijuana", "ben@example.org")[0] is True


def test_a_story_withdrawn_after_the_seal_still_says_who_got_it(sent):
    (sent.folder / "bulletins/july.en.txt").unlink()
    sent.write("bulletins/other.en.txt", "1 August, 2018\n\nQuite another text\n\nAbout quite another thing.\n")
    sent.run("collect")
    said = sent.run("explain", "forged papers").stdout
    assert "withdrawn: it is no longer in its source" in said
    assert "sent to 2 of 2 readers" in said


def test_half_of_a_story_that_was_taken_says_where_it_came_from(sent):
    change(sent, "DELETE FROM verdicts WHERE story_id IN (SELECT id FROM items WHERE content LIKE '%Tijuana%')")
    assert "2018-07 has taken the story from which it was split" in sent.run("explain", "Tijuana").stdout
    assert "split" in answer(sent, "Tijuana", "ana@example.org")[1]


def test_a_mistyped_address_is_told_and_as_needs_a_story(sent):
    assert "not subscribed" in sent.run("explain", "nobody@example.org", code=2).stderr
    assert "after the '@'" in sent.run("explain", "nobody@", code=2).stderr
    assert "--as goes with a story" in sent.run("explain", "ana@example.org", "--as", "b@example.org", code=2).stderr


def test_about_and_lines_stay_for_programs_that_read_them(sent):
    found = sent.json("explain", "Tijuana")
    assert found["about"] == "Tijuana"
    assert "monthly: its own period is July 2018 – monthly/2018-07" in found["lines"]
