"""Courts and registers: who owes, who sues, what is frozen, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.sandbox_city import judicial as courts
from data_contracts.sandbox_city import listings as listed
from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.judicial import Judicial
from tests.data_contracts.sandbox_city.sources.town import TABLES, Town


@pytest.fixture(scope="module")
def rows(drawn: Mapping[str, Any]) -> Judicial:
    judicial = drawn["judicial"]
    assert isinstance(judicial, Judicial)
    return judicial


@pytest.fixture(scope="module")
def table(town: Town, rows: Judicial) -> pd.DataFrame:
    written: pd.DataFrame = TABLES["judicial"](town, rows).to_pandas()
    return written


def test_whoever_is_listed_as_a_judgment_debtor_owed_before(rows: Judicial, town: Town) -> None:
    debtors = town.listings.kind == listed.DEBTOR
    owing = rows.kind == courts.DEBTOR
    first: dict[int, int] = {}
    for entity, day in zip(rows.entity[owing].tolist(), rows.occurred[owing].tolist(), strict=True):
        first[entity] = min(day, first.get(entity, day))
    for entity, day in zip(
        town.listings.entity[debtors].tolist(), town.listings.occurred[debtors].tolist(), strict=True
    ):
        assert first[entity] < day
    assert owing.sum() > debtors.sum()


def test_the_riskier_owe_are_frozen_and_are_sued_rather_than_sue(rows: Judicial, town: Town) -> None:
    risk = town.risk(rows.entity)
    city = town.riskiness.mean()
    for kind in (courts.DEBTOR, courts.FREEZE, courts.LITIGATION):
        assert risk[rows.kind == kind].mean() > city + 0.1
    sues, sued = ((rows.kind == courts.LITIGATION) & (rows.role == role) for role in (0, 1))
    assert risk[sued].mean() > risk[sues].mean()
    assert risk[rows.kind == courts.DEBTOR].mean() > risk[rows.kind == courts.PLEDGE].mean()


def test_only_companies_have_equity_and_only_equity_has_a_share(rows: Judicial, town: Town) -> None:
    company = town.population.form[rows.entity] == places.COMPANY
    assert company[courts.COMPANIES_ONLY[rows.kind]].all()
    held = np.isin(rows.kind, [courts.FREEZE, courts.PLEDGE])
    assert (np.isnan(rows.equity_share) == ~held).all()
    assert ((rows.equity_share[held] >= 0) & (rows.equity_share[held] <= 1)).all()
    assert (rows.amount_fen[rows.kind == courts.LIQUIDATION] == 0).all()
    assert (rows.amount_fen[rows.kind != courts.LIQUIDATION] > 0).all()


def test_amounts_are_written_in_yuan_exactly(rows: Judicial, table: pd.DataFrame) -> None:
    stated = rows.amount_fen > 0
    assert table["标的金额元"].notna().to_numpy().tolist() == stated.tolist()
    written = table["标的金额元"][stated]
    assert written.str.fullmatch(r"\d+[.]\d{2}").all()
    assert written.str.replace(".", "").astype("int64").tolist() == rows.amount_fen[stated].tolist()


def test_words_and_dates_are_those_of_the_courts(table: pd.DataFrame) -> None:
    assert set(table["主体地位"]) == set(courts.ROLE_WORDS)
    assert set(table["事项类别"]) >= set(courts.KIND_WORDS[:5])
    assert table["立案日期"].str.fullmatch(r"\d{4}[.]\d{1,2}[.]\d{1,2}").all()
    shares = table["股权比例"].dropna().astype(float)
    assert shares.between(0, 1).all()
    assert table["股权比例"].isna().sum() > len(shares)
