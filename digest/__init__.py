"""Turns an office's bulletins into one mail per reader."""

import os

# pydantic would look for plug-ins in every installed package: a tenth of the time in which settings are read.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
