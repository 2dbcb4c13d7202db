"""What stands around a sender: see `standing_around`, which the tests of the instruments share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from clocks import clock, warm_with_clock  # noqa: F401 – pytest finds them here
from standing_around import (  # noqa: F401 – pytest finds them here
    certificate,
    fault_process,
    fault_server,
    postfix,
    postfix_with,
    scene,
    sealed_template,
    smtp_sink,
    warm_program,
)
