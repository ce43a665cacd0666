"""Every indicator against a second telling of it in plain Python (oracle/), on rows chosen to be nasty."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from features.as_of import AsOf
from features.catalogue import CATALOGUE
from tests.features.oracle.cities import nasty_city, told
from tests.features.oracle.nasty import DATES
from tests.lake_rows import Row


def same(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None or isinstance(theirs, str):
        return ours == theirs and type(ours) is type(theirs)
    return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=0.0)


@pytest.fixture(scope="module")
def both(measure: Callable[..., dict[str, Row]]) -> list[tuple[date, dict[str, Row], dict[str, Row]]]:
    """Per date: what the expressions say of 120 nasty entities, and what the oracle says."""
    cities = []
    for number, t in enumerate(DATES):
        city, u = nasty_city(random.Random(number), t), t + timedelta(days=10)
        cities.append((t, measure(city, AsOf(on=t, used_on=u)), told(city, t, u)))
    return cities


def test_the_population_is_the_known_and_not_deregistered(both: list[Any]) -> None:
    for _, ours, theirs in both:
        assert list(ours) == sorted(theirs)


@pytest.mark.parametrize("name", [indicator.name for indicator in CATALOGUE])
def test_the_indicator_equals_its_oracle(name: str, both: list[Any]) -> None:
    seen = set()
    for t, ours, theirs in both:
        wrong = {
            e: (ours[e][name], theirs[e][name]) for e in theirs if not same(ours[e][name], theirs[e][name])
        }
        assert wrong == {}, f"as of {t}: (ours, the oracle's)"
        seen |= {row[name] for row in theirs.values()}
    assert len(seen) > 1, "the nasty rows never move this indicator"
