"""The real sender, killed again and again: nobody is lost, and no second copy goes out unsaid (reliability F-01 …)."""

import os
from pathlib import Path

import faultrunning
import oracle
import pytest
import sender
from faultscript import Script
from launching import Fresh, warm
from oracle import Evidence
from supervisor import Plan, supervise

HERE = Path(__file__).parent
GAP = Script(gap=(0.0, 0.004))  # between taking a message and saying so (RFC 1047)
KILLS = 1000 if os.environ.get("DIGEST_TORTURE") else 100
IMPORTS = [
    "digest.cli.send",
    "digest.app.delivering",
    "digest.store.dispatch",
    "digest.transports.smtp.transport",
    "digest.rendering.composer",
    "digest.pipeline.send",
    "digest.config.loading",
    "digest.cli.browsing",
]


def tell(folder, *, readers, connections, strikes, seed, fresh=False, script=GAP, more="", **plan):
    """The story of the sender and the evidence afterwards."""
    with faultrunning.process(folder / "server", script) as server:
        workspace = sender.sealed(folder / "office", server.port, readers, connections, more)
        arguments = ["-q", "-C", str(workspace), "send", "2018-07", "--yes"]
        whole = Plan(seed=seed, strikes=strikes, watched=server.log, **plan)
        if fresh:
            story = supervise(Fresh([str(sender.PROGRAM), *arguments]), whole, folder / "runs")
        else:
            with warm("sender:main", arguments, imports=IMPORTS, path=[HERE]) as launcher:
                story = supervise(launcher, whole, folder / "runs")
        evidence = Evidence(
            accepted=server.accepted,
            ledger=sender.ledger(workspace),
            seed=seed,
            selected=[sender.address(number) for number in range(readers)],
            database=workspace / "digest.db",
            most_doubts=connections * story.kills,
        )
    return evidence, story, workspace


def test_killed_at_random_moments_over_eight_connections(tmp_path):
    evidence, story, _ = tell(tmp_path, readers=25 * KILLS, connections=8, strikes=KILLS, seed=20180805, most=0.03)
    oracle.check(evidence)
    assert story.returncode == 0, story.said
    assert story.kills >= KILLS // 2
    accepted, doubts = oracle.exactness(evidence)
    assert accepted >= 0.9 * doubts


def test_with_one_connection_a_kill_leaves_one_message_in_doubt_at_most(tmp_path):
    evidence, story, _ = tell(tmp_path, readers=600, connections=1, strikes=20, seed=7, most=0.05)
    oracle.check(evidence)
    assert story.returncode == 0, story.said
    assert sum(len(doubts) for _, doubts in evidence.ledger.values()) <= story.kills


@pytest.mark.parametrize(
    "point",
    [
        "send.begun",
        "dispatch.recovered",
        "dispatch.committed",
        "dispatch.journalled",
        "dispatch.before-commit",
        "dispatch.marked",
    ],
)
@pytest.mark.parametrize("nth", [1, 2, 40])
def test_killed_at_a_named_point(tmp_path, point, nth):
    evidence, story, _ = tell(
        tmp_path, readers=200, connections=8, strikes=0, seed=nth, failpoints=(f"{point}:kill:{nth}",)
    )
    oracle.check(evidence)
    assert story.returncode == 0, story.said


def test_what_is_in_doubt_can_be_held_for_a_person(tmp_path):
    evidence, story, _ = tell(
        tmp_path, readers=600, connections=4, strikes=20, seed=3, most=0.05, more="  in_doubt: {crash: hold}"
    )
    oracle.check(evidence)
    held = [who for who, (state, _) in evidence.ledger.items() if state == "held"]
    assert story.returncode == (3 if held else 0), story.said
    assert all(len(evidence.copies.get(who, ())) <= 1 for who in evidence.ledger)
