"""One entity's records in, its indicators out: what a by-hand example needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from features.as_of import AsOf

Row = dict[str, Any]


@pytest.fixture
def of_one(measure: Callable[..., dict[str, Row]]) -> Callable[..., Row]:
    """Indicators of the entity "a" from rows of the given tables (the entity itself unless given)."""

    def told(t: date, **tables: Sequence[Row]) -> Row:
        rows = {table: [{"entity_id": "a", **row} for row in some] for table, some in tables.items()}
        rows.setdefault("entities", [{"entity_id": "a", "id_kind": "local", "known_on": date(2000, 1, 1)}])
        return measure(rows, AsOf(on=t, used_on=t))["a"]

    return told
