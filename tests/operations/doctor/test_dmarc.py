"""DMARC: where the record is, whether it counts, and whether anything vouches for the From."""

import pytest
from zoneserver import SERVFAIL, SILENT

from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.signatures import Sender, dmarc, organisation_of

AUTHOR = "news.example.org"
GOOD = "_dmarc.example.org TXT v=DMARC1; p=none; rua=mailto:a@example.org"


def judged(lookup, text, sender=None, *, is_bulk=False, **broken):
    given = sender or Sender(author=AUTHOR, envelope=AUTHOR, signing=AUTHOR)
    return tuple(dmarc(lookup(text, **broken), given, is_bulk=is_bulk))


@pytest.mark.parametrize(
    ("text", "level", "word"),
    [
        (GOOD, Level.OK, "policy none, from _dmarc.example.org"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=reject; rua=mailto:a@example.org\n{GOOD}", Level.OK, "policy reject,"),
        (f"{GOOD}; sp=quarantine", Level.OK, "policy quarantine"),
        (f"_dmarc.{AUTHOR} TXT V=dmarc1 ; P=NONE; RUA=mailto:a@example.org", Level.OK, "policy none"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; rua=mailto:a@example.org", Level.OK, "policy none"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=none", Level.WARN, "reports"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=none; rua=a@example.org", Level.WARN, "rua="),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=reject; t=y; rua=mailto:a@example.org", Level.WARN, "testing"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=none; adkim=relaxed; rua=mailto:a@example.org", Level.WARN, "adkim"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1", Level.FAIL, "p= is missing"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=monitor", Level.FAIL, "p=monitor"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=none; p=none", Level.FAIL, "twice"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p none", Level.FAIL, "no tag"),
        (f"_dmarc.{AUTHOR} TXT p=none; v=DMARC1", Level.FAIL, "begin"),
        (f"_dmarc.{AUTHOR} TXT v=DMARC1; p=none\n_dmarc.{AUTHOR} TXT v=DMARC1; p=reject", Level.FAIL, "2 records"),
        (f"_dmarc.{AUTHOR} TXT something else\n{GOOD}", Level.OK, "from _dmarc.example.org"),
        ("example.org TXT x", Level.WARN, "no record"),
    ],
)
def test_records_are_judged_as_receivers_do(lookup, text, level, word):
    record, alignment = judged(lookup, text)
    assert record.level is level, record
    assert word in record.said
    assert alignment.level is Level.OK


def test_who_sends_much_must_have_a_record(lookup):
    assert judged(lookup, "example.org TXT x", is_bulk=True)[0].level is Level.FAIL


STRICT = GOOD + "; adkim=s; aspf=s"


@pytest.mark.parametrize(
    ("text", "envelope", "signing", "level", "word"),
    [
        (GOOD, AUTHOR, AUTHOR, Level.OK, "and so does"),
        (GOOD, "bounces.example.org", AUTHOR, Level.OK, "and so does"),
        (STRICT, "bounces.example.org", AUTHOR, Level.OK, "vouches for it"),
        (GOOD, "bounces.example.net", "example.org", Level.OK, "d=example.org"),
        (STRICT, "bounces.example.org", "example.org", Level.FAIL, "nothing vouches"),
        (GOOD, "bounces.example.net", None, Level.FAIL, "not signed"),
        (GOOD, "bounces.example.net", "example.com", Level.FAIL, "d=example.com"),
        (GOOD, "bounces.example.org", None, Level.WARN, "forwarded"),
        (STRICT, AUTHOR, "example.org", Level.WARN, "forwarded"),
        ("x.example TXT x", "example.org", None, Level.FAIL, "nothing vouches"),
    ],
)
def test_alignment_follows_the_organisation_or_the_exact_domain(lookup, text, envelope, signing, level, word):
    *_, alignment = judged(lookup, text, Sender(author=AUTHOR, envelope=envelope, signing=signing))
    assert alignment.level is level, alignment
    assert word in alignment.said


@pytest.mark.parametrize("how", [SERVFAIL, SILENT])
def test_what_dns_does_not_say_is_a_warning_and_no_claim(lookup, how):
    sender = Sender(author=AUTHOR, envelope="bounces.example.org", signing=None)
    record, alignment = judged(lookup, GOOD, sender, is_bulk=True, example_org=how)
    assert (record.level, alignment.level) == (Level.WARN, Level.WARN)
    assert "could not be found out" in record.said
    assert "could not be found out" in alignment.said


@pytest.mark.parametrize(
    ("text", "domain", "organisation"),
    [
        ("_dmarc.example.org TXT v=DMARC1; p=none", "a.b.example.org", "example.org"),
        ("_dmarc.b.example.org TXT v=DMARC1; p=none", "a.b.example.org", "b.example.org"),
        ("_dmarc.b.example.org TXT v=DMARC1; p=none; psd=n\n_dmarc.example.org TXT v=DMARC1; p=none",
         "a.b.example.org", "b.example.org"),
        ("_dmarc.gov.example TXT v=DMARC1; p=none; psd=y", "mail.office.gov.example", "office.gov.example"),
        ("_dmarc.gov.example TXT v=DMARC1; p=none; psd=y", "gov.example", "gov.example"),
        ("other.example TXT x", "a.b.example.org", "a.b.example.org"),
        ("_dmarc.example.org TXT v=DMARC1; p=none", "a.b.c.d.e.f.g.h.i.j.example.org", "example.org"),
        ("_dmarc.j.example.org TXT v=DMARC1; p=none", "a.b.c.d.e.f.g.h.i.j.example.org", "j.example.org"),
    ],
)  # fmt: skip
def test_the_organisation_is_found_by_walking_up(lookup, text, domain, organisation):
    assert organisation_of(lookup(text), domain) == organisation
