"""The engine that a command asks for; Spark is imported only when it is."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING

from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from features.engines.memory import as_java
from features.engines.on_duckdb import DuckEngine
from features.engines.on_duckdb import open_engine as open_duckdb

if TYPE_CHECKING:
    from features.engines.on_spark import SparkEngine


class EngineName(StrEnum):
    """The engines there are."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class EngineRefused(Refusal):
    """An engine that is not installed, or options that it does not have."""


def open_chosen(
    name: EngineName,
    lake: Lake,
    *,
    memory_limit: str,
    threads: int,
    master: str | None,
    settings: Sequence[str],
    tables_at: str | None,
) -> DuckEngine | SparkEngine:
    """The engine over a lake; Spark on this machine unless a master is named."""
    if name is EngineName.DUCKDB:
        if master or settings or tables_at:
            raise EngineRefused(
                expected="options of the engine duckdb",
                got="--spark-master, --spark-conf or --tables-at",
                todo="add --engine spark",
            )
        return open_duckdb(lake, memory_limit=memory_limit, threads=threads)
    if find_spec("pyspark") is None:
        raise EngineRefused(
            expected="the extra [spark] for --engine spark",
            got="no package pyspark here",
            todo="install it: pip install 'xinheng[spark]'",
        )
    # Here and not above: it takes a second, and who runs DuckDB needs no Spark at all.
    from features.engines.on_spark import open_engine as open_spark  # noqa: PLC0415

    return open_spark(
        lake,
        master=master or f"local[{threads}]",
        memory=as_java(memory_limit),
        settings=dict(_pair(setting) for setting in settings),
        tables_at=tables_at,
    )


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not (name and equals):
        raise EngineRefused(
            expected="a setting of Spark as NAME=VALUE",
            got=repr(setting),
            todo="write for example --spark-conf spark.executor.instances=8",
        )
    return name, value
