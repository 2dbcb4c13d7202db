from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.deliveries import text_lines
from digest.cli.invocation import table
from digest.delivery.delivery import DeliveryRecord, DeliveryState, DoubtRecord
from digest.desk.columns import Column, Table, Way, columns, labelled, seen, shortened, wrapped

STORY = Column("story", Way.WRAPPED)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60)


def test_wide_characters_and_accents_count_as_they_are_seen() -> None:
    assert (seen("abc"), seen("漢字"), seen("e\u0301"), seen("a\u202eb")) == (3, 4, 1, 2)


@given(WORDS, st.integers(2, 40))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(seen(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_nothing_is_one_empty_line() -> None:
    assert wrapped("", 10) == [""]


def test_a_label_stands_once_and_its_text_in_a_column() -> None:
    assert list(labelled("Late", "a word or two more", width=6, most=22)) == [
        "  Late    a word or",
        "          two more",
    ]


def test_the_text_gives_way_and_empty_columns_go() -> None:
    shown = list(columns([STORY, "", "n"], [["a long title of a story", "", 12]], most=22, right=(2,)))
    assert shown == [
        "  story              n",
        "  ────────────────  ──",
        "  a long title of   12",
        "  a story",
    ]


HEADINGS = ["id", "date", "countries", "n", "title"]
STORIES = [
    ["1a2b3c4d", "2018-07-06", "GT HN SV", 7, "Shelter opens in Tapachula for children who travel alone " * 2],
    ["5e6f7a8b", "2018-07-13", "–", 1200, "移民のための新しい避難所が開設されました " * 4],
]


def letters(lines: list[str]) -> Counter[str]:
    return Counter("".join(lines)) - Counter({" ": 10**6, "─": 10**6})


@pytest.mark.parametrize("most", [80, 120])
def test_a_table_fits_the_terminal_and_loses_nothing(most: int) -> None:
    whole = list(columns(HEADINGS, STORIES, most=None, right=(3,), indent=0))
    shown = list(columns(HEADINGS, STORIES, most=most, right=(3,), indent=0))
    assert max(map(seen, whole)) > 120
    assert max(map(seen, shown)) == most
    assert letters(shown) == letters(whole)
    assert [line[:20] for line in shown if line[0] in "15"] == ["1a2b3c4d  2018-07-06", "5e6f7a8b  2018-07-13"]


def test_a_table_that_fits_is_left_as_it_is() -> None:
    whole = list(columns(HEADINGS, STORIES, most=None))
    assert list(columns(HEADINGS, STORIES, most=max(map(seen, whole)))) == whole


def test_where_no_words_can_give_way_the_widest_column_does() -> None:
    assert list(columns(["a", "b"], [["x" * 10, "y" * 4]], most=10, indent=0)) == [
        "a     b",
        "────  ────",
        "xxxx  yyyy",
        "xxxx",
        "xx",
    ]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(16, 60))
def test_any_table_fits_and_loses_nothing(rows: list[tuple[str, str, str]], most: int) -> None:
    table = Table(["a", "b", "c"], rows, most=most)
    lines = [line for row in rows for line in table.row(row)]
    assert all(seen(line) <= most for line in lines)
    assert Counter("".join("".join(lines).split())) == Counter("".join("".join(map("".join, rows)).split()))


DUE = ["when", Column("zone", spare=2), Column("UTC", spare=1), STORY]
SENDINGS = [
    ["Wed 2018-09-05 09:00", "America/Costa_Rica", "2018-09-05 15:00", "A second round for Belize and Mexico"],
    ["Fri 2018-10-05 09:00", "America/Costa_Rica", "2018-10-05 15:00", "Neighbours whom people trust"],
]


def test_dates_stay_whole_and_a_column_that_always_says_the_same_goes_below() -> None:
    assert list(columns(DUE, SENDINGS, most=72, indent=0)) == [
        "when                  UTC               story",
        "────────────────────  ────────────────  ────────────────────────────────",
        "Wed 2018-09-05 09:00  2018-09-05 15:00  A second round for Belize and",
        "                                        Mexico",
        "Fri 2018-10-05 09:00  2018-10-05 15:00  Neighbours whom people trust",
        "",
        "zone: America/Costa_Rica",
    ]


def test_what_is_left_out_is_named() -> None:
    *_, empty, last = columns(DUE, SENDINGS, most=50, indent=0)
    assert (empty, last) == ("", "zone: America/Costa_Rica; no room for: UTC")


def test_a_column_by_which_rows_are_told_apart_stays() -> None:
    name = Column("name", spare=1, unless_told_apart=True)
    rows = [["monthly", "a long title of a story"], ["weekly", "another"]]
    assert "monthly" in "".join(columns([name, STORY], rows, most=24, indent=0))
    assert list(columns([name, STORY], rows[1:] * 2, most=14, indent=0))[-1] == "name: weekly"


def test_texts_share_the_room_by_what_stands_in_them() -> None:
    rows = [["GT", "a title that is rather long, as titles are"]] * 9 + [["BZ CR DO GT HN MX NI PA SV", "short"]]
    headings = [Column("countries", Way.WRAPPED, least=12), Column("title", Way.CUT)]
    shown = list(columns(headings, rows, most=50, indent=0))
    assert shown[2] == "GT            a title that is rather long, as tit…"


def test_what_is_cut_says_so() -> None:
    assert [shortened("a story", width) for width in (7, 6, 3, 1)] == ["a story", "a sto…", "a…", "…"]


def test_a_row_that_was_not_measured_is_broken_only_where_it_must_be() -> None:
    table = Table(["name", "said"], [["Ana", "yes"]], most=20)
    assert list(table.row(["Anastasia", "yes"])) == ["Anastasia  yes"]
    assert list(table.row(["Anastasia", "yes, yes, yes"])) == ["Anas  yes,", "tasi  yes,", "a     yes"]


def deliveries() -> list[DeliveryRecord]:
    at = datetime(2018, 8, 5, 15, tzinfo=UTC)
    said = "550 5.1.1 the mailbox that you tried to reach does not exist, please look for mistakes"
    return [
        DeliveryRecord(
            address=address,
            variant="",
            state=DeliveryState.FAILED,
            changed_at=at,
            attempts=1,
            next_attempt_at=None,
            answer=said,
            why="dead-mailbox",
            doubts=(DoubtRecord(at=at, cause="server", said=said, remedy="hold"),),
            decisions=(),
        )
        for address in ("ana@example.org", "anastasia@long.example.org")
    ]


@pytest.mark.parametrize("most", [40, 80, 120])
def test_deliveries_fit_the_terminal_and_lose_nothing(most: int) -> None:
    whole = list(text_lines(deliveries(), UTC))
    shown = list(text_lines(deliveries(), UTC, most))
    assert max(map(seen, shown)) <= most < max(map(seen, whole))
    assert letters(shown) == letters(whole)


@pytest.mark.parametrize(("said", "width"), [("80", 80), ("120", 120), (None, None)])
def test_the_width_is_what_columns_says_and_no_line_of_a_pipe_is_broken(
    said: str | None, width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if said:
        monkeypatch.setenv("COLUMNS", said)
    widest = max(map(seen, table(HEADINGS, STORIES, right=(3,)).splitlines()))
    assert widest == width if width else widest > 120
