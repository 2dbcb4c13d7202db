"""An item stays itself, whatever happens to its file, line, title or text (design §4.2)."""

from dataclasses import replace

from digest.intake.identity import match, new_id, same_title_and_date


def pairs(matching):
    return {found.text.title: (old.id if old else None) for found, old in matching.pairs}


def test_an_unchanged_item_is_recognised_in_another_file_at_another_line(found, item):
    matching = match([item("Hub opens", id="a")], [found("Hub opens", file="bulletins/new.txt", line=99)], frozenset())
    assert pairs(matching) == {"Hub opens": "a"}
    assert matching.vanished == []


def test_case_accents_and_punctuation_of_a_title_do_not_make_another_item(found, item):
    matching = match(
        [item("Reunión en San José: acuerdos", id="a")], [found("REUNION EN SAN JOSE – acuerdos")], frozenset()
    )
    assert pairs(matching) == {"REUNION EN SAN JOSE – acuerdos": "a"}


def test_a_corrected_title_keeps_the_item_when_the_old_title_vanished(found, item):
    old = item("Belize opens frist information hub on migration", id="a", body="One.")
    matching = match([old], [found("Belize opens first information hub on migration", body="Two.")], frozenset())
    assert pairs(matching)["Belize opens first information hub on migration"] == "a"


def test_a_new_title_over_the_same_text_keeps_the_item(found, item):
    body = "The Migration Police attended their first training on first aid and psychosocial support."
    matching = match(
        [item("Police trained", id="a", body=body)], [found("First aid for officers", body=body)], frozenset()
    )
    assert pairs(matching) == {"First aid for officers": "a"}


def test_another_story_of_the_same_day_is_another_item(found, item):
    old = item("Belize and Mexico meet on the border", id="a", body="They met in July in Belize City.")
    new = found("Course on unaccompanied children ends", body="A course ended in Villahermosa.")
    matching = match([old], [new], frozenset())
    assert pairs(matching) == {"Course on unaccompanied children ends": None}
    assert [gone.id for gone in matching.vanished] == ["a"]


def test_a_near_equal_title_does_not_replace_an_item_that_is_still_there(found, item):
    stored = [item("Hub opens in Upala", id="a")]
    matching = match(stored, [found("Hub opens in Upala"), found("Hub opens in Upalas")], frozenset())
    assert pairs(matching) == {"Hub opens in Upala": "a", "Hub opens in Upalas": None}


def test_a_corrected_date_keeps_the_item_when_title_and_text_are_the_same(found, item):
    matching = match([item("Hub opens", "2018-08-05", id="a")], [found("Hub opens", "2018-08-06")], frozenset())
    assert pairs(matching) == {"Hub opens": "a"}


def test_the_same_title_at_another_date_with_another_text_is_another_item(found, item):
    old = item("Monthly figures", "2018-07-01", id="a", body="Forty people.")
    matching = match([old], [found("Monthly figures", "2018-08-01", body="Sixty buses and two planes.")], frozenset())
    assert pairs(matching) == {"Monthly figures": None}


def test_the_publishers_own_id_wins_over_everything(found, item):
    old = item("Old title", "2018-07-01", id="a", given_id="hub", body="Old text.")
    matching = match([old], [found("Quite another title", "2018-07-09", "New words.", given_id="hub")], frozenset())
    assert pairs(matching) == {"Quite another title": "a"}


def test_giving_an_id_later_keeps_the_item(found, item):
    matching = match([item("Hub opens", id="a")], [found("Hub opens", given_id="hub")], frozenset())
    assert pairs(matching) == {"Hub opens": "a"}


def test_different_ids_are_never_the_same_item(found, item):
    matching = match([item("Hub opens", id="a", given_id="one")], [found("Hub opens", given_id="two")], frozenset())
    assert pairs(matching) == {"Hub opens": None}


def test_an_id_used_twice_is_reported_and_the_second_goes_by_its_title(found, item):
    matching = match([item("B", id="b")], [found("A", given_id="x"), found("B", given_id="x", line=9)], frozenset())
    assert pairs(matching) == {"A": None, "B": "b"}
    assert [problem.place.line for problem in matching.problems] == [9]


def test_equals_are_told_apart_by_their_text_and_not_by_their_order(found, item):
    stored = [item("Note", id="a", body="First."), item("Note", id="b", body="Second.", position=1)]
    swapped = match(stored, [found("Note", body="Second."), found("Note", body="First.")], frozenset())
    assert [old.id for _, old in swapped.pairs] == ["b", "a"]
    first_deleted = match(stored, [found("Note", body="Second.")], frozenset())
    assert [old.id for _, old in first_deleted.pairs] == ["b"]
    assert [gone.id for gone in first_deleted.vanished] == ["a"]


def test_items_of_a_file_that_could_not_be_read_do_not_vanish(item):
    stored = [item("A", id="a", file="bulletins/bad.txt"), item("B", id="b", file="bulletins/good.txt")]
    assert [gone.id for gone in match(stored, [], frozenset({"bulletins/bad.txt"})).vanished] == ["b"]


def test_a_withdrawn_item_that_comes_back_is_itself_again(found, item):
    assert pairs(match([item("Hub opens", id="a", withdrawn=True)], [found("Hub opens")], frozenset())) == {
        "Hub opens": "a"
    }


def test_a_near_equal_title_in_another_language_does_not_replace_a_vanished_item(found, item):
    old = item("Taller regional 2018 en Panama", id="a", language="es", body="")
    matching = match([old], [found("Taller regional 2018, Panama", body="", language="en")], frozenset())
    assert [gone.id for gone in matching.vanished] == ["a"]


def test_correcting_the_language_of_an_item_keeps_it_beside_one_of_the_same_title(found, item):
    stored = [item("Panamá", id="a", language="es", body="Uno."), item("Panama", id="b", language="en", body="One.")]
    same_titles = [found("Panama", body="Two.", language="en"), found("Panamá", body="Dos.", language="es")]
    assert [old.id for _, old in match(stored, same_titles, frozenset()).pairs] == ["b", "a"]
    assert pairs(match(stored[:1], [found("Panamá", body="Uno.", language="pt")], frozenset())) == {"Panamá": "a"}


def test_new_ids_are_the_same_in_every_run_and_never_taken(found):
    first = new_id(found("Hub opens"), lambda _: False)
    assert first == new_id(found("HUB OPENS!"), lambda _: False)
    assert new_id(found("Hub opens"), {first}.__contains__) != first
    assert new_id(found("Hub opens", given_id="x"), lambda _: False) != first


def test_same_title_and_date_with_another_text_is_reported_once(found):
    told = same_title_and_date([found("A", body="1"), found("A", body="2", line=7), found("A", body="3", line=9)])
    assert [problem.place.line for problem in told] == [7]
    assert same_title_and_date([found("A", body="1"), found("A", body="1"), found("A", body="x", language="es")]) == []


PLAN = "The two governments agreed on a plan for the border posts, with training for officers and a line for families."


def test_a_corrected_date_and_word_keep_the_item(found, item):
    old = item("Belize and Mexico agree on a joint plan", "2018-08-31", id="a", body=PLAN)
    for title, body in (
        ("Belize and Mexico agree on a common plan", PLAN),
        ("Belize and Mexico agree on a joint plan", PLAN.replace("families", "relatives")),
    ):
        new = found(title, "2018-09-01", body, file="bulletins/2018-09-01.md")
        assert pairs(match([old], [new], frozenset())) == {title: "a"}


def test_the_next_of_a_series_does_not_take_the_place_of_the_last(found, item):
    old = item("Belize and Mexico agree on a joint plan", "2018-08-31", id="a", body=PLAN)
    for title, on, body in (
        ("Belize and Honduras agree on a joint plan", "2018-09-01", PLAN),
        ("Belize and Mexico agree on a second joint plan", "2018-09-01", PLAN),
        ("Belize and Mexico agree on a joint plan", "2018-09-01", PLAN.replace("two governments", "four governments")),
        ("Belize and Mexico agree on a common plan", "2018-10-25", PLAN),
    ):
        assert pairs(match([old], [found(title, on, body)], frozenset())) == {title: None}


def at_line(one, line):
    return replace(one, place=replace(one.place, line=line))


def as_read_anew(stored, now, file="bulletins/july.txt"):
    """Both in one file, whose bytes are as they were when another reader read them."""
    return match(stored, now, frozenset(), {file: file})


def test_what_a_better_reader_finds_at_the_same_line_is_the_same_item(found, item):
    stored = [at_line(item("Uno", id="a", body="1"), 1), at_line(item("Dos", id="b", body="2"), 20)]
    now = [found("Two, as it is written", body="Second.", line=20), found("Something new", body="Third.", line=40)]
    now = [found("One, as it is written", body="First.", line=1), *now]
    assert [old.id if old else None for _, old in as_read_anew(stored, now).pairs] == ["a", "b", None]


def test_what_a_better_reader_finds_at_other_lines_is_paired_in_order_where_nothing_else_is_left(found, item):
    stored = [at_line(item("Dos", id="b", body="2"), 20), at_line(item("Uno", id="a", body="1"), 1)]
    now = [found("The first", body="First.", line=3), found("The second", body="Second.", line=22)]
    assert [old.id for _, old in as_read_anew(stored, now).pairs] == ["a", "b"]


def test_what_a_better_reader_splits_off_comes_from_the_item_above_it(found, item):
    stored = [at_line(item("Uno", id="a", body="1"), 5), at_line(item("Dos", id="b", body="2"), 20)]
    lines = {5: None, 9: "a", 20: None, 30: "b", 2: "a"}  # what stands above all of them, from the first
    now = [found(f"Told at {line}", body=f"{line} {line}", line=line) for line in lines]
    matching = as_read_anew(stored, now)
    assert [old.id if old else None for _, old in matching.pairs] == ["a", None, "b", None, None]
    assert {now[at].place.line: one.id for at, one in matching.origins.items()} == {9: "a", 30: "b", 2: "a"}


def test_a_file_that_somebody_edited_says_nothing_by_its_lines(found, item):
    matching = match([at_line(item("Uno", id="a", body="1"), 1)], [found("Another", body="Told.", line=1)], frozenset())
    assert pairs(matching) == {"Another": None}
    assert matching.origins == {}


def test_of_equally_alike_titles_each_takes_the_next_in_order(found, item):
    stored = [item("Hub opens 1", id="a", body="", position=0), item("Hub opens 2", id="b", body="", position=1)]
    now = [found("Hub opens 3", body=""), found("Hub opens 4", body="")]
    assert [old.id for _, old in match(stored, now, frozenset()).pairs] == ["a", "b"]


def test_an_item_without_an_id_hides_no_id_that_stands_twice(found):
    now = [found("A", given_id="x"), found("B"), found("C", given_id="x", line=9)]
    assert [problem.place.line for problem in match([], now, frozenset()).problems] == [9]


def test_ids_count_on_from_where_they_were_for_items_of_one_name(found):
    taken, after = set(), {}
    given = []
    for _ in range(3):
        given.append(new_id(found("Note"), taken.__contains__, after))
        taken.add(given[-1])
    assert given == [new_id(found("Note"), set(given[:n]).__contains__) for n in range(3)]
    assert new_id(found("Note"), lambda _: False, after) not in given  # without asking for those before again
