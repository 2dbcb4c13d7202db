"""The page “Without a web server” is true: its settings are read, its commands run, with a real IMAP server."""

import re
import shlex
import shutil
from pathlib import Path

import dovecot as servers
import pytest
from dovecot import PASSWORD, USER
from office import Office

from digest.settings.loading import load_settings

ROOT = Path(__file__).parents[2]
PAGE, SPANISH_PAGE = (
    (ROOT / "docs" / "how-to" / name).read_text() for name in ("without-a-web-server.md", "sin-servidor-web.md")
)
SETTINGS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [shlex.split(line) for line in re.findall(r"^\$ digest (.*)$", PAGE, re.MULTILINE)]


def seeded(folder, more):
    """The sample workspace without the pages on the web."""
    shutil.copytree(ROOT / "seeds", folder)
    written = (folder / "digest.yaml").read_text()
    written = written.replace("public_url: https://bulletin.example.org", "")
    if "delivery:" in more:
        written = written.replace("delivery: {transport: files, path: out}", "")
    (folder / "digest.yaml").write_text(written + more)
    return Office(folder)


def test_the_spanish_page_has_the_same_settings_commands_and_sections():
    def parts(page):
        blocks = re.findall(r"```\w+\n(.*?)```", page, re.DOTALL)
        plain = [re.sub(r" +#.*", "", block).replace("canario@", "canary@") for block in blocks]
        return plain, len(re.findall(r"^#", page, re.MULTILINE)), len(re.findall(r"^\|", page, re.MULTILINE))

    assert parts(SPANISH_PAGE) == parts(PAGE)


@pytest.mark.parametrize("more", SETTINGS)
def test_its_settings_are_understood(tmp_path, more):
    office = seeded(tmp_path / "office", more)
    found = load_settings(office.folder / "digest.yaml")
    assert found.mailbox.has_place
    assert found.public_url is None


def test_its_commands_run_and_a_reader_leaves_by_the_link_in_their_mail(tmp_path):
    if sentence := servers.missing():
        pytest.fail(sentence)
    with servers.running() as dovecot:
        mailbox = (
            SETTINGS[0]
            .partition("mailbox:")[2]
            .replace("host: imap.example.org", f"host: 127.0.0.1\n    port: {dovecot.tls}")
        )
        mailbox = mailbox.replace(
            "username: comms@example.org", f"username: {USER}\n    certificates: {dovecot.certificate.file}"
        )
        office = seeded(tmp_path / "office", f"mailbox:{mailbox}")
        office.run("build", "--period", "july")
        office.run("approve", "july", "--by", "Marta")
        office.run("send", "july", "--yes")
        (office.folder / "keys" / "mail-password").write_text(f"{PASSWORD}\n")
        (office.folder / "keys" / "mail-password").chmod(0o600)
        reader = "migracion.guate@example.org"
        address, _, subject = (
            office.sent(reader)["List-Unsubscribe"].strip("<>").removeprefix("mailto:").partition("?subject=")
        )
        dovecot.put(
            f"From: <{reader}>\nTo: {address}\nSubject: {subject}\nMessage-ID: <1@example.org>\n\n\n",
            "From: <press@example.com>\nTo: comms@example.org\nSubject: May I quote you?\n\nHello\n",
        )
        said = {" ".join(words[:2]): office.run(*words) for words in COMMANDS}
        assert "This was a dry run" in said["mailbox --dry-run"]
        assert "1 person has left as they asked. 1 was told so by mail. 1 message was passed on." in said["mailbox"]
        assert "because they asked" in said[f"explain {reader}"]
        assert re.search(r"Returned +0", said["report july"])
        assert dovecot.flags() == {}
        assert len(dovecot.flags("digest-done")) == 2
        assert office.gets(reader) == []
