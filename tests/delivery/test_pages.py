"""What the pages about sending say is true: their settings are read, their commands run, through a real Postfix."""

import re
import shlex
import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import sender

from digest.delivery.answers import About, meaning_of, repeated
from digest.delivery.transports.choosing import smtp_settings
from digest.delivery.transports.smtp.settings import Mechanism
from digest.settings.loading import load_settings

ROOT = Path(__file__).parents[2]


OLD = "delivery: {transport: files, path: out}\n"


def test_every_block_of_the_page_about_large_providers_is_read_and_leads_where_it_says(tmp_path):
    """What of it can be tried without an account with them; the answers that it quotes mean what it says."""
    text = (ROOT / "docs" / "how-to" / "providers.md").read_text()
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    settings = (folder / "digest.yaml").read_text()
    assert OLD in settings
    found = []
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        (folder / "digest.yaml").write_text(settings.replace(OLD, block))
        read = load_settings(folder / "digest.yaml")
        if read.mailbox is not None:
            found.append((read.mailbox.imap.host, read.mailbox.imap.port))
        else:
            smtp = read.delivery.smtp
            found.append((smtp.host, smtp.port, read.delivery.signs))
            made = smtp_settings(smtp, read.delivery.sending, recipients=5_000)
            uses_token = bool(smtp.token_command)
            assert (Mechanism.XOAUTH2 in made.mechanisms) is uses_token
    assert found == [
        ("smtp.gmail.com", 587, True),
        ("imap.gmail.com", 993),
        ("smtp.office365.com", 587, True),
        ("email-smtp.eu-west-1.amazonaws.com", 587, False),
        ("smtp.mailgun.org", 587, False),
        ("mail.example.org", 465, True),
    ]
    for quoted in re.findall(r"`([45]\d\d [^`]{6,})`", text):
        assert meaning_of(repeated(quoted)).about in (About.US, About.PASSING), quoted
    commands = re.findall(r"^\$ digest (.*)$", text, re.MULTILINE)
    assert commands == ["doctor --send-test"]


def test_the_page_about_providers_is_true(tmp_path, postfix):
    text = (ROOT / "docs" / "how-to" / "send-through-your-provider.md").read_text()
    provider, selector, rates, relay = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    settings = (folder / "digest.yaml").read_text()
    (folder / "digest.yaml").write_text(settings.replace(OLD, provider))
    read = load_settings(folder / "digest.yaml").delivery
    assert (read.smtp.host, read.smtp.port, read.smtp.security) == ("smtp.example.org", 587, "starttls")
    assert read.smtp.password_file == folder / "keys/smtp-password"
    whole = provider + "".join(each.removeprefix("delivery:\n") for each in (selector, rates))
    (folder / "digest.yaml").write_text(settings.replace(OLD, whole))
    read = load_settings(folder / "digest.yaml").delivery
    assert (read.selectors, read.sending.daily) == (("s2018",), 500)
    assert (read.sending.rates.overall, read.sending.rates.by_domain) == (10, {"example.org": 2})
    (folder / "digest.yaml").write_text(settings.replace(OLD, relay.replace("port: 25", f"port: {postfix.port}")))
    for line in re.findall(r"^\$ digest (.*)$", text, re.MULTILINE):
        sender.digest(folder, *shlex.split(line))
    postfix.wait_until_delivered(24, 60)
    (mail,) = postfix.maildir(next(iter(sender.ledger(folder))))
    assert "s=s2018" in message_from_bytes(mail, policy=default)["DKIM-Signature"]
