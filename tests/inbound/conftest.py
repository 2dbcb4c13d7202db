"""An office for every test: made once for all of them, and copied."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "delivery"))

import office as offices
from office import Office


@pytest.fixture(scope="session")
def sent_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return offices.made(tmp_path_factory.mktemp("offices") / "sent")


@pytest.fixture
def office(sent_office: Office, tmp_path: Path) -> Office:
    """Its July is out, as files; its mailbox is an empty Maildir."""
    return sent_office.copied(tmp_path / "office")
