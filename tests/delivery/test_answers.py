"""One table says what a server's answer means, to whoever is answered and to whoever reads it in a report."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from digest.delivery.answers import AnswerMeaning, Stage, meaning_of, repeated
from digest.delivery.outgoing import Rejection
from digest.delivery.transports.smtp.outcomes import judged
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
    why = judged(reply(said), stage).why
    assert severity("failed", None, f"{said} (in reply to {IN_REPLY_TO[stage]} command)") in TOGETHER[why]
    if stage is not Stage.MAIL:  # a report that does not name the command
        assert severity("failed", None, said) in TOGETHER[why]


def test_every_meaning_is_a_sentence_and_about_somebody_or_nobody():
    assert all(one.sentence and not (one.is_about_us and one.is_about_the_recipient) for one in AnswerMeaning)
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
