"""A new text at the desk: pasted, seen as it is read, corrected, saved as `digest new` saves it."""

import errno
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from desk_office import Desk, desk_in, words_of

from digest.cli import cli
from digest.desk.pasting import folder_meant
from digest.intake.item import Item
from digest.intake.pasted import PastedText

STORY = "20 July 2018\n\nHub opens in Belize\n\nThe hub answers the questions of those who arrive.\n"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = desk_in(tmp_path / "office")
    desk.page("new/")
    return desk


def read(desk: Desk, text: str = STORY, status: int = 200, **fields: str) -> str:
    answer = desk.post("read", "new/", text=text, **fields)
    assert answer.status_code == status, words_of(answer.text)
    return answer.text


def fields_of(page: str) -> dict[str, Any]:
    """What the form with *Save* in it would send."""
    form = page.partition('action="keep"')[2].partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and 'type="checkbox"' in tag:
            found[name[1]] = [*found.get(name[1], []), *([value[1]] if value and " checked" in tag else [])]
        elif name and name[1] not in ("token", "place"):
            found[name[1]] = unescape(value[1] if value else "")
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'value="([^"]*)" selected', options)[0]
    return found


def kept(desk: Desk) -> dict[str, str]:
    return {
        one.name: one.read_text("utf-8") for one in (desk.folder / "bulletins").iterdir() if "july.en" not in one.name
    }


def items(desk: Desk) -> dict[str, Item]:
    return {item.text.title: item for item in desk.instance.items.items()}


def test_the_page_says_how_a_text_is_read_and_from_what_and_keeps_nothing(desk: Desk) -> None:
    said = words_of(read(desk))
    assert "“20 July 2018” in line 1" in said
    assert "Belize: “Belize” in the title" in said
    assert "its words" in said
    assert "bulletins/2018-07-20-hub-opens-in-belize.en.txt" in said
    assert "digest new --yes < text.txt" in said
    assert kept(desk) == {}


def test_saving_writes_what_the_command_writes_and_collects(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "typed"
    shutil.copytree(desk.folder, other)
    said = desk.click("keep", "new/", **fields_of(read(desk, STORY.replace("\n", "\r\n"))))
    assert "Kept as bulletins/2018-07-20-hub-opens-in-belize.en.txt" in said
    assert "1 new item was collected." in said
    assert "Hub opens in Belize" in items(desk)
    ended = CliRunner().invoke(cli, ["-C", str(other), "new", "--yes"], input=STORY)
    assert ended.exit_code == 0, ended.output
    (typed,) = (other / "bulletins").glob("2018-07-20-*")
    assert kept(desk) == {typed.name: typed.read_text("utf-8")}


def test_what_is_corrected_is_written_where_a_person_would_write_it(desk: Desk) -> None:
    corrected = fields_of(read(desk)) | {
        "title-0": "Hub opens in Petén",
        "date-0": "2018-07-21",
        "language-0": "es",
        "countries-0": "Guatemala, BZ",
        "topics-0": "health",
        "summary-0": "In short: it opens",
    }
    page = desk.post("read", "new/", **corrected).text
    assert "said by a person" in words_of(page)
    assert kept(desk) == {}
    desk.click("keep", "new/", **fields_of(page))
    ((name, text),) = kept(desk).items()
    assert name == "2018-07-21-hub-opens-in-peten.es.txt"
    assert text.startswith("21 July 2018\n\nHub opens in Petén\n")
    assert "\nCountries: Guatemala, BZ\n" in text
    item = items(desk)["Hub opens in Petén"]
    assert (item.language, item.text.summary, item.published_on.day) == ("es", "In short: it opens", 21)
    assert {tag.value for tag in item.tags} == {"GT", "BZ", "health"}
    assert item.text.paragraphs == ("The hub answers the questions of those who arrive.",)


def test_saving_at_once_keeps_what_was_corrected_too(desk: Desk) -> None:
    desk.click("keep", "new/", **fields_of(read(desk)) | {"countries-0": ""})
    assert not [tag for tag in items(desk)["Hub opens in Belize"].tags if tag.value == "BZ"]


@pytest.mark.parametrize(
    "front", ["", "---\ntitle: Hub opens\ndate: 2018-07-20\ncountries:\n- BZ\n- MX\nauthor: Ana\n---\n"]
)
def test_markdown_is_corrected_at_its_top(desk: Desk, front: str) -> None:
    text = f"{front}# Hub opens\n\nThe **hub** answers the questions of those who arrive.\n"
    page = read(desk, text, date="" if front else "2018-07-20")
    desk.click("keep", "new/", **fields_of(page) | {"title-0": "It's: “open”", "countries-0": "GT", "summary-0": "# 1"})
    item = items(desk)["It's: “open”"]
    assert ({tag.value for tag in item.tags if tag.value.isupper()}, item.text.summary) == ({"GT"}, "# 1")
    assert item.text.paragraphs == ("The hub answers the questions of those who arrive.",)
    assert item.text.author == ("Ana" if front else None)


def test_a_correction_that_would_be_read_in_another_way_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    shown = fields_of(read(desk, STORY + "\n22 July 2018\n\nAnother one\n\nIts text is here, and it is short.\n"))
    for wrong in (
        {"title-0": ""},
        {"title-0": "21 July 2018"},
        {"date-0": "someday"},
        {"language-0": "klingon"},
        {"title-0": "A\u202eB"},
    ):
        desk.refused("keep", "new/", **shown | wrong)
        page = desk.post("read", "new/", **shown | wrong)
        assert page.status_code == 422
        assert "Another one" in page.text, "what was typed is there still"
    assert kept(desk) == {}


def test_one_item_of_several_is_corrected_and_the_others_stay(desk: Desk) -> None:
    text = STORY + "\n22 July 2018\n\nAnother one in Mexico\n\nIts text is here, and it is short.\n"
    desk.click("keep", "new/", **fields_of(read(desk, text)) | {"title-1": "Another one", "date-1": "2018-07-23"})
    ((_name, written),) = kept(desk).items()
    assert written == text.replace("22 July 2018", "23 July 2018").replace("Another one in Mexico", "Another one")


def test_a_text_that_is_there_already_is_saved_again_only_by_who_was_told(desk: Desk) -> None:
    shown = fields_of(read(desk))
    desk.click("keep", "new/", **shown)
    assert "it is there already" in desk.refused("keep", "new/", **shown), "a second click on the same button"
    assert len(kept(desk)) == 1
    page = read(desk)
    assert "This is there already: bulletins/2018-07-20-hub-opens-in-belize.en.txt:1" in words_of(page)
    first = kept(desk)
    desk.click("keep", "new/", **fields_of(page))
    assert sorted(kept(desk)) == [f"2018-07-20-hub-opens-in-belize{one}.en.txt" for one in ("-2", "")]
    assert first.items() <= kept(desk).items()


def test_a_link_that_leads_nowhere_is_not_followed_and_nothing_half_written_is_left(desk: Desk) -> None:
    outside = desk.folder / "outside.txt"
    (desk.folder / "bulletins/2018-07-20-hub-opens-in-belize.en.txt").symlink_to(outside)
    desk.click("keep", "new/", **fields_of(read(desk)))
    assert not outside.exists()
    names = sorted(path.name for path in (desk.folder / "bulletins").iterdir())
    assert names == [f"2018-07-20-hub-opens-in-belize{one}.en.txt" for one in ("-2", "")] + ["july.en.txt"]


def test_who_saves_at_the_same_moment_gets_a_file_of_their_own(desk: Desk) -> None:
    text = PastedText(folder_meant(desk.instance, None), STORY, None, desk.instance.today)
    with ThreadPoolExecutor(8) as people:
        paths = [*people.map(lambda _one: text.keep(), range(8))]
    assert len({*paths}) == len(kept(desk)) == 8
    assert {*kept(desk).values()} == {STORY}


def test_where_a_file_has_one_name_alone_a_text_is_saved_whole_and_replaces_nothing(desk: Desk) -> None:
    def refuse(path: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(path))  # as FAT says it

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "hardlink_to", refuse)
        text = PastedText(folder_meant(desk.instance, None), STORY, None, desk.instance.today)
        with ThreadPoolExecutor() as people:
            paths = {*people.map(lambda _one: text.keep(), range(4))}
    assert len(paths) == 4
    assert all(path.read_text(encoding="utf-8") == text.written for path in paths)
    assert not [*paths.pop().parent.glob(".*")]


@pytest.mark.parametrize("title", ["../../../etc/passwd", "Draft", "/", "CON.txt", "a" * 300])
def test_no_title_leads_out_of_the_folder_or_to_a_name_that_is_not_read(desk: Desk, title: str) -> None:
    page = read(desk, STORY.replace("Hub opens in Belize", f"{title} and a hub"))
    desk.click("keep", "new/", **fields_of(page))
    assert len(kept(desk)) == 1
    assert [one for one in items(desk) if one.endswith("and a hub")]


def test_a_name_that_would_hold_the_text_back_is_not_given(desk: Desk) -> None:
    page = read(desk, STORY.replace("Hub opens in Belize", "Congress takes up a new draft"))
    desk.click("keep", "new/", **fields_of(page))
    assert [*kept(desk)] == ["2018-07-20-news.en.txt"]
    assert "Congress takes up a new draft" in items(desk)


def test_markup_in_every_field_stays_text(desk: Desk) -> None:
    text = (
        f"20 July 2018\n\nHub {EVIL} opens in Belize\nCountries: {EVIL}\nTopics: {EVIL}\nSummary: {EVIL}\n"
        f'Language: {EVIL}\nLink: "{EVIL}\n\nThe hub answers {EVIL} the questions of those who arrive.\n'
    )
    page = read(desk, text)
    assert EVIL not in page
    typed = {f"{field}-0": f'">{EVIL}' for field in ("title", "date", "language", "countries", "topics", "summary")}
    for odd in (typed, {"text": f"</textarea>{EVIL}"}, {"date": EVIL}, {"source": EVIL}):
        answer = desk.post("read", "new/", **fields_of(page) | odd)
        assert answer.status_code in (200, 422)
        assert EVIL not in answer.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", "there is none"),
        ("Nothing here has a date\n", "No item could be read in it."),
        ("---\ntitle: Later\ndate: 2018-08-05\ndraft: true\n---\nText.\n", "It says that it is a draft"),
    ],
)
def test_what_is_empty_undated_or_a_draft_is_said_and_not_kept(desk: Desk, text: str, said: str) -> None:
    answer = desk.post("read", "new/", text=text)
    assert said in words_of(answer.text)
    assert desk.post("keep", "new/", text=text).status_code >= 400
    assert kept(desk) == {}


def test_a_date_is_said_beside_a_text_that_has_none(desk: Desk) -> None:
    page = read(desk, STORY.partition("\n\n")[2], date="2018-07-20")
    desk.click("keep", "new/", **fields_of(page))
    assert [*kept(desk).values()] == [STORY]


def test_of_several_folders_one_is_chosen(desk: Desk) -> None:
    desk.write(
        "digest.yaml", (desk.folder / "digest.yaml").read_text().replace("bulletins/}", "bulletins/, press: press/}")
    )
    assert "newsroom, press" in desk.refused("read", "new/", text=STORY)
    page = read(desk, source="press")
    assert "digest new --source press --yes" in words_of(page)
    desk.click("keep", "new/", **fields_of(page))
    assert [*(desk.folder / "press").iterdir()]
    assert kept(desk) == {}


def test_an_office_without_a_folder_is_told_so(desk: Desk) -> None:
    settings = (desk.folder / "digest.yaml").read_text()
    desk.write("digest.yaml", settings.replace("bulletins/}", "{type: feed, url: 'https://www.example.org/feed'}}"))
    answer = desk.get("new/")
    assert answer.status_code == 422
    assert "no source is a folder" in words_of(answer.text)
