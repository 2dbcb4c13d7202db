"""The desk: its pages show what the commands say, and its buttons do what the commands do."""

import re
from pathlib import Path

import pytest
from desk_office import JULY, LISTING, Desk, desk_in, words_of
from hypothesis import given
from hypothesis import strategies as st

from digest.desk.clicks import rearranged


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "office")


def state_of(desk: Desk) -> str:
    (edition,) = desk.instance.editions.editions("monthly")
    return str(edition.state)


def test_the_months_say_what_is_next_and_when(desk: Desk) -> None:
    desk.page()
    said = words_of(desk.page(""))
    assert "July 2018 goes out on Sunday 5 August 2018, 09:00 CST, in 3 days" in said
    assert "2 stories so far" in said
    assert "July 2018 waits for a person's approval." in said


def test_an_office_without_news_has_a_first_page_too(tmp_path: Path) -> None:
    desk = desk_in(tmp_path / "office")
    (desk.folder / "bulletins/july.en.txt").unlink()
    assert "Nothing waits for anybody." in words_of(desk.page(""))


def test_the_steps_lead_from_the_check_to_the_sent_mails(desk: Desk) -> None:
    assert "The check says: 0 errors" in desk.click("check")
    assert "left as files into out; no reader got anything" in desk.click("test", address="marta@example.org")
    assert "is approved by Marta" in desk.approved()
    said = words_of(desk.page())
    assert "to 2 readers (1 English + 1 Spanish), as files into out?" in said
    assert "It goes out by itself on 5 August 2018" in said
    assert "is leaving" in desk.click("send", number="2")
    assert len([path for path in desk.sent() if "test" not in path.parts]) == 2
    assert "finished; 2 readers: 2 sent" in words_of(desk.page())
    assert "Report" in words_of(desk.page(f"{JULY}report"))


def test_each_button_shows_the_command_that_it_equals(desk: Desk) -> None:
    said = words_of(desk.page())
    for command in (
        "digest check monthly/2018-07",
        "digest send monthly/2018-07 --test ADDRESS",
        f"digest approve monthly/2018-07 --by NAME --code {desk.code()}",
        "digest send monthly/2018-07",
    ):
        assert command in said
    desk.approved()
    assert "digest reopen monthly/2018-07 --by NAME --because REASON" in words_of(desk.page())


def test_what_was_shown_is_what_is_approved(desk: Desk) -> None:
    """A draft that changed under the hands of a person is not approved, and they are told what changed."""
    code = desk.code()
    desk.write("bulletins/july.en.txt", LISTING.replace("three days", "four days"))
    desk.open.shown(*_july(desk))  # another tab, or `digest build`
    said = desk.refused("approve", by="Marta", code=code)
    assert "changed since that code was given out" in said
    assert "Police in Guatemala learn to spot forged papers" in said
    assert 'value="Marta"' in desk.post("approve", by="Marta", code=code).text, "what was typed is still there"
    assert state_of(desk) == "draft"
    desk.approved()


def test_an_approval_needs_a_name_and_a_code(desk: Desk) -> None:
    code = desk.code()
    assert "an answer needs a name" in desk.refused("approve", by=" ", code=code)
    desk.refused("approve", by="Marta", code="")
    desk.refused("approve", by="Marta", code="zzzzzz")
    assert state_of(desk) == "draft"


def test_nothing_is_sent_without_the_number_of_its_readers(desk: Desk) -> None:
    assert "only what is approved is sent" in desk.drafted().refused("send", number="2")
    desk.approved()
    for number in ("", "1", "3", "two", "2.5", "-2"):
        desk.refused("send", number=number)
    assert state_of(desk) == "sealed"
    assert desk.sent() == []


def test_an_approval_is_taken_back_with_a_name_and_a_reason(desk: Desk) -> None:
    desk.approved()
    desk.refused("reopen", by="", because="a mistake")
    desk.refused("reopen", by="Marta", because="")
    assert "is a draft again" in desk.click("reopen", by="Marta", because="a mistake")
    assert state_of(desk) == "draft"


POLICE, SHELTER = "Police in Guatemala learn to spot forged papers", "A shelter opens its doors in Tegucigalpa"
MORE = "11 July, 2018\n\nBuses for Honduras\n\nThey are new, and they are red.\n"
PLAN = "plans/monthly/2018-07.yaml"


def story_form(desk: Desk, title: str) -> dict[str, str]:
    """What the page has about a story."""
    (edition,) = desk.instance.editions.editions("monthly")
    record = desk.instance.editions.record(edition)
    assert record
    found = next(one.id for one in record.stories if one.story.in_language("en").text.title == title)
    seen = re.search(r'name="plan" value="([^"]+)"', desk.page())
    assert seen
    return {"story": found, "plan": seen[1]}


def in_order(desk: Desk) -> list[str]:
    page = desk.page()
    part = page[page.index('id="stories"') :]
    return re.findall(r'<p class="headline">([^<]+?)\s*<', part)


def test_stories_lead_rise_wait_and_come_back_by_buttons(desk: Desk) -> None:
    first, second = in_order(desk.drafted())
    assert "stands above all others" in desk.click("story", action="lead", **story_form(desk, second))
    assert in_order(desk) == [second, first]
    assert "treated like any other" in desk.click("story", action="keep", **story_form(desk, second))
    assert in_order(desk) == [first, second]
    desk.click("story", action="drop", because="it is wrong", **story_form(desk, first))
    said = words_of(desk.page())
    assert "Not in it 1" in said
    assert "it is wrong" in said
    desk.click("story", action="keep", **story_form(desk, first))
    assert sorted(in_order(desk)) == sorted([first, second])


def test_a_story_rises_and_sinks_in_its_section(desk: Desk) -> None:
    desk.write("bulletins/more.en.txt", MORE)
    lead, first, second = in_order(desk.drafted())
    assert "1. " in desk.click("story", action="up", **story_form(desk, second))
    assert in_order(desk) == [lead, second, first]
    desk.click("story", action="down", **story_form(desk, second))
    assert in_order(desk) == [lead, first, second]


def test_a_story_that_is_dragged_comes_to_its_place_in_its_section(desk: Desk) -> None:
    desk.write("bulletins/more.en.txt", MORE + MORE.replace("Buses", "Trains"))
    lead, *others = in_order(desk.drafted())
    assert "1. " in desk.click("story", action="place", to="0", **story_form(desk, others[-1]))
    assert in_order(desk) == [lead, others[-1], *others[:-1]]
    desk.refused("story", action="place", to="", **story_form(desk, lead))
    assert in_order(desk) == [lead, others[-1], *others[:-1]]


def test_a_plan_that_was_changed_meanwhile_is_told_and_nothing_is_lost(desk: Desk) -> None:
    form = story_form(desk.drafted(), POLICE)
    desk.write(PLAN, "# by hand\nintroduction:\n  en: A word before.\n  es: Unas palabras.\n")
    by_hand = (desk.folder / PLAN).read_text()
    assert "somebody changed it meanwhile" in desk.refused("story", action="drop", **form)
    assert (desk.folder / PLAN).read_text() == by_hand
    desk.click("story", action="drop", **story_form(desk, POLICE))
    assert (desk.folder / PLAN).read_text().startswith(by_hand)


def test_a_plan_with_mistakes_is_shown_and_not_touched(desk: Desk) -> None:
    form = story_form(desk.drafted(), POLICE)
    desk.write(PLAN, "drp: [nothing]\n")
    answer = desk.post("story", action="drop", **form)
    assert answer.status_code == 500
    assert "did you mean" in answer.text
    assert (desk.folder / PLAN).read_text() == "drp: [nothing]\n"


def test_nothing_is_decided_about_the_stories_of_what_is_approved(desk: Desk) -> None:
    form = story_form(desk.drafted(), POLICE)
    desk.approved()
    assert 'name="action"' not in desk.page()
    assert "a plan changes nothing in it any more" in desk.refused("story", action="drop", **form)


@given(st.permutations("abcdefgh"), st.integers(1, 8), st.data())
def test_a_story_changes_places_with_its_neighbour_and_no_other_moves(
    stories: list[str], size: int, data: st.DataObject
) -> None:
    section, others = stories[:size], stories[size:]
    planned = data.draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    planned += section[: data.draw(st.integers(0, size))]
    id_, to = data.draw(st.sampled_from(section)), data.draw(st.integers(-1, size))
    order = rearranged(planned, section, id_, to)
    assert [one for one in order if one in others] == [one for one in planned if one in others]
    after = [one for one in order if one in section]
    after += [one for one in section if one not in after]
    expected = [one for one in section if one != id_]
    expected.insert(min(max(to, 0), size - 1), id_)
    assert after == expected


def test_a_warning_that_is_right_is_accepted_and_not_said_again(desk: Desk) -> None:
    desk.write("bulletins/july.en.txt", LISTING + "\n14 July, 2018\n\nA title alone with nothing below it\n")
    page = desk.page()
    found = re.search(r'name="warning" value="([^"]+)"', page)
    assert found, words_of(page)
    assert "an answer needs a name" in desk.refused("accept", warning=found[1])
    assert "1 warning is not said again" in desk.click("accept", warning=found[1], by="Marta")
    assert 'name="warning"' not in desk.page()
    assert "no warning names this place" in desk.refused("accept", warning=found[1])


def test_texts_with_markup_are_texts(desk: Desk) -> None:
    said = "<script>alert(1)</script>\"'><img src=x>"
    page = desk.post("approve", by=said, code="zzzzzz").text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    page = desk.browser.get(f"{desk.door.root}{JULY}?told={said}").text
    assert "alert(1)" not in page


def test_what_is_not_there_is_told(desk: Desk) -> None:
    for path in ("editions/weekly/2018-07/", "editions/monthly/never/", "editions/monthly/2018-07.4/"):
        assert desk.get(path).status_code == 422, path
    assert desk.get(f"{JULY}variant/99.html").status_code == 204
    assert desk.get("files/digest.yaml").status_code == 404
    assert desk.get("files/..%2Fpages.py").status_code == 404


def test_mistakes_in_the_settings_are_shown_and_the_page_comes_back(desk: Desk) -> None:
    settings = (desk.folder / "digest.yaml").read_text()
    desk.write("digest.yaml", settings.replace("every: month", "evry: month"))
    answer = desk.get(JULY)
    assert answer.status_code == 500
    assert "did you mean" in answer.text
    desk.write("digest.yaml", settings)
    assert "forged papers" in desk.page()


def test_a_page_is_another_version_once_an_input_or_an_edition_has_changed(desk: Desk) -> None:
    desk.page()
    versions = [desk.open.version()]
    desk.page()
    assert desk.open.version() == versions[0], "looking changes nothing"
    desk.write("bulletins/more.en.txt", "20 July, 2018\n\nBuses for Guatemala\n\nThey are new.\n")
    versions.append(desk.open.version())
    desk.page()
    versions.append(desk.open.version())
    desk.approved()
    versions.append(desk.open.version())
    assert len(set(versions)) == len(versions)


def test_a_mail_is_seen_dark_and_without_pictures(desk: Desk) -> None:
    assert "prefers-color-scheme" in desk.page(f"{JULY}variant/0.html")
    assert "prefers-color-scheme" not in desk.page(f"{JULY}variant/0.html?as=dark")
    policy = desk.get(f"{JULY}variant/0.html?as=bare").headers["content-security-policy"]
    assert "img-src 'none'" in policy
    assert "script-src" not in policy


def test_a_desk_that_closes_lets_a_sending_stop_and_another_go_on(desk: Desk) -> None:
    desk.approved()
    desk.open.close()
    desk.click("send", number="2")
    desk.open.wait()
    assert state_of(desk) == "sending"
    assert desk.sent() == []
    again = Desk(desk.folder, desk.clock)
    again.click("send", number="2")
    assert len(again.sent()) == 2


def _july(desk: Desk):  # type: ignore[no-untyped-def] # two nouns for `shown`
    from digest.desk.edition_page import newsletter_and_meant

    return newsletter_and_meant(desk.open.instance, "monthly", "2018-07")
