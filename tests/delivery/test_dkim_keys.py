"""DKIM keys: their files, their records, and `digest dkim`."""

import base64
import re
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from dkim_mail import AT, DOMAIN, key_called, messages, pem_of
from dkim_verifiers import dkimpy_accepts, opendkim_accepts, records_of

from digest.cli.invocation import Invocation
from digest.cli.signing_keys import dkim
from digest.delivery.dkim.keys import checked_name, make_key, read_key, read_keys, record_of
from digest.delivery.dkim.signing import Signer
from digest.errors import CannotWriteError, ConfigurationError, UsageError

SEEDS = Path(__file__).parents[2] / "seeds"


def _elliptic() -> bytes:
    return elliptic(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _locked() -> bytes:
    with_passphrase = PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    return load_pem_private_key(pem_of(2048), None).private_bytes(Encoding.PEM, *with_passphrase)


@pytest.fixture
def command(tmp_path):
    workspace = Path(shutil.copytree(SEEDS, tmp_path / "workspace"))

    def run(*arguments):
        return CliRunner().invoke(dkim, arguments, obj=Invocation(folder=str(workspace)), standalone_mode=False)

    run.keys = workspace / "keys" / "dkim"
    return run


@pytest.fixture(scope="module")
def pem():
    return pem_of(2048)


def test_a_new_key_is_private_long_and_in_the_form_openssl_reads(tmp_path):
    folder = tmp_path / "keys" / "dkim"
    key = make_key(folder, "s202611", 2048)
    path = folder / "s202611.pem"
    assert [each.name for each in folder.iterdir()] == ["s202611.pem"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    shown = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], capture_output=True, text=True, check=True)
    assert "".join(shown.stdout.splitlines()[1:-1]) == key.public
    assert read_key(path) == key


def test_a_key_is_never_replaced(tmp_path):
    make_key(tmp_path, "s202611", None)
    before = (tmp_path / "s202611.pem").read_bytes()
    for selector in ("s202611", "S202611"):
        with pytest.raises(UsageError, match="there is a key already"):
            make_key(tmp_path, selector, 2048)
    assert (tmp_path / "s202611.pem").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(CannotWriteError, match="keys"):
        make_key(tmp_path / "keys" / "dkim", "s202611", None)


def test_a_key_is_read_only_while_nobody_else_has_access(pem, tmp_path):
    path = tmp_path / "s1.pem"
    path.write_bytes(pem)
    accepted = set()
    for mode in range(0o400, 0o1000):
        path.chmod(mode)
        with suppress(ConfigurationError):
            accepted.add((mode, read_key(path).selector))
    assert accepted == {(mode, "s1") for mode in (0o400, 0o500, 0o600, 0o700)}
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match=f"other users have access.*\n.*chmod 600 {path}"):
        read_key(path)


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (lambda: b"", "no private key"),
        (lambda: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (lambda: pem_of(1024), "at least 2048 bits"),
        (_elliptic, "only RSA"),
        (_locked, "passphrase"),
    ],
    ids=["empty", "broken", "short", "elliptic", "passphrase"],
)
def test_what_cannot_sign_is_refused_without_being_quoted(made, cause, tmp_path):
    content = made()
    path = tmp_path / "s1.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=cause) as caught:
        read_key(path)
    said = f"{caught.value!r} {caught.value.__cause__!r}"
    assert not any(line in said for line in content.decode().splitlines())


def test_a_key_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "s1.pem").mkdir(mode=0o700)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_key(tmp_path / "s1.pem")


def test_a_missing_key_is_named_and_a_missing_folder_has_no_keys(tmp_path):
    with pytest.raises(ConfigurationError, match="missing"):
        read_key(tmp_path / "s1.pem")
    assert read_keys(tmp_path / "nowhere") == ()


def test_all_keys_of_a_folder_are_read_in_order(tmp_path):
    for selector in ("s2", "s10", "a.b-c"):
        make_key(tmp_path, selector, None)
    (tmp_path / ".s3.pem.77.new").write_text("half")
    (tmp_path / ".s3.pem").write_text("hidden")
    (tmp_path / "README").write_text("")
    assert [key.selector for key in read_keys(tmp_path)] == ["a.b-c", "s10", "s2"]


def test_a_file_whose_name_is_no_selector_is_named(tmp_path, pem):
    path = tmp_path / "my key.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="my key"):
        read_keys(tmp_path)


@pytest.mark.parametrize("name", ["s1", "S202611", "a.b", "x" * 63, "a-b", "1"])
def test_a_name_that_dns_can_hold_is_taken_in_lower_case(name):
    assert checked_name(name, "the selector") == name.lower()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "-a",
        "a-",
        "a b",
        "a/b",
        "../a",
        "a\n",
        "ñ",
        "a_b",
        "x" * 64,
        "a\x00",
        "x." * 130 + "x",
    ],
)
def test_a_name_that_dns_cannot_hold_is_refused(name):
    with pytest.raises(ConfigurationError, match="cannot be a name in DNS"):
        checked_name(name, "the selector")


@pytest.mark.parametrize("bits", [2048, 4096, None])
def test_a_record_holds_the_public_key_in_strings_that_dns_can_hold(bits):
    key = key_called("s202611", bits)
    record = record_of(key, DOMAIN)
    assert record.name == "s202611._domainkey.news.example.org"
    kind = "ed25519" if bits is None else "rsa"
    assert record.value == f"v=DKIM1; k={kind}; p={key.public}"
    assert base64.b64decode(key.public, validate=True)
    assert "".join(record.strings) == record.value
    assert max(map(len, record.strings)) <= 255
    quoted = re.fullmatch(r"(\S+)\. IN TXT \(\s*((?:\"[^\"]{1,255}\"\s*)+)\)", record.line)
    assert quoted[1] == record.name
    assert "".join(re.findall(r'"([^"]*)"', quoted[2])) == record.value


def test_the_command_makes_a_key_that_signs_and_prints_the_record_that_verifies_it(command, tmp_path):
    result = command("keygen", "--selector", "s202611")
    assert result.return_value == 0, result.output
    (key,) = read_keys(command.keys)
    name, value = re.search(r"Name +(\S+)\n  Type +TXT\n  Value +(.+)\n", result.stdout).groups()
    assert records_of([key], DOMAIN) == {name: value}
    assert record_of(key, DOMAIN).line in result.stdout
    assert "Keep it secret" in result.stderr
    (message,) = messages(1)
    signed = Signer(DOMAIN, [key]).sign(message, AT) + message
    assert dkimpy_accepts(signed, {name: value})
    assert opendkim_accepts([signed], {name: value}, tmp_path) == [True]


def test_the_private_key_is_never_shown(command):
    said = command("keygen", "--selector", "s1").output + command("show").output
    secret = (command.keys / "s1.pem").read_text().splitlines()[1:-1]
    assert len(secret) > 20
    assert not any(line in said for line in secret)


def test_the_records_of_all_keys_or_of_one_are_shown_again(command):
    first = command("keygen", "--selector", "s1").stdout
    second = command("keygen", "--selector", "s2", "--ed25519").stdout
    assert command("show").stdout == first + second
    assert command("show", "s2").stdout == second
    other = command("show", "s2", "--domain", "Mail.Example.ORG").stdout
    assert other == second.replace(DOMAIN, "mail.example.org")


def test_a_selector_is_the_month_unless_somebody_names_one(command):
    assert command("keygen", "--ed25519").return_value == 0
    (path,) = command.keys.iterdir()
    assert re.fullmatch(r"s20\d\d(0[1-9]|1[0-2])\.pem", path.name)


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["show"], "there is no DKIM key"),
        (["keygen", "--selector", "../secret"], "cannot be a name in DNS"),
        (["keygen", "--domain", "exämple.org"], "cannot be a name in DNS"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_made(command, arguments, cause):
    error = command(*arguments).exception
    assert isinstance(error, UsageError)
    assert cause in str(error)
    assert not command.keys.exists()


def test_an_unknown_or_a_second_key_of_one_name_is_refused(command):
    command("keygen", "--selector", "s1", "--ed25519")
    assert "name one of: s1" in str(command("show", "s9").exception)
    assert "there is a key already" in str(command("keygen", "--selector", "s1").exception)
