"""Altered bytes never leave: what is stored of the mails is compared with what was approved before anything is sent."""

import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from databases import database_at, is_on_postgresql
from doses import dose, examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from digest.delivery.test_mails import variants_for
from digest.editions.approving import approve_part, approve_whole, look, seal_unapproved
from digest.editions.comparison import approved_mails, rewrite_copy
from digest.editions.description import accepted_fingerprint
from digest.errors import BusyError, PersonNeededError
from digest.foundation.problems import Severity
from digest.foundation.schema import variants
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Acceptance, EditionState
from digest.newsletters.newsletter import Approval

COLUMNS = [column.name for column in variants.columns]
COMPRESSED = ("html", "text", "message")
READERS = 6


@pytest.fixture
def drafted(workshop, found):
    workshop.source.items = [found("Ants", countries=("GT",)), found("Bees", countries=("MX",))]
    workshop.collect()
    for number, audiences in enumerate(["regional", "guatemala", "mexico"] * 2):
        workshop.subscribe(f"r{number}@example.org", audiences)
    return workshop.build("2018-07").edition


@pytest.fixture
def sealed(workshop, drafted):
    return workshop.approve(drafted)


@pytest.fixture
def begun(workshop, sealed):
    """Two of its mails have left."""
    workshop.postbox.at_once, workshop.postbox.fails_after = 1, 2
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.postbox.fails_after = None
    assert workshop.place.refreshed(sealed).state is EditionState.SENDING
    return sealed


def execute(workshop, statement, *values):
    """As another program would, or a disk: no reference is looked at."""
    with closing(sqlite3.connect(workshop.folder / "digest.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.text_factory = bytes
        return connection.execute(statement, values).fetchall()


def alter(workshop, name, column, position, bits):
    """Change one byte of one column of a mail's row; a number is taken for its bytes. Say whether it could be."""
    ((value, kind),) = execute(workshop, f"SELECT {column}, typeof({column}) FROM variants WHERE name = ?", name)
    if isinstance(value, int):
        new = value ^ (bits << (8 * (position % 2)))
        with suppress(sqlite3.IntegrityError):
            execute(workshop, f"UPDATE variants SET {column} = ? WHERE name = ?", new, name)
            return True
        return False
    data = bytearray(value)
    data[position % len(data)] ^= bits
    told = "CAST(? AS TEXT)" if kind == b"text" else "?"
    execute(workshop, f"UPDATE variants SET {column} = {told} WHERE name = ?", bytes(data), name)
    return True


def snapshot(workshop):
    execute(workshop, "PRAGMA wal_checkpoint(TRUNCATE)")
    beside = (path for path in (workshop.folder / "sending").glob("*") if path.is_file())
    return {path: path.read_bytes() for path in (workshop.folder / "digest.db", *beside)}


def restore(workshop, files):
    """With the journal: a database that is older than what has left sends nothing."""
    workshop.close()
    for ending in ("-wal", "-shm"):
        (workshop.folder / f"digest.db{ending}").unlink(missing_ok=True)
    for path in (workshop.folder / "sending").glob("*"):
        if path.is_file() and path not in files:
            path.unlink()
    for path, data in files.items():
        path.write_bytes(data)
    workshop.reopen()


def refused(workshop, edition):
    """How sending was refused; nothing has left."""
    before = len(workshop.postbox.letters)
    workshop.reopen()
    with pytest.raises(PersonNeededError) as error:
        workshop.send(edition)
    assert len(workshop.postbox.letters) == before
    return error.value


def bodies(workshop):
    return {letter.recipient: b"".join(letter.pieces) for letter in workshop.postbox.letters}


APPROVED = {b"Ants\nBees": ["r0", "r3"], b"Ants": ["r1", "r4"], b"Bees": ["r2", "r5"]}
EXPECTED = {f"{reader}@example.org": body for body, readers in APPROVED.items() for reader in readers}


@pytest.mark.parametrize("moment", ["sealed", "begun"])
def test_any_byte_of_any_column_of_any_mail_stops_the_sending(request, workshop, moment):
    """At the beginning and when it goes on. What unpacks to the same bytes is no altered mail."""
    edition = request.getfixturevalue(moment)
    whole, letters = snapshot(workshop), list(workshop.postbox.letters)

    @settings(
        max_examples=examples(dose(40, 3000)),
        phases=[Phase.explicit, Phase.generate],
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        st.sampled_from(["regional.en", "guatemala.en", "mexico.en"]),
        st.sampled_from(COLUMNS),
        st.integers(0, 2000),
        st.integers(1, 255),
    )
    def tried(name, column, position, bits):
        workshop.postbox.letters = list(letters)
        restore(workshop, whole)
        mails = {each.name: each for each in workshop.editions.variants(edition)}
        if not alter(workshop, name, column, position, bits):
            return
        if column in COMPRESSED and unchanged(workshop, edition, mails):
            workshop.send(edition)
            assert bodies(workshop) == EXPECTED
            return
        said = refused(workshop, edition)
        assert said.thing == "monthly/2018-07"
        assert name in said.cause or column in ("number", "edition", "name")

    tried()


def unchanged(workshop, edition, mails):
    workshop.reopen()
    try:
        return {each.name: each for each in workshop.editions.variants(edition)} == mails
    except Exception:  # noqa: BLE001 – it cannot even be unpacked, in whichever way
        return False


DAMAGE = {
    "the pages of two mails are swapped": (
        "UPDATE variants SET html = (SELECT o.html FROM variants o WHERE o.name != variants.name AND o.name IN "
        "('regional.en', 'mexico.en')) WHERE name IN ('regional.en', 'mexico.en')"
    ),
    "the rows of two mails are swapped": (
        "UPDATE variants SET name = CASE name WHEN 'regional.en' THEN 'x' WHEN 'mexico.en' THEN 'y' ELSE name END; "
        "UPDATE variants SET name = CASE name WHEN 'x' THEN 'mexico.en' WHEN 'y' THEN 'regional.en' ELSE name END"
    ),
    "the numbers of two mails are swapped": (
        "UPDATE variants SET number = -number; UPDATE variants SET number = CASE -number WHEN 1 THEN 2 WHEN 2 THEN 1 "
        "ELSE -number END"
    ),
    "the places of two mails are swapped": "UPDATE variants SET place = 2 - place",
    "another mail serves a choice": (
        "UPDATE servings SET variant = (SELECT max(number) FROM variants) WHERE choice = (SELECT choice FROM servings "
        "WHERE variant = (SELECT min(number) FROM variants) LIMIT 1)"
    ),
    "no mail serves a choice": "UPDATE servings SET variant = NULL WHERE variant = (SELECT min(number) FROM variants)",
    "a choice is served no more": "DELETE FROM servings WHERE variant = (SELECT min(number) FROM variants)",
    "a mail is gone": "DELETE FROM variants WHERE number = (SELECT min(number) FROM variants)",
    "all mails are gone": "DELETE FROM variants",
    "there is one mail more": (
        "INSERT INTO variants (edition, name, place, language, audiences, stories, fingerprint, subject, html, text, "
        "message) SELECT edition, 'more.en', 3, language, audiences, stories, fingerprint, subject, html, text, "
        "message FROM variants LIMIT 1"
    ),
    "a mail and its fingerprint are other ones": (
        "UPDATE variants SET (subject, html, text, message, fingerprint) = (SELECT subject, html, text, message, "
        "fingerprint FROM variants ORDER BY number DESC LIMIT 1)"
    ),
    "the description is another one": "UPDATE descriptions SET content = x'00'",
    "the fingerprint is another one": "UPDATE editions SET fingerprint = 'f' || substr(fingerprint, 2)",
    "something was accepted": """UPDATE editions SET accepted = '[{"code": "HTML-001", "because": "so"}]'""",
}


@pytest.mark.parametrize("moment", ["sealed", "begun"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_whatever_is_not_as_it_was_approved_stops_the_sending(request, workshop, moment, damage):
    edition = request.getfixturevalue(moment)
    for statement in DAMAGE[damage].split("; "):
        execute(workshop, statement)
    assert "not what was approved" in refused(workshop, edition).cause


def damaged(workshop, name="mexico.en"):
    execute(workshop, "UPDATE variants SET subject = subject || '!' WHERE name = ?", name)
    workshop.reopen()


def test_before_the_first_mail_it_can_be_built_anew(workshop, sealed):
    damaged(workshop)
    said = refused(workshop, sealed)
    assert "mexico.en" in said.cause
    assert "digest reopen monthly/2018-07" in said.remedy
    workshop.editions.reopen(sealed, "reopened by Marta")
    workshop.approve(workshop.build("2018-07").edition)
    workshop.send(sealed)
    assert bodies(workshop) == EXPECTED


def test_what_is_reopened_cannot_be_approved_with_the_altered_bytes(workshop, sealed):
    damaged(workshop)
    with pytest.raises(PersonNeededError, match=r"mexico\.en"):
        workshop.approve(workshop.editions.reopen(sealed, "reopened by Marta"))


def test_after_the_first_mail_no_remedy_sends_altered_bytes(workshop, begun):
    damaged(workshop)
    said = refused(workshop, begun)
    assert "digest restore FILE --replace" in said.remedy
    assert "digest pause monthly/2018-07" in said.remedy
    assert "build" not in said.remedy
    assert "delete" not in said.remedy
    with pytest.raises(BusyError):
        workshop.editions.reopen(workshop.place.refreshed(begun), "reopened by Marta")
    assert refused(workshop, begun).cause == said.cause


def test_bytes_that_are_right_again_go_out(workshop, begun):
    whole = snapshot(workshop)
    damaged(workshop)
    refused(workshop, begun)
    restore(workshop, whole)
    workshop.send(begun)
    assert bodies(workshop) == EXPECTED


def test_a_choice_made_after_the_approval_is_served_and_keeps_nothing_from_going_on(workshop, sealed):
    workshop.subscribe("late@example.org", "guatemala mexico")
    workshop.postbox.at_once, workshop.postbox.fails_after = 1, 1
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.postbox.fails_after = None
    workshop.send(sealed)
    assert bodies(workshop)["late@example.org"] == b"Ants"


def test_a_late_choice_that_is_served_a_mail_of_others_stops_the_sending(workshop, sealed):
    workshop.subscribe("late@example.org", "guatemala mexico")
    workshop.postbox.fails_after = 0
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    execute(
        workshop,
        "UPDATE servings SET variant = (SELECT number FROM variants WHERE name = 'regional.en') "
        "WHERE choice = (SELECT max(choice) FROM servings)",
    )
    assert "who gets which mail" in refused(workshop, sealed).cause


def test_a_choice_cannot_join_between_the_approval_and_the_beginning(workshop, sealed):
    workshop.subscribe("late@example.org", "guatemala mexico")
    execute(
        workshop,
        "INSERT INTO servings SELECT 1, max(number), (SELECT min(number) FROM variants) FROM choices",
    )
    assert "who gets which mail" in refused(workshop, sealed).cause


def test_an_altered_draft_is_neither_approved_nor_tried_out(workshop, drafted):
    part = look(workshop.bench.database, workshop.newsletter, drafted).parts[-1]
    damaged(workshop, part.variants[0].name)
    bench, newsletter = workshop.bench, workshop.newsletter
    for refuse in (
        lambda: approve_whole(bench, newsletter, drafted, "Marta", code=None, early=True),
        lambda: approve_part(bench, newsletter, drafted, part.name, "Marta", part.fingerprint[:8]),
        lambda: seal_unapproved(bench, replace(newsletter, approval=Approval.NONE), drafted),
        lambda: variants_for(bench.database, bench.copy, newsletter, drafted),
    ):
        with pytest.raises(PersonNeededError) as error:
            refuse()
        assert part.variants[0].name in error.value.cause
        assert "digest preview monthly/2018-07" in error.value.remedy
    assert workshop.place.refreshed(drafted).state is EditionState.DRAFT


def test_what_people_let_pass_is_part_of_what_is_compared(workshop, drafted):
    workshop.findings = (
        Finding(code="LINK-001", severity=Severity.ERROR, place="a link", reason="it leads nowhere", fix="mend it"),
    )
    accepted = [Acceptance(code="LINK-001", because="it will")]
    sealed = workshop.approve(drafted, accepted=accepted)
    assert sealed.fingerprint == accepted_fingerprint(drafted.fingerprint, accepted)
    assert approved_mails(workshop.editions, workshop.copy, sealed) == tuple(workshop.editions.variants(sealed))
    opened = workshop.editions.reopen(sealed, "reopened by Marta")
    assert (opened.fingerprint, opened.accepted) == (drafted.fingerprint, ())


# -- Editions of an older version, which kept in the readable copy alone what their fingerprint covers.


def forget(workshop):
    with database_at(workshop.folder / "digest.db").write() as connection:
        connection.exec_driver_sql("DELETE FROM descriptions")


def test_the_copy_of_an_older_version_proves_what_was_approved(workshop, sealed):
    forget(workshop)
    workshop.send(sealed)
    assert bodies(workshop) == EXPECTED


@pytest.mark.parametrize("moment", ["sealed", "begun"])
def test_where_nothing_proves_it_the_fingerprint_of_each_mail_decides(request, workshop, moment):
    edition = request.getfixturevalue(moment)
    forget(workshop)
    workshop.folder.joinpath("editions").rename(workshop.folder / "elsewhere")
    damaged(workshop)
    assert "mexico.en" in refused(workshop, edition).cause
    execute(workshop, "UPDATE variants SET subject = rtrim(subject, '!')")
    workshop.send(edition)
    assert bodies(workshop) == EXPECTED


# -- The readable copy.


def test_an_altered_copy_is_named_and_can_be_written_anew(workshop, sealed):
    folder = workshop.folder / "editions" / "monthly" / "2018-07"
    (folder / "variants" / "mexico.en.html").write_bytes(b"other")
    (folder / "edition.yaml").write_bytes(b"fingerprint: other\n")
    said = refused(workshop, sealed)
    assert "mexico.en.html, edition.yaml" in said.cause
    assert "digest check monthly/2018-07 --rewrite-copy" in said.remedy
    assert "delete" not in said.remedy
    rewrite_copy(workshop.bench, sealed)
    workshop.send(sealed)
    assert bodies(workshop) == EXPECTED


def test_a_copy_that_is_gone_is_written_anew(workshop, sealed):
    folder = workshop.folder / "editions" / "monthly" / "2018-07"
    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    folder.rename(workshop.folder / "elsewhere")
    workshop.send(sealed)
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.both_databases
def test_the_copy_of_another_build_is_written_anew_where_another_host_may_have_made_that_one(workshop, found):
    """For what was approved; and not where somebody changed what the copy says of itself, or where hosts share nothing:
    then nobody knows which build it was.
    """
    folder = workshop.folder / "editions" / "monthly" / "2018-07"
    workshop.source.items = [found("A", countries=("GT",))]
    workshop.subscribe("ana@example.org")
    workshop.collect()
    workshop.build("2018-07")
    shutil.copytree(folder, workshop.folder / "older")
    workshop.source.items.append(found("B", countries=("MX",)))
    workshop.collect()
    draft = workshop.build("2018-07").edition
    shutil.copytree(folder, workshop.folder / "newer")

    def lies(name, more=""):
        shutil.rmtree(folder)
        shutil.copytree(workshop.folder / name, folder)
        with (folder / "edition.yaml").open("a") as file:
            file.write(more)

    lies("older")
    with pytest.raises(PersonNeededError, match="not what was built"):
        workshop.approve(draft)
    lies("newer")
    sealed = workshop.approve(draft)
    lies("older", "covers: x\n")
    refused(workshop, sealed)
    lies("older")
    if not is_on_postgresql():
        refused(workshop, sealed)
        return
    workshop.send(sealed)
    assert bodies_in(folder) == bodies_in(workshop.folder / "newer")


def bodies_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_copy_is_never_written_from_altered_bytes(workshop, sealed):
    folder = workshop.folder / "editions" / "monthly" / "2018-07"
    damaged(workshop)
    with pytest.raises(PersonNeededError, match="not what was approved"):
        rewrite_copy(workshop.bench, sealed)
    folder.rename(workshop.folder / "elsewhere")
    refused(workshop, sealed)
    assert not folder.exists()
