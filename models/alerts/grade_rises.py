"""Grades that became worse since the register before (等级上升)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.alerts.alert import Alert
from models.grades import LETTERS

MILDER = {"B": "low", "C": "medium"}
Places = npt.NDArray[np.int64]


def risen(before: pa.Table, after: pa.Table) -> pa.Array:
    """The ids of the entities whose grade is worse than before, sorted; both have entity_id and grade."""
    ids = after["entity_id"].combine_chunks()
    first, second, _ = _places(before, after)
    return ids.filter(pa.array(second > first)).sort()


def grade_rises(
    before: pa.Table, after: pa.Table, on: date, *, why: Mapping[str, tuple[str, str]] | None = None
) -> list[Alert]:
    """Entities whose final grade is worse than in the register before; both have entity_id, grade, score.

    To D, or by two grades: high; to C: medium; to B: low. `why` holds a sentence in both languages by entity.
    An entity without an earlier grade has not risen.
    """
    first, second, places = _places(before, after)
    found = []
    for row in np.flatnonzero(second > first):
        entity_id = after["entity_id"][row].as_py()
        was, now = LETTERS[first[row]], LETTERS[second[row]]
        scores = before["score"][places[row]].as_py(), after["score"][row].as_py()
        zh, en = (why or {}).get(entity_id, ("", ""))
        found.append(
            Alert(
                entity_id=entity_id,
                kind="grade_rise",
                severity="high" if now == "D" or second[row] - first[row] > 1 else MILDER[now],
                since=on,
                until=None,
                statistic=None,
                sentence_zh=f"风险等级由{was}级升为{now}级（风险分{scores[0]}→{scores[1]}）。{zh}",
                sentence_en=f"Grade up from {was} to {now} (score {scores[0]} → {scores[1]}). {en}".strip(),
                evidence=(f"grade:{was}>{now}",),
            )
        )
    return found


def _places(before: pa.Table, after: pa.Table) -> tuple[Places, Places, Places]:
    """For every row of `after`: its earlier grade, its grade (0 for A to 3 for D), its row in `before`.

    An entity that was not there before has its own grade as the earlier one, and row 0.
    """
    found = pc.index_in(after["entity_id"].combine_chunks(), before["entity_id"].combine_chunks())
    second, old = (
        np.asarray(pc.index_in(table["grade"].combine_chunks(), pa.array(LETTERS)), dtype=np.int64)
        for table in (after, before)
    )
    places = np.asarray(pc.fill_null(found, 0), dtype=np.int64)
    known = np.asarray(pc.is_valid(found))
    first = second.copy()
    first[known] = old[places[known]]
    return first, second, places
