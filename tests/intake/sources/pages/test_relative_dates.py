"""Dates that count from the day of asking, and days under the heading of their month."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from web_office import Office

from digest.intake.settings import SourceKind
from digest.intake.sources.pages.relative_dates import may_be_relative, relative_date

TODAY = date(2018, 9, 1)


def rows(*dates):
    return "".join(
        f"<li><h3><a href='/n/{n}'>A hub of information opens in town {n}</a></h3><span class='when'>{written}</span>"
        f"<p>Text of {n}.</p></li>"
        for n, written in enumerate(dates)
    )


def days(listed):
    return [one.draft.published_on if one.dated else None for one in listed.entries]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("hace 3 días", date(2018, 8, 29)),
        ("Hace 1 día", date(2018, 8, 31)),
        ("hace un día", date(2018, 8, 31)),
        ("Publicado hace 3 días", date(2018, 8, 29)),
        ("hace 2 semanas", date(2018, 8, 18)),
        ("hace una semana", date(2018, 8, 25)),
        ("ayer", TODAY.replace(month=8, day=31)),
        ("Ayer, 14:30", date(2018, 8, 31)),
        ("Anteayer", date(2018, 8, 30)),
        ("hoy", TODAY),
        ("Hoy a las 10:15", TODAY),
        ("2 days ago", date(2018, 8, 30)),
        ("A day ago", date(2018, 8, 31)),
        ("about 3 weeks ago", date(2018, 8, 11)),
        ("Posted 2 days ago | News", date(2018, 8, 30)),
        ("Yesterday", date(2018, 8, 31)),
        ("Today", TODAY),
        ("il y a 3 jours", date(2018, 8, 29)),
        ("hier", date(2018, 8, 31)),
        ("há 3 dias", date(2018, 8, 29)),
        ("3 dias atrás", date(2018, 8, 29)),
        ("ontem", date(2018, 8, 31)),
        ("hace 5 horas", TODAY),
        ("just now", TODAY),
    ],
)
def test_a_date_that_counts_back_is_a_day(page, written, day):
    listed = page(f"<ul>{rows(written, '5 July 2018', '4 July 2018')}</ul>")
    assert days(listed) == [day, date(2018, 7, 5), date(2018, 7, 4)]
    assert [one.counts_back for one in listed.entries] == [True, False, False]
    assert not any(written in paragraph for one in listed.entries for paragraph in one.draft.paragraphs)


@pytest.mark.parametrize(
    ("now", "written", "day"),
    [
        (datetime(2018, 9, 1, 7, tzinfo=UTC), "2 hours ago", date(2018, 8, 31)),  # 1:00 in Costa Rica
        (datetime(2018, 9, 1, 7, tzinfo=UTC), "hace 30 minutos", date(2018, 9, 1)),
        (datetime(2018, 9, 2, 5, tzinfo=UTC), "hace 3 horas", date(2018, 9, 1)),
    ],
)
def test_hours_count_back_in_the_zone_of_the_publisher(page, now, written, day):
    listed = page(f"<ul>{rows(written, written)}</ul>", now=now, zone="America/Costa_Rica")
    assert days(listed) == [day, day]


def test_months_and_years_are_a_guess_and_named(page):
    listed = page(f"<ul>{rows('hace 2 meses', 'a year ago', '5 July 2018')}</ul>")
    assert days(listed) == [date(2018, 7, 2), date(2017, 9, 1), date(2018, 7, 5)]
    assert "2 rows say their dates in months or years before today" in listed.said


NOON = datetime(2018, 9, 1, 12, tzinfo=UTC)
BACK = {  # each word of the four languages, and what it goes back
    timedelta(0): "hoy | today | aujourd'hui | aujourd’hui | hoje | just now | ahora mismo | hace un momento"
    " | hace instantes | à l'instant | à l’instant | agora mesmo",
    timedelta(1): "ayer | yesterday | hier | ontem | a day ago | one day ago | 1 d ago | hace un día | hace 1 dia"
    " | hace uno dia | il y a un jour | há um dia | 1 dia atrás",
    timedelta(2): "anteayer | antier | antes de ayer | avant-hier | anteontem | 2 days ago | hace 2 días"
    " | il y a 2 jours | faz 2 dias | 2 dias atras",
    timedelta(7): "1 week ago | a week ago | hace una semana | il y a une semaine | há uma semana",
    timedelta(21): "3 weeks ago | about 3 weeks ago | over 3 weeks ago | almost 3 weeks ago | hace 3 semanas"
    " | hace unas 3 semanas | hace unos 21 días | hace casi 3 semanas | il y a 3 semaines | ha 3 semanas",
    timedelta(30): "a month ago | hace un mes | il y a 1 mois",
    timedelta(61): "2 months ago | hace 2 meses | il y a 2 mois",
    timedelta(365): "a year ago | hace un año | il y a un an | há 1 ano",
    timedelta(730): "2 years ago | hace 2 años | il y a 2 ans | há 2 anos",
}
SAME_DAY = {
    timedelta(minutes=5): "5 minutes ago | 5 min ago | 5 mins ago | hace 5 minutos | 5min ago",
    timedelta(minutes=1): "1 minute ago | hace un minuto",
    timedelta(hours=1): "an hour ago | 1 hr ago | hace una hora | il y a une heure | há uma hora",
    timedelta(hours=3): "3 hours ago | 3 hrs ago | 3h ago | hace 3 horas | il y a 3 heures",
}
LABELS = ["published", "posted on", "publicado el", "publicada", "publié", "publiée", "fecha:", "date :"]
BEHIND = ["| News", "· News", "• News", ", 14:30", "a las 10:15", "at 10:15"]


@pytest.mark.parametrize(
    ("back", "written"), [(back, text) for back, all_ in BACK.items() for text in all_.split(" | ")]
)
def test_each_way_to_say_how_many_days_ago_in_four_languages(back, written):
    assert may_be_relative(written)
    read = relative_date(written, TODAY, NOON)
    assert read is not None
    assert TODAY - read.day == back
    assert (read.form == "relative, roughly") is (back > timedelta(21))


@pytest.mark.parametrize(
    ("back", "written"), [(back, text) for back, all_ in SAME_DAY.items() for text in all_.split(" | ")]
)
def test_each_way_to_say_how_many_hours_or_minutes_ago(back, written):
    at = NOON - back
    read = relative_date(written, TODAY, NOON)
    assert may_be_relative(written)
    assert read is not None
    assert (read.day, read.minutes) == (TODAY, at.hour * 60 + at.minute)


@pytest.mark.parametrize("text", ["hace 3 días", "3 days ago", "ayer", "Ahora mismo"])
def test_a_label_before_it_and_an_hour_or_a_word_behind_it_change_nothing(text):
    alone = relative_date(text, TODAY, NOON)
    assert alone is not None
    assert [one for one in LABELS if relative_date(f"{one.title()} {text}", TODAY, NOON) != alone] == []
    assert [one for one in BEHIND if relative_date(f"{text} {one}", TODAY, NOON) != alone] == []


@pytest.mark.parametrize("written", ["<a href='/today'>Today</a>", "Long ago", "Today we went", "hace 3 lunas", "ago"])
def test_what_counts_nothing_back_is_no_date(page, written):
    listed = page(f"<ul>{rows(written, '5 July 2018', '4 July 2018')}</ul>")
    assert days(listed)[0] is None


def test_a_day_that_counts_back_stays_what_it_was_when_it_was_first_met():
    office = Office()
    office.source = replace(office.source, kind=SourceKind.PAGE, pictures=False)
    office.collect(f"<ul>{rows('hace 2 semanas', 'hace 2 semanas')}</ul>".encode())
    first = [item.published_on for item in office.reading.items]
    office.collect(f"<ul>{rows('hace 2 semanas', 'hace 3 semanas')}</ul>".encode())
    office.now = office.now.replace(month=9)
    office.collect()
    assert [item.published_on for item in office.reading.items] == first == [date(2018, 7, 7)] * 2


def months(
    *sections, heading="h3", row="<li><span class='d'>{}</span> <a href='/n/{}'>A hub opens in town {}</a></li>"
):
    number, parts = 0, []
    for name, written in sections:
        parts.append(f"<{heading}>{name}</{heading}><ul>")
        for day in written:
            parts.append(row.format(day, number, number))
            number += 1
        parts.append("</ul>")
    return "".join(parts)


@pytest.mark.parametrize(
    ("sections", "found"),
    [
        ([("Julio 2018", ["12", "3"]), ("Junio 2018", ["28"])], ["2018-07-12", "2018-07-03", "2018-06-28"]),
        ([("Julio de 2018", ["Jue 12", "Mar. 3"])], ["2018-07-12", "2018-07-03"]),
        ([("July, 2018", ["12th", "3rd"])], ["2018-07-12", "2018-07-03"]),
        ([("2018", ["12 de julio", "3 jul"]), ("2017", ["Dec 5"])], ["2018-07-12", "2018-07-03", "2017-12-05"]),
        ([("Julio 2018", ["12 jul", "3 de julio"])], ["2018-07-12", "2018-07-03"]),
    ],
)
@pytest.mark.parametrize("heading", ["h3", "strong"])
def test_a_day_under_the_heading_of_its_month(page, sections, found, heading):
    listed = page(months(*sections, heading=heading))
    assert [str(day) for day in days(listed)] == found


@pytest.mark.parametrize(
    "sections",
    [
        [("Julio 2018", ["12", "35"])],  # no day
        [("Julio 2018", ["12 de agosto", "3 de mayo"])],  # of another month
        [("2018", ["12", "3"])],  # of which month?
        [("Noticias 2018", ["12", "3"])],
        [("Julio 2018", ["12"])],  # a number under a single heading may be anything
    ],
)
def test_where_it_is_not_clear_the_row_has_no_date_and_that_is_said(page, sections):
    listed = page(months(*sections), select={"rows": "li"})
    assert None in days(listed)
    assert "no date" in listed.said


def test_full_dates_beside_a_heading_of_a_month_count(page):
    listed = page(months(("Julio 2018", ["5 de julio de 2018", "4 de julio de 2018"])))
    assert [str(day) for day in days(listed)] == ["2018-07-05", "2018-07-04"]
