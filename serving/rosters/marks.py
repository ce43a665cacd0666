"""Marks of entities: what shields them from random draws for a time, what pierces that, and full coverage.

A mark holds from a day to a day and was known on a day; of a day only those count that had begun, had not
ended and were known. They come of rules (derived_marks.py) and of a city's own lists (mark_lists.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.near_names import near
from serving.sampling.policy import SHIELDS

COVERAGE = "full_coverage"
# Code, 中文 and English. A red line is a fact that calls for an inspection whatever the shield; a complaint
# or report is a case to look into (国市监信发〔2022〕6号: 投诉举报 end the calm of grade A). A policy says
# which of them pierce. Full coverage (重点监管, 全覆盖) is inspected whole, in a stratum of its own.
TRIGGERS = {"red_line": ("红线", "red line"), "complaint": ("投诉举报", "complaint or report")}
MARKS = {**SHIELDS, **TRIGGERS, COVERAGE: ("全覆盖", "full coverage")}
SCHEMA = pa.schema(
    [
        ("entity_id", pa.string()), ("mark", pa.string()), ("from_day", pa.date32()),
        ("until", pa.date32()), ("known_on", pa.date32()), ("source", pa.string()),
        ("reason", pa.string()),
    ]
)  # fmt: skip
_BETWEEN = ";"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark of one entity: both days included, `until` None where no end is known.

    `known_on` is the day of the decision; `source` is the rule, or the file of a list.
    """

    entity_id: str
    mark: str
    from_day: date
    until: date | None
    known_on: date
    source: str
    reason: str


def mark_faults(one: Mark) -> dict[str, str]:
    """What is wrong with a mark of a list, by field."""
    faults = {name: "is missing" for name in ("entity_id", "reason") if not getattr(one, name)}
    if one.mark not in MARKS:
        faults["mark"] = f"{one.mark!r} is none of {', '.join(MARKS)}{near(one.mark, MARKS)}"
    if one.mark in SHIELDS and one.until is None:
        faults["until"] = "is missing: a shield without a last day would keep an entity out for ever"
    if one.until is not None and one.until < one.from_day:
        faults["until"] = f"{one.until} lies before {one.from_day}"
    return faults


def in_force(marks: pa.Table, day: date) -> pa.Table:
    """The marks (SCHEMA) that hold on a day and were known by then."""
    on = pa.scalar(day, pa.date32())
    begun = pc.and_(pc.less_equal(marks["from_day"], on), pc.less_equal(marks["known_on"], on))
    going = pc.fill_null(pc.greater_equal(marks["until"], on), True)
    return marks.filter(pc.and_(begun, going))


def ordered(tables: Sequence[pa.Table]) -> pa.Table:
    """Marks of several sources as one table, always in the same order."""
    joined = pa.concat_tables([table.cast(SCHEMA) for table in tables] or [SCHEMA.empty_table()])
    keys = ("entity_id", "mark", "source", "from_day", "until", "known_on", "reason")
    return joined.take(pc.sort_indices(joined, [(key, "ascending") for key in keys])).combine_chunks()


def with_marks(rows: pa.Table, marks: pa.Table) -> pa.Table:
    """The rows (entity_id and others) with what `eligibility.judge` reads: shields, triggers, full_coverage.

    marks: those in force (SCHEMA); of entities that are not among the rows they change nothing.
    """
    entities = pc.dictionary_encode(marks["entity_id"].combine_chunks())
    bits = np.zeros(len(entities.dictionary) + 1, np.int32)
    places = np.asarray(entities.indices)
    for bit, code in enumerate(MARKS):
        bits[places[np.asarray(pc.equal(marks["mark"], code))]] |= 1 << bit
    # Whoever bears no mark has the last place, which is 0.
    found = pc.fill_null(pc.index_in(rows["entity_id"], value_set=entities.dictionary), len(bits) - 1)
    own = bits[np.asarray(found)]
    listed = (own >> list(MARKS).index(COVERAGE) & 1).astype(bool)
    columns = {
        "shields": _joined(own, SHIELDS),
        "triggers": _joined(own, TRIGGERS),
        COVERAGE: pa.array(listed),
    }
    for name, column in columns.items():
        rows = rows.append_column(name, column)
    return rows


def marks_of(marks: pa.Table, entity_id: str) -> tuple[Mark, ...]:
    """What one entity bears, in the order of MARKS."""
    own = [Mark(**row) for row in marks.filter(pc.equal(marks["entity_id"], entity_id)).to_pylist()]
    return tuple(sorted(own, key=lambda one: list(MARKS).index(one.mark)))


def counted(marks: pa.Table) -> dict[str, int]:
    """How many entities bear each mark, in the order of MARKS; a mark that nobody bears is left out."""
    once = marks.group_by(["mark", "entity_id"]).aggregate([]).group_by("mark").aggregate([([], "count_all")])
    counts = dict(zip(once["mark"].to_pylist(), once["count_all"].to_pylist(), strict=True))
    return {code: counts[code] for code in MARKS if code in counts}


def _joined(bits: np.ndarray, codes: Mapping[str, object]) -> pa.DictionaryArray:
    """The codes of each row between ";", each possible combination written once."""
    own = np.zeros(len(bits), np.int32)
    for place, code in enumerate(codes):
        own |= ((bits >> list(MARKS).index(code) & 1) << place).astype(np.int32)
    texts = [
        _BETWEEN.join(code for place, code in enumerate(codes) if combination >> place & 1)
        for combination in range(1 << len(codes))
    ]
    return pa.DictionaryArray.from_arrays(pa.array(own), pa.array(texts, pa.string()))
