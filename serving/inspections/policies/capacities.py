"""How many entities, and enterprises among them, stand in each grade: what the frontier weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.sampling.policy import Policy


class NobodyToVisit(Refusal):
    """A region in which no entity of the graded types stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """Entities of the graded types, and those of the types that the legal floor counts, by letter."""

    sizes: Mapping[str, int]
    enterprises: Mapping[str, int]


def sized(table: pa.Table, policy: Policy, *, region: str = "") -> Sized:
    """Counts over the columns grade, entity_type and region_code (a prefix of it) of a register."""
    if region:
        table = table.filter(pc.fill_null(pc.starts_with(table["region_code"], region), False))
    kinds = (
        table.select(["grade", "entity_type"])
        .group_by(["grade", "entity_type"])
        .aggregate([([], "count_all")])
    )
    rows = kinds.to_pylist()
    found = Sized(
        sizes=_sums(rows, policy.graded_types),
        enterprises=_sums(rows, tuple(set(policy.enterprise_types) & set(policy.graded_types))),
    )
    if not any(found.sizes.values()):
        raise NobodyToVisit(
            expected="a region in which graded entities stand",
            got=f"{region!r}, with none of {', '.join(policy.graded_types)}",
            todo="correct the region, or leave it empty for the whole city",
        )
    return found


def _sums(rows: list[dict[str, object]], kinds: tuple[str, ...]) -> dict[str, int]:
    """Entities of these types by letter; one without a type counts as other."""
    return {
        letter: sum(
            int(str(row["count_all"]))
            for row in rows
            if row["grade"] == letter and (row["entity_type"] or "other") in kinds
        )
        for letter in LETTERS
    }
