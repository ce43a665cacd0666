"""The random draws of past years as columns: who was drawn with which chance and grade, and what was found.

The grade is the one that stood before the visit: that of the latest register before it, or else the letter at
the end of the draw's id, as offices write it that draw grade by grade. A grade given afterwards knows the
result, and a rate by it would only repeat what was found. Rows without such a grade are left out and counted.

A draw whose results are still coming in would seem to have visited and found too little. It is unfinished,
and not replayed, while the time since its last visit is shorter than that in which 99 % of results arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.codes import problem_codes
from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from serving.sampling.hit_rates import ItemRate, item_rates
from serving.sampling.policy_replay import NO_REGION, PastDraws

_READ = (
    "inspection_id", "entity_id", "occurred_on", "known_on", "forgotten_on", "mechanism",
    "inclusion_probability", "draw_id", "item_code", "result_codes", "retracted", "superseded_on",
)  # fmt: skip
# Registered capital in yuan below which a firm is small, medium; a guide for breakdowns, no legal class.
_SIZES = ((1_000_000, "below 1 million"), (10_000_000, "1 to 10 million"), (None, "10 million and more"))
_NO_SIZE = "capital unknown"
# The share of results that must have arrived before a draw is replayed.
_ARRIVED = 0.99
# Offices that draw grade by grade write the letter at the end of the id.
_LETTER = r"-(?P<grade>[ABCD])$"


class NoPastDraws(Refusal):
    """Records in which no random draw tells its chance, its result and the grade it was drawn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedOn:
    """The grades of a register: its date, and a table of entity_id and grade."""

    as_of: date
    grades: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBefore:
    """Past random inspections with a grade (`rows`), how many had none, and which occasions are unfinished.

    Columns: entity_id, draw_id, item_code, occasion (the draw's id without its letter), year, grade, region,
    size, found (bool), chance; a row an item.
    """

    rows: pa.Table
    ungraded: int
    unfinished: tuple[str, ...] = ()

    def within(self, region_prefix: str) -> DrawnBefore:
        """Those of a region; the count of ungraded ones stays that of all. Raises NoPastDraws."""
        rows = self.rows.filter(pc.starts_with(self.rows["region"], region_prefix))
        if rows.num_rows == 0:
            raise NoPastDraws(
                expected=f"graded random draws in region {region_prefix}",
                got="none",
                todo="ask for a region in which somebody was drawn",
            )
        mine = set(rows["occasion"].unique().to_pylist())
        unfinished = tuple(one for one in self.unfinished if one in mine)
        return DrawnBefore(rows=rows, ungraded=self.ungraded, unfinished=unfinished)

    def by_item(self) -> tuple[ItemRate, ...]:
        """The hit rates of every grade, and of its items."""
        columns = (self.rows[name].to_numpy() for name in ("grade", "item_code", "found", "chance"))
        grade, item, found, chance = columns
        return item_rates(grade.astype(str), item.astype(str), found.astype(bool), chance)

    def by_entity(self) -> PastDraws:
        """One row for each entity of a finished draw: found means at any item. Raises NoPastDraws."""
        whole = pc.invert(pc.is_in(self.rows["occasion"], pa.array(self.unfinished, pa.string())))
        rows = self.rows.filter(whole)
        if rows.num_rows == 0:
            raise NoPastDraws(
                expected="a draw whose results have all had time to arrive",
                got=f"only {', '.join(self.unfinished)}, whose results are still coming in",
                todo="replay again when the results of some months more are in the records",
            )
        keys = ["draw_id", "occasion", "entity_id", "year", "grade", "region", "size"]
        merged = rows.group_by(keys, use_threads=False).aggregate([("found", "max"), ("chance", "min")])
        names = ("occasion", "grade", "region", "size")
        texts = {name: merged[name].to_numpy().astype(str) for name in names}
        return PastDraws(
            year=merged["year"].to_numpy(),
            draw=merged["draw_id"].to_numpy().astype(str),
            found=merged["found_max"].to_numpy().astype(bool),
            chance=merged["chance_min"].to_numpy(),
            **texts,
        )


def drawn_before(lake: Lake, *, registers: Sequence[GradedOn] = (), today: date) -> DrawnBefore:
    """The random inspections of a lake whose result is known, repaired ones left out. Raises NoPastDraws."""
    records = pq.read_table(lake.table("inspections").path, columns=list(_READ))
    rows = _told(records, today)
    rows = rows.append_column("grade", pa.array(_grades(rows, registers), pa.string()))
    graded = rows.filter(pc.not_equal(rows["grade"], ""))
    if graded.num_rows == 0:
        raise NoPastDraws(
            expected="random draws with their chance and result, graded before the visit",
            got=f"{rows.num_rows} random draws in the records, none of them with a grade from before",
            todo="grade an earlier date (`python -m serving grade --as-of …`), and replay the draws after it",
        )
    until = min(today, lake.exported_on or pc.max(records["known_on"]).as_py())
    return DrawnBefore(
        rows=_placed(graded, lake),
        ungraded=rows.num_rows - graded.num_rows,
        unfinished=_unfinished(graded, _first_known(graded, records), until),
    )


def _told(rows: pa.Table, today: date) -> pa.Table:
    """The rows that may speak, with whether a problem was found."""
    fits = pc.and_(pc.equal(rows["mechanism"], "random_draw"), pc.invert(rows["retracted"]))
    for name in ("inclusion_probability", "result_codes", "draw_id"):
        fits = pc.and_(fits, pc.is_valid(rows[name]))
    forgotten = pc.fill_null(pc.less_equal(rows["forgotten_on"], pa.scalar(today)), False)
    rows = rows.filter(pc.and_not(pc.and_(fits, pc.is_null(rows["superseded_on"])), forgotten))
    pattern = f"(^|;)({'|'.join(sorted(problem_codes()))})(;|$)"
    return rows.append_column("found", pc.match_substring_regex(rows["result_codes"], pattern))


def _first_known(rows: pa.Table, records: pa.Table) -> pa.ChunkedArray:
    """The day from which each result was known; a correction that came later does not make it late."""
    first = records.group_by("inspection_id").aggregate([("known_on", "min")])
    return first["known_on_min"].take(pc.index_in(rows["inspection_id"], first["inspection_id"]))


def _unfinished(rows: pa.Table, known: pa.ChunkedArray, until: date) -> tuple[str, ...]:
    """The occasions whose last visit is so near the end of the records that results are still missing."""
    days = pc.subtract(known.cast(pa.int32()), rows["occurred_on"].cast(pa.int32()))
    delay = timedelta(days=pc.quantile(days, _ARRIVED, interpolation="higher")[0].as_py())
    visits = pa.table({"occasion": _occasions(rows["draw_id"]), "visited": rows["occurred_on"]})
    last = visits.group_by("occasion").aggregate([("visited", "max")])
    late = pc.greater(last["visited_max"], pa.scalar(until - delay))
    return tuple(sorted(last["occasion"].filter(late).to_pylist()))


def _occasions(draw_ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The draw of which each was a stratum: what offices draw grade by grade on one day is one occasion."""
    return pc.replace_substring_regex(draw_ids, _LETTER, "")


def _grades(rows: pa.Table, registers: Sequence[GradedOn]) -> list[str]:
    """The grade before each visit, empty where nobody knows it."""
    written = pc.extract_regex(rows["draw_id"], _LETTER)
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
    region = pc.fill_null(entities["region_code"].combine_chunks().take(place), NO_REGION)
    fen = entities["registered_capital_fen"].combine_chunks().take(place)
    size = pa.scalar(_SIZES[-1][1])
    for bound, name in reversed(_SIZES[:-1]):
        size = pc.if_else(pc.less(fen, (bound or 0) * 100), name, size)
    return pa.table(
        {
            **{name: rows[name] for name in ("entity_id", "draw_id", "item_code", "grade", "found")},
            "occasion": _occasions(rows["draw_id"]),
            "year": pc.year(rows["occurred_on"]),
            "region": region,
            "size": pc.fill_null(size, _NO_SIZE),
            "chance": rows["inclusion_probability"],
        }
    )
