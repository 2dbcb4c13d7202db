"""An edition of the demo goes to 400 readers through a real Postfix into Maildirs, each person once."""

import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sender import digest

ROOT = Path(__file__).parents[2]
READERS = 400


@pytest.fixture
def workspace(tmp_path, postfix):
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    settings = (folder / "digest.yaml").read_text()
    settings = settings.replace(
        "delivery: {transport: files, path: out}",
        f"delivery: {{transport: smtp, host: {postfix.host}, port: {postfix.port}, security: none, "
        "return_path: bounces@news.example.org}",
    )
    (folder / "digest.yaml").write_text(settings)
    rows = "\n".join(
        f"  - {{address: reader{n}@example.org, language: {'en' if n % 2 else 'es'}, "
        f"audiences: [{'regional' if n % 3 else 'guatemala'}]}}"
        for n in range(READERS)
    )
    (folder / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")
    return folder


def test_an_edition_reaches_400_maildirs_each_person_once(workspace, postfix):
    digest(workspace, "build", "--period", "2018-07")
    digest(workspace, "approve", "2018-07", "--by", "Marta")
    digest(workspace, "dkim", "keygen", "--selector", "s201807", "--domain", "news.example.org")
    sent = digest(workspace, "send", "2018-07", "--yes")
    assert "finished; 400 readers: 400 sent" in sent.stdout
    postfix.wait_until_delivered(READERS, 120)
    for n in range(READERS):
        (letter,) = postfix.maildir(f"reader{n}@example.org")
        message = message_from_bytes(letter, policy=default)
        assert message["To"].addresses[0].addr_spec == f"reader{n}@example.org"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Return-Path"].startswith("<bounces+")
        assert "d=news.example.org" in message["DKIM-Signature"]
    again = digest(workspace, "send", "2018-07", "--yes")
    assert "400 sent" in again.stdout
    assert postfix.queued == 0
    assert postfix.delivered == READERS
    assert "400" in digest(workspace, "report", "2018-07").stdout
