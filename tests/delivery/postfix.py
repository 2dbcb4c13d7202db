"""A real Postfix of our own on loopback, which delivers everything that it takes into Maildirs.

It shares nothing with a Postfix of the machine but the programs: configuration, queue, data, log and mail lie in a
folder of their own, and nothing ever leaves the machine, because every domain is local to it.
"""

import grp
import os
import pwd
import shutil
import smtplib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certificates import Certificate, self_signed

DAEMONS = Path("/usr/lib/postfix/sbin")
SQLITE = Path("/usr/lib/postfix/postfix-sqlite.so")
HOST = "127.0.0.1"
MEMORY = Path("/dev/shm")  # noqa: S108 – the folder in it has an unguessable name
ROOM = 500_000_000  # bytes
PATIENCE = 30.0  # seconds to start or to stop
PAUSE = 0.02  # seconds between two looks

REFUSED, GONE = "refused", "gone"  # what a local part begins with: refused at RCPT; taken, then bounced
BOUNCES = "bounces"  # the folder for all addresses that begin with "bounce", such as bounces+token@

# The folder of a mailbox is its local part in lower case. Postfix puts the local part, quoted, in place of %u.
MAILBOXES = (
    f"SELECT CASE WHEN lower('%u') LIKE 'bounce%%' THEN '{BOUNCES}' ELSE lower('%u') END || '/' "
    f"WHERE lower('%u') NOT LIKE '{GONE}%%'"
)

MAIN = f"""\
compatibility_level = 3.6
myhostname = mail.example.org
mydestination =
inet_interfaces = {HOST}
inet_protocols = ipv4
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
maillog_file = {{folder}}/logs/postfix.log
maillog_file_prefixes = {{folder}}
queue_directory = {{folder}}/queue
data_directory = {{folder}}/data
meta_directory = {{folder}}/config
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access regexp:{{{{{{{{/^{REFUSED}/ 550 5.1.1 no such mailbox}}}}}}}}
smtpd_reject_unlisted_recipient = no
smtpd_client_event_limit_exceptions =
smtputf8_enable = yes
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_base = {{folder}}/maildirs
virtual_mailbox_maps = sqlite:{{folder}}/config/mailboxes.cf
virtual_uid_maps = static:{{user.pw_uid}}
virtual_gid_maps = static:{{user.pw_gid}}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {{certificate.file}}
smtpd_tls_key_file = {{certificate.key}}
smtpd_sasl_auth_enable = no
"""

MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

QUEUES = ("incoming", "active", "deferred", "maildrop", "hold")
OWNED = ("incoming", "active", "deferred", "hold", "bounce", "corrupt", "defer", "flush", "saved", "trace", "private")


@dataclass(frozen=True, slots=True)
class Postfix:
    """A Postfix at work. `certificate` is what a client must trust to use STARTTLS."""

    folder: Path
    host: str
    port: int
    certificate: Certificate

    def maildir(self, recipient: str) -> list[bytes]:
        """The messages delivered to an address so far, oldest first; those of VERP addresses under `bounces@…`."""
        local = recipient.partition("@")[0].lower()
        return [path.read_bytes() for path in sorted((self.folder / "maildirs" / local / "new").glob("*"))]

    @property
    def delivered(self) -> int:
        return sum(1 for _ in (self.folder / "maildirs").glob("*/new/*"))

    @property
    def queued(self) -> int:
        """Messages that are still on their way, those put off included."""
        return sum(1 for queue in QUEUES for path in (self.folder / "queue" / queue).rglob("*") if path.is_file())

    @property
    def log(self) -> list[str]:
        path = self.folder / "logs" / "postfix.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def wait_until_delivered(self, count: int, timeout: float = PATIENCE) -> None:
        """Until that many messages lie in Maildirs and none is on its way; a TimeoutError says how far it came."""
        until = time.monotonic() + timeout
        while self.delivered < count or self.queued:
            if time.monotonic() > until:
                last = "\n".join(self.log[-5:])
                raise TimeoutError(
                    f"{self.delivered} of {count} delivered, {self.queued} queued after {timeout} s\n{last}"
                )
            time.sleep(PAUSE)


def missing() -> str:
    """What stands in the way of a Postfix of our own: a sentence for a person, or nothing."""
    if not shutil.which("smtp-sink") or not (DAEMONS / "master").exists():
        return "Postfix is missing: install it with `apt-get install postfix`, or run `make debian` as root"
    if not SQLITE.exists():
        return "Postfix cannot read SQLite maps: install `apt-get install postfix-sqlite`, or run `make debian` as root"
    if os.geteuid():
        return "Postfix's master program starts only as root, and these tests run as another user"
    return ""


@contextmanager
def running(parameters: Mapping[str, str] | None = None) -> Iterator[Postfix]:
    """A Postfix with these lines of main.cf besides ours, ready for mail; always stopped and removed at the end.

    Its folder is not pytest's: Postfix's own user and that of the mailboxes must be able to enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="postfix-", dir=_quick_place()))
    folder.chmod(0o711)
    started = Postfix(folder, HOST, free_port(), _furnish(folder))
    _configure(started, parameters or {})
    with _start(started) as watch:
        try:
            _wait_until_it_answers(started, watch)
            yield started
        finally:
            watch.communicate(timeout=PATIENCE)


def _quick_place() -> Path | None:
    """Memory, if there is enough: a thousand Maildirs are made and removed many times faster than on a busy disk."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def free_port() -> int:
    """A port that was free a moment ago, for programs that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _furnish(folder: Path) -> Certificate:
    owner, group = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    for name in ("config", "queue", "data", "logs", "maildirs", "queue/pid", "queue/public"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)  # whatever the umask is
    for name in OWNED:
        (folder / "queue" / name).mkdir(mode=0o700)
        os.chown(folder / "queue" / name, owner, -1)
    (folder / "queue" / "maildrop").mkdir()
    for name, mode in {"queue/maildrop": 0o1730, "queue/public": 0o2710}.items():
        os.chown(folder / name, owner, group)
        (folder / name).chmod(mode)
    os.chown(folder / "data", owner, -1)
    os.chown(folder / "maildirs", pwd.getpwnam("nobody").pw_uid, -1)
    sqlite3.connect(folder / "config" / "empty.db").close()
    return self_signed(folder / "config")


def _configure(started: Postfix, parameters: Mapping[str, str]) -> None:
    config = started.folder / "config"
    ours = MAIN.format(folder=started.folder, certificate=started.certificate, user=pwd.getpwnam("nobody"))
    # No line twice: Postfix warns of that, and many warnings at its start are more than its log's socket holds.
    kept = [line for line in ours.splitlines() if line.partition(" = ")[0] not in parameters]
    theirs = [f"{name} = {value}" for name, value in parameters.items()]
    (config / "main.cf").write_text("\n".join([*kept, *theirs, ""]))
    (config / "master.cf").write_text(MASTER.format(port=started.port))
    (config / "dynamicmaps.cf").write_text(f"sqlite {SQLITE} dict_sqlite_open\n")
    (config / "mailboxes.cf").write_text(f"dbpath = {config}/empty.db\nquery = {MAILBOXES}\n")
    for path in config.iterdir():
        path.chmod(0o600 if path == started.certificate.key else 0o644)
        os.utime(path, (0, 0))  # Postfix waits for nearly 2 s when its settings look as if they were being written


def _start(started: Postfix) -> subprocess.Popen[bytes]:
    config = started.folder / "config"
    master = [DAEMONS / "master", "-d", "-c", config]
    return subprocess.Popen(
        [sys.executable, Path(__file__).with_name("postfixwatch.py"), started.folder, *master],
        env={"MAIL_CONFIG": str(config), "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _wait_until_it_answers(started: Postfix, watch: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while watch.poll() is None and time.monotonic() < until:
        try:
            with smtplib.SMTP(started.host, started.port, timeout=PATIENCE):
                return
        except OSError:
            time.sleep(PAUSE)
    said = watch.communicate(timeout=PATIENCE)[0].decode(errors="replace")
    raise RuntimeError(f"Postfix did not start:\n{said}")
