"""What a server's words mean for a message and its recipient."""

import pytest

from digest.delivery.answers import About, Stage
from digest.delivery.outgoing import Rejection
from digest.delivery.transports.smtp.outcomes import Accepted, Deferred, Limited, NotSent, Refused, judged, queue_id_of
from digest.delivery.transports.smtp.replies import ReplyReader

R = Rejection


def reply(text):
    (found,) = ReplyReader().feed(text.encode() + b"\r\n")
    return found


@pytest.mark.parametrize(
    ("said", "stage", "why"),
    [
        ("550 5.1.1 no such user", Stage.RECIPIENT, R.DEAD_MAILBOX),
        ("550 5.1.10 null MX", Stage.RECIPIENT, R.DEAD_MAILBOX),
        ("550 5.2.1 disabled", Stage.RECIPIENT, R.DEAD_MAILBOX),
        ("550 no such user here", Stage.RECIPIENT, R.DEAD_MAILBOX),
        ("553 unknown", Stage.RECIPIENT, R.OTHER),  # a bare code says nothing about the mailbox
        ("550 no", Stage.RECIPIENT, R.OTHER),
        ("552 5.2.2 over quota", Stage.RECIPIENT, R.FULL_MAILBOX),
        ("550 5.7.1 listed at spamhaus", Stage.RECIPIENT, R.POLICY),
        ("550 blocked by Spamhaus", Stage.RECIPIENT, R.POLICY),
        ("550 relay not permitted", Stage.RECIPIENT, R.POLICY),
        ("554 5.7.26 unauthenticated", Stage.END, R.POLICY),
        ("550 I do not like this", Stage.END, R.POLICY),
        ("550 5.1.1 no such user", Stage.END, R.DEAD_MAILBOX),
        ("553 5.1.8 sender has no domain", Stage.MAIL, R.SENDER),
        ("550 5.1.1 unknown", Stage.MAIL, R.SENDER),
        ("550 no", Stage.MAIL, R.SENDER),
        ("552 too big", Stage.MAIL, R.TOO_LARGE),
        ("552 5.3.4 too big", Stage.END, R.TOO_LARGE),
        ("554 5.6.0 bad MIME", Stage.END, R.CONTENT),
        ("503 5.5.1 sequence", Stage.DATA, R.PROTOCOL),
        ("530 5.7.0 log in first", Stage.MAIL, R.POLICY),
        ("556 domain takes no mail", Stage.RECIPIENT, R.DEAD_MAILBOX),
        ("554 5.0.0 something", Stage.RECIPIENT, R.OTHER),
        # what blames us in words or by X.3, X.4 and X.5 is no dead mailbox, whatever the bare code
        ("550 Sender verify failed", Stage.RECIPIENT, R.SENDER),
        ("550 Administrative prohibition", Stage.RECIPIENT, R.POLICY),
        ("550 Access denied - Invalid HELO name", Stage.RECIPIENT, R.POLICY),
        ("550 5.1.1 your address is listed at spamhaus", Stage.RECIPIENT, R.POLICY),
        ("550 5.3.0 sorry", Stage.RECIPIENT, R.OTHER),
        ("550 5.4.7 sorry", Stage.RECIPIENT, R.OTHER),
        ("550 5.5.0 Requested action not taken: mailbox unavailable", Stage.RECIPIENT, R.OTHER),
        ("501 no such user", Stage.RECIPIENT, R.OTHER),
        ("550 5.4.1 Recipient address rejected: Access denied", Stage.RECIPIENT, R.DEAD_MAILBOX),
        ("550 5.1.1 mailbox full", Stage.RECIPIENT, R.FULL_MAILBOX),
        ("552 mailbox full", Stage.RECIPIENT, R.FULL_MAILBOX),
        ("550 mailbox full", Stage.MAIL, R.SENDER),
        ("550 no such user", Stage.END, R.OTHER),
        ("550 5.1.1 user unknown, blocked by policy", Stage.RECIPIENT, R.DEAD_MAILBOX),
    ],
)
def test_a_refusal_is_classed_by_codes_words_and_stage(said, stage, why):
    found = judged(reply(said), stage)
    assert isinstance(found, Refused)
    assert (found.why, found.stage, found.reply.text) == (why, stage, said)


@pytest.mark.parametrize("code", ["", "5.0.0 ", "5.1.5 "])
@pytest.mark.parametrize("stage", [Stage.RECIPIENT, Stage.END])
@pytest.mark.parametrize(
    "filtered",
    [
        "listed at zen.spamhaus.org",
        "listed at bl.example.org",
        "listed on a list of others",
        "blocked",
        "spam",
        "policy",
    ],
)
def test_a_filters_refusal_without_a_code_for_it_is_no_dead_mailbox(code, stage, filtered):
    """Many filters say “user unknown” for whatever they dislike."""
    for said in (f"550 {code}user unknown, you are {filtered}", f"550 {code}{filtered}: user unknown"):
        assert judged(reply(said), stage).why is R.POLICY
    assert judged(reply(f"550 {code}user unknown, not listed at all"), Stage.RECIPIENT).why is R.DEAD_MAILBOX


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RECIPIENT, Stage.DATA, Stage.BODY])
def test_421_ends_the_connection_and_not_the_message(stage):
    assert isinstance(judged(reply("421 4.3.2 closing"), stage), NotSent)


@pytest.mark.parametrize("said", ["421 4.3.2 closing", "451 later", "454 4.7.0 throttling failure"])
def test_4yz_after_the_message_says_that_the_server_does_not_have_it(said):
    assert judged(reply(said), Stage.END) == Deferred(stage=Stage.END, reply=reply(said))


def test_what_answers_nothing_has_no_meaning():
    assert judged(reply("354 go on"), Stage.END) is None
    assert judged(reply("250 ok"), Stage.DATA) is None
    assert judged(reply("334 go on"), Stage.RECIPIENT) is None


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RECIPIENT, Stage.DATA, Stage.END])
@pytest.mark.parametrize(
    "said",
    ["550 5.4.5 Daily user sending limit exceeded", "550 rate limit exceeded", "454 daily message quota exceeded"],
)
def test_what_we_may_send_is_a_limit_and_no_refusal(said, stage):
    assert isinstance(judged(reply(said), stage), Limited)


def test_a_5yz_that_says_that_it_passes_is_believed():
    for said in ("550 Greylisted, please try again later", "550 4.1.1 another class"):
        assert judged(reply(said), Stage.RECIPIENT) == Deferred(stage=Stage.RECIPIENT, reply=reply(said))


def test_who_names_our_own_address_speaks_of_it():
    ours, theirs = "bounces+x@news.example.org", "ana@example.net"
    for named, about in ((ours, About.US), (theirs, About.RECIPIENT)):
        found = judged(reply(f"550 5.1.1 <{named}>: User unknown"), Stage.RECIPIENT, ours, theirs)
        assert found.about is about


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("250 2.0.0 Ok: queued as 4XyZ1b2c3d", "4XyZ1b2c3d"),
        ("250 2.0.0 Ok: queued as <ABC.1>", "ABC.1"),
        ("250 OK id=1tAbCd-0001Ab-2C", "1tAbCd-0001Ab-2C"),
        ("250 2.0.0 4B71xyz0012345 Message accepted for delivery", "4B71xyz0012345"),
        ("250 Ok 0100018f0a1b2c3d-aaaa-bbbb-000000", "0100018f0a1b2c3d-aaaa-bbbb-000000"),
        ("250 thanks", None),
    ],
)
def test_the_queue_id_is_found_in_the_words_of_known_servers(said, name):
    assert queue_id_of(reply(said)) == name
    assert judged(reply(said), Stage.END) == Accepted(reply(said), name)
