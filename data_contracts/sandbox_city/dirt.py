"""Dirt on purpose: faulty copies of good rows, and rows sent twice, with an exact count of each kind.

A faulty row has one fault and stands beside the good row it was copied from, so cleaning loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city.days import day_number, written_dates
from data_contracts.sandbox_city.raw_tables import CHINESE_DAY, SLASHED_DAY

DIRTY_SHARE = 0.008  # of the rows of a file
TWICE = "duplicates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done to a column of a copied row, and the reason code that must find it."""

    reason: str
    column: str
    change: Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Soiled:
    """A table with dirt in it, the rows it had before, and how many of each kind were planted."""

    table: pa.Table
    clean_rows: int
    planted: Mapping[str, int]


def soil(table: pa.Table, faults: tuple[Fault, ...], rng: np.random.Generator) -> Soiled:
    """Plants each fault and repeated rows equally often, at random places of the table."""
    rows = table.num_rows
    total = int(rows * DIRTY_SHARE)
    kinds = len(faults) + 1
    counts = [total // kinds + (place < total % kinds) for place in range(kinds)]
    picked = rng.choice(rows, total, replace=False)
    parts, start = [table], 0
    for fault, count in zip((*faults, None), counts, strict=True):
        copies = table.take(pa.array(picked[start : start + count]))
        parts.append(_faulty(copies, fault) if fault else copies)
        start += count
    order = np.argsort(np.append(np.arange(rows), rng.integers(0, rows, total) + 0.5), kind="stable")
    planted = dict(zip([*(fault.reason for fault in faults), TWICE], counts, strict=True))
    return Soiled(table=pa.concat_tables(parts).take(pa.array(order)), clean_rows=rows, planted=planted)


def _faulty(copies: pa.Table, fault: Fault) -> pa.Table:
    place = copies.schema.get_field_index(fault.column)
    kind = copies.schema.field(place).type
    changed = fault.change(copies.column(place).combine_chunks())
    return copies.set_column(place, fault.column, pc.cast(changed, kind))


def faults_of(last_day: date) -> Mapping[str, tuple[Fault, ...]]:
    """The faults planted in each file; every one breaks exactly one check of its contract."""
    later = last_day + timedelta(days=45)
    chinese = written_dates(np.array([day_number(later)], np.int32), CHINESE_DAY)[0].as_py()
    slashed = written_dates(np.array([day_number(later)], np.int32), SLASHED_DAY)[0].as_py()
    return {
        "entities.parquet": (
            Fault(reason="bad_uscc", column="uscc", change=_wrong_check),
            Fault(reason="unknown_code", column="entity_type", change=_always("外星企业")),
            Fault(reason="below_minimum", column="capital_fen", change=_always(-100)),
            Fault(reason="known_in_future", column="known_on", change=_always(later)),
            Fault(reason="missing", column="entity_no", change=_always(None)),
        ),
        "annual_reports.parquet": (
            Fault(reason="below_minimum", column="employees", change=_always(-3)),
            Fault(reason="reported_before_the_year", column="report_year", change=_always(last_day.year + 5)),
            Fault(reason="known_in_future", column="known_on", change=_always(later)),
            Fault(reason="missing", column="entity_id", change=_always(None)),
        ),
        "listings.csv": (
            Fault(reason="not_a_date", column="列入日期", change=_always("2023年13月45日")),
            Fault(reason="unknown_code", column="名录类型", change=_always("待定名录")),
            Fault(reason="known_in_future", column="录入日期", change=_always(chinese)),
            Fault(reason="missing", column="统一社会信用代码", change=_always(None)),
        ),
        "penalties.csv": (
            Fault(reason="not_a_date", column="决定日期", change=_always("2024/2/30")),
            Fault(reason="below_minimum", column="罚款万元", change=_always("-0.5000")),
            Fault(reason="unknown_code", column="处罚种类", change=_always("口头教育")),
            Fault(reason="known_in_future", column="入库日期", change=_always(slashed)),
            Fault(reason="missing", column="统一社会信用代码", change=_always(None)),
        ),
        "complaints.parquet": (
            Fault(reason="unknown_code", column="channel", change=_always("fax")),
            Fault(reason="known_before_it_happened", column="known_on", change=_always(date(2015, 1, 1))),
            Fault(reason="known_in_future", column="known_on", change=_always(later)),
            Fault(reason="missing", column="entity_id", change=_always(None)),
        ),
        "inspections.parquet": (
            Fault(reason="unknown_code", column="results", change=_always("99")),
            Fault(reason="below_minimum", column="minor_count", change=_always(-1)),
            Fault(reason="probability_without_draw", column="inclusion_probability", change=_swapped),
            Fault(reason="known_in_future", column="known_on", change=_always(later)),
            Fault(reason="missing", column="entity_id", change=_always(None)),
        ),
    }


def _always(value: str | int | date | None) -> Callable[[pa.Array], pa.Array]:
    def change(column: pa.Array) -> pa.Array:
        return pa.repeat(pa.scalar(value, column.type), len(column))

    return change


def _wrong_check(codes: pa.Array) -> pa.Array:
    """Another last character: the check has one right one."""
    last = pc.utf8_slice_codeunits(codes, 17, 18)
    wrong = pc.if_else(pc.equal(last, "0"), "1", "0")
    return pc.binary_join_element_wise(pc.utf8_slice_codeunits(codes, 0, 17), wrong, "")


def _swapped(probabilities: pa.Array) -> pa.Array:
    """A probability where none was drawn, and none where one was."""
    return pc.if_else(pc.is_null(probabilities), pa.scalar(0.05), pa.scalar(None, pa.float64()))
