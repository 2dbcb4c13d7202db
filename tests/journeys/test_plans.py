"""Staff decide about an edition: with an editor, or with commands."""

import re
import shlex
import shutil
import stat
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

MORE = """
10 July, 2018

A hub opens in San Salvador

The hub answers questions on regular migration in El Salvador.

5 August, 2018

Guatemala trains the mayors

The course took two days.
"""

ROOT = Path(__file__).parents[2]


@pytest.fixture
def news(office):
    """Three stories of July and one of August; `id_of` finds their ids by words of the title."""
    listing = (office.folder / "bulletins/july.en.txt").read_text()
    office.write("bulletins/july.en.txt", listing + MORE)
    office.run("collect")
    return office


def id_of(office, words):
    return next(item["id"] for item in office.json("items") if words in item["title"])


def rulings(office, period="2018-07"):
    """First word of the title → what the draft decided."""
    office.run("build", "--period", period)
    words = {item["story"]: item["title"].split()[0] for item in office.json("items")}
    text = (office.folder / f"editions/monthly/{period}/edition.yaml").read_text()
    found = re.findall(r"- story: '?(\w+)'?\n +ruling: (\S+)\n +late: (\w+)", text)
    return {words[story]: ruling + (" late" if late == "true" else "") for story, ruling, late in found}


def shown(office, variant="regional.en", period="2018-07"):
    return (office.folder / f"editions/monthly/{period}/variants/{variant}.txt").read_text()


def test_a_new_plan_lists_the_stories_and_changes_nothing(news):
    before = rulings(news)
    ended = news.run("plan", "july")
    path = news.folder / "plans/monthly/2018-07.yaml"
    text = path.read_text()
    for title in ("Police in Guatemala", "Shelter opens", "A hub opens"):
        assert title in ended.stdout
        assert re.search(rf"^#   [0-9a-f]{{8}}  2018-07-\d\d .*{title}", text, re.MULTILINE)
    assert "Written, to be filled in: plans/monthly/2018-07.yaml" in ended.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    fingerprint = (news.folder / "editions/monthly/2018-07/edition.yaml").read_text().splitlines()[0]
    assert rulings(news) == before == dict.fromkeys(("Police", "Shelter", "A"), "included")
    assert (news.folder / "editions/monthly/2018-07/edition.yaml").read_text().splitlines()[0] == fingerprint
    path.write_text(text + "# mine\n")
    assert "No mistakes in plans/monthly/2018-07.yaml" in news.run("plan", "monthly/2018-07").stderr
    assert path.read_text() == text + "# mine\n"


def test_commands_decide_and_say_what_it_means(news):
    dropped = news.run("plan", "drop", "shelter opens", "--because", "not our news")
    assert (
        dropped.stdout
        == "“Shelter opens in Tijuana, Mexico” is left out of July 2018 – monthly/2018-07, and of later ones.\n"
    )
    assert "Next: digest preview monthly/2018-07" in dropped.stderr
    news.run("plan", "lead", id_of(news, "A hub")[:5])
    assert rulings(news) == {"Police": "included", "A": "included", "Shelter": "dropped"}
    text = shown(news)
    assert "Tijuana" not in text
    assert text.index("A hub opens") < text.index("Police in Guatemala")
    assert "not our news" in news.run("explain", "Tijuana").stdout
    news.run("plan", "keep", "tijuana", "hub")
    news.run("plan", "pin", "tijuana", "--period", "july")
    news.run("plan", "order", "hub", "police")
    assert rulings(news)["Shelter"] == "included"
    plan = (news.folder / "plans/monthly/2018-07.yaml").read_text()
    assert "pin:\n  - " in plan
    again = news.run("plan", "pin", "tijuana")
    assert again.stdout == "plans/monthly/2018-07.yaml says so already.\n"
    assert "pinned" in news.run("plan", "july").stdout


def test_a_deferred_story_goes_out_late_with_the_next_edition(news):
    news.run("plan", "defer", "tijuana", "--because", "a photo is still to come")
    assert rulings(news)["Shelter"] == "deferred"
    news.run("approve", "july", "--by", "Marta")
    assert rulings(news, "2018-08") == {"Shelter": "included late", "Guatemala": "included"}


def test_corrections_change_the_mail_and_who_gets_it(news):
    hub = id_of(news, "A hub")
    news.write(
        "plans/monthly/2018-07.yaml",
        f"stories:\n  {hub[:8]}:\n    title: 'A better <b>title</b>'\n    countries: [GT]\n",
    )
    assert rulings(news)["A"] == "included"
    assert "A better <b>title</b>" in shown(news)
    assert "A better <b>title</b>" in shown(news, "guatemala.en")
    assert "<b>title" not in (news.folder / "editions/monthly/2018-07/variants/guatemala.en.html").read_text()
    findings = news.json("check", "july", code=None)
    assert not [one for one in findings if one["code"].startswith("HEADING") and "A hub opens" in str(one)]


def test_mistakes_are_told_all_at_once_and_nothing_is_built(news):
    hub = id_of(news, "A hub")
    august = id_of(news, "Guatemala trains")
    news.write(
        "plans/monthly/2018-07.yaml",
        f"lead: {hub}\ndrop:\n  - {hub}\n  - {august}\n  - zzzz\npins: []\nstories:\n  {hub}: {{countries: [XX]}}\n",
    )
    said = news.run("build", "--period", "july", code=78).stderr
    for expected in (
        "2018-07.yaml:3:5: drop: 'A hub opens in San Salvador' stands under 'lead' already",
        "2018-07.yaml:4:5: drop: 'Guatemala trains the mayors' is due in 2018-08",
        "2018-07.yaml:5:5: drop: there is no story 'zzzz'",
        "2018-07.yaml:6:1: pins: unknown key, did you mean 'pin'?",
        "'XX' is no country code",
    ):
        assert expected in said
    assert not (news.folder / "editions/monthly/2018-07").exists()
    before = (news.folder / "plans/monthly/2018-07.yaml").read_bytes()
    assert "stands under 'lead' already" in news.run("plan", "keep", hub, code=78).stderr
    assert (news.folder / "plans/monthly/2018-07.yaml").read_bytes() == before
    assert news.run("build", "--period", "2018-08").returncode == 0


def test_a_plan_changed_after_the_build_makes_the_approval_void(news):
    news.run("build", "--period", "july")
    news.run("plan", "drop", "tijuana")
    refused = news.run("approve", "july", "--by", "Marta", code=3).stderr
    assert "it was changed after the draft of monthly/2018-07 was built" in refused
    news.run("plan", "keep", "tijuana")  # the plan says again what it said
    (news.folder / "plans/monthly/2018-07.yaml").write_text("introduction: Hello\n")
    assert "was changed after the draft" in news.run("approve", "july", "--by", "Marta", code=3).stderr
    news.run("build", "--period", "july")
    news.run("approve", "july", "--by", "Marta")
    (news.folder / "plans/monthly/2018-07.yaml").unlink()
    assert "Hello" in shown(news)


def test_a_plan_that_is_gone_or_only_looks_otherwise(news):
    news.run("plan", "drop", "tijuana")
    news.run("build", "--period", "july")
    path = news.folder / "plans/monthly/2018-07.yaml"
    text = path.read_text()
    path.unlink()
    assert "was changed after" in news.run("approve", "july", "--by", "Marta", code=3).stderr
    path.write_text("# another remark\r\n" + text.replace("\n", "\r\n"))
    news.run("approve", "july", "--by", "Marta")


def test_a_template_that_changed_is_not_blamed_on_the_plan(news):
    news.run("plan", "lead", "tijuana")
    news.run("build", "--period", "july")
    settings = (news.folder / "digest.yaml").read_text()
    news.write(
        "digest.yaml", settings.replace("    approval: required", "    approval: required\n    template: letter")
    )
    news.run("approve", "july", "--by", "Marta")


def test_a_draft_without_its_copy_is_still_known_to_be_outdated(news):
    news.run("build", "--period", "july")
    for file in sorted((news.folder / "editions/monthly/2018-07").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (news.folder / "editions/monthly/2018-07").rmdir()
    news.run("plan", "lead", "tijuana")
    assert "was changed after" in news.run("approve", "july", "--by", "Marta", code=3).stderr


def test_nothing_can_be_planned_for_an_edition_that_is_sealed(news):
    news.run("build", "--period", "july")
    news.run("approve", "july", "--by", "Marta")
    for arguments in (("drop", "tijuana", "--period", "july"), ("lead", id_of(news, "A hub"), "--period", "2018-07")):
        said = news.run("plan", *arguments, code=3).stderr
        assert "monthly/2018-07: Marta has approved it: a plan changes nothing in it any more" in said
        assert "digest reopen monthly/2018-07" in said
    assert "monthly/2018-07 has decided about it" in news.run("plan", "drop", "tijuana", code=3).stderr
    looked = news.run("plan", "july")
    assert "its plan changes nothing in it any more" in looked.stderr
    assert not (news.folder / "plans").exists()
    news.write("plans/monthly/2018-08.yaml", f"drop: [{id_of(news, 'Shelter')}]\n")
    assert "was decided in monthly/2018-07 already" in news.run("plan", "2018-08", code=78).stderr


def test_what_is_meant_by_words_must_be_clear(news):
    assert "2 stories fit" in news.run("plan", "drop", "opens", code=2).stderr
    assert "no story has this id" in news.run("plan", "drop", "unicorns", code=2).stderr
    assert "several editions" in news.run("plan", "pin", "tijuana", "mayors", code=2).stderr
    assert "is due in 2018-08" in news.run("plan", "pin", "mayors", "--period", "july", code=2).stderr
    assert "one story is named twice" in news.run("plan", "pin", "tijuana", "shelter", code=2).stderr
    assert "no such action 'dorp'" in news.run("plan", "dorp", "tijuana", code=2).stderr
    assert "name a story" in news.run("plan", "drop", code=2).stderr
    assert "--because goes with" in news.run("plan", "pin", "tijuana", "--because", "x", code=2).stderr
    assert not (news.folder / "plans").exists()


def test_a_stub_that_is_filled_in_joins_its_story(news):
    written = news.run("plan", "july", "--stubs")
    files = sorted((news.folder / "bulletins").glob("*.es.md"))
    assert len(files) == 3
    assert all(f"bulletins/{file.name}: written" in written.stdout for file in files)
    assert "3 drafts wait to be finished" in news.run("-v", "collect").stderr
    assert "newsroom: 4 unchanged" in news.run("collect").stdout
    file = next(file for file in files if "tijuana" in file.name)
    file.write_text(
        file.read_text()
        .replace("draft: true  # take this line out when the text is ready\n", "")
        .replace("title:\n", "title: Abre un albergue en Tijuana, México\n")
        + "\nEl albergue tiene cuarenta camas.\n"
    )
    mine = file.read_text()
    again = news.run("plan", "july", "--stubs", "--language", "es").stdout
    assert again.count("was there already") == 2
    assert file.name not in again
    assert file.read_text() == mine
    items = {item["title"]: item for item in news.json("items")}
    assert items["Abre un albergue en Tijuana, México"]["story"] == items["Shelter opens in Tijuana, Mexico"]["story"]
    news.run("build", "--period", "july")
    assert "Abre un albergue en Tijuana" in shown(news, "regional.es")
    assert "Abre un albergue en Tijuana" not in shown(news)
    assert "no such language" in news.run("plan", "july", "--stubs", "--language", "fr", code=2).stderr


def test_a_plan_in_a_folder_that_cannot_be_written_says_so(news):
    news.write("plans/monthly", "a file stands here")
    assert "plans/monthly" in news.run("plan", "drop", "tijuana", code=73).stderr


def test_the_page_about_plans_is_true(empty):
    """Its commands run in the sample workspace and print what is shown, and its example is a plan without mistakes."""
    page = (ROOT / "docs/how-to/plan-an-edition.md").read_text(encoding="utf-8")
    shutil.copytree(ROOT / "seeds", empty.folder)
    empty.run("collect")
    lines = [
        line for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL) for line in [*block.splitlines(), "$"]
    ]
    for line, after in pairwise(lines):
        if line.startswith("$ digest"):
            printed = empty.run(*shlex.split(line.removeprefix("$ digest"))).stdout
            assert after.startswith("$") or after == printed.splitlines()[0]
    example, thin = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    empty.write("plans/monthly/2018-07.yaml", example)
    shown_plan = empty.run("plan", "july").stdout
    for word in ("lead", "pinned", "no. 2", "dropped", "deferred", "corrected", "Schools without xenophobia"):
        assert word in shown_plan
    settings = yaml.safe_load((empty.folder / "digest.yaml").read_text(encoding="utf-8"))
    for name, keys in yaml.safe_load(thin)["newsletters"].items():
        settings["newsletters"][name] |= keys
    empty.write("digest.yaml", yaml.safe_dump(settings, allow_unicode=True))
    empty.run("status")
