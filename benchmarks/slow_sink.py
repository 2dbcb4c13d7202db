"""A server that takes every message and says so after some time, as a relay does that stores it first."""

import asyncio
import sys


class Session(asyncio.Protocol):
    def __init__(self, seconds: float) -> None:
        self._seconds, self._said, self._in_body = seconds, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._say(b"220 sink ESMTP")

    def data_received(self, data: bytes) -> None:
        self._said += data
        while self._said:
            if self._in_body:
                end = self._said.find(b"\r\n.\r\n")
                if end < 0:
                    self._said = self._said[-4:]
                    return
                self._said, self._in_body = self._said[end + 5 :], False
                asyncio.get_running_loop().call_later(self._seconds, self._say, b"250 2.0.0 taken")
                continue
            line, found, rest = self._said.partition(b"\r\n")
            if not found:
                return
            self._said = rest
            self._answer(line[:4].upper())

    def _answer(self, command: bytes) -> None:
        if command == b"DATA":
            self._in_body = True
            self._say(b"354 go on")
        elif command == b"EHLO":
            self._say(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME")
        elif command == b"QUIT":
            self._say(b"221 2.0.0 bye")
            self._transport.close()
        else:
            self._say(b"250 2.0.0 ok")

    def _say(self, line: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(line + b"\r\n")


async def main(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Session(seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
