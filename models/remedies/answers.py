"""What one source tells on one day: of each variant of an entity's records once."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

# An entity, and all that is written anew in one of its tables.
Variant = tuple[str, frozenset[object]]
NUMBER = "variant"


class Answers:
    """The answers so far; a variant without records has none, and is not asked about again."""

    def __init__(self, schema: pa.Schema | None) -> None:
        """Holds rows of a schema; without one, of the schema of the first answer."""
        self._rows = None if schema is None else schema.empty_table()
        self._places: dict[Variant, int | None] = {}

    def __contains__(self, variant: object) -> bool:
        """Whether the source was asked about it."""
        return variant in self._places

    def add(self, variants: Sequence[Variant], found: pa.Table | None) -> None:
        """Takes the answers about variants, told apart by their `variant` numbers."""
        self._places |= dict.fromkeys(variants)
        if found is None:
            return
        before = 0 if self._rows is None else self._rows.num_rows
        for place, number in enumerate(found[NUMBER].to_pylist()):
            self._places[variants[number]] = before + place
        rows = found.drop_columns([NUMBER])
        self._rows = rows if self._rows is None else _appended(self._rows, rows)

    def of(self, variants: Sequence[Variant]) -> pa.Table:
        """The answers about variants, in their order; nulls where there is none."""
        if self._rows is None:
            return pa.table({"entity_id": pa.nulls(len(variants), pa.string())})
        return self._rows.take(pa.array([self._places[one] for one in variants], pa.int64()))


def _appended(rows: pa.Table, more: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, more.select(rows.column_names).cast(rows.schema)]).combine_chunks()
