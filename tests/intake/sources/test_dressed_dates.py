"""A line with a date and little else begins an item or is a warning with its line: it is never text in silence."""

from collections.abc import Callable
from datetime import date

import pytest

from digest.intake.sources.dates import Dated, recognise
from digest.intake.sources.dates_elsewhere import resembles_date
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]
FIFTH = date(2018, 8, 5)
LISTING = """12 August 2018

Belize opens a second information hub

The hub answers questions on regular migration.

{}

Guatemala trains forty border police officers

The training took place in Tecun Uman.

2 August 2018

Costa Rica holds a job fair for migrants

About two hundred people attended.
"""
AT = 7  # its line

DRESSED = [
    *("5 August 2018:", "5 August 2018 :", "5 August 2018;", "5 August 2018,", "5 August 2018 –", "5 August 2018…"),
    *("SAN JOSÉ (5 August 2018)", "5 August 2018 (Sunday)"),
    *("5 August 2018\\", "📅 5 August 2018", "※ 5 August 2018 ※", "5August2018", "05AUG2018", "5 August2018"),
    *("**5 August 2018**", "__5 August 2018__", "*5 August 2018*", "_5 August 2018:_", "`5 August 2018`"),
    *(
        "(5 August 2018)",
        "[5 August 2018]",
        "{5 August 2018}",
        "«5 de agosto de 2018»",
        "“5 August 2018”",
        "<5 August 2018>",
    ),
    *(
        "# 5 August 2018",
        "## 5 August 2018 ##",
        "- 5 August 2018",
        "– 5 August 2018 –",
        "• 5 August 2018",
        "* 5/8/2018",
    ),
    *(
        "| 5 August 2018 |",
        "> 5 August 2018",
        "=== 5 August 2018 ===",
        "<b>5 August 2018</b>",
        "### **5 August 2018:**",
    ),
    *(
        "Published: 5 August 2018",
        "**Published:** 5 August 2018",
        "Posted on 5 August 2018",
        "Publicado el 5 de agosto de 2018",
    ),
    *("Fecha: 5 de agosto de 2018.", "Date - 5 August 2018", "Issued: 5 August 2018", "(Published 5 August 2018)"),
    *(
        "San José, 5 August 2018",
        "GUATEMALA CITY, 5 August 2018 –",
        "Belmopan – 5 August 2018",
        "Belmopan. 5 August 2018",
    ),
    *(
        "San José, Costa Rica, 5 de agosto de 2018:",
        "**Ciudad de México, 5/8/2018**",
        "5 August 2018, San José",
        "5 August 2018 | Upala",
    ),
    *("5-VIII-2018", "5 VIII 2018", "5.viii.2018", "5/VIII/2018", "20180805", "2018.08.05:"),
    *("5 August 2O18", "O5/08/2018", "5 August 20l8", "5 Agosto, 2O18."),
    *(
        "٥ أغسطس ٢٠١٨",
        "5 آب 2018",
        "5 августа 2018 г.",
        "2018年8月5日",
        "2018년 8월 5일",
        "5 Αυγούστου 2018",
        "५ अगस्त २०१८",
    ),
    *("5 สิงหาคม 2561", "5 ส.ค. 2561", "วันที่ 5 สิงหาคม พ.ศ. 2561", "5 สิงหาคม 2018"),  # 2561 after the Buddha
    *("8월 5일 2018", "2018. 8. 5.", "5.08.2018 r.", "05/08/2018 r", "5. 8. 2018"),
]


@pytest.mark.parametrize("line", DRESSED)
def test_an_item_begins_there(line: str, listing: Read) -> None:
    reading = listing(LISTING.format(line), dates=None)

    assert [(item.published_on, item.place.line) for item in reading.items][1] == (FIFTH, AT)
    assert [item.text.title[:9] for item in reading.items] == ["Belize op", "Guatemala", "Costa Ric"]


@pytest.mark.parametrize(
    "line",
    [
        *("5 August", "5 August:", "**5 August**", "(5 de agosto)", "August 2018:", "5-7 August 2018:", "05082018"),
        *(
            "Updated: 5 August 2018",
            "Última actualización: 5 de agosto de 2018",
            "- 31 June 2018",
            "Last modified on 5/8/2018",
        ),
        *("4.8.", "04.08", "4/8", "8/24", "**4. 8.**", "• 4.8.:"),
        *("05 08 2018", "2018 8 5", "Publicado: 5 8 2018", "2018-W31-7", "2018 W31", "fifth of August 2018"),
        *("a los 5 días del mes de agosto de 2018", "el cinco de agosto de 2018", "twenty-first day of August, 2018"),
        *("S August 2018", "Week of 5 August 2018", "5 August 2018 (updated)", "5 August 2018 Belize opens a hub"),
        *("5. elokuuta 2018", "۵ اوت ۲۰۱۸", "5 в августе 2018"),
        *("5 sierpnia 2018 r.", "dnia 5 sierpnia 2018 roku", "2018. augusztus 5.", "2018 m. rugpjūčio 5 d."),
        *(
            "2018. gada 5. augusts",
            "den 5 augusti 2018",
            "5 Ağustos 2018 Pazar",
            "ngày 5 tháng 8 năm 2018",
            "5 Awst 2018",
        ),
        *(
            "平成30年8月5日",
            "2018年8月5日（日）",
            "二〇一八年八月五日",
            "8월 5일",
            "2018 оны 8 сарын 5",
            "неділя, 5 серпня 2018 р.",
        ),
        *("۱۴ مرداد ۱۳۹۷", "5 באוגוסט 2018", "5 ஆகஸ்ட் 2018", "2018ko abuztuaren 5a"),
    ],
)
def test_what_is_not_a_single_day_of_publication_is_a_warning_with_its_line(
    line: str, listing: Read, warnings: Said
) -> None:
    reading = listing(LISTING.format(line))

    assert len(reading.items) == 2
    assert any(warning.startswith(f"news.txt:{AT}: warning: ") for warning in warnings(reading))


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        *(("5 sierpnia 1300", True), ("5 sierpnia 1299", False), ("5 sierpnia 2649", True), ("5 sierpnia 2650", False)),
        *(
            ("1 sierpnia 2018", True),
            ("31 sierpnia 2018", True),
            ("0 sierpnia 2018", False),
            ("32 sierpnia 2018", False),
        ),
        *(("sierpnia 2018", False), ("2017 sierpnia 2018", False), ("5 5 sierpnia 2018", True)),
        *(("5 5 5 sierpnia 2018", False), ("5 sierpnia 2018 400", False), ("5 sierpnia 2018 a b c", True)),
        *(
            ("5 sierpnia 2018 a b c d", False),
            ("5 sierpniami 2018", True),
            ("5 sierp 2018", True),
            ("5 sier 2018", False),
        ),
        *(("5/8/2018 r", True), ("5/8/2018 abc abc abc", False), ("Am 5. August 2018 fand es.", False)),
    ],
)
def test_a_line_resembles_a_date_by_a_day_a_year_the_name_of_a_month_and_little_else(line: str, is_one: bool) -> None:
    assert resembles_date(line, known=()) is is_one


@pytest.mark.parametrize("line", DRESSED)
def test_inside_a_text_it_is_a_warning(line: str, listing: Read, warnings: Said) -> None:
    text = LISTING.format(f"{line}\n\nThe course took place in the capital, as it does every year. It was the third.")
    reading = listing(text.replace("Guatemala trains forty border police officers\n\n", ""))

    told = [" ".join(item.text.paragraphs) for item in reading.items]
    begun = FIFTH in [item.published_on for item in reading.items]
    assert begun or any(warning.startswith(f"news.txt:{AT}: warning: ") for warning in warnings(reading)), told


@pytest.mark.parametrize(
    "line",
    [
        *(
            "22334455",
            "Room 2018",
            "Deadline: 5 August 2018",
            "The Forum of 5 August 2018",
            "5 August 2018: migrants arrive",
        ),
        *(
            "1234 5678",
            "Top 10 of 2018",
            "Article 5, 2018",
            "Call 2018-0805",
            "on 5 August 2018",
            "12.5.1",
            "Resolution 12/2018",
        ),
        *("Report of August 2018", "Feria de mayo de 2018", "Tel 2018 10 12", "10 45 2018", "100 50 2018"),
    ],
)
def test_other_lines_with_numbers_are_text(line: str) -> None:
    assert not isinstance(recognise(line), Dated)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "5 candidates for 2018",
            "Budget 2018: 5 priorities",
            "Law 5 of 2018",
            "Decreto 12 de 2018",
            "Room 12 in 2018",
        ),
        *("4.8", "2.1", "10.30.", "13/13", "5/8 cup", "1.2.3"),
        *("Итоги 2018 года: 5 главных побед", "It closed on 5 August 2018.", "2018: 5 de cada 10", "日本語 2018 12"),
    ],
)
def test_titles_with_a_small_number_and_a_year_are_no_dates_of_anywhere(line: str) -> None:
    assert recognise(line) is None


def test_letters_that_stand_for_digits_are_said(listing: Read, warnings: Said) -> None:
    [warning] = warnings(listing(LISTING.format("5 August 2O18")))

    assert warning.startswith(f"news.txt:{AT}: warning: letters stand for digits; the date is read as 5 August 2018")


def test_when_a_text_was_changed_is_neither_its_date_nor_its_title(listing: Read, warnings: Said) -> None:
    reading = listing(LISTING.format("5 August 2018\nUpdated: 6 August 2018"))

    assert [item.text.title[:9] for item in reading.items] == ["Belize op", "Guatemala", "Costa Ric"]
    assert reading.items[1].published_on == FIFTH
    assert "left out: “Updated: 6 August 2018”" in warnings(reading)[0]


def test_a_name_with_a_date_under_a_date_is_a_title(listing: Read) -> None:
    reading = listing(LISTING.format("5 August 2018\n\nForum of Mayors, 6 August 2018\n\nThe forum met."))

    assert reading.items[1].text.title == "Forum of Mayors, 6 August 2018"


def test_a_list_of_days_in_a_text_stays_a_text(listing: Read, warnings: Said) -> None:
    text = LISTING.format("The next courses:\n\n- 5 August 2018\n- 7 August 2018\n- 9 August 2018")
    reading = listing(text.replace("\n\nGuatemala trains forty border police officers\n\n", "\n\n"))

    assert len(reading.items) == 2
    assert len(warnings(reading)) == 3


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("## A title", "A title"),
        ("**A title**", "A title"),
        ("_A title_", "A title"),
        ("#1 in the region", "#1 in the region"),
    ],
)
def test_marks_around_a_title_are_no_part_of_it(line: str, title: str, listing: Read) -> None:
    reading = listing(f"5 August 2018\n\n{line}\n\nIts text.")

    assert (reading.items[0].text.title, reading.problems) == (title, ())
