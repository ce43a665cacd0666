"""The seven dimensions as SQL over one table of a lake: of what, how many are right. Text only.

Every statement gives (provider, month, right_ones, all_ones); the share is right_ones / all_ones and null
where all_ones is 0: nothing can be said. Read by engine.py, which makes the relations named here:

- `account` (provider, month, outcome, reason, dimension, by_product, rows): account.parquet, rows
  set aside left out;
- `stated`: the admitted rows with their provider and `by_product`; `standing`: those of them that hold
  today, neither corrected nor retracted since (of a versioned table the last version): a correction
  is no fault;
- `outside` (column_name, value, day): what a dated code table does not hold on its day;
- `by_product` marks what only mentions entities: rows that a feed draws out of a file of events, where
  no register is due;
- `reached` (provider, month, region, rows, referring, linked), `delays` (provider, month, delay, rows)
  and `population` (region, entities).

The names are those of the national drive of 2023 (seven dimensions). GB/T 36344-2018 has six and is
followed where they meet: completeness 0201, conformity 0101 and 0105, redundancy 0303, linkage
0402, accuracy 0301, timeliness 0501.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_contracts.admission.unique_rows import month_sql
from data_contracts.contract import ENTITY_ID, Column, Contract
from data_contracts.conversions import named, quoted

# Rows come in groups: four violations of one visit, a batch of one office. Where twenty are expected, even in
# fours, a region or month stays empty by chance in fewer than one of a hundred cases.
EXPECTED_AT_LEAST = 20
NOTHING = """
SELECT CAST(NULL AS VARCHAR) AS provider, CAST(NULL AS DATE) AS month, 0 AS right_ones, 0 AS all_ones
WHERE false"""
# The order in which admission judges a row: of a row that falls, the later ones are not known.
JUDGED_IN_TURN = ("conformity", "accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What of a table can be judged: decided once for the whole table, never month by month.

    `expected` are, by provider, the columns that its rows should fill and that it fills at least once.
    """

    contract: Contract
    expected: Mapping[str, tuple[str, ...]]
    coded: tuple[str, ...] = ()
    inner_codes: bool = False
    references: tuple[str, ...] = ()


def completeness_sql(judged: Judged) -> str:
    """完整性: cells that are filled, of the cells that every row should fill.

    Cells: columns the contract requires or expects and the provider supplies (one value anywhere; a
    column it never fills counts under coverage), in standing rows. A row rejected as `missing`
    cannot be used: none of its cells counts as filled. Not judged: by-products. GB/T 36344-2018, 0201.
    """
    columns = dict.fromkeys(name for names in judged.expected.values() for name in names)
    filled = " + ".join(f"count({named(name)})" for name in columns) or "0"
    widths = " ".join(f"WHEN {quoted(who)} THEN {len(names)}" for who, names in judged.expected.items())
    width = f"CASE provider {widths} ELSE 0 END" if widths else "0"
    return f"""
SELECT provider, month, sum(filled) AS right_ones, sum(rows * {width}) AS all_ones FROM (
  SELECT provider, {month_sql(judged.contract)} AS month, {filled} AS filled, count(*) AS rows
  FROM standing WHERE NOT by_product GROUP BY ALL
  UNION ALL
  SELECT provider, month, 0, rows FROM account WHERE dimension = 'completeness' AND NOT by_product)
GROUP BY provider, month"""


def conformity_sql(judged: Judged) -> str:
    """规范性: rows that keep types, formats, lengths, bounds and codes, of the rows delivered.

    Rows: standing ones, and rejected ones whose form was judged to its end: not those that lack a
    value or cannot be read. Copies count under redundancy. Not right: rows rejected for a fault of
    form (faults.py), and standing rows with a value outside its dated code table on the day of the
    event. A column whose values mostly lie outside follows codes of its own and is not judged.
    GB/T 36344-2018, 0101 and 0105.
    """
    faulty = " OR ".join(outside_sql(judged.contract, name) for name in judged.coded) or "false"
    return _rows_sql(judged.contract, faulty, "conformity")


def redundancy_sql(_judged: Judged) -> str:
    """冗余性: rows that tell something, of the rows read: 1 - duplicates / read.

    A row of the same key that says nothing new is a duplicate; one that completes an earlier row (its
    end, its repair, its outcome) is none. Not judged: by-products, where an
    entity is mentioned as often as something happens to it. GB/T 36344-2018, 0303.
    """
    return """
SELECT provider, month, sum(rows) FILTER (outcome <> 'duplicate' OR reason = 'completes') AS right_ones,
  sum(rows) AS all_ones
FROM account WHERE NOT by_product GROUP BY provider, month"""


def linkage_sql(judged: Judged) -> str:
    """关联性: rows all of whose references lead somewhere, of the rows that refer to something.

    Rows: standing ones with a reference (entity_id to entities, inspection_id to inspections);
    retractions of nothing count as leading nowhere. Not judged: a table read from the same files as
    the one it refers to. Near misses count as leading nowhere; the ledger names the candidate. GB/T
    36344-2018, 0402.
    """
    if not judged.references:
        return NOTHING
    return """
SELECT provider, month, sum(linked) AS right_ones, sum(referring) AS all_ones FROM (
  SELECT provider, month, linked, referring FROM reached
  UNION ALL SELECT provider, month, 0, rows FROM account WHERE dimension = 'linkage')
GROUP BY provider, month"""


def accuracy_sql(judged: Judged) -> str:
    """准确性: rows that contradict neither themselves nor others, of the rows delivered.

    Rows: standing ones, and those rejected here: what was rejected before came to no rule. Not right:
    rows rejected for a rule of the contract (dates in the wrong
    order, GB 32100 check character), rows of one key that disagree, and standing entities whose
    credit code breaks the inner check of GB 11714. Where most codes break it, they are not of that
    kind and not judged. GB/T 36344-2018, 0301.
    """
    return _rows_sql(
        judged.contract, bad_inner_code_sql("uscc") if judged.inner_codes else "false", "accuracy"
    )


def timeliness_sql(judged: Judged) -> str:
    """及时性: events known within the days the contract allows, of the events with both days.

    First versions only: a correction comes later by nature. Null if the contract allows no number
    of days, if the days are undated, and if every event of the table was known on its own day: then
    the source gives one day for both and nothing can be said. The median delay stands beside it.
    GB/T 36344-2018, 0501.
    """
    allowed = judged.contract.latency_days
    if allowed is None:
        return NOTHING
    return f"""
SELECT provider, month, sum(rows) FILTER (delay <= {allowed}) AS right_ones, sum(rows) AS all_ones
FROM delays WHERE provider IN (SELECT provider FROM delays GROUP BY provider HAVING max(delay) > 0)
GROUP BY provider, month"""


def coverage_sql(_judged: Judged) -> str:
    """全面性 within a month: entities of regions that sent rows, of the entities of all regions due.

    A region is due if its usual share of the rows would bring it at least twenty of the month's; of one
    that never sent any, its share of the entities is asked. Regions are asked for only where that of
    most entities, and of most rows, is known.
    coverage.py multiplies this share by that of the columns supplied, and counts months that should
    have come and did not.
    """
    return f"""
WITH arrived AS (SELECT month, region, sum(rows) AS rows FROM reached
  WHERE region IS NOT NULL AND rows > 0 GROUP BY ALL),
of_month AS (SELECT month, sum(rows) AS rows FROM arrived GROUP BY month),
usual AS (SELECT region, sum(rows) / (SELECT sum(rows) FROM arrived) AS share FROM arrived GROUP BY region),
due AS (SELECT month, region, entities FROM of_month CROSS JOIN population LEFT JOIN usual USING (region)
  WHERE of_month.rows * coalesce(usual.share, entities / (SELECT sum(entities) FROM population))
    >= {EXPECTED_AT_LEAST})
SELECT CAST(NULL AS VARCHAR) AS provider, due.month, sum(entities) FILTER (arrived.rows > 0) AS right_ones,
  sum(entities) AS all_ones
FROM due LEFT JOIN arrived ON arrived.month = due.month AND arrived.region = due.region
WHERE (SELECT 2 * count(region) >= count(*) FROM entity_regions)
  AND (SELECT 2 * sum(rows) FILTER (region IS NOT NULL) >= sum(rows) FROM reached)
GROUP BY due.month"""


def reached_sql(judged: Judged, *, population: bool) -> str:
    """Rows by month and region, how many standing ones refer to something, and how many of those arrive.

    `entity_regions` holds every entity once; `target_0`, `target_1` … what other references may lead to.
    """
    contract = judged.contract
    owned = population and any(column.name == "entity_id" for column in contract.columns)
    joins, found = [], []
    if owned:
        joins.append("LEFT JOIN entity_regions ON stated.entity_id = entity_regions.entity_id")
    for place, name in enumerate(judged.references):
        reference = str(contract.column(name).refers_to)
        if owned and (name, reference) == ("entity_id", ENTITY_ID):
            arrived = "entity_regions.entity_id"
        else:
            arrived = f"target_{place}.{named(reference.partition('.')[2])}"
            joins.append(f"LEFT JOIN target_{place} ON stated.{named(name)} = {arrived}")
        found.append(f"(stated.{named(name)} IS NULL OR {arrived} IS NOT NULL)")
    refers = " OR ".join(f"stated.{named(name)} IS NOT NULL" for name in judged.references) or "false"
    referring = f"({refers}) AND {standing_condition(contract)}"
    return f"""
SELECT provider, {month_sql(contract)} AS month,
  CAST({"entity_regions.region" if owned else "NULL"} AS VARCHAR) AS region,
  count(*) FILTER (NOT by_product) AS rows,
  count(*) FILTER ({referring}) AS referring,
  count(*) FILTER ({referring} AND {" AND ".join(found) or "true"}) AS linked
FROM stated {" ".join(joins)} GROUP BY ALL"""


def delays_sql(contract: Contract) -> str:
    """Days from event to knowledge of first versions, as a histogram per month."""
    occurred, known = contract.clock("occurred"), contract.clock("known")
    if not occurred or not known:
        return "SELECT '' AS provider, CAST(NULL AS DATE) AS month, 0 AS delay, 0 AS rows WHERE false"
    names = {column.name for column in contract.columns}
    later = ""
    if "superseded_on" in names:
        key = ", ".join(named(name) for name in contract.key)
        later = (
            f"ANTI JOIN (SELECT {key}, superseded_on AS {named(known)} FROM stated "
            f"WHERE superseded_on IS NOT NULL) AS corrections USING ({key}, {named(known)})"
        )
    return f"""
SELECT provider, {month_sql(contract)} AS month, {named(known)} - {named(occurred)} AS delay, count(*) AS rows
FROM stated {later} WHERE {named(occurred)} IS NOT NULL AND {named(known)} IS NOT NULL GROUP BY ALL"""


def median_sql(*groups: str) -> str:
    """The (lower) median of `delays` in each group of provider, month or both, or over all."""
    named_groups = "".join(f"{group}, " for group in groups)
    part = f"PARTITION BY {', '.join(groups)} " if groups else ""
    return f"""
SELECT {named_groups}min(delay) FROM (
  SELECT {named_groups}delay, sum(rows) OVER ({part}ORDER BY delay) AS up_to,
    sum(rows) OVER ({part}) AS all_rows
  FROM delays) WHERE up_to * 2 >= all_rows GROUP BY ALL"""


def outside_pairs_sql(contract: Contract, column: str) -> str:
    """(value, day) pairs of a coded column that its table does not hold; several codes are joined by ';'.

    A table begins somewhere: on earlier days its first codes are asked for.
    """
    day, name = _day_of(contract), quoted(str(contract.column(column).code_table))
    return f"""
WITH held AS (SELECT code, valid_from, valid_until FROM dated_codes WHERE table_name = {name}),
pairs AS (SELECT DISTINCT {named(column)} AS value, {day} AS day FROM standing
  WHERE {named(column)} IS NOT NULL AND {day} IS NOT NULL),
codes AS (SELECT value, day, greatest(day, (SELECT min(valid_from) FROM held)) AS asked,
  unnest(string_split(value, ';')) AS code FROM pairs)
SELECT DISTINCT {quoted(column)} AS column_name, value, day FROM codes
WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.code = codes.code AND asked >= valid_from
  AND (valid_until IS NULL OR asked <= valid_until))"""


def outside_sql(contract: Contract, column: str) -> str:
    """True for a standing row whose value of that column lies outside its code table on the day."""
    return (
        f"EXISTS (SELECT 1 FROM outside WHERE column_name = {quoted(column)} "
        f"AND outside.value = standing.{named(column)} AND outside.day = {_day_of(contract, 'standing.')})"
    )


def bad_inner_code_sql(column: str) -> str:
    """True for a credit code whose characters 9 to 17 break GB 11714 (the macro is in conversions.py)."""
    return f"({named(column)} IS NOT NULL AND NOT has_inner_check({named(column)}))"


def standing_condition(contract: Contract) -> str:
    """True for rows of an event table that nobody corrected or withdrew since."""
    names = {column.name for column in contract.columns}
    conditions = [text for name, text in _STANDING if name in names]
    return " AND ".join(conditions) or "true"


def standing_sql(contract: Contract) -> str:
    """The rows that hold today; of a versioned table the last version of each."""
    if contract.versioned:
        owner, clock = (named(name) for name in contract.key)
        judged = dict.fromkeys(column.name for column in contract.columns if _is_judged(column, contract))
        last = f"SELECT {owner}, max({clock}) AS {clock} FROM stated GROUP BY {owner}"
        return (
            f"SELECT {', '.join(map(named, judged))}, provider, by_product FROM stated "
            f"SEMI JOIN ({last}) AS last_rows USING ({owner}, {clock})"
        )
    return f"SELECT * FROM stated WHERE {standing_condition(contract)}"


_STANDING: Sequence[tuple[str, str]] = (
    ("superseded_on", "superseded_on IS NULL"),
    ("retracted", "NOT coalesce(retracted, false)"),
)


def _rows_sql(contract: Contract, faulty: str, dimension: str) -> str:
    """Standing rows, and rejected ones that came as far: a row is judged up to its first fault only."""
    reached = ", ".join(quoted(name) for name in JUDGED_IN_TURN[JUDGED_IN_TURN.index(dimension) :])
    return f"""
SELECT provider, month, sum(right_rows) AS right_ones, sum(rows) AS all_ones FROM (
  SELECT provider, {month_sql(contract)} AS month, count(*) FILTER (NOT ({faulty})) AS right_rows,
    count(*) AS rows
  FROM standing GROUP BY ALL
  UNION ALL
  SELECT provider, month, CASE WHEN dimension = '{dimension}' THEN 0 ELSE rows END, rows
  FROM account WHERE outcome = 'rejected' AND dimension IN ({reached}))
GROUP BY provider, month"""


def _is_judged(column: Column, contract: Contract) -> bool:
    """True for a column that some dimension or finding reads."""
    return (
        column.name in (*contract.key, "uscc")
        or column.required
        or column.expected
        or bool(column.clock or column.code_table or column.refers_to)
    )


def _day_of(contract: Contract, prefix: str = "") -> str:
    day = contract.clock("occurred") or contract.clock("known")
    return f"{prefix}{named(day)}" if day else "CAST(NULL AS DATE)"
