"""Pausing and first slices, as the person at the keyboard sees them."""

import pytest

RUN = ("run", "--now", "2018-08-05T10:00")


@pytest.fixture
def sealed(office):
    office.run("build", "--period", "2018-07")
    office.run("approve", "2018-07", "--by", "Marta")
    return office


def test_a_paused_edition_stays_until_somebody_resumes_it(sealed):
    said = sealed.run("pause", "--by", "Marta", "--because", "a wrong link")
    assert said.stdout.startswith("July 2018 – monthly/2018-07 is paused by Marta on ")
    assert "digest resume 2018-07" in said.stderr
    again = sealed.run("pause", "--by", "Ana")
    assert "paused by Marta" in again.stdout, "the first word counts"
    for words in (RUN, ("send", "--yes"), ("send", "--yes", "--limit", "1"), ("send", "--dry-run")):
        assert "it is paused by Marta: a wrong link" in sealed.run(*words, code=3).stderr
    assert not sealed.messages()
    (monthly,) = sealed.json("status")
    (july,) = [one for one in monthly["editions"] if one["period"] == "2018-07"]
    assert july["paused"].startswith("paused by Marta")
    assert july["next"] == "digest resume 2018-07"
    assert "goes on" in sealed.run("resume", "--by", "Ana").stdout
    sealed.run(*RUN)
    assert len(sealed.messages()) == 2


def test_a_run_says_once_that_an_edition_is_paused(sealed):
    sealed.run("pause", "--by", "Marta")
    assert "paused by Marta" in sealed.run(*RUN, code=3).stderr
    assert sealed.run(*RUN, code=3).stderr == ""


def test_a_first_slice_leaves_and_the_next_send_does_the_rest(sealed):
    said = sealed.run("send", "--yes", "--limit", "1")
    assert "1 pending, 1 sent" in said.stdout
    assert "paused after a first slice of 1" in said.stderr
    assert "first slice" in sealed.run(*RUN, code=3).stderr
    assert "paused" in sealed.run("status").stdout
    assert len(sealed.messages()) == 1
    assert "finished" in sealed.run("send", "--yes").stdout
    assert len(sealed.messages()) == 2


def test_what_was_left_behind_in_mid_send_is_named_until_its_newsletter_is_back(sealed):
    sealed.run("send", "--yes", "--limit", "1")
    settings = sealed.folder / "digest.yaml"
    before = settings.read_text()
    settings.write_text(before.replace("  monthly:\n", "  other:\n"))
    for words in (RUN, ("status",), ("doctor", "--offline")):
        said = sealed.run(*words, code=None)
        told = " ".join((said.stdout + said.stderr).split())
        assert "1 message of it is still to leave, but its newsletter is not in digest.yaml any more" in told, words
        assert "put monthly back under newsletters: in digest.yaml" in told, words
    settings.write_text(before)
    sealed.run("resume")
    sealed.run(*RUN)
    assert len(sealed.messages()) == 2


def test_after_resume_the_next_run_sends_the_rest_of_a_slice(sealed):
    sealed.run("send", "--yes", "--limit", "1")
    sealed.run("resume")
    sealed.run(*RUN)
    assert len(sealed.messages()) == 2


def test_a_slice_as_large_as_the_list_is_an_ordinary_sending(sealed):
    assert "finished" in sealed.run("send", "--yes", "--limit", "2").stdout
    assert "paused" not in sealed.run("status").stdout


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_what_cannot_be_paused_or_resumed_is_said(office, command):
    assert office.run(command, code=2).stderr.strip()
    office.run("build", "--period", "2018-07")
    assert "monthly/2018-07" in office.run(command, "2018-07", code=3).stderr
    assert "say a name" in office.run(command, "2018-07", "--by", " ", code=2).stderr


def test_a_pause_outlives_its_approval_being_taken_back(sealed):
    sealed.run("pause", "--by", "Marta")
    sealed.run("reopen", "2018-07", "--by", "Ana", "--because", "a mistake")
    assert "Paused" not in sealed.run("status").stdout
    sealed.run("approve", "2018-07", "--by", "Ana")
    assert "it is paused by Marta" in sealed.run("send", "--yes", code=3).stderr
