"""What becomes of an edition whose messages are refused, limited or doubtful: nobody is blamed without a person's word,
nobody is lost, and nobody gets two.
"""

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from workshop import PlainRenderer

from digest.delivery.answers import About, AnswerMeaning
from digest.delivery.decisions import decide, judge_ours, judge_theirs, undecided
from digest.delivery.delivery import Decision, DeliveryState, Wanted
from digest.delivery.lookup import records
from digest.delivery.outgoing import OutcomeKind
from digest.delivery.pauses import PauseKind, resume
from digest.delivery.route import differences
from digest.delivery.sending import send
from digest.delivery.settings import DeliveryKeys, delivery_settings
from digest.delivery.transports.one_by_one import Ending, Ways, carry
from digest.errors import BusyError, CircuitBrokenError, ConfigurationError, PersonNeededError, SendingLimitError
from digest.foundation.addresses import NamedAddress
from digest.newsletters.edition import EditionState

SENT = Ending(OutcomeKind.SENT)
DEAD = Ending(OutcomeKind.FAILED, "550 5.1.1 User unknown", "dead-mailbox", about=About.RECIPIENT)
STRANGE = Ending(OutcomeKind.FAILED, "550 5.0.0 no", "other")
OF_US = Ending(OutcomeKind.FAILED, "554 5.7.1 looks like spam", "policy", about=About.US)
QUOTA = Ending(OutcomeKind.DEFERRED, "550 daily quota exceeded", limit=AnswerMeaning.QUOTA)
DOUBT = Ending(OutcomeKind.IN_DOUBT, "it ended without a word", "server")


class WholeLines(PlainRenderer):
    def render(self, content):
        rendered = super().render(content)
        return replace(rendered, message=rendered.message + b"\r\n")


class Server:
    """Answers each message as `ending` says of the number of its reader, and counts what it has taken."""

    name, connections = "the server", 1

    def __init__(self, ending):
        self.ending, self.taken, self.asked = ending, Counter(), 0

    def carry(self, outbox, stop):
        carry(outbox, stop, self._act, Ways(name=self.name, at_once=1))

    def trace(self, message):
        return None

    def _act(self, message, _content):
        self.asked += 1
        ending = self.ending(int(message.recipient[1:3]))
        self.taken[message.recipient] += ending.kind in (OutcomeKind.SENT, OutcomeKind.IN_DOUBT)
        return ending


@pytest.fixture
def sealed(workshop, found):
    workshop.bench = replace(workshop.bench, renderer=WholeLines())
    workshop.source.items = [found("A")]
    workshop.collect()
    for number in range(38):
        workshop.subscribe(f"r{number:02}@example.org")
    return workshop.approve(workshop.build("2018-07").edition)


@pytest.fixture
def server(workshop):
    def made(ending):
        workshop.place = replace(workshop.place, postbox=Server(ending))
        return workshop.place.postbox

    return made


def states(workshop, edition):
    return {state.value: count for state, count in workshop.ledger.tally(edition).states.items()}


def go_on(workshop, edition):
    """A person lets it go on."""
    return resume(workshop.place.pauses, edition, workshop.clock.now(), "Marta")


@pytest.mark.parametrize(("refusal", "refused"), [(DEAD, 20), (STRANGE, 20), (OF_US, 3)])
def test_refusals_in_a_row_pause_the_edition_with_everybody_still_pending(workshop, sealed, server, refusal, refused):
    answering = server(lambda number: refusal if number >= 5 else SENT)
    with pytest.raises(CircuitBrokenError) as caught:
        workshop.send(sealed)
    assert "digest resume 2018-07 --ours" in caught.value.remedy
    assert "--theirs" in caught.value.remedy
    edition = workshop.place.refreshed(sealed)
    assert (answering.asked, states(workshop, edition)) == (5 + refused, {"sent": 5, "pending": 33})
    assert (undecided(workshop.place.database, edition), edition.state) == (refused, EditionState.SENDING)
    assert workshop.place.pauses.of(edition).kind is PauseKind.SERVER


def test_ours_once_it_is_mended_everybody_gets_it(workshop, sealed, server):
    server(lambda _number: OF_US)
    with pytest.raises(CircuitBrokenError):
        workshop.send(sealed)
    go_on(workshop, sealed)
    assert judge_ours(workshop.place, sealed) == 3
    assert undecided(workshop.place.database, sealed) == 0
    answering = server(lambda _number: SENT)
    assert workshop.send(sealed).tally[DeliveryState.SENT] == 38
    assert set(answering.taken.values()) == {1}


def test_theirs_counts_as_refused_and_sending_gets_past_them(workshop, sealed, server):
    answering = server(lambda number: DEAD if number < 20 else SENT)
    with pytest.raises(CircuitBrokenError):
        workshop.send(sealed)
    go_on(workshop, sealed)
    judge_theirs(workshop.place, sealed, by="Marta")
    sent = workshop.send(sealed)
    assert (sent.edition.state, sent.tally[DeliveryState.SENT], sent.tally[DeliveryState.FAILED]) == (
        EditionState.FINISHED,
        18,
        20,
    )
    assert answering.asked == 38
    first = next(iter(records(workshop.place.database, sealed, Wanted(states=frozenset([DeliveryState.FAILED])))))
    assert (first.why, first.answer, first.decisions[0].by) == ("dead-mailbox", "550 5.1.1 User unknown", "Marta")


def test_one_refusal_of_us_holds_up_nobody_and_is_asked_about(workshop, sealed, server):
    server(lambda number: OF_US if number == 7 else SENT)
    with pytest.raises(CircuitBrokenError):
        workshop.send(sealed)
    assert states(workshop, sealed) == {"sent": 37, "pending": 1}
    go_on(workshop, sealed)
    assert judge_theirs(workshop.place, sealed, by="Marta").state is EditionState.FINISHED


def test_a_single_refusal_about_a_reader_or_about_nobody_is_theirs(workshop, sealed, server):
    server(lambda number: {3: DEAD, 30: STRANGE}.get(number, SENT))
    assert workshop.send(sealed).tally[DeliveryState.FAILED] == 2


def test_a_quota_is_waited_for_and_the_next_run_sends_the_rest(workshop, sealed, server):
    def run():
        return send(workshop.place, workshop.bench, workshop.newsletter, sealed, locked=True)

    server(lambda number: QUOTA if number >= 20 else SENT)
    with pytest.raises(SendingLimitError) as caught:
        workshop.send(sealed)
    assert caught.value.exit_code == 75
    assert states(workshop, sealed) == {"sent": 20, "pending": 18}
    with pytest.raises(BusyError, match="as much as we may"):
        run()
    workshop.clock.at += timedelta(days=1)
    answering = server(lambda _number: SENT)
    assert run().tally[DeliveryState.SENT] == 38
    assert (len(answering.taken), workshop.place.pauses.of(sealed)) == (18, None)


@pytest.mark.parametrize("taken", [0, 5])
def test_ten_doubts_in_a_row_hold_all_of_them_whatever_the_policy(workshop, sealed, server, taken):
    answering = server(lambda number: DOUBT if number >= taken else SENT)
    with pytest.raises(CircuitBrokenError):
        workshop.send(sealed)
    assert states(workshop, sealed) == {"held": 10, "pending": 28 - taken, **({"sent": taken} if taken else {})}
    assert workshop.ledger.doubts(sealed) == {"hold": 10}
    with pytest.raises(CircuitBrokenError):
        workshop.send(sealed)
    assert set(answering.taken.values()) == {1}


def test_a_list_of_a_few_is_not_sent_twice_either(workshop, found, server):
    workshop.bench = replace(workshop.bench, renderer=WholeLines())
    workshop.source.items = [found("A")]
    workshop.collect()
    for number in range(3):
        workshop.subscribe(f"r{number:02}@example.org")
    sealed = workshop.approve(workshop.build("2018-07").edition)
    answering = server(lambda _number: DOUBT)
    with pytest.raises(CircuitBrokenError):
        workshop.send(sealed)
    workshop.send(sealed)
    assert (states(workshop, sealed), set(answering.taken.values())) == ({"held": 3}, {1})


def test_whoever_never_says_what_came_of_one_message_gets_three_copies_at_most(workshop, sealed, server):
    answering = server(lambda number: DOUBT if number == 4 else SENT)
    for _ in range(5):
        workshop.send(sealed)
    assert answering.taken["r04@example.org"] == 3
    assert states(workshop, sealed) == {"sent": 37, "held": 1}


# -- The Date of a message is that of the attempt: the same after a doubt, new once it is known not to be taken.


@pytest.mark.parametrize(
    "first", [SENT, DOUBT, STRANGE, DEAD, OF_US, QUOTA, Ending(OutcomeKind.DEFERRED, "later", "x")]
)
def test_a_message_is_dated_when_it_leaves_and_again_when_it_was_not_taken(workshop, sealed, server, first):
    """RFC 5322 §3.6.1; a resend after a doubt has the same bytes."""
    dates = defaultdict(list)
    answering = server(lambda number: first if number == 37 and len(dates["r37@example.org"]) == 1 else SENT)
    act = answering._act
    answering._act = lambda message, content: (
        dates[message.recipient].append(message.dated_at),
        act(message, content),
    )[1]
    began = workshop.clock.at
    with suppress(CircuitBrokenError, SendingLimitError):
        workshop.send(sealed)
    if first in (STRANGE, DEAD):
        decide(
            workshop.place,
            workshop.place.refreshed(sealed),
            Wanted(states=frozenset([DeliveryState.FAILED])),
            Decision.RESEND,
            by="Marta",
            because=None,
        )
    workshop.clock.at += timedelta(days=2)
    workshop.send(workshop.place.refreshed(sealed))
    later = {SENT: [], DOUBT: [began]}.get(first, [began + timedelta(days=2)])
    assert dates["r37@example.org"] == [began, *later]


# -- What is approved stays as it was, and a change of the way out is confirmed.


def by_smtp(**keys):
    """As the settings of a newsletter have it that leaves through a relay."""
    written = {"transport": "smtp", "host": "smtp.a.example", "username": "ana", "password_env": "P"} | keys
    return delivery_settings(Path("/w"), DeliveryKeys(**written))


def by_program(*command):
    return delivery_settings(Path("/w"), DeliveryKeys(transport="sendmail", command=list(command)))


def as_files(path, transport="files"):
    return delivery_settings(Path("/w"), DeliveryKeys(transport=transport, path=path))


@pytest.mark.parametrize(
    ("before", "now", "changes"),
    [
        (as_files("out"), as_files("out", "maildir"), ["transport was files and is maildir now"]),
        (as_files("out"), as_files("elsewhere"), ["path was out and is elsewhere now"]),
        (by_smtp(), by_smtp(host="smtp.b.example"), ["host was smtp.a.example and is smtp.b.example now"]),
        (by_smtp(), by_smtp(security="tls"), ["port was 587 and is 465 now"]),
        (by_smtp(), by_smtp(username="ben"), ["username is another one now"]),
        (by_smtp(), by_smtp(host="b", port=25), ["host was smtp.a.example and is b now", "port was 587 and is 25 now"]),
        (by_smtp(), as_files("out"), ["transport was smtp and is files now"]),
        (by_program("/a/b"), by_program("/a/b", "-x"), ["command was /a/b and is /a/b -x now"]),
        (by_smtp(), by_smtp(rate=3.0, host="SMTP.a.example"), []),
    ],
)
def test_another_way_out_in_mid_send_is_named_and_confirmed_by_a_person_once(
    workshop, sealed, server, before, now, changes
):
    """A dead relay can be replaced; a slip in the settings sends nothing through somebody else's."""

    def run():
        return send(workshop.place, workshop.bench, workshop.newsletter, sealed, locked=True)

    folder = replace(workshop.place, folder=Path("/w"))
    assert differences(replace(folder, settings=before).route, replace(folder, settings=now).route) == changes
    workshop.place = replace(workshop.place, settings=before)
    server(lambda number: QUOTA if number >= 5 else SENT)
    with pytest.raises(SendingLimitError):
        workshop.send(sealed)
    workshop.clock.at += timedelta(days=1)
    answering = server(lambda number: QUOTA if number >= 10 else SENT)
    workshop.place = replace(workshop.place, settings=now)
    if changes:
        with pytest.raises(PersonNeededError, match=r"began to leave another way: .* now"):
            run()
        assert answering.asked == 0
        with pytest.raises(SendingLimitError):
            workshop.send(sealed)
        workshop.clock.at += timedelta(days=1)
    server(lambda _number: SENT)
    sent = run()
    assert (sent.tally[DeliveryState.SENT], sent.notes) == (38, ())


def test_a_person_who_sends_another_way_is_told_so(workshop, sealed, server):
    server(lambda number: QUOTA if number >= 5 else SENT)
    with pytest.raises(SendingLimitError):
        workshop.send(sealed)
    workshop.clock.at += timedelta(days=1)
    workshop.place = replace(workshop.place, settings=by_smtp())
    server(lambda _number: SENT)
    assert workshop.send(sealed).notes == ("transport was files and is smtp now",)


def test_the_sender_of_an_approved_edition_is_that_of_its_record_and_the_difference_is_named(workshop, sealed, server):
    server(lambda _number: SENT)
    moved = NamedAddress(name="Another name", address="other@elsewhere.example")
    newsletter = replace(
        workshop.newsletter, sender=dict.fromkeys(workshop.newsletter.sender, moved), reply_to="x@y.example"
    )
    sent = send(workshop.place, workshop.bench, newsletter, sealed)
    assert [line.partition(" ")[0] for line in sent.notes] == ["from", "reply_to"]
    record = workshop.editions.record(sealed)
    assert record.frozen(newsletter).sender == workshop.newsletter.sender
    assert record.differences(workshop.newsletter, None) == []


def test_a_relay_that_signs_leaves_our_keys_unused(workshop, sealed):
    keys = workshop.folder / "keys" / "dkim"
    keys.mkdir(parents=True)
    (keys / "s2018.pem").write_text("not a key, so whoever reads it fails")
    (keys / "s2018.pem").chmod(0o600)
    begun = replace(sealed, sending_at=workshop.clock.now())
    with pytest.raises(ConfigurationError), workshop.place.signing(workshop.newsletter, begun, ()):
        pytest.fail("it signs")
    place = replace(workshop.place, settings=replace(workshop.place.settings, signs=False))
    with place.signing(workshop.newsletter, begun, ()) as sign:
        assert sign is None
