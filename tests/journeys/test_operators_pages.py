"""The pages for operators, word for word: their commands, and their snippets given to Debian's own cron and systemd.

Each test gets a machine of its own: a mount and process namespace in which /etc and the places for programs may be
written, and in which the paths of the pages exist. Nothing outside is touched.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("digest")
SNIPPETS = ROOT / "docs" / "service"
HOW_TO = ROOT / "docs" / "how-to"
PAGES = [HOW_TO / name for name in ("run-it-from-cron.md", "run-it-as-a-service.md")]
SHOWING = [
    *PAGES,
    *(HOW_TO / name for name in ("put-the-pages-on-the-web.md", "pon-las-paginas-en-la-web.md")),
]
TOOLS = {
    "/usr/sbin/cron": "cron",
    "/usr/sbin/logrotate": "logrotate",
    "/usr/bin/systemd-analyze": "systemd",
    "/usr/bin/unshare": "util-linux",
}
# Without a running systemd `systemctl` can only write its links; the rest of it is not ours.
SYSTEMCTL = (
    '#!/bin/sh\n[ "$1" = enable ] && [ "$2" = --now ] && shift 2 && exec /bin/systemctl --root=/ enable "$@"\nexit 1\n'
)
SENDMAIL = '#!/bin/sh\necho "$@" > "/srv/mail/$$.arguments"; exec cat > "/srv/mail/$$.mail"\n'
PREPARE = """
set -eu
mount --make-rprivate /
mount -t tmpfs none "$PLACE"
for folder in /etc /usr/sbin /usr/local/bin; do
    mkdir -p "$PLACE$folder/upper" "$PLACE$folder/work"
    options="lowerdir=$folder,upperdir=$PLACE$folder/upper,workdir=$PLACE$folder/work"
    mount -t overlay none -o "$options" "$folder"
done
mount --bind "$SRV" /srv
mount -t tmpfs none /run
mount -t tmpfs none /var/spool/cron
install -d -m 1730 /var/spool/cron/crontabs
rm -rf /etc/cron.d/* /usr/local/bin/digest /usr/sbin/sendmail
: > /etc/crontab
ln -s "$PROGRAM" /usr/local/bin/digest
useradd --system digest
cp /srv/tools/systemctl /usr/local/bin/systemctl
cp /srv/tools/sendmail /usr/sbin/sendmail
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin
unset DIGEST_WORKSPACE
cd /srv/service
"""


@pytest.fixture(scope="module", autouse=True)
def _tools():
    missing = [package for path, package in TOOLS.items() if not Path(path).exists()]
    if missing:
        pytest.fail(f"missing: install them with `apt-get install {' '.join(missing)}`")
    if os.geteuid():
        sentence = "only root can make a machine of its own for the test"
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)


class Machine:
    def __init__(self, folder, office):
        self.srv, self.office = folder / "srv", folder / "srv" / "office"
        self.srv.mkdir()
        (folder / "place").mkdir()
        shutil.copytree(SNIPPETS, self.srv / "service")
        (self.srv / "mail").mkdir()
        (self.srv / "tools").mkdir()
        for name, script in (("systemctl", SYSTEMCTL), ("sendmail", SENDMAIL)):
            (self.srv / "tools" / name).write_text(script)
            (self.srv / "tools" / name).chmod(0o755)
        shutil.copytree(office, self.office)
        self.environment = {
            **os.environ,
            "PLACE": str(folder / "place"),
            "SRV": str(self.srv),
            "PROGRAM": str(PROGRAM),
        }

    def start(self, script):
        return subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", PREPARE + script],
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, script, code=0):
        process = self.start(script)
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == code, stdout + stderr
        return stdout + stderr


@pytest.fixture
def machine(office, tmp_path):
    """With an office whose last month is due."""
    # Of the office's month, which begins hours after that of Greenwich; the sending is weeks from either end.
    last = datetime.now(ZoneInfo("America/Costa_Rica")).date().replace(day=1) - timedelta(days=1)
    settings = (office.folder / "digest.yaml").read_text()
    settings = settings.replace("approval: required", f"approval: none\n    starts_on: {last.replace(day=1)}")
    office.write("digest.yaml", settings.replace("day 5 at 09:00", "day 1 at 00:00"))
    listing = (office.folder / "bulletins" / "july.en.txt").read_text()
    office.write("bulletins/july.en.txt", re.sub(r"\d July, 2018", f"{last:%-d %B, %Y}", listing))
    return Machine(tmp_path, office.folder)


def commands(page):
    """All that stands behind a `$` on the page."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines), "these pages show no output"
    return [line.removeprefix("$ ") for line in lines]


@pytest.mark.parametrize("page", SHOWING, ids=lambda page: page.stem)
def test_the_pages_show_the_snippets_as_they_are(page):
    text = page.read_text(encoding="utf-8")
    shown = re.findall(r"\]\(\.\./service/([^)]+)\)", text)
    assert shown
    for name in shown:
        assert f"\n{(SNIPPETS / name).read_text()}```" in text, name


def test_every_snippet_is_named_on_a_page():
    text = "".join(page.read_text(encoding="utf-8") for page in HOW_TO.glob("*.md"))
    assert all(f"](../service/{path.name})" in text for path in SNIPPETS.iterdir())


@pytest.mark.xdist_group("machine")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_the_pages_run(machine, page):
    lines = commands(page)
    assert any(line.startswith("digest ") for line in lines)
    said = machine.run("\n".join(f"echo '{line}' && {line}" for line in lines))
    assert "error" not in said.lower()
    assert lines[-1] in said


@pytest.mark.xdist_group("machine")
def test_the_units_are_what_systemd_understands_and_confine_the_program(machine):
    """The exposure that systemd works out goes from 0 (none) to 10."""
    machine.run(
        "cp *.service *.timer /etc/systemd/system/\n"
        "for unit in /srv/service/*.service /srv/service/*.timer; do\n"
        '  systemd-analyze verify --man=no "$unit" 2>/srv/said; cat /srv/said >&2; ! test -s /srv/said\n'
        "done\n"
        "for unit in *.service; do\n"
        '  systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" >/dev/null\n'
        "done\n"
        "systemctl enable --now digest-daemon.service\n"
        "systemctl enable --now digest-run.timer\n"
        "test -L /etc/systemd/system/multi-user.target.wants/digest-daemon.service\n"
        "test -L /etc/systemd/system/timers.target.wants/digest-run.timer\n"
    )


@pytest.mark.xdist_group("machine")
def test_a_unit_that_systemd_does_not_understand_is_noticed(machine):
    unit = machine.srv / "service" / "digest-daemon.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=2min", "WatchDogSec=2min"))
    assert "WatchDogSec" in machine.run("systemd-analyze verify --man=no ./digest-daemon.service")


@pytest.mark.xdist_group("machine")
def test_logs_are_turned_over(machine):
    log = machine.office / "log"
    log.mkdir()
    (log / "run.log").write_text("digest: a line\n" * 10)
    machine.run(
        "chown -R digest:digest /srv/office/log\n"
        "chmod go-w /srv /srv/office /srv/office/log\n"
        "chmod 0644 digest.logrotate\n"
        "logrotate --force --state /srv/office/log/state digest.logrotate\n"
        "test -e /srv/office/log/run.log.1\n"
        'test "$(stat -c %a-%U-%s /srv/office/log/run.log)" = 600-digest-0\n'
    )


@pytest.mark.xdist_group("machine")
def test_debians_cron_runs_the_documented_line_and_mails_only_trouble(machine):
    """Every minute instead of every fifth; a second office has a file that cannot be read."""
    crontab = machine.srv / "service" / "digest.crontab"
    (line,) = re.findall(r"(?m)^\*/5 (.*)$", crontab.read_text())
    written = crontab.read_text().replace("*/5 ", "* ")
    crontab.write_text(written + "* " + line.replace("/srv/office", "/srv/second") + "\n")
    shutil.copytree(machine.office, machine.srv / "second")
    (machine.srv / "second" / "bulletins" / "bad.docx").write_bytes(b"this is no Word file")
    for office in ("office", "second"):
        (machine.srv / office / "log").mkdir()
    process = machine.start("crontab digest.crontab\nexec cron -f\n")
    try:
        end = time.monotonic() + 150
        while not list((machine.srv / "mail").glob("*.mail")) or not list((machine.office / "out").rglob("*.eml")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.2)
        time.sleep(0.5)  # the mail is written in one go, but not at once
    finally:
        process.kill()  # and with it all that was started in there
        process.communicate()
    assert len(list((machine.office / "out").rglob("*.eml"))) == 2
    assert (machine.office / "log" / "run.log").read_text() == ""
    (mail,) = (machine.srv / "mail").glob("*.mail")
    assert "operator@example.org" in mail.with_suffix(".arguments").read_text()
    head, _, body = mail.read_text().partition("\n\n")
    assert "/srv/second" in head
    assert "To: operator@example.org" in head
    (said,) = body.strip().splitlines()
    assert "bad.docx" in said
    assert (machine.srv / "second" / "log" / "run.log").read_text() == body
