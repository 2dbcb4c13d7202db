"""Duplicates and translations among pairs that people have labelled: none is found that is none, and few are missed."""

from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from digest.foundation.problems import Place
from digest.intake.grouping import group
from digest.intake.item import FoundItem, Item, Text
from digest.intake.tagging.tagger import TaxonomyTagger
from digest.intake.tagging.taxonomy import load

LABELLED = yaml.load(
    Path(__file__).with_name("labelled_pairs.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
STORIES = LABELLED["stories"]
TAGGER = TaxonomyTagger(load())
RECALL = 0.9


def told(id_, language, title, text, days=0):
    place, on = Place("bulletins/news.txt", 1), date(2018, 8, 1) + timedelta(days=days)
    content = Text(title=title, paragraphs=(text,))
    found = FoundItem(source="newsroom", place=place, published_on=on, language=language, text=content)
    tags = TAGGER.tag(found).tags
    return Item(id=id_, source="newsroom", place=place, published_on=on, language=language, text=content, tags=tags)


def varied(story, language, days, changes):
    texts = STORIES[story][language]
    for old, new in changes.items():
        assert any(old in text for text in texts), (story, old)
        texts = [text.replace(old, new) for text in texts]
    return told("a", language, *STORIES[story][language]), told("b", language, *texts, days=days)


def are_one(*items):
    return len(set(group(items, {}, frozenset()).story_of.values())) == 1


DUPLICATES = [varied(*each) for each in LABELLED["duplicates"]]
TRANSLATIONS = [
    (told("a", "en", *each["en"]), told("b", "es", *each["es"])) for name, each in STORIES.items() if name != "bare"
]
TRAPS = [varied(*each) for each in LABELLED["traps"]]
TRAPS += [
    (told("a", "en", *STORIES[name]["en"]), told("b", "es", *texts)) for name, *texts in LABELLED["no_translations"]
]


def test_half_of_sixty_pairs_and_more_are_traps():
    same = len(DUPLICATES) + len(TRANSLATIONS)
    assert same + len(TRAPS) >= 60
    assert abs(same - len(TRAPS)) <= 6


@pytest.mark.parametrize("pair", TRAPS, ids=lambda pair: pair[1].text.title)
def test_no_trap_is_taken_for_the_same_news(pair):
    assert not are_one(*pair)


@pytest.mark.parametrize("pairs", [DUPLICATES, TRANSLATIONS], ids=["duplicates", "translations"])
def test_nine_of_ten_are_found(pairs):
    missed = [pair[1].text.title for pair in pairs if not are_one(*pair)]
    assert len(missed) <= (1 - RECALL) * len(pairs), missed


def test_all_stories_at_once_are_put_together_with_their_translations_and_with_nothing_else():
    items = [
        told(f"{name}.{language}", language, *texts)
        for name, both in STORIES.items()
        for language, texts in both.items()
    ]
    items += [told(f"other {n}", "es", *texts) for n, (_, *texts) in enumerate(LABELLED["no_translations"])]
    story_of = group(items, {}, frozenset()).story_of
    together = [(a.id, b.id) for a, b in combinations(items, 2) if story_of[a.id] == story_of[b.id]]
    assert [pair for pair in together if pair[0].partition(".")[0] != pair[1].partition(".")[0]] == []
    assert len(together) >= RECALL * len(TRANSLATIONS)
