"""The common aggregates as an analyst writes them in polars: lazy, so that it may plan the whole."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from data_contracts.lake import Lake
from features.as_of import AsOf
from tests.benchmarks.common_aggregates import TABLES, WINDOWS, Measure, arguments, column, columns, recency


def population(lake: Lake, as_of: AsOf) -> pl.LazyFrame:
    """The entities that are known and not known to be deregistered."""
    return (
        pl.scan_parquet(lake.tables["entities"].path)
        .filter(pl.col("known_on") <= as_of.on)
        .group_by("entity_id")
        .agg(pl.col("deregistered_on").sort_by("known_on").drop_nulls().last())
        .filter(pl.col("deregistered_on").is_null() | (pl.col("deregistered_on") > as_of.on))
        .select("entity_id")
    )


def known(lake: Lake, table: str, as_of: AsOf) -> pl.LazyFrame:
    """The rows that had happened and were known, in the version of that day, and are not forgotten."""
    return (
        pl.scan_parquet(lake.tables[table].path)
        .with_columns(happened_on=pl.coalesce("occurred_on", "known_on"))
        .filter(
            pl.col("happened_on") <= as_of.on,
            pl.col("known_on") <= as_of.on,
            ~pl.col("retracted"),
            pl.col("superseded_on").is_null() | (pl.col("superseded_on") > as_of.on),
            pl.col("forgotten_on").is_null() | (pl.col("forgotten_on") > as_of.used_on),
        )
    )


def aggregate(measure: Measure, within: pl.Expr) -> pl.Expr:
    """One measure over the rows of a window."""
    if measure.summed:
        return pl.col(measure.summed).filter(within).sum().cast(pl.Int64)
    if measure.where:
        within = within & (pl.col(measure.where[0]) == measure.where[1])
    return within.sum().cast(pl.Int64)


def aggregates(lake: Lake, table: str, as_of: AsOf) -> pl.LazyFrame:
    """The 12 aggregates and the recency of one table."""
    found = [
        aggregate(one, pl.col("happened_on") > as_of.on - timedelta(days)).alias(column(table, one, days))
        for days in WINDOWS
        for one in TABLES[table]
    ]
    last = (pl.lit(as_of.on) - pl.col("happened_on").max()).dt.total_days().alias(recency(table))
    return known(lake, table, as_of).group_by("entity_id").agg(*found, last)


def main() -> None:
    """Computes and writes them."""
    lake, as_of, into = arguments()
    rows = population(lake, as_of)
    for table in TABLES:
        rows = rows.join(aggregates(lake, table, as_of), on="entity_id", how="left")
    counted = [name for name in columns() if name.endswith("d")]
    rows = rows.with_columns(pl.col(counted).fill_null(0)).select("entity_id", *columns()).sort("entity_id")
    rows.collect().write_parquet(into)


if __name__ == "__main__":
    main()
