"""What a file shows is in its items, or a finding names it: whatever a reader forgets, the balance finds."""

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.intake.sources.balance import Seen, balance
from digest.intake.sources.draft import Findings

words = st.lists(st.sampled_from(["migrant", "Petén", "10⁶", "4°C", "✓", "–", "8–16", "C#"]), max_size=6)
texts = st.lists(words.map(" ".join), min_size=1, max_size=8).map(
    lambda texts: [f"{text} w{number}" for number, text in enumerate(texts)]
)


@settings(deadline=None, max_examples=examples(200))
@given(texts, st.randoms(use_true_random=False))
def test_a_text_that_a_reader_forgets_is_named_with_its_line(seen: list[str], chance) -> None:
    forgotten = chance.randrange(len(seen))
    findings = Findings("news.md")
    findings.account(*(text for index, text in enumerate(seen) if index != forgotten))

    balance([Seen(line, text) for line, text in enumerate(seen, 1)], findings)

    [problem] = findings.problems
    assert f"w{forgotten}”" in problem.cause


@settings(deadline=None, max_examples=examples(100))
@given(texts, st.randoms(use_true_random=False))
def test_what_is_in_items_in_another_order_or_named_is_not_named_again(seen: list[str], chance) -> None:
    findings = Findings("news.md")
    told = list(seen)
    chance.shuffle(told)
    findings.left_out(1, told[0], "it is a form field")
    findings.account(*told[1:])

    balance([Seen(line, text) for line, text in enumerate(seen, 1)], findings)

    assert len(findings.problems) == 1


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        (["Guate\u00ad", "mala"], ["Guatemala"]),
        (["cross-", "border"], ["cross-border"]),
        (["10 6"], ["10⁶"]),
        (["tabs\tand  spaces"], ["tabs and spaces"]),
    ],
)
def test_joined_words_and_raised_figures_are_the_same_text(seen: list[str], kept: list[str]) -> None:
    findings = Findings("news.md")
    findings.account(*kept)

    balance([Seen(1, text) for text in seen], findings)

    assert findings.problems == []


def test_many_losses_are_five_lines_and_a_sum() -> None:
    findings = Findings("news.md")

    balance([Seen(line, f"word{line}") for line in range(1, 101)], findings)

    assert [problem.place.line for problem in findings.problems] == [1, 2, 3, 4, 5, 6]
    assert "95 more texts are left out" in findings.problems[-1].cause
