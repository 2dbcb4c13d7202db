"""Beside whom a worker starts, and that one host with a file needs none."""

import pytest

from digest.errors import BusyError, UsageError
from digest.runs.daemon import Notification, Unattended
from digest.runs.worker import Worker, are_neighbours, refuse_strangers


@pytest.mark.parametrize(
    ("one", "other", "beside"),
    [
        ("0.1.0", "0.1.9", True),
        ("0.1.0", "0.2.0", True),
        ("0.3.1", "0.2.7", True),
        ("0.1.0", "0.3.0", False),
        ("0.9.0", "1.0.0", True),
        ("0.9.0", "1.1.0", False),
        ("1.4", "1.4.0.dev3", True),
        ("1.0.0", "3.0.0", False),
    ],
)
def test_a_version_works_beside_the_one_before_it_and_the_one_after_it(one, other, beside):
    assert are_neighbours(one, other) is beside
    if beside:
        refuse_strangers(one, [other])
    else:
        with pytest.raises(BusyError, match=f"workers of {other}"):
            refuse_strangers(one, [one, other])


def test_a_worker_over_a_file_is_refused_with_the_way_on(monthly_office, tmp_path):
    monthly_office()
    unattended = Unattended(tmp_path, None, lambda _instance: None)
    with pytest.raises(UsageError, match="has a file") as refused:
        Worker(tmp_path, unattended, Notification({}), lambda _instance: None).serve()
    assert "digest database copy --to URL" in refused.value.remedy
    assert not (tmp_path / "digest.db").exists()
