"""Signing up: one mail that asks, and nothing more until it is confirmed; the same answer to everybody."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from doses import dose
from site_office import ANA, BEN, ROOT, later
from starlette.testclient import TestClient

from digest.site.serving import site_of

pytestmark = pytest.mark.both_databases

NEW = "nora.nuevo@example.org"
FORM = {"address": NEW, "newsletter": "monthly", "audience": ["monthly:guatemala"], "language": "es"}


def asked(office, form=FORM, path="/es/subscribe/", **headers):
    with office.pages() as pages:
        return pages.post(path, data=form, headers=headers)


def confirm_path(office, number=-1):
    mail = office.notices()[number]
    return re.search(r"https://bulletin\.example\.org(/confirm/\S+)", mail.get_body(("plain",)).get_content())[1]


def test_a_new_address_gets_one_mail_and_nothing_else_until_it_is_confirmed(office):
    assert asked(office).status_code == 200
    (mail,) = office.notices()
    assert (mail["To"], mail["Content-Language"], mail["Auto-Submitted"]) == (NEW, "es", "auto-generated")
    assert office.gets(NEW) == {}
    with office.pages() as pages:
        assert pages.get(confirm_path(office)).status_code == 200
        assert office.gets(NEW) == {}  # a scanner looks at every link
        done = pages.post(confirm_path(office), data={"confirm": "yes"})
        assert "Ya está en la lista" in done.text
        assert office.gets(NEW) == {"monthly": ("guatemala", "es")}
        choices = re.search(r'href="\.\./(preferences/[^"]+)"', done.text)[1]
        assert 'value="guatemala" checked' in pages.get(f"/{choices}").text


def test_what_they_agreed_to_is_kept_word_for_word_with_when_and_how(office):
    asked(office)
    with office.pages() as pages:
        shown = pages.get("/es/subscribe/").text
        pages.post(confirm_path(office), data={"confirm": "yes"})
    (first, second) = office.rows("SELECT step, how, text, at FROM subscriber_events ORDER BY number")
    assert (first[0], second[0]) == ("asked", "confirmed")
    assert first[1] == "sign-up form"
    assert first[2]
    assert first[2] in shown


def test_a_confirmation_is_good_for_seven_days_and_once(office):
    asked(office)
    path = confirm_path(office)
    later(office, days=7, seconds=1)
    with office.pages() as pages:
        assert pages.get(path).status_code == 410
        assert pages.post(path, data={"confirm": "yes"}).status_code == 410
    assert office.gets(NEW) == {}
    asked(office)
    path = confirm_path(office)
    with office.pages() as pages:
        pages.post(path, data={"confirm": "yes"})
        pages.post(f"/leave/{office.token(NEW)}", data={"leave": "yes"})
        pages.post(path, data={"confirm": "yes"})
    assert office.gets(NEW) == {}


def test_the_answer_is_the_same_for_new_known_left_suppressed_and_asked_already(office):
    with office.pages() as pages:
        pages.post(f"/leave/{office.token(BEN)}", data={"leave": "yes"})
        tried = (NEW, NEW, ANA, BEN, "other@example.net")
        answers = [pages.post("/es/subscribe/", data={**FORM, "address": address}) for address in tried]
        trap = pages.post("/es/subscribe/", data={**FORM, "address": "bot@example.net", "website": "http://x"})
    assert len({(one.status_code, one.text) for one in [*answers, trap]}) == 1
    assert office.rows("SELECT * FROM subscribers WHERE folded = 'bot@example.net'") == []


def test_who_gets_it_already_is_sent_the_link_to_change_it_once_a_day(office):
    with office.pages() as pages:
        for _ in range(3):
            pages.post("/en/subscribe/", data={**FORM, "address": ANA})
    (mail,) = office.notices()
    assert "/preferences/" in mail.get_body(("plain",)).get_content()
    assert "/confirm/" not in mail.get_body(("plain",)).get_content()
    assert office.gets(ANA)["monthly"] == ("guatemala", "es")


def test_an_address_is_asked_once_a_day_and_three_times_in_all(office):
    for day in range(10):
        for _ in range(3):
            asked(office)
        assert len(office.rows("SELECT 1 FROM subscriber_events WHERE step = 'asked'")) == min(day + 1, 3)
        later(office, days=1, seconds=1)


def test_a_network_and_everybody_together_have_their_limits(office):
    """List bombing, in bursts of twenty from each network; those of the second half come an hour later."""
    networks = dose(4, 500)
    half, client, answers = networks * 10, {"host": ""}, Counter()

    def from_network(app):
        async def called(scope, receive, send):
            await app({**scope, "client": (client["host"], 1)} if scope["type"] == "http" else scope, receive, send)

        return called

    with TestClient(from_network(site_of(office.instance)), base_url=ROOT) as pages:
        for number in range(networks * 20):
            if number == half:
                later(office, hours=1)
            network, host = divmod(number, 20)
            client["host"] = f"10.{network // 250}.{network % 250}.{host}"
            form = {**FORM, "address": f"victim{number}@example.net"}
            answers[network, pages.post("/en/subscribe/", data=form).status_code] += 1
    taken = [count for (_, status), count in answers.items() if status == 200]
    assert sum(answers.values()) == networks * 20
    assert max(taken) == 10
    assert sum(taken) == min(networks * 10, 600)
    assert office.rows("SELECT count(*) FROM subscriber_events WHERE step = 'asked'") == [(sum(taken),)]
    assert {status for _, status in answers} == {200, 429}


def test_nothing_that_the_visitor_typed_stands_in_the_mail_but_the_address_it_goes_to(office):
    bait = "<a href=https://evil.example>win</a>"
    form = {**FORM, "name": bait, "comment": bait, "newsletter ": bait, "subject": bait}
    asked(office, form, **{"user-agent": bait, "accept-language": bait, "x-forwarded-for": bait})
    (mail,) = office.notices()
    whole = mail.as_string()
    assert "evil" not in whole
    assert "win" not in mail.get_body(("plain",)).get_content()
    assert office.rows("SELECT name FROM subscribers WHERE folded = ?", NEW) == [(None,)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "nobody"},
        {"address": ""},
        {"address": "a@b@c"},
        {"address": "x" * 300 + "@example.org"},
        {"address": "a@example.org\r\nBcc: b@example.org"},
        {"address": "=CMD()@"},
        {"address": "ñandú@example.org"},  # no notice could be written to it
        {"address": '"a b"@example.org'},
        {"audience": []},
        {"audience": ["monthly:everybody"]},
        {"newsletter": "quarterly"},
        {"newsletter": ""},
    ],
)
def test_what_cannot_be_is_refused_in_the_readers_language_and_keeps_nothing(office, wrong):
    before = office.dump()
    answer = asked(office, {**FORM, **wrong})
    assert (answer.status_code, 'lang="es"' in answer.text) == (400, True)
    assert 'role="alert"' in answer.text
    assert office.dump() == before
    assert not office.out("pages").exists()


def test_a_form_on_another_website_may_ask_and_need_not_know_the_names_of_fields_by_newsletter(office):
    """The snippet of the docs: no cookie and no token of a page, since asking alone puts nobody on the list."""
    form = {"address": NEW, "newsletter": "weekly", "language": "en"}
    assert asked(office, form, "/en/subscribe/", origin="https://www.example.com").status_code == 200
    (mail,) = office.notices()
    assert "The week" in mail["Subject"]


def test_a_domain_with_accents_is_written_to_as_servers_know_it(office):
    assert asked(office, {**FORM, "address": "ana@ñandú.org"}).status_code == 200
    (mail,) = office.notices()
    assert mail["To"] == "ana@xn--and-6ma2c.org"


def test_where_the_settings_say_so_nobody_can_sign_up(office):
    office.settings("serve: {sign_up: false}\n")
    with office.pages() as pages:
        assert pages.get("/en/subscribe/").status_code == 404
        assert pages.post("/en/subscribe/", data=FORM).status_code in (404, 405)
        assert "subscribe" not in pages.get("/en/").text


def test_a_copy_that_may_not_send_asks_nobody(office, tmp_path):
    office.settings(
        "delivery: {transport: maildir, path: Maildir}\n", without="delivery: {transport: files, path: out}\n"
    )
    copy = replace(office, folder=Path(copytree(office.folder, tmp_path / "copy")))  # with its send journal
    with copy.pages() as pages:
        assert pages.post("/en/subscribe/", data=FORM).status_code == 200
    assert not (copy.folder / "Maildir").exists()
    assert not (office.folder / "Maildir").exists()
