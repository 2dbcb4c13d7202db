"""Where the database is: which addresses may be written, and that no password ever is."""

import pytest

from digest.errors import ConfigurationError
from digest.settings.database_keys import DatabaseSettings


def written(text):
    return ("publisher:", f"database: {text}\npublisher:")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://digest@db.example.org/digest",
        "postgresql://digest@db.example.org:5433/digest?sslmode=verify-full&sslrootcert=/etc/ssl/office.pem",
        "postgresql:///digest",
        "postgresql:///digest?host=/var/run/postgresql",
        "postgresql://[::1]/digest",
    ],
)
def test_a_server_is_named_by_its_address(load, url):
    assert load(written(url)).database == DatabaseSettings(url=url)
    assert load(written(f"{{url: '{url}'}}")).database == DatabaseSettings(url=url)


def test_without_one_it_is_the_file_in_the_workspace(load):
    assert load().database is None


def test_the_password_is_read_from_a_file_or_the_environment_when_it_is_needed(load, tmp_path, monkeypatch):
    by_file = load(written("{url: 'postgresql://d@h/n', password_file: keys/database}")).database
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "database").write_text("hunter2\n")
    with pytest.raises(ConfigurationError, match="other users may read"):
        by_file.password()
    (tmp_path / "keys" / "database").chmod(0o600)
    assert by_file.password() == "hunter2"
    by_name = load(written("{url: 'postgresql://d@h/n', password_env: DIGEST_DATABASE}")).database
    with pytest.raises(ConfigurationError, match="DIGEST_DATABASE"):
        by_name.password()
    monkeypatch.setenv("DIGEST_DATABASE", "hunter3")
    assert by_name.password() == "hunter3"
    assert load(written("postgresql://d@h/n")).database.password is None  # libpq looks for it


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://digest:hunter2@db.example.org/digest",
        "postgresql://:hunter2@db.example.org/digest",
        "postgresql://digest@db.example.org/digest?password=hunter2",
        "postgresql://digest@db.example.org/digest?sslmode=require&sslpassword=hunter2",
        "postgresql://digest@db.example.org/digest?passfile=/tmp/hunter2",
    ],
)
@pytest.mark.parametrize("form", ["'{}'", "{{url: '{}'}}"], ids=["address", "keys"])
def test_a_password_in_the_settings_is_refused_with_what_to_do_and_not_told_again(refused, form, url):
    said = "\n".join(refused(written(form.format(url))))
    assert "must not hold the password" in said
    assert "password_file" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("digest.db", "such as postgresql://user@host/name"),
        ("sqlite:///digest.db", "left out, it is digest.db here"),
        ("postgres://d@h/n", "such as postgresql://user@host/name"),
        ("mysql://d@h/n", "such as postgresql://user@host/name"),
        ("postgresql://d@h", "must end with the name of a database"),
        ("postgresql://d@h/a/b", "must end with the name of a database"),
        ("postgresql://d@one,two/n", "must name one server"),
        ("postgresql://d@h:99999/n", "must have a port"),
        ("'postgresql://d@h/n?options=-c'", "must not say 'options'"),
        ("'postgresql:///n?host=other.example.org'", "must name a server before the name"),
        ("{password_env: X}", "url"),
        ("{url: 'postgresql://d@h/n', password_env: X, password_file: y}", "only one of them"),
    ],
)
def test_what_is_no_address_of_a_server_is_refused_where_it_stands(refused, text, said):
    (line, *_) = refused(written(text))
    assert line.startswith("digest.yaml:1:")
    assert said in line
