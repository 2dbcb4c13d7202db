"""When a database may send: every reason not to, in its order, and every way in which nothing is wrong."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.delivery.fence import Around, Ground, JournalEnd, OwnPlace, Why, fence, ground_of, is_uncertain
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

AT = datetime(2018, 8, 10, 12, tzinfo=UTC)
HERE = {"folder": "/srv/office", "place": "1:2", "machine": "m"}


def own(**more):
    return OwnPlace(**{"id": "a", "commits": 7, **HERE, **more})


def around(**more):
    return Around(**{**HERE, "journal": JournalEnd(commit=7, instance="a"), **more})


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (own(), around()),
        (own(), around(folder="/srv/moved")),
        (own(), around(machine=None)),
        (own(machine=None), around(machine="other")),
        (own(commits=9), around()),  # the process died before the journal was told
        (own(), around(journal=JournalEnd(commit=7, instance=""))),  # written by an earlier version
        (own(commits=0), around(journal=None)),
        (own(commits=0), around(journal=None, place=None)),
        (own(place=None, folder=None, machine=None), around(place=None)),
    ],
)
def test_nothing_is_wrong(known, found):
    assert fence(known, found) is None


SAID = {
    Why.INTERRUPTED: "a restore into this folder was interrupted",
    Why.RESTORED: "this is the copy of 2",
    Why.FOREIGN_JOURNAL: "goes on where this copy does not, or is damaged",
    Why.NO_JOURNAL: "mails have left, but the send journal",
    Why.OLDER: "the database is older than the send journal",
    Why.SECOND: "it is a copy of /srv/office, which is still there",
    Why.COPIED: "it was copied here from",
    Why.OTHER_MACHINE: "it comes from another machine",
}
REMEDIES = {
    Why.INTERRUPTED: "run `digest restore FILE` again, with the same file",
    Why.SECOND: "send from /srv/office; to try things out here, set `transport: files`",
    Why.NO_JOURNAL: "bring the file back, or read `digest adopt --help`",
}


@pytest.mark.parametrize(
    ("why", "known", "found"),
    [
        (Why.INTERRUPTED, own(copied_at=AT), around(is_interrupted=True)),
        (Why.RESTORED, own(copied_at=AT), around(journal=None, place="3:4")),
        (Why.FOREIGN_JOURNAL, own(), around(journal=JournalEnd(commit=1, instance="b"))),
        (Why.NO_JOURNAL, own(commits=1), around(journal=None, place=None)),
        (Why.OLDER, own(commits=6), around(place="3:4")),
        (Why.OLDER, own(commits=0), around(journal=JournalEnd(commit=1, instance=""))),
        (Why.SECOND, own(), around(original="/srv/office", place="3:4")),
        (Why.SECOND, own(), around(original="/srv/office")),  # a copy of the whole disk
        (Why.COPIED, own(), around(place="3:4")),
        (Why.COPIED, own(), around(place=None)),
        (Why.COPIED, own(commits=0), around(journal=None, place="3:4")),
        (Why.OTHER_MACHINE, own(), around(machine="n")),
    ],
)
def test_every_reason_is_found_and_says_what_to_do(why, known, found):
    fenced = fence(known, found)
    assert fenced.why is why
    assert fenced.said[0].islower()
    assert SAID[why] in fenced.said
    assert REMEDIES.get(why, "digest adopt --by NAME") in fenced.remedy


@pytest.mark.parametrize(
    ("expected", "known", "found", "said"),
    [
        (Ground.JOURNAL, own(commits=6), around(), {}),
        (Ground.JOURNAL, own(copied_at=AT), around(), {}),
        (Ground.JOURNAL, own(copied_at=AT, place=None), around(), {}),
        (Ground.JOURNAL, own(copied_at=AT), around(place=None, machine="n"), {}),  # put there by a person
        (Ground.UNKNOWN, own(copied_at=AT), around(place="3:4"), {}),  # the whole folder came along
        (Ground.UNKNOWN, own(), around(place="3:4"), {}),
        (Ground.UNKNOWN, own(commits=6), around(place="3:4"), {}),
        (Ground.UNKNOWN, own(commits=6), around(machine="n"), {}),
        (Ground.MOVED, own(), around(place="3:4"), {"moved": True}),
        (Ground.UNKNOWN, own(), around(), {"without_journal": True}),
    ],
)
def test_on_what_a_copy_is_adopted(expected, known, found, said):
    assert ground_of(known, found, **{"moved": False, "without_journal": False, **said}) is expected


def edition(period="2018-07", **more):
    kind = PeriodKind.MONTH
    return Edition(newsletter="m", period=Period.from_key(kind, period), state=EditionState.SEALED, **more)


@pytest.mark.parametrize(
    ("uncertain", "one"),
    [
        (True, edition()),
        (True, edition(sealed_at=AT)),
        (True, edition("2018-08", sealed_at=AT - timedelta(days=1))),
        (False, edition("2018-08")),
        (False, edition("2018-08", sealed_at=AT + timedelta(days=30))),
        (True, edition(sealed_at=AT + timedelta(days=1))),
        (False, edition(revision=2, sealed_at=AT + timedelta(days=1))),
        (True, edition(revision=2, sealed_at=AT - timedelta(days=1))),
    ],
)
def test_which_editions_may_have_gone_out_where_nobody_can_know(uncertain, one):
    assert is_uncertain(one, [(AT, date(2018, 8, 10))]) is uncertain
    assert not is_uncertain(one, [])
