"""Which items tell the same story, and what splits and merges leave behind (design §4.2, §4.7)."""

from datetime import date

from digest.intake.grouping import Judgement, group


def test_explicit_translations_and_exact_duplicates_become_one_story(item):
    items = [
        item("Hub opens", id="a", given_id="hub"),
        item("Abre la ventanilla", id="b", language="es", translation_of="hub"),
        item("HUB OPENS.", id="c", source="press"),
        item("Another story", id="d"),
    ]
    story_of = group(items, {}, frozenset()).story_of
    assert story_of["a"] == story_of["b"] == story_of["c"] != story_of["d"]


def test_a_translation_may_name_the_title_of_the_other(item):
    items = [item("Hub opens", id="a"), item("Abre", id="b", language="es", translation_of="hub  OPENS")]
    assert len(set(group(items, {}, frozenset()).story_of.values())) == 1


def test_of_two_items_with_the_named_title_the_nearest_in_time_is_meant(item):
    items = [
        item("Figures", "2018-06-01", id="june"),
        item("Figures", "2018-07-01", id="july", body="Other."),
        item("Cifras", "2018-07-02", id="cifras", language="es", translation_of="Figures"),
    ]
    story_of = group(items, {}, frozenset()).story_of
    assert story_of["cifras"] == story_of["july"] != story_of["june"]


def test_a_translation_of_nothing_is_reported_with_its_place(item):
    grouping = group([item("Abre", id="b", language="es", translation_of="hubb", position=11)], {}, frozenset())
    assert [problem.place.line for problem in grouping.problems] == [12]
    assert "hubb" in grouping.problems[0].cause


def test_an_item_is_no_translation_of_itself(item):
    grouping = group([item("Hub", id="a", given_id="hub", translation_of="hub")], {}, frozenset())
    assert grouping.story_of == {"a": "a"}
    assert len(grouping.problems) == 1


def test_the_same_title_in_two_languages_is_not_a_duplicate(item):
    items = [item("Panamá", id="a"), item("Panamá", id="b", language="es")]
    assert len(set(group(items, {}, frozenset()).story_of.values())) == 2


def test_a_story_keeps_its_name_when_a_translation_joins(item):
    items = [item("Z", id="z", given_id="hub"), item("A", "2018-07-01", id="a", language="es", translation_of="hub")]
    grouping = group(items, {"z": "z"}, frozenset())
    assert set(grouping.story_of.values()) == {"z"}
    assert grouping.inherited == ()


def test_when_two_stories_merge_the_taken_one_gives_the_name(item):
    items = [item("A", "2018-07-01", id="a", given_id="hub"), item("B", id="b", language="es", translation_of="hub")]
    grouping = group(items, {"a": "a", "b": "b"}, frozenset({"b"}))
    assert set(grouping.story_of.values()) == {"b"}
    assert grouping.inherited == (("b", "a"),)


def test_when_a_story_splits_both_halves_inherit_what_was_taken(item):
    items = [item("A", id="a", given_id="hub"), item("B", id="b", language="es")]
    grouping = group(items, {"a": "a", "b": "a"}, frozenset({"a"}))
    assert grouping.story_of == {"a": "a", "b": "b"}
    assert grouping.inherited == (("b", "a"),)


def test_when_the_founder_leaves_the_name_leaves_with_it_and_nothing_is_forgotten(item):
    items = [item("A", id="a"), item("B", id="b", given_id="x"), item("C", id="c", language="es", translation_of="x")]
    grouping = group(items, {"a": "a", "b": "a", "c": "a"}, frozenset({"a"}))
    assert grouping.story_of["a"] == "a"
    assert grouping.story_of["b"] == grouping.story_of["c"] != "a"
    assert grouping.inherited == ((grouping.story_of["b"], "a"),)


def test_a_withdrawn_item_still_keeps_its_twin_from_becoming_news_again(item):
    items = [item("Hub", id="a", withdrawn=True), item("Hub", id="b", source="press")]
    assert group(items, {"a": "a"}, frozenset({"a"})).story_of == {"a": "a", "b": "a"}


LONG = "Belmopan. The two governments agreed on a plan for the border posts, with training for officers and families."
NEAR = [
    ("Belize and Mexico agree on a joint plan", "2018-07-30", LONG),
    ("Belize and Mexico agree on a common plan", "2018-07-31", LONG),
]


def near(item):
    return [item(title, on, id=id_, body=body) for id_, (title, on, body) in zip("ab", NEAR, strict=True)]


def test_near_duplicates_are_one_story_and_the_older_gives_the_name(item):
    grouping = group(near(item), {}, frozenset())
    assert set(grouping.story_of.values()) == {"a"}
    assert "tells the same as" in grouping.problems[0].cause


def test_what_was_settled_for_one_copy_is_settled_for_the_story(item):
    grouping = group(near(item), {"a": "a"}, frozenset({"a"}))
    assert grouping.story_of == {"a": "a", "b": "a"}
    assert "not news again" in grouping.problems[0].cause
    newer_was_sent = group(near(item), {"a": "a", "b": "b"}, frozenset({"b"}))
    assert set(newer_was_sent.story_of.values()) == {"b"}
    assert newer_was_sent.inherited == (("b", "a"),)


def test_stories_that_were_each_sent_stay_apart_and_one_that_was_sent_as_one_stays_one(item):
    apart = group(near(item), {"a": "a", "b": "b"}, frozenset({"a", "b"}))
    assert apart.story_of == {"a": "a", "b": "b"}
    assert apart.problems == apart.inherited == ()
    found = [Judgement(one="a", other="b", same=True, by="")]
    together = group(near(item), {"a": "a", "b": "a"}, frozenset({"a"}), found)
    assert together.story_of == {"a": "a", "b": "a"}
    assert together.problems == ()


def test_what_people_say_stands_above_what_is_found(item):
    split = [Judgement(one="a", other="b", same=False, by="Marta")]
    assert group(near(item), {}, frozenset(), split).story_of == {"a": "a", "b": "b"}
    others = [item("Hub opens", id="x"), item("Another story", "2017-01-01", id="y")]
    merged = [Judgement(one="x", other="y", same=True, by="Marta")]
    assert len(set(group(others, {}, frozenset(), merged).story_of.values())) == 1


def test_what_was_split_does_not_come_together_by_way_of_a_third(item):
    items = [*near(item), item(NEAR[0][0], "2018-07-31", id="c", body=LONG)]
    split = [Judgement(one="a", other="b", same=False, by="Marta")]
    story_of = group(items, {}, frozenset(), split).story_of
    assert story_of["a"] != story_of["b"]
    assert story_of["c"] in (story_of["a"], story_of["b"])


def test_what_was_found_and_sent_as_one_is_not_parted_by_later_news(item):
    unlike = [item("Hub opens", id="a"), item("Abre la ventanilla", id="b", language="es")]
    found = [Judgement(one="a", other="b", same=True, by="")]
    assert len(set(group(unlike, {"a": "a", "b": "a"}, frozenset({"a"}), found).story_of.values())) == 1
    assert len(set(group(unlike, {"a": "a", "b": "a"}, frozenset(), found).story_of.values())) == 2


def test_old_news_that_waits_for_no_edition_stays_as_it_was_put_together(item):
    found = [Judgement(one="a", other="b", same=True, by="")]
    long_after = date(2019, 8, 1)
    assert set(group(near(item), {"a": "a", "b": "a"}, frozenset(), found, long_after).story_of.values()) == {"a"}
    assert group(near(item), {"a": "a", "b": "b"}, frozenset(), (), long_after).story_of == {"a": "a", "b": "b"}
    assert set(group(near(item), {"a": "a"}, frozenset(), (), long_after).story_of.values()) == {"a"}


def test_what_was_put_together_is_written_down_once(item):
    grouping = group(near(item), {}, frozenset())
    (found,) = grouping.found([])
    assert (found.one, found.other, found.by) == ("a", "b", "")
    assert [*grouping.found([found])] == []


def test_an_id_of_its_own_keeps_an_item_of_the_same_source_apart(item):
    items = [
        item(title, on, id=id_, body=body, given_id=id_) for id_, (title, on, body) in zip("ab", NEAR, strict=True)
    ]
    assert group(items, {}, frozenset()).story_of == {"a": "a", "b": "b"}
