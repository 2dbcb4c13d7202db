import pytest

from digest.cli.speech import folder_named, language_asked_for, paragraphs


@pytest.mark.parametrize(
    ("written", "environment", "language"),
    [
        ("", {}, "en"),
        ("", {"LANG": "C.UTF-8"}, "en"),
        ("", {"LANG": "en_US.UTF-8"}, "en"),
        ("", {"LANG": "es_CR.UTF-8"}, "es-CR"),
        ("", {"LANG": "es_CR.UTF-8", "LC_ALL": "C"}, "en"),
        ("", {"LANG": "en_GB", "LC_MESSAGES": "es"}, "es"),
        ("", {"LANG": "nonsense !"}, "en"),
        ("language: es\n", {"LANG": "en_US.UTF-8"}, "es"),
        ("language: es  # con quien trabaja aquí\n", {}, "es"),
        ("language: 'es-GT'\n", {}, "es-GT"),
        ("language: es\n", {"LANG": "es_CR.UTF-8"}, "es-CR"),
        ("language: en\n", {"LANG": "es_CR.UTF-8"}, "en"),
        ("sources:\n  press: {type: feed}\n  language: es\n", {}, "en"),
        ("language: [es\n", {"LANG": "es"}, "es"),
    ],
)
def test_the_settings_choose_the_language_or_else_the_environment(tmp_path, written, environment, language):
    (tmp_path / "digest.yaml").write_text(written)
    assert language_asked_for(tmp_path, environment) == language


def test_without_settings_the_environment_chooses(tmp_path):
    assert language_asked_for(tmp_path / "nowhere", {"LANG": "es_MX.UTF-8"}) == "es-MX"


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ([], None),
        (["status"], None),
        (["-C", "office", "status"], "office"),
        (["status", "-Coffice"], "office"),
        (["new", "--", "-C", "office"], None),
        (["-C"], ""),
        (["-C", "home", "-C", "office", "status"], "office"),
    ],
)
def test_the_workspace_is_found_before_the_arguments_are_understood(arguments, folder):
    assert folder_named(arguments) == folder


def test_how_the_lines_of_a_help_are_broken_does_not_matter():
    assert paragraphs("One\n    thing.\n\n    \b\n    a  1\n    b  2\n") == ["One thing.", "\b\na  1\nb  2"]
