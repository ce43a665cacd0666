"""From labelled rows to rates of everyone and the strictness of inspectors, and what the page says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.calibration import Calibration
from tests.training.conftest import spec
from training.judging.draw_evidence import robust_rates, strictness
from training.judging.populations import Population
from training.pack import draws
from training.pack.plain import plain
from training.rows.matrix import LabelledRows
from training.rows.parts import Scale

ON = date(2025, 1, 1)
PEOPLE = 400


class Constant(Scale):
    """A scale that expects the same of everyone."""

    def of_table(self, table: pa.Table) -> np.ndarray:
        return np.full(table.num_rows, 0.25)


SCALE = Constant(
    schema=(spec("some_thing_now"),), booster="", threads=1,
    calibration=Calibration(slope=1, intercept=0, base_rate=0.25),
)  # fmt: skip


def rows(mechanism: str = "random_draw", *, inspector: bool = True, repeat: str = "") -> LabelledRows:
    """Every fourth of the first 200 entities has a problem; six inspectors of one region share the visits."""
    number = np.arange(200)
    names = [f"e{n:03d}" for n in number]
    chance = [0.5 if mechanism == "random_draw" else None] * 200
    return LabelledRows(
        as_of=ON,
        indicators=pa.table({"entity_id": names, "entity_region_now": ["310101"] * 200}),
        outcomes=pa.table({
            "entity_id": names,
            "inspection_id": [f"v{n}{repeat}" for n in number],
            "occurred_on": [date(2025, 1 + n % 3, 5) for n in number],
            "mechanism": [mechanism] * 200,
            "inclusion_probability": pa.array(chance, pa.float64()),
            "label": [int(n % 4 == 0) for n in number],
            "forgotten": [False] * 200,
            "inspector": pa.array([f"i{n % 7 % 6}" if inspector else None for n in number], pa.string()),
        }),
        unknown_entities=0, forgotten=0, unrecorded=0, population=PEOPLE,
    )  # fmt: skip


def everyone() -> dict[date, Population]:
    names = pa.chunked_array([[f"e{n:03d}" for n in range(250)], [f"e{n:03d}" for n in range(250, PEOPLE)]])
    places = (np.arange(PEOPLE) % 2).astype(np.intp)
    return {
        ON: Population(
            on=ON,
            entity=names,
            probability=np.full(PEOPLE, 0.1),
            places=places,
            floor=np.zeros(PEOPLE, dtype=np.intp),
            sample=np.empty((0, 1)),
        )
    }


def test_visits_find_their_entities_and_correct_the_model() -> None:
    rates = robust_rates([rows()], everyone())
    assert rates is not None
    assert rates.population.robust.value == pytest.approx(0.25)
    assert (rates.population.visits, rates.population.entities) == (200, PEOPLE)
    # Places are even for A and odd for B; a problem is found at every fourth entity, all of them even.
    assert rates.grades["A"].robust.value == pytest.approx(0.5)
    assert rates.grades["B"].robust.value == pytest.approx(0.0)


def test_a_visit_known_to_several_parts_counts_once() -> None:
    found, refused = strictness([rows(), rows(), rows(repeat="x")], SCALE)
    assert refused is None
    assert found is not None
    assert found.visits == 400


def test_without_a_draw_or_inspectors_nothing_is_claimed_and_the_page_says_why() -> None:
    assert robust_rates([rows("unknown")], everyone()) is None
    found, refused = strictness([rows("unknown")], SCALE)
    assert found is None
    assert refused is not None
    assert refused.startswith("no visit was drawn at random")
    assert "cannot be told: no visit was drawn at random" in draws.leniency(plain(found), refused)  # type: ignore[arg-type]
    assert "cannot be estimated" in draws.robust_rates(None)
    found, refused = strictness([rows(inspector=False)], SCALE)
    assert (found, refused) == (None, "random visits whose inspector is recorded: none of 200")


def test_the_page_shows_rates_and_inspectors() -> None:
    shown = draws.robust_rates(plain(robust_rates([rows()], everyone())))  # type: ignore[arg-type]
    assert "25.0%" in shown
    assert "全体 everyone" in shown
    told = draws.leniency(plain(strictness([rows()], SCALE)[0]), None)  # type: ignore[arg-type]
    assert "6 inspectors in 1 offices" in told
    assert "never used at scoring" in told
