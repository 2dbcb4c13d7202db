"""Four independent parsers read the same in a message – subject, sender, both bodies – and what was meant."""

import base64
import email
import re
import subprocess
from email import policy

import pytest
from sample_mails import PICTURE

PARSERS = ("python", "mailparser", "postal-mime", "mblaze")
BODY = rb"(Content-Transfer-Encoding: quoted-printable\r\n\r\n)"
FAULTS = {
    "subject": (rb"(\r\nSubject: )", rb"\1Re: "),
    "from": (rb"(From: .*<)", rb"\1x"),
    "text": (BODY, rb"\1x"),
    "html": (rb"(text/html.*\r\n)" + BODY, rb"\1\2x"),
}


def body(text):
    """Line ends, and those at the end of a part, belong to the transport."""
    return text.replace("\r\n", "\n").rstrip("\n")


def reading(subject, sender, text, html):
    return {"subject": subject, "from": sender, "text": body(text), "html": body(html)}


def by_python(message):
    parsed = email.message_from_bytes(message, policy=policy.default)
    sender = parsed["From"].addresses[0]
    bodies = (parsed.get_body((kind,)).get_content() for kind in ("plain", "html"))
    return reading(parsed["Subject"], (sender.display_name, sender.addr_spec), *bodies)


def by_mblaze(head, show, path, parts="23"):
    def said(*command):
        return subprocess.run([*command], capture_output=True, check=True, timeout=60, cwd=path.parent).stdout.decode()

    subject, sender = (said(head, "-d", "-h", field, path).strip() for field in ("subject", "from"))
    name, _, address = sender.rpartition(" ")
    return reading(subject, (name, address.strip("<>")), *(said(show, "-O", path, part) for part in parts))


@pytest.fixture(scope="module")
def readings(mails, program, node, tmp_path_factory):
    """Parser → name → what it read: in every mail, and in one where something was changed."""
    usual = mails["bulletin-es-10"].message
    messages = {name: mail.message for name, mail in mails.items()}
    messages |= {field: re.sub(*change, usual, count=1) for field, change in FAULTS.items()}
    asked = {name: base64.b64encode(message).decode() for name, message in messages.items()}
    head, show = program("mhdr", "mblaze"), program("mshow", "mblaze")
    folder = tmp_path_factory.mktemp("messages")
    for name, message in messages.items():
        (folder / name).write_bytes(message)
    answers = node("parsers.mjs", asked)
    return {
        "python": {name: by_python(message) for name, message in messages.items()},
        "mblaze": {name: by_mblaze(head, show, folder / name) for name in messages},
    } | {
        parser: {
            name: reading(said["subject"], (said["from"]["name"], said["from"]["address"]), said["text"], said["html"])
            for name, said in ((name, answer[parser]) for name, answer in answers.items())
        }
        for parser in ("mailparser", "postal-mime")
    }


def different(mail, read):
    """The fields that were read otherwise than the renderer meant them."""
    sender = mail.content.newsletter.sender[mail.language]
    meant = reading(mail.subject, (sender.name, sender.address), mail.text, mail.html)
    return {field for field, said in meant.items() if said != read[field]}


@pytest.mark.parametrize("parser", PARSERS)
def test_every_parser_reads_what_was_written(readings, card, any_mail, parser):
    found = different(any_mail, readings[parser][any_mail.name])
    card(any_mail, "Standards", f"read otherwise by {parser}: fields", found)


def test_pictures_in_a_mail_disturb_no_parser_and_come_through_whole(carrying, program, node, tmp_path):
    message = carrying.message
    (tmp_path / "carrying").write_bytes(message)
    head, show = program("mhdr", "mblaze"), program("mshow", "mblaze")
    answers = node("parsers.mjs", {"carrying": base64.b64encode(message).decode()})["carrying"]
    read = {
        "python": by_python(message),
        "mblaze": by_mblaze(head, show, tmp_path / "carrying", parts="24"),
    } | {
        parser: reading(said["subject"], (said["from"]["name"], said["from"]["address"]), said["text"], said["html"])
        for parser, said in answers.items()
    }

    # Of these two one puts pictures that it finds into the page itself.
    pages = {parser: found.pop("html") for parser, found in read.items()}
    assert all(different(carrying, {**found, "html": body(carrying.html)}) == set() for found in read.values())
    assert pages["python"] == pages["mblaze"] == pages["postal-mime"] == body(carrying.html)
    assert PICTURE.address in pages["python"] or "data:" in pages["mailparser"]
    carried = subprocess.run(
        [show, "-O", tmp_path / "carrying", "5"], capture_output=True, check=True, timeout=60
    ).stdout
    assert carried == PICTURE.data
    [part] = [part for part in email.message_from_bytes(message).walk() if part.get_content_maintype() == "image"]
    assert (part["Content-ID"], part.get_payload(decode=True)) == (f"<{'0' * 32}@pictures.invalid>", PICTURE.data)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("field", FAULTS)
def test_every_parser_notices_a_change(readings, mails, parser, field):
    assert different(mails["bulletin-es-10"], readings[parser][field]) == {field}
