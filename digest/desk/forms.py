"""Forms that the desk's pages send: what a person typed and chose."""

from collections.abc import Sequence

from digest.errors import UsageError
from digest.foundation.catalogue import _


class FilledForm:
    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        self._fields = fields

    def get(self, name: str) -> str:
        """Without white space around it; empty for what is not there."""
        return next((value.strip() for key, value in self._fields if key == name), "")

    def text(self, name: str) -> str:
        """As it was typed."""
        return next((value for key, value in self._fields if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value.strip() for key, value in self._fields if key == name and value.strip()]

    def knows(self, name: str) -> bool:
        """Whether the form has such a field, filled or not."""
        return any(key == name for key, _value in self._fields)

    def has(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.get(name))

    def place(self) -> int:
        """To which place in its section a story was dragged. Raise `UsageError` for what is none."""
        number = self.number("to")
        if number is None:
            raise UsageError("to", _("is no number"), _("write it in digits"))
        return number

    def number(self, name: str) -> int | None:
        """With or without marks between thousands. Raise `UsageError` for what is none."""
        said = self.get(name)
        digits = said.replace(",", "").replace(".", "").replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
        if not said:
            return None
        if not digits.isdecimal():
            raise UsageError(said, _("is no number"), _("write it in digits"))
        return int(digits)
