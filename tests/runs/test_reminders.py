"""Reminders: staff are told what waits for them, once for each time that they chose, and nobody else is."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from digest.cli.invocation import FixedClock
from digest.desk.status import status_of
from digest.editions.approving import approve_whole
from digest.foundation.languages import speak
from digest.runs.due import next_instant
from digest.runs.run import run
from digest.settings.instance import Instance


@pytest.fixture
def office(monthly_office):
    to = "[Marta Díaz <marta@example.org>, luis@example.org]"
    return monthly_office("starts_on: 2018-07-01", f"remind: {{to: {to}, at: [day 2 at 09:00, day 4 at 16:00]}}")


def at(office, day, hour):
    """In UTC: six hours ahead of the office."""
    return Instance(office, FixedClock(datetime(2018, 8, day, hour, tzinfo=UTC)))


def reminders(office):
    found = (office / "out").rglob("reminder/*.eml")
    return [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(found)]


def test_each_is_reminded_once_for_each_time_and_never_of_what_is_approved(office):
    run(at(office, 2, 14))
    assert reminders(office) == []
    assert "Marta Díaz" in str(run(at(office, 2, 15)).done)
    first = reminders(office)
    assert {one["To"].addresses[0].addr_spec for one in first} == {"marta@example.org", "luis@example.org"}
    assert first[0]["Subject"] == "July 2018 waits for you, goes out Sunday 09:00"
    said = first[0].get_body(("plain",)).get_content()
    assert "1 story" in said
    assert "digest approve monthly/2018-07 --by" in said
    for day, hour in ((2, 16), (4, 21)):
        run(at(office, day, hour))
        assert len(reminders(office)) == 2
    run(at(office, 4, 22))
    assert len(reminders(office)) == 4
    assert len({one["Message-ID"] for one in reminders(office)}) == 4
    run(at(office, 4, 23))
    run(at(office, 5, 16))  # its time has passed: the run itself says so
    assert len(reminders(office)) == 4


def test_of_several_times_that_passed_unseen_one_is_told_and_of_an_approved_edition_none(office):
    instance = at(office, 4, 23)
    run(instance)
    assert len(reminders(office)) == 2
    (monthly,), (july,) = instance.settings.newsletters, instance.editions.editions("monthly")
    approve_whole(instance.bench, monthly, july, "Marta", code=instance.editions.code(july), early=False)
    run(at(office, 5, 14))
    assert len(reminders(office)) == 2


def test_status_and_daemon_know_when_the_next_one_goes(office):
    run(at(office, 2, 15))
    instance = at(office, 2, 16)
    (monthly,) = instance.settings.newsletters
    next_one = datetime(2018, 8, 4, 22, tzinfo=UTC)
    assert status_of(instance, monthly).reminds_at == next_one == next_instant([monthly], instance.clock.now())


def test_it_speaks_the_language_of_staff(office):
    speak("es")
    try:
        run(at(office, 2, 15))
    finally:
        speak("en")
    assert reminders(office)[0]["Subject"] == "Julio de 2018 le espera, sale el domingo a las 09:00"
    assert reminders(office)[0]["Content-Language"] == "es"
