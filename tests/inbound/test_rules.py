"""The rules alone: when an address counts as dead, and what codes and words mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigurationError
from digest.inbound.inbound import Notice, ReturnKind, Scoring, happened_at, is_dead, memory, notice_for, score
from digest.inbound.reports import severity, status_in
from digest.newsletters.period import PeriodKind
from digest.settings.loading import load_settings

HARD, SOFT, BLOCKED = ReturnKind.HARD, ReturnKind.SOFT, ReturnKind.BLOCKED
NOON = datetime(2018, 8, 5, 12, tzinfo=UTC)
USUAL = Scoring()


def on(*days, kind=HARD):
    return [(NOON + timedelta(days=day), kind) for day in days]


@pytest.mark.parametrize(
    ("returned", "today", "wanted"),
    [
        ([], 0, 0),
        (on(0), 0, 1),
        (on(0, 0, 0), 0, 1),
        (on(0) + on(0, kind=SOFT), 0, 1),
        (on(0, kind=SOFT) + on(0), 0, 1),
        (on(0, 1, 2, kind=SOFT), 2, 1.5),
        (on(0, 1, 2, 3, 4), 4, 5),
        (on(0, 1, 2) + on(3, 4, kind=BLOCKED), 4, 3),
        (on(0, 1, 2), 32, 3),
        (on(0, 1, 2), 33, 0),
        (on(0, 1, 32), 32, 1),
        (on(0, 30, 60, 90, 120), 120, 5),
        (on(0, 31), 31, 1),
        (on(0, kind=ReturnKind.DELAYED) + on(0, kind=ReturnKind.DELIVERED), 0, 0),
    ],
)
def test_bounces_add_up_by_days_and_are_forgotten_together(returned, today, wanted):
    assert score(returned, NOON + timedelta(days=today), USUAL) == wanted


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(list(ReturnKind)))),
    st.randoms(use_true_random=False),
    st.integers(0, 400),
)
def test_neither_order_nor_copies_change_the_score(days, random, today):
    returned = [(NOON + timedelta(hours=7 * day), kind) for day, kind in days]
    other = returned + returned[: len(returned) // 2]
    random.shuffle(other)
    now = NOON + timedelta(days=today)
    assert score(returned, now, USUAL) == score(other, now, USUAL)
    if is_dead(returned, now, USUAL):
        assert sum(kind in (HARD, SOFT) for _, kind in returned) >= 5


def test_a_monthly_newsletter_does_not_forget_before_the_next_bounce_can_come():
    """A dead address gets five issues at most."""
    assert memory([PeriodKind.DAY, PeriodKind.WEEK]) == timedelta(days=30)
    scoring = Scoring(forget_after=memory([PeriodKind.MONTH]))
    fifths = [datetime(2018, month, 5, 15, tzinfo=UTC) for month in range(1, 6)]
    assert not is_dead([(at, HARD) for at in fifths[:4]], fifths[3], scoring)
    assert is_dead([(at, HARD) for at in fifths], fifths[4], scoring)


def test_of_several_recipients_their_own_counts_else_the_mildest():
    hard, soft = Notice(kind=HARD, address="a@x.org"), Notice(kind=SOFT, address="b@x.org")
    assert notice_for("A@X.org", [soft, hard]) is hard
    assert notice_for("c@x.org", [hard, soft]) is soft
    assert notice_for("c@x.org", []) is None


def test_a_date_that_cannot_be_is_today():
    sent = NOON - timedelta(days=3)
    assert happened_at(NOON - timedelta(days=1), sent, NOON) == NOON - timedelta(days=1)
    for wrong in (None, NOON + timedelta(seconds=1), sent - timedelta(seconds=1)):
        assert happened_at(wrong, sent, NOON) == NOON


@pytest.mark.parametrize(
    ("status", "said", "wanted"),
    [
        ("5.1.1", "550 5.1.1 no such user", HARD),
        ("5.1.10", "550 5.1.10 null MX", HARD),
        ("5.2.1", "550 5.2.1 mailbox disabled", HARD),
        ("5.4.4", "Host or domain name not found", HARD),
        ("5.0.0", "550 User unknown", HARD),
        ("5.0.0", "", SOFT),
        ("5.5.0", "550 Requested action not taken: mailbox unavailable", SOFT),
        (None, "550 El usuario no existe", HARD),
        ("5.2.2", "552 5.2.2 over quota", SOFT),
        ("5.1.1", "550 5.1.1 mailbox full", SOFT),
        ("5.0.0", "buzón lleno", SOFT),
        ("4.2.1", "450 user unknown", SOFT),
        ("4.4.7", "delivery time expired", SOFT),
        ("5.3.0", "", SOFT),
        (None, "", SOFT),
        ("5.7.1", "550 5.7.1 user unknown", BLOCKED),
        ("5.7.26", "unauthenticated", BLOCKED),
        ("4.7.0", "421 4.7.0 try later", BLOCKED),
        ("5.0.0", "554 your message looks like spam", BLOCKED),
        ("5.1.1", "550 your address is listed at spamhaus", BLOCKED),
        ("5.1.8", "sender domain must exist", BLOCKED),
        ("5.3.4", "message too big", BLOCKED),
        ("5.6.0", "content", BLOCKED),
        ("5.0.0", "550 SPF check failed", BLOCKED),
        ("2.1.5", "250 ok", ReturnKind.DELIVERED),
        (None, "550 I do not like this", SOFT),
        (None, "host mx.example.org said: 550 sorry (in reply to RCPT TO command)", SOFT),
        (None, "host mx.example.org said: 550 5.1.1 unknown (in reply to MAIL FROM command)", BLOCKED),
        (None, "SMTP error from remote mail server after end of data: 550 sorry", BLOCKED),
        ("5.0.0", "Domain x.example has exceeded the max emails per hour", BLOCKED),
        ("5.5.1", "503 5.5.1 bad sequence of commands", BLOCKED),
        ("5.4.5", "550 5.4.5 Daily user sending limit exceeded", BLOCKED),
    ],
)
def test_codes_and_words_are_weighed(status, said, wanted):
    """Nobody is dead because of a filter, and nobody blocked because their mailbox is full."""
    assert severity("failed", status, said) is wanted


@pytest.mark.parametrize("status", [None, "5.0.0", "5.1.0"])
@pytest.mark.parametrize("gone", ["user unknown", "no such user here", "mailbox unavailable", "recipient rejected"])
@pytest.mark.parametrize(
    "filtered",
    [
        "192.0.2.1 is listed at zen.spamhaus.org",
        "your host is listed at bl.example.org",
        "sender listed on a list of others",
        "blocked by our filter",
        "it looks like spam",
        "our policy says so",
    ],
)
def test_what_a_filter_says_of_a_mailbox_is_believed_only_with_the_code_for_it(status, gone, filtered):
    """Many filters say “user unknown” for whatever they dislike."""
    for said in (f"550 {status or ''} {gone}, {filtered}", f"550 {filtered}: {gone}"):
        assert severity("failed", status, said) is BLOCKED
        assert severity("failed", "5.1.1", said) is not BLOCKED
    assert severity("failed", status, f"550 {gone}") is HARD


@pytest.mark.parametrize(
    "said", ["550 User not listed in the directory", "550 5.0.0 recipient isn't listed at this host"]
)
def test_who_is_not_listed_is_not_blocked(said):
    assert severity("failed", None, said) is HARD


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        ("5.1.0 5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1 5.4.4 5.4.310", HARD),
        ("5.1.7 5.1.8 5.2.3 5.3.4 5.5.0 5.6.1 5.7.1", BLOCKED),
        ("5.2.2 5.2.4 5.3.0 5.3.2 5.4.1 4.1.1", SOFT),
    ],
)
def test_a_code_without_words_means_what_the_rfcs_say(codes, wanted):
    assert {code: severity("failed", code, "") for code in codes.split()} == dict.fromkeys(codes.split(), wanted)


@pytest.mark.parametrize("reply", ["550", "551", "553", "554", "450"])
def test_a_reply_without_a_code_or_words_is_about_nobody(reply):
    assert severity("failed", None, f"{reply} no (in reply to RCPT TO command)") is SOFT
    assert severity("failed", None, f"{reply} no") is SOFT


def test_the_more_telling_code_is_taken():
    assert status_in("554 5.0.0 Service unavailable; 550 5.1.1 unknown") == "5.1.1"
    assert status_in("from 192.0.2.5.1.1.7 at 5.1") is None


@pytest.mark.parametrize(
    ("mailbox", "said"),
    [
        ("{maildir: a, mbox: b}", "mailbox: takes one of maildir, mbox and imap, not several"),
        (
            "{imap: {host: x, username: y}}",
            "mailbox.imap: needs a password: password_file or password_env, one of them",
        ),
        ("{imap: {host: x, username: y, password: z}}", "never write a password here"),
        ("{maildir: a, than: move}", "mailbox.than: unknown key, did you mean 'then'?"),
        ("{maildir: a, then: burn}", "mailbox.then: must be one of keep, move or delete, not 'burn'"),
        ("{maildir: a, score: {hard: 0}}", "mailbox.score.hard: must be a number above 0, at most 100"),
        ("{maildir: a, score: {treshold: 3}}", "did you mean 'threshold'?"),
        ("{maildir: a, forward_to: nobody}", "mailbox.forward_to: there is no '@' in it"),
    ],
)
def test_mistakes_in_the_settings_are_named(office, mailbox, said):
    office.settings(f"mailbox: {mailbox}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(office.folder / "digest.yaml")
    assert said in str(caught.value)
    assert "digest.yaml:" in str(caught.value)


def test_settings_are_understood(office):
    office.settings("mailbox: {maildir: a, score: {hard: 2, soft: 1, threshold: 4.5, forget_after: 20 days}}\n")
    found = load_settings(office.folder / "digest.yaml").mailbox
    assert found.maildir == office.folder / "a"
    assert found.scoring == Scoring(hard=2, soft=1, threshold=4.5, forget_after=timedelta(days=20))
    office.settings("mailbox: {maildir: a}\n")
    assert load_settings(office.folder / "digest.yaml").mailbox.scoring.forget_after == timedelta(days=62)
