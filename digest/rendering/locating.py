"""Finds the data that ships with the program: template sets and the demo's seeds."""

from pathlib import Path

from digest.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(name: str, package: Path = _PACKAGE) -> Path:
    """The folder `name` of the shipped data: inside the package in a wheel, beside it in an editable install."""
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ConfigurationError(
        f"the program's own folder {name!r}",
        f"it is neither in {package / '_data'} nor beside {package}",
        "install the program again",
    )
