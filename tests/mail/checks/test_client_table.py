"""No CSS is called usable that a mail program lacks, unless a reason stands beside it."""

from digest.mail.checks.client_support import EVERYWHERE, LACKING, PARTLY
from digest.mail.checks.client_table import ALLOWED, AT_RULES, PADDED_CELLS, PADDING, PROPERTIES, TAGS, USABLE, VALUES

UNTRIED = {
    "supported-color-schemes",
    "-webkit-text-size-adjust",
    "-ms-text-size-adjust",
    "text-size-adjust",
    "-ms-interpolation-mode",
    "-webkit-font-smoothing",
}


def test_a_property_that_a_program_lacks_is_told_or_has_a_reason() -> None:
    for name in {each for each in {**LACKING, **PARTLY} if each.replace("-", "").isalpha()}:
        assert (name in PROPERTIES) != (name in ALLOWED), name
        assert (name in USABLE) == (name in ALLOWED), name


def test_every_gap_names_a_program() -> None:
    gaps = [PADDED_CELLS, *PROPERTIES.values(), *TAGS.values(), *AT_RULES.values(), *(gap for _, _, gap in VALUES)]
    assert all(gap.lacking or gap.partly for gap in gaps)


def test_a_reason_stands_only_where_one_is_needed() -> None:
    assert ALLOWED.keys() - {*LACKING, *PARTLY} == UNTRIED
    assert not ALLOWED.keys() & EVERYWHERE
    assert min(map(len, ALLOWED.values())) > 20


def test_a_long_form_is_as_usable_as_its_short_form() -> None:
    assert PADDING | {"margin-left", "border-top-color", "border-width"} <= USABLE
    assert not {"margin-inline", "padding-block", "border-image", "border-inline"} & USABLE


def test_what_was_taken_for_safe_and_is_not_is_told() -> None:
    for name in ("caption-side", "clear", "empty-cells", "list-style-position", "visibility"):
        assert "Outlook" in PROPERTIES[name].lacking
    assert LACKING["text-indent below 0"] == ("Gmail", "Yahoo")
    assert LACKING["padding outside of cells"] == ("Outlook",)
