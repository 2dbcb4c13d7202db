"""An approved text is corrected, or taken back, before it has left: every screen says so, and a person decides."""

import pytest


@pytest.fixture
def edited(office):
    office.run("build", "2018-07")
    office.run("approve", "2018-07", "--by", "Marta")
    bulletin = office.folder / "bulletins" / "july.en.txt"
    bulletin.write_text(bulletin.read_text().replace("airport", "harbour"))
    office.run("collect")
    return office


def test_status_run_send_and_preview_say_so(edited):
    assert "1 text changed since Marta approved" in " ".join(edited.run("status").stdout.split())
    assert "1 text changed since Marta approved" in edited.json("status")[0]["changed"][0]
    page = edited.folder / "look.html"
    edited.run("preview", "2018-07", "--once", str(page), "--no-open")
    for said in (
        edited.run("send", "2018-07", "--yes", code=3).stderr,
        edited.run("run", code=3).stderr,
        page.read_text(),
    ):
        assert "airport" in said
        assert "harbour" in said
    assert edited.messages() == {}


def test_as_approved_needs_a_name_and_sends_what_was_approved(edited):
    assert "--by" in edited.run("send", "2018-07", "--yes", "--as-approved", code=2).stderr
    edited.run("send", "2018-07", "--yes", "--as-approved", "--by", "Marta")
    said = [mail[0].get_body(("plain",)).get_content() for mail in edited.messages().values()]
    assert any("airport" in text for text in said)
    assert not any("harbour" in text for text in said)


def test_reopened_and_built_again_it_has_the_new_words(edited):
    edited.run("reopen", "2018-07", "--by", "Marta", "--because", "corrected")
    edited.run("build", "2018-07")
    edited.run("approve", "2018-07", "--by", "Marta")
    edited.run("send", "2018-07", "--yes")
    said = [mail[0].get_body(("plain",)).get_content() for mail in edited.messages().values()]
    assert any("harbour" in text for text in said)
