"""200 sources on a server that answers after 100 ms, each on a host of its own, asked together and one after another."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from collecting import rss
from measuring import ROUNDS, Row, seconds

from digest.intake.sources.fetching import WebQuestion, fetch

SOURCES = 200
ENTRIES = 10
ONE_BY_ONE = 20  # of them; the rest would take as long
LEAST = 20  # times as fast
SERVER = """
import asyncio, sys

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    await asyncio.sleep(0.1)
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/rss+xml\\r\\nConnection: close\\r\\n"
                 b"Content-Length: %d\\r\\n\\r\\n" % len(BODY) + BODY)
    await writer.drain()
    writer.close()

async def serve():
    server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

BODY = sys.stdin.buffer.read()
asyncio.run(serve())
"""


def rows() -> list[Row]:
    with _server(rss(ENTRIES)) as port:
        questions = [
            WebQuestion(address=f"http://127.0.0.{number + 1}:{port}/feed.xml", allow_networks=("127.0.0.0/8",))
            for number in range(SOURCES)
        ]
        _asked(questions[:1])
        together, alone = [], []
        for _ in range(ROUNDS):
            together.append(seconds(lambda: _asked(questions)))
            some = seconds(lambda: [_asked([one]) for one in questions[:ONE_BY_ONE]])
            alone.append(some * SOURCES / ONE_BY_ONE)
    taken, one_by_one = median(together), median(alone)
    return [
        Row(
            work=f"asking {SOURCES} sources, each of which answers after 100 ms",
            value=f"1/{one_by_one / taken:.0f}",
            target=f"≤ 1/{LEAST} of one after another",
            met=one_by_one / taken >= LEAST,
            detail=f"{taken * 1000:.0f} ms against {one_by_one:.1f} s",
        )
    ]


def _asked(questions: Sequence[WebQuestion]) -> None:
    assert all(answer.document for answer in fetch(questions))


@contextmanager
def _server(body: bytes) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(body)
        process.stdin.close()
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
