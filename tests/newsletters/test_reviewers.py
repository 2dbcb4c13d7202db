"""Who reviews which part, as it is written in `digest.yaml`."""

import pytest

from digest.foundation.addresses import NamedAddress
from digest.newsletters.newsletter import ReviewRule, Unanswered

MARTA = NamedAddress(name="Marta", address="marta@example.org")
LUIS = NamedAddress(name="", address="luis@example.org")


def written(text):
    return ("    every: month\n", f"    every: month\n{text}")


def test_without_the_key_nobody_reviews(load):
    (monthly,) = load().newsletters
    assert (monthly.reviews, monthly.then) == ({}, Unanswered.HOLD)


def test_reviewers_are_one_mailbox_several_or_both_with_what_silence_means(load):
    (monthly,) = load(
        written(
            "    reviewers:\n"
            "      guatemala: {to: [Marta <marta@example.org>, luis@Example.org], then: leave-out}\n"
            "      regional: Marta <marta@example.org>\n"
            "    then: skip\n"
        )
    ).newsletters
    assert monthly.reviews == {
        "guatemala": ReviewRule(reviewers=(MARTA, LUIS), then=Unanswered.LEAVE_OUT),
        "regional": ReviewRule(reviewers=(MARTA,), then=Unanswered.HOLD),
    }
    assert monthly.then is Unanswered.SKIP
    (monthly,) = load(written("    reviewers: {regional: [luis@example.org]}\n")).newsletters
    assert monthly.reviews["regional"].reviewers == (LUIS,)


@pytest.mark.parametrize("then", list(Unanswered))
def test_every_kind_of_silence_can_be_written(load, then):
    (monthly,) = load(
        written(f"    reviewers: {{regional: {{to: luis@example.org, then: {then}}}}}\n    then: {then}\n")
    ).newsletters
    assert monthly.reviews["regional"].then is monthly.then is then


PLACE = "digest.yaml:17:"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "reviewers: {guatemla: luis@example.org}",
            "reviewers.guatemla: there is no audience of this newsletter 'guatemla', did you mean 'guatemala'?",
        ),
        (
            "reviewers: {regional: {to: luis@example.org, then: leave_out}}",
            "reviewers.regional.then: must be one of hold, send, skip or leave-out, did you mean 'leave-out'?",
        ),
        ("then: wait", "newsletters.monthly.then: must be one of hold, send, skip or leave-out, not 'wait'"),
        ("then: send", "newsletters.monthly.then: has no effect without 'reviewers'; take it out"),
        ("reviewers: {regional: {then: send}}", "newsletters.monthly.reviewers.regional.to: is missing"),
        ("reviewers: {regional: {to: []}}", "reviewers.regional.to: needs at least one"),
        (
            "reviewers: {regional: {to: x@example.org, tehn: send}}",
            "reviewers.regional.tehn: unknown key, did you mean 'then'?",
        ),
        ("reviewers: {regional: luis}", "reviewers.regional: there is no '@' in it"),
        (
            "reviewers: {regional: [luis@example.org, Luis@Example.org]}",
            "reviewers.regional: 'luis@example.org' stands there twice",
        ),
        ("reviewers: {regional: 5}", "reviewers.regional: must hold keys, such as 'name: value'"),
        ("reviewers: luis@example.org", "newsletters.monthly.reviewers: must hold keys, such as 'name: value'"),
    ],
)
def test_a_mistake_is_told_with_its_place(refused, text, said):
    (line,) = refused(written(f"    {text}\n"))
    assert line.startswith(PLACE)
    assert said in line


def test_reviewers_of_an_audience_that_the_newsletter_does_not_have_are_told(refused):
    (line,) = refused(
        ("audiences: [regional, guatemala]", "audiences: [regional]"),
        written("    reviewers: {guatemala: luis@example.org}\n"),
    )
    assert "reviewers.guatemala: there is no audience of this newsletter 'guatemala'; there is regional" in line
