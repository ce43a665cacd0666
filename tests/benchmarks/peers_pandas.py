"""The common aggregates as an analyst writes them in pandas: columns of values and zeros, then one sum."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from data_contracts.lake import Lake
from features.as_of import AsOf
from tests.benchmarks.common_aggregates import TABLES, WINDOWS, arguments, column, columns, recency

CLOCKS = ["occurred_on", "known_on", "forgotten_on", "superseded_on"]


def read(lake: Lake, table: str, wanted: list[str]) -> pd.DataFrame:
    """Some columns of a table; days as timestamps, which pandas compares fast."""
    rows = pd.read_parquet(lake.tables[table].path, columns=wanted)
    days = [name for name in wanted if name.endswith("_on")]
    return rows.assign(**{name: pd.to_datetime(rows[name]) for name in days})


def population(lake: Lake, as_of: AsOf) -> pd.Index:
    """The entities that are known and not known to be deregistered, in order."""
    rows = read(lake, "entities", ["entity_id", "known_on", "deregistered_on"])
    rows = rows[rows["known_on"] <= pd.Timestamp(as_of.on)].sort_values("known_on", kind="stable")
    gone = rows.groupby("entity_id")["deregistered_on"].last()
    return gone.index[gone.isna() | (gone > pd.Timestamp(as_of.on))]


def known(lake: Lake, table: str, as_of: AsOf) -> pd.DataFrame:
    """The rows that had happened and were known, in the version of that day, and are not forgotten."""
    used = {one.summed or (one.where or (None,))[0] for one in TABLES[table]} - {None}
    rows = read(lake, table, ["entity_id", *CLOCKS, "retracted", *sorted(used)])
    on, used_on = pd.Timestamp(as_of.on), pd.Timestamp(as_of.used_on)
    rows["happened_on"] = rows["occurred_on"].fillna(rows["known_on"])
    return rows[
        (rows["happened_on"] <= on)
        & (rows["known_on"] <= on)
        & ~rows["retracted"].astype(bool)
        & (rows["superseded_on"].isna() | (rows["superseded_on"] > on))
        & (rows["forgotten_on"].isna() | (rows["forgotten_on"] > used_on))
    ]


def aggregates(lake: Lake, table: str, as_of: AsOf) -> pd.DataFrame:
    """The 12 aggregates and the recency of one table."""
    rows = known(lake, table, as_of)
    values = {}
    for days in WINDOWS:
        within = rows["happened_on"] > pd.Timestamp(as_of.on - timedelta(days=days))
        for one in TABLES[table]:
            if one.summed:
                value = rows[one.summed].fillna(0).astype("int64").where(within, 0)
            elif one.where:
                value = (within & (rows[one.where[0]] == one.where[1])).astype("int64")
            else:
                value = within.astype("int64")
            values[column(table, one, days)] = value
    by_entity = pd.DataFrame(values).groupby(rows["entity_id"]).sum()
    last = rows.groupby("entity_id")["happened_on"].max()
    by_entity[recency(table)] = (pd.Timestamp(as_of.on) - last).dt.days
    return by_entity


def main() -> None:
    """Computes and writes them."""
    lake, as_of, into = arguments()
    entities = population(lake, as_of)
    found = []
    for table in TABLES:
        of_table = aggregates(lake, table, as_of).reindex(entities)
        counted = [name for name in of_table if name.endswith("d")]
        of_table[counted] = of_table[counted].fillna(0).astype("int64")
        of_table[recency(table)] = of_table[recency(table)].astype("Int64")
        found.append(of_table)
    pd.concat(found, axis=1)[columns()].reset_index().to_parquet(into, index=False)


if __name__ == "__main__":
    main()
