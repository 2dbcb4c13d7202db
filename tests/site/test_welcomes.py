"""`welcome: latest`: somebody new is sent the edition that went out last, once, and the ledger says so."""

import signal
from dataclasses import dataclass
from datetime import timedelta

import pytest
import warm_program
from site_office import ANA, BEN, ENGLISH, EVA, MAX, Office

from digest.delivery.adoption import adopt
from digest.delivery.lookup import received
from digest.delivery.welcomes import welcome
from digest.foundation.addresses import address
from digest.newsletters.edition import Choice
from digest.people.reader_requests import Request, confirm, leave, pause, sign_up
from digest.people.store import Subscribers
from digest.people.subscriber import Consent, Subscription
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.runs.run import Ran, run

NEW = "rosa@example.org"
WELCOMING = "    welcome: latest\n    approval: none\n  weekly:\n"
SILENT = "    approval: none\n  weekly:\n"


@dataclass
class Door:
    """How somebody becomes new, and what they chose."""

    office: Office
    language: str = "es"
    audiences: tuple[str, ...] = ("guatemala",)

    @property
    def choice(self) -> Choice:
        return Choice(newsletter="monthly", audiences=frozenset(self.audiences), language=self.language)

    def sign_up(self) -> None:
        now = self.office.clock.at
        with self.office.instance.database.write() as connection:
            begun = sign_up(connection, Request(at=now, how="form"), address(NEW), self.choice)
            confirm(connection, Request(at=now, how="form"), begun.public_id, "monthly", now)

    def add(self) -> None:
        subscription = Subscription(
            address=NEW, folded=NEW, name=None, choice=self.choice, consent=Consent(on=None, how="asked at the fair")
        )
        SubscriberChanges(self.office.instance.database, Deed(by="Marta", at=self.office.clock.at)).add(subscription)

    def bring_a_list(self) -> None:
        wanted = Subscription(address=NEW, folded=NEW, name=None, choice=self.choice)
        Subscribers(self.office.instance.database).save_subscriptions([wanted])


@pytest.fixture
def welcoming(office: Office) -> Office:
    settings = office.folder / "digest.yaml"
    settings.write_text(settings.read_text().replace(SILENT, WELCOMING))
    return office


def ran(office: Office) -> Ran:
    return run(office.instance, rehearsed=True)


def mails(office: Office) -> dict:
    return office.sent("monthly/2018-07")


@pytest.mark.parametrize("door", [Door.sign_up, Door.add])
def test_who_comes_one_by_one_is_sent_the_latest_edition_in_their_language_for_their_audiences_once(welcoming, door):
    door(Door(welcoming))
    done = ran(welcoming).done
    assert any("July 2018" in said and "1 new subscriber" in said for said in done)
    mail = mails(welcoming)[NEW]
    assert mail["Subject"] == mails(welcoming)[ANA]["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert "papeles falsos" in text
    assert "Tegucigalpa" not in text
    (got,) = received(welcoming.instance.database, NEW)
    assert (got.edition, got.state, got.welcomed_at) == ("monthly/2018-07", "sent", welcoming.clock.at)
    assert not any(one.welcomed_at for one in received(welcoming.instance.database, ANA))
    welcoming.clock.at += timedelta(hours=1)
    assert ran(welcoming).done == ()
    assert welcoming.rows("SELECT count(*) FROM deliveries WHERE welcomed_at IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("point", ["welcome.taken-in", "run.welcomed"])
def test_a_run_that_is_killed_before_or_after_a_welcome_left_is_made_good_by_the_next(welcoming, point):
    Door(welcoming).add()
    order = ["-C", welcoming.folder, "run", "--now", f"{welcoming.clock.at:%Y-%m-%dT%H:%M+00:00}"]
    ended = warm_program.run(order, environment={"DIGEST_FAIL": f"{point}:kill"})
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    has_left = point == "run.welcomed"
    assert (NEW in mails(welcoming)) == has_left
    done = ran(welcoming).done
    assert any("1 new subscriber" in said for said in done) != has_left
    assert NEW in mails(welcoming)
    assert welcoming.rows("SELECT count(*) FROM deliveries WHERE welcomed_at IS NOT NULL") == [(1,)]


def test_nobody_of_a_list_is_welcomed_nor_who_has_not_confirmed_nor_anybody_without_the_setting(welcoming):
    office, now = welcoming, welcoming.clock.at
    Door(office).bring_a_list()
    with office.instance.database.write() as connection:
        sign_up(connection, Request(at=now, how="form"), address("late@example.org"), Door(office).choice)
    settings = office.folder / "digest.yaml"
    ran(office)
    settings.write_text(settings.read_text().replace(WELCOMING, SILENT))
    with office.instance.database.write() as connection:
        confirm(connection, Request(at=now, how="form"), office.public_id("late@example.org"), "monthly", now)
    ran(office)
    assert mails(office).keys() == {ANA, BEN, EVA, MAX}


def test_who_got_it_already_left_and_came_back_gets_no_second_copy(welcoming):
    office, now = welcoming, welcoming.clock.at
    ana = office.public_id(ANA)
    with office.instance.database.write() as connection:
        leave(connection, Request(at=now, how="form"), ana, "monthly")
    (office.out("monthly/2018-07")).rename(office.folder / "kept")
    later = now + timedelta(minutes=5)
    with office.instance.database.write() as connection:
        sign_up(connection, Request(at=later, how="form"), address(ANA), Door(office).choice)
        confirm(connection, Request(at=later, how="form"), ana, "monthly", later)
    office.clock.at = later
    ran(office)
    assert not office.out("monthly/2018-07").exists()


def test_who_leaves_before_the_welcome_leaves_gets_none_and_who_paused_waits_for_a_week_at_most(welcoming):
    office, now = welcoming, welcoming.clock.at
    Door(office).add()
    with office.instance.database.write() as connection:
        pause(connection, Request(at=now, how="page"), office.public_id(NEW), "monthly", now + timedelta(days=2))
    ran(office)
    assert NEW not in mails(office)
    office.clock.at += timedelta(days=3)
    ran(office)
    assert NEW in mails(office)
    other = Door(office, language="en")
    with office.instance.database.write() as connection:
        sign_up(connection, Request(at=office.clock.at, how="form"), address("luis@example.org"), other.choice)
        luis = connection.exec_driver_sql("SELECT public_id FROM subscribers WHERE folded LIKE 'luis%'").scalar()
        confirm(connection, Request(at=office.clock.at, how="form"), luis, "monthly", office.clock.at)
        leave(connection, Request(at=office.clock.at, how="form"), luis, "monthly")
    ran(office)
    assert "luis@example.org" not in mails(office)


def test_what_was_begun_goes_on_whatever_the_settings_say_since(welcoming):
    office = welcoming
    Door(office).add()
    instance = office.instance
    newsletter, july = instance.settings.newsletters[0], instance.editions.editions("monthly")[0]
    welcome(instance.place, instance.bench, newsletter, july, stop=lambda: True)
    assert NEW not in mails(office)
    settings = office.folder / "digest.yaml"
    settings.write_text(settings.read_text().replace(WELCOMING, SILENT))
    ran(office)
    assert NEW in mails(office)


def test_a_restored_copy_welcomes_nobody_whom_it_may_have_welcomed_before(welcoming):
    office = welcoming
    kept = (office.folder / "digest.db").read_bytes()
    Door(office).add()
    ran(office)
    for path in office.folder.glob("digest.db*"):
        path.unlink()
    (office.folder / "digest.db").write_bytes(kept)
    adopt(office.instance.place, "Marta", None, moved=False, without_journal=False)
    Door(office).add()
    assert any("a person decides" in one.said for one in ran(office).trouble)
    assert [one.state for one in received(office.instance.database, NEW)] == ["held"]


def test_an_edition_that_is_said_otherwise_now_goes_to_nobody_new(welcoming):
    office = welcoming
    Door(office, language="en").add()
    listing = office.folder / "bulletins" / "july.en.txt"
    listing.write_text(ENGLISH.replace("It took three days.", "It took four days."))
    told = ran(office).trouble
    assert any("new subscribers are not sent it" in one.said for one in told)
    assert NEW not in mails(office)
    listing.write_text(ENGLISH)
    ran(office)
    assert NEW in mails(office)


def test_one_whose_correction_went_out_is_no_welcome(welcoming):
    office = welcoming
    office.correct("forged papers", "It took four days.")
    Door(office, language="en").add()
    ran(office)
    assert NEW not in mails(office)


def test_after_the_next_edition_that_one_is_the_latest_and_who_is_in_it_is_not_welcomed(welcoming):
    office = welcoming
    Door(office).add()
    key, _ = office.next_edition()
    office.clock.at += timedelta(hours=1)
    ran(office)
    assert NEW in office.sent(f"monthly/{key}")
    assert NEW not in mails(office)
    assert office.rows("SELECT count(*) FROM deliveries WHERE welcomed_at IS NOT NULL") == [(0,)]
