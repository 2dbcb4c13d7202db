"""What a reader changes on the preference page, and who may."""

import pytest
from site_office import ANA, BEN, later, links_in

from digest.mail.tokens import Purpose

pytestmark = pytest.mark.both_databases


@pytest.fixture
def choices(office):
    return f"/preferences/{office.token(ANA, Purpose.CHOOSE)}"


def test_the_link_in_the_mail_opens_what_its_reader_gets(office, pages):
    page = pages.get(links_in(office.sent()[ANA])["preferences"]).text
    assert '<html lang="es"' in page
    assert 'value="guatemala" checked' in page
    assert ANA not in page


def test_audiences_and_language_are_changed_for_this_newsletter_alone(office, pages, choices):
    done = pages.post(choices, data={"do": "choose", "audience": ["regional", "honduras"], "language": "en"})
    assert (done.status_code, "Saved" in done.text) == (200, True)
    assert office.gets(ANA) == {"monthly": ("honduras regional", "en"), "weekly": ("regional", "es")}


def test_a_choice_of_nothing_or_of_what_there_is_not_is_refused_in_the_readers_language(office, pages, choices):
    before = office.dump()
    for audiences in ([], ["everybody"], ["<script>"]):
        answer = pages.post(choices, data={"do": "choose", "audience": audiences, "language": "es"})
        assert (answer.status_code, "Elija al menos" in answer.text) == (400, True)
    assert office.dump() == before


def test_a_pause_ends_by_itself_or_when_its_reader_says_so(office, pages, choices):
    assert pages.post(choices, data={"do": "pause", "until": "2018-10-01"}).status_code == 200
    assert "monthly" not in office.gets(ANA)
    assert "1 de octubre de 2018" in pages.get(choices).text
    pages.post(choices, data={"do": "resume"})
    assert "monthly" in office.gets(ANA)
    pages.post(choices, data={"do": "pause", "until": "2018-10-01"})
    later(office, days=57)
    office.instance.import_subscribers()
    assert "monthly" in office.gets(ANA)


@pytest.mark.parametrize("day", ["", "2018-08-06", "2017-01-01", "2030-01-01", "soon", "2018-02-30", "9" * 50])
def test_a_pause_until_no_day_that_can_be_is_refused(office, pages, choices, day):
    before = office.dump()
    assert pages.post(choices, data={"do": "pause", "until": day}).status_code == 400
    assert office.dump() == before


@pytest.mark.parametrize(("which", "left"), [("this", {"weekly": ("regional", "es")}), ("all", {})])
def test_leaving_is_offered_there_too_from_one_or_from_all(office, pages, choices, which, left):
    assert pages.post(choices, data={"do": "leave", "from": which}).status_code == 200
    assert office.gets(ANA) == left
    assert pages.get(choices).status_code == 200


def test_a_token_for_something_else_or_of_somebody_else_changes_nothing(office, pages):
    """A link for leaving, of another newsletter, for reading, made up: none of them opens what a reader gets."""
    before = office.dump()
    edition = next(one for one in office.instance.editions.editions("monthly") if one.sending_at)
    tokens = [
        office.token(ANA),
        office.former_token(ANA),
        office.token(ANA, Purpose.CHOOSE, "quarterly"),
        office.secret.view(edition, "guatemala.es"),
        office.public_id(ANA) + "-" + office.token(BEN, Purpose.CHOOSE)[-32:],
        "x",
    ]
    for token in tokens:
        page = pages.get(f"/preferences/{token}")
        assert 'name="audience"' not in page.text
        pages.post(f"/preferences/{token}", data={"do": "choose", "audience": "honduras", "language": "en"})
        pages.post(f"/preferences/{token}", data={"do": "leave", "from": "all"})
    assert office.dump() == before


def test_a_link_of_a_mail_that_had_one_token_for_all_sends_a_fresh_link_once_a_day_to_its_owner(office):
    with office.pages() as pages:
        old = f"/preferences/{office.former_token(ANA)}"
        assert pages.get(old).status_code == 200
        for _ in range(3):
            assert pages.post(old, data={"do": "link"}).status_code == 200
    (mail,) = office.notices()
    assert mail["To"] == ANA
    assert mail["Auto-Submitted"] == "auto-generated"
    path = links_in_notice(mail)
    with office.pages() as pages:
        assert 'name="audience"' in pages.get(path).text


def links_in_notice(mail):
    return mail.get_body(("plain",)).get_content().split("https://bulletin.example.org")[1].split()[0]
