import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

import pytest

from digest.desk.pages import EditionView
from digest.desk.preview import PreviewServer, changes_in
from digest.errors import BusyError, ConfigurationError

Serve = Callable[..., PreviewServer]
Views = Callable[..., EditionView]
Ask = Callable[..., tuple[HTTPResponse, bytes]]


def address_of(server: PreviewServer) -> tuple[str, int]:
    address = urlsplit(server.url)
    return address.hostname or "", address.port or 0


class Events:
    """A browser's open stream of server-sent events."""

    def __init__(self, server: PreviewServer, cookie: str) -> None:
        self._connection = HTTPConnection(*address_of(server), timeout=5)
        self._connection.request("GET", f"{server.door.root}changes", headers={"Cookie": cookie})
        self.response = self._connection.getresponse()

    def version(self) -> str:
        """The next version; waits for it."""
        for line in iter(self.response.readline, b""):
            if line.startswith(b"data: "):
                return line[6:].decode().strip()
        return ""

    def close(self) -> None:
        self.response.close()
        self._connection.close()


@pytest.fixture
def events(cookie_for: Callable[[PreviewServer], str]) -> Iterator[Callable[[PreviewServer], Events]]:
    streams: list[Events] = []

    def start(server: PreviewServer) -> Events:
        streams.append(Events(server, cookie_for(server)))
        return streams[-1]

    yield start
    for stream in streams:
        stream.close()


class Workspace:
    """One file that the edition is drawn from: its words are a note on the page, or a mistake."""

    def __init__(self, folder: Path, view: Views) -> None:
        self.file = folder / "news.txt"
        self._view = view
        self.file.write_text("first words")

    def draw(self) -> EditionView:
        words = self.file.read_text()
        if words.startswith("broken"):
            raise ConfigurationError("news.txt:1:1", f"this is {words} <b>", "write <i>better</i> words")
        return self._view(notes=(words,))


@pytest.fixture
def workspace(tmp_path: Path, view: Views) -> Workspace:
    return Workspace(tmp_path, view)


def test_a_real_edit_reaches_the_page_within_a_second(
    ask: Ask, serve: Serve, events: Callable[[PreviewServer], Events], workspace: Workspace
) -> None:
    server = serve(workspace.draw, partial(changes_in, [workspace.file.parent]))
    stream = events(server)
    first = stream.version()
    assert f'data-version="{first}"' in ask(server)[1].decode()
    touch_until_noticed(ask, server, workspace.file)
    seen = {first}
    for words in ("second words", "third words"):
        edited_at = monotonic()
        workspace.file.write_text(words)
        while words not in (page := ask(server)[1].decode()):
            assert monotonic() - edited_at < 1
        while (version := stream.version()) in seen or f'data-version="{version}"' not in page:
            seen.add(version)
        assert monotonic() - edited_at < 1


def touch_until_noticed(ask: Ask, server: PreviewServer, file: Path) -> None:
    """Watching begins a moment after serving does."""
    before = ask(server)[1]
    deadline = monotonic() + 10
    while ask(server)[1] == before and monotonic() < deadline:
        file.touch()
        Event().wait(0.05)
    while (page := ask(server)[1]) != before:
        before = page
        Event().wait(0.6)


def test_a_mistake_is_shown_as_text_and_goes_away_when_it_is_mended(
    ask: Ask, serve: Serve, workspace: Workspace, parsed: Callable[[str], object]
) -> None:
    edits: list[str] = ["broken </pre><script>alert(1)</script>", "mended"]
    turn, drawn = Event(), Event()

    def changes(stop: Event) -> Iterator[None]:
        for words in edits:
            turn.wait(5)
            turn.clear()
            workspace.file.write_text(words)
            yield None
            drawn.set()
        stop.wait(5)

    server = serve(workspace.draw, changes)
    turn.set()
    assert drawn.wait(5)
    drawn.clear()
    page = ask(server)[1].decode()
    parsed(page)
    assert "this is broken &lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;" in page
    assert "write &lt;i&gt;better&lt;/i&gt; words" in page
    assert ask(server, "/variant/0.html")[0].status == 204  # a page that still asks for it keeps what it shows
    turn.set()
    assert drawn.wait(5)
    assert "mended" in ask(server)[1].decode()
    assert ask(server, "/variant/0.html")[0].status == 200


def test_a_mistake_at_the_very_beginning_is_shown_too(ask: Ask, serve: Serve, workspace: Workspace) -> None:
    workspace.file.write_text("broken from the start")
    response, page = ask(serve(workspace.draw))
    assert response.status == 200
    assert "broken from the start" in page.decode()


def test_a_page_that_nobody_redraws_does_not_promise_it(ask: Ask, serve: Serve, workspace: Workspace) -> None:
    promise = "Redraws when a file changes"
    assert promise not in ask(serve())[1].decode()
    assert promise in ask(serve(changes=lambda stop: iter(())))[1].decode()
    workspace.file.write_text("broken")
    assert "start the preview again" in ask(serve(workspace.draw))[1].decode()
    assert "comes back by itself" in ask(serve(workspace.draw, lambda stop: iter(())))[1].decode()


def test_many_browsers_hear_of_one_change(
    serve: Serve, events: Callable[[PreviewServer], Events], workspace: Workspace
) -> None:
    turn = Event()

    def changes(stop: Event) -> Iterator[None]:
        turn.wait(5)
        yield None
        stop.wait(5)

    server = serve(workspace.draw, changes)
    streams = [events(server) for _ in range(20)]
    assert len({stream.version() for stream in streams}) == 1
    turn.set()
    assert len({stream.version() for stream in streams}) == 1


def test_somebody_who_says_nothing_holds_nobody_up(ask: Ask, serve: Serve) -> None:
    server = serve()
    with closing(socket.create_connection(address_of(server), timeout=5)):
        assert ask(server)[0].status == 200
        begun = monotonic()
        server.stop()
        with pytest.raises(OSError, match="refused"):
            while monotonic() - begun < 2:
                socket.create_connection(address_of(server), timeout=1).close()
                Event().wait(0.05)


def test_stopping_ends_open_streams(serve: Serve, events: Callable[[PreviewServer], Events]) -> None:
    server = serve()
    stream = events(server)
    assert stream.version()
    server.stop()
    assert stream.version() == ""


def test_stopping_before_serving_and_twice_is_possible(view: Views) -> None:
    server = PreviewServer(view)
    server.stop()
    server.stop()
    server.serve()


def test_a_mistake_of_ours_is_not_hidden(view: Views) -> None:
    drawn: list[EditionView] = []

    def draw() -> EditionView:
        if drawn:
            raise RuntimeError("the second drawing")
        drawn.append(view())
        return drawn[0]

    server = PreviewServer(draw, lambda stop: iter([None]))
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="the second drawing"):
        pool.submit(server.serve).result(5)


def test_a_port_that_is_taken_is_said_plainly(view: Views) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(BusyError) as caught:
            PreviewServer(view, port=port)
    assert caught.value.thing == f"127.0.0.1:{port}"


def test_ctrl_c_ends_the_server_without_a_word(tmp_path: Path) -> None:
    program = tmp_path / "show.py"
    program.write_text(
        "from digest.errors import ConfigurationError\n"
        "from digest.desk.preview import PreviewServer\n"
        "def draw():\n"
        "    raise ConfigurationError('a', 'b')\n"
        "def changes(stop):\n"
        "    stop.wait()\n"
        "    return iter(())\n"
        "server = PreviewServer(draw, changes)\n"
        "print(server.url, flush=True)\n"
        "server.serve()\n"
        "print('closed', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline())
        with closing(HTTPConnection("127.0.0.1", url.port or 0, timeout=5)) as connection:
            connection.request("GET", url.path)
            assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=5)
        finally:
            process.kill()  # where whoever started the tests lets everything below them ignore it
    assert (process.returncode, out, err) == (0, "closed\n", "")
