"""Plans: the editor's introduction."""

import pytest

from digest.config.plan_file import read_plan
from digest.errors import ConfigurationError

LANGUAGES = ("en", "es")


@pytest.fixture
def plan(tmp_path):
    def read(text):
        path = tmp_path / "2018-07.yaml"
        path.write_text(text, encoding="utf-8")
        return read_plan(path, LANGUAGES)

    return read


def test_no_file_is_an_empty_plan(tmp_path):
    assert read_plan(tmp_path / "nothing.yaml", LANGUAGES).introduction == {}


def test_an_introduction_may_be_said_per_language_or_once_for_all(plan):
    assert plan("introduction: {en: Hello, es: Hola}").introduction == {"en": "Hello", "es": "Hola"}
    assert plan("introduction: Hello").introduction == {"en": "Hello", "es": "Hello"}
    assert plan("introduction: {en: Hello, es: }").introduction == {"en": "Hello"}
    assert plan("").introduction == plan("introduction:").introduction == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("introducton: {en: x}", "2018-07.yaml:1:1: introducton: unknown key, did you mean 'introduction'?"),
        ("introduction:\n  fr: x", "2018-07.yaml:2:3: introduction.fr: the newsletter has no such language"),
        ("introduction:\n  en: [x]", "2018-07.yaml:2:7: introduction.en: must be text"),
        ("introduction: 12", "introduction: must be text, or one text per language"),
        ("- x", "a plan holds keys"),
        ("a: [", "a bracket too many"),
    ],
)
def test_a_mistake_is_named_with_its_place(plan, text, said):
    with pytest.raises(ConfigurationError) as caught:
        plan(text)
    assert said in str(caught.value)
