"""A mail that is too long for Gmail leaves its last stories to the archive, if there is one that answers."""

import re

import pytest
from site_office import BEN, GROWN, Office, later

from digest.delivery.sending import send
from digest.editions.approving import approve_whole
from digest.editions.checking import check
from digest.foundation.database import stored

STORIES = 60
LONG = "It is said at length, and nobody put it anywhere else to be read. " * 40


@pytest.fixture
def long_office(office: Office) -> Office:
    listing = "".join(
        f"\n{1 + n % 30} August, 2018\n\nNews number {n} of Guatemala\n\n{LONG}\n" for n in range(STORIES)
    )
    (office.folder / "bulletins" / "august.en.txt").write_text(listing)
    later(office, days=31)
    return office


def pages_answered(office: Office, trouble: str | None = None) -> None:
    with office.instance.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO pages_asked VALUES ('https://bulletin.example.org', ?, ?, ?)",
            (stored(office.clock.at), trouble, stored(office.clock.at)),
        )


def built(office: Office):
    edition = office.draft("2018-08")
    return edition, {one.name: one for one in office.instance.editions.variants(edition)}


def findings(office: Office, edition) -> list[str]:
    newsletter = office.instance.settings.newsletters[0]
    return [one.code for one in check(office.instance.bench, newsletter, edition)]


def test_the_last_stories_are_in_the_archive_and_the_mail_says_how_many_and_where(long_office):
    pages_answered(long_office)
    edition, variants = built(long_office)
    mail = variants["regional.en"].rendered
    assert len(mail.html.encode()) <= 90_000
    shown = set(re.findall(r"News number (\d+) of Guatemala", mail.html))
    more = STORIES - len(shown)
    assert 5 < more < STORIES
    assert re.search(rf'href="(\S+/en/monthly/2018-08/)"[^>]*>\+{more} more in the archive<', mail.html)
    assert f"+{more} more in the archive\nhttps://bulletin.example.org/en/monthly/2018-08/" in mail.text
    instance = long_office.instance
    code, newsletter = instance.editions.code(edition), instance.settings.newsletters[0]
    approve_whole(instance.bench, newsletter, edition, "Marta", code=code, early=True, accepted=GROWN)
    send(instance.place, instance.bench, newsletter, instance.editions.of("monthly", edition.period))
    assert BEN in long_office.sent("monthly/2018-08")
    with long_office.pages() as pages:
        page = pages.get("/en/monthly/2018-08/").text
    assert all(f"News number {n} of Guatemala" in page for n in range(STORIES))


@pytest.mark.parametrize("why", ["nobody asked", "nothing answers", "no archive"])
def test_without_an_archive_that_answers_the_whole_mail_stays(long_office, why):
    if why != "nobody asked":
        pages_answered(long_office, "503" if why == "nothing answers" else None)
    if why == "no archive":
        long_office.settings("serve: {archive: false}\n")
    edition, variants = built(long_office)
    assert len(set(re.findall(r"News number (\d+) of Guatemala", variants["regional.en"].rendered.html))) == STORIES
    assert "SIZE-001" in findings(long_office, edition)
