"""`collect_on`: which hosts read a source."""

import socket

import pytest

from digest.foundation.login import machine_name
from digest.settings.instance import Instance

FEED = "sources:\n  feed: {type: feed, url: 'https://example.org/feed', collect_on: HOSTS}\n"


def given(hosts):
    return (
        ("bulletins/", f"{{path: bulletins, collect_on: {hosts}}}"),
        ("sources:\n", FEED.replace("HOSTS", hosts)),
    )


@pytest.mark.parametrize(("written", "hosts"), [("one", ("one",)), ("[one, two]", ("one", "two"))])
def test_one_host_or_several_are_named(load, written, hosts):
    assert [source.collect_on for source in load(*given(written)).sources] == [hosts, hosts]


def test_a_host_is_named_once(refused):
    assert "collect_on" in "\n".join(refused(*given("[one, one]")))


def test_who_is_not_named_neither_asks_nor_reads(load, tmp_path, monkeypatch):
    load(*given("one"))
    monkeypatch.setenv("DIGEST_MACHINE", "two")
    instance = Instance(tmp_path)
    assert not instance.asking(always=True).sources
    assert not instance.collect(always=True)
    monkeypatch.setenv("DIGEST_MACHINE", "one")
    assert [source.name for source in instance.asking(always=True).sources] == ["feed"]
    assert not any(instance.is_elsewhere(source) for source in instance.settings.sources)


def test_without_it_a_folder_that_is_not_there_is_another_hosts_only_where_hosts_share_a_database(load, tmp_path):
    settings = load()
    assert not Instance(tmp_path).is_elsewhere(settings.sources[0])


def test_a_machine_is_called_as_it_calls_itself(monkeypatch):
    monkeypatch.delenv("DIGEST_MACHINE", raising=False)
    assert machine_name() == socket.gethostname()
