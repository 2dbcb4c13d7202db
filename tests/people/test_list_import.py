"""Lists of other programs become subscribers: row by row, with a reason for each, and nobody comes back by one."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from databases import database_at

from digest.errors import NothingUsableError, UsageError
from digest.foundation import spreadsheets
from digest.foundation.addresses import address
from digest.newsletters.newsletter import Newsletter
from digest.people.list_export import lines
from digest.people.list_file import list_rows
from digest.people.list_import import ImportWishes, RowOutcome, take_in
from digest.people.subscriber import Consent
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.subscriber_list import ListFilter, SubscriberListing

pytestmark = pytest.mark.both_databases

DEED = Deed(by="Marta", at=datetime(2018, 8, 5, 15, tzinfo=UTC), because="our old list")
ADDED, KNOWN, AWAY = RowOutcome.ADDED, RowOutcome.KNOWN, RowOutcome.STAYS_AWAY
SUPPRESSED, UNCONFIRMED, REFUSED = RowOutcome.SUPPRESSED, RowOutcome.UNCONFIRMED, RowOutcome.REFUSED


@pytest.fixture
def database(tmp_path):
    return database_at(tmp_path / "digest.db")


@pytest.fixture
def bring(tmp_path, database, monthly: Newsletter):
    """Take in a file; `{address: outcome}` and `{address: why}`."""

    def bring(text, name="list.csv", mapped=None, language="en", *, dry_run=False):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        wishes = ImportWishes(
            newsletter=monthly,
            audiences=frozenset({"regional"}),
            language=language,
            consent=Consent(on=date(2018, 8, 5), how="form"),
        )
        told = []
        with list_rows(path, mapped or {}) as (_columns, rows):
            counts = take_in(database, rows, wishes, DEED, told.append, dry_run=dry_run)
        assert counts.total() == len(told)
        return {one.address: one.outcome for one in told}, {one.address: one.why for one in told}

    return bring


@pytest.fixture
def people(database):
    def people():
        found = SubscriberListing(database).listed(ListFilter())
        return {one.address: (one.name, one.choice and one.choice.language, one.state.value) for one in found}

    return people


EXPORTS = {
    "Mailchimp": (
        '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME\n'
        '"ana@example.org",Ana,López,2,"2017-01-02 10:00:00"\n'
    ),
    "listmonk": (
        "uuid,email,name,attributes,status,created_at\n"
        'x,ana@example.org,Ana López,"{""city"": ""Belmopán""}",enabled,2017\n'
    ),
    "Ghost": (
        "id,email,name,note,subscribed_to_emails,created_at,deleted_at,labels\n"
        "1,ana@example.org,Ana López,,true,2017,,\n"
    ),
    "Substack": "Email,Name,Email disabled,Active\nana@example.org,Ana López,FALSE,TRUE\n",
    "Buttondown": "email_address,type,notes,metadata.first_name\nana@example.org,regular,,\n",
    "Google": "First Name,Last Name,E-mail 1 - Label,E-mail 1 - Value\nAna,López,*,ana@example.org\n",
    "Outlook": "First Name,Last Name,E-mail Address\r\nAna,López,ana@example.org\r\n",
    "Spanish": "Nombre;Apellidos;Correo electrónico;Idioma\nAna;López;ana@example.org;es\n",
    "tabs": "Name\tE-Mail\nAna López\tana@example.org\n",
    "Mailman": "Ana López <ana@example.org>\nben@example.org\n",
    "JSON lines": '{"email": "ana@example.org", "name": "Ana López", "status": "active"}\n',
}


@pytest.mark.parametrize("program", EXPORTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_other_programs_export_is_known_by_its_headers(bring, people, program, encoding):
    outcomes, _why = bring(EXPORTS[program].encode(encoding))
    assert outcomes["ana@example.org"] is ADDED
    assert people()["ana@example.org"][0] in ("Ana López", None if program == "Buttondown" else "")
    assert people()["ana@example.org"][2] == "active"


def workbook(*rows):
    from openpyxl import Workbook

    book, written = Workbook(), io.BytesIO()
    book.create_sheet("people", 1)
    for row in rows:
        book.worksheets[1].append(row)
    book.save(written)
    return written.getvalue()


DOCUMENTS = {
    "book.xlsx": lambda: workbook([None], ["Correo", "Nombre", "Estado"], ["ana@example.org", "Ana López", True]),
    "cards.vcf": (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:López;Ana;;;\r\nFN:Ana\r\n  López\r\nitem1.EMAIL;TYPE=HOME:old@example.org\r\n"
        "EMAIL;TYPE=WORK,pref:ana@example.org\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Nobody\r\nEND:VCARD\r\n"
    ).encode,
    "old.vcf": lambda: (
        b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Ana=\n=20L=C3=B3pez\n"
        b"EMAIL:ana@example.org\nEND:VCARD"
    ),
    "list.yaml": (
        "subscribers:\n  - {address: ana@example.org, name: Ana López, consent: {on: 2017-01-02, how: fair}}\n"
    ).encode,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lists_that_are_no_plain_tables_are_read_row_by_row(bring, people, name):
    outcomes, _why = bring(DOCUMENTS[name](), name)
    assert outcomes == {"ana@example.org": ADDED}
    assert people()["ana@example.org"] == ("Ana López", "en", "active")


def test_a_workbook_that_is_none_or_unpacks_to_too_much_is_refused(bring, monkeypatch):
    for content in (b"x", b"PK\x03\x04broken", workbook()[:-200]):
        with pytest.raises(NothingUsableError, match="as CSV"):
            bring(content, "list.xlsx")
    with pytest.raises(NothingUsableError, match="empty"):
        bring(workbook(), "list.xlsx")
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED", 1_000_000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(1_000_001))
    with pytest.raises(NothingUsableError, match="unpacks"):
        bring(bomb.getvalue(), "list.xlsx")


@pytest.mark.parametrize(
    ("text", "outcome", "state"),
    [
        ("email,status\nana@example.org,unsubscribed\n", SUPPRESSED, "unsubscribed"),
        ("email,status\nana@example.org,blocklisted\n", SUPPRESSED, "complained"),
        ("Email Address,UNSUB_TIME,UNSUB_REASON\nana@example.org,2018-01-01,N/A\n", SUPPRESSED, "unsubscribed"),
        ("Email Address,CLEAN_TIME\nana@example.org,2018-01-01\n", SUPPRESSED, "bounced"),
        ("email,subscribed_to_emails\nana@example.org,false\n", SUPPRESSED, "unsubscribed"),
        ("email,email disabled\nana@example.org,true\n", SUPPRESSED, "unsubscribed"),
        ("email,deleted_at\nana@example.org,2018-01-01\n", SUPPRESSED, "unsubscribed"),
        ("correo,estado\nana@example.org,Baja\n", SUPPRESSED, "unsubscribed"),
        ("email,type\nana@example.org,unactivated\n", UNCONFIRMED, None),
        ("email,status\nana@example.org,wobbly\n", REFUSED, None),
    ],
)
def test_who_is_gone_there_is_gone_here_before_anybody_is_written_to(bring, people, text, outcome, state):
    outcomes, why = bring(text)
    assert outcomes == {"ana@example.org": outcome}
    assert people().get("ana@example.org", (None, None, None))[2] == state
    assert ("not known" in why["ana@example.org"]) is (outcome is REFUSED)
    bring("email\nana@example.org\n", "second.csv")
    assert (people()["ana@example.org"][2] == "active") is (state is None)


def test_who_left_here_comes_back_by_no_list(bring, people, database):
    bring("email\nana@example.org\nben@example.org\n")
    changes = SubscriberChanges(database, DEED)
    changes.remove("ana@example.org", "monthly")
    changes.suppress(address("ben@example.org"))
    outcomes, why = bring("email\nANA@example.org\nben@example.org\ncarla@example.org\n")
    assert [*outcomes.values()] == [AWAY, AWAY, ADDED]
    assert why["ben@example.org"] == "left on 2018-08-05"
    assert [people()[one][2] for one in ("ana@example.org", "ben@example.org")] == ["removed", "unsubscribed"]


def test_every_row_gets_an_outcome_and_a_wrong_one_costs_itself_only(bring, people):
    text = (
        "email,name,language,audiences\n"
        "ana@example.org,Ana,es,guatemala\n"
        "ana@Example.org,Again,es,guatemala\n"
        "no-address,X,,\n"
        ",Nobody,,\n"
        "nul\0@example.org,X,,\n"
        f"long@example.org,{'x' * 300},,\n"
        "ben@example.org,Ben,fr,\n"
        "carla@example.org,Carla,,atlantis\n"
        '"quoted, name@example.org",X,,\n'
        "dora@example.org,Dora\n"
    )
    outcomes, why = bring(text)
    assert [*outcomes.values()].count(REFUSED) == 7
    assert outcomes["ana@example.org"] is KNOWN  # the second time
    assert outcomes["dora@example.org"] is ADDED
    assert "200 characters" in why["long@example.org"]
    assert "'fr'" in why["ben@example.org"].replace("“", "'").replace("”", "'")
    assert "atlantis" in why["carla@example.org"]
    assert people() == {"ana@example.org": ("Ana", "es", "active"), "dora@example.org": ("Dora", "en", "active")}


def test_a_dry_run_says_the_same_and_changes_nothing(bring, people):
    text = "email,status\nana@example.org,active\nben@example.org,cleaned\nana@example.org,active\n"
    before = bring(text, dry_run=True)
    assert people() == {}
    assert bring(text) == before
    assert set(people()) == {"ana@example.org", "ben@example.org"}
    assert bring(text)[0] == {"ana@example.org": KNOWN, "ben@example.org": AWAY}


def test_a_column_that_is_not_known_is_named_by_a_person(bring, tmp_path):
    with pytest.raises(NothingUsableError, match="Trabajo"):
        bring("Trabajo,Casa\nana@example.org,ben@example.org\n".replace("@", "(at)"))
    assert bring("Trabajo,Casa\nana@example.org,x\n", mapped={"Trabajo": "address"})[0]
    with pytest.raises(UsageError, match="no column"):
        bring("email\na@example.org\n", mapped={"Trabajo": "address"})
    with pytest.raises(UsageError, match="nothing that a list says"):
        bring("Trabajo\nx\n", mapped={"Trabajo": "telephone"})
    with pytest.raises(NothingUsableError, match="as CSV"):
        bring("x", "list.ods")


def test_what_is_exported_comes_back_without_a_loss_and_runs_in_no_spreadsheet(bring, database, tmp_path, monthly):
    names = ["=cmd|'/c calc'!A1", "+1", "-1", "@x", "'quoted", "＝1", 'Ana "A" López, jr.', "O'Hara"]
    text = "email;name;status;consent how\n" + "".join(
        f'r{n}@example.org;"{name.replace(chr(34), chr(34) * 2)}";active;form {n}\n' for n, name in enumerate(names)
    )
    bring(text + "gone@example.org;Gone;cleaned;\n")
    exported = "".join(lines(SubscriberListing(database).listed(ListFilter()), raw=False))
    assert not any(
        cell.startswith(("=", "+", "-", "@", "＝")) for line in exported.splitlines() for cell in line.split(",")
    )
    before = [*SubscriberListing(database).listed(ListFilter())]
    again = database_at(tmp_path / "again.db")
    (tmp_path / "export.csv").write_text(exported, encoding="utf-8", newline="")
    with list_rows(tmp_path / "export.csv", {}) as (_columns, rows):
        wishes = ImportWishes(newsletter=monthly, audiences=frozenset(), language=None, consent=Consent())
        take_in(again, rows, wishes, DEED, lambda _one: None, dry_run=False)
    after = [*SubscriberListing(again).listed(ListFilter())]
    assert [facts(one) for one in after] == [facts(one) for one in before]


def facts(one):
    return one.address, one.name, one.choice, one.consent, one.state
