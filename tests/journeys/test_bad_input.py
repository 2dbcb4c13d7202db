"""Bad input: a message that names file, line, cause and next step; every other item intact; nothing half-written."""

import os

import pytest

GOOD = "6 July, 2018\n\nA good item about Guatemala\n\nIts text is here.\n"


def titles(office):
    return {item["title"] for item in office.json("items", code=4)}


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("bad.en.txt", b"5 July, 2018\n\nKept\n\nText.\n\n31 June, 2018\n\nImpossible\n\nText.\n", 7, "31"),
        ("bad.en.txt", b"No date stands above this.\n\nSome text.\n", 1, "date"),
        ("bad.en.txt", b"5 July, 2018\n\nKept\n\nText.\n\n4 July, 2018\n", 7, "title"),
        ("bad.en.txt", b"\x00\x01\x02\x03binary\xff\xfe\x00", None, "not text"),
        ("bad.docx", b"this is no Word file at all", None, "Word"),
        ("bad.md", b"---\ntitle: [unclosed\ndate: 2018-07-05\n---\n\nText.\n", 3, ""),
        ("bad.md", b"---\ntitle: No date here\n---\n\nText.\n", None, "date"),
    ],
)
def test_a_bad_file_is_named_and_the_others_are_kept(office, name, content, line, words):
    office.write("bulletins/good.en.txt", GOOD)
    office.write(f"bulletins/{name}", content)
    result = office.run("collect", code=4)
    place = f"bulletins/{name}:{line}" if line else f"bulletins/{name}"
    assert place in result.stderr
    assert words in result.stderr
    assert "→" in result.stderr
    assert "A good item about Guatemala" in titles(office)


def test_when_no_input_is_usable_the_exit_code_says_so(office):
    office.write("bulletins/july.en.txt", b"\x00\x00\x00\x00")
    assert "july.en.txt" in office.run("collect", code=65).stderr


def test_files_that_no_source_reads_are_named(office):
    office.write("bulletins/figures.xlsx", b"PK")
    assert "figures.xlsx" in office.run("collect").stderr


def test_a_huge_file_is_not_read(office):
    path = office.write("bulletins/huge.en.txt", b"")
    os.truncate(path, 100 * 1024 * 1024)
    said = office.run("collect", code=4).stderr
    assert "huge.en.txt" in said
    assert "limit" in said


def test_hostile_text_stays_text(office):
    hostile = '{{ 7*7 }} {% include "x" %} <mj-text>no</mj-text> <script>alert(1)</script> "quoted" \\u{a0} & done'
    office.write("bulletins/hostile.en.txt", f"7 July, 2018\n\n{hostile}\n\nText for Guatemala.\n")
    office.run("build", "--period", "july")
    folder = office.folder / "editions/monthly/2018-07/variants"
    html = (folder / "regional.en.html").read_text()
    assert "<script>" not in html
    assert "&lt;mj-text&gt;no&lt;/mj-text&gt;" in html
    assert "{{ 7*7 }}" in html
    assert hostile in " ".join((folder / "regional.en.txt").read_text().split())


def test_control_characters_and_overrides_are_taken_out_and_told(office):
    office.write("bulletins/odd.en.txt", "7 July, 2018\n\nA \x07bell and an \u202eoverride 🎉\n\nText of the news.\n")
    said = office.run("collect").stderr
    assert "odd.en.txt" in said
    assert "A bell and an override 🎉" in {item["title"] for item in office.json("items")}


def test_a_very_long_title_survives(office):
    title = "word " * 999 + "end!"
    office.write("bulletins/long.en.txt", f"7 July, 2018\n\n{title}\n\nText of the news.\n")
    office.run("build", "--period", "july")
    assert title in {item["title"] for item in office.json("items")}
    message = (office.folder / "editions/monthly/2018-07/variants/regional.en.eml").read_bytes()
    assert max(len(line) for line in message.split(b"\r\n")) <= 998


def test_a_future_date_is_told_and_waits_for_its_period(office):
    office.write("bulletins/future.en.txt", "1 July, 2099\n\nThe far future of Guatemala\n\nText of the news.\n")
    assert "2099" in office.run("collect", code=3).stderr
    assert "The far future" not in office.run("build", "--period", "july", code=3).stdout


def test_all_mistakes_in_the_settings_are_named_at_once(office):
    text = (office.folder / "digest.yaml").read_text()
    office.write(
        "digest.yaml",
        text.replace("countries:", "contries:")
        .replace("America/Costa_Rica", "America/Costarica")
        .replace("month", "monthly"),
    )
    said = office.run("status", code=78).stderr
    assert "did you mean 'countries'" in said
    assert "America/Costa_Rica" in said
    assert "digest.yaml:" in said


def test_twenty_mistakes_in_the_subscriber_file_leave_the_good_rows(office):
    rows = [
        "{address: }", "{address: nobody}", "{address: 'a b@example.org'}", "{address: a@}", "{address: '@b'}",
        "{address: josé@example.org}", "{address: a@-bad-.org}", "{adress: a@example.org}",
        "{address: a1@example.org, langage: es}", "{address: a2@example.org, language: xx}",
        "{address: a3@example.org, audiences: [guatamala]}", "{address: a4@example.org, audiences: []}",
        "{address: a5@example.org, newsletter: weekly}", "{address: a6@example.org, name: {x: 1}}",
        "{address: [a7@example.org]}", "just text", "12", "[1, 2]",
        "{address: a8@example.org, consent: {on: 2018-02-31}}",
        "{address: 'x@example.org, y@example.org'}",
    ]  # fmt: skip
    bad = "\n".join(f"  - {row}" for row in rows)
    office.write(
        "subscribers.yaml",
        f"subscribers:\n  - {{address: ana@example.org, language: es, audiences: [guatemala]}}\n{bad}\n"
        "  - {address: ben@example.org, language: en, audiences: [regional]}\n",
    )
    said = office.run("-v", "build", "--all", code=4).stderr
    for line in range(3, 3 + len(rows)):
        assert f"subscribers.yaml:{line}" in said, f"line {line} is not named"
    office.run("approve", "--by", "Marta")
    office.run("send", "--yes", code=4)
    assert sorted(office.messages()) == ["ana@example.org", "ben@example.org"]


def test_two_items_with_the_same_title_and_date_are_told(office):
    office.write(
        "bulletins/twin.en.txt", "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\nOther words.\n"
    )
    said = office.run("collect").stderr
    assert "twin.en.txt" in said
    assert "july.en.txt" in said


def test_a_read_only_workspace_is_told(office):
    office.run("collect")
    (office.folder / "editions").write_text("a file in the way")
    said = office.run("build", "--all", code=73).stderr
    assert "editions" in said
