"""Near duplicates among 20,000 items inside one window of dates, a tenth of them copies with one word changed."""

import random
from datetime import date, timedelta
from statistics import median

from measuring import ROUNDS, Row, seconds

from digest.foundation.problems import Place
from digest.intake.duplicates import duplicates
from digest.intake.item import Item, Text
from digest.intake.likeness import told_text

ITEMS = 20_000
DAYS = 5
SYLLABLES = [consonant + vowel for consonant in "bcdfglmnprstv" for vowel in "aeio"]
MOST = 2.0


def rows() -> list[Row]:
    items = _items()

    def work() -> None:
        told_text.cache_clear()
        assert sum(1 for _ in duplicates(items)) == ITEMS // 10

    work()
    taken = median(seconds(work) for _ in range(ROUNDS))
    return [
        Row(
            work=f"near duplicates among {ITEMS:,} items in one window",
            value=f"{taken:.2f} s",
            target=f"≤ {MOST:g} s",
            met=taken <= MOST,
            detail=f"{ITEMS // 10:,} pairs found",
        )
    ]


def _items() -> list[Item]:
    """Texts of 70 words in which some words are usual and most are rare."""
    chance = random.Random(7)
    words = ["".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4))) for _ in range(6_000)]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    items: list[Item] = []
    for number in range(ITEMS):
        if number % 10 == 9:
            copied = items[-3].text
            said = copied.paragraphs[0].split()
            said[chance.randrange(len(said))] = "changed"
            text = Text(title=copied.title, paragraphs=(" ".join(said),))
        else:
            title, said = chance.choices(words, weights, k=9), chance.choices(words, weights, k=70)
            text = Text(title=" ".join(title).capitalize(), paragraphs=(f"{' '.join(said).capitalize()}.",))
        items.append(
            Item(
                id=f"{number:06}",
                source="newsroom",
                place=Place("bulletins/all.txt", number),
                published_on=date(2018, 8, 1) + timedelta(days=number % DAYS),
                language="en",
                text=text,
            )
        )
    return items
