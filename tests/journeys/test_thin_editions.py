"""Editions and mails with too few stories: what is sent, what waits, and what readers and staff are told."""

import pytest

POLICE, SHELTER = "Police in Guatemala", "Shelter opens"
NOTE = "por eso este correo trae también las de «Toda la región»"
AUGUST = "6 August, 2018\n\nCourse begins in Guatemala\n\nOfficers of Guatemala learn.\n"


@pytest.fixture
def thin(office):
    """An office without approval that says what becomes of too few stories."""

    def thin(*lines):
        settings = (office.folder / "digest.yaml").read_text()
        said = "".join(f"\n    {line}" for line in ("approval: none", "starts_on: 2018-07-01", *lines))
        office.write("digest.yaml", settings.replace("\n    approval: required", said))
        return office

    return thin


def texts(office, address):
    return [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in office.messages().get(address, [])]


def flat(ended):
    return " ".join((ended.stdout + ended.stderr).split())


def test_a_thin_edition_waits_with_all_its_stories_and_every_screen_says_why(thin):
    office = thin("minimum_stories: 3", "thin_edition: defer")
    why = "2 stories, and an edition needs 3 (minimum_stories): all wait for the next"
    for words, code in (
        (["build", "july"], 0),
        (["status", "--now", "2018-08-02T09:00"], 0),
        (["check", "july"], 3),
        (["preview", "july", "--once", str(office.folder / "page.html")], 0),
        (["explain", POLICE], 0),
        (["approve", "july", "--by", "Marta"], 3),
        (["send", "july", "--yes"], 3),
    ):
        assert why in flat(office.run(*words, code=code)), words
    assert office.json("status", "--now", "2018-08-02T09:00")[0]["next"]["thin"] == why
    assert why in flat(office.run("-v", "run", "--now", "2018-08-05T09:00"))
    assert why in flat(office.run("explain", POLICE))
    office.write("bulletins/august.en.txt", AUGUST)
    office.run("run", "--now", "2018-09-05T09:00")
    (text,) = texts(office, "ben@example.org")
    assert all(title in text for title in (POLICE, SHELTER, "Course begins"))
    assert why in flat(office.run("status", "--all"))


def test_news_that_waits_through_many_thin_editions_is_never_too_old(thin):
    office = thin("minimum_stories: 3", "thin_edition: defer", "late_for: 0")
    for month in ("08", "09", "10", "11", "12"):
        office.run("run", "--now", f"2018-{month}-05T09:00")
    office.write("bulletins/more.en.txt", AUGUST.replace("August", "December"))
    office.run("run", "--now", "2019-01-05T09:00")
    (text,) = texts(office, "ben@example.org")
    assert all(title in text for title in (POLICE, SHELTER))


def test_a_rehearsal_shows_what_waits_and_accounts_for_every_story(thin):
    office = thin("minimum_stories: 3", "thin_edition: defer", "minimum_stories_per_mail: 2", "thin_mail: nothing")
    office.write("bulletins/august.en.txt", AUGUST)
    rehearsed = flat(office.run("rehearse", "--from", "2018-07", "--to", "2018-10", COLUMNS="200"))
    assert "2 stories, and an edition needs 3 (minimum_stories)" in rehearsed
    assert "3 stories: 3 sent, 0 wait, 0 left out, 0 lost." in rehearsed


def test_a_rehearsal_names_the_stories_that_stay_open_for_those_whose_mail_is_too_thin(thin):
    office = thin("minimum_stories_per_mail: 2", "thin_mail: nothing")
    rehearsed = flat(office.run("rehearse", "--from", "2018-07", "--to", "2018-08"))
    assert "2 stories: 2 sent, 0 wait, 0 left out, 0 lost. 1 of them is open for a part" in rehearsed
    assert "open for Guatemala (too thin: 1 story, and a mail needs 2 (minimum_stories_per_mail))" in rehearsed


def test_who_chose_what_little_concerns_gets_other_news_besides_and_is_told_so(thin):
    office = thin("minimum_stories_per_mail: 2", "thin_mail: fall-back", "fall_back: regional")
    office.run("run", "--now", "2018-08-05T09:00")
    (text,) = texts(office, "ana@example.org")
    assert NOTE in text
    assert all(title in text for title in (POLICE, SHELTER))
    (other,) = texts(office, "ben@example.org")
    assert "this mail also brings" not in other
    why = "only 1 story in it concerned what they chose: the mail also has those of Whole region (fall_back)"
    assert why in flat(office.run("explain", "ana@example.org"))
    office.write("bulletins/august.en.txt", AUGUST + "\n" + AUGUST.replace("Course", "Fair"))
    office.run("run", "--now", "2018-09-05T09:00")
    assert NOTE not in texts(office, "ana@example.org")[1]
    assert POLICE not in texts(office, "ana@example.org")[1]


def test_who_chose_what_little_concerns_gets_nothing_where_the_settings_say_so_and_the_reason_is_told(thin):
    office = thin("minimum_stories_per_mail: 2", "thin_mail: nothing")
    office.run("build", "july")
    why = "only 1 story in it concerned what they chose, and a mail needs 2 (minimum_stories_per_mail)"
    office.run("run", "--now", "2018-08-05T09:00")
    assert texts(office, "ana@example.org") == []
    assert len(texts(office, "ben@example.org")) == 1
    assert why in flat(office.run("explain", "ana@example.org"))
    assert why in flat(office.run("explain", POLICE, "--as", "ana@example.org"))
    of_all = "fewer than 2 stories in it concern what they chose (minimum_stories_per_mail)"
    assert of_all in flat(office.run("report", "july"))
    (part,) = office.json("status")[0]["open_parts"]
    too_thin = "too thin: 1 story, and a mail needs 2 (minimum_stories_per_mail)"
    assert (part["part"], part["because"], part["stories"]) == ("guatemala", too_thin, 1)
    way = "digest send monthly/2018-07 --part guatemala"
    for looked in (["report", "july"], ["explain", "ana@example.org"], ["explain", POLICE]):
        assert way in flat(office.run(*looked)), looked
    assert f"Guatemala was {too_thin}" in flat(office.run("report", "july"))
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("    minimum_stories_per_mail: 2\n    thin_mail: nothing\n", ""))
    assert why in flat(office.run("explain", "ana@example.org"))  # as it was when the edition was sealed
    assert of_all in flat(office.run("report", "july"))
    office.run("send", "july", "--part", "guatemala", "--yes", code=3)
    office.run("approve", "2018-07/guatemala", "--by", "Marta")
    office.run("send", "2018-07/guatemala", "--yes")
    (text,) = texts(office, "ana@example.org")
    assert POLICE in text
    assert office.json("status")[0]["open_parts"] == []


def test_a_story_that_no_other_mail_has_waits_until_there_are_enough(thin):
    office = thin("minimum_stories_per_mail: 2", "thin_mail: nothing")
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("[regional, guatemala]", "[guatemala]"))
    office.write(
        "subscribers.yaml", "subscribers:\n  - {address: ana@example.org, language: es, audiences: [guatemala]}\n"
    )
    office.run("run", "--now", "2018-08-05T09:00")
    assert texts(office, "ana@example.org") == []
    assert "2018-08 goes out by the calendar" in flat(office.run("explain", POLICE))
    office.write("bulletins/august.en.txt", AUGUST)
    office.run("run", "--now", "2018-09-05T09:00")
    (text,) = texts(office, "ana@example.org")
    assert POLICE in text
    assert "Course begins" in text


def test_a_special_edition_goes_with_one_story(thin):
    office = thin("minimum_stories: 3", "thin_edition: defer", "minimum_stories_per_mail: 2", "thin_mail: nothing")
    office.run("build", "--special", "Floods", "--story", POLICE)
    office.run("send", "special-floods", "--yes")
    assert len(texts(office, "ana@example.org")) == 1
