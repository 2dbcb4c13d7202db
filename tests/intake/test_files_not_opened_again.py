"""Files that are as they were are not opened again; whatever may have changed is."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest

from digest.foundation.database import open_database
from digest.intake.collecting import Collected, collect
from digest.intake.sources import folder as folder_source
from digest.intake.sources.folder import Folder
from digest.intake.store import Items
from digest.intake.tagging.tagger import TaxonomyTagger
from digest.intake.tagging.taxonomy import load

pytestmark = pytest.mark.both_databases

TODAY = date(2018, 9, 1)
TEXTS = {
    "a": "The bridge over the river is open to lorries.",
    "b": "Nurses were trained in four villages.",
    "c": "A school of music begins its year.",
    "d": "Fishermen wait for new permits.",
    "e": "Rain has closed the road to the coast.",
    "f": "The library lends books by bicycle.",
    "g": "Two judges were sworn in.",
}
LONG_AGO = 1_500_000_000_000_000_000


class Office:
    def __init__(self, root: Path) -> None:
        self.folder = root / "bulletins"
        self.folder.mkdir()
        self.store = Items(open_database(f"sqlite:///{root}/digest.db"))
        self.source = Folder("news", self.folder, language="en", dates=None, fallback_language="en", root=root)
        self.taxonomy = load()
        self.opened: list[str] = []

    def write(self, name: str, text: str) -> None:
        """A file that has long been there, as far as anybody can tell."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def story(self, name: str, title: str, more: str = "") -> None:
        head = f"title: {title}\ndate: 2018-08-05\n{more}"
        self.write(name, f"---\n{head}---\n\n{TEXTS[name[0]]}\n")

    def collect(self, today: date = TODAY, clock_is_coarse: bool = False) -> Collected:
        """`opened` are the files that it opens."""
        self.opened = []
        read = Folder._bytes

        def noted(source: Folder, *args: object) -> tuple[bytes, str]:
            self.opened.append(str(args[1]).rpartition("/")[2])
            return read(source, *args)  # type: ignore[arg-type]

        with (
            patch.object(Folder, "_bytes", noted),
            patch.object(folder_source, "_COARSEST_CLOCK", 2_000_000_000 if clock_is_coarse else -1),
        ):
            (result,) = collect([self.source], TaxonomyTagger(self.taxonomy), self.store, frozenset(), today)
        return result

    def titles(self) -> list[str]:
        items = sorted(self.store.items(), key=lambda item: item.position)
        return [item.text.title for item in items if not item.withdrawn]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    for name in ("a.md", "c.md", "e.md"):
        made.story(name, f"Story {name[0]}")
    made.collect()
    return made


def test_what_is_as_it_was_is_not_opened_and_brings_the_same(office: Office) -> None:
    before = office.store.items()
    result = office.collect()
    assert office.opened == []
    assert (result.added, result.changed, result.unchanged, result.withdrawn) == (0, 0, 3, 0)
    assert office.store.items() == before


def test_only_what_changed_is_opened_and_takes_its_place_among_the_others(office: Office) -> None:
    office.story("b.md", "Nurses")
    office.story("c.md", "Story c, mended")
    (office.folder / "e.md").unlink()
    result = office.collect()
    assert office.opened == ["b.md", "c.md"]
    assert (result.added, result.changed, result.unchanged, result.withdrawn) == (1, 1, 1, 1)
    assert office.titles() == ["Story a", "Nurses", "Story c, mended"]


@pytest.mark.parametrize("keeps_its_inode", [True, False])
def test_a_change_that_keeps_size_and_time_is_seen(office: Office, keeps_its_inode: bool) -> None:
    file = office.folder / "c.md"
    os.utime(file, ns=(LONG_AGO, LONG_AGO))
    office.collect()
    text = file.read_text().replace("Story c", "Story x")
    if not keeps_its_inode:
        file.rename(office.folder.parent / "c.md")
    file.write_text(text)
    os.utime(file, ns=(LONG_AGO, LONG_AGO))
    office.collect()
    assert (office.opened, office.titles()) == (["c.md"], ["Story a", "Story x", "Story e"])


def test_what_changed_just_before_it_was_read_is_read_once_more(office: Office) -> None:
    office.story("d.md", "Story d")
    for _ in range(2):
        office.collect(clock_is_coarse=True)
        assert office.opened == ["d.md"]  # its next change could fall into the same tick of the clock


def test_a_file_that_goes_and_comes_back_loses_nothing(office: Office) -> None:
    away = office.folder.parent / "c.md"
    (office.folder / "c.md").rename(away)
    assert office.collect().withdrawn == 1
    away.rename(office.folder / "c.md")
    office.collect()
    assert office.titles() == ["Story a", "Story c", "Story e"]
    (office.folder / "c.md").rename(office.folder / "d.md")
    assert (office.collect().unchanged, office.titles()) == (3, ["Story a", "Story c", "Story e"])
    (office.folder / "d.md").rename(office.folder / "c.md")
    assert (office.collect().unchanged, office.titles()) == (3, ["Story a", "Story c", "Story e"])


def test_findings_are_said_again_without_opening_their_files(office: Office) -> None:
    office.story("b.md", "Story b", more="countries: [Nowhere]\n")
    office.write("d.md", "---\ntitle: Story d\ndate: 2018-08-05\n---\n\nIt is ~~struck out~~ open.\n")
    office.story("f.md", "Story f", more="draft: true\n")
    office.story("g.md", "Story g", more="published: false\n")
    office.write("README.md", "For colleagues.\n")
    first = office.collect()
    again = office.collect()
    assert office.opened == []
    assert (again.findings, again.ignored) == (first.findings, first.ignored)
    assert len(again.findings) == 4
    assert again.ignored == ("bulletins/README.md",)


def test_a_file_with_an_error_is_opened_until_it_is_mended(office: Office) -> None:
    office.write("b.txt", "5 August 2018\n\nStory b\n\nText.\n\n31 June 2018\n\nStory\n\nText.\n")
    for _ in range(2):
        assert office.collect().errors == 1
        assert office.opened == ["b.txt"]


@pytest.mark.parametrize("more", ["expiryDate: 2018-09-03\n", "publishDate: 2018-09-04\n"])
def test_a_text_that_waits_for_a_day_is_opened_on_that_day(office: Office, more: str) -> None:
    office.story("b.md", "Story b", more=more)
    shown = "publishDate" not in more
    office.collect()
    for day, opened in ((1, []), (3, []), (4, ["b.md"]), (5, [])):
        office.collect(today=date(2018, 9, day))
        assert (office.opened, "Story b" in office.titles()) == (opened, shown if day < 4 else not shown)


def test_a_date_to_come_is_warned_of_until_it_has_come(office: Office) -> None:
    office.write("b.txt", "3 September 2018\n\nStory b\n\nText.\n")
    assert len(office.collect().warnings) == 1
    assert len(office.collect(today=date(2018, 9, 2)).warnings) == 1
    assert office.opened == []
    assert len(office.collect(today=date(2018, 9, 3)).warnings) == 0
    assert office.opened == ["b.txt"]
    assert len(office.collect(today=date(2018, 9, 2)).warnings) == 1  # the clock was set back


def test_other_settings_and_another_taxonomy_let_all_be_read_again(office: Office) -> None:
    office.source = replace(office.source, language="es")
    office.collect()
    assert office.opened == ["a.md", "c.md", "e.md"]
    office.taxonomy = replace(office.taxonomy, fingerprint="another")
    office.collect()
    assert office.opened == ["a.md", "c.md", "e.md"]
    office.collect()
    assert office.opened == []


def test_ids_and_titles_that_are_taken_are_told_across_files(office: Office) -> None:
    office.story("b.md", "Story b", more="id: hub\n")
    office.collect()
    office.story("d.md", "Story d", more="id: hub\n")
    office.write("f.md", "---\ntitle: Story a\ndate: 2018-08-05\n---\n\nQuite another text under the same title.\n")
    whole = office.collect()
    assert office.opened == ["d.md", "f.md"]
    said = [problem.cause for problem in whole.warnings]
    assert any("the id 'hub' stands at bulletins/b.md" in cause for cause in said)
    assert any("same title and date as bulletins/a.md" in cause for cause in said)
    assert office.collect().warnings == whole.warnings
