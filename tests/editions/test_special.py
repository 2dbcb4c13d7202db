"""Special editions: what their names are made of, and what they take."""

from datetime import date

import pytest

from digest.editions.special import LONGEST_NAME, special_period
from digest.errors import UsageError
from digest.newsletters.edition import Edition, EditionState, Ruling
from digest.newsletters.period import Period, PeriodKind

DAY = date(2018, 8, 20)


@pytest.fixture
def titled(monthly):
    def titled(title, titles=None, audiences=(), editions=()):
        return special_period(monthly, title, titles or {}, audiences, editions, DAY)

    return titled


def draft_of(period, state=EditionState.DRAFT):
    return Edition(newsletter="monthly", period=period, state=state)


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Floods in Petén", "special-floods-in-peten"),
        ("  ¿Y ahora   qué? ", "special-y-ahora-que"),
        ("2018-07", "special-2018-07"),
        ("../../etc/passwd", "special-etc-passwd"),
        ("Floods.2", "special-floods-2"),
    ],
)
def test_its_key_is_made_of_the_title_and_fit_for_a_file(titled, title, key):
    assert titled(title).key == key


@pytest.mark.parametrize(("one", "other"), [("洪水", "選舉"), ("x" * 90, "x" * 91)])
def test_titles_that_no_short_name_can_tell_apart_get_different_names_all_the_same(titled, one, other):
    keys = {titled(one).key, titled(other).key}
    assert len(keys) == 2
    assert all(key.isascii() and len(key) <= len("special-") + LONGEST_NAME for key in keys)


@pytest.mark.parametrize("title", ["", " ", "¡!", "—"])
def test_a_title_without_words_is_refused(titled, title):
    with pytest.raises(UsageError, match="no words"):
        titled(title)


def test_what_the_newsletter_has_not_is_refused_and_what_it_has_is_named(titled):
    with pytest.raises(UsageError, match="no such audience\n  → name some of: regional, guatemala"):
        titled("Floods", audiences=["guatemla"])
    with pytest.raises(UsageError, match="no such language\n  → name some of: en, es"):
        titled("Floods", {"fr": "Inondations"})


def test_the_same_title_is_the_same_edition_and_keeps_what_is_not_said_anew(titled):
    first = titled("Floods", {"es": "Inundaciones"}, ["guatemala"])
    again = titled("FLOODS", editions=[draft_of(first)])
    assert (again.key, again.start) == (first.key, first.start)
    assert [again.occasion.title_in(language) for language in ("en", "es")] == ["FLOODS", "Inundaciones"]
    assert again.occasion.audiences == ("guatemala",)
    assert titled("Floods", {}, ["regional"], [draft_of(first)]).occasion.audiences == ("regional",)


@pytest.mark.parametrize("state", [one for one in EditionState if one not in ("draft", "skipped")])
def test_a_title_whose_edition_is_no_draft_any_more_is_refused(titled, state):
    with pytest.raises(UsageError, match="another title"):
        titled("Floods", editions=[draft_of(titled("Floods"), state)])


def test_it_holds_no_date_and_is_for_its_audiences_alone(titled):
    period = titled("Floods", audiences=["guatemala"])
    assert DAY not in period
    assert period.is_special
    assert (period.is_for("guatemala"), period.is_for("regional")) == (True, False)
    assert titled("Floods").is_for("regional")
    assert Period.containing(PeriodKind.DAY, DAY).is_for("regional")


@pytest.mark.parametrize("ruling", list(Ruling))
def test_it_takes_what_it_shows_or_owes_to_a_part_and_nothing_else(titled, ruling):
    assert draft_of(titled("Floods")).takes(ruling) == (ruling in (Ruling.INCLUDED, Ruling.LEFT_OUT))
    assert draft_of(Period.containing(PeriodKind.MONTH, DAY)).takes(ruling) == ruling.final
