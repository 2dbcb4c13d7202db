"""Whether these tests see what they are for: four deliberate bugs in the real program, each found by the oracle (F-44).

Without the bugs the same scenes pass: the power cut, the kills and the two senders alone change nothing. In the daily
dose that is said of the two senders; of kills and power cuts alone the tests of delivery say it.
"""

import oracle
import pytest
from disks import Power
from doses import dose
from faultscript import Script
from scenes import GAP, Scene


def killed(at: Scene) -> None:
    at.supervise(strikes=dose(10, 40), most=0.04)


def without_power(at: Scene) -> None:
    power = Power(at.workspace, at.folder / "disk")
    power.begin()
    at.altered = f"power={at.workspace}:{power.folder} {at.altered}"
    at.supervise(strikes=dose(10, 40), most=0.04, after_strike=lambda _run: power.cut())


def two_at_once(at: Scene) -> None:
    """Over the same list, from its beginning; what they leave is then sent by one."""
    for child, _ in (at.start(), at.start()):
        child.reap()
    at.run()


TRIALS = 3  # two senders at once meet by chance, and a machine that is busy may keep them apart
CASES = {
    "unsynced": (without_power, {"O3"}),
    "late-intent": (killed, {"O3"}),
    "no-uniqueness": (two_at_once, {"O3"}),
    "cursor": (killed, {"O4"}),
}


def told(scene, mutant: str, altered: str) -> tuple[Scene, oracle.Evidence]:
    slow = (0.05, 0.09) if CASES[mutant][0] is two_at_once else GAP
    at = scene("F-44", readers=300, connections=4, seed=44, altered=altered, script=Script(gap=slow, seed=44))
    at.strict = not altered
    at.freeze()
    CASES[mutant][0](at)
    return at, at.evidence()


@pytest.mark.parametrize("mutant", CASES)
def test_each_deliberate_bug_is_found(scene, record_property, mutant):
    for _ in range(TRIALS):
        at, evidence = told(scene, mutant, mutant)
        rules = {sentence.partition(" ")[0] for sentence in oracle.broken(evidence)}
        if CASES[mutant][1] <= rules:
            break
    record_property("mutant", {"name": mutant, "rules": sorted(rules), "sentences": len(oracle.broken(evidence))})
    assert CASES[mutant][1] <= rules
    with pytest.raises(AssertionError, match=f"seed {at.seed}"):
        oracle.check(evidence)


@pytest.mark.parametrize("mutant", dose(["no-uniqueness"], ["unsynced", "late-intent", "no-uniqueness"]))
def test_without_the_bug_the_same_scene_passes(scene, mutant):
    at, _ = told(scene, mutant, "")
    at.judge()
