"""The programs called sendmail that Debian has, broken off at every moment: what counts as not taken was not taken.

Each runs in a root of its own, as if it were installed there (`debian_roots`).
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import debian_roots
import faultrunning
import pytest
from doses import dose, some
from faultscript import Act, Fault, Script, Stage
from piles import Pile, letter, never

from digest.delivery.outgoing import OutcomeKind
from digest.delivery.transports.sendmail import SendmailTransport
from digest.errors import DigestError

ROOTS = Path(__file__).parents[2] / ".debian"
TAKEN, DOUBT = OutcomeKind.SENT, OutcomeKind.IN_DOUBT
MAIL, EXIM, SMTPD = 8, 100, 102  # as `debian_roots` numbers the users
NOT_THE_END = [Stage.CONNECT, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY]
ANSWERS = [
    {"do": Act.DROP},
    {"do": Act.GARBAGE},
    {"do": Act.REPLY, "code": 451, "text": "4.3.0 try again later"},
    {"do": Act.REPLY, "code": 550, "text": "5.1.1 User unknown"},
]
STALLS = [{"do": Act.STALL}] if dose(0, 1) else []
MOMENTS = [
    *(Fault(stage=stage, **said) for stage in NOT_THE_END for said in [*ANSWERS, *STALLS]),
    *(
        Fault(stage=Stage.DOT, accepted=accepted, **said)
        for said in [*ANSWERS[:2], *STALLS]
        for accepted in (True, False)
    ),
    *(Fault(stage=Stage.DOT, **said) for said in ANSWERS[2:]),
    Fault(stage=Stage.QUIT, do=Act.DROP),
]


@contextmanager
def root_of(name):
    """One of our own, whose files that nobody changes are those of all."""
    if sentence := debian_roots.missing(ROOTS, name):
        pytest.fail(sentence)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=ROOTS) as folder:
        root = Path(folder) / "root"
        shutil.copytree(ROOTS / name, root, symlinks=True, copy_function=os.link)
        yield root


def carried(root, command, *, patience=20.0, kill_after=None):
    """(what became of one message, in which words), carried in a process that sees nothing but the root."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        said = ["", ""]
        try:
            os.chroot(root)
            os.chdir("/")
            pile, transport = Pile([letter(1)]), SendmailTransport(command, patience=patience)
            if kill_after is not None:
                threading.Timer(kill_after, transport._end_all).start()
            try:
                transport.carry(pile, never)
            except DigestError as error:
                said = ["", str(error)]
            said = [pile.result(1).kind.value, pile.result(1).answer] if pile.results else said
        except BaseException as error:  # noqa: BLE001 – whatever it is, the parent says it
            said = ["", repr(error)]
        os.write(writing, json.dumps(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        kind, answer = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert kind, answer
    return OutcomeKind(kind), answer


def agrees(kind, *, taken):
    """What is said of it is never better, and never worse, than what is: only a doubt may be either."""
    return kind is DOUBT or (kind is TAKEN) is taken


# -- Programs that speak to the server while we wait.


def msmtp(root, port):
    (root / "etc/msmtprc").write_text(f"account default\nhost 127.0.0.1\nport {port}\ntimeout 1\nauth off\ntls off\n")
    return ["/usr/bin/msmtp", "-C", "/etc/msmtprc"]


def esmtp(root, port):
    (root / "etc/esmtprc").write_text(f"hostname=127.0.0.1:{port}\nstarttls=disabled\n")
    return ["/usr/bin/esmtp", "-C", "/etc/esmtprc"]


@pytest.mark.parametrize("program", [msmtp, esmtp])
def test_whatever_breaks_off_in_the_middle_nothing_is_called_not_taken_that_was(tmp_path, program):
    with root_of(program.__name__) as root:
        for number, fault in enumerate(some(MOMENTS, daily=12)):
            with faultrunning.thread(tmp_path / str(number), Script(faults=(fault,))) as server:
                kind, answer = carried(root, program(root, server.port), patience=3.0)
                taken = bool(server.accepted)
            assert agrees(kind, taken=taken), (fault, kind, answer)
            tells = (Stage.MAIL, Stage.RCPT) if program is msmtp else (Stage.RCPT,)
            if fault.stage in tells and fault.do is Act.REPLY:  # the server's own words are there to be read
                assert kind is not DOUBT, (fault, answer)


@pytest.mark.parametrize("program", [msmtp, esmtp])
def test_a_program_that_is_killed_or_takes_too_long_leaves_a_doubt(tmp_path, program):
    with root_of(program.__name__) as root:
        silent = Script(faults=(Fault(stage=Stage.DOT, do=Act.STALL, accepted=True),))
        for number, ends in enumerate([{"kill_after": 0.3}, {"patience": 0.3}]):
            with faultrunning.thread(tmp_path / str(number), silent) as server:
                kind, _ = carried(root, program(root, server.port), **ends)
                assert (kind, len(server.accepted)) == (DOUBT, 1)


# -- Programs that put the message into a queue.


def nullmailer(root):
    spool = root / "var/spool/nullmailer"
    for folder in (spool, spool / "queue", spool / "tmp", spool / "failed"):
        folder.mkdir(exist_ok=True)
        os.chown(folder, MAIL, MAIL)
    return ["/usr/sbin/sendmail"], spool / "queue", spool / "queue"


def exim(root):
    (root / "etc/exim4").mkdir(parents=True, exist_ok=True)
    (root / "etc/exim4/exim4.conf").write_text(
        "primary_hostname = office.example.org\nqueue_only = true\nspool_directory = /var/spool/exim4\n"
        "log_file_path = /var/log/exim4-%slog\nnever_users =\nbegin routers\nall:\n  driver = manualroute\n"
        "  route_list = * 127.0.0.1\n  transport = out\n  self = send\nbegin transports\nout:\n  driver = smtp\n"
    )
    for folder in (root / "var/spool/exim4", root / "var/log"):
        folder.mkdir(exist_ok=True)
        os.chown(folder, EXIM, EXIM)
    return ["/usr/sbin/exim4"], root / "var/spool/exim4", root / "var/spool/exim4"


def opensmtpd(root):
    """While its daemon is away."""
    offline = root / "var/spool/smtpd/offline"
    offline.mkdir(parents=True, exist_ok=True)
    offline.parent.chmod(0o711)
    os.chown(offline, 0, SMTPD)
    offline.chmod(0o770)
    return ["/usr/sbin/sendmail"], offline, offline


def queued(queue):
    """Messages in it, as the programs keep them."""
    files = [path for path in queue.rglob("*") if path.is_file()] if queue.exists() else []
    if any(path.name.endswith("-H") for path in files):
        return sum(path.name.endswith("-H") for path in files)  # Exim's: without this file it has not got it
    return sum(path.stat().st_size > 0 and "exim" not in str(queue) for path in files)


@pytest.mark.parametrize(
    ("program", "expected"),
    [(nullmailer, TAKEN), (exim, TAKEN), (opensmtpd, DOUBT)],
    ids=["nullmailer", "exim", "opensmtpd"],
)
def test_what_lies_in_the_queue_is_sent_or_a_doubt_and_what_does_not_is_not(program, expected):
    """Also while the queue is not there, and when the program is killed at any moment of its 30 milliseconds."""
    with root_of(program.__name__) as root:
        command, queue, broken = program(root)
        kind, answer = carried(root, command)
        assert (kind, queued(queue)) == (expected, 1), answer
        for after in some([0.0005 * step for step in range(60)], daily=6):
            before = queued(queue)
            kind, answer = carried(root, command, kill_after=after)
            assert agrees(kind, taken=queued(queue) > before), (after, kind, answer)
        shutil.rmtree(broken)
        broken.touch()  # not even root makes a folder there
        kind, answer = carried(root, command)
        assert kind is not TAKEN, answer


def test_opensmtpd_takes_it_while_its_daemon_runs(tmp_path):
    with root_of("opensmtpd") as root:
        command, _, _ = opensmtpd(root)
        (root / "var/lib/opensmtpd/empty").mkdir(parents=True, exist_ok=True)
        for name, minor in (("null", "3"), ("urandom", "9")):
            (root / "dev" / name).unlink(missing_ok=True)
            subprocess.run(["mknod", "-m", "666", root / "dev" / name, "c", "1", minor], check=True)
        with faultrunning.thread(tmp_path / "server") as server:
            settings = root / "etc/smtpd.conf"
            settings.unlink(missing_ok=True)
            settings.write_text(
                f'listen on socket\naction "out" relay host smtp://127.0.0.1:{server.port}\n'
                'match from any for any action "out"\n'
            )
            daemon = subprocess.Popen(
                ["chroot", root, "/usr/sbin/smtpd", "-d"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                until = time.monotonic() + 20
                while not (root / "var/run/smtpd.sock").exists() and time.monotonic() < until:
                    time.sleep(0.02)
                kind, answer = carried(root, command)
                assert kind is TAKEN, answer
                while not server.accepted and time.monotonic() < until:
                    time.sleep(0.02)
                assert len(server.accepted) == 1
            finally:
                daemon.terminate()
                daemon.wait(20)
