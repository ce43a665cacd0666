"""Bands by age against numpy's quantiles, group by group."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from models.life_line import COLUMNS, LEAST, OLDEST, QUANTILES, AgeUnknown, age_on, bands, bands_of

ON = date(2026, 6, 30)


def people(rows: int, seed: int = 3) -> pa.Table:
    rng = np.random.default_rng(seed)
    days = rng.integers(-100, 45 * 365, rows)
    return pa.table(
        {
            "score": pa.array(rng.integers(300, 800, rows), pa.int32()),
            "registered_on": pa.array(
                [None if day % 17 == 0 else ON - timedelta(days=int(day)) for day in days], pa.date32()
            ),
            "industry_code": pa.array(
                [None if code == 3 else f"{'FHC'[code]}521" for code in rng.integers(0, 4, rows)], pa.string()
            ),
            "entity_type": pa.array([["company", "branch"][kind] for kind in rng.integers(0, 2, rows)]),
        }
    )


def test_bands_are_numpys_quantiles_of_every_group() -> None:
    table = people(4000)
    expected = {}
    for person in table.to_pylist():
        if person["registered_on"] is None or person["registered_on"] > ON:
            continue
        age = min(int((ON - person["registered_on"]).days / 365.25), OLDEST)
        for by, code in (("industry", (person["industry_code"] or "")[:1]), ("type", person["entity_type"])):
            if code:
                expected.setdefault((by, code, age), []).append(person["score"])
    found = {(row["by"], row["code"], row["age"]): row for row in bands(table, ON).to_pylist()}
    assert set(found) == {key for key, scores in expected.items() if len(scores) >= LEAST}
    assert len(found) > 100
    for key, row in found.items():
        assert row["count"] == len(expected[key])
        assert [row[name] for name in COLUMNS] == pytest.approx(list(np.quantile(expected[key], QUANTILES)))


def test_the_bands_of_a_code_come_by_age_and_nobody_has_those_of_no_code() -> None:
    table = bands(people(4000), ON)
    ages = bands_of(table, "type", "company")["age"].to_pylist()
    assert ages == sorted(ages)
    assert ages[-1] == OLDEST
    assert bands_of(table, "industry", None).num_rows == 0
    assert bands(people(0), ON).num_rows == 0


def test_an_age_needs_a_day_of_registration() -> None:
    assert age_on(date(2025, 6, 30), ON) == pytest.approx(365 / 365.25)
    for day in (None, date(2026, 7, 1)):
        with pytest.raises(AgeUnknown, match="a day of registration by 2026-06-30"):
            age_on(day, ON)
