"""What `make demo-cluster` shows, with fewer readers and a shorter lease."""

from dataclasses import replace

from databases import server
from demo_cluster import play
from test_bad_hosts import ALTERED
from test_lease import LEASE


def test_august_reaches_everybody_once_while_one_worker_is_killed_and_one_stands_still(tmp_path, warm_program):
    said = []

    def start(words):
        return replace(warm_program, arguments=["-q", *words], environment={"ALTERED": ALTERED})

    told = play(tmp_path, server().made(), 300, start, stands=LEASE * 1.5, say=said.append)
    assert not told.broken
    assert told.sums["accepted once"] + told.sums["accepted again, after a doubt"] == told.sums["readers"] == 300
    assert told.sums["lost"] == told.sums["silent copies"] == 0
    assert sum(told.by_host.values()) == 300
    assert all(len(line) <= 80 for each in (*said, told.page) for line in each.splitlines())
