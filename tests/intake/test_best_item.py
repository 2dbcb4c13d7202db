"""Which of the items that tell one story is shown: hand-written before richer before earlier, for each language."""

from dataclasses import replace
from itertools import permutations

import pytest

# Each tier: what the better item has, and the worse one. A source that is asked over the network is its own place.
LANGUAGE = {"language": "en"}, {"language": "es"}
WRITTEN = {"source": "newsroom"}, {"source": "press", "file": "press"}
RICHER = {"body": "It has forty beds.\nAnd a kitchen."}, {"body": "It has forty beds."}
EARLIER = {"on": "2018-07-05"}, {"on": "2018-07-09"}
FIRST = {"position": 0}, {"position": 1}
LAST_RESORT = {"id": "a"}, {"id": "b"}


def _shown(story, language, *items):
    """Whatever their order."""
    (found,) = {story(*order).in_language(language).id for order in permutations(items)}
    return found


@pytest.mark.parametrize(
    ("both", "decisive", "later"),
    [
        ({}, [LANGUAGE, WRITTEN], [RICHER, EARLIER, FIRST, LAST_RESORT]),
        (WRITTEN[1], [RICHER, EARLIER, FIRST, LAST_RESORT], []),
        (WRITTEN[0], [EARLIER, FIRST, LAST_RESORT], []),
    ],
    ids=["from anywhere", "from the network", "hand-written"],
)
def test_the_first_difference_decides_whatever_the_later_ones_say(item, story, both, decisive, later):
    for place, (good, bad) in enumerate(decisive):
        better, worse = {"id": "better", **both} | good, {"id": "worse", **both} | bad
        for good_too_late, bad_too_late in (*decisive[place + 1 :], *later):
            better, worse = better | bad_too_late, worse | good_too_late
        assert _shown(story, "en", item("Hub", **better), item("Hub", **worse)) == better["id"], good


def test_how_much_the_office_wrote_does_not_count(item, story):
    short = item("Hub", "2018-07-05", "Short.", id="short")
    assert _shown(story, "en", short, item("Hub", "2018-07-06", "Long. " * 90, id="long")) == "short"


def test_each_language_has_a_best_item_of_its_own_and_another_language_the_best_of_all(item, story):
    items = [
        item("Hub", id="en-press", body="Long. " * 90, **WRITTEN[1]),
        item("Hub", id="en-radio", body="Longer. " * 90, source="radio", file="radio"),
        item("Abre", id="es-newsroom", language="es"),
        item("Abre", id="es-press", language="es", body="Largo. " * 90, **WRITTEN[1]),
    ]
    assert [_shown(story, language, *items) for language in ("en", "es", "pt")] == [
        "en-radio",
        "es-newsroom",
        "es-newsroom",
    ]


def test_what_was_withdrawn_is_shown_only_where_all_was(item, story):
    press = item("Hub", id="press", **WRITTEN[1])
    gone = item("Hub", id="gone", withdrawn=True)
    assert _shown(story, "en", gone, press) == "press"
    assert _shown(story, "en", gone, replace(press, withdrawn=True)) == "gone"
    assert [story(gone, press).shows(one) for one in (gone, press)] == [False, True]
    assert not story(gone).shows(gone)
