from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.mail.templates import PARTS, Templates


def write_set(root: Path, name: str, word: str = "x") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    for part in PARTS:
        (folder / part).write_text(word, encoding="utf-8")
    return folder


def write_catalogue(root: Path, language: str, domain: str, text: str) -> None:
    folder = root / "locale" / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{domain}.po").write_text(text, encoding="utf-8")


def test_the_workspace_comes_before_what_is_shipped(tmp_path: Path) -> None:
    write_set(tmp_path / "mine", "bulletin", "mine")
    write_set(tmp_path / "shipped", "bulletin", "shipped")
    write_set(tmp_path / "shipped", "plain", "shipped")
    found = Templates(tmp_path / "mine", tmp_path / "shipped")
    assert found.read("bulletin").part("subject.txt") == "mine"
    assert found.read("plain").part("subject.txt") == "shipped"


@pytest.mark.parametrize("workspace", [None, "nowhere"])
def test_a_workspace_needs_no_templates_of_its_own(tmp_path: Path, workspace: str | None) -> None:
    found = Templates(None if workspace is None else tmp_path / workspace)
    assert found.names() == ("brief", "bulletin", "compact", "letter")
    assert set(PARTS) <= {name for name, _ in found.read("bulletin").files}


@pytest.mark.parametrize("name", ["../bulletin", "/etc", "Bulletin", "", "missing", "locale/es"])
def test_a_name_that_is_no_set_is_answered_with_those_that_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="choose one of: brief, bulletin"):
        Templates(tmp_path).read(name)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    (write_set(tmp_path, "short") / "edition.txt").unlink()
    with pytest.raises(ConfigurationError, match=r"has no edition\.txt"):
        Templates(tmp_path).read("short")


def test_a_file_in_another_encoding_is_named_with_the_place(tmp_path: Path) -> None:
    (write_set(tmp_path, "old") / "subject.txt").write_bytes("Boletín".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"subject\.txt: not UTF-8 at byte 5"):
        Templates(tmp_path).read("old")


@pytest.mark.parametrize("way", ["file", "set", "root", "catalogue"])
def test_no_link_leads_out_of_the_templates(way: str, tmp_path: Path) -> None:
    outside, workspace = tmp_path / "outside", tmp_path / "office" / "templates"
    write_set(outside, "plain")
    workspace.parent.mkdir()
    if way == "root":
        workspace.symlink_to(outside)
    elif way == "set":
        workspace.mkdir()
        (workspace / "plain").symlink_to(outside / "plain")
    else:
        write_set(workspace, "plain")
        name = "plain/subject.txt" if way == "file" else "locale/es/LC_MESSAGES/plain.po"
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).unlink(missing_ok=True)
        (workspace / name).symlink_to("/etc/hostname")
    with pytest.raises(ConfigurationError, match="leads out of the templates"):
        Templates(workspace).read("plain")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (write_set(tmp_path, "marked") / "subject.txt").write_bytes(b"\xef\xbb\xbfNews")
    assert Templates(tmp_path).read("marked").part("subject.txt") == "News"


def test_the_fingerprint_changes_with_every_file_and_catalogue(tmp_path: Path) -> None:
    def fingerprint() -> str:
        return Templates(tmp_path, tmp_path / "none").read("mine").fingerprint

    folder = write_set(tmp_path, "mine")
    seen = [fingerprint()]
    assert seen == [fingerprint()]
    for part in PARTS:
        (folder / part).write_text("changed", encoding="utf-8")
        seen.append(fingerprint())
    (folder / "logo.html").write_text("", encoding="utf-8")
    seen.append(fingerprint())
    write_catalogue(tmp_path, "es", "mine", "# nothing yet")
    seen.append(fingerprint())
    write_catalogue(tmp_path, "es", "other", "# of another set")
    assert fingerprint() == seen[-1]
    assert len(set(seen)) == len(seen)


def test_moving_text_from_one_file_to_the_next_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = write_set(tmp_path, "mine", "")
    (folder / "edition.mjml").write_text("ab", encoding="utf-8")
    before = Templates(tmp_path).read("mine").fingerprint
    (folder / "edition.mjml").write_text("a", encoding="utf-8")
    (folder / "edition.txt").write_text("b", encoding="utf-8")
    assert Templates(tmp_path).read("mine").fingerprint != before


def test_a_sets_own_words_come_after_the_standard_ones_and_the_workspaces_last(tmp_path: Path) -> None:
    write_set(tmp_path / "mine", "special")
    for root, domain in (("shipped", "bulletin"), ("shipped", "special"), ("mine", "bulletin"), ("mine", "special")):
        write_catalogue(tmp_path / root, "es", domain, f"# {root} {domain}")
    found = Templates(tmp_path / "mine", tmp_path / "shipped").read("special")
    assert found.catalogues == (
        ("es", "# shipped bulletin"),
        ("es", "# mine bulletin"),
        ("es", "# shipped special"),
        ("es", "# mine special"),
    )
