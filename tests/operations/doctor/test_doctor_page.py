"""What the page about warming up says is true: its records are right, its settings are read, its commands run."""

import re
import shlex
import shutil
from pathlib import Path

import sender
from faultrunning import thread
from rightrecords import right_records
from zoneserver import zones

from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.signatures import Sender, dmarc
from digest.operations.doctor.spf import spf
from digest.settings.loading import load_settings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "warm-up-a-new-domain.md").read_text(encoding="utf-8")
RELAY = "delivery:\n  transport: smtp\n  host: 127.0.0.1\n  port: {port}\n  security: none\n"
READERS = 24


def test_the_commands_of_the_page_run_in_its_order(tmp_path, dns_server):
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    (snippet,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    settings = (folder / "digest.yaml").read_text()
    with thread(tmp_path / "relay") as server:
        delivery = RELAY.format(port=server.port) + snippet
        (folder / "digest.yaml").write_text(settings.replace("delivery: {transport: files, path: out}\n", delivery))
        read = load_settings(folder / "digest.yaml").delivery
        assert (read.sending.rates.overall, read.sending.daily) == (2, 200)
        quick = delivery.replace("rate: 2 ", "rate: 1000 ")
        (folder / "digest.yaml").write_text((folder / "digest.yaml").read_text().replace(delivery, quick))
        accepted = []
        for line in re.findall(r"^\$ digest (.*)$", PAGE, re.MULTILINE):
            more = []
            if line == "doctor":
                host, port = dns_server(right_records(folder))
                more = ["--resolver", f"{host}:{port}"]
            sender.digest(folder, *shlex.split(line), *more)
            accepted.append(len(server.accepted))
    assert accepted[-3:] == [8, READERS, READERS]
    assert set(accepted[:-3]) == {0}


def test_the_other_commands_that_the_page_names_exist(tmp_path):
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    named = re.findall(r"`digest ((?:-q )?doctor.*?)`", PAGE)
    assert len(named) == 3
    for line in named:
        sender.digest(folder, *shlex.split(line))


def test_the_records_of_the_page_are_right(lookup):
    records = dict(re.findall(r"^\| `(\S+)` \| `(v=.*?)` \|", PAGE, re.MULTILINE))
    text = "\n".join(f"{name} TXT {value.replace('NAME', 'spf.example.net')}" for name, value in records.items())
    asked = lookup(f"{text}\nspf.example.net TXT v=spf1 ip4:192.0.2.0/24 -all")
    domain = "news.example.org"
    found = [
        *spf(asked, domain, None),
        *dmarc(asked, Sender(author=domain, envelope=domain, signing=domain), is_bulk=True),
    ]
    assert [each.level for each in found] == [Level.OK] * 3
    assert zones(text).records[f"_dmarc.{domain}", "TXT"]
