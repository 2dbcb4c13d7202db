"""Domains receive mail, and addresses have names that lead back to them."""

import pytest
from zoneserver import SERVFAIL, SILENT

from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.dns import Outlet, receiving, reverse_names

MAIL = """
    good.example MX 10 gone.example.
    good.example MX 20 mx.example.
    mx.example AAAA 2606:4700::1
    null.example MX 0 .
    dead.example MX 10 gone.example.
    address.example A 192.0.2.1
    nothing.example TXT x
    alias.example CNAME good.example.
    doubtful.example MX 10 mx.failing.example.
"""


@pytest.mark.parametrize(
    ("domain", "level", "word"),
    [
        ("good.example", Level.OK, "mx.example"),
        ("alias.example", Level.OK, "mx.example"),
        ("address.example", Level.OK, "192.0.2.1"),
        ("null.example", Level.FAIL, "takes no mail"),
        ("dead.example", Level.FAIL, "none of its mail servers"),
        ("nothing.example", Level.FAIL, "returned mail"),
        ("nowhere.example", Level.FAIL, "nowhere to go"),
        ("doubtful.example", Level.WARN, "could not be found out"),
        ("a.failing.example", Level.WARN, "could not be found out"),
        ("a.silent.example", Level.WARN, "could not be found out"),
    ],
)
def test_mail_has_somewhere_to_go(lookup, domain, level, word):
    silent = {"silent_example": SILENT} if "silent" in domain else {}
    asked = lookup(MAIL, failing_example=SERVFAIL, **silent)
    (diagnosis,) = receiving(asked, domain, "returned mail")
    assert diagnosis.level is level, diagnosis
    assert word in diagnosis.said


NAMES = """
    1.1.1.1.in-addr.arpa PTR mail.example.
    mail.example A 1.1.1.1
    2.1.1.1.in-addr.arpa PTR lie.example.
    lie.example A 1.1.1.99
    3.1.1.1.in-addr.arpa PTR first.example.
    3.1.1.1.in-addr.arpa PTR mail3.example.
    mail3.example A 1.1.1.3
    4.1.1.1.in-addr.arpa PTR x.silent.example.
    1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.4.6.0.6.2.ip6.arpa PTR six.example.
    six.example AAAA 2606:4700::1
"""


@pytest.mark.parametrize(
    ("address", "here", "elsewhere", "word"),
    [
        ("1.1.1.1", Level.OK, Level.OK, "mail.example"),
        ("2606:4700::1", Level.OK, Level.OK, "six.example"),
        ("1.1.1.3", Level.OK, Level.OK, "mail3.example"),
        ("1.1.1.2", Level.FAIL, Level.WARN, "does not lead back"),
        ("1.1.1.77", Level.FAIL, Level.WARN, "it has none"),
        ("1.1.1.4", Level.WARN, Level.WARN, "could not be found out"),
        ("10.0.0.1", Level.WARN, Level.WARN, "no public address"),
    ],
)
def test_a_reverse_name_leads_back(lookup, address, here, elsewhere, word):
    asked = lookup(NAMES, **({"silent_example": SILENT} if address == "1.1.1.4" else {}))
    for is_here, level in ((True, here), (False, elsewhere)):
        (diagnosis,) = reverse_names(asked, Outlet(addresses=(address,), is_here=is_here))
        assert diagnosis.level is level, diagnosis
        assert word in diagnosis.said
