"""A real server on loopback, for IMAP and submission: Debian's dovecot with a configuration, a folder and ports of its
own.
"""

import os
import pwd
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certificates import Certificate, self_signed
from imapclient import RECENT, IMAPClient

PROGRAM = Path("/usr/sbin/dovecot")
IMAP = Path("/usr/lib/dovecot/imap")
SUBMISSION = Path("/usr/lib/dovecot/submission")
USER, PASSWORD = "bounces", "s3cret-of-theirs"
PATIENCE = 30.0

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = {protocols}
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate.file}
ssl_key = <{certificate.key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = {only_tls}
auth_mechanisms = plain
auth_failure_delay = 0
mail_location = maildir:{maildir}
first_valid_uid = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
{submission}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
"""


# It logs people in, and hands what they send to a server that is none of theirs.
RELAYING = """
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
hostname = submission.example.org
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {port}
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    folder: Path
    tls: int
    plain: int
    submission: int
    certificate: Certificate

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        with IMAPClient("127.0.0.1", self.plain, ssl=False, timeout=PATIENCE) as client:
            client.login(USER, PASSWORD)
            yield client

    def put(self, *messages: str) -> None:
        with self.client() as client:
            for raw in messages:
                client.append("INBOX", raw.replace("\n", "\r\n").encode())

    def flags(self, folder: str = "INBOX") -> dict[str, list[str]]:
        """Subject → flags of what lies there."""
        with self.client() as client:
            if not client.folder_exists(folder):
                return {}
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["FLAGS", "ENVELOPE"]).values()
            return {
                one[b"ENVELOPE"].subject.decode(): sorted(flag.decode() for flag in one[b"FLAGS"] if flag != RECENT)
                for one in found
            }

    def empty(self) -> None:
        with self.client() as client:
            client.select_folder("INBOX")
            client.delete_messages(client.search(), silent=True)
            client.expunge()
            if client.folder_exists("digest-done"):
                client.delete_folder("digest-done")


def missing() -> str:
    if not (PROGRAM.exists() and IMAP.exists() and SUBMISSION.exists()):
        packages = "dovecot-imapd dovecot-submissiond"
        return f"dovecot is missing: install it with `apt-get install {packages}`, or run `make debian` as root"
    if os.geteuid():
        return "dovecot starts here only as root, and these tests run as another user"
    return ""


@contextmanager
def running(*, only_tls: bool = False, maildir: Path | None = None, relay: int | None = None) -> Iterator[Dovecot]:
    """`maildir` belongs to nobody, as the one does that it makes itself. With the port of a `relay` it takes mail."""
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:
        folder = Path(name)
        server = Dovecot(folder, *_free_ports(3), self_signed(folder))
        folder.chmod(0o711)  # its users are not those of the tests
        owner = pwd.getpwnam("nobody")
        for each in ("run", "home", "Maildir", "Maildir/new", "Maildir/cur", "Maildir/tmp"):
            (folder / each).mkdir(mode=0o755)
            if each != "run":
                os.chown(folder / each, owner.pw_uid, owner.pw_gid)
        (folder / "dovecot.conf").write_text(
            CONFIG.format(
                folder=folder,
                certificate=server.certificate,
                plain=server.plain,
                tls=server.tls,
                only_tls="yes" if only_tls else "no",
                maildir=maildir or folder / "Maildir",
                password=PASSWORD,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                protocols="imap" if relay is None else "imap submission",
                submission="" if relay is None else RELAYING.format(relay=relay, port=server.submission),
            )
        )
        process = subprocess.Popen(
            [PROGRAM, "-F", "-c", folder / "dovecot.conf"], stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        try:
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", server.plain), 1) as connection:
                connection.settimeout(PATIENCE)
                if connection.recv(100).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.02)
    log = server.folder / "log"
    raise RuntimeError(f"dovecot did not start:\n{log.read_text() if log.exists() else ''}")
