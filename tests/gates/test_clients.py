"""caniemail: no mail uses what a mail program lacks, beyond the pairs that were looked at and kept in a file.

`make baseline` writes the file anew, from the mails of today; what changed in it is to be looked at and committed.
"""

import json
import os
from pathlib import Path

import client_support
import pytest

BASELINE = Path(__file__).parent / "clients_baseline.json"
FAULTS = {
    "display:flex": ("<p ", '<p data-new="" style="display:flex" '),
    "position": ("</head>", "<style>.new { position: absolute }</style></head>"),
    "<video> element": ("</p>", "</p><video></video>"),
}


def pairs(lacking):
    return {(feature, client) for feature, clients in lacking.items() for client in clients}


def listed(found):
    return {
        feature: sorted(client for each, client in found if each == feature)
        for feature in sorted({feature for feature, _ in found})
    }


@pytest.fixture(scope="module")
def lacking(node, mails):
    """All mails, and the first one with each of the faults."""
    asked = {name: mail.html for name, mail in mails.items()}
    html = mails["bulletin-en-10"].html
    answers = node("clients.mjs", asked | {name: html.replace(*change, 1) for name, change in FAULTS.items()})
    found = {name: pairs(answer) for name, answer in answers.items()}
    if os.environ.get("ACCEPT_BASELINE"):
        used = listed(set().union(*(found[name] for name in mails)))
        BASELINE.write_text(json.dumps(used, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def baseline(lacking):
    return pairs(json.loads(BASELINE.read_text(encoding="utf-8")))


def test_no_mail_needs_more_of_the_mail_programs_than_was_accepted(lacking, baseline, card, any_mail):
    new = sorted(lacking[any_mail.name] - baseline)
    card(any_mail, "Client support", "caniemail: new pairs of feature and client", new)


def test_nothing_is_accepted_that_no_mail_needs(lacking, baseline, mails):
    assert not listed(baseline - set().union(*(lacking[name] for name in mails)))


@pytest.mark.parametrize("feature", FAULTS)
def test_caniemail_catches_what_mail_programs_lack(lacking, baseline, feature):
    assert {each for each, _ in lacking[feature] - baseline} == {feature}


def test_what_the_check_knows_of_mail_programs_is_what_caniemail_says(node_modules):
    assert client_support.WRITTEN.read_text(encoding="utf-8") == client_support.written(), client_support.AGAIN
