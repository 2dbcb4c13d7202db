"""The report's two renderings, from one view."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import pytest

from digest.delivery.delivery import DeliveryState, Tally
from digest.desk.phrases import change, deliveries, duration, headline, history
from digest.desk.report import ReportedAnswer, ReportedAudience, ReportedMail, ReportedStory, ReportFigures, ReportView
from digest.desk.report_page import report_data, report_page, report_text
from digest.newsletters.edition import Acceptance, Edition, EditionState, Ruling

Parsed = Callable[[str], Element]
SENT_AT = datetime(2018, 8, 5, 15, 0, tzinfo=UTC)
EVIL = '</style><script>x</script>"><img src=x onerror=y>'


def figures(**changes: Any) -> ReportFigures:
    values: dict[str, Any] = {
        "title": "July 2018",
        "key": "2018-07",
        "sending_at": SENT_AT,
        "stories": 2,
        "late": 1,
        "mails": 2,
        "readers": 342,
        "tally": Tally({DeliveryState.SENT: 338, DeliveryState.FAILED: 3, DeliveryState.LEFT: 1}),
    }
    return ReportFigures(**(values | changes))


def story(title: str = "A hub opens", **changes: Any) -> ReportedStory:
    values: dict[str, Any] = {
        "story_id": title,
        "title": title,
        "published_on": date(2018, 7, 6),
        "ruling": Ruling.INCLUDED,
        "reason": "Guatemala (countries: GT)",
        "late": False,
        "section": "Guatemala",
        "readers": 120,
    }
    return ReportedStory(**(values | changes))


@pytest.fixture
def made(edition: Callable[..., Edition]) -> Callable[..., ReportView]:
    def make(state: EditionState = EditionState.FINISHED, **changes: Any) -> ReportView:
        values: dict[str, Any] = {
            "edition": edition(
                state=state,
                approved_by="Marta",
                approved_at=SENT_AT - timedelta(days=1),
                sealed_at=SENT_AT - timedelta(days=1),
                sending_at=SENT_AT,
                finished_at=SENT_AT + timedelta(minutes=2),
            ),
            "newsletter_title": "Migration bulletin",
            "figures": figures(),
            "made_at": SENT_AT + timedelta(days=1),
            "timezone": ZoneInfo("America/Costa_Rica"),
            "timezone_name": "America/Costa_Rica",
            "planned_at": SENT_AT,
            "answers": (ReportedAnswer(part="Mexico", approved=False, by="Luis", at=SENT_AT, because="two errors"),),
            "alarms": ("Mexico: 40 readers at the last edition, 90 now (+125 %)",),
            "guard_because": ("the ministry joined",),
            "accepted": (Acceptance(code="LINK-001", because="the page opens tomorrow"),),
            "stories": (
                story(),
                story("A forum on housing", late=True, section="Regional"),
                story("Told before", ruling=Ruling.DROPPED, reason="the plan leaves it out: told twice", section=None),
            ),
            "audiences": (ReportedAudience(title="Guatemala", stories=2, late=1, readers=130, before=128),),
            "mails": (
                ReportedMail(
                    title="Guatemala – English", language="English", code="en", subject="July", stories=2, readers=200,
                    tally=Tally({DeliveryState.SENT: 200}),
                ),
                ReportedMail(
                    title="Guatemala – Spanish", language="Spanish", code="es", subject="Julio", stories=1, readers=142,
                    tally=Tally({DeliveryState.SENT: 138, DeliveryState.FAILED: 3, DeliveryState.LEFT: 1}),
                ),
            ),
            "previous": figures(title="June 2018", key="2018-06", stories=4, readers=330),
        }  # fmt: skip
        return ReportView(**(values | changes))

    return make


Made = Callable[..., ReportView]


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_both_renderings_say_the_same_figures(made: Made, parsed: Parsed) -> None:
    view = made()
    page, text = text_of(parsed(report_page(view))), " ".join(report_text(view).split())
    for said in (
        "Sent to 338 of 342 readers on 5 August 2018, 09:00 CST.",
        "by Marta, 4 August 2018, 09:00 CST (15:00 UTC)",
        "3 stories = 2 included + 1 dropped",
        "the ministry joined",
        "two errors",
        "LINK-001",
        "not known yet",
        "A forum on housing",
        "Told before",
        "+12 (+4 %)",
    ):
        assert said in page
        assert said in text
    assert json.loads(json.dumps(report_data(view)))["verdicts"] == {"candidates": 3, "included": 2, "dropped": 1}


@pytest.mark.parametrize("state", EditionState)
def test_every_state_is_drawn(state: EditionState, made: Made, parsed: Parsed) -> None:
    view = made(state)
    assert headline(view) in text_of(parsed(report_page(view)))
    assert headline(view).split(".")[0] in " ".join(report_text(view).split())


def test_an_edition_of_which_nothing_is_known_is_drawn(
    made: Made, parsed: Parsed, edition: Callable[..., Edition]
) -> None:
    nothing = figures(stories=0, late=0, mails=0, readers=0, tally=None, sending_at=None)
    view = ReportView(
        edition=edition(built_at=None), newsletter_title="B", figures=nothing, made_at=SENT_AT, needs_approval=False
    )
    assert "No story was due here." in text_of(parsed(report_page(view)))
    assert "no approval is asked for" in report_text(view)


def test_the_page_needs_no_script_no_link_and_nobody_else(made: Made, parsed: Parsed) -> None:
    page = parsed(report_page(made()))
    policy = page.find(".//meta[@http-equiv='Content-Security-Policy']")
    assert policy is not None
    assert (policy.get("content") or "").startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not [one for one in page.iter() if one.tag in {"script", "iframe", "img", "form", "a"}]


def test_every_table_can_be_read_aloud(made: Made, parsed: Parsed) -> None:
    page = parsed(report_page(made()))
    assert [heading.tag for heading in page.iter() if heading.tag in {"h1", "h2", "h3"}][:2] == ["h1", "h2"]
    assert page.get("lang") == "en"
    for table in page.iter("table"):
        assert all(cell.get("scope") == "col" and text_of(cell) for cell in table.findall("thead/tr/th"))
        assert all(row.find("th") is not None for row in table.findall("tbody/tr"))
    labelled = {section.get("aria-labelledby") for section in page.iter("section")}
    assert labelled == {heading.get("id") for heading in page.iter("h2")}


def test_hostile_text_is_text_wherever_it_stands(made: Made, parsed: Parsed) -> None:
    view = made(
        newsletter_title=EVIL,
        stories=(story(EVIL, section=EVIL, note=EVIL), story("x", ruling=Ruling.DROPPED, reason=EVIL)),
        audiences=(ReportedAudience(title=EVIL, stories=1, late=0, readers=None),),
        mails=(ReportedMail(title=EVIL, language=EVIL, code="en", subject=EVIL, stories=1, readers=1),),
        alarms=(EVIL,),
        notes=(EVIL,),
        edition=replace(made().edition, approved_by=EVIL, because=EVIL),
    )
    page = parsed(report_page(view))
    assert not [one for one in page.iter() if one.tag in {"script", "img"}]
    assert text_of(page).count("onerror=y") >= 10


def test_text_keeps_within_eighty_columns(made: Made) -> None:
    long = "Neunhundertneunundneunzig Wörter " * 6
    view = made(
        stories=(story(long), story(long, ruling=Ruling.TOO_OLD, reason=long), story("漢字" * 60)),
        mails=(ReportedMail(title="x" * 300, language="English", code="en", subject="", stories=1, readers=10_000),),
        alarms=(long,),
    )
    widths = {len(line) + sum("\u2e80" < c < "\ua4cf" for c in line) for line in report_text(view).splitlines()}
    assert max(widths) <= 80


def test_long_lists_end_with_a_count(made: Made, parsed: Parsed) -> None:
    many = tuple(story(f"Story {n}", ruling=Ruling.NO_AUDIENCE) for n in range(100))
    mails = tuple(
        ReportedMail(title=f"Mail {n}", language="English", code="en", subject="", stories=1, readers=2)
        for n in range(50)
    )
    view = made(stories=many, mails=mails)
    assert "… and 85 more" in report_text(view)
    assert "… and 30 more for 60 readers" in report_text(view)
    page = text_of(parsed(report_page(view)))
    assert "… and 60 more stories" in page
    assert "… and 10 more mails for 20 readers" in page


def test_languages_are_the_sums_of_their_mails(made: Made) -> None:
    mail = made().mails[0]
    view = made(mails=(mail, replace(mail, stories=5), made().mails[1]))
    assert [(one.title, one.readers, one.stories) for one in view.languages] == [
        ("English", 400, 5),
        ("Spanish", 142, 1),
    ]
    assert view.languages[0].tally[DeliveryState.SENT] == 400


def test_regional_stands_before_the_countries(made: Made) -> None:
    view = made(stories=(story(section="Belize"), story(section="Regional", late=True), story(section="Belize")))
    assert list(view.sections.items()) == [("Regional", (1, 1)), ("Belize", (2, 0))]


@pytest.mark.parametrize(
    ("intents", "held", "under_way", "said"),
    [
        (0, 0, False, [("In doubt", "0", "")]),
        (3, 0, True, [("Leaving now", "3", ""), ("In doubt", "0", "")]),
        (3, 2, False, [("In doubt", "5", "the program stopped")]),
        (0, 2, False, [("In doubt", "2", "the mail server may have taken them")]),
    ],
)
def test_doubt_is_told_from_what_is_leaving(
    intents: int, held: int, under_way: bool, said: list[tuple[str, str, str]], made: Made
) -> None:
    tally = Tally({DeliveryState.SENT: 1, DeliveryState.INTENT: intents, DeliveryState.HELD: held})
    view = made(EditionState.SENDING, figures=figures(tally=tally), under_way=under_way)
    rows = [row for row in deliveries(view) if row.label in {"Leaving now", "In doubt"}]
    assert [(row.label, row.value) for row in rows] == [(label, value) for label, value, _ in said]
    assert all(row.note.startswith(note) for row, (_, _, note) in zip(rows, said, strict=True))


@pytest.mark.parametrize(
    ("began", "said"),
    [
        (timedelta(minutes=5), "as planned"),
        (timedelta(days=3), "3 days after"),
        (-timedelta(hours=5), "5 hours before"),
    ],
)
def test_a_sending_is_compared_with_its_plan(began: timedelta, said: str, made: Made) -> None:
    view = made(figures=figures(sending_at=SENT_AT + began))
    assert said in next(row.note for row in history(view) if row.label == "Sent")


def test_the_utc_date_is_said_where_it_is_another(made: Made) -> None:
    view = made(made_at=datetime(2018, 8, 6, 3, 0, tzinfo=UTC))
    assert "5 August 2018, 21:00 CST (6 August 2018, 03:00 UTC)" in " ".join(report_text(view).split())


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [(12, 10, "+2 (+20 %)"), (5, 10, "−5 (−50 %)"), (3, 0, "+3"), (7, 7, ""), (None, 7, ""), (7, None, "")],
)
def test_a_change_is_said_with_its_share(now: int | None, before: int | None, said: str) -> None:
    assert change(now, before) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_a_duration_is_said_in_the_unit_that_people_use(length: timedelta, said: str) -> None:
    assert duration(length) == said
