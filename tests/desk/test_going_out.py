"""What a person types before an edition leaves: the number, as people write it."""

import pytest

from digest.desk.going_out import Announcement
from digest.errors import UsageError


@pytest.mark.parametrize("typed", ["3024", "3,024", "3.024", "3 024", "3\u00a0024", "3\u202f024", "3'024", " 3,024 "])
def test_thousands_are_read_as_people_write_them(typed):
    Announcement(said="", readers=3024).refuse_other(typed)


@pytest.mark.parametrize("typed", ["", "y", "3025", "30,24", "3,0,24", "3024.0", "0003024", "3024 readers", "٣٠٢٤"])
def test_whatever_else_was_typed_sends_nothing(typed):
    with pytest.raises(UsageError, match="that is not 3,024; nothing was sent"):
        Announcement(said="", readers=3024).refuse_other(typed)
