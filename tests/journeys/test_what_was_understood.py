"""`digest collect` says what it understood; `digest new` says it before a text is kept."""

import pytest

EMPTY = "{day} July 2018\n\nNotice number {day} of the office\n"
STORY = "5 August 2018\n\nHub opens in Belize\n\nThe hub answers questions on migration in three languages.\n"


def test_the_titles_stand_with_date_language_and_countries(office):
    said = office.run("collect").stdout.splitlines()
    assert said[0] == "newsroom: 2 new"
    assert any("2018-07-06  en    GT" in line and "Police in Guatemala" in line for line in said)
    assert office.run("collect").stdout == "newsroom: 2 unchanged\n"


def test_what_changed_and_what_is_gone_is_named_as_such(office):
    office.run("collect")
    text = (office.folder / "bulletins/july.en.txt").read_text(encoding="utf-8")
    first, second = text.split("4 July, 2018")
    office.write("bulletins/july.en.txt", first.replace("attended a course", "attended two courses"))
    said = office.run("collect").stdout
    assert [line.split()[3] for line in said.splitlines() if line.startswith("  2018")] == ["changed", "withdrawn"]
    assert second.split("\n\n")[1] in said


def test_at_most_ten_of_a_kind_are_said_and_then_a_count_and_the_remedy_once(office):
    office.write("bulletins/empty.en.txt", "\n".join(EMPTY.format(day=day) for day in range(1, 15)))
    said = office.run("collect").stderr
    assert said.count("no text") == 10
    assert said.count("→") == 1
    assert "and 4 more of this kind: digest " in said
    assert office.run("-v", "collect").stderr.count("no text") == 14


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_no_line_is_wider_than_the_terminal(office, width):
    office.write("bulletins/empty.en.txt", "\n".join(EMPTY.format(day=day) for day in range(1, 15)))
    ended = office.run("collect", COLUMNS=width)
    assert [line for line in ended.stdout.splitlines() if len(line) > int(width)] == []
    findings = [line for line in ended.stderr.splitlines() if "digest" not in line]
    assert [line for line in findings if len(line) > int(width)] == []


def test_an_accepted_warning_is_not_said_again_whatever_becomes_of_its_line_and_file(office):
    office.write("bulletins/empty.en.txt", EMPTY.format(day=1) + "\n" + EMPTY.format(day=2))
    office.run("collect")
    office.run("items", "accept", "bulletins/empty.en.txt:1")
    assert office.run("collect").stderr.count("no text") == 1
    (office.folder / "bulletins/empty.en.txt").unlink()
    office.write("bulletins/other.en.txt", "\n\n\n" + EMPTY.format(day=1) + "\n" + EMPTY.format(day=2))
    assert office.run("collect").stderr.count("no text") == 1
    office.write("bulletins/third.en.txt", EMPTY.format(day=3))
    assert office.run("collect").stderr.count("no text") == 2
    assert office.run("-v", "collect").stderr.count("no text") == 3


def test_what_was_accepted_is_said_again_when_a_person_wants_so(office):
    office.write("bulletins/empty.en.txt", EMPTY.format(day=1))
    office.run("collect")
    assert "1 warning is not" in office.run("items", "accept", "--all", "--by", "Marta").stdout
    assert "no text" not in office.run("build", "--all").stderr
    office.run("items", "accept", "bulletins/empty.en.txt", "--undo")
    assert "no text" in office.run("collect").stderr


def test_errors_cannot_be_accepted_and_unknown_places_are_named(office):
    office.write("bulletins/stray.en.txt", "No date here\n\nNothing can be read.\n")
    office.run("collect", code=4)
    assert "bulletins/stray.en.txt:1" in office.run("items", "accept", "bulletins/stray.en.txt:1", code=2).stderr
    office.run("items", "accept", code=2)
    office.run("items", "accept", "--all")
    office.run("collect", code=4)


def test_the_next_command_is_named(office, empty):
    assert "Next: digest preview" in office.run("collect").stderr
    assert "Next: digest status" in office.run("collect").stderr
    office.write("bulletins/july.en.txt", "")
    assert "digest new" in office.run("collect").stderr.replace("-C ", "")


def test_a_pasted_text_is_shown_as_read_and_kept_under_its_date_title_and_language(office):
    ended = office.run("new", "--yes", stdin=STORY.replace("\n", "\r\n"))
    assert "2018-08-05 · en · BZ\n  Hub opens in Belize\n    The hub answers" in ended.stdout
    kept = office.folder / "bulletins/2018-08-05-hub-opens-in-belize.en.txt"
    assert kept.read_bytes().decode() == STORY
    assert office.run("collect").stdout.startswith("newsroom: 3 new")


def test_nothing_that_exists_is_overwritten(office):
    for number in range(3):
        ended = office.run("new", "--yes", stdin=STORY)
        assert ("This is there already" in ended.stdout) == (number > 0)
        office.run("collect")
    names = sorted(path.name for path in (office.folder / "bulletins").glob("2018-08-05-*"))
    assert names == [f"2018-08-05-hub-opens-in-belize{number}.en.txt" for number in ("-2", "-3", "")]


def test_without_a_terminal_and_without_yes_nothing_is_kept(office):
    assert "--yes" in office.run("new", stdin=STORY, code=2).stderr
    assert [path.name for path in (office.folder / "bulletins").iterdir()] == ["july.en.txt"]


def test_a_text_without_a_date_is_refused_or_given_one(office):
    undated = STORY.split("\n\n", 1)[1]
    assert "--date" in office.run("new", "--yes", stdin=undated, code=65).stderr
    assert "--date" not in office.run("new", "--yes", "--date", "2018-08-05", stdin=undated).stderr
    (kept,) = (office.folder / "bulletins").glob("2018-08-05-*")
    assert kept.read_text(encoding="utf-8") == STORY


@pytest.mark.parametrize("text", ["", " \n", "---\ntitle: Later\ndate: 2018-08-05\ndraft: true\n---\nText.\n"])
def test_what_is_empty_or_a_draft_is_not_kept(office, text):
    office.run("new", "--yes", stdin=text, code=65)
    assert len([*(office.folder / "bulletins").iterdir()]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Curso en Petén\ndate: 2018-08-05\n---\n\nTexto **gordo**.\n",
        "# Curso en Petén\n\nTexto **gordo**.\n",
    ],
)
def test_markdown_is_kept_as_markdown(office, text):
    office.run("new", "--yes", "--date", "2018-08-05", stdin=text)
    (kept,) = (office.folder / "bulletins").glob("2018-08-05-curso-en-peten*.md")
    office.run("collect")
    assert "Curso en Petén" in office.run("items").stdout
    assert kept.read_text(encoding="utf-8") == text


def test_several_sources_are_asked_about(office):
    settings = (office.folder / "digest.yaml").read_text(encoding="utf-8")
    office.write("digest.yaml", settings.replace("bulletins/", "bulletins/\n  press: press/"))
    assert "newsroom, press" in office.run("new", "--yes", stdin=STORY, code=2).stderr
    assert "newsroom, press" in office.run("new", "--source", "no", "--yes", stdin=STORY, code=2).stderr
    office.run("new", "--source", "press", "--yes", stdin=STORY)
    assert [*(office.folder / "press").glob("2018-08-05-*")]
