"""Which parts of its style count in a cell of a Word table (ECMA-376 part 1, 17.4.55 and 17.7.6)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from digest.intake.sources.word.package import W

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_BITS = {
    "firstRow": 0x20,
    "lastRow": 0x40,
    "firstColumn": 0x80,
    "lastColumn": 0x100,
    "noHBand": 0x200,
    "noVBand": 0x400,
}


class Cell(NamedTuple):
    """The style around a cell, and its parts that count there besides the whole, the strongest first."""

    style: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableStyle:
    """`drawn` are the parts of the style that this table takes: `firstRow`, `noHBand` …"""

    name: str = ""
    drawn: frozenset[str] = frozenset()

    @property
    def names_columns(self) -> bool:
        """Whether the first row is drawn in another way."""
        return "firstRow" in self.drawn

    def cell(self, row: int, rows: int, column: int, columns: int) -> Cell:
        """What counts for the cell, both counted from 0."""
        if not self.name:
            return Cell()
        top, bottom = "firstRow" in self.drawn and row == 0, "lastRow" in self.drawn and row == rows - 1
        left = "firstColumn" in self.drawn and column == 0
        right = "lastColumn" in self.drawn and column == columns - 1
        across = "noHBand" not in self.drawn and not (top or bottom)
        down = "noVBand" not in self.drawn and not (left or right)
        bands = [(row - ("firstRow" in self.drawn)) % 2, (column - ("firstColumn" in self.drawn)) % 2]
        parts = {
            "nwCell": top and left,
            "neCell": top and right,
            "swCell": bottom and left,
            "seCell": bottom and right,
            "firstCol": left,
            "lastCol": right,
            "firstRow": top,
            "lastRow": bottom,
            f"band{bands[0] + 1}Horz": across,
            f"band{bands[1] + 1}Vert": down,
            "wholeTable": True,
        }
        return Cell(self.name, tuple(name for name, counts in parts.items() if counts))


def table_style(table: "Element") -> TableStyle:
    """As the table's own properties say."""
    style, look = table.find(f"{W}tblPr/{W}tblStyle"), table.find(f"{W}tblPr/{W}tblLook")
    if look is None:
        return TableStyle("" if style is None else style.get(f"{W}val", ""), frozenset(("noHBand", "noVBand")))
    try:
        bits = int(look.get(f"{W}val", "0"), 16)
    except ValueError:
        bits = 0
    said = {name: look.get(f"{W}{name}") for name in _BITS}
    drawn = (
        name
        for name, bit in _BITS.items()
        if (said[name] in ("1", "true", "on") if said[name] is not None else bits & bit)
    )
    return TableStyle("" if style is None else style.get(f"{W}val", ""), frozenset(drawn))
