"""The mails that pages give rise to outlive the program: none is lost, none leaves twice, and limits hold."""

import dkim
import pytest
from site_office import ANA, BEN, DELIVERY, ROOT, later
from starlette.testclient import TestClient

from digest.delivery.dkim.keys import KEYS, make_key, record_of
from digest.people.erasure import forget_people
from digest.people.reader_requests import Request, leave
from digest.people.retention import retain
from digest.site.limits import Allowance
from digest.site.notice_store import take
from digest.site.serving import site_of

NEW = "nora.nuevo@example.org"
FORM = {"address": NEW, "newsletter": "monthly", "audience": ["monthly:guatemala"], "language": "es"}
TAKES_NOTHING = "delivery: {transport: files, path: taken}\n"

pytestmark = pytest.mark.both_databases


def take_nothing(office):
    (office.folder / "taken").write_text("a file, where mails are to be written into a folder")
    office.settings(more=TAKES_NOTHING, without=DELIVERY)


def asked(office, form=FORM):
    with office.pages() as pages:
        assert pages.post("/es/subscribe/", data=form).status_code == 200


def states(office):
    return [state for (state,) in office.rows("SELECT state FROM notices ORDER BY number")]


def test_a_notice_that_did_not_leave_leaves_with_the_next_program_and_then_no_more(office, capsys):
    take_nothing(office)
    asked(office)
    assert states(office) == ["due"]
    assert "a notice waits" in capsys.readouterr().err
    office.settings()
    for _ in range(2):
        with office.pages():
            pass
    assert [mail["To"] for mail in office.notices()] == [NEW]
    assert states(office) == ["sent"]


def test_one_of_a_program_that_died_while_it_left_is_named_and_not_sent_twice(office, capsys):
    asked(office)
    office.rows("UPDATE notices SET state = 'begun'")
    (written,) = office.out("pages/notices").glob("*.eml")
    written.unlink()
    with office.pages():
        pass
    assert office.notices() == []
    assert "a notice was not sent: the program ended while it left; it may have" in capsys.readouterr().err
    assert states(office) == ["failed"]


@pytest.mark.parametrize("why", ["they left", "it is late"])
def test_nobody_gets_a_notice_that_does_not_hold_any_more(office, why):
    take_nothing(office)
    asked(office, {**FORM, "address": ANA})
    office.settings()
    if why == "they left":
        with office.instance.database.write() as connection:
            leave(connection, Request(at=office.clock.at, how="page"), office.public_id(ANA), None)
    else:
        later(office, days=1, seconds=1)
    with office.pages():
        pass
    assert office.notices() == []


def test_once_a_day_holds_whenever_the_program_starts_anew(office):
    for _ in range(3):
        asked(office, {**FORM, "address": ANA})
    assert states(office) == ["sent"]
    later(office, days=1, seconds=1)
    asked(office, {**FORM, "address": ANA})
    assert states(office) == ["sent", "sent"]


def test_the_limit_of_a_network_holds_whenever_the_program_starts_anew_and_no_network_is_stored(office):
    def from_home(app):
        async def called(scope, receive, send):
            await app({**scope, "client": ("198.51.100.77", 1)}, receive, send)

        return called

    answers = []
    for number in range(12):
        with TestClient(from_home(site_of(office.instance)), base_url=ROOT) as home:
            form = {**FORM, "address": f"victim{number}@example.net"}
            answers.append(home.post("/en/subscribe/", data=form).status_code)
    assert answers == [200] * 10 + [429] * 2
    assert "198.51.100" not in office.dump()


def test_an_allowance_fills_up_again_and_is_forgotten_when_it_has_been_full_for_a_day(office):
    two, database = Allowance(most=2, every=10), office.instance.database
    granted = []
    start = office.clock.at
    for seconds in (0, 0, 0, 9, 10, 10, 1000, 1000, 1000):
        office.clock.at = start
        later(office, seconds=seconds)
        with database.write() as connection:
            granted.append(take(connection, [("a", two), ("everybody", Allowance(most=9, every=1))], office.clock.at))
    assert granted == [True, True, False, False, True, False, True, True, False]
    retain(database, office.clock.at, None)
    assert len(office.rows("SELECT * FROM allowances")) == 2
    later(office, days=2)
    retain(database, office.clock.at, None)
    assert office.rows("SELECT * FROM allowances") == []


def test_notices_are_signed_as_the_mails_of_editions_are(office):
    key = make_key(office.folder / KEYS, "s2018", None)
    asked(office)
    (written,) = office.out("pages/notices").glob("*.eml")
    record = record_of(key, "news.example.org")
    known = {f"{record.name}.".encode(): record.value.encode()}
    assert dkim.verify(written.read_bytes(), dnsfunc=lambda name, timeout=5: known[name])


def test_what_is_owed_to_somebody_goes_with_them(office):
    take_nothing(office)
    asked(office, {**FORM, "address": BEN})
    with office.instance.database.write() as connection:
        number = connection.exec_driver_sql("SELECT subscriber FROM notices").scalar()
        forget_people(connection, [number], office.clock.at)
    assert states(office) == []
