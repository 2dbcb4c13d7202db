"""An office for every test: made once for all of them, and copied."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))

import site_office
from databases import taken_along
from site_office import Office


@pytest.fixture(scope="session")
def sent_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    site_office.made(folder)
    return folder


@pytest.fixture
def office(sent_office: Path, tmp_path: Path) -> Office:
    folder = tmp_path / "office"
    shutil.copytree(sent_office, folder)
    office = Office(folder, database=taken_along(folder))
    office.settings()
    return office


@pytest.fixture
def pages(office: Office) -> Iterator[TestClient]:
    with office.pages() as client:
        yield client


@pytest.fixture(scope="module")
def quiet_pages(sent_office: Path) -> Iterator[TestClient]:
    """For looking only."""
    with Office(sent_office).pages() as client:
        yield client
