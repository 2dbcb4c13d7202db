"""The JSON Schema of `digest.yaml`, for editors.

`docs/reference/digest.schema.json` holds what `python -m digest.settings.json_schema` prints.
"""

import json
import sys
from typing import Any

from digest.settings.settings import FileKeys

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Every key with its title and what it means."""
    return {"$schema": DIALECT, **FileKeys.model_json_schema(by_alias=True)}


def schema_file() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_file())
