"""What all sections of `digest.yaml` have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Keys(BaseModel):
    """A key with nothing behind it counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # FileKeys builds them all, once

    @model_validator(mode="before")
    @classmethod
    def leave_out(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        return {key: value for key, value in written.items() if value is not None or key not in cls.names()}

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.alias or name for name, field in cls.model_fields.items())
