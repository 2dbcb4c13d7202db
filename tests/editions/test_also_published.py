"""Who is named below a story as having published it, too."""

from dataclasses import replace
from itertools import permutations

import pytest

from digest.editions.composition import also_published
from digest.intake.web_links import site_of

HOME = "https://bulletin.example.org"


@pytest.fixture
def published(item):
    def made(source, link, **more):
        one = item("Hub opens", source=source, file=source, id=more.pop("id", f"{source} {link}"), **more)
        return replace(one, text=replace(one.text, link=link))

    return made


def named(story, *items, known=(HOME,)):
    """The first is shown; in whatever order the others stand."""
    first, *others = items
    (found,) = {
        tuple(site_of(one.text.link) for one in also_published(story(first, *order), first, known))
        for order in permutations(others)
    }
    return found


def test_other_sources_are_named_by_their_sites_the_best_first(published, story):
    shown = published("newsroom", None)
    press, radio = published("press", "https://www.press.example.net/1"), published("radio", "http://radio.example/1")
    assert named(story, shown) == ()
    assert named(story, shown, radio, replace(press, published_on=radio.published_on.replace(day=1))) == (
        "press.example.net",
        "radio.example",
    )


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("shown", "https://else.example/1"),  # the same source: it published it once
        ("press", None),
        ("press", "mailto:press@example.net"),
        ("press", "https://[1/"),
        ("press", "https://localhost/1"),
        ("press", "https://a b.example/"),
        ("press", "https://www.shown.example/2"),  # the title leads there
        ("press", "https://news.shown.example/2"),
        ("press", "https://bulletin.example.org/2"),  # our own
        ("press", "https://www.bulletin.example.org/2"),
    ],
)
def test_who_tells_readers_nothing_new_is_not_named(published, story, source, link):
    assert named(story, published("shown", "https://shown.example/1"), published(source, link)) == ()


def test_a_site_is_named_once_and_leads_to_its_best_item(published, story):
    shown = published("newsroom", None)
    long = published("wire", "https://press.example/long", body="Long. " * 9)
    items = shown, published("press", "https://press.example/short"), long
    assert named(story, *items) == ("press.example",)
    assert also_published(story(*items), shown, ()) == (long,)


def test_what_was_withdrawn_is_not_named(published, story):
    gone = published("press", "https://press.example/1", withdrawn=True)
    assert named(story, published("newsroom", None), gone) == ()


def test_who_published_it_in_another_language_comes_last_and_not_twice(published, story):
    shown = published("newsroom", None)
    spanish = published("a-radio", "https://radio.example/es", language="es", body="Largo. " * 90)
    english = published("press", "https://press.example/en")
    assert named(story, shown, spanish, english) == ("press.example", "radio.example")
    assert named(story, shown, spanish, english, known=(spanish.text.link,)) == ("press.example",)
