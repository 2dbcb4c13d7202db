"""What people write about the program: `digest.yaml` and the subscriber file, read into the model's nouns."""

import os

# pydantic would look for plug-ins in every installed package: a tenth of the time in which settings are read.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
