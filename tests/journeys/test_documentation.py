"""What the documentation says is true: its commands run, and none is missing from it."""

import re
import runpy
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import click
import pytest

from digest.cli import COMMANDS
from digest.foundation.schema import metadata

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

PAIRS = {  # a page, and the same in Spanish
    "not-as-approved": "si-algo-no-es-como-se-aprobo",
    "when-a-month-was-missed": "si-falto-un-mes",
    "correct-a-mistake": "corregir-un-error",
    "special-editions": "ediciones-especiales",
    "put-the-pages-on-the-web": "pon-las-paginas-en-la-web",
    "what-we-store-about-people": "que-guardamos-de-las-personas",
}


def commands(page):
    """`$ digest …` lines of the page's console blocks, with the first line of what they print, if it is shown."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        lines = block.splitlines()
        for number, line in enumerate(lines):
            if line.startswith("$ digest"):
                after = lines[number + 1] if number + 1 < len(lines) else "$"
                yield (
                    shlex.split(line.removeprefix("$ digest"), comments=True),
                    None if after.startswith("$") else after,
                )


@pytest.mark.parametrize(
    ("name", "folder", "bulletin", "look"),
    [
        ("your-first-month.md", "office", "august.en.txt", "look.html"),
        ("tu-primer-mes.md", "oficina", "agosto.es.txt", "ver.html"),
    ],
)
def test_the_commands_of_the_first_month_run_and_print_what_is_shown(empty, name, folder, bulletin, look):
    """In the order of the page, with the texts of the page."""
    page = ROOT / "docs" / "how-to" / name
    text = page.read_text(encoding="utf-8")
    listing = re.search(r"```text\n(.*?)```", text, re.DOTALL)[1]
    own, readers = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    empty.folder.mkdir()
    for words, printed in commands(page):
        arguments = [str(empty.folder / word) if word in (folder, look) else word for word in words]
        if "send" in arguments:
            empty.write(f"{folder}/subscribers.yaml", readers)
        result = empty.run(*arguments)
        assert printed is None or printed in result.stdout.splitlines()
        if "init" in arguments:
            empty.write(f"{folder}/bulletins/{bulletin}", listing)
            settings = (empty.folder / folder / "digest.yaml").read_text(encoding="utf-8")
            for key, value in re.findall(r"^ +(\w+): (.+)$", own, re.MULTILINE):
                settings = re.sub(rf"(?m)^( +{key}): .*$", rf"\1: {value}", settings, count=1)
            empty.write(f"{folder}/digest.yaml", settings)
    assert len(list((empty.folder / folder / "out").rglob("*.eml"))) == 1


def test_the_commands_of_the_readme_run(empty):
    """Those that begin with `digest`; the two `make` commands are what CI and `tests/packaging` run."""
    empty.folder.mkdir()
    shutil.copytree(ROOT / "seeds", empty.folder, dirs_exist_ok=True)
    for arguments, _ in commands(ROOT / "README.md"):
        missed = "--dry-run" in arguments  # the news of the samples is years old: a person is asked about it
        empty.run(*arguments, code=3 if missed else 0)


def test_the_commands_for_after_the_sending_run_and_print_what_is_shown(empty):
    """With the sample workspace, whose July was sent."""
    empty.folder.mkdir()
    shutil.copytree(ROOT / "seeds", empty.folder, dirs_exist_ok=True)
    for words in (["build", "--period", "july"], ["approve", "july", "--by", "Marta"], ["send", "july", "--yes"]):
        empty.run(*words)
    for words, printed in commands(ROOT / "docs" / "how-to" / "after-sending.md"):
        result = empty.run(*words)
        assert printed is None or printed in result.stdout.splitlines()
    assert "Migration bulletin" in (empty.folder / "july.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["special-editions.md", "ediciones-especiales.md"])
def test_the_commands_for_special_editions_run(empty, name):
    """With the sample workspace."""
    shutil.copytree(ROOT / "seeds", empty.folder)
    for words, _ in commands(ROOT / "docs" / "how-to" / name):
        empty.run(*words)
    subjects = {mail["Subject"].partition(":")[0] for mails in empty.messages().values() for mail in mails}
    assert "Volver a casa" in subjects


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    text = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))  # what stands as code is no link
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_the_written_reference_is_what_the_program_says():
    writer = runpy.run_path(str(ROOT / "docs" / "reference" / "write.py"))
    for name, page in writer["PAGES"].items():
        written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert written == page(), f"{name} is out of date: run python docs/reference/write.py"


def test_every_command_is_in_the_module_that_is_named_and_has_a_summary():
    for commands in COMMANDS.values():
        for name, (module, summary) in commands.items():
            assert isinstance(getattr(import_module(f"digest.cli.{module}"), name), click.Command)
            assert summary.endswith(".")


STORED = ["what-we-store-about-people.md", "que-guardamos-de-las-personas.md"]
OF_PEOPLE = {"address", "folded", "hash", "reviewer", "delivery"}  # what a column is called that tells one from another


@pytest.mark.parametrize("name", STORED)
def test_the_page_of_what_is_stored_names_every_table_that_knows_people(name):
    told = set(re.findall(r"^\|.*", (ROOT / "docs/how-to" / name).read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for line in told for word in re.findall(r"`(\w+)`", line)}
    known = {
        table.name
        for table in metadata.sorted_tables
        if OF_PEOPLE & set(table.columns.keys())
        or any(key.column.table.name == "subscribers" for key in table.foreign_keys)
    }
    assert named - {"keep"} == known | {"subscribers"}


@pytest.mark.parametrize("name", STORED)
def test_the_commands_about_what_is_stored_run(office, name):
    row = "  - {address: border.office@example.org, name: Border Office, language: es, audiences: [guatemala]}\n"
    office.write("subscribers.yaml", "subscribers:\n" + row)
    office.run("subscribers", "sync", "--yes", "--by", "Marta")
    for words, _shown in commands(ROOT / "docs/how-to" / name):
        office.run(*words, code=None)
    assert "border.office" not in office.run("subscribers", "list").stdout


@pytest.mark.parametrize("name", ["look-after-your-list.md", "cuida-tu-lista.md"])
def test_the_commands_about_the_list_run(office, name):
    row = "  - {address: border.office@example.org, name: Border Office, language: es, audiences: [guatemala]}\n"
    office.write("subscribers.yaml", "subscribers:\n" + row)
    for words, _shown in commands(ROOT / "docs/how-to" / name):
        office.run(*words)
    said = office.run("subscribers", "list").stdout
    assert "2 subscriptions: 2 active" in said


@pytest.mark.parametrize("name", ["bring-your-list.md", "trae-tu-lista.md"])
def test_the_commands_about_bringing_a_list_run(office, name):
    office.write("audience.csv", "Email Address,First Name,Last Name\neva@example.org,Eva,Ruiz\n")
    for words, _shown in commands(ROOT / "docs/how-to" / name):
        office.run(*words)
    assert "eva@example.org,Eva Ruiz,monthly,es,guatemala,active" in office.folder.joinpath("everybody.csv").read_text()


def blanked(words):
    """A command without what people write in their own language."""
    own = {at + 1 for at, word in enumerate(words) if word in ("--because", "--special")}
    return ["…" if at in own or word.startswith("special-") else word for at, word in enumerate(words)]


@pytest.mark.parametrize(("english", "spanish"), PAIRS.items())
def test_a_page_in_spanish_has_the_commands_of_the_english_one(english, spanish):
    theirs, ours = (
        [blanked(words) for words, _ in commands(ROOT / f"docs/how-to/{name}.md")] for name in (spanish, english)
    )
    assert theirs == ours


def blocks(name):
    """The commands of each console block of a page."""
    text = (ROOT / f"docs/how-to/{name}.md").read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        yield [shlex.split(line.removeprefix("$ digest")) for line in block.splitlines()]


def say(office, block):
    for words in block:
        office.run(*words, code=3 if "--catch-up" in words and "none" not in words else 0)


def edit(office, before, after):
    path = office.folder / "bulletins/july.en.txt"
    path.write_text(path.read_text().replace(before, after))
    office.run("collect")


def told(office):
    """What Ben was told, mail by mail."""
    return [mail.get_body(["plain"]).get_content() for mail in office.messages()["ben@example.org"]]


def test_the_commands_when_something_is_not_as_approved_run(office):
    change, take, keep, copy, damage = blocks("not-as-approved")
    office.run("build", "july")
    office.run("approve", "july", "--by", "Marta")
    edit(office, "forty", "fifty")
    say(office, change)
    assert "fifty" in (office.folder / "look.html").read_text()
    say(office, take)
    page = office.folder / "editions/monthly/2018-07/variants/regional.en.html"
    page.write_bytes(page.read_bytes().replace(b"fifty", b"sixty"))
    office.run("send", "july", "--yes", code=3)
    say(office, copy)
    say(office, damage[:-1])
    edit(office, "fifty", "seventy")
    office.run("send", "july", "--yes", code=3)
    say(office, keep)
    assert "fifty" in told(office)[0]


@pytest.mark.parametrize("way", ["late", "in your own words"])
def test_the_commands_when_a_month_was_missed_run(office, way):
    look, late, own, drop = blocks("when-a-month-was-missed")
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("    every", "    starts_on: 2018-07-01\n    every"))
    office.run("run", "--now", "2018-10-20T09:00", code=3)
    if way == "late":
        say(office, [*look, *drop[:-1], *late])
    else:
        say(office, own + drop[-1:])
    assert "Police in Guatemala" in told(office)[0]
    assert ("Shelter opens" in told(office)[0]) is (way != "late")


def test_the_commands_to_correct_a_mistake_run(office):
    draft, reopen, pause, resume, reissue, look, _ = blocks("correct-a-mistake")
    office.run("build", "july")
    edit(office, "forty", "fifty")
    say(office, draft)
    edit(office, "fifty", "sixty")
    say(office, reopen)
    office.run("send", "july", "--yes", "--limit", "1")
    office.run("resume", "july", "--by", "Marta")
    say(office, pause)
    say(office, resume)
    edit(office, "sixty", "seventy")
    say(office, reissue)
    say(office, look)
    assert ["sixty" in text for text in told(office)] == [True, False]
    assert "seventy" in told(office)[1]


def test_the_commands_to_correct_one_story_run(office):
    *_, correct = blocks("correct-a-mistake")
    office.run("build", "july")
    office.run("approve", "july", "--by", "Marta")
    office.run("send", "july", "--yes")
    edit(office, "forty", "fifty")
    say(office, correct)
    assert ["fifty" in text for text in told(office)] == [False, True]
    assert len(office.messages()["ana@example.org"]) == 1  # whose mail did not hold it
