"""The instruments lie with the tests of delivery; here is what proves that they see what they are for."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "delivery"))
sys.path.insert(0, str(Path(__file__).parent))

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
