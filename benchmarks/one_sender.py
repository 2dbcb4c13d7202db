"""One of several processes that send an edition out of one database: `python one_sender.py WORKSPACE [MESSAGES]`. It
says when it is ready, begins when it is told to, and prints what it did as JSON.
"""

import json
import resource
import sys
import time
from datetime import timedelta
from pathlib import Path

from digest.delivery.sending import carried
from digest.editions.comparison import approved_mails
from digest.settings.instance import Instance


class Counted:
    def __init__(self) -> None:
        self.messages = 0

    def begin(self, messages: int) -> None:
        pass

    def add(self, messages: int) -> None:
        self.messages += messages


def main(folder: str, limit: int | None = None) -> None:
    instance = Instance(Path(folder))
    (newsletter,) = instance.settings.newsletters
    place, bench, counted = instance.place, instance.bench, Counted()
    (edition,) = (one for one in instance.editions.editions(newsletter.name) if one.key == "2018-07")
    mails = approved_mails(bench.editions, bench.copy, edition)
    place.sending.mkdir(exist_ok=True)
    place.transport(10_000)
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.time()
    broken = carried(
        place,
        bench.composer,
        newsletter,
        edition,
        mails,
        not_after=place.clock.now() + timedelta(days=1),
        stop=lambda: False,
        limit=limit,
        progress=counted,
    )
    assert broken is None, broken
    used = resource.getrusage(resource.RUSAGE_SELF)
    done = {"begun": begun, "ended": time.time(), "messages": counted.messages}
    print(json.dumps({**done, "cpu": used.ru_utime + used.ru_stime, "kilobytes": used.ru_maxrss}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
