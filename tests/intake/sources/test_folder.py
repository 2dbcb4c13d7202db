import codecs
import os
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from digest.errors import NothingUsableError
from digest.foundation.files import open_below
from digest.intake.collecting import Source
from digest.intake.item import Reading
from digest.intake.sources.folder import READER, Folder
from digest.intake.sources.walking import SeenFile, walk

ReadFolder = Callable[..., Reading]
Said = Callable[[Reading], list[str]]

NOBODY = 65534
ITEM = "5 August 2018\n\n{}\n\nThe hub in the north of the country has been opened by the town."


def _source(path: Path, root: Path) -> Folder:
    return Folder("newsroom", path, language="en", dates=None, fallback_language="en", root=root)


def _seen(folder: Path, path: str, others: Sequence[Path] = ()) -> SeenFile:
    return next(one for one in walk(str(folder), others).files if one.path == path)


def _titles(reading: Reading) -> list[str]:
    return [item.text.title for item in reading.items]


def test_a_folder_is_a_source(tmp_path: Path) -> None:
    source: Source = _source(tmp_path, tmp_path)

    assert (source.name, source.read(date(2018, 9, 1))) == ("newsroom", Reading(source="newsroom", reader=READER))


def test_a_copy_of_a_file_is_named_beside_the_first_each_time(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(ITEM.format("C" if name == "c.txt" else "A"))
        os.utime(tmp_path / name, (10**9, 10**9))
    source = _source(tmp_path, tmp_path)

    for reading in (source.read(date(2018, 9, 1)), source.read(date(2018, 9, 2))):
        assert [f"{one.place} {one.cause}" for one in reading.problems] == [
            "b.txt this file holds the same as a.txt, byte for byte"
        ]


def test_every_text_markdown_and_word_file_is_read_in_the_order_of_paths(folder: ReadFolder) -> None:
    reading = folder(
        {
            "b.TXT": ITEM.format("B"),
            "a.txt": ITEM.format("A"),
            "sub/deep/2018-08-05-c.Markdown": "# C\n\nText.",
            "sub/d.md": "---\ntitle: D\ndate: 2018-08-05\n---\nText.",
        }
    )

    assert _titles(reading) == ["A", "B", "D", "C"]
    assert [str(item.place) for item in reading.items] == [
        "bulletins/a.txt:1",
        "bulletins/b.TXT:1",
        "bulletins/sub/d.md:1",
        "bulletins/sub/deep/2018-08-05-c.Markdown:1",
    ]
    assert (reading.problems, reading.unread, reading.ignored, reading.complete) == ((), frozenset(), (), True)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "a.doc",
            "a.DOC",
            "a.dot",
            "a.docm",
            "a.dotm",
            "a.dotx",
            "a.odt",
            "a.fodt",
            "a.ott",
            "a.rtf",
            "b.rtfd/TXT.rtf",
        ),
        *("a.pdf", "a.pages", "b.pages/Index.zip", "a.wps", "a.wpd", "a.gdoc", "a.htm", "a.html", "a.mht", "a.mhtml"),
        *("a.eml", "a.msg"),
    ],
)
def test_a_text_in_a_form_that_nothing_reads_is_named_with_what_to_do(
    name: str, folder: ReadFolder, warnings: Said
) -> None:
    [said] = warnings(folder({name: b"x"}))

    assert said.startswith(f"bulletins/{name.split('/', maxsplit=1)[0]}: warning: this is a")
    assert "save it as “Word document (.docx)”" in said


def test_a_file_that_is_still_being_written_is_left_for_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ITEM.format("A"))
    source = _source(tmp_path, tmp_path)
    grown = _seen(tmp_path, "a.txt")._replace(size=10)
    assert len(source._bytes(grown, "a.txt")[0]) > 10  # it has grown since the folder was looked at, and is whole

    writes = tmp_path / "b.txt"
    writes.write_text("x")
    seen, found, sizes = _seen(tmp_path, "b.txt"), writes.stat(), count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: os.stat_result((*found[:6], next(sizes), *found[7:10])))
        with pytest.raises(NothingUsableError, match="still being written"):
            source._bytes(seen, "b.txt")


def test_other_files_are_named_and_hidden_ones_are_not(folder: ReadFolder) -> None:
    reading = folder(
        {
            "photo.jpg": b"\xff\xd8",
            "old.xls": b"x",
            "notes.txt~": b"x",
            "no_suffix": b"x",
            ".hidden.txt": b"x",
            ".git/x.txt": b"x",
            "~$julio.docx": b"x",
        }
    )

    assert reading.ignored == tuple(f"bulletins/{name}" for name in ("no_suffix", "notes.txt~", "old.xls", "photo.jpg"))
    assert (reading.items, reading.problems) == ((), ())


@pytest.mark.parametrize(
    "name",
    [
        *("drafts", "Draft", "_drafts", "unpublished", "unlisted", "private", "_hidden", "WIP"),
        *("borradores", "borrador", "privado", "privados", "sin-publicar"),
    ],
)
def test_a_folder_for_what_is_not_ready_is_named_and_not_read(name: str, folder: ReadFolder, errors: Said) -> None:
    reading = folder(
        {f"{name}/2018/a.txt": "no item", "b.txt": ITEM.format("B"), f"not {name}/c.txt": ITEM.format("C")}
    )
    assert ([item.text.title for item in reading.items], errors(reading)) == (["B", "C"], [])
    assert any(f"(in {name}/)" in str(problem) for problem in reading.problems)


def test_a_readme_without_front_matter_is_ignored(folder: ReadFolder) -> None:
    reading = folder(
        {"README.md": "# How to use this folder", "sub/readme.md": "---\ntitle: A\ndate: 2018-08-05\n---\nB"}
    )

    assert (reading.ignored, reading.problems, _titles(reading)) == (("bulletins/README.md",), (), ["A"])


@pytest.mark.parametrize(
    "data",
    [
        ITEM.format("Niñez").encode(),
        ITEM.format("Niñez").encode("cp1252"),
        codecs.BOM_UTF16_LE + ITEM.format("Niñez").encode("utf-16-le"),
    ],
)
def test_files_are_decoded_by_evidence(data: bytes, folder: ReadFolder) -> None:
    assert _titles(folder({"a.txt": data})) == ["Niñez"]


def test_one_bad_file_does_not_touch_the_others(folder: ReadFolder, errors: Said) -> None:
    reading = folder({"a.txt": b"\0\1", "b.txt": ITEM.format("B"), "c.md": "---\nno end", "d.docx": b"x"})

    assert _titles(reading) == ["B"]
    assert [error.split(":")[0] for error in errors(reading)] == [
        f"bulletins/{name}" for name in ("a.txt", "c.md", "d.docx")
    ]
    assert reading.unread == {"bulletins/a.txt", "bulletins/c.md", "bulletins/d.docx"}
    assert reading.complete


def test_a_file_with_a_faulty_item_is_not_read_in_full(folder: ReadFolder) -> None:
    reading = folder({"a.txt": ITEM.format("A") + "\n\n31 June 2018\n\nB\n\nText."})

    assert (_titles(reading), reading.unread) == (["A"], {"bulletins/a.txt"})


def test_a_warning_does_not_make_a_file_unread(folder: ReadFolder, warnings: Said) -> None:
    reading = folder({"a.txt": "5 August 2018\n\nA title"})

    assert (len(warnings(reading)), reading.unread) == (1, frozenset())


def test_the_name_of_a_file_tells_its_language(folder: ReadFolder) -> None:
    reading = folder(
        {"a.es.txt": ITEM.format("A"), "b.EN.txt": ITEM.format("B"), "c.xx.txt": ITEM.format("C")}, language="fr"
    )

    assert [item.language for item in reading.items] == ["es", "en", "fr"]


def test_a_file_above_the_limit_is_not_read(folder: ReadFolder, errors: Said) -> None:
    reading = folder({"a.txt": "x" * 101, "b.txt": ITEM.format("B")}, largest_file=100)

    [error] = errors(reading)
    assert error.startswith("bulletins/a.txt: error: the file has 101 bytes or more (limit: 100) → Split it")
    assert (_titles(reading), reading.unread) == (["B"], {"bulletins/a.txt"})


@pytest.mark.parametrize("letter", ["x", "ñ", "🎉"])
def test_a_file_is_measured_in_bytes_and_may_be_as_large_as_the_limit(
    letter: str, folder: ReadFolder, errors: Said
) -> None:
    text = ITEM.format(letter * 60)
    size = len(text.encode())

    assert _titles(folder({"a.txt": text}, largest_file=size)) == [letter * 60]
    [error] = errors(folder({"a.txt": text}, largest_file=size - 1))
    assert f"the file has {size} bytes or more (limit: {size - 1})" in error


def test_a_huge_file_costs_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    tracemalloc.start()

    reading = _source(tmp_path, tmp_path).read(date(2018, 9, 1))

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "104,857,600 bytes" in reading.problems[0].cause
    assert reading.unread == {"huge.txt"}
    assert most < 1024 * 1024


def test_a_file_that_grows_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    content = ("ñ" * 25).encode()
    (tmp_path / "a.txt").write_bytes(content)
    source = _source(tmp_path, tmp_path)

    seen = _seen(tmp_path, "a.txt")._replace(size=10)
    assert source._bytes(seen, "a.txt")[0] == content
    with pytest.raises(NothingUsableError):
        replace(source, largest_file=40)._bytes(seen, "a.txt")


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path, errors: Said) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")

    reading = _source(tmp_path, tmp_path).read(date(2018, 9, 1))

    [error] = errors(reading)
    assert "a.txt: error: the file cannot be read: No such file" in error
    assert reading.unread == {"a.txt"}


def test_a_folder_that_is_not_there_is_no_complete_reading(tmp_path: Path, errors: Said) -> None:
    reading = _source(tmp_path / "gone", tmp_path).read(date(2018, 9, 1))

    assert not reading.complete
    assert "gone: error: this folder cannot be read: No such file or directory" in errors(reading)[0]


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder that everybody may enter, and rights that root lacks on purpose."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir()
        (folder / "secret.txt").write_text(ITEM.format("A"))
        (folder / "open.txt").write_text(ITEM.format("B"))
        (folder / "closed").chmod(0)
        (folder / "secret.txt").chmod(0)
        before = os.geteuid()
        if before == 0:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(before)


def test_what_cannot_be_opened_is_named_and_the_rest_is_read(as_nobody: Path, errors: Said) -> None:
    reading = _source(as_nobody, as_nobody).read(date(2018, 9, 1))

    assert [item.text.title for item in reading.items] == ["B"]
    assert not reading.complete
    assert reading.unread == {"secret.txt"}
    assert sorted(error.split(":")[0] for error in errors(reading)) == ["closed", "secret.txt"]


def test_loops_of_links_end_and_nothing_is_read_twice(tmp_path: Path) -> None:
    bulletins, outside = tmp_path / "bulletins", tmp_path / "outside"
    for path in (bulletins / "sub", outside):
        path.mkdir(parents=True)
    (bulletins / "sub" / "a.txt").write_text(ITEM.format("A"))
    (outside / "b.txt").write_text(ITEM.format("B"))
    (bulletins / "loop").symlink_to(bulletins)
    (bulletins / "sub" / "up").symlink_to("..")
    (bulletins / "again").symlink_to(bulletins / "sub")
    (bulletins / "again.txt").symlink_to(bulletins / "sub" / "a.txt")
    (bulletins / "all").symlink_to("/")
    (bulletins / "c.txt").symlink_to(tmp_path / "c.txt")
    (tmp_path / "c.txt").write_text(ITEM.format("C"))
    (bulletins / "linked").symlink_to(outside)
    (outside / "back").symlink_to(bulletins)

    reading = replace(_source(bulletins, tmp_path), others=[outside]).read(date(2018, 9, 1))

    assert [item.place.file for item in reading.items] == [
        f"bulletins/{name}" for name in ("linked/b.txt", "sub/a.txt")
    ]
    assert [problem.place.file for problem in reading.problems] == ["bulletins/c.txt"]
    assert reading.complete


@pytest.mark.parametrize("way", ["file", "folder", "by two links", "relative"])
def test_a_link_leads_only_into_a_source(way: str, tmp_path: Path) -> None:
    bulletins, outside = tmp_path / "bulletins", tmp_path / "outside"
    bulletins.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text(ITEM.format("A secret"))
    if way == "by two links":
        (outside / "on.txt").symlink_to("secret.txt")
    target = {
        "file": outside / "secret.txt",
        "folder": outside,
        "by two links": outside / "on.txt",
        "relative": Path("../outside/secret.txt"),
    }[way]
    (bulletins / ("x" if way == "folder" else "x.md")).symlink_to(target)

    reading = _source(bulletins, tmp_path).read(date(2018, 9, 1))

    assert reading.items == ()
    assert "leads out of the sources" in reading.problems[0].cause
    moved = tmp_path / "share"
    bulletins.rename(moved)
    bulletins.symlink_to(moved)  # a source's own root may be a link
    (moved / "a.txt").write_text(ITEM.format("A"))
    assert [item.text.title for item in _source(bulletins, tmp_path).read(date(2018, 9, 1)).items] == ["A"]


def test_a_link_to_a_folder_above_another_source_is_not_followed_either(tmp_path: Path) -> None:
    (tmp_path / "share" / "press").mkdir(parents=True)
    (tmp_path / "share" / "secret.txt").write_text(ITEM.format("S"))
    (tmp_path / "bulletins").mkdir()
    (tmp_path / "bulletins" / "x").symlink_to(tmp_path / "share")
    (tmp_path / "bulletins" / "round.txt").symlink_to("round.txt")

    reading = replace(_source(tmp_path / "bulletins", tmp_path), others=[tmp_path / "share" / "press"]).read(
        date(2018, 9, 1)
    )

    assert reading.items == ()
    assert [one.place.file for one in reading.problems if "leads out" in one.cause] == [
        "bulletins/round.txt",
        "bulletins/x",
    ]


@pytest.mark.parametrize("put", ["link", "pipe", "folder", "another file", "link on the way", "link behind a link"])
def test_what_was_put_in_the_place_of_a_file_meanwhile_is_not_read(put: str, tmp_path: Path) -> None:
    """Between the moment at which the folder is looked at and that at which the file is opened."""
    bulletins, press, secrets = (tmp_path / name for name in ("bulletins", "press", "secrets"))
    for folder in (bulletins / "2018", press, secrets):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(ITEM.format(folder.name))
    (bulletins / "linked").symlink_to(press)
    source = replace(_source(bulletins, tmp_path), others=[press])
    name = "linked/a.txt" if put == "link behind a link" else "2018/a.txt"
    seen = _seen(bulletins, name, [press])
    assert source._bytes(seen, name)[0]

    judged = press / "a.txt" if put == "link behind a link" else bulletins / "2018" / "a.txt"
    gone = judged.parent if put == "link on the way" else judged
    gone.rename(tmp_path / "gone")
    if put == "pipe":
        os.mkfifo(gone)
    elif put == "folder":
        gone.mkdir()
    elif put == "another file":
        gone.write_text(ITEM.format("another"))
    elif put == "link on the way":  # even to what was judged itself
        gone.symlink_to(tmp_path / "gone")
    else:
        gone.symlink_to(secrets / "a.txt")

    with pytest.raises(NothingUsableError, match="another file was put in its place"):
        source._bytes(seen, name)


def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path) -> None:
    """Not even through a link into a source, nor as a picture."""
    os.mkfifo(tmp_path / "a.txt")
    (tmp_path / "linked.txt").symlink_to("a.txt")
    expected = ["a.txt"]
    if os.geteuid() == 0:
        with suppress(PermissionError):  # root of a container makes no devices
            os.mknod(tmp_path / "b.txt", stat.S_IFCHR | 0o600, os.makedev(1, 3))
            expected.append("b.txt")
    opened = []
    with pytest.MonkeyPatch.context() as patch:
        opening = os.open
        patch.setattr(os, "open", lambda path, *more, **how: opened.append(path) or opening(path, *more, **how))
        reading = _source(tmp_path, tmp_path).read(date(2018, 9, 1))
        for name in expected:
            with pytest.raises(OSError, match="symbolic links"):
                open_below(tmp_path, name)

    assert list(reading.ignored) == expected
    assert not {path for path in opened if str(path).endswith(".txt")}


def test_file_names_may_be_of_any_kind(tmp_path: Path) -> None:
    for name in (b"a\xff.txt", b"b\n.txt", "ñ \u202e.txt".encode()):
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text(ITEM.format("A"))  # noqa: PTH118 - bytes

    files = [item.place.file for item in _source(tmp_path, tmp_path).read(date(2018, 9, 1)).items]

    assert files == ["a\ufffd.txt", "b\ufffd.txt", "ñ \ufffd.txt"]


def test_a_folder_outside_the_workspace_is_named_by_the_way_to_it(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.txt").write_text(ITEM.format("A"))

    reading = _source(tmp_path / "shared", tmp_path / "workspace").read(date(2018, 9, 1))

    assert reading.items[0].place.file == "../shared/a.txt"


def test_the_workspace_itself_may_be_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ITEM.format("A"))

    assert _source(tmp_path, tmp_path).read(date(2018, 9, 1)).items[0].place.file == "a.txt"


def test_an_empty_file_is_worth_a_note(folder: ReadFolder, notes: Said) -> None:
    reading = folder({"a.txt": b"", "b.md": b"", "c.txt": codecs.BOM_UTF8})

    assert [note.split(" → ")[0] for note in notes(reading)] == [
        f"bulletins/{name}: note: the file is empty" for name in ("a.txt", "b.md", "c.txt")
    ]
    assert (reading.items, reading.unread) == ((), frozenset())


def test_reading_twice_gives_the_same(folder: ReadFolder) -> None:
    files: dict[str, bytes | str] = {f"{name}.txt": ITEM.format(name) for name in "cab"}

    assert folder(files) == folder(files)


def test_word_and_markdown_programs_are_loaded_only_when_needed() -> None:
    programs = ("docx", "markdown_it", "lxml")  # YAML is read for the settings anyway
    code = f"import sys, digest.intake.sources.folder; print([name for name in {programs} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"
