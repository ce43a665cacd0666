"""Devices and their tests as versions of a row, and batches of food."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from data_contracts.sandbox_city import products as things
from data_contracts.sandbox_city.columns import chosen
from data_contracts.sandbox_city.days import NEVER
from data_contracts.sandbox_city.products import Products
from data_contracts.sandbox_city.riskiness import on_days
from tests.data_contracts.sandbox_city.sources.town import LAST_DAY, QUARTERS, TABLES, Town


@pytest.fixture(scope="module")
def rows(drawn: Mapping[str, Any]) -> Products:
    products = drawn["products"]
    assert isinstance(products, Products)
    return chosen(products, np.lexsort((products.known, products.product)))


@pytest.fixture(scope="module")
def later(rows: Products) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places of versions that follow another one of their product."""
    return np.flatnonzero(rows.product[1:] == rows.product[:-1]) + 1


def test_a_test_is_a_version_that_keeps_the_device(rows: Products, later: Any) -> None:
    for name in ("entity", "kind", "quantity", "occurred"):
        values = getattr(rows, name)
        assert (values[later] == values[later - 1]).all(), name
    assert (rows.known[later] > rows.known[later - 1]).all()
    assert (rows.next_due[later] != rows.next_due[later - 1]).all()
    assert (rows.ended[later - 1] == NEVER).all(), "only the last version tells of the end"
    device = np.isin(rows.kind, list(things.DEVICES))
    assert device[later].all()
    assert ((rows.next_due < NEVER) == device).all()
    assert (rows.next_due[device] >= rows.occurred[device]).all()


def test_an_unfit_device_is_due_again_soon(rows: Products, later: Any) -> None:
    versions = chosen(rows, later)
    lifts = chosen(versions, versions.kind == things.LIFT)
    until_due = lifts.next_due - lifts.known
    unfit = lifts.result == things.UNQUALIFIED
    assert until_due[unfit].max() <= things.REPAIR_DAYS < until_due[~unfit].min()
    assert 0.02 < unfit.mean() < 0.15


def test_the_riskier_test_later_and_fail_more(rows: Products, later: Any, town: Town) -> None:
    due = rows.next_due[later - 1]
    risk = on_days(town.riskiness, QUARTERS, rows.entity[later], due)
    overdue = rows.known[later] > due + 45
    assert risk[overdue].mean() > risk[~overdue].mean() + 0.1
    unfit = rows.result[later] == things.UNQUALIFIED
    assert risk[unfit].mean() > risk[~unfit].mean()


def test_batches_are_sold_within_months_and_some_are_not_tested(rows: Products) -> None:
    food = chosen(rows, np.isin(rows.kind, list(things.BATCHES)))
    assert (food.ended - food.occurred).max() <= 120
    assert 0.2 < (food.result == things.NOT_TESTED).mean() < 0.4
    assert (food.quantity >= 1).all()
    assert (food.next_due == NEVER).all()


def test_the_register_writes_codes_units_and_the_number_of_the_product(rows: Products, town: Town) -> None:
    table = TABLES["products"](town, rows).to_pandas()
    assert table.groupby("product_no").product_code.nunique().max() == 1
    assert table.product_code.nunique() == table.product_no.nunique()
    assert set(table.result) == set(things.RESULTS)
    assert table.groupby("kind").unit.nunique().eq(1).all()
    assert (rows.known <= LAST_DAY).mean() > 0.97
