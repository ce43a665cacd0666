"""Changes of registration agree with the versions of entities and with the relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.sandbox_city import registry_changes as changes
from data_contracts.sandbox_city.columns import chosen
from data_contracts.sandbox_city.raw_tables import entities_table
from data_contracts.sandbox_city.registry_changes import ITEMS
from tests.data_contracts.sandbox_city.sources.town import FIRST_DAY, TABLES, Town


@pytest.fixture(scope="module")
def table(town: Town, drawn: Mapping[str, Any]) -> pd.DataFrame:
    rows: pd.DataFrame = TABLES["registry_changes"](town, drawn["registry_changes"]).to_pandas()
    return rows


def of_item(table: pd.DataFrame, item: str) -> pd.DataFrame:
    return table[table.item == item]


@pytest.fixture(scope="module")
def versions(town: Town) -> pd.DataFrame:
    """Versions beside the version before, for those that are not the first."""
    rows = entities_table(town.versions, town.population, town.ids).to_pandas()
    before = rows.groupby("entity_no")[["name", "region", "industry", "capital_fen"]].shift()
    both = rows.join(before.add_suffix("_before")).rename(columns={"entity_no": "entity_id"})
    return both[both.name_before.notna()]


def test_every_changed_attribute_of_a_version_is_a_change_known_that_day(
    table: pd.DataFrame, versions: pd.DataFrame
) -> None:
    for item, column in (("name", "name"), ("capital", "capital_fen")):
        changed = versions[versions[column] != versions[column + "_before"]]
        stated = of_item(table, item)
        both = changed.merge(stated, on=["entity_id", "known_on"], suffixes=("_version", ""))
        assert len(both) == len(changed) == len(stated) > 50, item
    named = versions.merge(of_item(table, "name"), on=["entity_id", "known_on"])
    assert (named.name == named.after_text).all()
    assert (named.name_before == named.before_text).all()
    grown = versions.merge(of_item(table, "capital"), on=["entity_id", "known_on"], suffixes=("_version", ""))
    assert (grown.capital_fen == grown.capital_after_fen).all()
    assert (grown.capital_fen_before == grown.capital_before_fen).all()
    for item, column in (("address", "region"), ("scope", "industry")):
        moved = versions[versions[column] != versions[column + "_before"]]
        assert len(moved.merge(of_item(table, item), on=["entity_id", "known_on"])) >= len(moved) > 20


def test_an_address_lies_in_the_district_of_its_day(
    table: pd.DataFrame, versions: pd.DataFrame, town: Town
) -> None:
    moved = versions[versions.region != versions.region_before].entity_id
    stays = of_item(table, "address")
    stays = stays[~stays.entity_id.isin(moved)]
    assert (stays.before_text.str[:6] == stays.after_text.str[:6]).all()


def test_what_stood_before_is_what_the_last_change_put_there(table: pd.DataFrame) -> None:
    for item in ("address", "scope", "term", "legal_representative"):
        rows = of_item(table, item).sort_values(["entity_id", "changed_on"], kind="stable")
        last = rows.groupby("entity_id").after_text.shift()
        assert last.notna().sum() > 2, item
        assert (rows.before_text == last)[last.notna()].all(), item
    chained = table[table.item.isin(["address", "scope", "term"])]
    assert (chained.before_text != chained.after_text).all()


def test_a_new_head_is_a_change_with_both_names(table: pd.DataFrame, town: Town) -> None:
    heads = TABLES["relations"](town, town.relations).to_pandas()
    heads = heads[heads.relation == "legal_representative"]
    stated = of_item(table, "legal_representative")
    both = stated.merge(heads, left_on=["entity_id", "changed_on"], right_on=["entity_id", "begins_on"])
    assert len(both) == len(stated)
    assert (both.after_text == both.related_name).all()
    gone = stated.merge(heads, left_on=["entity_id", "changed_on"], right_on=["entity_id", "ended_on"])
    assert (gone.before_text == gone.related_name).all()


def test_amounts_stand_with_capital_only_and_texts_with_the_rest(table: pd.DataFrame) -> None:
    capital = table.item == "capital"
    assert table.capital_before_fen.notna().equals(capital)
    assert table.capital_after_fen.notna().equals(capital)
    assert table.before_text[capital].isna().all()
    assert table.after_text[~capital & (table.item != "shareholders")].notna().all()
    shareholders = of_item(table, "shareholders")
    assert (shareholders.before_text.isna() != shareholders.after_text.isna()).all()
    assert set(table.item) == set(ITEMS)


def test_the_riskier_change_more(drawn: Mapping[str, Any], town: Town) -> None:
    rows = drawn["registry_changes"]
    unseen = chosen(rows, np.isin(rows.item, [changes.TERM, changes.OTHER, changes.SCOPE]))
    counts = np.bincount(unseen.entity, minlength=len(town.population))
    risk = town.risk(np.arange(len(counts), dtype=np.int32))
    by_third = [counts[part].mean() for part in np.array_split(np.argsort(risk), 3)]
    assert by_third[0] < by_third[1] < by_third[2]
    assert rows.occurred.min() >= FIRST_DAY
