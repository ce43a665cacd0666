"""Measures one version of a lake: the shares of dimensions.py, gathered into scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

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
NO_ROWS = "no rows to judge"
MENTIONED = "the rows only mention entities: no register is due"


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
    """One for each provider; of several, all together come first."""
    judged, contract = look.judged, look.judged.contract
    engine.table("reached", dimensions.reached_sql(judged, population=has_entities(engine)))
    engine.table("delays", dimensions.delays_sql(contract))
    told = {name: engine.rows(sql(judged)) for name, sql in SQL.items()}
    counts = _counts(engine, contract.table)
    several = len(look.providers) > 1
    for provider in (None, *look.providers) if several else (look.providers or (None,)):
        own = provider if several else None  # Of a single provider, all rows are its own.
        shares = {name: _months(rows, own) for name, rows in told.items()}
        shares["coverage"] = _coverage(engine, look, own)
        yield _table_quality(
            look, provider, shares, _of_provider(counts, own), _medians(engine, own, shares["timeliness"])
        )


def _table_quality(
    look: Look,
    provider: str | None,
    shares: Mapping[str, Months],
    counts: Mapping[date | None, Mapping[str, int]],
    medians: tuple[int | None, Mapping[date | None, int]],
) -> TableQuality:
    contract = look.judged.contract
    median, by_month = medians
    months = {*counts, *(month for own in shares.values() for month in own)}
    scores = {
        month: Score(
            **counts.get(month, {}),
            shares={name: own[month] for name, own in shares.items() if month in own},
            median_delay_days=by_month.get(month),
        )
        for month in months
    }
    total = Score(
        **_added(counts.values()),
        shares={name: _sum(own.values()) for name, own in shares.items()},
        median_delay_days=median,
    )
    reasons = dict(look.unsaid)
    if look.only_mentions(provider):
        reasons.update(completeness=MENTIONED, coverage=MENTIONED)
    return TableQuality(
        table=contract.table,
        label_zh=contract.label_zh,
        provider=provider,
        responsible=contract.source.responsible,
        total=total,
        months=scores,
        unsaid={
            name: reasons.get(name, NO_ROWS) if total.read else NO_ROWS
            for name in DIMENSIONS
            if total.share(name) is None
        },
    )


def _counts(engine: Engine, table: str) -> dict[str, dict[date | None, dict[str, int]]]:
    """Rows by provider, month and outcome, those set aside included: they sum up to report.json."""
    found: dict[str, dict[date | None, dict[str, int]]] = {}
    fields = {"duplicate": "duplicates"}
    for provider, month, outcome, rows in engine.rows(
        f"SELECT provider, month, if(reason = {quoted(SET_ASIDE)}, 'set_aside', outcome), sum(rows) "
        f'FROM all_accounts WHERE "table" = {quoted(table)} GROUP BY ALL'
    ):
        own = found.setdefault(provider, {}).setdefault(month, {})
        own[fields.get(outcome, outcome)] = int(rows)
    return found


def _of_provider(
    counts: Mapping[str, Mapping[date | None, Mapping[str, int]]], provider: str | None
) -> dict[date | None, dict[str, int]]:
    """The counts of one provider by month, or of all together."""
    found: dict[date | None, list[Mapping[str, int]]] = defaultdict(list)
    for who, months in counts.items():
        if provider in (None, who):
            for month, own in months.items():
                found[month].append(own)
    return {month: _added(parts) for month, parts in found.items()}


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for part in parts:
        for name, rows in part.items():
            total[name] += rows
    return dict(total)


def _medians(
    engine: Engine, provider: str | None, timeliness: Months
) -> tuple[int | None, dict[date | None, int]]:
    """The median delay over all and by month; none where nothing can be said of delay."""
    if not timeliness:
        return None, {}
    groups = ("provider",) if provider else ()
    of_all = [row for row in engine.rows(dimensions.median_sql(*groups)) if provider in (None, row[0])]
    by_month = engine.rows(dimensions.median_sql(*groups, "month"))
    return int(of_all[0][-1]), {row[-2]: int(row[-1]) for row in by_month if provider in (None, row[0])}


def _coverage(engine: Engine, look: Look, provider: str | None) -> Months:
    """Regions are asked of a table as a whole: an office that answers for one district owes no other."""
    own = f"provider = {quoted(provider)}" if provider else "true"
    rows = engine.rows(
        f"SELECT month, sum(rows) FROM reached WHERE month IS NOT NULL AND rows > 0 AND {own} GROUP BY month"
    )
    regions: Months = {}
    if has_entities(engine) and not provider:
        regions = _months(engine.rows(dimensions.coverage_sql(look.judged)), None)
    return coverage_by_month(
        {month: int(count) for month, count in rows},
        regions,
        columns=look.columns(provider),
        cadence=look.judged.contract.cadence,
        last_day=engine.lake.exported_on,
    )


def _months(rows: Sequence[tuple[Any, ...]], provider: str | None) -> Months:
    """Shares by month of one provider, or of all together; without those that nothing can be said of."""
    found: dict[date | None, Share] = {}
    for who, month, right, of in rows:
        if of and provider in (None, who):
            share = Share(right=float(right or 0), of=float(of))
            found[month] = found[month] + share if month in found else share
    return found


def _sum(shares: Iterable[Share]) -> Share:
    total = Share(right=0, of=0)
    for share in shares:
        total += share
    return total
