"""`monitoring:` in digest.yaml."""

import pytest

from digest.errors import ConfigurationError
from digest.settings.loading import load_settings

SETTINGS = """publisher: {name: Office, address: Street 1, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {all: {title: All, everything: true}}
newsletters:
  monthly: {title: News, every: month, from: News <news@example.org>, audiences: [all], languages: [en]}
"""


@pytest.fixture
def load(tmp_path):
    def load_(monitoring):
        path = tmp_path / "digest.yaml"
        path.write_text(f"{SETTINGS}{monitoring}\n")
        return load_settings(path).monitoring

    return load_


def test_without_it_nobody_is_pinged(load):
    assert (load("").ping, load("").ping_file) == (None, None)
    assert load("monitoring:").ping is None


@pytest.mark.parametrize(
    "address", ["https://hc-ping.com/1b9d-4bad", "http://127.0.0.1:8000/p?x=1&y", "HTTPS://example.org"]
)
def test_a_web_address_is_taken_as_it_is(load, address):
    assert load(f"monitoring: {{ping: '{address}'}}").ping == address


def test_a_file_is_looked_for_from_the_workspace(load, tmp_path):
    assert load("monitoring: {ping_file: keys/ping}").ping_file == tmp_path / "keys" / "ping"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{ping: ftp://example.org}", "digest.yaml:6:20: monitoring.ping: must begin with https:// or http://"),
        ("{ping: file:///etc/passwd}", "monitoring.ping: must begin with"),
        ("{ping: 'https://'}", "monitoring.ping: must be a web address"),
        ("{ping: 'https://exa mple.org/'}", "monitoring.ping: must be a web address"),
        ("{ping: 'https://ejemplo.org/ñ'}", "monitoring.ping: must be a web address"),
        ("{ping: 5}", "monitoring.ping:"),
        ("{pin: 'https://example.org'}", "monitoring.pin: unknown key, did you mean 'ping'?"),
        (
            "{ping: 'https://example.org', ping_file: keys/ping}",
            "digest.yaml:6:43: monitoring.ping_file: stands beside",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(load, written, said):
    with pytest.raises(ConfigurationError) as refused:
        load(f"monitoring: {written}")
    assert said in str(refused.value)


def test_the_address_of_a_mistake_is_not_shown(load):
    with pytest.raises(ConfigurationError) as refused:
        load("monitoring: {ping: 'ftp://example.org/secret-1234'}")
    assert "secret" not in str(refused.value)
