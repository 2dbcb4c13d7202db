"""Who is let to the desk, and which requests are clicks of ours."""

import pytest
from desk_office import HERE, JULY, Desk, desk_in

from digest.desk.clicks import CLICKS


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One for all: nothing here changes anything."""
    return desk_in(tmp_path_factory.mktemp("desk") / "office")


def test_the_link_opens_the_door_once_and_for_one_browser(desk: Desk) -> None:
    assert desk.get().status_code == 200
    assert desk.stranger().get(desk.door.link).status_code == 403
    assert desk.browser.get(desk.door.link).status_code == 200, "a person who goes back is led on"


@pytest.mark.parametrize("path", ["", JULY, f"{JULY}variant/0.html", f"{JULY}changes", "files/style.css", "nothing"])
def test_whoever_has_no_cookie_learns_nothing(desk: Desk, path: str) -> None:
    answer = desk.stranger().get(desk.door.root + path)
    assert answer.status_code == 403
    assert "Bulletin" not in answer.text


def test_what_lies_beside_the_root_is_not_there(desk: Desk) -> None:
    assert desk.browser.get("/").status_code in (403, 404)
    assert desk.browser.get("/", headers={"Cookie": _cookie(desk)}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "127.0.0.1@x"])
def test_a_foreign_name_that_leads_to_this_machine_is_shown_nothing(desk: Desk, host: str) -> None:
    answer = desk.browser.get(desk.door.root, headers={"Host": host, "Cookie": _cookie(desk)})
    assert answer.status_code == 403
    assert "Bulletin" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": f"{HERE}.evil.example"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": HERE, "Sec-Fetch-Site": "same-site"},
    ],
    ids=["no origin", "null", "foreign", "another port", "longer", "cross-site", "same-site"],
)
def test_only_a_page_of_ours_changes_anything(desk: Desk, headers: dict[str, str]) -> None:
    for click in CLICKS:
        place = f"{desk.door.root}{JULY}{click}"
        assert desk.browser.post(place, data={"token": desk.open.token}, headers=headers).status_code == 403


def test_a_form_without_the_token_of_this_desk_changes_nothing(desk: Desk) -> None:
    for click in CLICKS:
        for token in ("", "of-an-earlier-desk"):
            assert desk.post(click, token=token).status_code == 403


def test_looking_changes_nothing(desk: Desk) -> None:
    for click in CLICKS:
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            assert desk.browser.request(method, f"{desk.door.root}{JULY}{click}").status_code == 405


def test_every_answer_keeps_its_policy(desk: Desk) -> None:
    places = ["", JULY, f"{JULY}variant/0.html", f"{JULY}report", "files/desk.js", "nothing", "editions/none/2018-07/"]
    for answer in [*map(desk.get, places), desk.stranger().get("/"), desk.post("approve", token="")]:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors" in policy or "base-uri 'none'" in policy
        assert "unsafe-inline" not in policy.partition("script-src")[2]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'; " in desk.get().headers["content-security-policy"]


def test_a_form_that_is_too_long_is_refused(desk: Desk) -> None:
    assert desk.post("check", filler="a" * 3_000_000).status_code == 413


def _cookie(desk: Desk) -> str:
    return "; ".join(f"{name}={value}" for name, value in desk.browser.cookies.items())
