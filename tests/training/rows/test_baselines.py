"""The points table by hand: full weight at first, less inside the influence period, caps, gaps."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.catalogue import by_name
from training.rows.baselines import POINTS_TABLE, points_of


def test_an_old_penalty_weighs_a_third_of_a_fresh_one_and_caps_hold() -> None:
    """30 points for each of the last year, 10 for each older one up to three years, 90 at most."""
    table = pa.table({"penalties_count_365d": [0, 1, 0, 2, 9], "penalties_count_1095d": [0, 1, 1, 3, 12]})
    assert points_of(table).tolist() == pytest.approx([0, 30, 10, 70, 90])


def test_a_window_that_a_city_cannot_give_adds_nothing_and_null_is_nothing() -> None:
    assert points_of(pa.table({"penalties_count_1095d": [3, None]})).tolist() == pytest.approx([30, 0])
    assert points_of(pa.table({"entity_age_now": [3, 4]})).tolist() == [0, 0]


def test_facts_add_up_each_under_its_own_cap() -> None:
    table = pa.table({"serious_listed_now": [1], "serious_listed_ever": [1], "report_missing_2y": [2]})
    assert points_of(table).tolist() == [130]


def test_every_rule_names_indicators_and_its_shares_fall() -> None:
    for rule in POINTS_TABLE:
        assert {name for name, _ in rule.bands} <= set(by_name())
        shares = [share for _, share in rule.bands]
        assert shares == sorted(shares, reverse=True)
        assert rule.most >= rule.points * min(shares)
