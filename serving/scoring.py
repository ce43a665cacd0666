"""Scores rows of indicators sent by a caller, with the same code that grades the city; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal
from features.as_of import AsOf
from models.deciding import decide
from models.decision import Decision, decision_of
from models.direct_rules import facts_of
from models.release import Release
from models.schema import Schema, table_of_rows

# One request holds a worker's thread; a city is graded by the batch, not through here.
MOST_ROWS = 1000


class TooManyRows(Refusal):
    """A request without rows, or with more than one answer should hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """Rows of indicator values under their column names, in the order of the release."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRows:
    """A decision for every row; `unseen` are the codes by column that the release scored as missing."""

    decisions: tuple[Decision, ...]
    unseen: Mapping[str, tuple[str, ...]]


def score_rows(release: Release, request: ScoreRequest, as_of: AsOf) -> ScoredRows:
    """A decision for every row, its id being the row's number."""
    if not 1 <= len(request.rows) <= MOST_ROWS:
        raise TooManyRows(
            expected=f"1 to {MOST_ROWS} rows",
            got=f"{len(request.rows)} rows",
            todo="send at least one row, and split larger requests",
        )
    table = table_of_rows(release.schema, request.columns, request.rows)
    decided = decide(
        release, _with_id_and_facts(table), as_of=as_of.on, used_on=as_of.used_on, snapshot_digest=""
    )
    return ScoredRows(
        decisions=tuple(decision_of(row) for row in decided.to_pylist()),
        unseen=unseen_codes(release.schema, table),
    )


def unseen_codes(schema: Schema, table: pa.Table) -> dict[str, tuple[str, ...]]:
    """Codes outside the release's fixed tables: misspelt, or newer than the model."""
    unseen = {}
    for spec in schema:
        if spec.kind == "category":
            codes = pc.unique(table.column(spec.name).drop_null()).to_pylist()
            unseen[spec.name] = tuple(sorted(set(codes) - set(spec.categories)))
    return {name: codes for name, codes in unseen.items() if codes}


def _with_id_and_facts(table: pa.Table) -> pa.Table:
    """Numbers the rows; a fact that direct rules read but the caller cannot send is unknown, not false."""
    ids = pa.array([f"{number:06d}" for number in range(1, table.num_rows + 1)])
    table = table.add_column(0, "entity_id", ids)
    for fact in facts_of():
        if fact not in table.column_names:
            table = table.append_column(fact, pa.nulls(table.num_rows, pa.int64()))
    return table
