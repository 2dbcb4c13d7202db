"""Leaving on the web: one click of a mail program, or the page; a look changes nothing."""

import pytest
from site_office import ANA, BEN, MAX, later, links_in

from digest.mail.tokens import Purpose

ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = (
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)
URLENCODED = (ONE_CLICK, "application/x-www-form-urlencoded")


def click(pages, token, body=URLENCODED):
    return pages.post(f"/leave/{token}", content=body[0], headers={"content-type": body[1]})


@pytest.mark.parametrize("body", [URLENCODED, MULTIPART])
def test_one_click_of_a_mail_program_leaves_at_once(office, pages, body):
    answer = click(pages, office.token(BEN), body)
    assert (answer.status_code, answer.headers.get("location"), answer.headers.get("set-cookie")) == (200, None, None)
    assert office.gets(BEN) == {}


def test_one_click_leaves_one_newsletter_and_no_other(office, pages):
    click(pages, office.token(ANA))
    assert office.gets(ANA) == {"weekly": ("regional", "es")}


def test_the_link_in_the_mail_that_was_sent_works_and_so_does_the_one_in_its_header(office, pages):
    mail = office.sent()[BEN]
    path = links_in(mail)["leave"]
    assert f"<https://bulletin.example.org{path}>" in mail["List-Unsubscribe"]
    assert pages.post(path, content=ONE_CLICK).status_code == 200
    assert office.gets(BEN) == {}


def test_a_link_of_old_leaves_for_ever(office, pages):
    later(office, days=4000)
    click(pages, office.former_token(BEN))
    assert office.gets(BEN) == {}


def test_the_links_of_a_newsletter_that_the_settings_have_no_more_leave_show_and_say_so(office):
    token, links = office.token(BEN), links_in(office.sent()[BEN])
    asked = office.secret.confirmation("monthly", office.public_id(ANA), office.clock.now())
    choices = [f"/preferences/{office.token(ANA, Purpose.CHOOSE)}", f"/preferences/{office.former_token(ANA)}"]
    settings = office.folder / "digest.yaml"
    begin, rest = settings.read_text().split("  monthly:\n")
    settings.write_text(begin + "  weekly:\n" + rest.split("  weekly:\n")[1])
    with office.pages() as pages:
        assert "Police in Guatemala" in pages.get(links["view"]).text
        assert "monthly" in pages.get(f"/leave/{token}").text
        click(pages, token)
        before = office.dump()
        for path, said in [(path, "choose link") for path in choices] + [(f"/confirm/{asked}", "yes")]:
            fields = {"do": said.split()[0], "confirm": said, "audience": "regional", "until": "2018-10-01"}
            for page in (pages.get(path), pages.post(path, data=fields | {"do": said.split()[-1]})):
                assert (page.status_code, "de “monthly” no le llega nada" in page.text.lower()) == (410, True)
            assert "La semana" not in page.text.partition("<main")[2]
        assert office.dump() == before
        pages.post(choices[0], data={"do": "leave", "from": "this"})
    assert office.gets(BEN) == {}
    assert office.gets(ANA) == {"weekly": ("regional", "es")}


def test_one_click_says_the_same_whoever_it_is_about(office, pages):
    """Known, left already, unknown, made up, and a token that is good for something else."""
    tokens = [
        office.token(BEN),
        office.token(BEN),
        office.secret.token(Purpose.LEAVE, "monthly", "0123456789abcdef"),
        "0123456789abcdef-" + "0" * 32,
        "x",
        office.token(ANA, Purpose.CHOOSE),
        office.token(ANA, newsletter="quarterly"),
    ]
    answers = [click(pages, token) for token in tokens]
    same = {(one.status_code, one.text, tuple(sorted(one.headers))) for one in answers}
    assert len(same) == 1
    assert office.gets(ANA) == {"monthly": ("guatemala", "es"), "weekly": ("regional", "es")}


def test_who_left_is_noted_beside_the_send_journal_where_a_restored_backup_learns_it(office):
    with office.pages() as pages:
        click(pages, office.token(BEN))
    assert office.public_id(BEN) in (office.folder / "sending" / "leavings").read_text()


def test_the_event_says_through_which_door_and_the_reason_that_was_given(office, pages):
    page = pages.get(f"/leave/{office.token(ANA)}")
    assert 'name="reason"' in page.text
    pages.post(f"/leave/{office.token(ANA)}", data={"leave": "yes", "reason": "too-often"})
    pages.post(f"/leave/{office.token(BEN)}", data={"leave": "yes", "reason": "<b>made up</b>"})
    assert office.rows("SELECT step, how, because FROM subscriber_events ORDER BY number") == [
        ("left", "leave page", "too-often"),
        ("left", "leave page", None),
    ]


def test_the_page_asks_in_the_readers_language_and_masks_the_address(office, pages):
    page = pages.get(f"/leave/{office.token(ANA)}").text
    assert '<html lang="es"' in page
    assert "a…@example.org" in page
    assert ANA not in page
    assert "Boletín de migración" in page


def test_after_leaving_by_the_page_it_says_so_and_again_the_second_time(office, pages):
    for _ in range(2):
        done = pages.post(f"/leave/{office.token(BEN)}", data={"leave": "yes"})
        assert (done.status_code, "Migration bulletin" in done.text) == (200, True)


def test_a_post_that_does_not_say_that_they_leave_changes_nothing(office, pages):
    before = office.dump()
    for body in ("", "leave=no", "List-Unsubscribe=Two-Clicks", "x=1"):
        assert pages.post(f"/leave/{office.token(BEN)}", content=body).status_code == 200
    assert office.dump() == before


def test_leaving_while_an_edition_is_being_sent_wins_over_what_is_not_on_its_way(office, pages):
    """Their answer came before their intent: nothing is sent to them any more, and the others get theirs."""
    august = "3 August, 2018\n\nA clinic opens in Guatemala\n\nIt is open.\n"
    (office.folder / "bulletins" / "august.en.txt").write_text(august)
    later(office, days=31)
    office.send_next("2018-08", limit=1)
    before = office.sent("monthly/2018-08").keys()
    leaving = sorted({BEN, MAX} - before)
    for address in leaving:
        assert click(pages, office.token(address)).status_code == 200
    office.send_next("2018-08")
    assert leaving
    assert len(before) == 1
    assert office.sent("monthly/2018-08").keys() == {ANA, BEN, MAX} - set(leaving)
