"""Named points at which tests end or stop the process, as a power cut or a full disk would.

`DIGEST_FAIL=seal.settled:kill` kills at the first time that point is reached, `…:kill:3` at the third. Without the
variable a point costs one comparison.
"""

import os
import signal
import time

_NAME, _, _REST = os.environ.get("DIGEST_FAIL", "").partition(":")
_ACTION, _, _NTH = _REST.partition(":")
_reached = 0


def reach(name: str) -> None:
    """Do what the environment asks for at the point `name`; else nothing."""
    if name != _NAME:
        return
    global _reached  # noqa: PLW0603 – one count for the process is what is meant
    _reached += 1
    if _reached != int(_NTH or 1):
        return
    match _ACTION:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stall":
            time.sleep(3600)
        case _:
            raise OSError(f"failpoint {name}")
