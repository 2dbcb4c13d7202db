"""DNS: no such name, no such record, a broken answer and no answer are told apart, and nothing takes forever."""

import socket
import time

import pytest
from zoneserver import SERVFAIL, SILENT, zones

from digest.operations.doctor.dns import Lookup, LookupOutcome

ZONES = """
    example.org TXT "one " "text"
    example.org TXT other
    Mixed.example.org TXT found
    example.org MX 10 mx.example.org.
    null.example.org MX 0 .
    mx.example.org A 192.0.2.1
    mx.example.org AAAA 2001:db8::1
    alias.example.org CNAME far.example.org.
    far.example.org CNAME example.org.
    loop.example.org CNAME pool.example.org.
    pool.example.org CNAME loop.example.org.
    1.2.0.192.in-addr.arpa PTR mx.example.org.
"""


@pytest.mark.parametrize(
    ("ask", "name", "outcome", "values"),
    [
        ("texts", "example.org", LookupOutcome.FOUND, {"one text", "other"}),
        ("texts", "mixed.EXAMPLE.org.", LookupOutcome.FOUND, {"found"}),
        ("texts", "alias.example.org", LookupOutcome.FOUND, {"one text", "other"}),
        ("texts", "mx.example.org", LookupOutcome.NO_RECORD, set()),
        ("texts", "nowhere.example.org", LookupOutcome.NO_NAME, set()),
        ("texts", "loop.example.org", LookupOutcome.BROKEN, set()),
        ("texts", "failing.example.org", LookupOutcome.BROKEN, set()),
        ("texts", f"{'x' * 64}.example.org", LookupOutcome.NO_NAME, set()),
        ("texts", f"{'x.' * 130}example.org", LookupOutcome.NO_NAME, set()),
        ("texts", "two..dots.example.org", LookupOutcome.NO_NAME, set()),
        ("exchanges", "example.org", LookupOutcome.FOUND, {"mx.example.org"}),
        ("exchanges", "null.example.org", LookupOutcome.FOUND, {""}),
        ("addresses", "mx.example.org", LookupOutcome.FOUND, {"192.0.2.1", "2001:db8::1"}),
        ("addresses", "example.org", LookupOutcome.NO_RECORD, set()),
        ("addresses", "failing.example.org", LookupOutcome.BROKEN, set()),
        ("names", "192.0.2.1", LookupOutcome.FOUND, {"mx.example.org"}),
        ("names", "2001:db8::1", LookupOutcome.NO_NAME, set()),
    ],
)
def test_answers_are_told_apart(lookup, ask, name, outcome, values):
    answer = getattr(lookup(ZONES, failing_example_org=SERVFAIL), ask)(name)
    assert answer.outcome is outcome
    assert set(answer.values) == values
    assert bool(answer.why) is (outcome is LookupOutcome.BROKEN)


def test_long_answers_come_by_tcp(dns_server):
    written = zones(f"example.org TXT {'x' * 3000}")
    assert Lookup(dns_server(written)).texts("example.org").values == ("x" * 3000,)
    assert [how for *_, how in written.asked] == ["udp", "tcp"]


def test_each_question_is_asked_once(dns_server):
    written = zones(ZONES)
    lookup = Lookup(dns_server(written))
    for name in ("example.org", "Example.ORG.", "example.org"):
        lookup.texts(name)
    assert len(written.asked) == 1


def test_silence_is_no_answer_and_all_questions_together_keep_to_their_time(dns_server):
    lookup = Lookup(dns_server(zones("", example_org=SILENT)), seconds=0.6)
    began = time.monotonic()
    answers = [lookup.texts(f"{number}.example.org") for number in range(50)]
    assert time.monotonic() - began < 5
    assert {answer.outcome for answer in answers} == {LookupOutcome.SILENT}
    assert not answers[0].is_known
    assert not answers[0].is_absent


def test_a_resolver_that_is_not_there_is_silence():
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        place = taken.getsockname()
    assert Lookup(place, seconds=2).texts("example.org").outcome is LookupOutcome.SILENT
