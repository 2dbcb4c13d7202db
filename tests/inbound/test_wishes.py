"""People change by mail what they get, by its names alone; a mail whose sender is forged asks for nothing; and who did
not ask to leave takes it back with a code that only they got.
"""

import pytest
from office import ANA, BEN, EVA, MAILBOX, letter, made

from digest.inbound.inbound import InboundOutcome
from digest.inbound.unsubscribes import wanted_in
from digest.people.subscriber_list import ListFilter, SubscriberListing

GUATEMALA = "  guatemala: {title: Guatemala, countries: [GT]}\n"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return made(tmp_path_factory.mktemp("kept") / "office")


@pytest.fixture
def office(kept, tmp_path):
    import shutil

    from office import Office

    shutil.copytree(kept.folder, tmp_path / "office")
    return with_guatemala(Office(tmp_path / "office"))


def with_guatemala(office, more=MAILBOX):
    office.settings(more)
    path = office.folder / "digest.yaml"
    text = path.read_text().replace("newsletters:\n", GUATEMALA + "newsletters:\n", 1)
    path.write_text(text.replace("audiences: [regional]", "audiences: [regional, guatemala]"))
    return office


def choice(office, address, newsletter="monthly"):
    wanted = ListFilter(folded=frozenset({address}), newsletter=newsletter)
    (found,) = SubscriberListing(office.instance.database).listed(wanted)
    return sorted(found.choice.audiences), found.choice.language, found.state.value


@pytest.mark.parametrize(
    ("words", "audiences", "language"),
    [
        ("guatemala", {"guatemala"}, None),
        ("espanol", set(), "es"),
        ("toda la region y guatemala en ingles", {"regional", "guatemala"}, "en"),
        ("whole region guatemala", {"regional", "guatemala"}, None),
        ("guatemala city", None, None),
        ("spanish and english", None, None),
        *(("and", None, None), ("y guatemala", None, None), ("guatemala e english", {"guatemala"}, "en")),
        *(("guatemala y castellano", {"guatemala"}, "es"), ("in spanish", None, None), ("ingles", set(), "en")),
        ("", None, None),
        ("thank you for guatemala", None, None),
    ],
)
def test_a_wish_is_names_of_ours_and_nothing_besides(office, words, audiences, language):
    newsletter = office.instance.settings.newsletter("monthly")
    expected = None if audiences is None else (frozenset(audiences), language)
    assert wanted_in(words, newsletter) == expected


@pytest.mark.parametrize(
    ("subject", "body"), [("GUATEMALA", ""), ("Re: Boletín", "Guatemala\n\nEva\n"), ("x", "guatemala")]
)
def test_a_choice_by_mail_is_made_and_told_once_in_thirty_days(office, subject, body):
    office.put(letter(EVA, subject, body))
    assert office.read().outcomes == {InboundOutcome.CHOOSING: 1}
    assert choice(office, EVA) == (["guatemala"], "es", "active")
    (told,) = office.mails("chosen")
    assert told["To"].addresses[0].addr_spec == EVA
    assert told["Auto-Submitted"] == "auto-replied"
    assert "Desde ahora recibe: Guatemala – español." in told.get_content()
    assert "Hasta ahora recibía: Toda la región – español." in told.get_content()
    office.put(letter(EVA, "English"))
    office.read()
    assert choice(office, EVA) == (["guatemala"], "en", "active")
    assert len(office.mails("chosen")) == 1
    office.run("subscribers", "list")  # the subscriber file changes nothing back
    assert choice(office, EVA) == (["guatemala"], "en", "active")


@pytest.mark.parametrize(
    ("sender", "more"),
    [
        ("stranger@example.org", {}),
        (EVA, {"Auto_Submitted": "auto-replied"}),
        (EVA, {"List_Id": "<x.example.org>"}),
        (EVA, {"Authentication_Results": "mx.example.org; spf=fail; dkim=none; dmarc=fail header.from=example.net"}),
        (EVA, {"Authentication_Results": "mx.example.org; spf=fail smtp.mailfrom=x"}),
    ],
)
@pytest.mark.parametrize("words", ["GUATEMALA", "BAJA"])
def test_strangers_machines_and_forged_senders_change_nothing_and_get_no_answer(office, sender, more, words):
    with_guatemala(office, "mailbox: {maildir: Maildir, trusted: mx.example.org}\n")
    office.put(letter(sender, words, **more))
    read = office.read()
    assert (read.left, office.mails("chosen"), office.mails("left")) == (0, [], [])
    assert choice(office, EVA) == (["regional"], "es", "active")
    if "Authentication_Results" in more:
        assert read.waiting == 1


@pytest.mark.parametrize("results", ["evil.example.com; dmarc=fail", "mx.example.org; dkim=pass; spf=fail; dmarc=pass"])
def test_what_other_servers_say_of_a_sender_is_a_claim(office, results):
    with_guatemala(office, "mailbox: {maildir: Maildir, trusted: mx.example.org}\n")
    office.put(letter(EVA, "BAJA", Authentication_Results=results))
    assert office.read().left == 1


def test_who_did_not_ask_to_leave_takes_it_back_with_the_code_that_only_they_got(office):
    office.put(letter(BEN, "UNSUBSCRIBE"))
    office.read()
    assert choice(office, BEN)[2] == "unsubscribed"
    (told,) = office.mails("left")
    code = next(line for line in told.get_content().splitlines() if line.startswith("undo-"))
    for wrong in (code[:-1] + ("0" if code[-1] != "0" else "1"), "undo-x", code.replace(code[5:8], "zzz")):
        office.put(letter(BEN, wrong))
    office.read()
    assert choice(office, BEN)[2] == "unsubscribed"
    office.put(letter("friend@example.com", f"RE: Fwd: {code.upper()} "))
    assert office.read().outcomes[InboundOutcome.UNDONE] == 1
    assert choice(office, BEN)[2] == "active"
    office.put(letter(BEN, "Please unsubscribe me"))
    office.read()
    assert choice(office, BEN)[2] == "unsubscribed"
    assert len(office.mails("left")) == 1  # not told again within thirty days
    office.put(letter(BEN, code, Date="Mon, 6 Aug 2018 10:00:00 +0000"))
    office.read()
    assert choice(office, BEN)[2] == "unsubscribed"  # the code was for the departure before
    assert choice(office, ANA, "weekly")[2] == "active"
