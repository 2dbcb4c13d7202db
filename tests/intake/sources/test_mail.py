"""Mail as a source: whose mails are read, what each of them brings, and what of it stays out."""

import mailbox
import os
import re
from base64 import b64encode
from datetime import date
from email.message import EmailMessage
from itertools import count
from zoneinfo import ZoneInfo

import doses
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.foundation.problems import Severity
from digest.intake.settings import SourceKind, source_mistakes
from digest.intake.sources import mail_reading
from digest.intake.sources.contract import SourceContract
from digest.intake.sources.forwarding import passed_on
from digest.intake.sources.mail_folder import MOST_MAILS, MailFolder, mailbox_in_files

TODAY = date(2026, 6, 30)
ZONE = ZoneInfo("America/Costa_Rica")
LISTING = (
    "5 June 2026\nShelter opens in Tapachula\n\nIt has forty beds.\n\n9 June 2026\nConsulate on wheels\n\nMondays.\n"
)
HEAD = "From: {by}\nSubject: {subject}\nDate: Fri, 05 Jun 2026 03:00:00 +0000\nMessage-ID: <{id}@example.org>\n"
_numbers = count()


def _mail(rest="\nIt has forty beds.\n", by="Ana <ana@example.org>", subject="Shelter opens", named=None):
    """`rest` is what follows the usual fields: more of them, an empty line, the body."""
    head = HEAD.format(by=by, subject=subject, id=next(_numbers) if named is None else named).encode()
    return head + (rest if isinstance(rest, bytes) else rest.encode())


def _with(*files, text="See below.", subject="News"):
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "ana@example.org", subject, "Fri, 05 Jun 2026 03:00:00 +0000"
    mail["Message-ID"] = "<with@example.org>"
    mail.set_content(text)
    for name, data in files:
        if name == "message":
            inner = EmailMessage()
            inner["From"], inner["Subject"], inner["Date"] = "x@elsewhere.test", data, "Mon, 01 Jun 2026 15:00:00 +0000"
            inner.set_content("There are sixty of them.")
            mail.add_attachment(inner)
        else:
            mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return bytes(mail)


def _source(path, allowed=("example.org",), **wishes):
    said = {"language": None, "fallback_language": "en", "zone": ZONE, "recall": lambda _name: None, **wishes}
    box = lambda: mailbox_in_files(path, path.name)  # noqa: E731 – once
    return MailFolder(name="tried", file=path.name, open=box, root=path.parent, allowed=allowed, **said)


def _fill(folder, mails):
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        path = folder / ("new" if number % 2 else "cur") / f"{number:06}.host"
        path.write_bytes(mail)
        os.utime(path, (number, number))
    return folder


@pytest.fixture
def read(tmp_path):
    """`read(*mails)` is what a Maildir with these mails brings."""

    def reading(*mails, today=TODAY, **wishes):
        return _source(_fill(tmp_path / "mail", mails), **wishes).read(today)

    return reading


def _causes(reading):
    return "\n".join(f"{one.severity} {one.cause}" for one in reading.problems)


class TestMaildir(SourceContract):
    def source(self, folder):
        return _source(_fill(folder / "mail", [_mail(), _with(("june.en.txt", LISTING.encode()))]))

    def spoil(self, folder):
        (folder / "mail" / "new").rename(folder / "elsewhere")


class TestMbox(SourceContract):
    def source(self, folder):
        box = mailbox.mbox(folder / "mail.mbox")
        if not len(box):
            box.add(_mail(named="one"))
            box.add(_mail("\nFrom here on it is open.\n", subject="Second", named="two"))
            box.flush()
        box.close()
        return _source(folder / "mail.mbox")

    def spoil(self, folder):
        (folder / "mail.mbox").write_bytes(b"no mailbox")


# -- What one mail brings.

LATIN = "Content-Type: text/plain; charset={}\nContent-Transfer-Encoding: 8bit\n\nEducación: ñandú"
HTML = (
    "Content-Type: text/html; charset=utf-8\n\n<style>p {{}}</style><p>It has <b>forty</b> beds.</p>"
    "<div style='display:none'>secret</div>{}<script>alert(1)</script>"
)
BASE64 = (
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    + b64encode("It has forty beds, señora.".encode()).decode()
)
ALTERNATIVE = (
    "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nIt has forty beds.\n"
    "--b\nContent-Type: text/html\n\n<p>It has <i>forty</i> beds.</p>\n--b--\n"
)
CUT_OFF = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nIt has forty beds.\n"


@pytest.mark.parametrize(
    ("rest", "paragraphs", "html"),
    [
        ("\nIt has\nforty beds.\n\nAnd a kitchen.\n", ("It has forty beds.", "And a kitchen."), None),
        (HTML.format(""), ("It has forty beds.",), "<p>It has <b>forty</b> beds.</p>"),
        (BASE64, ("It has forty beds, señora.",), None),
        (LATIN.format("iso-8859-1").encode("latin-1"), ("Educación: ñandú",), None),
        (LATIN.format("iso-8859-1").encode(), ("Educación: ñandú",), None),
        (LATIN.format("utf-8").encode("latin-1"), ("Educación: ñandú",), None),
        (LATIN.format("x-unknown").encode(), ("Educación: ñandú",), None),
        (ALTERNATIVE, ("It has forty beds.",), "<p>It has <i>forty</i> beds.</p>"),
        (ALTERNATIVE.replace("<p>It has <i>forty</i> beds.</p>", "<p> </p>"), ("It has forty beds.",), None),
        (CUT_OFF, ("It has forty beds.",), None),
    ],
    ids=["plain", "HTML", "base64", "Latin-1", "no Latin-1", "no UTF-8", "unknown", "both", "empty HTML", "cut off"],
)
def test_a_mail_is_an_item_of_its_subject_text_and_day(read, rest, paragraphs, html):
    reading = read(_mail(rest, subject="=?utf-8?q?Se=C3=B1al?= de vida"))
    (item,) = reading.items
    assert (item.text.title, item.text.paragraphs, item.text.html) == ("Señal de vida", paragraphs, html)
    assert item.published_on == date(2026, 6, 4), "the day in the publisher's zone"
    assert not [one for one in reading.problems if one.severity is Severity.ERROR]


def test_what_is_hidden_in_a_mail_stays_out_and_is_named(read):
    reading = read(_mail(HTML.format("<img src='http://x.test/p.gif' alt='our logo'>")))
    assert "secret" not in str(reading.items)
    assert "hidden text is left out" in _causes(reading)
    assert "our logo" in _causes(reading)


def test_attachments_are_read_as_files_of_a_folder_and_the_letter_around_them_stays_out(read):
    reading = read(
        _with(("june.en.txt", LISTING.encode()), ("guide.md", b"---\ntitle: Guide\ndate: 2026-06-01\n---\nNine.\n"))
    )
    titles = ["Shelter opens in Tapachula", "Consulate on wheels", "Guide"]
    assert [item.text.title for item in reading.items] == titles
    assert "See below." in _causes(reading)
    assert [item.given_id for item in reading.items] == [f"<with@example.org> {number}" for number in (1, 2, 3)]


def test_what_nothing_reads_is_named_and_the_text_is_news(read):
    reading = read(_with(("plan.pdf", b"%PDF"), ("logo.png", b"PNG"), text="It has forty beds.", subject="Shelter"))
    assert [item.text.title for item in reading.items] == ["Shelter"]
    assert "plan.pdf, logo.png" in _causes(reading)


def test_a_name_of_an_attachment_leads_nowhere(read):
    assert "../" not in _causes(read(_with(("../../x.txt", LISTING.encode())))) + str(read().items)


def test_mails_within_a_mail_are_read_each_with_its_own_subject_and_day(read):
    reading = read(_with(("message", "Tents arrive"), ("message", "A clinic moves")))
    assert [(item.text.title, item.published_on) for item in reading.items] == [
        ("Tents arrive", date(2026, 6, 1)),
        ("A clinic moves", date(2026, 6, 1)),
    ]
    assert "See below." in _causes(reading)


# -- What programs put around a mail that is passed on.

GMAIL = (
    "---------- Forwarded message ---------\nDe: Luis <luis@elsewhere.test>\nDate: vie, 5 jun 2026\n"
    "Subject: Shelter opens\nTo: <ana@example.org>,\n <b@example.org>, <c@example.org>,\nd@example.org\n\n\n"
)
OUTLOOK = (
    "________________________________\nDe: Luis\nEnviado el: viernes, 5 de junio de 2026\nPara: Ana\n"
    "Asunto: Shelter opens\n\n"
)
THUNDERBIRD = (
    "-------- Weitergeleitete Nachricht --------\nBetreff: \tShelter opens\nDatum: \tFri, 5 Jun 2026\n"
    "Von: \tLuis <luis@elsewhere.test>\nAn: \tana@example.org\n\n"
)
APPLE = (
    "Begin forwarded message:\n\n> From: Luis <l@elsewhere.test>\n> Subject: Shelter opens\n> Date: 5 June 2026\n>\n> "
)
HTML_HEAD = (
    "Content-Type: text/html\n\n<p>Para el boletín.</p><div class=gmail_quote><div>---------- Forwarded message ------"
    "---<br>De: <b>Luis</b> &lt;<a href='mailto:luis@elsewhere.test'>luis@elsewhere.test</a>&gt;<br>Date: vie, 5 "
    "jun 2026<br>Subject: Shelter opens<br>To: &lt;ana@example.org&gt;<br></div><br><div>It has <b>forty</b> beds."
    "</div></div>"
)


@pytest.mark.parametrize("head", [GMAIL, OUTLOOK, THUNDERBIRD, APPLE], ids=["Gmail", "Outlook", "Thunderbird", "Apple"])
@pytest.mark.parametrize("prefix", ["Fwd: ", "RV: ", "WG: ", "Re: FW: "])
@pytest.mark.parametrize("note", ["", "Ana, para el boletín.\n\n"])
def test_the_head_of_a_mail_that_was_passed_on_is_taken_off_and_what_stands_above_it_is_named(read, head, prefix, note):
    reading = read(_mail(f"\n{note}{head}It has forty beds.\n", subject=f"{prefix}Shelter opens"))
    (item,) = reading.items
    assert (item.text.title, item.text.paragraphs) == ("Shelter opens", ("It has forty beds.",))
    assert ("para el boletín" in _causes(reading)) == bool(note)


HTML_TABLE = (
    "Content-Type: text/html\n\n<p>Para el boletín.</p><br>-------- Forwarded Message --------<table><tr><th>Subject: "
    "</th><td>Shelter opens</td></tr><tr><th>Date: </th><td>Fri</td></tr><tr><th>From: </th><td>Luis</td></tr></table>"
    "<p>It has <b>forty</b> beds.</p>"
)


@pytest.mark.parametrize("rest", [HTML_HEAD, HTML_TABLE], ids=["lines", "table"])
def test_the_head_is_taken_off_html_with_all_that_is_formatted_in_it(read, rest):
    reading = read(_mail(rest, subject="RV: Shelter opens"))
    (item,) = reading.items
    assert (item.text.title, item.text.html) == ("Shelter opens", "<p>It has <b>forty</b> beds.</p>")
    assert "Para el boletín" in _causes(reading)


def test_where_nothing_says_that_a_mail_was_passed_on_what_stands_in_it_is_kept_and_named(read):
    reading = read(_mail(f"\nThe office writes:\n\n{GMAIL}It has forty beds.\n", subject="How a mail looks"))
    (item,) = reading.items
    assert item.text.paragraphs[0] == "The office writes:"
    assert "the head of another mail stands in its text and is kept" in _causes(reading)


def test_words_with_a_colon_are_no_head():
    text = ["From: the mountains", "", "To: the sea.", "De: nada", "A: todo", "Nota: nada"]
    assert passed_on(text, 1) == (0, [], "")


@pytest.mark.parametrize("subject", ["Forward: the plan", "RVing: how to", "Shelter opens: RV parks"])
def test_a_subject_that_only_begins_like_one_stays(read, subject):
    assert [item.text.title for item in read(_mail(subject=subject)).items] == [subject]


# -- Whose mails are read.


@pytest.mark.parametrize(
    "by",
    [
        "eve@elsewhere.test",
        "eve@sub.example.org",
        '"ana@example.org" <eve@elsewhere.test>',
        "ana@example.org <eve@elsewhere.test>",
        "=?utf-8?q?=3Cana=40example.org=3E?= <eve@elsewhere.test>",
        "=?utf-8?q?ana=40example.org?=",
        "ana@example.org, eve@elsewhere.test",
        "eve@elsewhere.test (ana@example.org)",
        "ana@example.org\nFrom: eve@elsewhere.test",
        "ana@example.org@elsewhere.test",
        "<ana@example.org> <eve@elsewhere.test>",
        "",
    ],
)
def test_a_mail_of_anybody_else_is_counted_and_never_read(read, by):
    reading = read(_mail(by=by, subject="Buy this"), _mail(by=by))
    assert reading.items == ()
    assert [one.severity for one in reading.problems] == [Severity.WARNING], "none may write: from is wrong, perhaps"
    assert "2 mails from senders who are not named" in _causes(reading)
    assert "Buy this" not in _causes(reading)
    assert "elsewhere" not in _causes(reading)


@pytest.mark.parametrize(
    "by", ["ana@example.org", "ANA@Example.ORG", '"Ana, office" <ana@example.org>', "ana@example.org (Ana)"]
)
@pytest.mark.parametrize("allowed", ["ana@example.org", "example.org"])
def test_a_mail_of_an_allowed_sender_is_read(read, by, allowed):
    assert len(read(_mail(by=by), allowed=(allowed,)).items) == 1


@pytest.mark.parametrize(
    ("said", "is_read"),
    [
        ("mx.test; dmarc=fail (p=none) header.from=example.org", False),
        ("mx.test; spf=fail smtp.mailfrom=x; dkim=none", False),
        ("mx.test; spf=pass\nAuthentication-Results: mx.test; dmarc=fail", False),
        ("mx.test; spf=fail\nAuthentication-Results: other.test; dmarc=pass; dkim=pass", False),
        ("mx.test; dmarc=pass; spf=fail", True),
        ("mx.test; dkim=pass; spf=fail", True),
        ("mx.test; none", True),
    ],
)
def test_a_mail_whose_sender_a_server_calls_forged_brings_nothing_and_is_named(read, said, is_read):
    reading = read(_mail(f"Authentication-Results: {said}\n\nText.\n", subject="A claim"))
    assert bool(reading.items) == is_read
    assert ("forged" in _causes(reading) and "A claim" in _causes(reading)) != is_read


# -- Mailboxes.


def test_of_very_many_mails_the_newest_are_read_and_the_rest_is_named(tmp_path):
    many = max(2 * MOST_MAILS, doses.dose(1_500, 10_000))
    path = tmp_path / "mail.mbox"
    path.write_bytes(
        b"".join(b"From x Fri Jun  5 03:00:00 2026\n" + _mail(subject=f"No. {at}") + b"\n" for at in range(many))
    )
    reading = _source(path).read(TODAY)
    assert [item.text.title for item in reading.items] == [f"No. {at}" for at in range(many - MOST_MAILS, many)]
    assert f"{many - MOST_MAILS:,} older mails" in _causes(reading)
    assert reading.keeps, "so nothing that was told is taken back"


def test_a_copy_of_a_mail_is_told_once(read):
    mail = _mail()
    reading = read(mail, mail, _mail("\nOther text.\n", named="a"), _mail("\nAnd another.\n", named="a"))
    assert len(reading.items) == 2
    assert re.search(r"has the Message-ID of mail#\w+, and another text", _causes(reading))


def test_mails_are_neither_moved_nor_marked_nor_deleted(tmp_path):
    folder = _fill(tmp_path / "mail", [_mail(), _mail(by="x@y.test")])
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*.host")}
    _source(folder).read(TODAY)
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()
    } == before


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\x00\xff" * 500,
        HEAD.format(by="ana@example.org", subject="x", id=1).encode().replace(b"Fri, 05", b"Xxx, 99") + b"\nText.\n",
        _mail("Content-Type: multipart/mixed\n\nno parts\n"),
        _mail("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nA\n"),
        _mail("Content-Type: text/plain; charset=utf-16\n\n\x00\x01\x02\x03\x04\x05\n"),
        _mail("".join(f"Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n" for at in range(200))),
        _mail("Content-Type: text/html\n\n" + "<div>" * 20_000),
        _with(("june.docx", b"no Word file")),
    ],
    ids=["nothing", "bytes", "no date", "no parts", "no base64", "no UTF-16", "deep", "divs", "no Word"],
)
def test_a_bad_mail_touches_no_other(read, bad):
    reading = read(_mail(subject="Before"), bad, _mail(subject="After"))
    titles = [item.text.title for item in reading.items]
    assert (titles[0], titles[-1]) == ("Before", "After")
    assert reading.problems or len(titles) > 2, "nothing is told of it"


def test_a_mail_that_takes_too_much_is_named_and_ended_and_the_others_are_read(read, monkeypatch):
    monkeypatch.setattr(mail_reading, "SECONDS", 0.05)
    monkeypatch.setattr(mail_reading, "LARGEST_MAIL", 2 << 20)
    slow = _mail("Content-Type: text/html\n\n" + "<p><b>beds</b></p>" * 40_000, subject="Slow")
    reading = read(
        _mail(subject="Before"), slow, _mail("\n" + "x" * (3 << 20), subject="Large"), _mail(subject="After")
    )
    assert [item.text.title for item in reading.items] == ["Before", "After"]
    assert "“Slow”: this mail cannot be read: it was not done after" in _causes(reading)
    assert "“Large”: this mail has more than" in _causes(reading)


@settings(max_examples=doses.examples(25))
@given(st.binary(max_size=200), st.sampled_from([HTML_HEAD, ALTERNATIVE, BASE64, GMAIL]), st.integers(0, 400))
def test_whatever_the_bytes_are_nothing_is_raised(tmp_path_factory, noise, rest, at):
    whole = _mail(rest)
    folder = _fill(tmp_path_factory.mktemp("mail"), [whole[:at] + noise + whole[at:]])
    assert _source(folder).read(TODAY).complete


# -- Settings.


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"type": "mail", "path": "mail"}, ["sources.inbox.from: is missing"]),
        ({"type": "mail", "from": "example.org"}, ["sources.inbox.path: is missing (or imap)"]),
        ({"type": "mail", "path": "mail", "from": "example.org"}, []),
        (
            {"path": "mail", "from": "example.org"},
            [f"a folder has no such key; it belongs to a source of the type {SourceKind.MAIL}"],
        ),
    ],
)
def test_a_source_of_mail_names_who_may_write(written, said):
    told = [f"{'.'.join(one.path)}: {one.said}" for one in source_mistakes({"inbox": written}, ["en"])]
    assert len(told) == len(said)
    assert all(one in mistake for one, mistake in zip(said, told, strict=True))
