"""A client that says line by line what a test wants, for the tests of the fault server."""

import contextlib
import smtplib
import socket

from faultrunning import Running

ANA, BEN = "ana@example.org", "ben@example.org"
MAIL = b"Subject: News\r\nMessage-ID:\r\n <1@example.org>\r\n\r\n.a dot first\r\n..two\r\nSee you soon\r\n"


class Client:
    """Speaks to a server line by line, so that a test decides what is written when."""

    def __init__(self, server: Running, *lines: str) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.replies = [self.reply(), *(self.say(line) for line in lines)]

    def __enter__(self):
        return self

    def __exit__(self, *ending):
        self.file.close()
        self.socket.close()

    def reply(self) -> str:
        """The last line of a reply; nothing when the server has hung up."""
        with contextlib.suppress(ConnectionError):
            while (line := self.file.readline())[3:4] == b"-":
                pass
            return line.decode("latin-1").rstrip("\r\n")
        return ""

    def say(self, *lines: str) -> str:
        with contextlib.suppress(ConnectionError):
            self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())
        return self.reply()

    def rest(self) -> bytes:
        with contextlib.suppress(ConnectionError):
            return self.file.read()
        return b""


TO_DATA = ("EHLO me.example.org", "MAIL FROM:<news@example.org>", f"RCPT TO:<{ANA}>", "DATA")
MESSAGE = ("Message-ID: <1@example.org>", "", "News.")


def send(server: Running, recipient: str = ANA, mail: bytes = MAIL) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.sendmail("news@example.org", [recipient], mail)
