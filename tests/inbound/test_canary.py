"""The canary: an edition's whole way is proven by a mail of it that arrives where the program can see it."""

from datetime import timedelta

import pytest
from office import ANA, BEN, Office

from digest.inbound.inbound import InboundOutcome
from digest.runs.run import run
from digest.settings.instance import Instance

CANARY = "mailbox: {maildir: Maildir, canary: ben@example.org}\n"


class LaterClock:
    def __init__(self, instance: Instance, hours: float) -> None:
        self._at = instance.clock.now() + timedelta(hours=hours)

    def now(self):
        return self._at


@pytest.fixture
def watched(office: Office) -> Office:
    office.settings(CANARY)
    return office


def arrives(office: Office, address: str = BEN, change=lambda raw: raw) -> None:
    """What left to them lies in the mailbox, as a server puts it there."""
    (sent,) = (office.folder / "out" / "monthly" / "2018-07").glob(f"{address.partition('@')[0]}*.eml")
    trace = b"Delivered-To: " + address.encode() + b"\r\nReceived: from mail by mx.example.org\r\n"
    (office.folder / "Maildir" / "new" / f"arrived-{address}").write_bytes(trace + change(sent.read_bytes()))


def told(office: Office, hours: float) -> list[str]:
    instance = Instance(office.folder, LaterClock(Instance(office.folder), hours))
    return [one.said for one in run(instance).trouble if "canary" in one.said]


def test_an_edition_that_arrived_is_told_by_the_report_and_nobody_is_called(watched):
    arrives(watched)
    read = watched.read()
    assert (read.outcomes[InboundOutcome.ARRIVED], read.waiting) == (1, 0)
    assert told(watched, hours=5) == []
    said = " ".join(watched.run("report", "monthly/2018-07").split())
    assert "Its mail to the canary left on" in said
    assert "was in the mailbox by" in said


def test_one_that_does_not_arrive_is_told_by_every_run_of_a_week_once_it_had_its_time(watched):
    assert told(watched, hours=1) == []
    (said,) = told(watched, hours=3)
    assert "has not arrived: others may be missing too" in said
    assert told(watched, hours=24 * 8) == []


def test_a_mail_that_only_looks_like_it_proves_nothing_nor_does_that_of_another_reader(watched):
    arrives(watched, change=lambda raw: raw.replace(b"Message-ID: <", b"Message-ID: <0"))
    arrives(watched, ANA)
    assert watched.read().outcomes[InboundOutcome.ARRIVED] == 0
    assert len(told(watched, hours=3)) == 1


def test_without_one_in_the_settings_nothing_is_looked_for(office):
    arrives(office)
    assert office.read().outcomes[InboundOutcome.ARRIVED] == 0
    assert told(office, hours=3) == []


def test_the_doctor_says_of_which_newsletters_it_proves_nothing(watched):
    said = " ".join(watched.run("doctor", "--offline").split())
    assert "it gets no mail of weekly" in said
    assert "waited for" in said
