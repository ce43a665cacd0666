"""Rows as entered: not before their entity is known; neither order nor number tells the future."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data_contracts.sandbox_city import entries
from data_contracts.sandbox_city.city import CityFiles
from data_contracts.sandbox_city.days import NEVER
from tests.data_contracts.sandbox_city.test_sources import Rows


def some_rows(count: int, day: int = 5) -> Rows:
    never = np.full(count, NEVER, np.int32)
    return Rows(
        entity=np.arange(count, dtype=np.int32),
        occurred=np.zeros(count, np.int32),
        known=np.full(count, day, np.int32),
        ended=never,
        end_known=never,
    )


def test_what_is_heard_of_an_unknown_entity_waits_until_it_is_known_with_all_that_followed() -> None:
    rows = Rows(
        entity=np.array([1, 0, 1], np.int32),
        occurred=np.array([1, 1, 1], np.int32),
        known=np.array([2, 2, 30], np.int32),
        ended=np.array([4, 4, NEVER], np.int32),
        end_known=np.array([5, 5, NEVER], np.int32),
    )
    heard = entries.heard(rows, np.array([0, 20], np.int32))
    assert heard.known.tolist() == [20, 2, 30]
    assert heard.end_known.tolist() == [20, 5, NEVER]
    assert heard.ended.tolist() == [4, 4, NEVER]


def test_rows_of_one_day_are_entered_by_lot_and_days_in_order() -> None:
    early, late = some_rows(500), some_rows(500, day=9)
    rows = entries.joined([late, early])
    orders = [
        entries.entered(rows, 10, np.random.default_rng(seed)).rows.entity.tolist() for seed in (1, 1, 2)
    ]
    assert orders[0] == orders[1] != orders[2]
    entered = entries.entered(rows, 10, np.random.default_rng(1))
    assert (np.diff(entered.rows.known) >= 0).all()
    assert abs(np.corrcoef(np.arange(500), entered.rows.entity[:500])[0, 1]) < 4 / np.sqrt(500)


def test_entries_are_numbered_anew_among_those_of_their_day() -> None:
    first = entries.entered(some_rows(400), 10, np.random.default_rng(1))
    own = np.arange(401, 501, dtype=np.int32)
    both = entries.followed(first, some_rows(100), own, 10)
    again, numbers = entries.renumbered(both, np.random.default_rng(2))
    assert again.number.tolist() == list(range(1, 501))
    assert set(numbers[1:].tolist()) == set(range(1, 501))
    assert 200 < numbers[own].mean() < 300
    for old, entity in zip(both.number, both.rows.entity, strict=True):
        assert again.rows.entity[numbers[old] - 1] == entity


def share_standing_first(
    place: Sequence[int], group: Sequence[str], later: Sequence[bool]
) -> tuple[float, int]:
    """Of the pairs in a group of which one has a later version: the share in which that one stands first."""
    first = pairs = 0
    rows = pd.DataFrame({"place": place, "group": group, "later": later})
    for _, members in rows.groupby("group"):
        with_it = members.place[members.later].to_numpy()
        without = members.place[~members.later].to_numpy()
        first += int((with_it[:, None] < without[None, :]).sum())
        pairs += len(with_it) * len(without)
    return first / pairs, pairs


@pytest.mark.parametrize(
    ("file", "key", "group"), [("key_persons", "record_no", "group"), ("products", "product_no", "kind")]
)
def test_the_place_of_a_row_within_its_day_does_not_tell_whether_it_is_renewed(
    file: str, key: str, group: str, medium_city: CityFiles
) -> None:
    rows = pq.read_table(Path(medium_city.raw_folder) / f"{file}.parquet").to_pandas().reset_index()
    rows = rows[~rows[key].fillna("-").str.contains("-") & rows.known_on.notna()]
    rows = rows.drop_duplicates([key, "known_on"])
    rows["later"] = rows.groupby(key)[key].transform("size") > 1
    rows = rows[rows.groupby(key).known_on.transform("min") == rows.known_on]
    groups = rows.known_on.astype(str) + rows[group].astype(str)
    share, pairs = share_standing_first(rows["index"], groups, rows.later)
    assert pairs > 200
    assert share == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(pairs / 3))


def test_listings_made_by_mistake_have_the_numbers_of_their_day(medium_city: CityFiles) -> None:
    """Withdrawn ones are not the last of all numbers: a listing's number follows the day it was known."""
    rows = pd.concat(
        pd.read_csv(medium_city.raw_folder / f"{month}listings.csv", encoding="gb18030",
                    encoding_errors="replace", dtype=str, on_bad_lines="skip", quoting=3)
        for month in ("", "2026-06/")
    )  # fmt: skip
    rows = rows[rows["列入编号"].str.fullmatch(r"LR\d+", na=False)]
    withdrawn = set(rows["列入编号"][rows["撤销"] == "是"])
    assert len(withdrawn) > 5
    first = rows[rows["撤销"] != "是"].drop_duplicates("列入编号")
    known = pd.to_datetime(first["录入日期"], format="%Y年%m月%d日", errors="coerce")
    rank = first["列入编号"].str.extract(r"(\d+)")[0].astype(int).rank(pct=True)
    wrong = first["列入编号"].isin(withdrawn)
    assert (rank[wrong] - known.rank(pct=True)[wrong]).abs().max() < 0.05
    assert rank[wrong].mean() < 0.9
