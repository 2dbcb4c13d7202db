"""Hosts over one database have one secret: with another one, nothing leaves with links that nobody else knows."""

import shutil

import pytest
from click.testing import CliRunner
from databases import contents
from two_hosts import NOW, Hosts

from digest.cli import cli
from digest.cli.invocation import FixedClock
from digest.delivery.agreed_secret import agree, fingerprint, is_agreed
from digest.errors import ConfigurationError, PersonNeededError
from digest.foundation.secrets import make_secret, read_secret
from digest.foundation.workspace import SECRET
from digest.runs.daemon import Notification, Unattended
from digest.runs.worker import Worker
from digest.settings.instance import Instance
from digest.site.serving import site_of

pytestmark = pytest.mark.on_postgresql


@pytest.fixture
def hosts(tmp_path):
    return Hosts(tmp_path)


def renewed(folder):
    (folder / SECRET).unlink()
    make_secret(folder / SECRET)


def agreed(hosts, number):
    agree(hosts.database, hosts.folders[number] / SECRET)


def told(folder, *words):
    return CliRunner().invoke(cli, ["-C", str(folder), *words])


def test_a_host_with_another_secret_is_refused_wherever_it_would_be_used_and_says_what_to_do(hosts):
    one, two = hosts.folders
    assert hosts.run(one) == []
    renewed(two)
    ((code, said),) = hosts.run(two)
    assert code == 3
    assert "copy keys/ from a host that sends" in said
    with pytest.raises(PersonNeededError, match="another secret"):
        Worker(two, Unattended(two, None, lambda _: None), Notification({}), lambda _: None).serve()
    with pytest.raises(PersonNeededError, match="another secret"):
        site_of(Instance(two, FixedClock(NOW)), root="http://127.0.0.1")
    with pytest.raises(PersonNeededError, match="another secret"):
        Instance(two, FixedClock(NOW)).place.refuse_unready()
    assert "another secret" in told(two, "doctor", "--offline").output
    assert "another secret" not in told(one, "doctor", "--offline").output
    shutil.copy(one / SECRET, two / SECRET)
    assert hosts.run(two) == []
    said = " ".join(told(one, "doctor", "--offline").output.split())
    assert "2 places are known" in said


def test_the_database_keeps_what_tells_the_secret_and_not_the_secret(hosts):
    agreed(hosts, 0)
    secret = read_secret(hosts.folders[0] / SECRET)
    kept = str(contents(hosts.database))
    assert fingerprint(secret) in kept
    assert secret.hex() not in kept
    assert fingerprint(secret) != fingerprint(bytes(32))


def test_a_secret_that_was_put_aside_is_followed_by_a_new_one_which_all_hosts_need_then(hosts):
    one, two = [folder / SECRET for folder in hosts.folders]
    agreed(hosts, 0)
    one.rename(one.with_name("secret-before-2018-08"))
    assert is_agreed(hosts.database, one)
    agreed(hosts, 0)
    assert not is_agreed(hosts.database, two)
    two_aside = two.with_name("secret-before-2018-08")
    two.rename(two_aside)
    with pytest.raises(PersonNeededError, match="newer"):  # the other one was put aside first
        agreed(hosts, 1)
    shutil.copytree(one.parent, two.parent, dirs_exist_ok=True)
    agreed(hosts, 1)
    agreed(hosts, 0)


def test_a_host_without_a_secret_gets_none_of_its_own_and_the_first_of_all_does(hosts):
    for folder in hosts.folders:
        (folder / SECRET).unlink()
    agreed(hosts, 0)
    with pytest.raises(PersonNeededError, match="copy keys/"):
        agreed(hosts, 1)
    assert not (hosts.folders[1] / SECRET).exists()


def test_what_no_host_has_any_more_is_replaced_by_a_persons_word(hosts):
    agreed(hosts, 0)
    two = hosts.folders[1]
    renewed(two)
    assert told(two, "adopt", "--new-secret", "--by", "Marta", "--because", "lost").exit_code == 0
    agreed(hosts, 1)
    with pytest.raises(PersonNeededError):
        agreed(hosts, 0)
    assert "Marta" in str(contents(hosts.database)["adoptions"])
    assert told(two, "adopt", "--new-secret", "--moved", "--by", "Marta").exit_code == 2


def test_once_something_is_sealed_a_secret_that_is_missing_is_not_made_anew(hosts):
    assert hosts.run(hosts.folders[0]) == []
    with hosts.database.write() as connection:
        connection.exec_driver_sql("UPDATE instance SET secret = NULL")
    (hosts.folders[1] / SECRET).unlink()
    with pytest.raises(ConfigurationError, match="is missing"):
        agreed(hosts, 1)
