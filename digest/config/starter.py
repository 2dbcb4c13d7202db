"""The files of a new workspace, commented for staff in English or Spanish."""

import json
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined

_FOLDER = Path(__file__).parent / "starter"
_SENDING = {"day": "at 07:00", "week": "monday at 08:00", "month": "day 5 at 09:00", "quarter": "day 5 at 09:00"}


def starter_files(language: str, answers: Mapping[str, str]) -> dict[str, str]:
    """File name → text, for `digest.yaml` and `subscribers.yaml`. Answers become YAML strings, whatever they hold."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 – this writes YAML
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    languages = [part for part in answers["languages"].replace(",", " ").lower().split() if part]
    values = {
        **answers,
        "languages": languages,
        "every": answers["every"].strip().lower(),
        "send": _SENDING.get(answers["every"].strip().lower(), "day 5 at 09:00"),
    }
    return {
        name: environment.from_string((_FOLDER / f"{name}.{language}.jinja").read_text(encoding="utf-8")).render(values)
        for name in ("digest.yaml", "subscribers.yaml")
    }
