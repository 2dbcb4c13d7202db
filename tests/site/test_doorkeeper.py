"""What every request has to keep to, and what no request can do."""

import asyncio
import fcntl
from urllib.parse import quote

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from site_office import BEN, ROOT, links_in
from starlette.testclient import TestClient

from digest.errors import BusyError
from digest.foundation import requests
from digest.foundation.database import file_lock
from digest.foundation.requests import NotServed, body_of
from digest.mail.tokens import Purpose
from digest.site.doorkeeper import Doorkeeper, is_one_click
from digest.site.group_commit import GroupCommit
from digest.site.limits import network_of

METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "CONNECT", "QUERY", "X")


def every_path(office):
    mail = links_in(office.sent()[BEN])
    public_id = office.public_id(BEN)
    return [
        "/",
        "/health",
        "/robots.txt",
        "/en/",
        "/es",
        "/en/subscribe/",
        "/en/privacy/",
        "/en/search/?q=guatemala",
        "/en/monthly/",
        "/en/monthly/2018-07/",
        "/en/monthly/feed.xml",
        "/pictures/0123456789abcdef0123456789abcdef",
        f"/preferences/{office.former_token(BEN)}",
        f"/confirm/{office.secret.confirmation('monthly', public_id, office.clock.at)}",
        f"/preferences/{office.token(BEN, Purpose.CHOOSE)}?do=leave&from=all",
        f"/leave/{office.token(BEN)}?leave=yes&List-Unsubscribe=One-Click",
        *mail.values(),
    ]


def test_whatever_looks_changes_nothing(office, pages):
    """Scanners follow every link, by every method; only a POST does something."""
    before = office.dump()
    for path in every_path(office):
        for method in METHODS:
            answer = pages.request(method, path)
            assert answer.status_code in (200, 404, 405, 410), (method, path)
            assert method in ("GET", "HEAD") or answer.status_code != 200, (method, path)
    assert office.dump() == before
    assert not office.out("pages").exists()


def test_every_answer_carries_the_headers_that_protect_its_reader(office, pages):
    for path in [*every_path(office), "/nothing/at/all", "/leave/x"]:
        for answer in (pages.get(path), pages.post(path, content="x=1")):
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script" not in policy.replace("allow-scripts", "script")
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in answer.headers
            assert "<script" not in answer.text
            assert "http-equiv" not in answer.text or path.startswith("/view/")
            assert path.startswith(("/view/", "/health")) or ' src="http' not in answer.text


def test_pages_that_are_one_persons_are_kept_nowhere_and_in_no_index(office, pages):
    for path in links_in(office.sent()[BEN]).values():
        answer = pages.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize("host", ["evil.example", "bulletin.example.org.evil.example", "", "bulletin.example.org@evil"])
def test_a_name_that_is_not_ours_is_refused(pages, host):
    assert pages.get("/en/", headers={"host": host}).status_code == 421


def test_figures_are_for_this_machine_only(pages):
    assert pages.get("/metrics").status_code == 404
    local = pages.get("/metrics", headers={"host": "127.0.0.1:8080"})
    assert "digest_pages_left_total 0" in local.text


@pytest.mark.parametrize(
    "path",
    [
        "/../digest.yaml",
        "/en/../../digest.yaml",
        "/%2e%2e/digest.yaml",
        "/en/%2e%2e%2fdigest.yaml",
        "/pictures/..%2fdigest.db",
        "/pictures/%00",
        "/\\evil.example",
        "/en//",
        "/view/2018-07//x",
        "/leave/" + "a" * 5000,
        "/en/monthly/%00/",
        "/en/monthly/2018-07%0d%0aSet-Cookie:x/",
        "/static/digest.yaml",
        "/.git/config",
    ],
)
def test_tricks_with_the_path_lead_nowhere(pages, path):
    answer = pages.get(path)
    assert answer.status_code in (404, 421)
    assert "location" not in answer.headers
    assert "publisher:" not in answer.text


def test_a_body_that_is_too_long_is_refused(office, pages):
    token = office.token(BEN)
    for size in (9_000, 10_000_000):
        assert pages.post(f"/leave/{token}", content=b"List-Unsubscribe=One-Click&x=" + b"a" * size).status_code == 413
    assert office.gets(BEN)


def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch):
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.05)

    async def drip():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"a", "more_body": True}

    with pytest.raises(NotServed) as refused:
        asyncio.run(body_of(drip))
    assert refused.value.status == 408


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a=1" for _ in range(500)), b"do=%00", "ñ=1".encode()])
def test_a_form_that_is_none_of_ours_is_refused(office, pages, body):
    path = f"/preferences/{office.token(BEN, Purpose.CHOOSE)}"
    assert pages.post(path, content=body).status_code == 400


def test_a_fault_of_ours_shows_no_trace_and_no_address(capsys):
    async def broken(_scope, _receive, _send):
        raise RuntimeError(f"cannot write to {BEN}")

    answer = TestClient(Doorkeeper(broken, ["testserver"])).get("/")
    assert answer.status_code == 500
    said = capsys.readouterr().err
    assert "RuntimeError in test_doorkeeper.py" in said
    assert BEN not in answer.text + said
    assert "Traceback" not in answer.text + said


def test_while_the_database_cannot_be_written_to_nobody_is_told_that_it_is_done(office, pages, monkeypatch):
    monkeypatch.setattr(file_lock, "PATIENCE_SECONDS", 0.1)
    path = f"/leave/{office.token(BEN)}"
    with (office.folder / "digest.db.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        answer = pages.post(path, content="List-Unsubscribe=One-Click")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert office.gets(BEN)


def test_one_of_many_that_fails_takes_nobody_else_with_it(office):
    """They share a transaction; each is answered for itself."""
    instance = office.instance

    def failing(_connection):
        raise ValueError("this one")

    def named(name):
        return lambda connection: (
            connection.exec_driver_sql(
                "INSERT INTO newsletters (name, started_on) VALUES (?, '2018-01-01')", (name,)
            ).rowcount
        )

    async def all_at_once():
        commits = GroupCommit(instance.database)
        commits.start()
        asked = [commits.do(failing if number == 7 else named(f"n{number}")) for number in range(20)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        await commits.stop()
        return done

    done = asyncio.run(all_at_once())
    assert [type(one).__name__ for one in done] == ["int"] * 7 + ["ValueError"] + ["int"] * 12
    assert len(office.rows("SELECT 1 FROM newsletters WHERE name LIKE 'n%'")) == 19


@settings(max_examples=examples(150), deadline=None)
@given(
    st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]),
    st.lists(
        st.sampled_from(
            ["en", "es", "monthly", "2018-07", "leave", "view", "pictures", "..", "%2e", "", "\0", "é", "x"]
        )
        | st.text(max_size=12),
        max_size=6,
    ),
    st.text(max_size=30),
)
def test_whatever_is_asked_for_there_is_an_answer_and_no_fault(quiet_pages, method, parts, query):
    path = "/".join(part if part in ("..", "%2e") else quote(part, safe="") for part in parts)
    answer = quiet_pages.request(method, f"{ROOT}/{path}", params={"q": query})
    assert answer.status_code < 500


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b"List-Unsubscribe=One-Click", True),
        (b"list-unsubscribe=one-click", True),
        (b"a=b&List-Unsubscribe=One-Click", True),
        (b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--', True),
        (b'--b\nContent-Disposition: form-data; name="List-Unsubscribe"\nX: y\n\nOne-Click\n--b--', True),
        (b"List-Unsubscribe=Two", False),
        (b"", False),
    ],
)
def test_one_click_is_known_in_either_encoding(body, is_one):
    assert is_one_click(body) is is_one


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("testclient", "unknown"),
    ],
)
def test_a_network_is_what_somebody_has_in_hand(host, network):
    assert network_of(host) == network


def test_whoever_is_answered_is_answered_though_others_cannot_hear_of_it_yet(office):
    instance, tried = office.instance, []

    def busy():
        tried.append(1)
        raise BusyError("the list", "somebody else is writing to it", "try again in a moment")

    async def twice():
        commits = GroupCommit(instance.database, busy)
        commits.start()
        answers = [await commits.do(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) for _ in "ab"]
        await commits.stop()
        return answers

    assert asyncio.run(twice()) == [1, 1]
    assert tried
