"""Makes the relations that dimensions.py and problems.py read, and decides what of a table can be
judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data_contracts.contract import ENTITY_ID, Contract, load_contract
from data_contracts.conversions import named, quoted
from data_contracts.dated_codes import code_table, code_table_names
from data_contracts.lake import LakeError, LakeTable
from data_contracts.quality import dimensions
from data_contracts.quality.dimensions import Judged
from data_contracts.quality.engine import Engine
from data_contracts.quality.faults import dimension_of
from data_contracts.quality.origins import Origins, origins_of
from data_contracts.quality.score import Share
from data_contracts.report import SET_ASIDE

ONE_DAY = "every event was known on its own day: the source gives one day for both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A table made ready to be measured: what can be judged, and why the rest cannot.

    `asked` are the columns that every row should fill; `mentions` the providers that have by-products only.
    """

    judged: Judged
    asked: tuple[str, ...]
    providers: tuple[str, ...]
    mentions: frozenset[str]
    unsaid: Mapping[str, str]

    def only_mentions(self, provider: str | None) -> bool:
        """True if no row of the provider (or of any) comes out of a register of its own."""
        asked = set(self.providers) if provider is None else {provider}
        return bool(asked) and asked <= self.mentions

    def columns(self, provider: str | None) -> Share:
        """Columns supplied by one provider, or by all together, of those asked for."""
        supplied = [names for who, names in self.judged.expected.items() if provider in (None, who)]
        return Share(right=len({name for names in supplied for name in names}), of=len(self.asked))


def prepare(engine: Engine) -> Origins:
    """Makes what all tables need: the account, the dated codes, the region of every entity."""
    lake = engine.lake
    for name in ("account.parquet", "near_misses.parquet"):
        if not (lake.folder / name).is_file():
            raise _not_whole(engine, name)
    origins = origins_of(lake)
    account = engine.parquet(lake.folder / "account.parquet")
    reasons = [
        row[0] for row in engine.rows(f"SELECT DISTINCT reason FROM {account} WHERE outcome = 'rejected'")
    ]
    engine.literals(
        "reasons",
        [("reason", str), ("dimension", str)],
        [(reason, dimension_of(reason)) for reason in reasons],
    )
    by_products = ", ".join(quoted(feed) for feed in sorted(origins.by_products)) or "''"
    engine.table(
        "all_accounts",
        f"SELECT account.*, dimension, feed IN ({by_products}) AS by_product "
        f"FROM {account} AS account LEFT JOIN reasons USING (reason)",
    )
    engine.table("feeds", "SELECT DISTINCT feed, provider, by_product FROM all_accounts")
    _keep_codes(engine)
    _keep_entities(engine)
    return origins


def look_at(engine: Engine, origins: Origins, table: str) -> Look:
    """Makes the relations of one table, and decides what of it can be judged."""
    contract = load_contract(table)
    engine.view(
        "account",
        f'SELECT * FROM all_accounts WHERE "table" = {quoted(table)} '
        f"AND reason IS DISTINCT FROM {quoted(SET_ASIDE)}",
    )
    told = engine.rows("SELECT provider, bool_and(by_product) FROM account GROUP BY provider ORDER BY ALL")
    providers = tuple(row[0] for row in told)
    engine.view("stated", _stated_sql(engine, engine.lake.table(table)))
    _keep_standing(engine, contract)
    asked = tuple(c.name for c in contract.columns if (c.required or c.expected) and not c.computed)
    filled = _filled_columns(engine, engine.lake.table(table), providers)
    anywhere = {name for names in filled.values() for name in names}
    unsaid: dict[str, str] = {}
    judged = Judged(
        contract=contract,
        expected={who: tuple(name for name in asked if name in names) for who, names in filled.items()},
        coded=tuple(_judged_codes(engine, contract, anywhere)),
        inner_codes="uscc" in anywhere and contract.versioned and _mostly_right_inner_codes(engine),
        references=tuple(_judged_references(engine, origins, contract, unsaid)),
    )
    _explain(judged, anywhere, unsaid)
    mentions = frozenset(who for who, only_by_products in told if only_by_products)
    return Look(judged=judged, asked=asked, providers=providers, mentions=mentions, unsaid=unsaid)


def _stated_sql(engine: Engine, table: LakeTable) -> str:
    """The admitted rows with their provider: where there are several feeds, that of each stands beside."""
    rows = f"SELECT * FROM {engine.parquet(table.path)}"
    feeds = engine.rows(
        f'SELECT DISTINCT feed, provider, by_product FROM all_accounts WHERE "table" = {quoted(table.name)}'
    )
    if len(feeds) < 2:
        _, provider, by_product = feeds[0] if feeds else ("", "", False)
        return f"SELECT *, {quoted(provider)} AS provider, {by_product} AS by_product FROM ({rows})"
    beside = engine.lake.folder / "feeds" / table.path.name
    if not beside.is_file():
        raise _not_whole(engine, f"feeds/{beside.name}")
    return (
        f"SELECT * EXCLUDE (feed) FROM ({rows} POSITIONAL JOIN {engine.parquet(beside)}) "
        "JOIN feeds USING (feed)"
    )


def _keep_standing(engine: Engine, contract: Contract) -> None:
    """A view; the last versions of a versioned table are found once and kept, for they are read often."""
    standing = dimensions.standing_sql(contract)
    if contract.versioned:
        engine.table("last_versions", standing)
        standing = "SELECT * FROM last_versions"
    engine.view("standing", standing)


def _keep_codes(engine: Engine) -> None:
    """Our dated code tables, and those the city delivers in its own table `codes`."""
    columns = [("table_name", str), ("code", str), ("valid_from", date), ("valid_until", date)]
    ours = [
        (name, c.code, c.valid_from, c.valid_until) for name in code_table_names() for c in code_table(name)
    ]
    engine.literals("dated_codes", columns, ours)
    if "codes" in engine.lake.tables:
        path = engine.lake.table("codes").path
        engine.rows(
            "INSERT INTO dated_codes SELECT table_name, code, valid_from, valid_until "
            f"FROM {engine.parquet(path)}"
        )


def _keep_entities(engine: Engine) -> None:
    if not has_entities(engine):
        return
    path = engine.parquet(engine.lake.table("entities").path)
    engine.table(
        "entity_regions",
        f"SELECT entity_id, arg_max(region_code, known_on) AS region FROM {path} GROUP BY entity_id",
    )
    engine.table(
        "population",
        "SELECT region, count(*) AS entities FROM entity_regions WHERE region IS NOT NULL GROUP BY region",
    )


def has_entities(engine: Engine) -> bool:
    return "entities" in engine.lake.tables


def _filled_columns(engine: Engine, table: LakeTable, providers: Sequence[str]) -> dict[str, set[str]]:
    """Columns with a value anywhere, by provider; for one provider, Parquet has counted its nulls."""
    if len(providers) > 1 or (engine.lake.folder / "feeds" / table.path.name).is_file():
        names = [name for name in engine.columns("stated") if name not in ("provider", "by_product")]
        counts = ", ".join(f"count({named(name)}) > 0" for name in names)
        told = engine.rows(f"SELECT provider, {counts} FROM stated WHERE NOT by_product GROUP BY provider")
        found = {row[0]: {name for name, some in zip(names, row[1:], strict=True) if some} for row in told}
        return {provider: found.get(provider, set()) for provider in providers}
    told = engine.rows(
        "SELECT path_in_schema, sum(num_values), sum(stats_null_count), count(stats_null_count) = count(*) "
        f"FROM parquet_metadata({quoted(str(table.path))}) GROUP BY path_in_schema"
    )
    filled = {name for name, values, nulls, complete in told if not complete or values > (nulls or 0)}
    return dict.fromkeys(providers, filled)


def _judged_codes(engine: Engine, contract: Contract, filled: set[str]) -> Iterator[str]:
    """Coded columns whose values mostly lie in the table; what lies outside is kept in `outside`."""
    engine.literals("outside", [("column_name", str), ("value", str), ("day", date)], [])
    for column in contract.columns:
        if column.code_table is None or column.name not in filled:
            continue
        engine.table("pairs", dimensions.outside_pairs_sql(contract, column.name))
        engine.rows("INSERT INTO outside SELECT * FROM pairs")
        flag = dimensions.outside_sql(contract, column.name)
        counted = f"SELECT count(*) FILTER ({flag}), count({named(column.name)}) FROM standing"
        outside, of = engine.rows(counted)[0]
        if outside * 2 <= of:
            yield column.name


def _mostly_right_inner_codes(engine: Engine) -> bool:
    flag = dimensions.bad_inner_code_sql("uscc")
    wrong, of = engine.rows(f"SELECT count(*) FILTER ({flag}), count(uscc) FROM standing")[0]
    return bool(wrong * 2 <= of)


def _judged_references(
    engine: Engine, origins: Origins, contract: Contract, unsaid: dict[str, str]
) -> Iterator[str]:
    """References into another table of the lake that another file fills; makes `target_0`, `target_1` …"""
    unsaid["linkage"] = "the contract names no reference"
    place = 0
    for column in contract.columns:
        if column.refers_to is None:
            continue
        target, _, name = column.refers_to.partition(".")
        if target not in engine.lake.tables:
            unsaid["linkage"] = f"the city has no table {target}"
        elif origins.self_fed(contract.table, target):
            unsaid["linkage"] = f"{target} are drawn out of the same file, so every reference holds"
        else:
            unsaid.pop("linkage", None)
            source = (
                "SELECT entity_id FROM entity_regions"
                if column.refers_to == ENTITY_ID
                else f"SELECT DISTINCT {named(name)} FROM {engine.parquet(engine.lake.table(target).path)} "
                f"WHERE {dimensions.standing_condition(load_contract(target))}"
            )
            (engine.view if column.refers_to == ENTITY_ID else engine.table)(f"target_{place}", source)
            place += 1
            yield column.name


def _explain(judged: Judged, filled: set[str], unsaid: dict[str, str]) -> None:
    contract = judged.contract
    occurred = contract.clock("occurred")
    if contract.latency_days is None:
        unsaid["timeliness"] = "the contract allows no number of days"
    elif occurred is None:
        unsaid["timeliness"] = "the table has no day of the event"
    elif filled and occurred not in filled:
        unsaid["timeliness"] = "the source does not say when it happened"
    elif filled:
        unsaid["timeliness"] = ONE_DAY
    unsaid["redundancy"] = "entities are drawn out of files of events, where repetition is natural"
    unsaid["coverage"] = "no month is due"


def _not_whole(engine: Engine, name: str) -> LakeError:
    return LakeError(
        expected=f"{name} in version {engine.lake.version} of the lake in {engine.lake.root}",
        got="none there",
        todo="admit the raw files again; the version is made anew",
    )
