"""Whether the harness sees what it is for: a right sender passes, and each deliberate bug is found."""

import sys
from pathlib import Path

import faultrunning
import oracle
import pytest
import toysender
from faultscript import Script
from launching import Fresh, warm
from oracle import Evidence
from supervisor import Plan, Story, supervise

READERS = 300
CONNECTIONS = 4
GAP = Script(gap=(0.0, 0.004))  # between taking a message and saying so (RFC 1047)


def tell(folder: Path, *more: str, strikes: int, seed: int, fresh: bool = False) -> tuple[Evidence, Story]:
    """The story of a toy sender that is killed again and again, and the evidence."""
    ledger = folder / "ledger"
    ledger.mkdir()
    with faultrunning.process(folder / "server", GAP) as server:
        arguments = [str(ledger), str(server.port), str(READERS), "--connections", str(CONNECTIONS), *more]
        plan = Plan(seed=seed, strikes=strikes, most=0.04, watched=server.log)
        if fresh:
            launcher = Fresh([sys.executable, toysender.__file__, *arguments])
            story = supervise(launcher, plan, folder / "runs")
        else:
            with warm("toysender:main", arguments) as launcher:
                story = supervise(launcher, plan, folder / "runs")
        evidence = Evidence(
            accepted=server.accepted,
            ledger=toysender.states(ledger, READERS),
            seed=seed,
            selected=[toysender.address(number) for number in range(READERS)],
            most_doubts=CONNECTIONS * story.kills,
        )
    assert story.returncode == 0, story.said
    return evidence, story


@pytest.mark.parametrize("power", [False, True], ids=["process killed", "power cut"])
def test_a_sender_with_the_right_protocol_survives_every_kill(tmp_path, power):
    evidence, story = tell(tmp_path, *["--power"] * power, strikes=20, seed=11)
    oracle.check(evidence)
    assert story.kills >= 5


def test_a_sender_that_is_started_as_a_program_survives_as_well(tmp_path):
    evidence, story = tell(tmp_path, strikes=5, seed=12, fresh=True)
    oracle.check(evidence)
    assert story.kills == story.strikes > 0


@pytest.mark.parametrize(
    ("mutant", "rules"),
    [("cursor", {"O4"}), ("checkpoint", {"O3"}), ("late", {"O3"}), ("unsynced", {"O3"})],
)
def test_each_deliberate_bug_is_found(tmp_path, mutant, rules):
    evidence, _ = tell(tmp_path, "--mutant", mutant, strikes=12, seed=13)
    assert {sentence.partition(" ")[0] for sentence in oracle.broken(evidence)} == rules


def test_doubts_after_a_killed_process_are_nearly_always_true(tmp_path):
    evidence, _ = tell(tmp_path, strikes=20, seed=14)
    truly, doubts = oracle.exactness(evidence)
    assert doubts
    assert truly >= 0.9 * doubts
