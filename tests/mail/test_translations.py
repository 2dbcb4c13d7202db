import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import translations
from jinja2 import TemplateSyntaxError

SCRIPT = Path(__file__).parent.parent / "translations.py"
TEMPLATES = SCRIPT.parent.parent / "templates"
CATALOGUE = Path("locale") / "es" / "LC_MESSAGES" / "bulletin.po"


def faults(templates: Path) -> list[str]:
    return sorted(translations.faults(templates))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_every_word_is_translated() -> None:
    found = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('msgid "Unsubscribe"', 'msgid "Something else"', "no translation of 'Unsubscribe'"),
        ('"Cancelar la suscripción"', '""', "no translation of 'Unsubscribe'"),
        ('msgid "Unsubscribe"', '#, fuzzy\nmsgid "Unsubscribe"', "'Unsubscribe' is marked fuzzy"),
    ],
)
def test_a_word_without_a_good_translation_is_named(copy: Path, before: str, after: str, fault: str) -> None:
    change(copy / CATALOGUE, before, after)
    assert any(fault in each for each in faults(copy))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('msgstr "sin respuesta"', 'msgstr ""', "no translation of 'unanswered'"),
        ('msgid "unanswered"', '#, fuzzy\nmsgid "unanswered"', "the translation of 'unanswered' is marked fuzzy"),
    ],
)
def test_so_is_one_that_staff_read(copy: Path, before: str, after: str, fault: str) -> None:
    change(copy / CATALOGUE.with_name("staff.po"), before, after)
    assert any(each.endswith(fault) for each in faults(copy))


def test_each_fault_is_named(copy: Path) -> None:
    wrong = (
        ('"en %(language)s"', '"en %(lengua)s"', "has other placeholders: 'en %(lengua)s'"),
        ('msgstr[1] "%(num)s noticias"', 'msgstr[1] ""', "'%(num)s stories') is empty"),
        ('msgid "Third quarter of %(year)s"', 'msgid "Quarter"', "no translation of 'Third quarter of %(year)s'"),
        ('msgid "Regional"', '#~ msgid "Old"\n#~ msgstr "Viejo"\n\nmsgid "Regional"', "nobody says 'Old' any more"),
    )
    for before, after, _fault in wrong:
        change(copy / CATALOGUE, before, after)
    found = "\n".join(faults(copy))
    assert [fault for _before, _after, fault in wrong if fault not in found] == []


def test_a_new_word_is_named_with_file_and_line(copy: Path) -> None:
    text = copy / "bulletin" / "edition.txt"
    text.write_text("{{ _('Brand new') }}\n" + text.read_text(encoding="utf-8"), encoding="utf-8")
    assert f"{text}:1: es: no translation of 'Brand new'" in faults(copy)


def test_a_missing_catalogue_is_no_reason_to_be_silent_and_the_program_says_so_by_its_code(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(copy / "locale")
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(copy)])
    assert translations.main() == 1
    assert capsys.readouterr().err.splitlines() == faults(copy)


def test_a_new_language_must_be_complete(copy: Path) -> None:
    folder = copy / "locale" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "bulletin.po").write_text('msgid ""\nmsgstr ""\n', encoding="utf-8")
    assert any(": fr: no translation of 'Unsubscribe'" in each for each in faults(copy))


def test_a_template_that_cannot_be_read_is_not_passed_over(copy: Path) -> None:
    (copy / "bulletin" / "edition.txt").write_text("{% if", encoding="utf-8")
    with pytest.raises(TemplateSyntaxError):
        faults(copy)
