"""The composition root: the only place that names adapters. A workspace is a folder with a `digest.yaml`."""

from digest.app.adapters import DATABASE, EDITIONS, SECRET, SETTINGS, SystemClock
from digest.app.workspace import Workspace

__all__ = ["DATABASE", "EDITIONS", "SECRET", "SETTINGS", "SystemClock", "Workspace"]
