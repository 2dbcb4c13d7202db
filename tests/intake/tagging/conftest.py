"""The packaged taxonomy and a short way to tag a text."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from digest.foundation.problems import Place
from digest.intake.item import FoundItem, Tag, TagKind, Text
from digest.intake.tagging import tagger as ports
from digest.intake.tagging.tagger import Tagged, TaxonomyTagger
from digest.intake.tagging.taxonomy import Taxonomy, load

TagIt = Callable[..., Tagged]


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return load()


@pytest.fixture(scope="session")
def tag(taxonomy: Taxonomy) -> TagIt:
    tagger: ports.Tagger = TaxonomyTagger(taxonomy)

    def tag_it(
        title: str,
        *paragraphs: str,
        summary: str | None = None,
        language: str = "en",
        countries: tuple[str, ...] | None = None,
        topics: tuple[str, ...] | None = None,
    ) -> Tagged:
        item = FoundItem(
            source="newsroom",
            place=Place("july.txt", 7),
            published_on=date(2024, 7, 1),
            language=language,
            text=Text(title=title, paragraphs=paragraphs, summary=summary),
            countries=countries,
            topics=topics,
        )
        return tagger.tag(item)

    return tag_it


@pytest.fixture(scope="session")
def countries_in(tag: TagIt) -> Callable[..., set[str]]:
    def countries(*texts: str) -> set[str]:
        return {found.value for found in tag(*texts).tags if found.kind is TagKind.COUNTRY}

    return countries


@pytest.fixture(scope="session")
def topics_in(tag: TagIt) -> Callable[..., set[str]]:
    def topics(*texts: str) -> set[str]:
        return {found.value for found in tag(*texts).tags if found.kind is TagKind.TOPIC}

    return topics


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a taxonomy file of one's own."""

    def write_file(text: str) -> Path:
        path = tmp_path / "ours.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture(scope="session")
def only() -> Callable[[Tagged], Tag]:
    def only_tag(tagged: Tagged) -> Tag:
        (found,) = tagged.tags
        return found

    return only_tag
