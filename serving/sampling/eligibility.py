"""Who may be drawn under a policy, in which stratum, and for every other entity the one reason why not.

Works on whole columns, so that a city of millions takes seconds; no entity is ever a Python object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.sampling.allocation import FULL
from serving.sampling.frame import Stratification
from serving.sampling.policy import ORDINARY, SHIELDS, Policy

# Code of a reason, 中文, English; the code stands in the frame.
REASONS = {
    "not_graded": ("尚未评级", "not graded yet"),
    "yearly_cap": ("本年度检查次数已达上限", "the visits of the year reach the cap"),
    **{f"shield_{code}": words for code, words in SHIELDS.items()},
}
COLUMNS = ("entity_id", "grade", "region_code", "entity_type")


class RowsRefused(Refusal):
    """Rows without a column that eligibility needs."""


def judge(
    rows: pa.Table,
    policy: Policy,
    *,
    visits: Mapping[str, int] | None = None,
    stratification: Stratification = Stratification.GRADE,
) -> pa.Table:
    """One row for each row: entity_id, stratum, grade, eligible (bool), exclusion_reason ("" or a code).

    rows: COLUMNS (grade and entity_type may be null), and where a city keeps them `shields` and
    `triggers` (codes joined by ";") and `full_coverage` (bool: on a list that is inspected whole).
    visits: visits that each entity already has this year, of all departments; who is not named has none.
    A trigger lets a shielded entity in; nothing lets one in whose visits have reached the cap. Whoever is
    outside the graded types bears the letter ORDINARY. Raises RowsRefused.
    """
    _refuse_lacking(rows)
    grade = _grades(rows, policy)
    reasons = _reasons(rows, grade, policy, visits or {})
    reason = pc.case_when(
        pc.make_struct(*(mask for _, mask in reasons)),
        *(pa.scalar(code) for code, _ in reasons),
        pa.scalar(""),
    )
    return pa.table(
        {
            "entity_id": rows["entity_id"],
            "stratum": _strata(rows, grade, stratification),
            "grade": grade,
            "eligible": pc.equal(reason, ""),
            "exclusion_reason": reason,
        }
    )


def exclusions(judged: pa.Table) -> dict[str, str]:
    """The codes of who may not be drawn, by entity id: what freezing a plan takes."""
    out = judged.filter(pc.invert(judged["eligible"]))
    return dict(zip(out["entity_id"].to_pylist(), out["exclusion_reason"].to_pylist(), strict=True))


def reason_counts(judged: pa.Table) -> dict[str, int]:
    """How many entities each reason keeps out, by code."""
    out = judged.filter(pc.invert(judged["eligible"]))
    counted = pc.value_counts(out["exclusion_reason"].combine_chunks()).to_pylist()
    return {row["values"]: row["counts"] for row in sorted(counted, key=lambda row: str(row["values"]))}


def pierced(rows: pa.Table, policy: Policy) -> pa.ChunkedArray:
    """A mask of the rows that bear a shield of the policy and a trigger of it, which lets them in again."""
    return pc.and_(_names(rows, "shields", policy.shields), _names(rows, "triggers", policy.triggers))


def _refuse_lacking(rows: pa.Table) -> None:
    """Names every missing column at once."""
    if lacking := [name for name in COLUMNS if name not in rows.column_names]:
        raise RowsRefused(
            expected=f"rows with the columns {', '.join(COLUMNS)}",
            got=f"no {', '.join(lacking)} among {', '.join(rows.column_names)}",
            todo="give the entities of a register with their attributes",
        )


def _grades(rows: pa.Table, policy: Policy) -> pa.ChunkedArray:
    """The letter that each entity is drawn under; "" where a graded type has none yet."""
    known = pc.is_in(rows["grade"], pa.array(LETTERS))
    letter = pc.if_else(known, pc.fill_null(rows["grade"], ""), "")
    graded = pc.is_in(pc.fill_null(rows["entity_type"], "other"), pa.array(policy.graded_types, pa.string()))
    return pc.if_else(graded, letter, ORDINARY)


def _reasons(
    rows: pa.Table, grade: pa.ChunkedArray, policy: Policy, visits: Mapping[str, int]
) -> list[tuple[str, pa.ChunkedArray]]:
    """Each reason with a mask of whom it keeps out; the first that holds is the one told."""
    capped = [entity for entity, count in visits.items() if count >= policy.yearly_cap]
    pierced = _names(rows, "triggers", policy.triggers)
    reasons = [
        ("not_graded", pc.equal(grade, "")),
        ("yearly_cap", pc.is_in(rows["entity_id"], pa.array(capped, pa.string()))),
    ]
    reasons += [
        (f"shield_{shield}", pc.and_not(_names(rows, "shields", (shield,)), pierced))
        for shield in policy.shields
    ]
    return reasons


def _names(rows: pa.Table, column: str, codes: tuple[str, ...]) -> pa.ChunkedArray:
    """A mask of the rows whose joined codes name one of these."""
    if column not in rows.column_names or not codes:
        return pa.chunked_array([pa.repeat(pa.scalar(False), rows.num_rows)])
    pattern = f"(^|;)({'|'.join(re.escape(code) for code in codes)})(;|$)"
    # Millions of rows have few combinations of codes: each is asked once.
    coded = rows[column].combine_chunks()
    coded = coded if pa.types.is_dictionary(coded.type) else pc.dictionary_encode(coded)
    matched = pc.match_substring_regex(coded.dictionary, pattern)
    return pa.chunked_array([pc.fill_null(matched.take(coded.indices), False)])


def _strata(rows: pa.Table, grade: pa.ChunkedArray, stratification: Stratification) -> pa.ChunkedArray:
    """Grade, or region/grade; who is on a list of full coverage stands in a stratum of its own."""
    name = grade
    if stratification is Stratification.REGION_AND_GRADE:
        region = pc.fill_null(rows["region_code"], "")
        region = pc.if_else(pc.equal(region, ""), "-", region)
        name = pc.binary_join_element_wise(region, grade, "/")
    if "full_coverage" not in rows.column_names:
        return name
    listed = pc.fill_null(rows["full_coverage"], False)
    return pc.if_else(listed, pc.binary_join_element_wise(name, pa.scalar(FULL), ""), name)
