"""How a date of numbers alone is meant."""

from enum import StrEnum


class DateOrder(StrEnum):
    """What `5/8/2018` means: the setting `dates` of a source, and the evidence a line gives."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
