"""People at the desk: who is on the list, added, removed, and lists taken in after a look at each row."""

import re
from html import unescape
from pathlib import Path

import pytest
from desk_office import HERE, Desk, desk_in, words_of
from starlette.routing import Route

from digest.desk.desk_routes import desk_pages
from digest.people.subscriber_list import ListFilter, SubscriberListing

BY = {"by": "Marta"}
WANTED = {"audience": "guatemala", "language": "es", "consent": "form at the fair", **BY}
LIST = (
    "email,name\nnew@example.org,New\nana@example.org,Ana\nno address,Odd\n<script>alert(1)</script>@example.org,Bad\n"
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = desk_in(tmp_path / "office")
    desk.page("people/")
    return desk


def addresses(desk: Desk) -> list[str]:
    return [one.address for one in SubscriberListing(desk.instance.database).listed(ListFilter())]


def look_into(desk: Desk, text: str = LIST, token: str | None = None, **fields: str) -> tuple[int, str]:
    data = {"token": desk.open.token if token is None else token, **WANTED, **fields}
    file = {"file": ("people.csv", text.encode(), "text/csv")}
    answer = desk.browser.post(f"{desk.door.root}people/import", data=data, files=file, headers={"Origin": HERE})
    return answer.status_code, answer.text


def test_the_list_says_who_is_on_it_and_how_many_each_audience_has(desk: Desk) -> None:
    said = words_of(desk.page("people/"))
    assert "2 readers" in said
    assert "Guatemala 1" in said
    assert "ana@example.org" in said
    assert "digest subscribers list" in said


def test_somebody_is_found_by_a_part_of_the_address(desk: Desk) -> None:
    said = words_of(desk.page("people/?words=ben%40"))
    assert "ben@example.org" in said
    assert "ana@example.org" not in said
    assert "Nobody fits." in words_of(desk.page("people/?words=%25"))


def test_a_reader_is_added_as_the_command_adds_one(desk: Desk) -> None:
    assert "carla@example.org gets monthly" in desk.click(
        "add", "people/", address="carla@example.org", name="Carla", **WANTED
    )
    assert "carla@example.org" in addresses(desk)
    said = words_of(desk.page("people/reader?address=carla%40example.org"))
    assert "added by Marta" in said
    assert "form at the fair" in said
    for wrong in ({"address": "nobody"}, {"audience": "nowhere"}, {"language": "xx"}, {"consent": " "}, {"by": ""}):
        desk.refused("add", "people/", **({"address": "dora@example.org"} | WANTED | wrong))
    assert "dora@example.org" not in addresses(desk)


def test_a_reader_is_removed_and_no_list_brings_them_back(desk: Desk) -> None:
    assert "ana@example.org gets no more mail" in desk.click("remove", "people/", address="ana@example.org", **BY)
    said = words_of(desk.page("people/reader?address=ana%40example.org"))
    assert "removed by Marta" in said
    assert "Send them no more" not in said
    _status, page = look_into(desk)
    assert "stays away" in words_of(page)


def test_a_list_is_looked_into_before_anything_is_written(desk: Desk) -> None:
    before = addresses(desk)
    status, page = look_into(desk)
    assert status == 200
    said = words_of(page)
    assert "4 rows: 1 added, 1 there already, 2 left out" in said
    assert "Nothing was written yet." in said
    assert "<script>alert" not in page
    assert addresses(desk) == before
    (name,) = re.findall(r'name="list" value="([^"]+)"', page)
    assert "1 added" in desk.click("take-in", "people/", list=name, **BY)
    assert sorted(addresses(desk)) == sorted([*before, "new@example.org"])
    assert desk.refused("take-in", "people/", list=name, **BY), "once"


def test_what_is_no_list_is_refused_and_nothing_is_written(desk: Desk) -> None:
    before = addresses(desk)
    for text in ("", "\x00\x01\x02", "a,b\nc,d\n"):
        status, _page = look_into(desk, text)
        assert status >= 400
    assert look_into(desk, LIST, "another")[0] == 403
    assert addresses(desk) == before


def test_a_long_list_is_shown_page_by_page(desk: Desk) -> None:
    rows = "".join(f"reader{number:05}@example.org\n" for number in range(250))
    status, page = look_into(desk, f"email\n{rows}")
    assert status == 200
    (name,) = re.findall(r'name="list" value="([^"]+)"', page)
    desk.click("take-in", "people/", list=name, **BY)
    seen, page = [], "people/?words=reader"
    for _number in range(9):
        drawn = desk.page(page)
        seen += re.findall(r"reader[0-9]{5}@", re.sub(r"<a[^>]*>", "", drawn))
        following = re.search(r'href="\./([^"]+)">More', drawn)
        if following is None:
            break
        page = f"people/{unescape(following[1])}"
    assert seen == [f"reader{number:05}@" for number in range(250)]


def paths_of(desk: Desk) -> list[tuple[str, str]]:
    """Every address of the desk, with what stands for its parts, and how it is asked."""
    parts = {"newsletter": "monthly", "key": "2018-07", "name": "desk.css", "number:int": "0", "form": "json"}
    found = []
    for route in desk_pages(desk.open).routes:
        assert isinstance(route, Route)
        path = re.sub(r"\{([^}]+)\}", lambda part: parts[part[1]], route.path)
        found.append((path.lstrip("/"), "POST" if "POST" in (route.methods or ()) else "GET"))
    return found


def test_no_address_of_the_desk_answers_strangers_foreign_names_or_foreign_pages(desk: Desk) -> None:
    paths = paths_of(desk)
    assert len(paths) > 15
    stranger = desk.stranger()
    for path, method in paths:
        address = desk.door.root + path
        assert stranger.request(method, address, headers={"Origin": HERE}).status_code == 403, path
        rebound = desk.browser.request(method, address, headers={"Host": "evil.example", "Origin": HERE})
        assert rebound.status_code == 403, path
        if method == "POST":
            token = {"token": desk.open.token}
            for origin in ({"Origin": "http://evil.example"}, {}, {"Origin": HERE, "Sec-Fetch-Site": "cross-site"}):
                assert desk.browser.post(address, data=token, headers=origin).status_code == 403, path
            assert desk.browser.post(address, data={}, headers={"Origin": HERE}).status_code == 403, path
