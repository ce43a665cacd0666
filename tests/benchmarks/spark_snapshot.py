"""Every indicator of a city on Spark, on two threads of this machine, as a snapshot beside that of DuckDB."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from data_contracts.lake import open_lake
from features.as_of import AsOf
from features.engines.on_spark import open_engine
from features.snapshot import build_snapshot


def main() -> None:
    """Builds it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("--snapshots", type=Path, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    asked = parser.parse_args()
    lake = open_lake(asked.lake)
    with open_engine(lake, master="local[2]", memory="5g") as engine:
        build_snapshot(engine, lake, AsOf(on=asked.as_of, used_on=asked.as_of), asked.snapshots)


if __name__ == "__main__":
    main()
