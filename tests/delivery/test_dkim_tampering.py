"""Changed mail: what a relay may do keeps the signature good; all else makes both verifiers refuse it."""

import re

import pytest
from dkim_mail import AT, DOMAIN, field_names, key_called, messages, variant
from dkim_verifiers import dkimpy_accepts, opendkim_accepts, records_of

from digest.delivery.dkim.canonical import OVERSIGNED, SIGNED
from digest.delivery.dkim.signing import Signer

MORE = (
    b"Sender: office@news.example.org\r\nAuto-Submitted: auto-generated\r\n"
    b"Content-Transfer-Encoding: 7bit\r\nCc: b@example.org\r\n"
)


@pytest.fixture(scope="module")
def message():
    return MORE + messages(1)[0]


@pytest.fixture(scope="module")
def signature(message):
    return Signer(DOMAIN, [key_called("s201807")]).prepare(variant(), AT).sign(message)


@pytest.fixture
def verdicts(signature, tmp_path):
    """What dkimpy and opendkim say of messages under the one signature."""

    def judge(changed):
        records = records_of([key_called("s201807")], DOMAIN)
        mails = [signature + each for each in changed]
        ours = [dkimpy_accepts(mail, records) for mail in mails]
        return list(zip(ours, opendkim_accepts(mails, records, tmp_path), strict=True))

    return judge


def all_of(accepted, changed, verdicts):
    """Name → changed message; every one must get the same answer from both."""
    assert changed
    found = dict(zip(changed, verdicts(list(changed.values())), strict=True))
    assert {name: said for name, said in found.items() if said != (accepted, accepted)} == {}


def covered_in(message):
    return [name for name in field_names(message) if name in {*OVERSIGNED, *SIGNED}]


def field_of(message, name):
    return re.search(rb"^%b: .*\r\n(?:[ \t].*\r\n)*" % name.encode(), message, re.MULTILINE).group()


def test_untouched_it_is_good(message, verdicts):
    assert verdicts([message]) == [(True, True)]


def test_a_change_in_any_covered_field_is_noticed(message, verdicts):
    names = covered_in(message)
    assert len(names) >= 15
    fields = {name: field_of(message, name) for name in names}
    all_of(False, {name: message.replace(f, f[:-2] + b"x\r\n", 1) for name, f in fields.items()}, verdicts)
    all_of(False, {name: message.replace(f, b"", 1) for name, f in fields.items() if name != "From"}, verdicts)


def test_a_second_field_below_is_noticed_whichever_it_is(message, verdicts):
    head, _, body = message.partition(b"\r\n\r\n")
    added = {name: head + b"\r\n" + name.encode() + b": x@example.org\r\n\r\n" + body for name in covered_in(message)}
    all_of(False, added, verdicts)


def test_a_second_field_above_is_noticed_for_all_that_readers_and_replies_depend_on(message, verdicts):
    all_of(False, {name: name.encode() + b": x@example.org\r\n" + message for name in OVERSIGNED}, verdicts)


def test_a_first_field_is_noticed_where_we_wrote_none(tmp_path):
    (bare,) = messages(1, None)
    key = key_called("s201807")
    signature = Signer(DOMAIN, [key]).sign(bare, AT)
    records = records_of([key], DOMAIN)
    absent = [name for name in OVERSIGNED if name not in field_names(bare)]
    assert set(absent) == {"Cc", "Content-Transfer-Encoding", "List-Unsubscribe-Post"}
    forged = [signature + name.encode() + b": base64\r\n" + bare for name in absent]
    assert [dkimpy_accepts(mail, records) for mail in forged] == [False] * 3
    assert opendkim_accepts(forged, records, tmp_path) == [False] * 3


def test_a_change_anywhere_in_the_body_is_noticed(message, verdicts):
    start = message.index(b"\r\n\r\n") + 4
    places = [*range(start, len(message), (len(message) - start) // 24), len(message) - 3]
    flipped = {place: message[:place] + bytes((message[place] ^ 1,)) + message[place + 1 :] for place in places}
    all_of(False, flipped, verdicts)
    end = {
        "a line more": message + b"x\r\n",
        "a line less": message[: message.rindex(b"\r\n", 0, -2) + 2],
        "nothing": message[:start],
        "an empty line in front": message[:start] + b"\r\n" + message[start:],
        "twice": message + message[start:],
    }
    all_of(False, end, verdicts)


def test_a_change_in_the_signature_is_noticed(message, signature, tmp_path):
    records = records_of([key_called("s201807")], DOMAIN)
    changes = [(b"t=1533481200", b"t=1533481201"), (b"relaxed/relaxed", b"relaxed/simple"), (b"From:From:", b"From:")]
    changes += [(b"bh=", b"bh=A"), (b" b=", b" b=A"), (b"v=1; ", b"v=1; l=10; ")]
    mails = [signature.replace(old, new, 1) + message for old, new in changes]
    assert all(mail != signature + message for mail in mails)
    assert [dkimpy_accepts(mail, records) for mail in mails] == [False] * len(mails)
    assert opendkim_accepts(mails, records, tmp_path) == [False] * len(mails)


def test_what_relays_do_to_white_space_and_case_is_allowed(message, verdicts):
    leaving = field_of(message, "List-Unsubscribe")
    changed = {
        "folded": message.replace(b"Precedence: bulk", b"Precedence:\r\n\t bulk"),
        "unfolded": message.replace(leaving, leaving.replace(b"\r\n ", b"  \t")[:-2] + b"\r\n"),
        "spaced": message.replace(b"MIME-Version: 1.0", b"MIME-Version: \t 1.0 \t"),
        "in capitals": message.replace(b"List-Id:", b"LIST-ID:").replace(b"From:", b"FROM:", 1),
        "empty lines at the end": message + b"\r\n \t\r\n\r\n",
        "white space at the end of lines": message.replace(b"=\r\n", b"= \t\r\n"),
        "traced": b"Received: from a by b; Sun, 05 Aug 2018 15:00:01 +0000\r\n" + message,
        "moved": message.removeprefix(MORE).replace(b"\r\n\r\n", b"\r\n" + MORE[:-2] + b"\r\n\r\n", 1),
    }
    assert all(each != message for each in changed.values())
    all_of(True, changed, verdicts)
