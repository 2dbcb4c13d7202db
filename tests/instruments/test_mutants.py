"""Whether these tests see what they are for: four deliberate bugs in the real program, each found by the oracle (F-44).

Without the bugs the same scenes pass: the power cut, the kills and the two senders alone change nothing. In the daily
dose that is said of the two senders; of kills and power cuts alone the tests of delivery say it. On PostgreSQL two
hosts send; a power cut takes the machine of one of them, and the server with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import oracle
import pytest
from databases import server
from disks import Power
from doses import dose
from faultscript import Script
from hosts import SharedScene, shared
from scenes import GAP, Scene

READERS, STRIKES = dose(120, 300), dose(5, 40)
BESIDE = "lease=1 beside=1"


def killed(at: Scene, _other: Scene) -> None:
    at.supervise(strikes=STRIKES, most=0.04)


def without_power(at: Scene, _other: Scene) -> None:
    power = Power(at.workspace, at.folder / "disk")
    power.begin()

    def cut(_run: object) -> None:
        if isinstance(at, SharedScene):
            server().crash()
        power.cut()

    at.altered = f"power={at.workspace}:{power.folder} {at.altered}"
    at.supervise(strikes=STRIKES, most=0.04, after_strike=cut)


def two_at_once(at: Scene, other: Scene) -> None:
    """Over the same list, from its beginning; what they leave is then sent by one."""
    for child, _ in (at.start(), other.start()):
        child.reap()
    at.run()


TRIALS = 3  # two senders at once meet by chance, and a machine that is busy may keep them apart
CASES = {
    "unsynced": (without_power, {"O3"}),
    "late-intent": (killed, {"O3"}),
    "no-uniqueness": (two_at_once, {"O3"}),
    "cursor": (killed, {"O4"}),
}


@contextmanager
def told(scene, mutant: str, altered: str, *, on_postgresql: bool) -> Iterator[Scene]:
    act, slow = CASES[mutant][0], (0.05, 0.09)
    script = Script(gap=slow if act is two_at_once else GAP, seed=44)
    altered = f"{BESIDE} {altered}" if on_postgresql else altered
    at = scene("F-44", readers=READERS, connections=4, seed=44, altered=altered, script=script)
    at.strict = not altered.endswith(mutant)
    if on_postgresql:
        with shared(at, 2) as (here, there):
            act(here, there)
            yield here
        return
    at.freeze()
    act(at, at)
    yield at


@pytest.mark.parametrize("on_postgresql", [False, True], ids=["sqlite", "postgresql"])
@pytest.mark.parametrize("mutant", CASES)
def test_each_deliberate_bug_is_found(scene, record_property, mutant, on_postgresql):
    for _ in range(TRIALS):
        with told(scene, mutant, mutant, on_postgresql=on_postgresql) as at:
            evidence = at.evidence()
        rules = {sentence.partition(" ")[0] for sentence in oracle.broken(evidence)}
        if CASES[mutant][1] <= rules:
            break
    found = {"rules": sorted(rules), "sentences": len(oracle.broken(evidence))}
    record_property("mutant", {"name": mutant, "on_postgresql": on_postgresql, **found})
    assert CASES[mutant][1] <= rules
    with pytest.raises(AssertionError, match=f"seed {at.seed}"):
        oracle.check(evidence)


@pytest.mark.parametrize("on_postgresql", dose([False], [False, True]), ids=dose(["sqlite"], ["sqlite", "postgresql"]))
@pytest.mark.parametrize("mutant", dose(["no-uniqueness"], ["unsynced", "late-intent", "no-uniqueness"]))
def test_without_the_bug_the_same_scene_passes(scene, mutant, on_postgresql):
    with told(scene, mutant, "", on_postgresql=on_postgresql) as at:
        at.judge()
