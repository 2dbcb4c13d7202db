"""While much is made that stays, nobody looks for garbage at every step."""

import gc

import pytest

from digest.foundation.garbage import collected_seldom


def test_it_is_looked_for_as_before_when_the_work_is_done_or_failed():
    before = gc.get_threshold()
    with pytest.raises(KeyError), collected_seldom():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > before[0]
        raise KeyError
    assert gc.get_threshold() == before
