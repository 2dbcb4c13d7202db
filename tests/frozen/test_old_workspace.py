"""A workspace of version 0.1.0 opens, migrates and goes on: June was sent, July is approved, August is a draft.

`old_workspace/` was made by that version and is not made anew: its database as SQL, and in `recorded.json` the codes
and the Message-IDs that the same version went on to use. The secret is made up.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

OLD = Path(__file__).with_name("old_workspace")
RECORDED = json.loads((OLD / "recorded.json").read_text())
READERS = {"ana@example.org", "ben@example.org", "dan@example.com"}
OFFICE = "-C office"


@pytest.fixture
def old(desk):
    shutil.copytree(OLD, desk.office, ignore=shutil.ignore_patterns("digest.sql", "recorded.json"))
    (desk.office / "keys" / "secret").chmod(0o600)
    with closing(sqlite3.connect(desk.office / "digest.db")) as database:
        database.executescript((OLD / "digest.sql").read_text())
    (desk.office / "digest.db").chmod(0o600)
    desk.at = "2018-08-08 15:00:00"
    return desk


def sent(desk):
    """Edition → reader → Message-ID; nobody has two of one edition."""
    found = {}
    for reader, mails in desk.messages().items():
        for path, mail in mails:
            assert (
                found.setdefault(f"monthly/{path.parent.name}", {}).setdefault(reader, mail["Message-ID"])
                == (mail["Message-ID"])
            )
    assert sum(map(len, found.values())) == sum(map(len, desk.messages().values()))
    return found


def standing(desk):
    """Period → state."""
    (monthly,) = json.loads(desk.run(f"{OFFICE} status --json --all", code=0))
    return {one["period"]: one["state"] for one in monthly["editions"]}


def codes(desk):
    return {part["part"]: part["code"] for part in json.loads(desk.run(f"{OFFICE} review 2018-08 --json", code=0))}


def test_an_old_workspace_goes_on_and_sends_nothing_twice(old, bounced):
    recorded = RECORDED["message_ids"]
    old.run(f"{OFFICE} status", code=0)
    assert standing(old) == {"2018-06": "finished", "2018-07": "sealed", "2018-08": "draft, window open"}
    given = codes(old)
    assert not set(given.values()) & set(RECORDED["codes"].values())  # those of old were made without the key
    for part, code in RECORDED["codes"].items():
        old.run(f"{OFFICE} approve 2018-08 --part {part} --by Ana --code {code}", code=3)
    old.run(f"{OFFICE} send 2018-06 --yes", code=0)
    assert sent(old) == {}
    old.run(f"{OFFICE} run", code=0)
    assert sent(old) == {"monthly/2018-07": recorded["monthly/2018-07"]}
    for command in ("run", "send 2018-07 --yes", "send 2018-06 --yes"):
        old.run(f"{OFFICE} {command}", code=0)
    assert sent(old) == {"monthly/2018-07": recorded["monthly/2018-07"]}

    old.at = "2018-09-05 15:00:00"
    old.run(f"{OFFICE} run", code=3)
    assert codes(old).keys() == RECORDED["codes"].keys()  # drafted anew at the end of its window, in today's look
    old.run(f"{OFFICE} check 2018-08", code=0)
    old.run(f"{OFFICE} approve 2018-08 --by Marta --code CODE", code=0)
    old.run(f"{OFFICE} run", code=0)
    old.run(f"{OFFICE} run", code=0)
    assert sent(old) == {name: recorded[name] for name in ("monthly/2018-07", "monthly/2018-08")}
    assert set(standing(old).values()) == {"finished"}

    for edition in recorded:
        rows = json.loads(old.run(f"{OFFICE} deliveries list {edition} --json", code=0))
        deliveries = rows["deliveries"] if isinstance(rows, dict) else rows
        assert {one["address"]: one["state"] for one in deliveries} == dict.fromkeys(READERS, "sent")
        old.run(f"{OFFICE} report {edition} --json", code=0)
    # The first edition's messages are not here, but the old key still knows their Message-IDs.
    for reader, message_id in recorded["monthly/2018-06"].items():
        said = old.run(f"{OFFICE} mailbox - --dry-run", stdin=bounced(reader, message_id), code=0)
        assert "– monthly/2018-06)" in said
    old.keep_fingerprints("office/editions", "office/out")
    old.compare()
