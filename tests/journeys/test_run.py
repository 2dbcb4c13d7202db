"""`digest run` as cron calls it: quiet, safe to repeat, and never two of one edition."""

import hashlib
import os
import subprocess
import sys

import pytest

FIFTH = "2018-08-05T09:00"

REPORT_SOCKETS = """
import os, sys
def hook(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"):
        os.write(2, f"SOCKET {event}\\n".encode())
sys.addaudithook(hook)
"""


@pytest.fixture
def unattended(office):
    """An office whose newsletter begins in July and needs no approval."""
    settings = (office.folder / "digest.yaml").read_text()
    settings = settings.replace("approval: required", "approval: none\n    starts_on: 2018-07-01")
    office.write("digest.yaml", settings)
    return office


@pytest.fixture
def attended(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: required\n    starts_on: 2018-07-01"))
    return office


def editions(office):
    return {one["period"]: one["state"] for one in office.json("status")[0]["editions"]}


def tree(folder):
    """Every file with its time and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_all_that_is_due_goes_out_without_a_word(unattended):
    ran = unattended.run("run", "--now", FIFTH)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert {address: len(mails) for address, mails in unattended.messages().items()} == {
        "ana@example.org": 1,
        "ben@example.org": 1,
    }
    assert editions(unattended)["2018-07"] == "finished"


def test_running_again_changes_nothing(unattended):
    unattended.run("run", "--now", FIFTH)
    before = tree(unattended.folder / "out")
    for minute in ("09:00", "09:01", "23:59"):
        ran = unattended.run("run", "--now", f"2018-08-05T{minute}")
        assert (ran.stdout, ran.stderr) == ("", "")
    assert tree(unattended.folder / "out") == before


def test_before_its_time_nothing_goes(unattended):
    unattended.run("run", "--now", "2018-08-05T08:59")
    assert unattended.messages() == {}
    assert editions(unattended)["2018-07"] == "draft"


def test_verbose_says_what_was_done(unattended):
    assert "monthly/2018-07 went to 2 of 2 readers" in unattended.run("-v", "run", "--now", FIFTH).stderr


def test_an_edition_that_needs_approval_waits_says_so_once_and_goes_after_it(attended):
    told = attended.run("run", "--now", "2018-08-01T06:00").stderr
    assert "waits for approval and goes out at 2018-08-05 09:00 (America/Costa_Rica)" in told
    assert attended.run("run", "--now", "2018-08-02T06:00").stderr == ""
    late = attended.run("run", "--now", FIFTH, code=3)
    assert late.stderr.count("\n") == 1
    assert "nobody has approved it" in late.stderr
    assert attended.run("run", "--now", "2018-08-05T09:10", code=3).stderr == ""
    assert attended.messages() == {}
    attended.run("approve", "2018-07", "--by", "Marta")
    assert attended.run("run", "--now", "2018-08-05T09:20").stderr == ""
    assert len(attended.messages()) == 2


def test_an_approved_edition_is_refused_after_one_byte_of_it_changed(attended):
    attended.run("run", "--now", "2018-08-01T06:00")
    attended.run("approve", "2018-07", "--by", "Marta")
    mail = next((attended.folder / "editions/monthly/2018-07/variants").glob("*.html"))
    content = bytearray(mail.read_bytes())
    content[len(content) // 2] ^= 1
    mail.write_bytes(content)
    ran = attended.run("run", "--now", FIFTH, code=3)
    assert "not what was built" in ran.stderr
    assert attended.messages() == {}


def test_a_dry_run_says_what_would_happen_writes_nothing_and_opens_no_connection(unattended, tmp_path):
    unattended.run("run", "--now", "2018-08-01T06:00")
    (tmp_path / "sitecustomize.py").write_text(REPORT_SOCKETS)
    before = tree(unattended.folder)
    ended = subprocess.run(
        [sys.executable, "-m", "digest", "-C", str(unattended.folder), "run", "--dry-run", "--now", FIFTH],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert ended.returncode == 0, ended.stderr
    assert "would do: July 2018 – monthly/2018-07 went to 2 of 2 readers" in ended.stdout
    assert "SOCKET" not in ended.stderr
    assert tree(unattended.folder) == before
    assert unattended.messages() == {}


def test_a_dry_run_speaks_to_no_mail_server(unattended, tmp_path):
    settings = (unattended.folder / "digest.yaml").read_text()
    server = "delivery: {transport: smtp, host: 127.0.0.1, port: 9, security: none}"
    unattended.write("digest.yaml", settings.replace("delivery: {transport: files, path: out}", server))
    (tmp_path / "sitecustomize.py").write_text(REPORT_SOCKETS)
    for command in (["run", "--dry-run", "--now", FIFTH], ["rehearse", "--from", "2018-07", "--to", "2018-08"]):
        ended = subprocess.run(
            [sys.executable, "-m", "digest", "-C", str(unattended.folder), *command],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )
        assert (ended.returncode, "SOCKET" in ended.stderr) == (0, False), ended.stderr


def test_trouble_that_stops_a_run_is_told_on_one_line(unattended):
    unattended.run("run", "--now", "2018-08-01T06:00")
    (unattended.folder / "keys/secret").chmod(0o644)
    unattended.write("bulletins/more.en.txt", "5 July, 2018\n\nMore news\n\nText.\n")
    ran = unattended.run("run", "--now", FIFTH, code=78)
    assert ran.stderr.count("\n") == 1


def test_a_dry_run_in_a_fresh_workspace_leaves_not_even_a_database(unattended):
    before = tree(unattended.folder)
    unattended.run("run", "--dry-run", "--now", FIFTH)
    assert tree(unattended.folder) == before


@pytest.mark.parametrize("when", ["yesterday", "2018-13-01", "2018-08-05T25:00", ""])
def test_a_time_that_is_none_is_wrong_usage(unattended, when):
    assert "is no time" in unattended.run("run", "--now", when, code=2).stderr


HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_while_another_process_has_the_lock_a_run_leaves_at_once(unattended):
    unattended.run("run", "--now", "2018-08-01T06:00")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(unattended.folder / "sending.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        ran = unattended.run("run", "--now", FIFTH, code=75)
        assert "another digest process" in ran.stderr
        assert unattended.messages() == {}
    finally:
        holder.communicate()
    unattended.run("run", "--now", FIFTH)
    assert len(unattended.messages()) == 2


def test_one_bad_file_delays_no_edition_and_is_told_once(unattended):
    unattended.write("bulletins/broken.md", "---\ntitle: no end\n")
    first = unattended.run("run", "--now", FIFTH, code=4)
    assert "broken.md" in first.stderr
    assert first.stderr.count("\n") == 1
    assert len(unattended.messages()) == 2
    assert unattended.run("run", "--now", "2018-08-05T09:10", code=4).stderr == ""
    (unattended.folder / "bulletins/broken.md").unlink()
    assert unattended.run("run", "--now", "2018-08-05T09:20").stderr == ""


def test_bad_settings_stop_the_run_and_the_next_one_goes_on(unattended):
    settings = (unattended.folder / "digest.yaml").read_text()
    unattended.write("digest.yaml", settings.replace("every: month", "evry: month"))
    assert "did you mean 'every'" in unattended.run("run", "--now", FIFTH, code=78).stderr
    unattended.write("digest.yaml", settings)
    unattended.run("run", "--now", FIFTH)
    assert len(unattended.messages()) == 2


def test_a_clock_that_jumped_back_is_refused_in_plain_words(unattended, monkeypatch):
    from datetime import UTC, datetime, timedelta

    from digest.cli.invocation import FixedClock
    from digest.errors import PersonNeededError
    from digest.runs.run import run
    from digest.settings.instance import Instance

    now = datetime(2018, 7, 20, 12, tzinfo=UTC)
    run(Instance(unattended.folder, FixedClock(now)))
    run(Instance(unattended.folder, FixedClock(now - timedelta(minutes=59))))
    with pytest.raises(PersonNeededError, match="jumped back"):
        run(Instance(unattended.folder, FixedClock(now - timedelta(minutes=61))))
    run(Instance(unattended.folder, FixedClock(now + timedelta(minutes=1))))
    assert "jumped ahead" in unattended.json("status")[0]["clock"]  # as the machine has it now


def test_a_full_disk_is_named_and_the_next_run_goes_on(unattended):
    unattended.run("run", "--now", "2018-08-01T06:00")
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); sys.argv[0] = 'digest'; "
        "from digest.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", limited, "-C", str(unattended.folder), "run", "--now", FIFTH],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 73, ended.stderr
    assert "Traceback" not in ended.stderr
    unattended.run("run", "--now", FIFTH)
    assert {len(mails) for mails in unattended.messages().values()} == {1}


def test_an_empty_period_is_skipped_and_says_so(unattended):
    (unattended.folder / "bulletins/july.en.txt").unlink()
    unattended.write("bulletins/later.en.txt", "20 August, 2018\n\nLater news\n\nText.\n")
    assert unattended.run("run", "--now", FIFTH).stderr == ""
    assert editions(unattended)["2018-07"] == "skipped"


def test_one_newsletter_in_trouble_stops_no_other(unattended):
    settings = (unattended.folder / "digest.yaml").read_text()
    second = settings[settings.index("  monthly:") : settings.index("subscribers:")].replace("  monthly:", "  another:")
    unattended.write("digest.yaml", settings.replace("subscribers:", second + "subscribers:", 1))
    listed = (unattended.folder / "subscribers.yaml").read_text()
    unattended.write("subscribers.yaml", listed.replace("{address", "{newsletter: monthly, address"))
    ran = unattended.run("run", "--now", FIFTH, code=3)  # nobody is subscribed to the second
    assert "another/2018-07" in ran.stderr
    assert len(unattended.messages()) == 2


def test_a_closed_draft_takes_corrections_and_withdrawals_but_no_new_story(unattended):
    unattended.run("run", "--now", "2018-08-01T09:00")
    listing = (unattended.folder / "bulletins/july.en.txt").read_text()
    corrected = listing.replace("learn to spot forged papers", "learn to spot false papers")
    kept = corrected[: corrected.index("4 July, 2018")]
    unattended.write("bulletins/july.en.txt", kept + "9 July, 2018\n\nA story that came later\n\nNew words.\n")
    ran = unattended.run("-v", "run", "--now", FIFTH)
    assert "texts in it were corrected or taken back" in ran.stderr
    (mail,) = unattended.messages()["ben@example.org"]
    told = mail.get_body(("plain",)).get_content()
    assert "learn to spot false papers" in told
    assert "Tijuana" not in told
    assert "A story that came later" not in told
