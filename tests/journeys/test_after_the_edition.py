"""What is sent after an edition as part of it: parts that were left out, and corrections of single stories."""

import pytest

MORE_READERS = """
  - {address: cai@example.org, language: en, audiences: [guatemala, regional]}
  - {address: eva@example.org, language: en, audiences: [guatemala]}
"""


@pytest.fixture
def july(office):
    """Sent without Guatemala, which Luis refused."""
    readers = (office.folder / "subscribers.yaml").read_text()
    office.write("subscribers.yaml", readers.rstrip() + MORE_READERS)
    office.run("build", "july")
    office.run("refuse", "july", "--part", "guatemala", "--by", "Luis", "--because", "forged, or false?")
    office.run("approve", "july", "--by", "Marta")
    office.run("send", "july", "--yes")
    return office


def mend(office, before, after):
    bulletin = office.folder / "bulletins/july.en.txt"
    bulletin.write_text(bulletin.read_text().replace(before, after))


def got(office, address):
    return [mail["Subject"] for mail in office.messages().get(address, [])]


def test_a_part_that_was_refused_is_mended_approved_and_sent_to_its_readers(july):
    july.write("plans/monthly/2018-07/guatemala.yaml", "introduction: {en: It comes a little later.}\n")
    (status,) = july.json("status")
    reason = "refused by Luis: forged, or false?"
    assert status["open_parts"] == [
        {
            "period": "2018-07",
            "part": "guatemala",
            "title": "Guatemala",
            "because": reason,
            "stories": 1,
            "instalment": None,
        }
    ]
    assert "digest send 2018-07 --part guatemala" in july.run("status").stdout
    assert "not yet" in july.run("explain", "police", "--as", "eva@example.org").stdout
    mend(july, "forged papers", "false papers")
    told = july.run("send", "july", "--part", "guatemala", "--yes", code=3)
    assert "monthly/2018-07/guatemala was drafted for 2 readers" in told.stderr
    assert "digest approve monthly/2018-07/guatemala --by NAME" in told.stderr
    mend(july, "false papers", "phony papers")
    assert "2018-07/guatemala was drafted again: texts in it were corrected" in july.run("-v", "run", code=None).stderr
    july.run("check", "2018-07/guatemala")
    july.run("approve", "july/guatemala", "--by", "Marta")
    for killed_at in ("send.begun", "dispatch.marked"):
        july.run("send", "july/guatemala", "--yes", code=-9, DIGEST_FAIL=f"{killed_at}:kill")
    assert "2 readers: 2 sent" in july.run("send", "july", "--part", "guatemala", "--yes").stdout
    july.run("send", "july", "--part", "guatemala", "--yes")
    july.run("run")
    assert got(july, "eva@example.org") == ["Police in Guatemala learn to spot phony papers"]
    assert (
        len(got(july, "ana@example.org")) == len(got(july, "ben@example.org")) == len(got(july, "cai@example.org")) == 1
    )
    assert july.json("status")[0]["open_parts"] == []
    assert "– monthly/2018-07/guatemala" in " ".join(july.json("report", "2018-07")["notes"])
    (mail,) = july.messages()["eva@example.org"]
    assert "It comes a little later." in mail.get_body(("plain",)).get_content()
    answer = july.json("explain", "police", "--as", "eva@example.org")["answers"][0]
    assert (answer["got"], answer["edition"]) == (True, "monthly/2018-07/guatemala")


def test_a_part_that_nobody_wants_any_more_is_given_up(july):
    july.run("plan", "drop", "2018-07/guatemala", "--because", "too old")
    assert july.json("status")[0]["open_parts"] == []
    assert "given up: a person dropped it: too old" in " ".join(july.json("report", "2018-07")["notes"])
    assert "a person dropped it: too old" in july.run("send", "july", "--part", "guatemala", "--yes", code=2).stderr
    assert "not yet" not in july.run("explain", "police", "--as", "eva@example.org").stdout


def test_a_story_is_corrected_for_those_who_got_it(july):
    assert "nothing is corrected" in july.run("correct", "july", "police", code=3).stderr
    mend(july, "forged papers", "false papers")
    told = july.run("correct", "july", "police", "--because", "they were false, not forged")
    assert "monthly/2018-07/correction-1 was drafted for the 2 readers who got the story" in told.stdout
    july.run("check", "july/correction-1")
    july.run("approve", "july/correction-1", "--by", "Marta")
    assert "monthly/2018-07/correction-1: it is approved" in july.run("run", code=3).stderr
    july.run("send", "july/correction-1", "--yes")
    said = "Police in Guatemala learn to spot"
    assert got(july, "ben@example.org") == [f"{said} forged papers", f"Correction: {said} false papers"]
    assert len({mail["Message-ID"] for mail in july.messages()["ben@example.org"]}) == 2
    assert got(july, "eva@example.org") == got(july, "ana@example.org") == []
    assert "was corrected on" in " ".join(july.json("report", "2018-07")["notes"])
    (ben,) = july.json("explain", "ben@example.org")["subscriptions"]
    assert [one["edition"] for one in ben["received"]] == ["monthly/2018-07", "monthly/2018-07/correction-1"]
    assert ben["received"][1]["why"] == "their mail of July 2018 – monthly/2018-07 had a story that is corrected here"
