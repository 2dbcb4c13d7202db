"""Every fault that the compiler lets pass is named, with its line and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.mail.compiling import compiled
from digest.mail.linting import faults_of
from digest.mail.templates import SHARED, Templates, TemplateSet

PAGE = """<mjml>
<mj-body>
{}
</mj-body>
</mjml>
"""
COLUMN = "<mj-section><mj-column>{}</mj-column></mj-section>"

Set = Callable[..., TemplateSet]


@pytest.fixture
def a_set(tmp_path: Path) -> Set:
    def made(body: str, **files: str) -> TemplateSet:
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        texts = {"edition.mjml": PAGE.format(body), "edition.txt": "x", "subject.txt": "x"} | files
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        return Templates(tmp_path).read("mine")

    return made


@pytest.mark.parametrize("name", ["brief", "bulletin", "compact", "letter"])
def test_the_shipped_sets_have_no_fault(name: str) -> None:
    assert faults_of(Templates(None).read(name)) == ()


@pytest.mark.parametrize(
    "body",
    [
        COLUMN.format("<mj-text>one<br>two &amp; three & four &nbsp; <img src='x' alt=''></mj-text>"),
        COLUMN.format("<mj-text mj-class='a'>{{ '>' }}{% if a > 2 %}x{% endif %}</mj-text>"),
        "<mj-raw>{% for s in sections %}</mj-raw>" + COLUMN.format("<mj-spacer />") + "<mj-raw>{% endfor %}</mj-raw>",
        "<mj-wrapper><mj-raw>{% if lead %}</mj-raw>"
        + COLUMN.format("<mj-divider />")
        + "<mj-raw>{% endif %}</mj-raw></mj-wrapper>",
        "<!-- a < b -->" + COLUMN.format("<mj-image src='{{ a }}' alt='{{ b }}' />"),
        COLUMN.format("<mj-raw>{% if a %}</mj-raw><mj-text>x</mj-text><mj-raw>{% endif %}</mj-raw>"),
        COLUMN.format("<mj-button href='{{ leave }}' background-color='#123456'>Mañana</mj-button>"),
    ],
)
def test_what_is_right_is_let_pass(a_set: Set, body: str) -> None:
    assert faults_of(a_set(body)) == ()


@pytest.mark.parametrize(
    ("body", "line", "cause", "remedy"),
    [
        ("<mj-sektion></mj-sektion>", 3, "<mj-sektion> is no MJML tag", "'mj-section'"),
        (COLUMN.format("\n<mj-text colour='red'>x</mj-text>"), 4, "no attribute 'colour'", "'color'"),
        ("<mj-column><mj-text>x</mj-text></mj-column>", 3, "<mj-column> cannot stand in <mj-body>", "<mj-section>"),
        (COLUMN.format("<mj-section></mj-section>"), 3, "<mj-section> cannot stand in <mj-column>", "<mj-body>"),
        (COLUMN.format("<mj-text><mj-image src='x' alt='' /></mj-text>"), 3, "cannot stand in <mj-text>", "mj-column"),
        (COLUMN.format("\n<mj-image src='x' />"), 4, "<mj-image> has no alt", 'alt=""'),
        (COLUMN.format("<mj-text>\n\n<img src='x'></mj-text>"), 5, "<img> has no alt", 'alt=""'),
        (COLUMN.format("<mj-text>x</mj-txt>"), 3, "<mj-text>, opened in the same line, is not closed", "</mj-text>"),
        (COLUMN.format("<mj-text><b>\n\nx</mj-text>"), 5, "<b>, opened 2 lines above, is not closed", "</b>"),
        ("<mj-section>", 4, "<mj-section>, opened 1 line above", "</mj-section>"),
        (COLUMN.format("<mj-text>\n{% if a < b %}x{% endif %}</mj-text>"), 4, "'<' inside Jinja", "'lt'"),
        (COLUMN.format("<mj-text>{{ '<b>' }}</mj-text>"), 3, "'<' inside Jinja", "move the markup"),
        (COLUMN.format("<mj-text {% if a %}color='red'{% endif %}>x</mj-text>"), 3, "not well-formed", "Jinja"),
        (COLUMN.format("<mj-text title='a\xa0b'>x</mj-text>"), 3, "spoils the character U+00A0", "take it out"),
        (COLUMN.format("<mj-text css-class='a\\b'>x</mj-text>"), 3, "U+005C", "take it out"),
        (
            (
                "<mj-section>\n<mj-raw>{% if image %}</mj-raw>\n<mj-column></mj-column>\n<mj-raw>{% endif %}</mj-raw>"
                "</mj-section>"
            ),
            5,
            "around a column",
            "two whole <mj-section>s",
        ),
        (
            "<mj-section><mj-group>{% for x in y %}<mj-column></mj-column>{% endfor %}</mj-group></mj-section>",
            3,
            "around a column",
            "two whole",
        ),
        ("<mj-wrapper>\n<mj-raw>Hello</mj-raw></mj-wrapper>", 4, "hidden everywhere but in Outlook", "mj-text"),
        ("<mj-wrapper><mj-raw>{{ hello }}</mj-raw></mj-wrapper>", 3, "hidden everywhere but in Outlook", "mj-text"),
        ("<mj-html-attributes></mj-html-attributes>", 3, "cannot be used here", "mj-text"),
        ("<mj-include\npath='a.mjml' />", 3, "<mj-include> cannot be used here", "one line"),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_to_do(
    a_set: Set, body: str, line: int, cause: str, remedy: str
) -> None:
    faults = faults_of(a_set(body))
    assert [fault.place.line for fault in faults if cause in fault.cause] == [line]
    (fault,) = (fault for fault in faults if cause in fault.cause)
    assert remedy in fault.remedy
    assert fault.place.file.endswith("mine/edition.mjml")


def test_a_fault_in_a_part_is_named_where_it_stands(a_set: Set) -> None:
    template_set = a_set(
        "<mj-include path='part.mjml' />\n<mj-foo></mj-foo>",
        **{"part.mjml": COLUMN.format("\n\n<mj-text colr='x'>x</mj-text>")},
    )
    first, second = sorted(faults_of(template_set), key=lambda fault: fault.place.file, reverse=True)
    assert (Path(first.place.file).name, first.place.line) == ("part.mjml", 3)
    assert (Path(second.place.file).name, second.place.line) == ("edition.mjml", 4)


def test_a_set_of_the_workspace_is_looked_through_before_it_is_used(a_set: Set) -> None:
    with pytest.raises(ConfigurationError) as caught:
        compiled(a_set("<mj-foo></mj-foo>\n<mj-bar></mj-bar>"), "en")
    said = str(caught.value)
    assert "mine/edition.mjml:3: <mj-foo> is no MJML tag" in said
    assert "mine/edition.mjml:4: <mj-bar> is no MJML tag" in said
    assert "digest help your-own-templates" in said


def test_parts_that_include_each_other_are_refused(a_set: Set) -> None:
    with pytest.raises(ConfigurationError, match=r"a\.mjml:1: 'edition\.mjml' includes itself"):
        compiled(a_set("<mj-include path='a.mjml' />", **{"a.mjml": "<mj-include path='edition.mjml' />"}), "en")


def test_many_faults_are_not_told_without_end(a_set: Set) -> None:
    with pytest.raises(ConfigurationError, match="and 30 more faults"):
        compiled(a_set("\n".join(["<mj-foo></mj-foo>"] * 50)), "en")


def test_one_changed_part_is_enough(tmp_path: Path) -> None:
    (tmp_path / "bulletin").mkdir()
    (tmp_path / "bulletin" / "footer.mjml").write_text(COLUMN.format("<mj-text>our own</mj-text>"), encoding="utf-8")
    shipped = Templates(None).read("bulletin")
    own = Templates(tmp_path).read("bulletin")
    assert "our own" in own.part("edition.mjml")
    assert own.part("edition.txt") == shipped.part("edition.txt")
    assert own.fingerprint != shipped.fingerprint
    assert faults_of(own) == ()
    assert "our own" not in Templates(tmp_path).read("letter").part("edition.mjml")


def test_a_changed_shared_part_serves_all_sets_but_those_with_their_own(tmp_path: Path) -> None:
    (tmp_path / SHARED).mkdir()
    for part in ("footer.mjml", "masthead.mjml"):
        (tmp_path / SHARED / part).write_text(COLUMN.format(f"<mj-text>our {part}</mj-text>"), encoding="utf-8")
    for name, masthead in (("bulletin", True), ("brief", True), ("letter", False), ("compact", False)):
        text = Templates(tmp_path).read(name).part("edition.mjml")
        assert "our footer.mjml" in text
        assert ("our masthead.mjml" in text) is masthead


def test_what_editors_leave_behind_is_no_part(tmp_path: Path) -> None:
    (tmp_path / "bulletin").mkdir()
    for name in (".edition.mjml.swp", "~edition.mjml", ".DS_Store"):
        (tmp_path / "bulletin" / name).write_bytes(b"\xff\x00")
    assert Templates(tmp_path).read("bulletin").fingerprint == Templates(None).read("bulletin").fingerprint
