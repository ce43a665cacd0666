"""SQL that finds ids which no entity has, and known ids one substituted character away: text only, no engine.

A near miss is told, never repaired: which of two ids is wrong only their owner knows. Two ids of one length
that differ at one place are equal in one half and, there, in all but that place: they join on what is left.
The unknown ids are the small side, the known ones only stream past. Only letters and digits of ASCII are
compared, so that at one place at most 62 ids are near and nobody can make the pairs grow with the square; an
id of that length with any other character is counted as not compared, like those beyond the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data_contracts.conversions import quoted

SHORTEST, LONGEST = 15, 64
# More unknown ids than this speak for a missing register, not for slips of the pen.
MOST_COMPARED = 200_000
_HALVES = {"left": "left({id}, length({id}) // 2)", "right": "substr({id}, length({id}) // 2 + 1)"}
EVENTS, REJECTED = "events", "rejected"

# What near_misses.parquet holds where no entities are admitted: nothing is known to be unknown.
NOTHING = (
    """SELECT '' AS "table", '' AS given_id, '' AS near_id, CAST(0 AS BIGINT) AS rows, '' AS where_found """
    "WHERE false"
)


def known_ids_sql(entities: Path) -> str:
    """Every id that an entity has."""
    return f"SELECT DISTINCT entity_id FROM read_parquet({quoted(str(entities))})"


def strangers_sql(tables: Sequence[tuple[str, Path]]) -> str:
    """Ids that no entity has, by table: those of admitted rows, and those of rejected rows of entities."""
    sources = [(name, EVENTS, f"read_parquet({quoted(str(path))})") for name, path in tables]
    given = " UNION ALL ".join(
        f'SELECT {quoted(name)} AS "table", {quoted(where)} AS where_found, entity_id '
        f"FROM {rows} WHERE entity_id IS NOT NULL"
        for name, where, rows in (*sources, ("entities", REJECTED, "refused_entities"))
    )
    return (
        'SELECT "table", entity_id AS given_id, count(*) AS rows, where_found '
        f"FROM ({given}) ANTI JOIN known_ids USING (entity_id) GROUP BY ALL"
    )


def comparable_sql() -> str:
    """The unknown ids that are long enough to be compared, the first ones in their order."""
    shape = f"[0-9A-Za-z]{{{SHORTEST},{LONGEST}}}"
    return (
        f"SELECT DISTINCT given_id FROM strangers WHERE regexp_full_match(given_id, {quoted(shape)}) "
        f"ORDER BY given_id LIMIT {MOST_COMPARED}"
    )


def alike_sql(half: str) -> str:
    """The known ids that are equal to an unknown one in their left or right half."""
    known, given = (_HALVES[half].format(id=name) for name in ("entity_id", "given_id"))
    return (
        f"SELECT entity_id FROM known_ids SEMI JOIN comparable ON {known} = {given} "
        f"AND length(entity_id) = length(given_id) WHERE regexp_full_match(entity_id, '[0-9A-Za-z]+')"
    )


def near_at_sql(place: int) -> str:
    """Pairs of an unknown and a known id that differ in the character at one place and in no other."""
    same = " AND ".join(
        f"{part.format(id='entity_id')} = {part.format(id='given_id')}"
        for part in (f"left({{id}}, {place - 1})", f"substr({{id}}, {place + 1})")
    )
    return " UNION ALL ".join(
        f"SELECT given_id, entity_id AS near_id FROM alike_{half} JOIN comparable "
        f"ON {same} AND length(entity_id) = length(given_id) "
        f"WHERE {within} AND length(given_id) >= {place}"
        for half, within in (
            ("right", f"length(given_id) // 2 >= {place}"),
            ("left", f"length(given_id) // 2 < {place}"),
        )
    )


def near_misses_sql() -> str:
    """What near_misses.parquet holds."""
    return (
        'SELECT "table", given_id, near_id, rows, where_found FROM strangers JOIN near_ids USING (given_id) '
        'ORDER BY "table", where_found, given_id, near_id'
    )


def counts_sql() -> str:
    """Unknown rows and ids by table, how many of them have a near id, and how many ids were not compared."""
    long = f"length(given_id) BETWEEN {SHORTEST} AND {LONGEST}"
    near = "given_id IN (SELECT given_id FROM near_ids)"
    return (
        'SELECT "table", where_found, CAST(sum(rows) AS BIGINT), count(*), '
        f"CAST(coalesce(sum(rows) FILTER ({near}), 0) AS BIGINT), count(*) FILTER ({near}), "
        f"count(*) FILTER ({long} AND given_id NOT IN (SELECT given_id FROM comparable)) "
        'FROM strangers GROUP BY ALL ORDER BY "table", where_found'
    )
