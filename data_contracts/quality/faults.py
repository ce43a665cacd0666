"""Which dimension a reason of rejection counts against, and what a finding in an admitted row is called."""

from __future__ import annotations

from data_contracts.line_faults import FAULTS
from data_contracts.report import SET_ASIDE

DIMENSIONS = (
    "completeness", "conformity", "redundancy", "linkage", "accuracy", "timeliness", "coverage",
)  # fmt: skip
FORM = frozenset(
    {
        *FAULTS,
        "not_a_date", "not_an_amount", "not_an_integer", "not_a_number", "not_true_or_false", "unknown_code",
        "formula_cell", "damaged_number",
        "below_minimum", "above_maximum", "too_short", "too_long",
    }
)  # fmt: skip
# Findings: rows that were admitted and yet are not right. Admission rejects none of them.
EMPTY, OUTSIDE_CODE_TABLE, NO_SUCH_RECORD, BAD_INNER_CODE = (
    "empty",
    "outside_code_table",
    "no_such_record",
    "bad_organisation_code",
)


def dimension_of(reason: str) -> str | None:
    """The one dimension that a rejected row counts against; None for a row set aside on purpose.

    Rows are rejected for the first check they break, so each counts once. What is neither missing,
    nor a fault of form, nor a retraction of nothing broke a rule of the contract or shares its key
    with another row.
    """
    if reason == SET_ASIDE:
        return None
    if reason == "missing":
        return "completeness"
    if reason == "nothing_to_retract":
        return "linkage"
    return "conformity" if reason in FORM else "accuracy"
