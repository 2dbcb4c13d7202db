"""DKIM: the record equals the key, or it is said what is wrong with it."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from zoneserver import SERVFAIL, SILENT

from digest.delivery.dkim.keys import make_key, record_of
from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.signatures import ExpectedKey, dkim

DOMAIN = "news.example.org"
NAME = f"s2018._domainkey.{DOMAIN}"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {"rsa": make_key(folder, "s2018", 2048), "ed25519": make_key(folder, "e2018", None)}


@pytest.fixture(scope="module")
def other():
    public = generate_private_key(65537, 1024).public_key()  # noqa: S505 – a weak one is wanted
    return b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def judged(lookup, key, text, **broken):
    algorithm = key.algorithm.partition("-")[0]
    expected = ExpectedKey(name=record_of(key, DOMAIN).name, algorithm=algorithm, public=key.public)
    (diagnosis,) = dkim(lookup(text, **broken), DOMAIN, expected)
    assert bool(diagnosis.fix) is (diagnosis.level is not Level.OK)
    return diagnosis


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_record_that_keygen_prints_is_right(lookup, keys, kind):
    record = record_of(keys[kind], DOMAIN)
    strings = " ".join(f'"{each}"' for each in record.strings)
    assert judged(lookup, keys[kind], f"{record.name} TXT {strings}").level is Level.OK


@pytest.mark.parametrize(
    ("form", "level", "word"),
    [
        ("v=DKIM1; k=rsa; p={p}", Level.OK, "equals"),
        ("p={p}", Level.OK, "equals"),
        ("v=DKIM1;k=rsa;h=sha1:sha256;s=email;t=s;n=a note;p={p};", Level.OK, "equals"),
        (" v = DKIM1 ; k = rsa ; p = {spaced} ", Level.OK, "equals"),
        ("v=DKIM1; k=rsa; t=y; p={p}", Level.WARN, "testing"),
        ("v=DKIM1; k=rsa; t=s:y; p={p}", Level.WARN, "testing"),
        ("v=DKIM1; k=rsa; p=", Level.FAIL, "revoked"),
        ("v=DKIM1; k=rsa", Level.FAIL, "no p="),
        ("v=DKIM1; k=ed25519; p={p}", Level.FAIL, "k=ed25519"),
        ("v=DKIM1; k=rsa; P={p}", Level.FAIL, "lower case"),
        ("V=DKIM1; K=rsa; P={p}", Level.FAIL, "lower case"),
        ("v=dkim1; k=rsa; p={p}", Level.FAIL, "v="),
        ("k=rsa; v=DKIM1; p={p}", Level.FAIL, "v="),
        ("v=DKIM1; k=rsa; p={p}; p={p}", Level.FAIL, "twice"),
        ("v=DKIM1; k=rsa; h=sha1; p={p}", Level.FAIL, "sha256"),
        ("v=DKIM1; k=rsa; s=tlsrpt; p={p}", Level.FAIL, "mail"),
        ("v=DKIM1 k=rsa p={p}", Level.FAIL, "v="),
        ("{p}", Level.FAIL, "no tag"),
        ("v=DKIM1; k=rsa; p={cut}", Level.FAIL, "cut off"),
        ("v=DKIM1; k=rsa; p={damaged}", Level.FAIL, "no base64"),
        ("v=DKIM1; k=rsa; p=!!!", Level.FAIL, "no base64"),
        ("v=DKIM1; k=rsa; p={other}", Level.FAIL, "1024 bits"),
        ("v=DKIM1; k=rsa; p=AAAA", Level.FAIL, "another key"),
    ],
)
def test_records_are_judged_as_receivers_do(lookup, keys, other, form, level, word):
    public = keys["rsa"].public
    text = form.format(
        p=public,
        spaced=" ".join(public[start : start + 60] for start in range(0, len(public), 60)),
        cut=public[:200],
        damaged=public[:50] + public[51:],
        other=other,
    )
    strings = " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
    diagnosis = judged(lookup, keys["rsa"], f"{NAME} TXT {strings}")
    assert diagnosis.level is level, diagnosis
    assert word in diagnosis.said


def test_quotes_that_were_entered_with_the_value_are_named(lookup, keys):
    strings = rf'"\"v=DKIM1; k=rsa; " "p={keys["rsa"].public[:200]}" "{keys["rsa"].public[200:]}\""'
    diagnosis = judged(lookup, keys["rsa"], f"{NAME} TXT {strings}")
    assert diagnosis.level is Level.FAIL
    assert "quotes" in diagnosis.said


def test_a_missing_record_is_a_failure(lookup, keys):
    diagnosis = judged(lookup, keys["rsa"], f"{DOMAIN} TXT x")
    assert diagnosis.level is Level.FAIL
    assert "digest dkim show" in diagnosis.fix


def test_a_name_to_which_the_form_added_the_domain_is_found(lookup, keys):
    diagnosis = judged(lookup, keys["rsa"], f"{NAME}.{DOMAIN} TXT {record_of(keys['rsa'], DOMAIN).value}")
    assert diagnosis.level is Level.FAIL
    assert f"{NAME}.{DOMAIN}" in diagnosis.said
    assert "enter s2018._domainkey as" in diagnosis.fix


def test_two_records_are_a_failure_even_if_one_is_right(lookup, keys):
    value = record_of(keys["rsa"], DOMAIN).value
    assert judged(lookup, keys["rsa"], f"{NAME} TXT {value}\n{NAME} TXT v=DKIM1; p=").level is Level.FAIL


def test_an_alias_at_the_provider_is_followed(lookup, keys):
    text = f"{NAME} CNAME a.example.net.\na.example.net CNAME b.example.net.\n"
    found = judged(lookup, keys["rsa"], f"{text}b.example.net TXT {record_of(keys['rsa'], DOMAIN).value}")
    assert found.level is Level.OK


@pytest.mark.parametrize("how", [SERVFAIL, SILENT])
def test_what_dns_does_not_say_is_a_warning_and_no_claim(lookup, keys, how):
    diagnosis = judged(lookup, keys["rsa"], "", example_org=how)
    assert diagnosis.level is Level.WARN
    assert "could not be found out" in diagnosis.said
