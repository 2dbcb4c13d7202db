"""Nobody suppressed is mailed, whichever door they come back by: lists of each kind, the subscriber file and its
`sync`, a restored database, forms and programs, and the office's own commands.
"""

import io
from contextlib import suppress as passing_over
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from digest.cli.invocation import Invocation
from digest.cli.subscribers import subscribers as command
from digest.delivery.adoption import adopt
from digest.delivery.ledger import freeze
from digest.errors import DigestError
from digest.foundation.addresses import address
from digest.foundation.schema import deliveries
from digest.newsletters.edition import Choice, Edition, EditionState
from digest.newsletters.period import Period, PeriodKind
from digest.operations.erasing import erase, erase_again_in
from digest.people import reader_requests
from digest.people.reader_requests import Answer, Request
from digest.people.subscriber import Consent, Subscription, Suppression, SuppressionCause
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.suppression import note_suppressions, suppress
from digest.settings.instance import Instance

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
SETTINGS = """\
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {regional: {title: Whole region, everything: true}}
newsletters:
  monthly: {title: Bulletin, from: bulletin@news.example.org, every: month, audiences: [regional], languages: [en]}
subscribers: people.yaml
delivery: {transport: files, path: out}
"""
CHOICE = Choice(newsletter="monthly", audiences=frozenset({"regional"}), language="en")
DEED = Deed(by="Marta", at=AT)
FORM = Request(at=AT, how="form")
WAYS = ("removed", "removed of one", "suppressed", "left", "left one", "bounced", "complained", "erased")


def of(way):
    return f"{way.replace(' ', '.')}@example.org"


EVERYBODY = [of(way) for way in WAYS]
STAYS = "stays@example.org"


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """Everybody left in their own way, and one person stayed. `older` is the database before that."""
    folder = tmp_path_factory.mktemp("doors") / "office"
    (folder / "sending").mkdir(parents=True)
    (folder / "bulletins").mkdir()
    (folder / "digest.yaml").write_text(SETTINGS)
    instance = Instance(folder)
    file_of(instance, [*EVERYBODY, STAYS])
    instance.import_subscribers()
    instance.database.scrub()
    older = instance.database.path.read_bytes()
    changes = SubscriberChanges(instance.database, DEED)
    changes.remove(of("removed"))
    changes.remove(of("removed of one"), "monthly")
    changes.suppress(address(of("suppressed")))
    with instance.database.write() as connection:
        ids = dict(map(tuple, connection.exec_driver_sql("SELECT folded, public_id FROM subscribers").all()))
        numbers = dict(map(tuple, connection.exec_driver_sql("SELECT folded, number FROM subscribers").all()))
        assert reader_requests.leave(connection, FORM, ids[of("left")], None) is Answer.DONE
        assert reader_requests.leave(connection, FORM, ids[of("left one")], "monthly") is Answer.DONE
        for cause in (SuppressionCause.BOUNCED, SuppressionCause.COMPLAINED):
            one = Suppression(subscriber=numbers[of(cause.value)], newsletter=None, cause=cause)
            assert suppress(connection, one, AT)
    erase(instance, [of("erased")], "Marta", with_rows=False)
    note_suppressions(instance.database, folder / "sending" / "leavings")
    instance.older, instance.ids = older, ids
    return instance


def file_of(instance, written):
    rows = "".join(f"  - {{address: {one}, language: en, audiences: [regional]}}\n" for one in written)
    (instance.folder / "people.yaml").write_text("subscribers:\n" + rows)


def typed(instance, *words):
    return CliRunner().invoke(command, words, obj=Invocation(folder=str(instance.folder)))


# -- Doors: each tries to bring everybody back.


def by_list(name, write):
    def door(instance):
        path = instance.folder / name
        path.write_bytes(write())
        said = typed(instance, "import", str(path), "--audience", "regional", "--consent", "our old list", "--yes")
        assert "8 stay away" in said.output, said.output

    return door


def workbook():
    from openpyxl import Workbook

    book, written = Workbook(), io.BytesIO()
    for row in ("email", *EVERYBODY):
        book.active.append([row])
    book.save(written)
    return written.getvalue()


def lines(template, head=""):
    return (head + "".join(template.format(one) for one in EVERYBODY)).encode


def by_file(instance):
    file_of(instance, [*EVERYBODY, STAYS])
    instance.import_subscribers()


def by_hand(instance):
    """The same people, edited: another spelling, another order, another choice, and back again."""
    file_of(instance, [STAYS, *(one.replace("@e", "@E") for one in reversed(EVERYBODY))])
    instance.import_subscribers()
    file_of(instance, [STAYS])
    instance.import_subscribers()
    by_file(instance)


def by_sync(instance):
    by_file(instance)
    assert typed(instance, "sync", "--yes").exit_code == 0


def by_add(instance):
    for one in EVERYBODY:
        said = typed(instance, "add", one, "--audience", "regional", "--consent", "fair")
        assert isinstance(said.exception, DigestError), said.output


def by_change(instance):
    for one in EVERYBODY:
        assert isinstance(typed(instance, "change", STAYS, "--address", one).exception, (DigestError, SystemExit))
        with passing_over(DigestError):
            SubscriberChanges(instance.database, DEED).change(one, choice=CHOICE, name="Ana")


def by_readmission_without_consent(instance):
    for one in EVERYBODY:
        assert typed(instance, "readmit", one, "--because", "we want them").exit_code == 2


def by_form(instance):
    """Signed up by anybody, and never confirmed; old links do nothing."""
    for one in EVERYBODY:
        with instance.database.write() as connection:
            found = reader_requests.sign_up(connection, FORM, address(one), CHOICE)
            assert found.answer is (Answer.DONE if one in {of("left"), of("left one")} else Answer.REFUSED)
            wrong = AT - timedelta(days=1)
            assert reader_requests.confirm(connection, FORM, instance.ids[one], "monthly", wrong) is not Answer.DONE


def by_program(instance):
    for one in set(instance.ids.values()) - {instance.ids[STAYS]}:
        with instance.database.write() as connection:
            assert reader_requests.choose(connection, FORM, one, CHOICE) in (Answer.REFUSED, Answer.UNKNOWN)
            assert reader_requests.pause(connection, FORM, one, None, AT + timedelta(days=1)) is Answer.REFUSED
            assert reader_requests.pause(connection, FORM, one, None, None) is Answer.REFUSED
    instance.subscribers.end_pauses(AT + timedelta(days=400))


def by_save(instance):
    consent = Consent(on=AT.date(), how="form")
    wanted = [Subscription(address=one, folded=one, name="Ana", choice=CHOICE, consent=consent) for one in EVERYBODY]
    instance.subscribers.save_subscriptions(wanted)


def by_restore(instance):
    """An older database, in which all of them are active."""
    instance.database.path.write_bytes(instance.older)
    erase_again_in(instance.folder, instance.database)
    adopt(instance.place, "Marta", None, moved=False, without_journal=True)
    by_file(instance)


DOORS = {
    "CSV": by_list("list.csv", lines("{},Ana\n", "email,name\n")),
    "TSV": by_list("list.tsv", lines("{}\tAna\n", "email\tname\n")),
    "lines": by_list("list.txt", lines("Ana <{}>\n")),
    "JSON lines": by_list("list.jsonl", lines('{{"email": "{}"}}\n')),
    "vCard": by_list("list.vcf", lines("BEGIN:VCARD\nEMAIL:{}\nEND:VCARD\n")),
    "YAML": by_list("list.yaml", lines("  - {{address: {}}}\n", "subscribers:\n")),
    "workbook": by_list("list.xlsx", workbook),
    "file": by_file,
    "hand": by_hand,
    "sync": by_sync,
    "add": by_add,
    "change": by_change,
    "readmit": by_readmission_without_consent,
    "form": by_form,
    "program": by_program,
    "store": by_save,
    "restore": by_restore,
}


def test_nobody_suppressed_is_mailed_whichever_door_they_come_back_by(instance):
    """One after the other, so that no door opens another; what would be sent is asked after each."""
    for name, door in DOORS.items():
        door(instance)
        assert mailed(instance) == [STAYS], name


def mailed(instance):
    """Whom the freezing of an edition would take, told by the ledger itself."""
    period = Period.containing(PeriodKind.MONTH, AT.date())
    edition = Edition(newsletter="monthly", period=period, state=EditionState.SEALED, number=1)
    with instance.database.write() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT OR IGNORE INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, "
            "window_start, window_end) "
            "VALUES (1, 'monthly', 'month', '2018-08', 1, 'sealed', 1, '2018-08-01', '2018-09-01')"
        )
        run("INSERT OR IGNORE INTO servings (edition, choice) SELECT 1, number FROM choices")
        freeze(connection, edition, AT)
        found = sorted(
            row[0] for row in connection.execute(deliveries.select().with_only_columns(deliveries.c.address))
        )
        run("DELETE FROM deliveries")
    return found
