"""One table says what a server's answer means, to whoever is answered and to whoever reads it in a report."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from digest.delivery.answers import About, AnswerMeaning, ServerAnswer, Stage, meaning_of, repeated, statuses_in
from digest.delivery.outgoing import Rejection
from digest.delivery.transports.smtp.outcomes import Refused, judged
from digest.delivery.transports.smtp.replies import ReplyReader
from digest.inbound.inbound import ReturnKind
from digest.inbound.reports import severity

R = Rejection
HARD, SOFT, BLOCKED = ReturnKind.HARD, ReturnKind.SOFT, ReturnKind.BLOCKED

TESTS = Path(__file__).parents[1]


def samples(module, test):
    """The cases of a test that stands elsewhere."""
    spec = spec_from_file_location(Path(module).stem, TESTS / module)
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return getattr(loaded, test).pytestmark[0].args[1]


DIRECT = samples("delivery/test_smtp_outcomes.py", "test_a_refusal_is_classed_by_codes_words_and_stage")
REPORTED = samples("inbound/test_rules.py", "test_codes_and_words_are_weighed")
# What may be decided of the same words here and there. What one side does not know contradicts nothing.
TOGETHER = {
    R.DEAD_MAILBOX: {HARD, SOFT},
    R.FULL_MAILBOX: {SOFT},
    R.OTHER: {HARD, SOFT, BLOCKED},
    **{ours: {SOFT, BLOCKED} for ours in (R.POLICY, R.SENDER, R.TOO_LARGE, R.CONTENT, R.PROTOCOL)},
}
IN_REPLY_TO = {Stage.MAIL: "MAIL FROM", Stage.RECIPIENT: "RCPT TO", Stage.DATA: "DATA", Stage.END: "end of DATA"}


def reply(text):
    (found,) = ReplyReader().feed(text.encode() + b"\r\n")
    return found


@pytest.mark.parametrize("stage", list(IN_REPLY_TO))
@pytest.mark.parametrize(
    "said",
    [said for said, _, _ in DIRECT]
    + [
        f"550 {status or ''} {said.removeprefix('550 ')}"
        for status, said, kind in REPORTED
        if kind is not ReturnKind.DELIVERED and repeated(said).stage is None
    ],
)
def test_an_answer_and_a_report_of_it_never_contradict_each_other(said, stage):
    found = judged(reply(said), stage)
    why = found.why if isinstance(found, Refused) else R.OTHER
    assert severity("failed", None, f"{said} (in reply to {IN_REPLY_TO[stage]} command)") in TOGETHER[why]
    if stage is not Stage.MAIL:  # a report that does not name the command
        assert severity("failed", None, said) in TOGETHER[why]


def test_every_meaning_is_a_sentence_and_about_somebody_or_nobody():
    assert all(one.sentence[0].islower() and one.sentence[-1].islower() for one in AnswerMeaning)  # behind a colon
    assert all(not (one.is_about_us and one.is_about_the_recipient) for one in AnswerMeaning)
    assert {one for one in AnswerMeaning if not one.is_about_us and not one.is_about_the_recipient} == {
        AnswerMeaning.PASSING,
        AnswerMeaning.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("550 5.7.1 Sender rejected", AnswerMeaning.SENDER),
        ("550 5.7.1 listed by Spamhaus", AnswerMeaning.REPUTATION),
        ("550 5.7.26 SPF did not pass", AnswerMeaning.AUTHENTICATION),
        ("451 too many connections", AnswerMeaning.RATE),
        ("550 daily sending quota exceeded", AnswerMeaning.QUOTA),
        ("554 5.4.6 mail loop", AnswerMeaning.ROUTING),
        ("451 4.3.0 try again", AnswerMeaning.PASSING),
        ("552 5.2.2 mailbox full", AnswerMeaning.FULL),
    ],
)
def test_what_blames_us_is_told_apart(said, meaning):
    assert meaning_of(repeated(said)) is meaning


# -- Answers that were heard, and whom they are about.

HERE = Path(__file__).parent
ABOUT = {
    "dead": {AnswerMeaning.GONE},
    "full": {AnswerMeaning.FULL},
    "too big for them": {AnswerMeaning.TOO_BIG},
    "us": {one for one in AnswerMeaning if one.about is About.US},
    "us, for a time": {AnswerMeaning.QUOTA, AnswerMeaning.RATE},
    "passing": {one for one in AnswerMeaning if one.about in (About.US, About.PASSING)},
    "unknown": set(AnswerMeaning) - {AnswerMeaning.GONE},
}


def heard(name):
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("name", ["answers_heard.tsv", "answers_more.tsv"])
@pytest.mark.parametrize("stage", [None, Stage.RECIPIENT])
def test_no_answer_about_us_is_called_a_dead_mailbox_and_dead_ones_are_found(name, stage):
    """Directly at RCPT TO, and where nobody knows the stage."""
    wrong, dead, found = [], 0, 0
    for about, said in heard(name):
        answer = ServerAnswer(words=said, codes=(int(said[:3]),), statuses=statuses_in(said), stage=stage)
        meaning = meaning_of(answer)
        dead += about == "dead"
        found += about == "dead" and meaning is AnswerMeaning.GONE
        if about != "dead" and meaning not in ABOUT[about]:
            wrong.append((about, meaning.value, said))
    assert wrong == []
    assert found >= 0.95 * dead


def test_all_that_was_heard_is_labelled():
    assert len(heard("answers_heard.tsv")) == 206
    assert {about for name in ("answers_heard.tsv", "answers_more.tsv") for about, _ in heard(name)} == set(ABOUT)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("550 5.1.1 no", [(5, 1, 1)]),
        ("550-5.7.26 a\n550 5.7.26 b", [(5, 7, 26), (5, 7, 26)]),
        ("sorry (#5.1.1)", [(5, 1, 1)]),
        ("<mx.x.example #5.2.2 smtp; full>", [(5, 2, 2)]),
        ("Status: 5.4.4", [(5, 4, 4)]),
        ("5.1.10 at the very beginning", [(5, 1, 10)]),
        ("Subject: Guide 2.1.5 is out\n550 5.1.1 unknown", [(5, 1, 1)]),
        ("I am away until 5.1.26", []),
        ("version 4.2.1 of it\n\n4.3.2 is better", []),
        ("192.0.5.1.1 said no", []),
        ("250 2.1.5 and 5.1.1", [(2, 1, 5)]),
    ],
)
def test_a_date_a_version_or_an_address_is_no_status(text, found):
    assert list(statuses_in(text)) == found


M = AnswerMeaning
# RFC 5321 §4.2.3, RFC 4954 §6, RFC 7504 and RFC 1846; a bare 550, 551 or 553 says nothing.
BARE_CODES = {
    M.PROTOCOL: (500, 501, 502, 503, 504, 555),
    M.POLICY: (521,),
    M.TOO_LARGE: (523, 552),
    M.AUTHENTICATION: (530, 534, 535, 538),
    M.GONE: (556,),
    M.UNKNOWN: (550, 551, 553, 554),
}
# RFC 3463 §3 and what Exchange Online says.
BARE_STATUSES = {
    M.GONE: ((1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4), (4, 310)),
    M.SENDER: ((1, 7), (1, 8)),
    M.QUOTA: ((1, 90), (4, 5)),
    M.FULL: ((2, 2),),
    M.TOO_BIG: ((2, 3),),
    M.TOO_LARGE: ((3, 4),),
    M.PASSING: ((2, 121), (2, 122)),
    M.CONTENT: ((6, 0), (6, 5)),
    M.POLICY: ((7, 0), (7, 1)),
    M.PROTOCOL: ((5, 0), (5, 4)),
}


@pytest.mark.parametrize(("meaning", "code"), [(one, code) for one, codes in BARE_CODES.items() for code in codes])
def test_a_bare_reply_code_means_what_its_rfc_says(meaning, code):
    assert meaning_of(ServerAnswer(words="", codes=(code,), stage=Stage.RECIPIENT)) is meaning


@pytest.mark.parametrize(("meaning", "detail"), [(one, all_) for one, of in BARE_STATUSES.items() for all_ in of])
def test_a_status_without_words_means_what_its_rfc_says(meaning, detail):
    assert meaning_of(ServerAnswer(words="", codes=(550,), statuses=((5, *detail),))) is meaning


def test_what_passes_is_no_verdict_on_a_mailbox():
    for details in BARE_STATUSES[M.GONE]:
        assert meaning_of(ServerAnswer(words="", codes=(450,), statuses=((4, *details),))) is M.PASSING
    assert meaning_of(ServerAnswer(words="", codes=(450,), statuses=((4, 4, 5),))) is M.PASSING
