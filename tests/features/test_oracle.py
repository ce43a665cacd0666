"""Every indicator against a second telling of it in plain Python (oracle/), on rows chosen to be nasty."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from features.as_of import AsOf
from features.catalogue import CATALOGUE
from tests.features.oracle.cities import nasty_city, told
from tests.features.oracle.nasty import DATES
from tests.lake_rows import Row

ENGINES = {"duckdb": "measure", "spark": "measure_on_spark"}


def same(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None or isinstance(theirs, str):
        return ours == theirs and type(ours) is type(theirs)
    return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=0.0)


@pytest.fixture(scope="module")
def cities() -> list[tuple[AsOf, dict[str, list[Row]], dict[str, Row]]]:
    """Per date: 120 nasty entities, and what the oracle says of them."""
    found = []
    for number, t in enumerate(DATES):
        city, u = nasty_city(random.Random(number), t), t + timedelta(days=10)
        found.append((AsOf(on=t, used_on=u), city, told(city, t, u)))
    return found


@pytest.fixture(scope="module")
def values(request: pytest.FixtureRequest, cities: list[Any]) -> Callable[[str], list[dict[str, Row]]]:
    """What the expressions say of each of the cities on an engine."""

    @cache
    def of_engine(engine: str) -> list[dict[str, Row]]:
        measure = request.getfixturevalue(ENGINES[engine])
        return [measure(city, as_of) for as_of, city, _ in cities]

    return of_engine


on_both = pytest.mark.parametrize("engine", ENGINES)
Values = Callable[[str], list[dict[str, Row]]]


@on_both
def test_the_population_is_the_known_and_not_deregistered(
    engine: str, cities: list[Any], values: Values
) -> None:
    for (_, _, theirs), ours in zip(cities, values(engine), strict=True):
        assert list(ours) == sorted(theirs)


@pytest.mark.parametrize("name", [indicator.name for indicator in CATALOGUE])
@on_both
def test_the_indicator_equals_its_oracle(engine: str, name: str, cities: list[Any], values: Values) -> None:
    seen = set()
    for (as_of, _, theirs), ours in zip(cities, values(engine), strict=True):
        wrong = {
            e: (ours[e][name], theirs[e][name]) for e in theirs if not same(ours[e][name], theirs[e][name])
        }
        assert wrong == {}, f"as of {as_of.on}: (ours, the oracle's)"
        seen |= {row[name] for row in theirs.values()}
    assert len(seen) > 1, "the nasty rows never move this indicator"


@pytest.mark.parametrize("name", [indicator.name for indicator in CATALOGUE])
def test_both_engines_give_the_same_value_to_the_last_bit(name: str, values: Values) -> None:
    for on_duckdb, on_spark in zip(values("duckdb"), values("spark"), strict=True):
        apart = {e: (row[name], on_spark[e][name]) for e, row in on_duckdb.items()}
        apart = {e: (here, there) for e, (here, there) in apart.items() if bits(here) != bits(there)}
        assert apart == {}, "(DuckDB's, Spark's)"


def bits(value: Any) -> Any:
    """What tells two values apart that are not the same to the last bit; 0.0 and −0.0 are equal values."""
    return (type(value), (value + 0.0).hex() if isinstance(value, float) else value)
