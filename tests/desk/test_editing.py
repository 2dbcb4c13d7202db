"""A story's words, edited in place at the desk: they are written into the plan, and nobody's work is lost."""

import re
from pathlib import Path

import pytest
from desk_office import JULY, LISTING, Desk, desk_in, words_of
from doses import dose

PLAN = "plans/monthly/2018-07.yaml"
POLICE = "Police in Guatemala learn to spot forged papers"
MARKUP = """<script>alert(1)</script> {{ 7*7 }} "quoted" & 'single' </textarea> <mj-text> # no: [x]"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "office")


def story_in(desk: Desk) -> str:
    page = desk.page()
    found = re.search(r'href="\./\?edit=(\w+)#stories" aria-label="Edit: Police', page)
    assert found
    return found[1]


def form_of(desk: Desk, story: str, number: int = 0) -> dict[str, str]:
    """What a form of the open story holds, as a browser would send it."""
    form = re.findall(r'<form method="post" action="edit".*?</form>', desk.page(f"{JULY}?edit={story}"), re.DOTALL)[
        number
    ]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return {name: value for name, value in hidden.items() if name != "token"}


def edited(desk: Desk, **words: str) -> str:
    story = story_in(desk)
    form = form_of(desk, story)
    shown = {"title": form["was-title"], "summary": form["was-summary"], "language": form["was-language"]}
    return desk.click("edit", **{**form, **shown, **words})


def test_a_title_that_is_edited_is_in_the_mails_and_its_source_is_told(desk: Desk) -> None:
    said = edited(desk, title="Papers that lie")
    assert f"title is now “Papers that lie”; its source says “{POLICE}”" in said
    assert "digest plan edit" in said
    assert "--title 'Papers that lie' --newsletter monthly --period 2018-07" in said
    assert f"edited Source, title: {POLICE}" in said
    assert "Papers that lie" in desk.get(f"{JULY}variant/0.html").text
    assert 'title: "Papers that lie"' in (desk.folder / PLAN).read_text()
    record = desk.instance.editions.record(desk.instance.editions.editions("monthly")[0])
    assert record
    assert POLICE in repr([one.source_words for one in record.stories])


def test_what_is_edited_is_part_of_what_is_approved(desk: Desk) -> None:
    code = desk.code()
    edited(desk, title="Papers that lie")
    assert "code" in desk.refused("approve", by="Marta", code=code)
    desk.approved()
    assert "2018-07" in desk.refused("edit", **form_of_closed())


def form_of_closed() -> dict[str, str]:
    return {"story": "0" * 16, "text": "0" * 16, "title": "x", "was-title": "y"}


def test_undone_it_is_as_its_source_says(desk: Desk) -> None:
    edited(desk, title="Papers that lie", summary="Short.")
    form = form_of(desk, re.findall(r"edit=(\w+)#stories\" aria-label=\"Edit: Papers", desk.page())[0], -1)
    assert "title as its source says it" in desk.click("edit", undo="1", **form)
    assert "Papers that lie" not in desk.page()
    assert POLICE in desk.page()


def test_countries_and_topics_decide_who_gets_it(desk: Desk) -> None:
    story = story_in(desk)
    form = form_of(desk, story, 1)
    assert form["was-countries"] == "GT"
    said = desk.click("edit", **form, countries="Honduras, mx")
    assert "countries is now “HN, MX”; its source says “GT”" in said
    why = words_of(desk.page(f"{JULY}?edit={story}"))
    assert "Guatemala : does not get it" in why
    assert "is no country code" in desk.refused("edit", **form_of(desk, story, 1), countries="Atlantis")


def test_markup_in_a_field_is_text_wherever_it_is_shown(desk: Desk) -> None:
    edited(desk, title=MARKUP, summary=MARKUP)
    (story, *_) = re.findall(r"edit=(\w+)#stories\" aria-label=\"Edit: &lt;script", desk.page())
    for path in (JULY, f"{JULY}?edit={story}", f"{JULY}variant/0.html"):
        assert "<script>alert(1)" not in desk.page(path)
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in desk.page(path)
    again = form_of(desk, story)
    assert "&lt;/textarea&gt;" in again["was-title"]


def test_two_people_who_edit_are_told_and_nothing_is_lost(desk: Desk) -> None:
    story = story_in(desk)
    form = form_of(desk, story)
    edited(desk, title="First")
    said = desk.post("edit", **{**form, "title": "Second", "summary": "Kept?", "language": "en"})
    assert said.status_code == 409
    assert "it was changed meanwhile: it said “Police" in words_of(said.text)
    assert ">Second</textarea>" in said.text
    assert ">Kept?</textarea>" in said.text
    assert 'title: "First"' in (desk.folder / PLAN).read_text()


def test_a_plan_that_was_changed_by_hand_meanwhile_stays(desk: Desk) -> None:
    story = story_in(desk)
    form = form_of(desk, story)
    desk.write(PLAN, "# by hand\npreheader: Two stories\n")
    said = desk.refused("edit", **{**form, "title": "Mine", "summary": "", "language": "en"})
    assert "somebody changed it meanwhile" in said
    assert (desk.folder / PLAN).read_text() == "# by hand\npreheader: Two stories\n"


def test_a_source_that_changes_afterwards_is_named_with_both_wordings(desk: Desk) -> None:
    edited(desk, title="Papers that lie")
    desk.write("bulletins/july.en.txt", LISTING.replace("forged papers", "false papers"))
    said = words_of(desk.page())
    assert "STAFF-001" in said
    assert f"it said “{POLICE}”, and says “Police in Guatemala learn to spot false papers”" in said
    assert "the mails say “Papers that lie”" in said


def test_nothing_new_is_no_edit(desk: Desk) -> None:
    form = form_of(desk, story_in(desk))
    shown = {"title": POLICE, "summary": "", "language": "en"}
    assert "nothing in it is another than before" in desk.refused("edit", **form, **shown)


def test_many_stories_have_one_open_form(desk: Desk) -> None:
    stories = dose(40, 500)
    more = "".join(
        f"{1 + n % 28} July, 2018\n\nNews number {n} from Guatemala\n\nText {n}.\n\n" for n in range(stories)
    )
    desk.write("bulletins/many.en.txt", more)
    page = desk.page(f"{JULY}?edit={story_in(desk)}")
    assert page.count('action="edit"') == 2, "one for its text, one for the whole story"
    assert len(page) < 2_000_000


# -- Subject, preheader and introduction.


def line_form(desk: Desk, number: int = 0) -> dict[str, str]:
    """What the form of a language holds, as a browser would send it."""
    form = re.findall(r'<form method="post" action="word".*?</form>', desk.page(), re.DOTALL)[number]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    (was,) = re.findall(r'<textarea name="was-introduction"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    shown = {"subject": hidden["was-subject"], "preheader": hidden["was-preheader"], "introduction": was}
    return {name: value for name, value in hidden.items() if name != "token"} | shown | {"was-introduction": was}


def test_subject_preheader_and_introduction_are_written_per_language(desk: Desk) -> None:
    page = desk.page()
    assert f'data-line="subject" data-else="{POLICE}"' in page.replace(
        "A shelter opens its doors in Tegucigalpa", POLICE
    )
    words = {"subject": "Dos noticias", "preheader": "Y un resumen", "introduction": "Este mes **abrió**\r\n\r\nuno."}
    assert "It is written into the plan." in desk.click("word", **{**line_form(desk, 1), **words})
    assert (desk.folder / PLAN).read_text() == (
        'subject: {es: "Dos noticias"}\npreheader: {es: "Y un resumen"}\n'
        'introduction: {es: "Este mes **abrió**\\n\\nuno."}\n'
    )
    page = desk.page()
    assert '<b data-line="subject" data-else="Dos noticias">' in page
    assert "<strong>abrió</strong>" in "".join(
        desk.page(f"{JULY}variant/{n}.html") for n in range(page.count('href="#mails/'))
    )
    desk.click("word", **{**line_form(desk, 1), "introduction": "", "subject": ""})
    assert (desk.folder / PLAN).read_text() == 'subject: {es: }\npreheader: {es: "Y un resumen"}\nintroduction: {}\n'


def test_a_line_that_is_too_long_is_refused_and_nothing_of_the_form_is_written(desk: Desk) -> None:
    form = line_form(desk)
    said = desk.post("word", **{**form, "subject": "Two hubs", "preheader": "x" * 111, "introduction": "<b>Kept</b>"})
    assert said.status_code == 422
    assert "longer than 110" in words_of(said.text)
    assert 'value="Two hubs"' in said.text
    assert "&lt;b&gt;Kept&lt;/b&gt;</textarea>" in said.text
    assert not (desk.folder / PLAN).exists()


def test_words_for_a_plan_that_was_changed_meanwhile_are_told_and_kept(desk: Desk) -> None:
    form = line_form(desk)
    desk.write(PLAN, "preheader: Two stories\n")
    said = desk.post("word", **{**form, "subject": "Mine"})
    assert said.status_code == 409
    assert 'value="Mine"' in said.text
    assert (desk.folder / PLAN).read_text() == "preheader: Two stories\n"
