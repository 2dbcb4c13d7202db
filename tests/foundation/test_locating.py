from pathlib import Path

import pytest

from digest.errors import ConfigurationError
from digest.foundation.files import data_folder


def test_in_an_editable_install_the_data_stand_beside_the_package(tmp_path: Path) -> None:
    (tmp_path / "digest").mkdir()
    (tmp_path / "templates").mkdir()
    assert data_folder("templates", tmp_path / "digest") == tmp_path / "templates"


def test_in_a_wheel_the_data_stand_inside_the_package(tmp_path: Path) -> None:
    inside = tmp_path / "digest" / "_data" / "templates"
    inside.mkdir(parents=True)
    (tmp_path / "templates").mkdir()  # somebody else's, in site-packages
    assert data_folder("templates", tmp_path / "digest") == inside


def test_an_installation_without_its_data_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="install the program again"):
        data_folder("seeds", tmp_path / "digest")


def test_the_standard_set_is_found_from_here() -> None:
    assert (data_folder("templates") / "bulletin" / "edition.mjml").is_file()
