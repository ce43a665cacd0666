"""Indicators: a city's snapshot at one date and at eight, refreshed, on Spark, and what peers compute too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from data_contracts.lake import open_lake
from features.catalogue import CATALOGUE
from features.digest import content_digest
from tests.benchmarks.common_aggregates import TABLES
from tests.benchmarks.records import CITY, size_of
from tests.benchmarks.subject import Ratio, Step, Subject, Target, Work

# The sandbox's last day, eight quarters before it, and a month after one of them.
LAST, REFRESHED = date(2026, 6, 30), date(2026, 5, 1)
QUARTERS = tuple(date(year, month, 1) for year in (2024, 2025, 2026) for month in (1, 4, 7, 10))[2:10]
LAKE, SNAPSHOTS, SPARK, PEERS = f"{CITY}/lake", f"{CITY}/snapshots", "spark", "peers"
OURS = "common_aggregates"
# The design's targets: one date of the largest city in a minute; eight dates in seven times one.
ONE_DATE, EIGHT_DATES = Target(seconds=60, gib=8), Target(seconds=420, gib=8)
# What peers need is theirs; one that does not fit into the memory is not measured at that size.
PEER = Target(seconds=600, gib=8)


class Unequal(AssertionError):  # noqa: N818 - it names what was found
    """Two ways to compute the same gave different values."""


def card_of(folder: Path, day: date) -> dict[str, Any]:
    """The card of the snapshot of a day."""
    (path,) = folder.glob(f"{day}/*/snapshot.json")
    card: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return card


def built(days: Sequence[date], home: Path) -> Work:
    """Snapshots of some days, each made of all rows of the lake."""
    folder = home / SNAPSHOTS
    for day in days:
        card_of(folder, day)
    rows = sum(table.rows for table in open_lake(home / LAKE).tables.values())
    return Work(rows=rows * len(days), size_bytes=sum(size_of(folder / str(day)) for day in days))


def on_spark(home: Path) -> Work:
    """Spark's snapshot of the last day, which has to be that of DuckDB."""
    theirs, ours = card_of(home / SPARK, LAST), card_of(home / SNAPSHOTS, LAST)
    if theirs["digest"] != ours["digest"]:
        raise Unequal(f"Spark's snapshot has the digest {theirs['digest']}, that of DuckDB {ours['digest']}")
    return Work(rows=built([LAST], home).rows, size_bytes=size_of(home / SPARK))


def common(name: str, home: Path) -> Work:
    """The common aggregates by us or by a peer, which have to be the same."""
    mine, ours = (home / PEERS / f"{one}.parquet" for one in (name, OURS))
    if content_digest(mine) != content_digest(ours):
        raise Unequal(f"{name} gives other values than {OURS}")
    rows = sum(table.rows for table in map(open_lake(home / LAKE).table, ("entities", *TABLES)))
    return Work(rows=rows, size_bytes=mine.stat().st_size)


def aggregated(name: str, module: str, target: Target) -> Step:
    """The common aggregates by one of the modules here."""
    files = ("--lake", f"{{home}}/{LAKE}", "--into", f"{{home}}/{PEERS}/{module}.parquet")
    return Step(
        name=name,
        arguments=(f"tests.benchmarks.{module}", *files),
        done=partial(common, module),
        target=target,
    )


USE = ("--used-on", str(LAST))
SUBJECT = Subject(
    name="indicators",
    title=f"Indicators: all {len(CATALOGUE)}, and 65 that peers compute too",
    needs=("generate", "admit"),
    steps=(
        Step(
            name="one date",
            arguments=("features", "build", "--as-of", str(LAST), *USE),
            done=partial(built, [LAST]),
            target=ONE_DATE,
        ),
        Step(
            name="eight dates",
            arguments=(
                *("features", "build", "--every", "quarter"),
                *("--from", str(QUARTERS[0]), "--to", str(QUARTERS[-1]), *USE),
            ),
            done=partial(built, QUARTERS),
            target=EIGHT_DATES,
        ),
        Step(
            name="refresh by a month",
            arguments=("features", "refresh", "--as-of", str(REFRESHED), "--from", str(QUARTERS[-1]), *USE),
            done=partial(built, [REFRESHED]),
            target=ONE_DATE,
        ),
        Step(
            name="one date on Spark",
            arguments=(
                *("tests.benchmarks.spark_snapshot", "--lake", f"{{home}}/{LAKE}"),
                *("--snapshots", f"{{home}}/{SPARK}", "--as-of", str(LAST)),
            ),
            done=on_spark,
            target=PEER,
            up_to=350_000,
        ),
        aggregated("65 on DuckDB", OURS, ONE_DATE),
        aggregated("65 in polars", "peers_polars", PEER),
        aggregated("65 in pandas", "peers_pandas", PEER),
    ),
    ratios=(
        Ratio(step="eight dates", to="one date", at_most=7),
        Ratio(step="65 on DuckDB", to="65 in polars", at_most=1.5),
        Ratio(step="65 on DuckDB", to="65 in pandas", at_most=1 / 2.5),
    ),
    sizes=(35_000, 350_000, 3_500_000),
    size_word="entities",
)
