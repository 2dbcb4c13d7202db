"""A command that fails has changed nothing: not the database, not a draft, not a file."""

import pytest
from databases import database_at
from sqlalchemy import select

from digest.foundation.schema import instance, looks, metadata, runs

REVIEWERS = """    approval: required
    starts_on: 2018-06-01
    reviewers:
      guatemala: {to: marta@example.org, then: leave-out}
"""
ORDINARY = ("approve", "july", "--by", "Ana")
PART = ("--part", "guatemala", "--by", "Marta")
LATER = "20 July, 2018\n\nFlood in Guatemala\n\nRoads were closed.\n"


NOTES = ("digest.db", ".digest", "sending")  # the database itself, locks, and the mark of the machine it is on


def state(office):
    """Every row outside the tables that only note something (a run, the machine, who looked), and every file."""
    with database_at(office.folder / "digest.db").read() as connection:
        tables = [table for table in metadata.sorted_tables if table not in (runs, instance, looks)]
        rows = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}
    files = {
        str(path.relative_to(office.folder)): path.read_bytes()
        for path in office.folder.rglob("*")
        if path.is_file() and not str(path.relative_to(office.folder)).startswith(NOTES)
    }
    return rows, files


def refused(office):
    """Guatemala was refused, and a story came in that the draft does not hold."""
    office.run("refuse", "july", "--part", "guatemala", "--by", "Marta", "--because", "wrong date")
    office.write("bulletins/late.en.txt", LATER)
    office.run("collect")


def refused_whole(office):
    for part in ("guatemala", "regional"):
        office.run("refuse", "july", "--part", part, "--by", "Marta", "--because", "wrong date")


def planned(office):
    refused(office)
    story = office.json("items")[-1]["story"]
    office.write("plans/monthly/2018-07.yaml", f"drop: {{{story}: no longer true}}\n")


def with_an_altered_copy(office):
    refused(office)
    (office.folder / "editions/monthly/2018-07/variants/regional.en.txt").write_text("other words")


def with_a_broken_mail(office):
    """The check finds an error in what is left."""
    office.write("bulletins/july.en.txt", "6 July, 2018\n\nTODO\n\nLorem ipsum in Guatemala.\n")
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("address: Apartado 100, San José", "address: YOUR ADDRESS"))
    office.run("build", "--period", "july")
    refused(office)


def without_readers(office):
    office.write("subscribers.yaml", "subscribers: []\n")
    office.run("approve", "july", "--by", "Ana", "--early")


def sealed(office):
    office.run("approve", "july", "--by", "Ana")


def nothing_else(office):
    pass


def with_too_many_mails(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("    every: month\n", "    every: month\n    max_variants: 1\n"))


def where_nothing_can_be_written(office):
    folder = office.folder / "editions" / "monthly"
    folder.rename(office.folder / "aside")
    folder.write_text("in the way")


FAILURES = [
    (nothing_else, ("approve", "july", "--by", " "), 2),
    (nothing_else, ("approve", "june", "--by", "Ana"), None),
    (nothing_else, ("approve", "july", *PART, "--code", "ABCDEF"), 3),
    (nothing_else, ("approve", "july", "--part", "belize", "--by", "Marta", "--code", "ABCDEF"), 2),
    (refused_whole, ORDINARY, 3),
    (planned, ORDINARY, 3),
    (with_an_altered_copy, ORDINARY, 3),
    (with_a_broken_mail, ORDINARY, 3),
    (sealed, ORDINARY, 3),
    (sealed, ("refuse", "july", *PART, "--because", "no"), 3),
    (nothing_else, ("refuse", "july", *PART, "--because", " "), 2),
    (nothing_else, ("refuse", "july", "--part", "belize", "--by", "Marta", "--because", "no"), 2),
    (nothing_else, ("review", "july", "--part", "belize"), 2),
    (nothing_else, ("review", "july", "--part", "guatemala", "--send"), 2),
    (sealed, ("review", "july", "--send"), 2),
    (sealed, ("build", "--period", "july"), 3),
    (nothing_else, ("build", "--period", "2018-02"), 2),
    (with_too_many_mails, ("build", "--period", "july"), 3),
    (where_nothing_can_be_written, ("build", "--period", "july"), 73),
    (sealed, ("reissue", "july", "--because", "a slip"), 75),
    (nothing_else, ("reopen", "july", "--by", "Ana", "--because", "a slip"), 75),
    (nothing_else, ("send", "july", "--yes"), 3),
    (sealed, ("send", "july"), 2),
    (with_an_altered_copy, ("send", "july", "--yes"), 3),
]


@pytest.mark.parametrize(
    ("before", "command", "code"), FAILURES, ids=[f"{before.__name__}: {' '.join(c)}" for before, c, _ in FAILURES]
)
def test_a_command_that_fails_has_changed_nothing(office, before, command, code):
    settings = (office.folder / "digest.yaml").read_text().replace("    approval: required\n", REVIEWERS)
    office.write("digest.yaml", settings)
    office.run("build", "--period", "july")
    before(office)
    found = state(office)
    ended = office.run(*command, code=code)
    assert ended.returncode != 0
    assert state(office) == found


def test_what_failed_because_of_one_part_fails_the_same_way_again_and_then_goes_without_it(office):
    """Approving does not rebuild: what was refused stays out, and what came in later waits."""
    settings = (office.folder / "digest.yaml").read_text().replace("    approval: required\n", REVIEWERS)
    office.write("digest.yaml", settings)
    office.run("build", "--period", "july")
    refused(office)
    said = office.run("approve", "july", "--by", "Ana")
    assert "Left out: Guatemala, refused by Marta: wrong date" in said.stderr
    office.run("send", "july", "--yes")
    assert office.messages().keys() == {"ben@example.org"}
    assert "Flood" not in str(office.messages()["ben@example.org"][0])
