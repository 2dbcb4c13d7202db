"""What mail that comes back is: automatic answers prove life, and reports are judged by the words of the server."""

import base64
import html
import quopri
from datetime import UTC, datetime, timedelta

import pytest
from office import ANA, bounce, letter

from digest.foundation.imap import WINDOW, ImapAccount, ImapMailbox
from digest.foundation.mime import opened
from digest.inbound.classifying import classified
from digest.inbound.inbound import InboundOutcome, MailKind, ReturnKind, Scoring, score
from digest.inbound.processing import within
from digest.inbound.reports import told

NOON = datetime(2018, 8, 5, 12, tzinfo=UTC)
SUBJECTS = """
Resposta automática: Boletim
Fora do escritório
Ausência temporária
Risposta automatica: bollettino
Fuori ufficio
Réponse automatique
Absent du bureau
En congés
Automatische Antwort
Abwesenheitsnotiz
Nicht im Büro: automatische Antwort
Automatisch antwoord
Afwezig
Autosvar
Frånvaro
Fravær
Automatyczna odpowiedź
Automatická odpověď
Автоматический ответ
Автоответ
自动回复
自動応答
부재중
Otomatik yanıt
Out of Office: July
OOO until Monday
Auto
Auto:
[Auto-Reply] July
Annual leave
Maternity leave
I'm on leave
Contestación automática
Acuse de recibo
Estoy de vacaciones
[Ticket #4711] July
[Case: 12] received
We have received your message
Hemos recibido su mensaje
Thank you for contacting us
Gracias por contactarnos
Please confirm your message
Read: July
Leído: Boletín
Autoodpowiedź: biuletyn
Răspuns automat: Buletin
Аутоматски одговор
Fora de l'oficina
Trả lời tự động
Balasan otomatis
I have left the organisation
Ya no trabajo aquí
#1234: July
[##4711##] Request received: July
New Ticket Created
Su solicitud ha sido recibida
Your request (4711) has been received
""".strip().split("\n")


@pytest.mark.parametrize("before", ["", "Re: ", "RES: "])
def test_an_automatic_answer_in_any_language_is_no_bounce(office, before):
    for subject in SUBJECTS:
        raw = letter(
            ANA,
            before + subject.removeprefix("Nicht im Büro: "),
            "Urgent? Write to maria@other.example, from 5.1.26 on. This account is not active until then.\n",
            to=f"bounces+{office.delivery(ANA)}@news.example.org",
            In_Reply_To=office.sent(ANA)["Message-ID"],
        )
        office.put(raw, subject.replace("/", "_"))
    read = office.read()
    assert read.outcomes == {InboundOutcome.AUTOMATIC: len(SUBJECTS)}, read


@pytest.mark.parametrize(
    "more",
    [
        {"Return_Path": "<>"},
        {"X_Auto_Response_Suppress": "All"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply", "Return_Path": "<>"},
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {},
    ],
)
@pytest.mark.parametrize(
    "text",
    ["Back on 5.1.26. Ask maria@other.example", "Our mailbox is full of good things; this address is not available"],
)
def test_whoever_answers_from_the_address_we_write_to_has_got_our_mail(office, more, text):
    """Whatever the subject says, and whichever fields are missing."""
    to = f"bounces+{office.delivery(ANA)}@news.example.org"
    office.put(letter(ANA, "Greetings from the coast", text, to=to, **more))
    (outcome,) = office.read().outcomes
    assert outcome in (InboundOutcome.AUTOMATIC, InboundOutcome.OTHER)
    assert office.rows("SELECT kind FROM returns") == [("answered",)]


def test_an_answer_begins_the_count_anew():
    def on(day, kind):
        return NOON + timedelta(days=day), kind

    bounces = [on(day, ReturnKind.HARD) for day in (0, 1, 2)]
    assert score([*bounces, on(1.5, ReturnKind.ANSWERED)], NOON + timedelta(days=2), Scoring()) == 1
    assert score([*bounces, on(3, ReturnKind.ANSWERED)], NOON + timedelta(days=3), Scoring()) == 0


@pytest.mark.parametrize("subject", ["Automatically rejected mail", "Rejected: July"])
def test_a_rejection_that_calls_itself_automatic_is_a_bounce(office, subject):
    """As Dovecot and Sieve write it."""
    raw = letter(
        "postmaster@mx.example.net",
        subject,
        f"Your message to <{ANA}> was automatically rejected:\nQuota exceeded (mailbox for user is full)\n",
        to=f"bounces+{office.delivery(ANA)}@news.example.org",
        Auto_Submitted="auto-replied (rejected)",
        Return_Path="<>",
    )
    office.put(raw)
    assert office.read().outcomes == {InboundOutcome.SOFT: 1}


# -- Reports.


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("mailbox is full: retry timeout exceeded", ReturnKind.SOFT),
        ("Domain news.example.org has exceeded the max emails per hour (100/100 (100%)) allowed.", ReturnKind.BLOCKED),
        ("Unrouteable address", ReturnKind.HARD),
        ("all relevant MX records point to non-existent hosts", ReturnKind.SOFT),
        ("No such user here", ReturnKind.HARD),
        ("retry timeout exceeded", ReturnKind.SOFT),
        ("Mail quota exceeded", ReturnKind.SOFT),
        ("mail server permanently rejected message (rejected due to spam content)", ReturnKind.BLOCKED),
        ('unknown local-part "ana" in domain "example.org"', ReturnKind.HARD),
    ],
)
@pytest.mark.parametrize("status", ["5.0.0", ""])
def test_where_the_fields_say_nothing_the_words_behind_the_address_do(reason, kind, status):
    fields = f"Action: failed\nFinal-Recipient: rfc822;{ANA}\n" + (f"Status: {status}\n" if status else "")
    raw = (
        "Return-path: <>\nFrom: Mailer-Daemon@host.example\nTo: b@x.org\nSubject: Mail delivery failed\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
        "Content-type: text/plain\n\nThis is a permanent error. The following addresses failed:\n\n"
        f"  {ANA}\n    {reason}\n\n  other@example.org\n    User unknown\n\n"
        f"--b\nContent-type: message/delivery-status\n\nReporting-MTA: dns; host.example\n\n{fields}\n--b--\n"
    )
    (notice,) = classified(raw.encode()).notices
    assert notice.kind is kind


@pytest.mark.parametrize(
    "subject",
    [
        "New border security policy: what restricts families",
        "Guide 2.1.5 is out",
        "Form 4.2.2: the mailbox is full of letters",
        "Rule 550 5.7.1 of the border: spam and security",
        "Blocked at the border, banned from school",
        "Full house: quota of places exceeded",
        "Informe 5.7.1: política migratoria",
    ],
)
@pytest.mark.parametrize("place", ["field", "folded", "sentence", "returned"])
def test_the_words_of_our_own_message_never_judge_it(subject, place):
    quoted = {
        "field": f"  To:      {ANA}\n  Subject: {subject}\n  Sent:    5.1.26\n",
        "folded": f"  Subject: {subject[:10]}\n      {subject[10:]}\n\n",
        "sentence": f'Your message "{subject}" was not delivered.\n',
        "returned": f"(the message was: {subject})\n",
    }[place]
    raw = (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@host.example\nTo: b@x.org\nSubject: Undeliverable: {subject}\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"Your message\n\n{quoted}\ndid not reach:\n\n{ANA}\n"
        "    The recipient name is not recognized. The user unknown\n\n"
        f"Message contains [1] file attachments: security-policy.pdf\n--b\nContent-Type: text/rfc822-headers\n\n"
        f"Subject: {subject}\n\n--b--\n"
    )
    (notice,) = classified(raw.encode()).notices
    assert (notice.kind, notice.status) == (ReturnKind.HARD, None)
    assert subject not in told(opened(raw.encode()))


def in_base64(returned):
    return base64.encodebytes(returned).decode()


def in_html(returned):
    head = html.escape(returned.partition(b"\n\n")[0].decode(), quote=False)
    return f"<html><p>It did not arrive.</p><pre>{head.replace(chr(10), '<br>' + chr(10))}</pre></html>\n"


@pytest.mark.parametrize("declared", ["", "us-ascii", "utf-8", "iso-8859-1", "nothing-known"])
def test_words_beyond_ascii_are_read_whatever_their_charset_is_called(declared):
    kind = f"Content-Type: text/plain; charset={declared}\n" if declared else ""
    raw = (
        f"Return-Path: <>\nFrom: Mailer-Daemon@host.example\nTo: b@x.org\nSubject: Devuelto: el buzón está lleno\n"
        f"MIME-Version: 1.0\n{kind}Content-Transfer-Encoding: 8bit\n\n{ANA}:\n552 El buzón está lleno\n"
    )
    for encoding in ("latin-1",) if declared == "iso-8859-1" else ("latin-1", "utf-8"):
        found = classified(raw.encode(encoding))
        assert [(one.kind, one.address) for one in found.notices] == [(ReturnKind.SOFT, ANA)]
        assert "está lleno" in found.subject


# How a returned message, or its head, was encoded: RFC 2046 §5.2.1 forbids some of it, and servers do it.
ENCODED = {
    "base64": lambda raw: ("base64", in_base64(raw)),
    "base64 as it travelled": lambda raw: ("base64", in_base64(raw.replace(b"\n", b"\r\n"))),
    "base64 on one line": lambda raw: ("BASE64", base64.b64encode(raw).decode() + "\n"),
    "base64 that was cut off": lambda raw: ("base64", in_base64(raw)[:1_500]),
    "quoted-printable": lambda raw: ("quoted-printable", quopri.encodestring(raw, quotetabs=True).decode()),
}
SHOWN = {
    "text/plain; charset=utf-16": lambda raw: ("base64", in_base64(raw.decode("latin-1").encode("utf-16"))),
    "text/plain": lambda raw: (
        "7bit",
        "".join(f"> {line}\n" for line in raw.partition(b"\n\n")[0].decode().split("\n")),
    ),
    "text/html": lambda raw: ("8bit", in_html(raw)),
    "text/html; charset=utf-8": lambda raw: ("base64", in_base64(in_html(raw).encode())),
}


@pytest.mark.parametrize(
    ("kind", "how", "encode"),
    [
        *((kind, how, encode) for kind in ("message/rfc822", "text/rfc822-headers") for how, encode in ENCODED.items()),
        *(
            (kind, how, ENCODED[how])
            for kind in ("message/rfc822-headers", "message/global", "application/octet-stream")
            for how in ("base64 as it travelled", "quoted-printable")
        ),
        *((kind, "as people see it", encode) for kind, encode in SHOWN.items()),
    ],
)
def test_a_returned_message_is_known_however_it_is_encoded(office, kind, how, encode):
    returned = office.sent(ANA).as_bytes()
    encoding, written = encode(returned.partition(b"\n\n")[0] if "headers" in kind else returned)
    raw = bounce("comms@example.org", who=ANA).replace(
        "Content-Type: text/rfc822-headers\n\nSubject: x\n",
        f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{written}",
    )
    office.put(raw)
    assert office.read(dry=True).outcomes == {InboundOutcome.HARD: 1}, how


def test_a_return_path_in_capitals_is_ours(office):
    office.put(bounce(f"bounces+{office.delivery(ANA)}@news.example.org".upper(), who=ANA))
    assert office.read().outcomes == {InboundOutcome.HARD: 1}


def test_a_personal_answer_to_the_return_path_is_for_a_person(office):
    raw = letter(
        ANA,
        "Re: Migration bulletin",
        "Thank you! Please also write to maria@other.example.",
        to=f"bounces+{office.delivery(ANA)}@news.example.org",
        In_Reply_To=office.sent(ANA)["Message-ID"],
    )
    assert classified(raw.encode()).kind is MailKind.OTHER
    office.put(raw)
    assert office.read().outcomes == {InboundOutcome.OTHER: 1}


def test_a_slow_mailbox_is_left_when_its_time_is_over():
    now = [0.0]
    stop = within(60, lambda: False, lambda: now[0])
    assert not stop()
    now[0] = 60
    assert stop()
    assert within(60, lambda: True, lambda: 0)()


@pytest.mark.parametrize("count", [0, 1, 10, WINDOW, WINDOW + 1, 100_000])
def test_a_mailbox_on_a_server_is_asked_by_the_messages_that_are_there_whatever_their_uids(count):
    """RFC 3501 §2.3.1.1: UIDs ascend, and need not follow each other."""
    asked = []

    class Client:
        def select_folder(self, _name, readonly):
            return {b"EXISTS": count, b"UIDNEXT": 2**31, b"UIDVALIDITY": 7}

        def search(self, criteria):
            first, last = map(int, criteria[0].split(":"))
            asked.append(last - first + 1)
            return [2**31 - count + number for number in range(first, last + 1)]

    account = ImapAccount(host="x", port=993, security="tls", username="u", secret=lambda: "")
    assert len(ImapMailbox(account, Client(), only_looking=True).keys()) == count
    assert (sum(asked), len(asked)) == (count, -(-count // WINDOW))


@pytest.mark.parametrize(
    "subject", ["Returned mail: Host unknown", "Returned Mail: User unknown", "Delivery failed: User unknown"]
)
def test_a_reason_in_the_subject_of_a_report_is_the_servers_own(subject):
    reason = subject.partition(": ")[2]
    raw = (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@host.example\nTo: b@x.org\nSubject: {subject}\n\n"
        f"550 {ANA}... 550 {reason}\n"
    )
    (notice,) = classified(raw.encode()).notices
    assert notice.kind is ReturnKind.HARD
