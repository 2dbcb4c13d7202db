"""Fetching, against servers on this machine that behave in every bad way: what leaves us, what we take, how long."""

import gzip
import threading
import time
import tracemalloc
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore2  # noqa: F401 – loaded before anything is timed
import pytest

from digest.foundation.networks import may_be_reached
from digest.intake.sources.fetching import Limits, WebQuestion, fetch

HERE = ("127.0.0.0/8",)
FEED = b"<rss/>"
QUICK = Limits(connect=1.0, total=0.7, all=5.0, size=200_000)


@cache
def _bomb() -> bytes:
    return gzip.compress(b"\0" * (50 << 20), 1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        getattr(self, self.path.strip("/").partition("?")[0].partition("/")[0].replace("-", "_"))()

    def give(self, status=200, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def plain(self):
        if self.headers.get("If-None-Match") == '"1"':
            self.give(304, ETag='"1"')
        else:
            self.give(body=FEED, ETag='"1"', Last_Modified="Thu, 05 Jul 2018 10:00:00 GMT", Content_Type="text/xml")

    def packed(self):
        self.give(body=gzip.compress(FEED) + gzip.compress(b"more"), Content_Encoding="gzip")

    def bomb(self):
        self.give(body=_bomb(), Content_Encoding="gzip")

    def packed_otherwise(self):
        self.give(body=b"x", Content_Encoding="br")

    def cut(self):
        self.give(body=gzip.compress(FEED)[:-6], Content_Encoding="gzip")

    def large(self):
        self.give(body=b"x" * 300_000)

    def endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.over.is_set():
            self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    def dripping(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.server.over.wait(0.1):
            self.wfile.write(b"x")

    def dripping_head(self):
        while not self.server.over.wait(0.1):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: y"[:1])

    def moved(self):
        self.give(301, Location="/moved-again")

    def moved_again(self):
        self.give(308, Location="/plain")

    def for_now(self):
        self.give(302, Location="/moved-again")

    def circle(self):
        self.give(302, Location="/circle?x=1" if "?" not in self.path else "/circle")

    def far(self):
        self.give(302, Location=f"/far/{len(self.path)}{'x' * len(self.path)}")

    def to_file(self):
        self.give(302, Location="file:///etc/passwd")

    def to_private(self):
        self.give(302, Location=f"http://10.0.0.1:{self.server.server_port}/plain")

    def gone(self):
        self.give(410)

    def missing(self):
        self.give(404)

    def busy(self):
        self.give(429, Retry_After="7200")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


@pytest.fixture(scope="module")
def server():
    made = Server(("127.0.0.1", 0), Handler)
    made.asked, made.over, made.daemon_threads = [], threading.Event(), True
    made.handle_error = lambda *_: None
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.over.set()
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def ask(server):
    def asked(path, limits=QUICK, networks=HERE, **more):
        address = path if "://" in path else f"http://127.0.0.1:{server.server_port}/{path}"
        (answer,) = fetch([WebQuestion(address=address, allow_networks=networks, **more)], limits=limits)
        return answer

    return asked


def test_a_document_is_asked_for_again_only_if_it_is_another(ask):
    first = ask("plain")
    assert (first.document.body, first.document.content_type, first.etag) == (FEED, "text/xml", '"1"')
    again = ask("plain", etag=first.etag, last_modified=first.last_modified)
    assert (again.document, again.failure) == (None, "")


def test_what_is_packed_is_unpacked_in_all_its_pieces(ask):
    assert ask("packed").document.body == FEED + b"more"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("bomb", "a bomb"),
        ("packed-otherwise", "packed as br"),
        ("cut", "ends in the middle"),
        ("large", "more than 200,000 bytes"),
        ("endless", "more than 200,000 bytes"),
        ("dripping", "longer than 0.7 seconds"),
        ("dripping-head", "longer than 0.7 seconds"),
        ("circle", "in a circle"),
        ("far", "more than 5 times"),
        ("to-file", "only http and https"),
        ("to-private", "not open to everybody"),
        ("missing", "404 Not Found"),
        ("gone", "gone for good"),
        ("busy", "429 Too Many Requests"),
        ("http://127.0.0.1:1/", "cannot be reached"),
        ("file:///etc/passwd", "only http and https"),
        ("ftp://127.0.0.1/", "only http and https"),
        ("http://ana:secret@127.0.0.1/", "a user name or a password"),
        ("http://no-such-host.invalid/", "there is no host"),
        ("http://[::1/", "no web address"),
        ("http://127.0.0.1:99999/", "no web address"),
    ],
)
def test_each_bad_answer_is_named_in_plain_words(ask, path, why):
    limits = Limits(size=1 << 26, total=5.0) if path == "bomb" else QUICK
    answer = ask(path, limits=limits)
    assert answer.document is None
    assert why in answer.failure


def test_a_bomb_is_known_by_its_first_pieces(ask):
    _bomb()
    tracemalloc.start()
    ask("bomb", limits=Limits())
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 30 << 20


def test_what_the_server_says_of_itself_is_told(ask, server):
    assert ask("gone").gone
    assert ask("busy").wait.total_seconds() == 7200
    assert ask("moved").moved_to == f"http://127.0.0.1:{server.server_port}/plain"
    assert ask("for-now").moved_to == ""


CLOSED = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1", "2001:0:1:1:1:1:80ff:fffe", "64:ff9b:1::a00:1"),
]


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_behind_somebodys_door_is_known_in_all_its_clothes(address):
    assert not may_be_reached(address)


def test_open_addresses_and_named_networks_may_be_reached():
    assert may_be_reached("93.184.216.34")
    assert may_be_reached("2606:2800:220:1:248:1893:25c8:1946")
    assert may_be_reached("::ffff:10.1.2.3", ["10.1.0.0/16"])
    assert not may_be_reached("10.2.2.3", ["10.1.0.0/16", "fd00::/8"])


@pytest.mark.parametrize(
    "written",
    [
        *(
            "127.0.0.1",
            "localhost",
            "0x7f.1",
            "2130706433",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0177.0.0.1",
            "127.1",
            "0",
        ),
        *("127.0.0.1.", "[::127.0.0.1]", "１２７.0.0.1", "127。0。0。1"),
    ],
)
def test_nothing_is_asked_behind_somebodys_door_however_it_is_written(ask, server, written):
    before = len(server.asked)
    answer = ask(f"http://{written}:{server.server_port}/plain", networks=())
    assert "not open to everybody" in answer.failure or "there is no host" in answer.failure
    assert len(server.asked) == before


def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(server):
    """The connection goes to the address that was looked at, and the name is asked once for each question."""
    led = []

    async def resolve(host, port):
        led.append(host)
        return ["203.0.113.7"] if len(led) == 1 else ["127.0.0.1"]

    limits = Limits(connect=0.2, total=0.5)
    (answer,) = fetch(
        [WebQuestion(address=f"http://rebound.example:{server.server_port}/plain")], limits=limits, resolve=resolve
    )
    assert answer.document is None
    assert led == ["rebound.example"]


def test_of_several_addresses_none_may_be_closed(server):
    async def resolve(host, port):
        return ["93.184.216.34", "127.0.0.1"]

    (answer,) = fetch([WebQuestion(address=f"http://two.example:{server.server_port}/plain")], resolve=resolve)
    assert "127.0.0.1, which is not open to everybody" in answer.failure


def test_slow_hosts_hold_up_nobody_else_and_are_not_waited_for_twice(server):
    async def resolve(host, port):
        return ["127.0.0.1"]

    def question(host, path):
        return WebQuestion(address=f"http://{host}:{server.server_port}/{path}", allow_networks=HERE)

    begun = time.monotonic()
    slow = [question("slow.example", "dripping") for _ in range(20)]
    quick = [question(f"host-{n}.example", "plain") for n in range(20)]
    answers = fetch([*slow, *quick], limits=QUICK, resolve=resolve)
    assert [bool(answer.document) for answer in answers] == [False] * 20 + [True] * 20
    assert time.monotonic() - begun < 20 * QUICK.total / 2
