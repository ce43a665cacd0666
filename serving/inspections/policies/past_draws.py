"""The random draws of past years as columns: who was drawn with which chance and grade, and what was found.

The grade is the one that stood before the visit: that of the latest register before it, or else the letter at
the end of the draw's id, as offices write it that draw grade by grade. A grade given afterwards knows the
result, and a rate by it would only repeat what was found. Rows without such a grade are left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.codes import problem_codes
from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from serving.sampling.hit_rates import ItemRate, item_rates
from serving.sampling.policy_replay import PastDraws

_READ = (
    "entity_id", "occurred_on", "forgotten_on", "mechanism", "inclusion_probability", "draw_id", "item_code",
    "result_codes", "retracted", "superseded_on",
)  # fmt: skip
# Registered capital in yuan below which a firm is small, medium; a guide for breakdowns, no legal class.
_SIZES = ((1_000_000, "below 1 million"), (10_000_000, "1 to 10 million"), (None, "10 million and more"))
_NO_SIZE = "capital unknown"


class NoPastDraws(Refusal):
    """Records in which no random draw tells its chance, its result and the grade it was drawn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedOn:
    """The grades of a register: its date, and a table of entity_id and grade."""

    as_of: date
    grades: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBefore:
    """Past random inspections with a grade (`rows`), and how many had none (`ungraded`).

    Columns: entity_id, draw_id, item_code, year, grade, region, size, found (bool), chance; a row an item.
    """

    rows: pa.Table
    ungraded: int

    def within(self, region_prefix: str) -> DrawnBefore:
        """Those of a region; the count of ungraded ones stays that of all. Raises NoPastDraws."""
        rows = self.rows.filter(pc.starts_with(self.rows["region"], region_prefix))
        if rows.num_rows == 0:
            raise NoPastDraws(
                expected=f"graded random draws in region {region_prefix}",
                got="none",
                todo="ask for a region in which somebody was drawn",
            )
        return DrawnBefore(rows=rows, ungraded=self.ungraded)

    def by_item(self) -> tuple[ItemRate, ...]:
        """The hit rates of every grade, and of its items."""
        columns = (self.rows[name].to_numpy() for name in ("grade", "item_code", "found", "chance"))
        grade, item, found, chance = columns
        return item_rates(grade.astype(str), item.astype(str), found.astype(bool), chance)

    def by_entity(self) -> PastDraws:
        """The same with one row for each entity of a draw: found means at any item."""
        keys = ["draw_id", "entity_id", "year", "grade", "region", "size"]
        merged = self.rows.group_by(keys, use_threads=False).aggregate([("found", "max"), ("chance", "min")])
        texts = {name: merged[name].to_numpy().astype(str) for name in ("grade", "region", "size")}
        return PastDraws(
            year=merged["year"].to_numpy(),
            draw=merged["draw_id"].to_numpy().astype(str),
            found=merged["found_max"].to_numpy().astype(bool),
            chance=merged["chance_min"].to_numpy(),
            **texts,
        )


def drawn_before(lake: Lake, *, registers: Sequence[GradedOn] = (), today: date) -> DrawnBefore:
    """The random inspections of a lake whose result is known, repaired ones left out. Raises NoPastDraws."""
    rows = _told(pq.read_table(lake.table("inspections").path, columns=list(_READ)), today)
    rows = rows.append_column("grade", pa.array(_grades(rows, registers), pa.string()))
    graded = rows.filter(pc.not_equal(rows["grade"], ""))
    if graded.num_rows == 0:
        raise NoPastDraws(
            expected="random draws with their chance and result, graded before the visit",
            got=f"{rows.num_rows} random draws in the records, none of them with a grade from before",
            todo="grade an earlier date (`python -m serving grade --as-of …`), and replay the draws after it",
        )
    return DrawnBefore(rows=_placed(graded, lake), ungraded=rows.num_rows - graded.num_rows)


def _told(rows: pa.Table, today: date) -> pa.Table:
    """The rows that may speak, with whether a problem was found."""
    fits = pc.and_(pc.equal(rows["mechanism"], "random_draw"), pc.invert(rows["retracted"]))
    for name in ("inclusion_probability", "result_codes", "draw_id"):
        fits = pc.and_(fits, pc.is_valid(rows[name]))
    forgotten = pc.fill_null(pc.less_equal(rows["forgotten_on"], pa.scalar(today)), False)
    rows = rows.filter(pc.and_not(pc.and_(fits, pc.is_null(rows["superseded_on"])), forgotten))
    pattern = f"(^|;)({'|'.join(sorted(problem_codes()))})(;|$)"
    return rows.append_column("found", pc.match_substring_regex(rows["result_codes"], pattern))


def _grades(rows: pa.Table, registers: Sequence[GradedOn]) -> list[str]:
    """The grade before each visit, empty where nobody knows it."""
    written = pc.extract_regex(rows["draw_id"], r"-(?P<grade>[ABCD])$")
    grade: npt.NDArray[np.object_] = np.array(
        pc.fill_null(pc.struct_field(written, "grade"), "").to_pylist(), dtype=object
    )
    day = rows["occurred_on"].to_numpy()
    for register in sorted(registers, key=lambda one: one.as_of):
        later = day > np.datetime64(register.as_of)
        place = pc.index_in(rows["entity_id"], register.grades["entity_id"].combine_chunks())
        given = register.grades["grade"].combine_chunks().take(place.combine_chunks())
        known = np.array(pc.fill_null(given, "").to_pylist(), dtype=object)
        grade = np.where(later & (known != ""), known, grade)
    return [str(one) for one in grade]


def _placed(rows: pa.Table, lake: Lake) -> pa.Table:
    """With year, region and size class, under the names of this module."""
    entities = pq.read_table(
        lake.table("entities").path, columns=["entity_id", "region_code", "registered_capital_fen"]
    )
    place = pc.index_in(rows["entity_id"], entities["entity_id"].combine_chunks()).combine_chunks()
    region = pc.fill_null(entities["region_code"].combine_chunks().take(place), "-")
    fen = entities["registered_capital_fen"].combine_chunks().take(place)
    size = pa.scalar(_SIZES[-1][1])
    for bound, name in reversed(_SIZES[:-1]):
        size = pc.if_else(pc.less(fen, (bound or 0) * 100), name, size)
    return pa.table(
        {
            **{name: rows[name] for name in ("entity_id", "draw_id", "item_code", "grade", "found")},
            "year": pc.year(rows["occurred_on"]),
            "region": region,
            "size": pc.fill_null(size, _NO_SIZE),
            "chance": rows["inclusion_probability"],
        }
    )
