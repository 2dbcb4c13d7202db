"""What comes back is counted once, for the right person, and only where it is proven."""

import json

import pytest
from delivery_reports import SYSTEMS
from office import ANA, BEN, EVA, MAILBOX, MAX, bounce, complaint, letter

from digest.inbound.classifying import classified
from digest.inbound.inbound import InboundOutcome, MailKind, ReturnKind
from digest.mail.message import Recipient

pytestmark = pytest.mark.both_databases

COMMS = "comms@example.org"
OURS = "Bulletin <bulletin@news.example.org>"


def returned(office):
    return office.rows(
        "SELECT s.folded, r.kind, r.status FROM returns r JOIN subscribers s ON s.number = r.subscriber"
        " ORDER BY r.number"
    )


def test_the_name_in_a_return_path_is_the_one_that_the_composer_writes(office):
    instance = office.instance
    edition = instance.editions.editions("monthly")[0]
    message = instance.editions.variants(edition)[0].rendered.message
    person = Recipient(row=1, subscriber=office.public_id(ANA), address=ANA, name=None, variant="")
    (envelope,) = instance.composer.compose(edition, message, [person])
    assert office.delivery(ANA) == envelope.delivery


def test_a_bounce_to_the_return_path_counts_for_that_delivery(office):
    office.put(bounce(f"bounces+{office.delivery(ANA)}@news.example.org", who="forwarded@elsewhere.example"))
    read = office.read()
    assert read.outcomes == {InboundOutcome.HARD: 1}
    assert returned(office) == [(ANA, "hard", "5.1.1")]
    assert office.gets(ANA) == ["monthly", "weekly"], "one bounce suppresses nobody"


def test_without_a_return_path_our_message_id_in_the_returned_head_is_proof(office):
    head = f"From: {OURS}\nMessage-ID: {office.sent(BEN)['Message-ID']}\n"
    office.put(bounce("bulletin@news.example.org", who=BEN, returned=head))
    assert office.read().outcomes == {InboundOutcome.HARD: 1}
    assert returned(office) == [(BEN, "hard", "5.1.1")]


@pytest.mark.parametrize(
    "head",
    [
        "Message-ID: {id}\n",
        "From: Week <week@news.example.org>\nMessage-ID: {id}\n",
        "From: x@elsewhere.example\nMessage-ID: {id}\n",
        "From: bulletin@news.example.org <x@elsewhere.example>\nMessage-ID: {id}\n",
        "From: x@elsewhere.example\nSubject: From: bulletin@news.example.org\nMessage-ID: {id}\n",
        "From: x@elsewhere.example\nMessage-ID: {id}\n\nFrom: bulletin@news.example.org\n",
        "From: x@elsewhere.example\nIn-Reply-To: {id}\n",
    ],
    ids=["none", "of another newsletter", "of a stranger", "in a name", "in a subject", "in another head", "an answer"],
)
def test_a_message_id_is_no_proof_in_a_head_that_names_another_sender(office, head):
    office.put(bounce(COMMS, who=BEN, returned=head.format(id=office.sent(BEN)["Message-ID"])))
    assert not office.read().outcomes.keys() & {InboundOutcome.HARD, InboundOutcome.SOFT, InboundOutcome.BLOCKED}
    assert returned(office) == []


def test_a_qmail_bounce_that_returns_the_message_as_text_is_understood(office):
    office.put(
        "Return-Path: <>\nFrom: MAILER-DAEMON@old.example.net\nTo: bulletin@news.example.org\n"
        "Subject: failure notice\n\n"
        "Hi. This is the qmail-send program at old.example.net.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        f"<{EVA}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        f"{office.sent(EVA).as_string()}"
    )
    assert office.read().outcomes == {InboundOutcome.HARD: 1}
    assert returned(office) == [(EVA, "hard", "5.1.1")]


@pytest.mark.parametrize(
    ("action", "status", "said", "outcome"),
    [
        ("failed", "5.1.1", "smtp; 550 5.1.1 user unknown", InboundOutcome.HARD),
        ("failed", "5.2.2", "smtp; 552 5.2.2 mailbox full", InboundOutcome.SOFT),
        ("failed", "5.0.0", "smtp; 550 over quota", InboundOutcome.SOFT),
        ("failed", "4.4.7", "smtp; 451 4.4.1 no answer", InboundOutcome.SOFT),
        ("failed", "5.7.1", "smtp; 550 5.7.1 blocked by spamhaus", InboundOutcome.BLOCKED),
        ("failed", "5.1.1", "smtp; 554 5.7.1 message looks like spam", InboundOutcome.BLOCKED),
        ("delayed", "4.4.1", "smtp; 451 later", InboundOutcome.DELAYED),
        ("delivered", "2.0.0", "smtp; 250 ok", InboundOutcome.DELIVERED),
    ],
)
def test_only_what_is_dead_or_full_counts(office, action, status, said, outcome):
    """A filter's refusal is no dead mailbox, and a delay is no bounce."""
    scored = outcome in (InboundOutcome.HARD, InboundOutcome.SOFT)
    office.settings(MAILBOX.replace("}", ", score: {hard: 1, soft: 1, threshold: 1}}"))
    office.put(bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA, action=action, status=status, said=said))
    assert office.read().outcomes == {outcome: 1}
    assert office.gets(ANA) == ([] if scored else ["monthly", "weekly"])


REASONS = {
    ReturnKind.HARD: (
        f"550 5.1.1 <{ANA}>: Recipient address rejected: User unknown in virtual mailbox table",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        "550-5.1.1 The email account that you tried to reach does not exist.",
        "550 No such user here",
        "550 El usuario no existe",
    ),
    ReturnKind.SOFT: (
        "552 5.2.2 Over quota",
        "452 4.2.2 The email account that you tried to reach is over quota",
        "550 5.2.2 STOREDRV.Deliver; mailbox full",
    ),
    ReturnKind.BLOCKED: (
        "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org",
        "550 5.7.26 Unauthenticated email from example.org is not accepted due to the domain's DMARC policy",
        "550 5.4.5 Daily user sending limit exceeded",
        "554 5.7.1 Message rejected as spam",
        "554 Email rejected: Mailpolicy violation",
    ),
}


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.__name__)
def test_the_report_of_every_system_is_judged_by_the_reason_that_the_server_gave(system):
    for kind, reasons in REASONS.items():
        for reason in reasons:
            mail = classified(system(ANA, reason).encode())
            assert (mail.kind, [(one.kind, one.address) for one in mail.notices]) == (MailKind.REPORT, [(kind, ANA)]), (
                reason
            )


def test_a_forged_bounce_counts_for_nobody(office):
    """Wrong proof, right person: for ever so many of them."""
    name = office.delivery(ANA)
    wrong = name[:-1] + ("0" if name[-1] != "0" else "1")
    for number in range(20):
        office.put(
            bounce(f"bounces+{wrong}@x.org", who=ANA, number=number, date=f"Mon, {number + 1} Oct 2018 10:00:00 +0000")
        )
    office.put(bounce("bulletin@news.example.org", who=ANA, number="b"))
    office.put(bounce(f"bounces+{office.public_id(ANA)}-000000000000@x.org", who=ANA, number="c"))
    office.put(complaint(f"To: {ANA}\nMessage-ID: <0123456789abcdef0123456789abcdef@news.example.org>\n", person=ANA))
    read = office.read()
    assert read.outcomes == {InboundOutcome.UNPROVEN: 21, InboundOutcome.OTHER: 2}
    assert returned(office) == []
    assert office.gets(ANA) == ["monthly", "weekly"]
    assert len(list((office.maildir / "new").iterdir())) == 23, "they are left as they are"


def test_the_name_of_one_delivery_says_nothing_about_another_person(office):
    mine = office.delivery(ANA)
    office.put(bounce(f"bounces+{office.public_id(BEN)}-{mine.rpartition('-')[2]}@x.org", who=BEN))
    assert office.read().outcomes == {InboundOutcome.UNPROVEN: 1}


def test_five_bad_days_end_it_and_one_bad_day_does_not(office):
    office.settings("mailbox: {maildir: Maildir, score: {forget_after: 3660 days}}\n")
    to = f"bounces+{office.delivery(ANA)}@x.org"
    for number in range(9):
        office.put(bounce(to, who=ANA, number=f"same-day-{number}"))
    assert office.read().suppressed == 0, "nine on one day are one"
    # The sending was today: what claims to be older counts as today.
    office.change("UPDATE editions SET sending_at = '2018-08-05T15:00:00.000000+00:00'")
    for day in range(6, 9):
        office.put(bounce(to, who=ANA, number=day, date=f"{day} Aug 2018 10:00:00 +0000"))
    assert office.read().suppressed == 0
    last = office.put(bounce(to, who=ANA, number="last", date="9 Aug 2018 10:00:00 +0000"))
    assert office.read().suppressed == 1
    assert office.gets(ANA) == []
    said = office.run("explain", ANA)
    assert "because mail to it came back (13 times, the last time with 5.1.1)" in said
    for told in (said, office.run("subscribers", "show", ANA)):
        assert "the message that caused it: on " in told
        assert ", about monthly/2018-07" in told
        assert f"it lies in maildir:{office.maildir}, {last.name}" in told
        assert f"readmit {ANA} --consent TEXT --because REASON --by NAME" in told
    office.instance.import_subscribers()
    assert office.gets(ANA) == [], "an import never brings anybody back"
    assert office.mails("left") == [], "nobody is told who cannot be reached"


def test_a_complaint_ends_it_at_once(office):
    came = office.put(complaint(office.sent(ANA).as_string()))
    read = office.read()
    assert (read.outcomes, read.suppressed) == ({InboundOutcome.COMPLAINT: 1}, 1)
    assert office.gets(ANA) == []
    assert "because they called a mail spam" in office.run("explain", ANA)
    shown = json.loads(office.run("subscribers", "show", ANA, "--json"))
    (place,) = {one["caused_by"]["places"][0] for one in shown["subscriptions"]}
    assert place == f"maildir:{office.maildir}, {came.name}"
    came.unlink(missing_ok=True)
    (office.maildir / "cur" / f"{came.name}:2,S").unlink()
    office.read()
    assert "it lies in the mailbox no more" in office.run("explain", ANA)


def test_a_complaint_is_not_proven_by_a_message_id_alone(office):
    """Whoever saw the mail knows that; a link for leaving, or the return path, is a reader's own."""
    mail = office.sent(ANA)
    office.put(complaint(f"To: {ANA}\nMessage-ID: {mail['Message-ID']}\n", person=ANA))
    assert InboundOutcome.COMPLAINT not in office.read().outcomes
    assert office.gets(ANA) != []


@pytest.mark.parametrize("digits", [16, 20, 31])
def test_a_bounce_needs_the_whole_message_id(office, digits):
    name, _, domain = office.sent(BEN)["Message-ID"].strip("<>").partition("@")
    for around in (domain, "a-domain-that-is-so-long-that-few-digits-have-room-beside-it.example.org"):
        returned = f"From: {OURS}\nMessage-ID: <{name[:digits]}@{around}>\n"
        office.put(bounce("bulletin@news.example.org", who=BEN, returned=returned))
    assert not office.read().outcomes.keys() & {InboundOutcome.HARD, InboundOutcome.SOFT, InboundOutcome.BLOCKED}
    assert office.gets(BEN) != []


@pytest.mark.parametrize(
    ("kind", "ends"), [("opt-out", True), ("fraud", True), ("not-spam", False), ("auth-failure", False)]
)
def test_only_what_a_person_said_is_a_complaint(office, kind, ends):
    office.put(complaint(office.sent(ANA).as_string(), kind))
    assert office.read().suppressed == ends


def test_a_report_with_the_address_hidden_is_proven_by_the_token_for_leaving(office):
    head = f"List-Unsubscribe: {office.sent(MAX)['List-Unsubscribe']}\nTo: redacted@isp.example.net\n"
    office.put(complaint(head, person="redacted@isp.example.net"))
    assert office.read().suppressed == 1
    assert office.gets(MAX) == []


def test_the_same_message_counts_once_whichever_way_it_comes(office):
    office.settings(MAILBOX.replace("}", ", score: {threshold: 2, forget_after: 3660 days}}"))
    raw = bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA)
    office.put(raw)
    assert office.read().outcomes == {InboundOutcome.HARD: 1}
    office.put(raw, "again.mail")
    office.put("Received: by another way\n" + raw.replace("\n", "\r\n"), "third.mail")
    assert (office.read().again, office.pipe("From x Mon\n" + raw).again) == (2, 1)
    assert len(returned(office)) == 1


def test_nothing_of_what_a_server_said_keeps_an_address(office):
    said = f"smtp; 550 5.1.1 <{ANA}> unknown {'x' * 900} secret@example.net"
    office.put(bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA, said=said))
    office.read()
    ((kept,),) = office.rows("SELECT said FROM returns")
    assert "@" not in kept
    assert len(kept) <= 200


def test_what_came_back_closes_a_doubt_and_lets_the_edition_finish(office):
    office.change(
        "UPDATE editions SET state = 'sending', finished_at = NULL",
        f"UPDATE deliveries SET state = 'held' WHERE address = '{ANA}'",
    )
    assert "held" in office.run("send", "monthly/2018-07", "--yes", code=3)
    office.put(bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA))
    assert office.read().doubts_closed == 1
    assert "finished; 4 readers: 4 sent" in office.run("send", "monthly/2018-07", "--yes")


def test_a_living_sender_is_not_disturbed(office):
    from digest.foundation.processes import own_name

    office.change(
        f"UPDATE editions SET state = 'sending', finished_at = NULL, sender = '{own_name()}'",
        f"UPDATE deliveries SET state = 'intent' WHERE address = '{ANA}'",
    )
    office.put(bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA))
    assert office.read().doubts_closed == 0
    office.change("UPDATE editions SET sender = NULL")
    assert office.read().doubts_closed == 1, "the next reading makes up for it"


def test_the_report_says_how_many_came_back(office):
    assert "Returned 0 " in " ".join(office.run("report", "monthly/2018-07").split())
    office.put(bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA))
    office.put(bounce(f"bounces+{office.delivery(BEN)}@x.org", who=BEN, status="5.7.1", said="spam", number=2))
    office.put(complaint(office.sent(EVA).as_string()))
    office.read()
    said = " ".join(office.run("report", "monthly/2018-07").split())
    assert "Returned 2 – 1 for good, 1 refused by a filter" in said
    assert '"hard": 1' in office.run("report", "monthly/2018-07", "--json")


def test_automatic_answers_of_readers_are_ignored_and_those_of_others_left(office):
    office.put(letter(BEN, "Automatic reply: I am away", "UNSUBSCRIBE", Auto_Submitted="auto-replied"))
    office.put(letter("x@ministry.example", "Out of office", "I am away", Auto_Submitted="auto-replied"))
    office.put(
        letter(
            "x@ministry.example", "Away", "x", to=f"bounces+{office.delivery(EVA)}@x.org", Auto_Submitted="auto-replied"
        )
    )
    assert office.read().outcomes == {InboundOutcome.AUTOMATIC: 3}
    assert office.gets(BEN) == ["monthly"]
    assert len(list((office.maildir / "new").iterdir())) == 1
