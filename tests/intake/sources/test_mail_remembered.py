"""What is remembered of a mailbox: nothing is read twice without need, nothing is lost, and items stay themselves."""

import mailbox
import os
from dataclasses import replace
from datetime import date

import pytest
from databases import database_at

from digest.foundation.problems import Severity
from digest.intake.collecting import collect
from digest.intake.item import TagKind
from digest.intake.sources.mail_folder import MailFolder, mailbox_in_files
from digest.intake.store import Items
from digest.intake.tagging import taxonomy
from digest.intake.tagging.tagger import TaxonomyTagger

TODAY = date(2026, 6, 30)
MAIL = (
    "From: {by}\nSubject: {title}\nDate: Fri, 05 Jun 2026 03:00:00 +0000\nMessage-ID: <{title}@example.org>\n\n"
    "It has forty beds in Guatemala.\n"
)


def mail(title, by="ana@example.org"):
    return MAIL.format(title=title, by=by).encode()


class Office:
    """A mailbox of one kind, looked at again and again."""

    def __init__(self, folder, kind):
        self.path, self.kind = folder / "mail", kind
        self.items = Items(database_at(folder / "digest.db"))
        self.tagger = TaxonomyTagger(taxonomy.load(None))
        self.source = MailFolder(
            name="inbox",
            file="mail",
            open=lambda: mailbox_in_files(self.path, "mail"),
            root=folder,
            allowed=["example.org"],
            language=None,
            fallback_language="en",
            recall=self.items.memory,
        )
        self.begun = 0
        self.fill()

    def fill(self, *mails):
        """What lies in it from now on, and nothing else. A Maildir names each of them anew."""
        if self.kind == "mbox":
            self.path.write_bytes(b"".join(b"From x Fri Jun  5 03:00:00 2026\n" + one + b"\n" for one in mails))
            return
        for name in ("new", "cur", "tmp"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        for old in self.path.glob("*/*"):
            old.unlink()
        self.add(*mails)

    def add(self, *mails):
        for one in mails:
            self.begun += 1
            if self.kind == "mbox":
                box = mailbox.mbox(self.path)
                box.add(one)
                box.close()
            else:
                file = self.path / "new" / f"{self.begun:06}.host"
                file.write_bytes(one)
                os.utime(file, (self.begun, self.begun))

    def overwrite(self, before, after):
        """Other bytes of the same length, where nobody can see it who does not read them."""
        for file in [self.path] if self.kind == "mbox" else self.path.glob("*/*"):
            seen = file.stat()
            with file.open("r+b") as opened:
                data = opened.read()
                opened.seek(0)
                opened.write(data.replace(before, after))
            os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def collect(self, today=TODAY):
        (self.result,) = collect([self.source], self.tagger, self.items, frozenset(), today)
        return self.result

    @property
    def said(self):
        return "\n".join(map(str, self.result.problems))

    @property
    def titles(self):
        return sorted(item.text.title for item in self.items.items() if not item.withdrawn)

    @property
    def ids(self):
        return {item.id for item in self.items.items() if not item.withdrawn}


@pytest.fixture(params=["maildir", "mbox"])
def office(tmp_path, request):
    return Office(tmp_path, request.param)


def test_a_look_at_an_unchanged_mailbox_reads_no_mail_and_says_the_same(office):
    office.fill(mail("Tents"), mail("Beds"), mail("Spam", by="eve@elsewhere.test"))
    assert office.collect().added == 2
    said = office.said
    office.overwrite(b"forty", b"sixty")
    office.overwrite(b"eve@elsewhere.test", b"eve@ne.example.org")
    again = office.collect()
    assert (again.unchanged, again.added, again.changed, office.said) == (2, 0, 0, said)
    assert "1 mail from senders who are not named" in said


def test_of_a_mailbox_with_a_new_mail_that_alone_is_read(tmp_path):
    office = Office(tmp_path, "maildir")
    office.fill(mail("Tents"), mail("Beds"))
    office.collect()
    office.overwrite(b"forty", b"sixty")
    office.add(mail("A clinic"))
    again = office.collect()
    assert (again.unchanged, again.added, again.changed) == (2, 1, 0)


def test_items_are_themselves_in_a_mailbox_that_was_rebuilt_and_stay_where_it_was_tidied(office):
    office.fill(mail("Tents"), mail("Beds"), mail("A clinic"))
    office.collect()
    ids = office.ids
    office.fill(mail("Beds"), mail("A clinic"))
    assert (office.collect().unchanged, office.ids) == (2, ids)
    office.fill(mail("A bridge"), mail("A clinic"), mail("Tents"))
    again = office.collect()
    assert (again.added, again.changed, again.withdrawn) == (1, 0, 0)
    assert office.titles == ["A bridge", "A clinic", "Beds", "Tents"]
    assert office.ids > ids
    assert (office.collect().added, office.collect().unchanged) == (0, 3)


def test_a_mail_under_the_name_of_another_is_not_lost(tmp_path):
    office = Office(tmp_path, "maildir")
    office.fill(mail("Tents"), mail("Spam", by="eve@elsewhere.test"))
    office.collect()
    office.begun = 0
    office.fill(mail("Some other news"), mail("And more of them"))
    assert office.collect().added == 2


def test_a_copy_that_comes_later_is_told_once(office):
    office.fill(mail("Tents"))
    office.collect()
    office.add(mail("Tents").replace(b"forty", b"sixty"))
    assert office.collect().added == 0
    assert "and another text; not read" in office.said


def test_what_the_settings_say_of_reading_counts_for_mails_that_were_looked_at_before(office, tmp_path):
    office.fill(mail("Tents"), mail("Beds", by="luis@elsewhere.test"))
    assert office.collect().added == 1
    office.source = replace(office.source, allowed=["example.org", "luis@elsewhere.test"])
    assert (office.collect().added, office.result.unchanged) == (1, 1)
    (tmp_path / "taxonomy.yaml").write_text("countries: {}\ntopics: {beds: {title: {en: Beds}, terms: [beds]}}\n")
    office.tagger = TaxonomyTagger(taxonomy.load(tmp_path / "taxonomy.yaml"))
    assert office.collect().changed == 2
    assert {*(item.values(TagKind.TOPIC) for item in office.items.items())} == {frozenset({"beds"})}


def test_what_was_wrong_with_a_mail_is_said_until_it_is_gone(office):
    bad = mail("Bad").replace(b"\n\n", b"\nContent-Type: text/html\n\n<p hidden>x</p>", 1)
    office.fill(mail("Tents"), bad)
    office.collect()
    assert "hidden text is left out" in office.said
    office.add(mail("Beds"))
    assert office.collect().added == 1
    assert "hidden text is left out" in office.said
    office.fill(mail("Tents"))
    office.collect()
    assert "hidden text is left out" not in office.said


def test_a_mailbox_that_is_away_changes_nothing(office):
    office.fill(mail("Tents"))
    office.collect()
    office.path.rename(office.path.with_name("elsewhere"))
    away = office.collect()
    assert (away.errors, away.withdrawn) == (1, 0)
    office.path.with_name("elsewhere").rename(office.path)
    assert office.collect().unchanged == 1
    assert not [one for one in office.result.problems if one.severity is Severity.ERROR]
