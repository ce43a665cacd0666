"""Licences run, are renewed or lapse, and end for a stated reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from data_contracts.sandbox_city import licences as permits
from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import chosen
from data_contracts.sandbox_city.days import NEVER
from data_contracts.sandbox_city.licences import Licences
from data_contracts.sandbox_city.penalties import REVOKING
from data_contracts.sandbox_city.riskiness import on_days
from tests.data_contracts.sandbox_city.sources.town import FIRST_DAY, LAST_DAY, QUARTERS, TABLES, Town


@pytest.fixture(scope="module")
def rows(drawn: Mapping[str, Any]) -> Licences:
    licences = drawn["licences"]
    assert isinstance(licences, Licences)
    return licences


def test_catering_holds_food_licences_and_others_hold_what_their_trade_needs(
    rows: Licences, town: Town
) -> None:
    food = np.unique(rows.entity[rows.kind == 0])
    catering = np.flatnonzero(town.population.industry == places.INDUSTRIES.index("H"))
    assert np.isin(catering, food).mean() > 0.85
    assert set(rows.kind) == set(range(len(permits.KIND_WORDS)))
    production = town.population.industry[rows.entity[rows.kind == 1]]
    assert set(places.INDUSTRY_CODES[production]) == {"A", "C"}


def test_an_end_has_the_reason_of_whatever_came_first(rows: Licences, town: Town) -> None:
    assert (rows.ended <= rows.valid_until).all()
    assert (rows.ended == rows.valid_until)[rows.reason == permits.EXPIRED].all()
    gone = rows.ended == town.population.deregistered[rows.entity]
    assert (rows.reason[gone] != permits.WITHDRAWN).all()
    assert (rows.reason == permits.SURRENDERED)[gone].mean() > 0.9
    over = rows.ended <= LAST_DAY
    shares = np.bincount(rows.reason[over], minlength=4) / over.sum()
    assert shares[permits.EXPIRED] > 0.6
    assert (shares > 0).all()


def test_a_revoking_penalty_ends_every_licence_in_force_and_bars_new_ones(rows: Licences, town: Town) -> None:
    taken = town.penalties.kinds == REVOKING
    first = {}
    for entity, day in sorted(
        zip(town.penalties.entity[taken].tolist(), town.penalties.occurred[taken].tolist(), strict=True),
        reverse=True,
    ):
        first[entity] = day
    for entity, day in first.items():
        own = chosen(rows, rows.entity == entity)
        assert not ((own.occurred <= day) & (own.ended > day)).any()
        assert not ((own.occurred > day) & (own.occurred < day + permits.BARRED_DAYS)).any()
    revoked = rows.reason == permits.REVOKED
    assert {(e, first[e]) for e in rows.entity[revoked].tolist()} == set(
        zip(rows.entity[revoked].tolist(), rows.ended[revoked].tolist(), strict=True)
    )


def test_a_licence_is_followed_without_overlap_and_the_riskier_lapse_more(rows: Licences, town: Town) -> None:
    order = np.lexsort((rows.occurred, rows.kind, rows.entity))
    sorted_rows = chosen(rows, order)
    follows = (sorted_rows.entity[1:] == sorted_rows.entity[:-1]) & (
        sorted_rows.kind[1:] == sorted_rows.kind[:-1]
    )
    assert (sorted_rows.occurred[1:] > sorted_rows.ended[:-1])[follows].all()
    renewed = np.zeros(len(order), bool)
    renewed[:-1] = follows & (sorted_rows.occurred[1:] == sorted_rows.valid_until[:-1] + 1)
    asked = (sorted_rows.reason == permits.EXPIRED) & (sorted_rows.ended < LAST_DAY - 5)
    asked &= town.population.deregistered[sorted_rows.entity] > sorted_rows.ended + 5
    risk = on_days(town.riskiness, QUARTERS, sorted_rows.entity[asked], sorted_rows.valid_until[asked])
    lapsed = ~renewed[asked]
    by_third = [lapsed[part].mean() for part in np.array_split(np.argsort(risk), 3)]
    assert 0.05 < lapsed.mean() < 0.35
    assert by_third[0] < by_third[1] < by_third[2]


def test_only_licences_of_the_years_shown_are_there(rows: Licences) -> None:
    years = permits.YEARS[rows.kind]
    assert (rows.occurred >= FIRST_DAY - years * 365).all()
    assert (rows.occurred <= LAST_DAY).all()


def test_the_office_writes_chinese_and_leaves_open_ends_blank(rows: Licences, town: Town) -> None:
    never = np.full(len(rows.entity), NEVER, np.int32)
    written = TABLES["licences"](town, replace(rows, ended=never, end_known=never)).to_pandas()
    assert written[["终止日期", "终止录入日期", "终止原因"]].isna().all().all()
    whole = TABLES["licences"](town, rows).to_pandas()
    assert whole["发证日期"].str.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日").all()
    assert set(whole["许可类别"]) == set(permits.KIND_WORDS)
    assert set(whole["终止原因"]) == set(permits.END_WORDS)
