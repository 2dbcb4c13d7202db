"""Every word, field and form by which a mail is known, each in a mail of its own: what machines and people write."""

import pytest
from office import ANA, letter

from digest.foundation import mime
from digest.inbound import reports
from digest.inbound.classifying import classified
from digest.inbound.inbound import MailKind, ReturnKind
from digest.inbound.signs import is_absence, is_automatic, is_from_a_list, may_be_answered


def lines(text: str) -> list[str]:
    return [line for line in text.strip().split("\n") if line]


def message(text: str):
    return mime.opened(text.encode())


ABSENCES = lines("""
Automatic reply: Migration bulletin
Auto: I am travelling
Auto_reply from the ministry
AutoReply: bulletin
auto-response
Out of office until Monday
out of the office
Away from my desk
Away message
On vacation
On holiday
on leave until August
Vacation notice
I am away
I am out this week
Respuesta automática: Boletín
Autorespuesta
Auto-respuesta: fuera
Fuera de oficina
Fuera de la oficina hasta el lunes
Ausente hasta agosto
Ausencia por viaje
De vacaciones
Mensaje automático
Réponse automatique : Bulletin
Absence du bureau
Automatische Antwort: Bulletin
Abwesenheitsnotiz
""")


@pytest.mark.parametrize("subject", ABSENCES)
@pytest.mark.parametrize("before", ["", "Re: ", "AW: RV: "])
def test_who_is_away_says_so_in_the_subject(subject, before):
    assert classified(letter(ANA, before + subject).encode()).kind is MailKind.AUTOMATIC


BY_LANGUAGE = {
    "English": """
Automatic: away, Automatically generated, auto: away, OOO until Monday, On annual leave, On maternity leave, On parental
On sick leave, Annual leave, Maternity leave, Parental leave, Sabbatical, I have left the office, I have left my job
Holiday, I am on leave, I am no longer here, I'm away, I'm out, I'm on leave, Not in the office, No longer with us
No longer at the ministry, No longer working here
""",
    "Spanish": """
Contestación automática, Contestacion automatica, Fuera de mi oficina, Ausentarse, Estoy de vacaciones, Estoy fuera
Ya no trabajo aquí, Acuse de recibo, Permiso, Licencia
""",
    "Portuguese": """
Resposta automática, Mensagem automática, Fora do escritório, Fora da empresa, Ausência, Ausencia, De férias, De ferias
Férias, Estou de férias, Estou fora, Estou ausente
""",
    "French": """
Réponse automatique, Reponse automatique, Absence, Absent, En congé, Congés, Hors du bureau, Message automatique
Accusé de réception, Accuse de reception
""",
    "Italian": """
Risposta automatica, Fuori ufficio, Fuori sede, Assente, Assenza, In ferie, Ferie, Messaggio automatico
""",
    "German": """
Automatische Antwort, Automatische Mail, Automatische Nachricht, Automatische Rückantwort, Abwesend, Außer Haus
Ausser Haus, Im Urlaub, Urlaub, Eingangsbestätigung
""",
    "Dutch": "Automatisch antwoord, Automatisch bericht, Afwezig, Niet aanwezig, Buiten kantoor, Op vakantie",
    "Scandinavian and Baltic": """
Automatiskt svar, Automatisk svar, Autosvar, Frånvaro, Franvaro, Fravær, Ikke til stede, Ute av kontoret, På semester
Automaattinen vastaus, Poissa, Automaatvastus, Kontorist väljas
""",
    "Catalan and Basque": "Fora de l'oficina, Fora de l’oficina, Erantzun automatikoa",
    "Slavic": """
Automatyczna odpowiedź, Odpowiedź automatyczna, Autoodpowiedź, Nieobecność, Poza biurem, Urlop, Automatická odpověď
Nepřítomnost, Mimo kancelář, Автоматический ответ, Автоответ, Нет на месте, В отпуске, Автоматична відповідь
Автоматичен отговор, Odsoten, Аутоматски одговор, Автоматски одговор, Odsutnost
""",
    "others": """
Otomatik yanıt, Otomatik cevap, Ofis dışı, Automatikus válasz, Házon kívül, Răspuns automat, Raspuns automat
Αυτόματη απάντηση, 自动回复, 自动答复, 自動回覆, 自動応答, 自動返信, 不在, 休暇, 외부 출장, 자동 회신, 자동응답, 부재중
رد تلقائي, خارج المكتب, תשובה אוטומטית, Trả lời tự động, Balasan otomatis, Balas automatik
""",
    "ticket systems": """
Ticket 17, [Case #17, Request: 17, Caso 17, Solicitud 17, Folio 17, [#17] Bulletin, ##17
Ticket created, New request received
Case opened, We have received your message, We received your message, Hemos recibido su mensaje, Recibimos su mensaje
Thank you for your e-mail, Thank you for your message, Thank you for contacting us, Gracias por su mensaje
Gracias por tu mensaje, Gracias por contactar, Your request [#17] has been received, Su mensaje ha sido recibido
Your message has been received, Su consulta ha sido recibida, Su solicitud (17) ha sido recibida
""",
    "who ask for a proof": """
Please confirm your e-mail, Confirm this message, Verify your sender address
Confirme su mensaje, Confirme su correo, Sender verification, Sender confirmation
""",
    "receipts": """
Read: Bulletin, Delivery read: Bulletin, Leído: Boletín, Leido: Boletín, Gelesen: x, Lu : x, Letto: x, Lida: x, Lid: x
""",
}


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_machines_of_each_language_say_in_the_subject_that_they_answer(language):
    subjects = [one for line in lines(BY_LANGUAGE[language]) for one in line.split(", ")]
    assert [one for one in subjects if not is_absence(message(f"Subject: {one}\n\nx\n"))] == []
    assert [one for one in subjects if not is_absence(message(f"Subject: Re: {one.upper()}\n\nx\n"))] == []
    assert [one for one in subjects if is_absence(message(f"Subject: A note: {one}\n\nx\n"))] == []


@pytest.mark.parametrize("subject", ["Auto parts", "The automatic gate", "She is out of office supplies", "Vocation"])
def test_words_that_look_like_an_absence_are_none(subject):
    assert classified(letter(ANA, subject).encode()).kind is MailKind.OTHER


@pytest.mark.parametrize(
    "field",
    lines("""
X-Autoreply: yes
X-Autorespond: Re
X-AutoResponder: 1
X-Auto-Reply-From: a@b.example
X-AutoGenerated: Reply
X-Mail-Autoreply: x
X-AutoResponse: x
X-Auto-Reply: x
X-AutoReply-From: a@b.example
X-MS-Exchange-Inbox-Rules-Loop: a@b.example
X-Vacation: yes
X-Facebook-Notify: x
X-Jira-Fingerprint: x
X-OTRS-Loop: everything
X-RT-Loop-Prevention: x
X-Zendesk-Email-Id: x
X-Freshdesk-Ticket-Id: 1
X-FreeScout-Mail-Type: auto.reply
X-FC-MachineGenerated: true
X-Mantis-AutoReply: x
Precedence: AUTO_REPLY
Preference: auto-vacation
Delivered-To: Autoresponder
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=disposition-notification; boundary=x
"""),
)
def test_a_machine_is_known_by_a_field(field):
    assert is_automatic(message(f"From: <{ANA}>\n{field}\n\nHello\n"))


@pytest.mark.parametrize(
    "field",
    lines("""
List-Id: <x.example>
List-Post: <mailto:x@x.example>
List-Unsubscribe: <mailto:x@x.example>
List-Help: <mailto:x@x.example>
Mailing-List: x
X-Mailing-List: x
Feedback-ID: 1:2:3
Precedence: bulk
Precedence: LIST
Precedence: junk
Precedence: auto_reply
"""),
)
def test_a_list_is_known_by_a_field_and_never_answered(field):
    mail = message(f"From: <{ANA}>\n{field}\n\nHello\n")
    assert is_from_a_list(mail)
    assert not may_be_answered(mail, ANA)


@pytest.mark.parametrize(
    "mailbox",
    lines("""
mailer-daemon
MAILER_DAEMON
mailer.daemon
mailerdaemon
postmaster
mail-delivery
mdaemon
noreply
no-reply
no.reply
do-not-reply
donotreply
do_not_reply
nobody
root
daemon
owner-list
list-owner
list-request
x-bounces
list-error
list-errors
bounce
bounces
bounce+ana=x
bounces-17
bounce=x
"""),
)
def test_a_mailbox_in_which_nobody_reads_is_never_answered(mailbox):
    mail = message(f"From: <{mailbox}@x.example>\n\nHello\n")
    assert not may_be_answered(mail, f"{mailbox}@x.example")
    assert may_be_answered(mail, "ana.daemonio@x.example")


@pytest.mark.parametrize(
    ("field", "answered"),
    [
        ("Return-Path: <>", False),
        ("Return-Path: <ana@x.example>", True),
        ("X-Auto-Response-Suppress: All", False),
        ("X-Auto-Response-Suppress: DR, AutoReply", False),
        ("X-Auto-Response-Suppress: DR, OOF", True),
    ],
)
def test_who_wants_no_answer_gets_none(field, answered):
    assert may_be_answered(message(f"From: <{ANA}>\n{field}\n\nHello\n"), ANA) is answered


BOUNCES = lines("""
Undeliverable: Bulletin
Undelivered Mail Returned to Sender
Returned mail: see transcript for details
Returned to sender
Delivery Status Notification (Failure)
Delivery failure
Delivery problem
Delivery notification
Delivery error
Delivery report
Delivery has failed
Delivery unsuccessful
Delivery incomplete
Mail delivery failed: returning message to sender
Mail System Error - Returned Mail
Mail could not be delivered
Failure notice
Failed mail
Failed delivery
Message not delivered
Your message could not be delivered
Your message couldn't be delivered
Mail failure
Message status - undeliverable
Non-delivery report
Nondelivery
Nicht zugestellt: Bulletin
Unzustellbar: Bulletin
No se ha podido entregar el mensaje
No se pudo entregar
Correo no entregado
Mensaje devuelto
Error de entrega
Fallo de entrega
Fallo en la entrega
Permanent error
User unknown
Delivery to the following recipients failed
Warning: could not send message
Warning: message still undelivered
Rejected: bulletin
Rejected mail: bulletin
Unable to deliver your message
Bounced mail
Bounce mail
Mail error
""")


@pytest.mark.parametrize("subject", BOUNCES)
def test_a_bounce_that_follows_no_standard_is_known_by_its_subject(subject):
    assert reports.looks_like_a_bounce(message(letter("a@x.example", subject)))


@pytest.mark.parametrize(
    "subject", ["Delivery of aid", "Failed asylum claims", "Mail for Ana", "Re: Migration bulletin"]
)
def test_a_subject_that_speaks_of_other_things_is_no_bounce(subject):
    assert not reports.looks_like_a_bounce(message(letter("a@x.example", subject)))


@pytest.mark.parametrize(
    ("head", "returned"),
    [
        *(("X-Failed-Recipients: a@x.example", True), ("From: MAILER-DAEMON@x.example", True)),
        *(
            ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", True),
            ("From: a@x.example", False),
        ),
        *(
            ("From: MAILER-DAEMON@x.example\nSubject: Out of office", False),
            ("Subject: Undeliverable: Bulletin", False),
        ),
        *(("Return-Path: <>\nSubject: Undeliverable: Bulletin", True), ("Return-Path: <>\nSubject: Hello", False)),
        ("Return-Path: <>\nSubject: Undeliverable: Bulletin\nAuto-Submitted: auto-replied\nX-Autoreply: yes", False),
        ("Return-Path: <a@x.example>\nSubject: Undeliverable: Bulletin", False),
    ],
)
def test_a_server_that_returns_something_says_so_or_sends_from_nobody_and_speaks_of_delivery(head, returned):
    assert reports.is_from_a_server(message(f"{head}\n\nHello\n")) is returned


TWO_LOST = """From: MAILER-DAEMON@x.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

These could not be delivered:
  ben@x.example
    550 5.1.1 no such user
  ana@x.example
    552 5.2.2 mailbox full
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; x.example

Final-Recipient: rfc822; Ana@x.example
Action: failed
Status: 5.0.0

Final-Recipient: rfc822; ben@x.example
Action: failed
Status: 5.0.0

--b--
"""


def test_where_the_fields_give_no_reason_it_is_what_the_text_says_behind_the_address():
    ana, ben = reports.notices_of(message(TWO_LOST))
    assert (ana.address, ana.status, ana.kind.value) == ("Ana@x.example", "5.2.2", "soft")
    assert (ben.address, ben.status, ben.kind.value) == ("ben@x.example", "5.1.1", "hard")


@pytest.mark.parametrize(
    ("address", "said", "behind"),
    [
        (None, "550  no\n such\tuser ", "550 no such user"),
        ("ana@x.example", "550  no\n such\tuser ", "550 no such user"),
        ("ana@x.example", "552 first\nANA@x.example:\n  550  gone\n", ": 550 gone"),
        ("ana@x.example", "ana@x.example full; ben@x.example gone", "full;"),
        ("ana@x.example", "ana@x.example is Ana@X.example no more", "is Ana@X.example no more"),
        (None, "a" * 2_000, "a" * 1_500),
        ("ana@x.example", "ana@x.example " + "b" * 700, "b" * 599),
    ],
)
def test_what_stands_behind_an_address_up_to_another_is_said_of_it_in_one_line(address, said, behind):
    assert reports._behind(address, said) == behind


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", None),
        ("no code", None),
        ("5.1.1 gone", "5.1.1"),
        ("chapter 5.2.2", None),
        ("250 2.1.5 fine", None),
        ("250 2.1.5 fine\n550 5.2.2 full", "5.2.2"),
        ("550 5.0.0 (#5.2.2)", "5.2.2"),
        ("450 4.2.1 late\n550 5.1.1 gone", "4.2.1"),
        ("5.0.0", "5.0.0"),
    ],
)
def test_the_first_status_that_tells_something_counts(text, status):
    assert reports.status_in(text) == status


@pytest.mark.parametrize(
    "said",
    lines("""
550 5.1.1 no such user
The server said: 452 4.2.2 full
Sorry, it failed. (#5.1.1)
550 No such user
The server said: 550 <ana@x.example> unknown
It could not be delivered.
We couldn't deliver it.
We did not reach the server: it is not reachable.
This is undeliverable.
We were unable to deliver it.
The delivery failed.
The delivery has failed.
No se pudo entregar.
No pudimos entregar su mensaje.
It was automatically rejected.
"""),
)
def test_a_reply_or_a_plain_word_in_the_text_tells_that_a_mail_did_not_arrive(said):
    assert reports.speaks_of_delivery(message(f"From: <{ANA}>\nSubject: x\n\n{said}\n"))


@pytest.mark.parametrize("said", ["Call 550 now.", "It is delivered.", "Room 5.1.1 is free", "Version 550-A", "Hello"])
def test_numbers_and_words_of_other_things_tell_nothing_of_delivery(said):
    assert not reports.speaks_of_delivery(message(f"From: <{ANA}>\nSubject: x\n\n{said}\n"))


@pytest.mark.parametrize(
    "said",
    lines("""
Delivery of your message has been delayed.
This is a warning message only.
This is a warning only.
It will be tried again.
The server will be retried.
The server will keep trying.
The message is queued and we are still trying.
There is no need to resend your message.
Your message has not yet been delivered.
"""),
)
def test_who_is_still_tried_is_late_not_lost(said):
    (notice,) = reports.guessed(b"", message(f"From: <MAILER-DAEMON@x.example>\nSubject: Warning\n\n{said}\n"))
    assert (notice.kind, notice.address) == (ReturnKind.DELAYED, None)


@pytest.mark.parametrize(
    "copy",
    lines("""
--- Below this line is a copy of the message.
This is a copy of the message
Original message:
----- Message header follows -----
Message text follows:
Returned message:
> The original message was
Returned mail follows:
Included is a copy
Included message
----- Unsent message below -----
Received: from mx.example.org
Return-Path: <x@news.example.org>
"""),
)
def test_what_a_server_returns_is_not_what_it_says(copy):
    text = f"Subject: x\n\nThe box is full.\n\n{copy}\nUser unknown: other@x.example\n"
    assert reports.told(message(text)).strip() == "The box is full."


def test_what_arrived_or_still_may_is_no_loss():
    """RFC 3464 §2.3.3."""
    for action in ("delivered", "relayed", "expanded"):
        assert reports.severity(action, None, "") is ReturnKind.DELIVERED
    assert reports.severity("delayed", None, "") is ReturnKind.DELAYED


QUOTATIONS = lines("""
On Mon, 5 Aug 2018 at 09:00, Bulletin <b@x.example> wrote:
El lun, 5 ago 2018 a las 9:00, Boletín <b@x.example> escribió:
El lun, 5 ago 2018 a las 9:00, Boletín <b@x.example> escribio:
Le lun. 5 août 2018 à 09:00, Bulletin <b@x.example> a écrit :
Am Mo., 5. Aug. 2018 um 09:00 Uhr schrieb Bulletin <b@x.example>: schrieb
Em seg., 5 de ago. de 2018 às 09:00, Boletim <b@x.example> escreveu:
Il giorno lun 5 ago 2018 alle ore 09:00 Bollettino <b@x.example> ha scritto:
-----Original Message-----
-----Mensaje original-----
---------- Forwarded message ---------
---------- Mensaje reenviado ---------
-----Message d'origine-----
-----Ursprüngliche Nachricht-----
Begin forwarded message:
From: Bulletin <b@x.example>
De: Boletín <b@x.example>
Von: Bulletin <b@x.example>
Da: Bollettino <b@x.example>
Sent: Monday, August 5, 2018 9:00 AM
Enviado: lunes, 5 de agosto de 2018 9:00
Enviado el: lunes, 5 de agosto de 2018 9:00
____________________
--
—
Sent from my phone
Enviado desde mi teléfono
Get Outlook for iOS
Obtener Outlook para iOS
Descarga Outlook
Sent with Proton Mail
""")


@pytest.mark.parametrize("line", QUOTATIONS)
def test_what_stands_below_a_quotation_or_a_signature_is_not_the_writers_own(line):
    assert classified(letter(ANA, "Re: Boletín", f"Thanks!\n\n{line}\n\nUNSUBSCRIBE\n").encode()).kind is MailKind.OTHER
    assert (
        classified(letter(ANA, "Re: Boletín", f"UNSUBSCRIBE\n\n{line}\n\nThanks!\n").encode()).kind is MailKind.LEAVING
    )


@pytest.mark.parametrize("unseen", ["head", "style", "script", "title"])
def test_what_no_reader_sees_is_no_request(unseen):
    html = f"From: <{ANA}>\nSubject: x\nContent-Type: text/html\n\n<{unseen}>UNSUBSCRIBE</{unseen}><p>Thanks</p>"
    assert classified(html.encode()).kind is MailKind.OTHER


@pytest.mark.parametrize("block", ["p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "body"])
def test_a_request_in_a_block_of_its_own_is_a_line_of_its_own(block):
    html = f"From: <{ANA}>\nSubject: x\nContent-Type: text/html\n\nHola<{block}>UNSUBSCRIBE</{block}><p>Ana</p>"
    assert classified(html.encode()).kind is MailKind.LEAVING


@pytest.mark.parametrize("mark", ["gmail_quote", "divRplyFwdMsg", "appendonsend", "yahoo_quoted", "moz-cite-prefix"])
def test_what_a_mail_program_marks_as_quoted_is_not_the_writers_own(mark):
    html = f'From: <{ANA}>\nSubject: x\nContent-Type: text/html\n\n<div id="{mark}"><p>UNSUBSCRIBE</p></div>'
    assert classified(html.encode()).kind is MailKind.OTHER
