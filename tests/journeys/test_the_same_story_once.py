"""The same news is told once, whatever becomes of its file, date and words; people have the last word on pairs."""

import pytest

BODY = (
    "Belmopan. The two governments agreed on a plan for the border posts, with training for officers and a telephone "
    "line for families."
)
STORY = f"31 July 2018\n\nBelize and Mexico agree on a joint plan for the border\n\n{BODY}\n"
MARKDOWN = "---\ntitle: Belize and Mexico agree on a joint plan for the border\n---\n\n{body}\n"
IN_SPANISH = (
    "31 de julio de 2018\n\nBelice y México acuerdan un plan conjunto para la frontera\n\n"
    "Belmopán. Los dos gobiernos acordaron un plan para los puestos fronterizos, con capacitación para oficiales y una "
    "línea telefónica para las familias.\n"
)


@pytest.fixture
def sent(office):
    """July has gone out with the story."""
    (office.folder / "bulletins/july.en.txt").unlink()
    office.write("bulletins/a.en.txt", STORY)
    publish(office, "2018-07")
    return office


def publish(office, period):
    office.run("build", "--period", period)
    office.run("approve", period, "--by", "Marta")
    office.run("send", period, "--yes")


def due(office):
    """How many stories are in editions other than that of July."""
    office.run("build", "--all", code=None)
    (monthly,) = office.json("status", "--all")
    return sum(one["stories"] or 0 for one in monthly["editions"] if one["period"] != "2018-07")


CORRECTED = {
    "date and a word of the title": STORY.replace("31 July", "1 August").replace("joint", "common"),
    "date and a word of the text": STORY.replace("31 July", "2 August").replace("families", "relatives"),
    "the date alone": STORY.replace("31 July", "5 August"),
    "date and capitals": STORY.replace("31 July", "1 August").replace("joint plan", "Joint Plan"),
}
FILES = ("renamed.en.txt", "a.en.txt", "b.en.txt", "a.en.txt")


@pytest.mark.parametrize(("text", "file"), list(zip(CORRECTED.values(), FILES, strict=True)), ids=CORRECTED.keys())
def test_a_corrected_copy_of_a_sent_story_is_that_story(sent, text, file):
    (sent.folder / "bulletins/a.en.txt").unlink()
    sent.write(f"bulletins/{file}", text)
    assert sent.run("collect").stdout.startswith("newsroom: 1 changed\n")
    assert due(sent) == 0
    if file == "renamed.en.txt":
        checked = sent.run("check", "2018-07", code=None).stdout  # with the words that were sent
        assert "HEADING-005" not in checked
        assert "TEXT-002" not in checked


def test_a_markdown_file_with_another_date_in_its_name_and_another_word_is_that_story(sent):
    sent.write("bulletins/a.en.txt", "")
    sent.write("bulletins/2018-07-31-plan.en.md", MARKDOWN.format(body=BODY))
    sent.run("collect")
    (sent.folder / "bulletins/2018-07-31-plan.en.md").unlink()
    sent.write("bulletins/2018-08-01-plan.en.md", MARKDOWN.format(body=BODY.replace("families", "relatives")))
    assert sent.run("collect").stdout.startswith("newsroom: 1 changed\n")
    assert due(sent) == 0


@pytest.mark.parametrize("text", [STORY.replace("31 July", "6 August"), CORRECTED["date and a word of the text"]])
def test_a_copy_in_a_second_file_is_no_news_and_said_so(sent, text):
    sent.write("bulletins/b.en.txt", text)
    said = sent.run("collect")
    assert "tells the same as bulletins/a.en.txt:1 (2018-07-31" in said.stderr
    assert due(sent) == 0


@pytest.mark.parametrize(
    ("old", "new"), [("Mexico", "Honduras"), ("two governments", "three governments"), ("joint", "second joint")]
)
def test_a_story_of_another_place_or_number_is_news(sent, old, new):
    sent.write("bulletins/b.en.txt", STORY.replace("31 July", "1 August").replace(old, new))
    sent.run("collect")
    assert due(sent) == 1


def test_what_was_split_is_news_and_what_was_merged_is_not(sent):
    sent.write("bulletins/b.en.txt", STORY.replace("31 July", "1 August").replace("Mexico", "Honduras"))
    sent.run("collect")
    ids = [item["id"] for item in sent.json("items")]
    sent.run("items", "merge", *ids)
    assert due(sent) == 0
    assert "merged (by " in sent.run("items", "pairs").stdout
    assert len({item["story"] for item in sent.json("items")}) == 1
    sent.run("items", "split", *ids)
    assert len({item["story"] for item in sent.json("items")}) == 2
    assert due(sent) == 0  # what was taken for both stays taken
    sent.run("items", "forget", ids[0])
    assert "No two items" in sent.run("items", "pairs").stderr


def test_a_pair_that_was_split_in_time_is_two_stories_for_good(office):
    office.write("bulletins/july.en.txt", STORY)
    office.write("bulletins/b.en.txt", STORY.replace("31 July", "30 July").replace("joint", "common"))
    office.run("collect")
    ids = [item["id"] for item in office.json("items")]
    assert len({item["story"] for item in office.json("items")}) == 1
    office.run("items", "split", *[id_[:8] for id_ in ids], "--by", "Marta")
    for _ in range(2):
        assert len({item["story"] for item in office.json("items")}) == 2
    assert "split (by Marta)" in office.run("items", "pairs").stdout
    assert "tells the same" not in office.run("collect").stderr


def test_an_unmarked_translation_is_shown_to_readers_of_its_language(office):
    office.write("bulletins/july.en.txt", STORY)
    office.write("bulletins/julio.es.txt", IN_SPANISH)
    office.run("collect")
    assert len({item["story"] for item in office.json("items")}) == 1
    assert "one story (translation)" in office.run("items", "pairs").stdout


def test_a_doubtful_pair_is_asked_about_and_is_two_stories_until_somebody_says(office):
    office.write("bulletins/july.en.txt", STORY.replace("31 July", "9 July"))
    office.write("bulletins/b.en.txt", STORY.replace("joint", "common"))
    said = office.run("collect").stderr
    assert "may be the duplicate of" in said
    assert len({item["story"] for item in office.json("items")}) == 2
    (pair,) = office.json("items", "pairs")
    assert pair["standing"] == "asked"
    office.run("items", "merge", *pair["items"])
    assert len({item["story"] for item in office.json("items")}) == 1
    assert "may be" not in office.run("collect").stderr


def test_pairs_need_two_items_that_are_known(office):
    office.run("collect")
    (first, *_) = office.json("items")
    office.run("items", "merge", first["id"], code=2)
    office.run("items", "merge", first["id"], "zzzz", code=2)
    office.run("items", "split", first["id"], first["id"], code=2)
