"""People who want out get out, are told once, and nobody else ever leaves by it."""

import pytest
from office import ANA, BEN, EVA, MAILBOX, MAX, letter

from digest.inbound.classifying import classified
from digest.inbound.inbound import InboundOutcome, MailKind

REQUESTS = (
    """
UNSUBSCRIBE|Unsubscribe me please|please unsubscribe me from this list|Please remove me from your mailing list|remove me
stop sending me these emails|opt out|Opt-out|cancel my subscription|I would like to unsubscribe|no more emails please
I want to be removed from this list|We no longer wish to receive your newsletter|take me off your list
I don't want to receive these emails anymore|Could you please unsubscribe me from the newsletter?|Unsubscribe from all
BAJA|Baja por favor|Solicito la baja|solicito baja del boletín|Dar de baja|Darme de baja|dar de baja por favor
Quiero darme de baja|Quisiera darme de baja del boletín|Por favor, denme de baja de su lista de correo|Desuscribirme
Por favor dar de baja mi correo|Favor de darme de baja|¿Me pueden dar de baja?|Cancelar suscripción|BAJA DE TODO
¿Podrían darme de baja de la lista, por favor?|quiero cancelar mi suscripción|Desuscríbanme de la lista
No deseo recibir más correos|No quiero recibir más este boletín|ya no deseo recibir sus correos|Eliminarme de la lista
elimínenme de su lista|Quiten mi correo de la lista|no me envíen más correos|Hola, quiero darme de baja
Buenos días, solicito la baja del boletín. Gracias|Les ruego me den de baja|Pido me den de baja|STOP
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
MENTIONS = (
    """
How do I unsubscribe?|Unsubscribe?|Baja California|baja médica|People may unsubscribe|Please do not unsubscribe me
no quiero darme de baja|Can I unsubscribe my colleague?|Stop the violence|stop human trafficking|cancel the meeting
Remove the photo of Ana from page 3|please remove the article|I need to leave|Dar de baja el vehículo|dar de alta
solicitud de baja de personal|eliminar la pobreza|unsubscribe link is broken|El enlace para darme de baja no funciona
¿Cómo me doy de baja?|Re: Migration bulletin|gracias|Remove barriers|dar de baja a Juan Pérez|cancelar la reunión
no more walls|Delete the attachment|Solicito baja de la impresora|quiero cancelar mi cita|denme de baja a mi hermano
We want to stop receiving complaints|Opt out of the Dublin rules|stop by tomorrow
no me envíen más dinero|Baja de tensión
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def kind_of(subject="Re: Boletín", body="", **more):
    return classified(letter(ANA, subject, body, **more).encode()).kind


def html(body):
    return (
        f"From: <{ANA}>\nSubject: Re: x\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n{body}".encode()
    )


@pytest.mark.parametrize("words", REQUESTS)
def test_a_request_is_understood_in_the_subject_and_as_the_first_line(words):
    assert kind_of(words) is MailKind.LEAVING
    assert kind_of(f"RV: Re: {words}") is MailKind.LEAVING
    assert kind_of(body=f"{words}\n\nAna López\nMinisterio\n") is MailKind.LEAVING
    assert kind_of(body=f"Estimados señores:\n\n{words}\n") is MailKind.LEAVING


@pytest.mark.parametrize("words", MENTIONS)
def test_words_that_merely_speak_of_it_are_no_request(words):
    assert kind_of(words) is not MailKind.LEAVING
    assert kind_of(body=words) is not MailKind.LEAVING


@pytest.mark.parametrize(
    "body",
    [
        "Thanks for the bulletin!\n\nOn Mon, 5 Aug 2018 at 09:00, Bulletin <b@x.org> wrote:\n> UNSUBSCRIBE\n",
        "> UNSUBSCRIBE\n> please\n\nThis was in your mail, what does it mean?\n",
        "-----Mensaje original-----\nDe: Boletín\nUnsubscribe\n",
        "El lun, 5 ago 2018 a las 9:00, Boletín\n<b@x.org> escribió:\n\nUnsubscribe\n",
        "--\nBAJA\n",
        "________________________________\nDe: Boletín <b@x.org>\nUnsubscribe\n",
        "De: Boletín <b@x.org>\nEnviado: lunes\nUnsubscribe\n",
        "I read the story about people who had to\nunsubscribe\nfrom everything\n",
    ],
)
def test_what_is_quoted_or_comes_later_is_no_request(body):
    assert kind_of(body=body) is MailKind.OTHER


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        ("Baja", "Adjunto el certificado de baja de María, que estará ausente hasta el lunes próximo.", MailKind.OTHER),
        ("Baja", "Estimados: ¿recibieron el formulario?", MailKind.OTHER),
        ("Stop", "We have to talk about the story on page two before it goes out.", MailKind.OTHER),
        ("Baja", "Gracias\nAna López", MailKind.LEAVING),
        ("BAJA", "", MailKind.LEAVING),
        ("x", "Stop\n\nSincerely\nAna", MailKind.LEAVING),
        ("x", "> quoted first\n\nBAJA\n", MailKind.LEAVING),
    ],
)
def test_a_word_with_two_meanings_counts_when_nothing_speaks_against_it(subject, body, kind):
    assert kind_of(subject, body) is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            "<html><head><title>BAJA</title></head><body><p>Darme de baja</p><blockquote>x</blockquote>",
            MailKind.LEAVING,
        ),
        ("<div>Gracias</div><div class='gmail_quote'>Unsubscribe</div>", MailKind.OTHER),
        ("<style>unsubscribe</style><p>Hola</p><hr><p>Unsubscribe</p>", MailKind.OTHER),
        ("<p>Por favor,&nbsp;d&eacute;nme&nbsp;de baja</p>", MailKind.LEAVING),
        ("<p>Unsubscribe</p><![what[no parser knows", MailKind.LEAVING),
        ("<![what[no parser knows <p>Unsubscribe</p>", MailKind.OTHER),
    ],
)
def test_mails_without_plain_text_are_read_too(body, kind):
    assert classified(html(body)).kind is kind


@pytest.mark.parametrize("more", [{"List_Id": "<x.org>"}, {"Precedence": "bulk"}, {"Auto_Submitted": "auto-generated"}])
def test_what_a_list_or_a_machine_says_is_no_request(more):
    assert kind_of("UNSUBSCRIBE", **more) is not MailKind.LEAVING


@pytest.mark.parametrize(
    "value", ["no", "No", "NO", "  no ", "no (I am a person)", "no; owner-email=ana@example.org", ""]
)
def test_who_says_that_no_machine_submitted_it_is_a_person(value):
    """RFC 3834 §5.1: the field may be there and say no."""
    mail = classified(letter(ANA, "UNSUBSCRIBE", Auto_Submitted=value).encode())
    assert (mail.kind, mail.may_be_answered) == (MailKind.LEAVING, True)
    for machine in ("auto-generated", "Auto-Replied", "auto-notified; owner-email=ana@example.org"):
        mail = classified(letter(ANA, "UNSUBSCRIBE", Auto_Submitted=machine).encode())
        assert (mail.kind, mail.may_be_answered) == (MailKind.AUTOMATIC, False)


def test_the_link_for_leaving_by_mail_is_honoured_for_exactly_that_person_and_newsletter(office):
    link = office.sent(ANA)["List-Unsubscribe"]
    assert f"subject=unsubscribe-{office.token(ANA)}>" in link
    office.put(letter("whoever@elsewhere.example", f"unsubscribe-{office.token(ANA)}"))
    read_ = office.read()
    assert (read_.outcomes, read_.left, read_.confirmed) == ({InboundOutcome.LEAVING: 1}, 1, 1)
    assert office.gets(ANA) == ["weekly"]
    assert [office.gets(other) for other in (BEN, EVA, MAX)] == [["monthly"]] * 3
    (mail,) = office.mails("left")
    assert mail["To"] == ANA, "the person is told, not whoever wrote"


@pytest.mark.parametrize("change", ["last", "newsletter", "person", "short", "body"])
def test_a_link_that_was_not_made_by_us_lets_nobody_leave(office, change):
    token = office.token(ANA)
    subject, body = {
        "last": (f"unsubscribe-{token[:-1]}{'0' if token[-1] != '0' else '1'}", ""),
        "newsletter": (f"unsubscribe-{token[:-16]}{office.token(BEN)[-16:]}", ""),
        "person": (f"unsubscribe-{office.public_id(BEN)}{token[-16:]}", ""),
        "short": (f"unsubscribe-{token[:-16]}", ""),
        "body": ("Question", f"What is unsubscribe-{token}?"),
    }[change]
    office.put(letter("x@elsewhere.example", subject, body))
    office.put(letter(ANA, subject, body))
    read_ = office.read()
    assert read_.left == 0
    assert read_.waiting == 2, "a person shall look at them"
    assert office.gets(ANA) == ["monthly", "weekly"]


def test_a_reply_leaves_the_newsletter_it_answers_to(office):
    message_id = office.sent(ANA)["Message-ID"]
    office.put(letter("Ana@Example.org", "Re: Boletín", "BAJA", In_Reply_To=message_id, to="office@example.org"))
    assert office.read().left == 1
    assert office.gets(ANA) == ["weekly"]


@pytest.mark.parametrize(
    ("to", "body", "left"),
    [
        ("week@news.example.org", "BAJA", ["monthly"]),
        ("COMMS@example.org", "BAJA", ["weekly"]),
        ("office@example.org", "BAJA", []),
        ("comms@example.org, week@news.example.org", "BAJA", []),
        ("comms@example.org", "BAJA DE TODO", []),
        ("comms@example.org", "unsubscribe me from all lists", []),
    ],
)
def test_a_plain_request_leaves_the_newsletter_written_to_else_all(office, to, body, left):
    office.put(letter(ANA, body=body, to=to))
    office.read()
    assert office.gets(ANA) == left
    assert "because they asked" in office.run("explain", ANA)


def test_a_request_of_somebody_unknown_is_left_for_a_person(office):
    quoted = "\n".join(f"> {line}" for line in office.sent(ANA).as_string().splitlines())
    office.put(letter("ana@elsewhere.example", "BAJA", quoted))
    read_ = office.read()
    assert (read_.outcomes, read_.waiting) == ({InboundOutcome.UNKNOWN_LEAVER: 1}, 1)
    assert office.gets(ANA) == ["monthly", "weekly"]


def test_a_mail_with_two_senders_is_nobodys_request(office):
    office.put(f"From: <{ANA}>, <{BEN}>\nTo: comms@example.org\nSubject: BAJA\n\n\n")
    office.put(f"From: <{ANA}>\nFrom: <{BEN}>\nTo: comms@example.org\nSubject: BAJA\n\n\n")
    assert office.read().left == 0


def test_the_confirmation_is_short_in_their_language_and_holds_nothing_that_was_typed(office):
    office.put(letter(ANA, "BAJA", "Gracias\nTYPED BY ME", Message_Id="<typed@x>", Reply_To="typed@evil.example"))
    office.read()
    (mail,) = office.mails("left")
    text = " ".join(mail.get_content().split())
    assert mail["Subject"] == "Se ha dado de baja de «Boletín de migración»"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["From"].addresses[0].addr_spec == "bulletin@news.example.org"
    assert "Sigue recibiendo estos. Para dejarlos también, responda con las palabras BAJA DE TODO: - La semana" in text
    assert "typed" not in mail.as_string().lower()
    assert mail["In-Reply-To"] is None
    assert len(text) < 600


def test_nobody_is_told_twice_and_machines_and_lists_never(office):
    for number in range(3):
        office.put(letter(BEN, "unsubscribe", f"please {number}"))
    office.put(letter("noreply@example.org", f"unsubscribe-{office.token(EVA)}"))
    office.put(letter(MAX, f"unsubscribe-{office.token(MAX)}", Auto_Submitted="auto-generated"))
    read_ = office.read()
    assert (read_.left, read_.confirmed) == (3, 1)
    assert [mail["To"] for mail in office.mails("left")] == [BEN]
    office.put(letter(BEN, "unsubscribe", "I said so!"))
    office.read()
    assert len(office.mails("left")) == 1


def test_whoever_left_gets_nothing_of_an_edition_that_is_about_to_go(office):
    office.change(
        "UPDATE editions SET state = 'sending', finished_at = NULL",
        f"UPDATE deliveries SET state = 'pending' WHERE address IN ('{ANA}', '{BEN}')",
    )
    office.put(letter(ANA, "BAJA"))
    office.read()
    assert "1 left, 3 sent" in office.run("send", "monthly/2018-07", "--yes")


def test_answering_the_confirmation_as_it_says_leaves_the_rest(office):
    office.put(letter(ANA, "BAJA"))
    office.read()
    confirmation = office.mails("left")[0]
    quoted = "\n".join(f"> {line}" for line in confirmation.get_content().splitlines())
    office.put(letter(ANA, f"RE: {confirmation['Subject']}", f"Baja de todo\n\n{quoted}", to=confirmation["Reply-To"]))
    office.read()
    assert office.gets(ANA) == []


def test_what_is_for_a_person_is_passed_on_once_and_then_put_away(office):
    office.settings(MAILBOX.replace("}", ", forward_to: boss@example.org, then: move}"))
    body = "Could I quote you?\n" + "é" * 1200
    office.put(letter("press@example.com", "Question =?utf-8?q?a=0D=0ABcc=3A_evil=40x?=", body))
    office.put(letter("x@example.com", "UNSUBSCRIBE"))
    assert office.read().forwarded == 2
    mails = {mail["Subject"]: mail for mail in office.mails("passed-on")}
    question = next(mail for subject, mail in mails.items() if "Question" in subject)
    assert question["Bcc"] is None
    assert question["To"] == "boss@example.org"
    assert question["Reply-To"] == "press@example.com"
    attachment = next(question.iter_attachments())
    assert attachment.get_filename() == "message.eml"
    assert "é" * 1200 in attachment.get_content().decode()
    request = next(mail for mail in mails.values() if mail is not question)
    assert "not known who that is" in request.get_body().get_content()
    assert next(request.iter_attachments()).get_content_type() == "message/rfc822"
    assert office.read().forwarded == 0
    assert not list((office.maildir / "new").iterdir())
    assert len(list((office.maildir / ".digest-done" / "cur").iterdir())) == 2


def test_what_we_passed_on_is_never_passed_on_again(office):
    office.settings(MAILBOX.replace("}", ", forward_to: boss@example.org}"))
    office.put(letter("press@example.com", "Question", "Hello?"))
    office.read()
    office.put(office.mails("passed-on")[0].as_bytes(), "back.mail")
    assert office.read().forwarded == 0
