"""Opening a database by its URL."""

import pytest
from sqlalchemy import text

from digest.errors import ConfigurationError
from digest.foundation.database import open_database


def test_a_file_is_opened_whatever_signs_are_in_its_path(tmp_path):
    folder = tmp_path / "¿qué? 100%20 #1"
    folder.mkdir()
    with open_database(f"sqlite:///{folder / 'digest.db'}").read() as connection:
        assert connection.execute(text("SELECT commits FROM instance")).scalar() == 0
    assert {file.name for file in folder.iterdir()} == {"digest.db", "digest.db.lock"}


@pytest.mark.parametrize(
    "url",
    ["postgresql://ana:hunter2@example.org/digest", "sqlite://", "sqlite:///", "mysql:///digest", "digest.db", ""],
)
def test_another_kind_of_database_is_refused_and_no_password_is_told(url):
    with pytest.raises(ConfigurationError) as refused:
        open_database(url)
    assert "hunter2" not in str(refused.value)
    assert "sqlite:///" in refused.value.remedy
