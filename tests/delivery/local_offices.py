"""Offices whose mail leaves without a mail server of the network: what they need, and what was taken from them."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path

import sender
import yaml
from acceptances import Acceptance

TAKE = """#!/bin/sh
# Takes a message as sendmail does: all of it or nothing, then says so.
mkdir -p {folder}/new {folder}/tmp
{{ printf '%s\\n' "$#" "$@"; cat; }} > {folder}/tmp/$$
mv {folder}/tmp/$$ {folder}/new/$$.$(date +%N)
{more}
"""


def office(template: Path, folder: Path, delivery: Mapping[str, object], people: Sequence[object]) -> Path:
    """A copy of a sealed workspace (`conftest.sealed_template`) with a delivery of its own. `people` are addresses or
    whole rows of the subscriber file.
    """
    shutil.copytree(template, folder)
    shutil.rmtree(folder / "keys" / "dkim", ignore_errors=True)
    settings = yaml.safe_load((folder / "digest.yaml").read_text())
    (folder / "digest.yaml").write_text(yaml.safe_dump({**settings, "delivery": dict(delivery)}))
    rows = [each if isinstance(each, dict) else {"address": each} for each in people]
    listed = [{"audiences": ["regional"], **row} for row in rows]
    (folder / "subscribers.yaml").write_text(yaml.safe_dump({"subscribers": listed}, allow_unicode=True))
    return folder


def readers(count: int) -> list[str]:
    return [sender.address(number) for number in range(count)]


def taker(folder: Path, more: str = "") -> Path:
    """A program like sendmail that keeps what it takes in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "taker"
    path.write_text(TAKE.format(folder=folder, more=more))
    path.chmod(0o755)
    return path


def taken(folder: Path) -> list[tuple[list[str], bytes]]:
    """Arguments and message of each run of the taker."""
    found = []
    for path in sorted((folder / "new").glob("*")):
        count, _, rest = path.read_bytes().partition(b"\n")
        *arguments, message = rest.split(b"\n", int(count))
        found.append(([each.decode() for each in arguments], message))
    return found


def accepted_by_taker(folder: Path) -> list[Acceptance]:
    return [_acceptance(arguments[2], arguments[-1], message) for arguments, message in taken(folder)]


def accepted_in_maildir(folder: Path) -> list[Acceptance]:
    found = []
    for path in (*(folder / "new").iterdir(), *(folder / "cur").iterdir()):
        message = path.read_bytes()
        head = message_from_bytes(message)
        found.append(_acceptance(str(head["Return-Path"]), str(head["Delivered-To"]), message))
    return found


def accepted_as_files(folder: Path) -> list[Acceptance]:
    """A file has no envelope: the recipient is whom it is to."""
    messages = [path.read_bytes() for path in folder.rglob("*.eml")]
    return [_acceptance("", parseaddr(str(message_from_bytes(each)["To"]))[1], each) for each in messages]


def _acceptance(sender_: str, recipient: str, message: bytes) -> Acceptance:
    return Acceptance(
        number=0,
        at=0.0,
        connection=0,
        sender=sender_,
        recipient=recipient,
        message_id=str(message_from_bytes(message)["Message-ID"]),
        fingerprint=hashlib.sha256(message).hexdigest(),
        size=len(message),
        reply="",
    )
