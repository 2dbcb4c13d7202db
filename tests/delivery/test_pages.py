"""What the pages about sending say is true: their settings are read, their commands run, through a real Postfix."""

import re
import shlex
import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import sender

from digest.settings.loading import load_settings

ROOT = Path(__file__).parents[2]


def test_the_page_about_providers_is_true(tmp_path, postfix):
    text = (ROOT / "docs" / "how-to" / "send-through-your-provider.md").read_text()
    provider, selector, rates, relay = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    settings = (folder / "digest.yaml").read_text()
    old = "delivery: {transport: files, path: out}\n"
    (folder / "digest.yaml").write_text(settings.replace(old, provider))
    read = load_settings(folder / "digest.yaml").delivery
    assert (read.smtp.host, read.smtp.port, read.smtp.security) == ("smtp.example.org", 587, "starttls")
    assert read.smtp.password_file == folder / "keys/smtp-password"
    whole = provider + "".join(each.removeprefix("delivery:\n") for each in (selector, rates))
    (folder / "digest.yaml").write_text(settings.replace(old, whole))
    read = load_settings(folder / "digest.yaml").delivery
    assert (read.selectors, read.sending.daily) == (("s2018",), 500)
    assert (read.sending.rates.overall, read.sending.rates.by_domain) == (10, {"example.org": 2})
    (folder / "digest.yaml").write_text(settings.replace(old, relay.replace("port: 25", f"port: {postfix.port}")))
    for line in re.findall(r"^\$ digest (.*)$", text, re.MULTILINE):
        sender.digest(folder, *shlex.split(line))
    postfix.wait_until_delivered(24, 60)
    (mail,) = postfix.maildir(next(iter(sender.ledger(folder))))
    assert "s=s2018" in message_from_bytes(mail, policy=default)["DKIM-Signature"]
