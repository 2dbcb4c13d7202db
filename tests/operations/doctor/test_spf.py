"""SPF: what receivers would throw away, and what lets anybody in, is found; what could not be asked is not blamed."""

import pytest
from zoneserver import SERVFAIL, SILENT, zones

from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.dns import Lookup, Outlet
from digest.operations.doctor.spf import spf

DOMAIN = "news.example.org"


def judged(lookup, text, **broken):
    (diagnosis,) = spf(lookup(text, **broken), DOMAIN, None)
    assert bool(diagnosis.fix) is (diagnosis.level is not Level.OK)
    return diagnosis


def record(text):
    return f"{DOMAIN} TXT {text}"


INCLUDED = "\n_spf.example.net TXT v=spf1 ip4:192.0.2.0/24 -all\n"
TEN = " ".join(f"include:i{n}.example.net" for n in range(10))
TEN_RECORDS = "\n".join(f"i{n}.example.net TXT v=spf1 ip4:192.0.2.{n} -all" for n in range(12))


@pytest.mark.parametrize(
    ("text", "level", "word"),
    [
        (record("v=spf1 include:_spf.example.net -all") + INCLUDED, Level.OK, "1 of 10 lookups"),
        (record("V=SPF1 Include:_SPF.Example.net ~ALL") + INCLUDED, Level.OK, "ends in ~all"),
        (record('"v=spf1 include:_sp" "f.example.net -all"') + INCLUDED, Level.OK, "1 of 10"),
        (record("v=spf1 redirect=_spf.example.net") + INCLUDED, Level.OK, "ends in -all"),
        (record("v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 x-unknown=whatever -all"), Level.OK, "0 of 10"),
        (record("v=spf1 exists:%{i}._spf.%{d} exp=why.%{d} -all"), Level.OK, "1 of 10"),
        (record(f"v=spf1 {TEN} -all\n{TEN_RECORDS}"), Level.OK, "10 of 10"),
        (record(f"v=spf1 {TEN} include:i10.example.net -all\n{TEN_RECORDS}"), Level.FAIL, "11 lookups"),
        ("other.example.org TXT x", Level.FAIL, "no record"),
        (record("something else"), Level.FAIL, "no record"),
        (record("v=spf10 -all"), Level.FAIL, "does not begin"),
        (record(r'"\"v=spf1 -all\""'), Level.FAIL, "does not begin"),
        (record("v=spf1 -all\n") + record("v=spf1 ~all"), Level.FAIL, "2 records"),
        (record("v=spf1 +all"), Level.FAIL, "everybody"),
        (record("v=spf1 all"), Level.FAIL, "everybody"),
        (record("v=spf1 ?all"), Level.WARN, "forbids nobody"),
        (record("v=spf1 ip4:192.0.2.1"), Level.WARN, "no 'all'"),
        (record("v=spf1"), Level.WARN, "no 'all'"),
        (record("v=spf1 -all ip4:192.0.2.1"), Level.WARN, "never read"),
        (record("v=spf1 ptr -all"), Level.WARN, "ptr"),
        (record("v=spf1 ip:192.0.2.1 -all"), Level.FAIL, "ip4 is meant"),
        (record("v=spf1 ip4:192.0.2 -all"), Level.FAIL, "no network"),
        (record("v=spf1 ip4:192.0.2.0/33 -all"), Level.FAIL, "no network"),
        (record("v=spf1 ip6:192.0.2.1 -all"), Level.FAIL, "IPv4"),
        (record("v=spf1 a/99 -all"), Level.FAIL, "length"),
        (record("v=spf1 include -all"), Level.FAIL, "no domain"),
        (record("v=spf1 include:a/24 -all"), Level.FAIL, "no mechanism"),
        (record("v=spf1 include=_spf.example.net -all"), Level.FAIL, "instead of"),
        (record("v=spf1 redirect=a.example redirect=b.example"), Level.FAIL, "twice"),
        (record("v=spf1, -all"), Level.FAIL, "does not begin"),
        (record("v=spf1 include:_spf.example.net; -all") + INCLUDED, Level.FAIL, "domain"),
        (record("v=spf1 nonsense -all"), Level.FAIL, "nonsense"),
        (record("v=spf1 include:gone.example.net -all"), Level.FAIL, "no SPF records"),
        (record("v=spf1 include:two.example.net -all\n two.example.net TXT v=spf1 -all\n two.example.net TXT v=spf1 a"),
         Level.FAIL, "2 SPF records"),
        (record(f"v=spf1 include:{DOMAIN} -all"), Level.FAIL, "circle"),
        (record(f"v=spf1 include:a.example -all\n a.example TXT v=spf1 redirect={DOMAIN}"), Level.FAIL, "circle"),
        (record("v=spf1 include:a.example -all\n a.example TXT v=spf1 bad-term -all"), Level.FAIL, "a.example"),
        (record("v=spf1 a:e1.example a:e2.example mx:e3.example -all"), Level.FAIL, "3 of the names"),
        (record("v=spf1 a:e1.example a:e2.example -all"), Level.OK, "2 of 10"),
        (record("v=spf1 mx -all\n" + "\n".join(f"{DOMAIN} MX 1 m{n}.example." for n in range(11))), Level.FAIL, "11"),
        (record(f"v=spf1 {'ip4:192.0.2.1 ' * 400}-all"), Level.OK, "0 of 10"),
        (record("v=spf1 " + "include:bomb.example " * 9 + "-all\nbomb.example TXT v=spf1 "
                + "include:boom.example " * 9 + "-all\nboom.example TXT v=spf1 " + "a " * 9), Level.FAIL, "lookups"),
    ],
)  # fmt: skip
def test_records_are_judged_as_receivers_do(lookup, text, level, word):
    diagnosis = judged(lookup, text)
    assert diagnosis.level is level, diagnosis
    assert word in diagnosis.said


@pytest.mark.parametrize("how", [SERVFAIL, SILENT])
@pytest.mark.parametrize("broken", ["example_org", "example_net"])
def test_what_dns_does_not_say_is_a_warning_and_no_claim(lookup, how, broken):
    diagnosis = judged(lookup, record("v=spf1 include:_spf.example.net -all") + INCLUDED, **{broken: how})
    assert diagnosis.level is Level.WARN
    assert "no record" not in diagnosis.said


def test_a_bomb_of_includes_is_not_followed_to_its_end(dns_server):
    """Each name includes nine others: 9⁴ questions if it were."""
    levels = ["news.example.org", "a.example", "b.example", "c.example", "d.example"]
    lines = [
        f"{name if depth == 0 else f'{n}.{name}'} TXT v=spf1 "
        + " ".join(f"include:{i}.{levels[depth + 1]}" for i in range(9))
        + " -all"
        for depth, name in enumerate(levels[:-1])
        for n in range(9 if depth else 1)
    ]
    written = zones("\n".join([*lines, *(f"{n}.d.example TXT v=spf1 -all" for n in range(9))]))
    (diagnosis,) = spf(Lookup(dns_server(written)), DOMAIN, None)
    assert diagnosis.level is Level.FAIL
    assert len(written.asked) < 60


COVERING = record("v=spf1 ip4:192.0.2.0/24 a:mail.example.org -all\nmail.example.org AAAA 2001:db8::5")


@pytest.mark.parametrize(
    ("text", "address", "is_here", "level", "word"),
    [
        (COVERING, "192.0.2.9", True, Level.OK, "may send"),
        (COVERING, "2001:db8::5", False, Level.OK, "only its operator knows"),
        (COVERING, "198.51.100.1", True, Level.WARN, "ip4:198.51.100.1"),
        (COVERING, "2001:db8::6", True, Level.WARN, "ip6:2001:db8::6"),
        (COVERING, "198.51.100.1", False, Level.WARN, "ask your provider"),
        (record("v=spf1 a:mail.example.org/24 -all\nmail.example.org A 192.0.2.1"), "192.0.2.77", True, Level.OK, ""),
        (record("v=spf1 mx//64 -all\nnews.example.org MX 5 m.example.\nm.example AAAA 2001:db8::1"), "2001:db8::77",
         True, Level.OK, ""),
        (record("v=spf1 include:_spf.example.net -all") + INCLUDED, "192.0.2.7", False, Level.OK, "may send"),
        (record("v=spf1 include:_spf.example.net -all") + INCLUDED, "198.51.100.1", False, Level.OK, "not known here"),
        (record("v=spf1 -include:_spf.example.net -all") + INCLUDED, "192.0.2.7", True, Level.WARN, "may not send"),
        (record("v=spf1 exists:%{i}.example.net -all"), "192.0.2.7", True, Level.OK, "not known here"),
    ],
)  # fmt: skip
def test_the_relay_is_compared_as_a_hint(lookup, text, address, is_here, level, word):
    _, hint = spf(lookup(text), DOMAIN, Outlet(addresses=(address,), is_here=is_here))
    assert hint.level is level
    assert word in hint.said + hint.fix
