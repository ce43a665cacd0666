"""Measures one version of a lake: the shares of dimensions.py, gathered into scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from data_contracts.conversions import quoted
from data_contracts.lake import Lake
from data_contracts.quality import dimensions
from data_contracts.quality.coverage import coverage_by_month
from data_contracts.quality.engine import Engine, open_engine
from data_contracts.quality.faults import DIMENSIONS
from data_contracts.quality.relations import Look, has_entities, look_at, prepare
from data_contracts.quality.score import Quality, Score, Share, TableQuality
from data_contracts.report import SET_ASIDE

Months = dict[date | None, Share]
Tell = Callable[[str, int, int], None]
MEMORY_LIMIT = "3GB"
SQL = {
    "completeness": dimensions.completeness_sql,
    "conformity": dimensions.conformity_sql,
    "redundancy": dimensions.redundancy_sql,
    "linkage": dimensions.linkage_sql,
    "accuracy": dimensions.accuracy_sql,
    "timeliness": dimensions.timeliness_sql,
}
ONE_OF_SEVERAL = "admitted rows do not tell which of several providers sent them"


def measure(
    lake: Lake,
    scratch: Path,
    *,
    tables: Sequence[str] = (),
    memory_limit: str = MEMORY_LIMIT,
    tell: Tell | None = None,
) -> Quality:
    """The quality of some tables of a lake (all if none is named), per provider and month."""
    chosen = [lake.table(name).name for name in tables] or sorted(lake.tables)
    found: list[TableQuality] = []
    with open_engine(lake, scratch, memory_limit=memory_limit) as engine:
        origins = prepare(engine)
        for step, table in enumerate(chosen):
            if tell:
                tell(f"measuring {table}", step, len(chosen))
            found.extend(_measured(engine, look_at(engine, origins, table)))
    return Quality(city=lake.city, version=lake.version, exported_on=lake.exported_on, tables=tuple(found))


def _measured(engine: Engine, look: Look) -> Iterator[TableQuality]:
    judged, contract = look.judged, look.judged.contract
    engine.table("reached", dimensions.reached_sql(judged, population=has_entities(engine)))
    engine.table("delays", dimensions.delays_sql(contract))
    shares: dict[str, Months] = {name: _months(engine.rows(sql(judged))) for name, sql in SQL.items()}
    shares["coverage"] = _coverage(engine, look)
    medians = {row[0]: int(row[1]) for row in engine.rows(dimensions.median_sql(by_month=True))}
    overall = engine.rows(dimensions.median_sql(by_month=False))
    if not any(shares["timeliness"].values()):
        medians, overall = {}, []
    counts = _counts(engine, contract.table)
    whole = {month: _added(rows.values()) for month, rows in counts.items()}
    several = len(look.providers) > 1
    yield _table_quality(
        look,
        provider=None if several or not look.providers else look.providers[0],
        counts=whole,
        shares=shares,
        medians=medians,
        median=int(overall[0][1]) if overall else None,
    )
    for provider in look.providers if several else ():
        own = {month: rows[provider] for month, rows in counts.items() if provider in rows}
        yield _table_quality(
            look, provider=provider, counts=own, shares=_shares_of_provider(engine, provider)
        )


def _table_quality(
    look: Look,
    *,
    provider: str | None,
    counts: Mapping[date | None, Mapping[str, int]],
    shares: Mapping[str, Months],
    medians: Mapping[date | None, int] | None = None,
    median: int | None = None,
) -> TableQuality:
    contract = look.judged.contract
    months = {*counts, *(month for own in shares.values() for month in own)}
    scores = {
        month: Score(
            **counts.get(month, {}),
            shares={name: own[month] for name, own in shares.items() if month in own},
            median_delay_days=(medians or {}).get(month),
        )
        for month in months
    }
    total = Score(
        **_added(counts.values()),
        shares={name: _sum(own.values()) for name, own in shares.items()},
        median_delay_days=median,
    )
    several = provider is not None and len(look.providers) > 1
    reasons = {
        name: ONE_OF_SEVERAL if several else look.unsaid.get(name, "no rows to judge")
        for name in DIMENSIONS
        if total.share(name) is None
    }
    return TableQuality(
        table=contract.table,
        label_zh=contract.label_zh,
        provider=provider,
        responsible=contract.source.responsible,
        total=total,
        months=scores,
        unsaid=reasons,
    )


def _shares_of_provider(engine: Engine, provider: str) -> dict[str, Months]:
    """What the account alone tells: copies, and rows rejected for form or for a rule; no findings."""
    found: dict[str, dict[date | None, list[float]]] = {}
    for owner, month, outcome, dimension, by_product, rows in engine.rows(dimensions.by_provider_sql()):
        if owner != provider:
            continue
        told = {
            "redundancy": (outcome != "duplicate", not by_product),
            "conformity": (dimension != "conformity", outcome != "duplicate"),
            "accuracy": (dimension != "accuracy", outcome != "duplicate"),
        }
        for name, (right, counts) in told.items():
            if counts:
                sums = found.setdefault(name, {}).setdefault(month, [0, 0])
                sums[0] += rows * right
                sums[1] += rows
    return {
        name: {month: Share(right=right, of=of) for month, (right, of) in months.items()}
        for name, months in found.items()
    }


def _counts(engine: Engine, table: str) -> dict[date | None, dict[str | None, dict[str, int]]]:
    """Rows by month, provider and outcome, those set aside included: they sum up to report.json."""
    found: dict[date | None, dict[str | None, dict[str, int]]] = defaultdict(dict)
    fields = {"duplicate": "duplicates"}
    for month, provider, outcome, rows in engine.rows(
        f"SELECT month, provider, if(reason = {quoted(SET_ASIDE)}, 'set_aside', outcome), sum(rows) "
        f'FROM all_accounts WHERE "table" = {quoted(table)} GROUP BY ALL'
    ):
        found[month].setdefault(provider, {})[fields.get(outcome, outcome)] = int(rows)
    return found


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for part in parts:
        for name, rows in part.items():
            total[name] += rows
    return dict(total)


def _coverage(engine: Engine, look: Look) -> Months:
    contract = look.judged.contract
    rows = engine.rows("SELECT month, sum(rows) FROM reached WHERE month IS NOT NULL GROUP BY month")
    return coverage_by_month(
        {month: int(count) for month, count in rows},
        {
            month: share
            for month, share in _months(engine.rows(dimensions.coverage_sql(look.judged))).items()
            if month is not None
        }
        if has_entities(engine)
        else {},
        columns=look.columns,
        cadence=contract.cadence,
        last_day=engine.lake.exported_on,
    )


def _months(rows: Sequence[tuple[date | None, float | None, float | None]]) -> Months:
    return {month: Share(right=float(right or 0), of=float(of)) for month, right, of in rows if of}


def _sum(shares: Iterable[Share]) -> Share:
    total = Share(right=0, of=0)
    for share in shares:
        total += share
    return total
