"""Sample editions for the pages: simple mails of our own, as a mail room would make them."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html import escape
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import html5lib
import pytest

from digest.delivery.delivery import DeliveryState, Tally
from digest.desk.pages import EditionView, StoryRow, VariantView, headers_of
from digest.desk.preview import PreviewServer
from digest.foundation.problems import Place, Problem, Severity
from digest.newsletters.edition import Edition, EditionState, Ruling
from digest.newsletters.period import Period, PeriodKind

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

sys.path.append(str(Path(__file__).parent))  # for `desk_office`

NEWS = (
    ("New hub in Upala opens its doors", "The municipality now helps people who arrive with nothing but questions."),
    (
        "Teachers in Belize learn to welcome newcomers",
        "Forty teachers spent two days on what a first school day needs.",
    ),
    ("Border officials meet in Tecún Umán", "Both sides agreed on a shared list of telephone numbers – a small thing."),
)

MAIL = """<!doctype html>
<html lang="{language}" dir="auto" xmlns:v="urn:schemas-microsoft-com:vml">
<head>
<title>{title}</title>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">
body {{ margin: 0; padding: 0; background: #f3f1ec; font-family: Arial, sans-serif; color: #22282c; }}
.sheet {{ max-width: 600px; margin: 0 auto; background: #ffffff; }}
.card {{ padding: 20px 28px; border-top: 1px solid #e2ded4; }}
h1 {{ font-size: 26px; margin: 0; }} h2 {{ font-size: 19px; line-height: 1.3; margin: 0 0 8px; }}
p {{ margin: 0 0 10px; line-height: 1.55; }}
@media only screen and (max-width: 480px) {{ .card {{ padding: 16px !important; }} h1 {{ font-size: 22px; }} }}
</style>
</head>
<body>
<div class="sheet" role="article">
<div style="background:#0d5c6b;color:#ffffff;padding:28px"><p>{newsletter}</p><h1>{title}</h1></div>
{cards}
<div class="card" style="font-size:13px;color:#5c646a"><p>Apartado Postal 100, San José, Costa Rica</p>
<p><a href="https://bulletin.example.org/leave">Unsubscribe</a></p></div>
</div>
</body>
</html>
"""


def make_message(subject: str, text: str, html: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Migration Bulletin <bulletin@news.example.org>"
    message["To"] = "sample.reader@example.org"
    message["Subject"] = subject
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def make_variant(name: str = "guatemala.en", title: str = "Guatemala – English", **changes: Any) -> VariantView:
    subject = f"{title}: July 2018, {len(NEWS)} stories"
    cards = "\n".join(
        f'<div class="card"><h2>{escape(headline)}</h2><p>{escape(said)}</p>'
        '<p><a href="https://bulletin.example.org/2018/07/story">Read more</a></p></div>'
        for headline, said in NEWS
    )
    html = MAIL.format(language="en", title=escape(title), newsletter="Migration bulletin", cards=cards)
    text = "\n\n".join(f"5 July, 2018\n\n{headline}\n\n{said}" for headline, said in NEWS)
    values: dict[str, Any] = {
        "name": name,
        "title": title,
        "language": name.rpartition(".")[2],
        "subject": subject,
        "beside": NEWS[1][0],
        "people": 41,
        "stories": len(NEWS),
        "html": html,
        "text": text,
        "message": make_message(subject, text, html),
    } | changes
    return VariantView(**({"headers": headers_of(values["message"])} | values))


def make_story(number: int = 1, **changes: Any) -> StoryRow:
    values: dict[str, Any] = {
        "story_id": f"s{number}",
        "title": NEWS[number % len(NEWS)][0],
        "published_on": date(2018, 7, 1 + number % 28),
        "ruling": Ruling.INCLUDED,
        "reason": "guatemala (countries: GT); regional (takes everything)",
        "late": False,
        "place": f"bulletins/july.en.txt:{number * 8}",
        "countries": ("Guatemala",),
        "topics": ("Border management",),
    }
    return StoryRow(**(values | changes))


def make_edition(key: str = "2018-07", **changes: Any) -> Edition:
    values: dict[str, Any] = {
        "newsletter": "monthly",
        "period": Period.from_key(PeriodKind.MONTH, key),
        "state": EditionState.DRAFT,
        "fingerprint": "5a" * 32,
        "built_at": datetime(2018, 8, 5, 14, 12, tzinfo=UTC),
    }
    return Edition(**(values | changes))


def make_view(**changes: Any) -> EditionView:
    """July 2018 as a draft with all there is to see; `changes` replace parts of it."""
    view = EditionView(
        edition=make_edition(),
        newsletter_title="Migration bulletin",
        period_title="July 2018",
        variants=(
            make_variant(),
            make_variant("guatemala.es", "Guatemala – Spanish", people=128),
            make_variant("children.en", "Children and schools – English", people=9),
        ),
        stories=(
            make_story(1),
            make_story(2, late=True, published_on=date(2018, 6, 26)),
            make_story(3, ruling=Ruling.NO_AUDIENCE, reason="none of the newsletter's audiences asks for its topics"),
            make_story(4, ruling=Ruling.DEFERRED, reason="Marta put it off to August", countries=(), topics=()),
        ),
        notes=("A late story from June is in this edition.",),
        problems=(
            Problem(
                place=Place("bulletins/june.txt", 12, 3),
                severity=Severity.ERROR,
                cause="31 June is no date",
                remedy="write a day that exists",
            ),
            Problem(place=Place("bulletins/july.txt"), severity=Severity.NOTE, cause="the file has no item"),
        ),
        timezone=ZoneInfo("America/Costa_Rica"),
    )
    return replace(view, **changes)


def make_sent_view(**changes: Any) -> EditionView:
    edition = make_edition(
        "2018-06",
        state=EditionState.FINISHED,
        approved_by="Marta",
        approved_at=datetime(2018, 7, 5, 14, tzinfo=UTC),
        sealed_at=datetime(2018, 7, 5, 14, tzinfo=UTC),
        sending_at=datetime(2018, 7, 5, 15, tzinfo=UTC),
        finished_at=datetime(2018, 7, 5, 15, 2, tzinfo=UTC),
    )
    tally = Tally({DeliveryState.SENT: 175, DeliveryState.FAILED: 2, DeliveryState.LEFT: 1})
    return make_view(**({"edition": edition, "period_title": "June 2018", "tally": tally} | changes))


def parse_strictly(page: str) -> Element:
    """The page as an HTML5 parser reads it; any error of syntax is raised."""
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    return parser.parse(page)


@pytest.fixture(name="variant")
def _variant() -> Callable[..., VariantView]:
    return make_variant


@pytest.fixture(name="story")
def _story() -> Callable[..., StoryRow]:
    return make_story


@pytest.fixture(name="edition")
def _edition() -> Callable[..., Edition]:
    return make_edition


@pytest.fixture(name="view")
def _view() -> Callable[..., EditionView]:
    return make_view


@pytest.fixture(name="sent_view")
def _sent_view() -> Callable[..., EditionView]:
    return make_sent_view


@pytest.fixture(name="parsed")
def _parsed() -> Callable[[str], Element]:
    return parse_strictly


@pytest.fixture
def serve() -> Iterator[Callable[..., PreviewServer]]:
    """Servers that run until the test ends, and must end with it."""
    running: list[tuple[PreviewServer, Thread]] = []

    def start(
        draw: Callable[[], EditionView] = make_view, changes: Callable[[Event], Iterator[None]] | None = None
    ) -> PreviewServer:
        server = PreviewServer(draw, changes)
        thread = Thread(target=server.serve)
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.stop()
        thread.join(5)
        assert not thread.is_alive()


def enter(server: PreviewServer) -> str:
    """Open the link, as a browser does; return the cookie."""
    address = urlsplit(server.url)
    with closing(HTTPConnection(address.netloc, timeout=5)) as connection:
        connection.request("GET", address.path)
        response = connection.getresponse()
        assert response.status == 200
        return (response.getheader("Set-Cookie") or "").partition(";")[0]


_entered: WeakKeyDictionary[PreviewServer, str] = WeakKeyDictionary()


def cookie_for(server: PreviewServer) -> str:
    return _entered.get(server) or _entered.setdefault(server, enter(server))


def ask(
    server: PreviewServer, path: str = "/", method: str = "GET", host: str | None = None
) -> tuple[HTTPResponse, bytes]:
    """What whoever opened the link is answered, below the root."""
    headers = {"Cookie": cookie_for(server)} | ({} if host is None else {"Host": host})
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=5)) as connection:
        connection.request(method, server.door.root + path[1:], headers=headers)
        response = connection.getresponse()
        return response, response.read()


def send_raw(server: PreviewServer, request: bytes) -> bytes:
    """`ROOT` and `COOKIE` in the request stand for those of the server."""
    address = urlsplit(server.url)
    request = request.replace(b"ROOT", server.door.root.encode()).replace(b"COOKIE", cookie_for(server).encode())
    with closing(socket.create_connection((address.hostname, address.port), timeout=5)) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(name="ask")
def _ask() -> Callable[..., tuple[HTTPResponse, bytes]]:
    return ask


@pytest.fixture(name="cookie_for")
def _cookie_for() -> Callable[[PreviewServer], str]:
    return cookie_for


@pytest.fixture(name="send_raw")
def _send_raw() -> Callable[[PreviewServer, bytes], bytes]:
    return send_raw


@pytest.fixture(scope="module")
def browser(playwright: "Playwright") -> Iterator["Browser"]:
    chromium = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox"], ignore_default_args=["--hide-scrollbars"]
    )
    yield chromium
    chromium.close()
