"""A reissue that was interrupted in mid-send: the calendar takes it up, and takes it for nothing else."""

from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes

import pytest

from digest.cli.invocation import FixedClock
from digest.delivery.sending import send
from digest.desk.status import status_of
from digest.editions.building import reissue
from digest.newsletters.edition import EditionState
from digest.runs.run import run
from digest.settings.instance import Instance

READERS = [f"r{number}@example.org" for number in range(8)]


@pytest.fixture
def office(tmp_path, monthly_office):
    """Whose July has gone out, and whose reissue of it was stopped when some had it."""
    monthly_office(
        "starts_on: 2018-07-01",
        "approval: none",
        readers=READERS,
        months=("July", "August"),
        transport="maildir, path: out, connections: 1",
    )

    def at(day, hour=15):
        return Instance(tmp_path, FixedClock(datetime(2018, *day, hour, tzinfo=UTC)))

    run(at((8, 5)))
    instance = at((8, 7))
    (monthly,) = instance.settings.newsletters
    july = next(one for one in instance.editions.editions("monthly") if one.key == "2018-07")
    again = reissue(instance.bench, monthly, july, "a wrong number").edition
    sent = send(instance.place, instance.bench, monthly, again, stop=lambda: len(got(tmp_path, "2018-07.2")) > 2)
    assert sent.edition.state is EditionState.SENDING
    return at


def got(folder, key):
    """How many mails of an edition each reader has."""
    mails = (message_from_bytes(file.read_bytes()) for file in (folder / "out/new").iterdir())
    return Counter(mail["To"] for mail in mails if mail["Feedback-ID"].startswith(f"{key}:"))


@pytest.mark.parametrize("day", [(8, 20), (9, 5)])
def test_a_later_run_sends_the_rest_and_what_is_due_besides(office, tmp_path, day):
    some = got(tmp_path, "2018-07.2")
    assert 2 < len(some) < len(READERS)
    looking = office((8, 20), 14)
    status = status_of(looking, looking.settings.newsletters[0])
    assert (status.next.period.key, status.next.edition.key) == ("2018-08", "2018-08")
    assert [one.edition.key for one in status.late if one.edition] == ["2018-07.2"]
    run(office(day, 16))
    run(office(day, 17))
    everybody = Counter(READERS)
    assert [got(tmp_path, key) for key in ("2018-07", "2018-07.2")] == [everybody, everybody]
    assert got(tmp_path, "2018-08") == (everybody if day == (9, 5) else Counter())
    assert {one.key: one.state.value for one in office(day, 18).editions.editions("monthly")}["2018-07.2"] == "finished"
