import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.intake.item import TagKind, Text
from digest.intake.tagging.tagger import guess
from digest.intake.tagging.taxonomy import PACKAGED, Taxonomy, load

Write = Callable[[str], Path]
MEMBERS = {"BZ", "CA", "CR", "DO", "GT", "HN", "MX", "NI", "PA", "SV", "US"}
SMALL = """\
countries:
  NO: {title: {en: Norway, es: Noruega}, names: [norge], places: [on, off, Oslo]}
topics:
  fish: {title: Fish, terms: {en: [herring*]}, title_terms: [sea]}
regions:
  north: {terms: [far north], countries: [NO]}
nothing: [norway lobster]
"""


def values(taxonomy: Taxonomy, text: str) -> list[str]:
    return [tag.value for tag in guess(taxonomy.terms, Text(title=text, paragraphs=()))]


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_everything_packaged_has_a_title_in_three_languages(taxonomy: Taxonomy, language: str) -> None:
    for titles in taxonomy.titles.values():
        assert [value for value, by_language in titles.items() if language not in by_language] == []


def test_titles_of_countries_and_topics_differ_from_one_another(taxonomy: Taxonomy) -> None:
    for language in ("en", "es", "fr"):
        for titles in taxonomy.titles.values():
            shown = [by_language[language] for by_language in titles.values()]
            assert len(set(shown)) == len(shown)


def test_the_members_of_the_regional_conference_are_guessed(taxonomy: Taxonomy) -> None:
    for code in taxonomy.countries:
        guessed = values(taxonomy, taxonomy.country_title(code, "en")) == [code]
        assert guessed == (code in MEMBERS), code
    assert taxonomy.countries >= MEMBERS


def test_titles_are_given_in_the_language_asked_for(taxonomy: Taxonomy) -> None:
    assert taxonomy.country_title("DO", "es") == "República Dominicana"
    assert taxonomy.country_title("DO", "pt") == "Dominican Republic"
    assert taxonomy.topic_title("health", "fr") == "Santé"
    assert taxonomy.topic_title("given-up", "es") == "given-up"
    assert taxonomy.country_title("XX", "es") == "XX"


def test_a_file_that_was_changed_is_read_anew_and_a_mistake_is_told_each_time(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.yaml"
    for title in ("Fish", "Fishing"):
        path.write_text(SMALL.replace("title: Fish", f"title: {title}"), encoding="utf-8")
        assert load(path).topic_title("fish", "en") == title
    path.write_text(SMALL.replace("NO", "No", 1), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            load(path)


def test_the_fingerprint_is_that_of_the_file(taxonomy: Taxonomy) -> None:
    assert taxonomy.fingerprint == hashlib.sha256(PACKAGED.read_bytes()).hexdigest()


def test_a_file_of_ones_own_replaces_the_packaged_one(write: Write) -> None:
    taxonomy = load(write(SMALL))
    assert taxonomy.countries == {"NO"}
    assert taxonomy.topics == {"fish"}
    assert taxonomy.country_title("NO", "es") == "Noruega"
    assert taxonomy.topic_title("fish", "fr") == "Fish"
    assert taxonomy.fingerprint == hashlib.sha256(SMALL.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Herrings in Norway", ["fish", "NO"]),
        ("Norge on the sea", ["NO", "fish"]),
        ("lights on", ["NO"]),
        ("norway lobster", []),
        ("the far north", ["NO"]),
        ("Belize", []),
    ],
)
def test_words_that_other_readers_of_yaml_take_for_yes_and_no_are_words(
    write: Write, text: str, found: list[str]
) -> None:
    assert values(load(write(SMALL)), text) == found


def test_a_file_may_begin_with_a_byte_order_mark(write: Write) -> None:
    assert load(write("\ufeff" + SMALL)).countries == {"NO"}


def test_regions_stand_for_no_country_unless_told(taxonomy: Taxonomy, write: Write) -> None:
    text = "The Northern Triangle of Central America"
    assert values(taxonomy, text) == []
    packaged = PACKAGED.read_text(encoding="utf-8")
    before, after = packaged.split("triangle du nord]\n    countries: []\n")
    told = load(write(before + "triangle du nord]\n    countries: [GT, HN, SV]\n" + after))
    tags = guess(told.terms, Text(title=text, paragraphs=()))
    assert [(tag.value, tag.term, tag.strength) for tag in tags] == [
        (code, "Northern Triangle of Central America", "weak") for code in ("GT", "HN", "SV")
    ]


MISTAKES = """\
countries:
  Guatemala: {title: Guatemala}
  GT:
    title: {en: Guatemala, spanish: Guatemala}
    citys: [Petén]
    default: maybe
  HN:
    names: [Honduras, "*", 'abc*', a*b]
    places: Tegucigalpa
  SV: {title: El Salvador, places: [Petén, [a list]], names: [Honduras]}
  SV: {title: Twice}
topics:
  Human Rights: {title: Human rights}
  women: {title: {}, terms: [women]}
regions:
  all: {terms: [everywhere], countries: [XX]}
nothing: [women]
palette: [red]
"""


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(write: Write) -> None:
    path = write(MISTAKES)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.thing == str(path)
    first, *said = caught.value.cause.splitlines()
    assert first == "17 mistakes in the taxonomy"
    assert [line.strip().removeprefix(str(path)) for line in said] == [
        ":2:3: countries.Guatemala: must be two capital letters, as in GT (ISO 3166-1)",
        ":4:28: countries.GT.title.spanish: must be a language, as in en, es or fr",
        ":5:5: countries.GT.citys: unknown key, known are title, names, demonyms, places, default",
        ":6:14: countries.GT.default: must be on or off",
        ":7:3: countries.HN: needs a title",
        ":8:23: countries.HN.names: '*': a star may only stand at the end of a word",
        ":8:28: countries.HN.names: 'abc*': a star needs at least 4 letters before it",
        ":8:36: countries.HN.names: 'a*b': a star may only stand at the end of a word",
        ":9:13: countries.HN.places: must be a list, as in [one, two]",
        ":10:44: countries.SV.places: must be a text",
        ":10:63: countries.SV.names: 'Honduras' already stands for HN",
        ":11:3: countries.SV: stands here twice",
        ":13:3: topics.Human Rights: must be words in small letters and hyphens, as in human-rights",
        ":14:3: topics.women: needs a title",
        ":16:42: regions.all.countries: 'XX' is not among the countries of this file",
        ":17:11: nothing: 'women' cannot mean something and nothing",
        ":18:1: palette: unknown key, known are countries, topics, regions, nothing",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "topics:\n  women: {titel: Women, title: Women}\n",
            ":2:11: topics.women.titel: unknown key, did you mean 'title'?",
        ),
        ("topics: [women]\n", ":1:9: topics: must be keys with values (key: value)"),
        ("just words\n", ":1:1: must be keys with values (key: value)"),
        ("topics:\n  women: {title: ''}\n", ":2:18: topics.women.title: must be a text"),
        ("? [a, b]\n: c\n", ":1:3: a key must be a single word"),
    ],
)
def test_a_mistake_is_named_with_its_place(write: Write, text: str, said: str) -> None:
    path = write(text)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert f"{path}{said}" in caught.value.cause


@pytest.mark.parametrize(
    ("content", "thing", "cause"),
    [
        (b"countries:\n  GT: [\n", ":3:1", "is not valid YAML"),
        (b"\tcountries: x\n", ":1:1", "is not valid YAML"),
        (b"countries:\n  GT: {title: M\xe9xico}\n", ":2", "is not UTF-8 text"),
        (b"a: \x00\n", "", "is not valid YAML"),
        (b"a: 1\n---\nb: 2\n", ":2:1", "is not valid YAML"),
        (b"# nothing but a note\n", "", "is empty"),
        (b"", "", "is empty"),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path: Path, content: bytes, thing: str, cause: str) -> None:
    path = tmp_path / "ours.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.thing == f"{path}{thing}"
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "absent.yaml")
    assert caught.value.thing == str(tmp_path / "absent.yaml")


def test_one_term_may_serve_several_topics_but_not_several_countries(write: Write) -> None:
    both = load(write("topics:\n  one: {title: One, terms: [joint]}\n  two: {title: Two, terms: [joint]}\n"))
    assert values(both, "joint") == ["one", "two"]
    with pytest.raises(ConfigurationError, match="'Jalapa' already stands for AA"):
        load(write("countries:\n  AA: {title: Aa, places: [Jalapa]}\n  BB: {title: Bb, places: [Jalapa]}\n"))


def test_kinds_of_titles_are_told_apart(taxonomy: Taxonomy) -> None:
    assert set(taxonomy.titles) == set(TagKind)
