"""Through Debian's Dovecot as a submission server: it wants TLS and a login, and repeats what its relay says."""

import sys
from pathlib import Path

import faultrunning
import pytest
from faultscript import Act, Fault, Script, Stage
from smtptalking import deliver_all, outgoing, settings_for

sys.path.append(str(Path(__file__).parents[1] / "inbound"))
import dovecot

from digest.delivery.answers import About
from digest.delivery.transports.smtp.outcomes import Accepted, Deferred, Refused
from digest.delivery.transports.smtp.settings import Mechanism, Security
from digest.errors import ConfigurationError

BEHIND = (
    Fault(stage=Stage.RCPT, do=Act.REPLY, code=550, text="5.1.1 User unknown", recipient="reader3@*"),
    Fault(stage=Stage.RCPT, do=Act.REPLY, code=451, text="4.7.1 Greylisted", recipient="reader5@*"),
)


def test_dovecot_lets_us_in_over_tls_and_repeats_what_its_relay_says_of_each(tmp_path):
    if sentence := dovecot.missing():
        pytest.fail(sentence)
    token = "t" * 700  # with it the command would be longer than Dovecot reads
    with (
        faultrunning.thread(tmp_path, Script(faults=BEHIND)) as behind,
        dovecot.running(only_tls=True, relay=behind.port) as server,
    ):
        encrypted = {"host": "localhost", "security": Security.STARTTLS, "certificates": server.certificate.file}
        known = deliver_all(settings_for(server.submission, username="a", secret=lambda: "b"), [outgoing()])
        assert isinstance(known.error, ConfigurationError), "without TLS it offers no login"
        secure = {**encrypted, "username": dovecot.USER, "mechanisms": (Mechanism.PLAIN,), "connections": 2}
        known = deliver_all(settings_for(server.submission, secret=lambda: token, **secure), [outgoing()])
        assert "PLAIN" in str(known.error)
        known = deliver_all(
            settings_for(server.submission, secret=lambda: dovecot.PASSWORD, **secure), [outgoing(n) for n in range(8)]
        )
        accepted = sorted(each.recipient for each in behind.accepted)
    assert known.error is None
    assert accepted == [f"reader{n}@example.org" for n in range(8) if n not in (3, 5)]
    outcomes = dict(known.reports)
    assert [type(outcomes[f"d{n}"]) for n in (0, 3, 5)] == [Accepted, Refused, Deferred]
    assert outcomes["d3"].about is About.RECIPIENT
    assert "User unknown" in outcomes["d3"].reason
