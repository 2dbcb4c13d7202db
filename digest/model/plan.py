"""Plans: what staff decide about one edition, besides the stories themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`introduction` holds Markdown by language, as written."""

    introduction: Mapping[str, str] = field(default_factory=dict)
