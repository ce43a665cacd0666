"""SQL that makes versions of the rows of one key, in the order in which they became known: text only.

Rows of one key known on one day are one statement. They complete each other in what may be learned later
(late facts); in anything else they agree or are all rejected: to keep one would let order decide. Statements
of different days are versions. A statement that says nothing new is a duplicate, whatever its day.
A retraction withdraws all that was said before it, and so cuts the history of a key into segments. Within
one, late facts that a later version does not state are carried over, and the retraction repeats what it
withdraws; a record restored after it starts clean. The earliest forgotten_on of a segment holds for all its
versions, be it stated by rows that dispute each other or by the retraction: what may be forgotten is not
shown. So a mistaken repair, like a mistaken end, is undone by retracting the record and restoring it.
Entities are kinder: every column is a late fact. Code tables have no day: one statement for each key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data_contracts.contract import Column, Contract
from data_contracts.conversions import named, quoted
from data_contracts.line_faults import POSITION

CONFLICT, NOTHING_TO_RETRACT = "conflicting_key", "nothing_to_retract"
# A code with this mark says that nothing is known yet, as pending does: it yields to any other.
OPEN = "open"
_AGREED = "disputed_column IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The parts that the columns of a table play: whose history it is, what is firm and what comes late."""

    owner: tuple[str, ...]
    known: str | None
    firm: tuple[Column, ...]
    late: tuple[Column, ...]
    forgotten: str | None
    retractable: bool

    @property
    def statement(self) -> tuple[str, ...]:
        """The columns that name a statement."""
        return (*self.owner, *([self.known] if self.known else ()))


def shape_of(contract: Contract) -> Shape:
    """The parts that the columns of a contract play."""
    superseded, forgotten = contract.clock("superseded"), contract.clock("forgotten")
    known = contract.clock("known") if contract.versioned or superseded else None
    own = {*contract.key, known, superseded, forgotten, "retracted" if superseded else None}
    others = tuple(column for column in contract.columns if column.name not in own)
    dates = {column.dated_by for column in others}
    late = tuple(
        column
        for column in others
        if contract.versioned
        or column.dated_by
        or column.name in dates
        or column.clock in ("ended", "end_known")
    )
    return Shape(
        owner=tuple(name for name in contract.key if name != known),
        known=known,
        firm=tuple(column for column in others if column not in late),
        late=late,
        forgotten=forgotten,
        retractable=superseded is not None,
    )


def statements_sql(contract: Contract) -> str:
    """One row for each statement of the contested rows, with the first column in which its rows disagree."""
    shape = shape_of(contract)
    retracted = "coalesce(retracted, false)" if shape.retractable else "false"
    own = [column.name for column in (*shape.firm, *shape.late)]
    stated = "".join(f", CASE WHEN NOT {retracted} THEN {named(name)} END AS {named(name)}" for name in own)
    stated += f", {named(shape.forgotten)}" if shape.forgotten else ""
    firm = "".join(f", max({named(column.name)}) AS {named(column.name)}" for column in shape.firm)
    late = "".join(
        f", {_merged(column)} AS {named(column.name)}, "
        f"min(CASE WHEN {_closed(column)} IS NOT NULL THEN {POSITION} END) AS {_first(column)}"
        for column in shape.late
    )
    repaired = f", min({named(shape.forgotten)}) AS {named(shape.forgotten)}" if shape.forgotten else ""
    told = {column.name: _differs(column) for column in shape.firm}
    told |= {column.name: _late_differs(column) for column in shape.late}
    ordered = [name for name in (column.name for column in contract.columns) if name in told]
    cases = " ".join(f"WHEN {told[name]} THEN {quoted(name)}" for name in ordered)
    return f"""
SELECT {_list(shape.statement)}, bool_or(withdraws) AS withdraws{firm}{late}{repaired},
  min({POSITION}) AS {POSITION},
  CASE WHEN bool_or(withdraws) <> bool_and(withdraws) THEN 'retracted' {cases} END AS disputed_column
FROM (SELECT {_list(shape.statement)}, {POSITION}, {retracted} AS withdraws{stated} FROM contested)
GROUP BY {_list(shape.statement)}"""


def histories_sql(contract: Contract) -> str:
    """Every undisputed statement with all that holds from its day on; `told` is null if nothing does."""
    shape = shape_of(contract)
    firm = "".join(f", {quoted(column.name)}: {named(column.name)}" for column in shape.firm)
    late = "".join(f", {_carried(column)} AS {named(column.name)}, {_first(column)}" for column in shape.late)
    repaired = (
        f", min({named(shape.forgotten)}) OVER whole AS {named(shape.forgotten)}" if shape.forgotten else ""
    )
    said = f"CASE WHEN {_AGREED} AND NOT withdraws THEN {{'row_was_told': true{firm}}} END"
    return f"""
WITH {_segments(shape)}
SELECT {_list(shape.statement)}, segment, withdraws, {POSITION}{late}{repaired},
  last_value({said} IGNORE NULLS) OVER until AS told
FROM segments
WINDOW until AS ({_segment(shape)} ROWS UNBOUNDED PRECEDING),
  whole AS ({_segment(shape)} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
QUALIFY {_AGREED}"""


def versions_sql(contract: Contract) -> str:
    """The statements that say something new, in contract columns, each with the day of the next."""
    shape = shape_of(contract)
    state = f"row(withdraws, told{''.join(f', {named(column.name)}' for column in shape.late)})"
    superseded = f"lead({named(shape.known)}) OVER ({_history(shape)})" if shape.known else "NULL"
    values = ", ".join(
        f"{value} AS {named(name)}"
        for name, value in (
            (column.name, _version_value(column, shape, superseded)) for column in contract.columns
        )
    )
    return f"""
WITH compared AS (SELECT *, row_number() OVER history AS place,
  {state} IS NOT DISTINCT FROM lag({state}) OVER history AS unchanged
  FROM histories WHERE told IS NOT NULL WINDOW history AS ({_history(shape)}))
SELECT {values}, {POSITION} FROM compared WHERE place = 1 OR NOT unchanged"""


def disputes_sql(contract: Contract) -> str:
    """Statements whose rows are all rejected, with the column and the reason."""
    names = _list(shape_of(contract).statement)
    return (
        f"SELECT {names}, disputed_column, {quoted(CONFLICT)} AS reason FROM statements "
        "WHERE disputed_column IS NOT NULL UNION ALL "
        f"SELECT {names}, 'retracted', {quoted(NOTHING_TO_RETRACT)} FROM histories WHERE told IS NULL"
    )


def completing_sql(contract: Contract) -> str:
    """Positions of rows that are no version of their own, but first to state a late fact or the repair."""
    shape = shape_of(contract)
    other = " OR ".join(f"{_first(column)} <> {POSITION}" for column in shape.late) or "false"
    news = ", ".join(
        f"CASE WHEN {_first(column)} <> {POSITION} AND {named(column.name)} IS DISTINCT FROM "
        f"lag({named(column.name)}) OVER segment_so_far THEN {_first(column)} END"
        for column in shape.late
    )
    owners = f"SELECT DISTINCT {_list(shape.owner)} FROM histories WHERE {other}"
    found = f"""
SELECT unnest([{news or "NULL"}]) AS {POSITION}
FROM histories SEMI JOIN ({owners}) USING ({_list(shape.owner)})
WHERE told IS NOT NULL WINDOW segment_so_far AS ({_segment(shape)})"""
    if shape.forgotten:
        repair = named(shape.forgotten)
        order = f"row({named(shape.known)}, contested.{POSITION})" if shape.known else f"contested.{POSITION}"
        found += f"""
UNION ALL SELECT arg_min(contested.{POSITION}, {order}) FROM contested
JOIN histories USING ({_list(shape.statement)})
WHERE contested.{repair} = histories.{repair} AND told IS NOT NULL
GROUP BY {_list(shape.owner)}, segment"""
    return (
        f"SELECT DISTINCT {POSITION} FROM ({found}) ANTI JOIN versions USING ({POSITION}) "
        f"WHERE {POSITION} IS NOT NULL"
    )


def _segments(shape: Shape) -> str:
    """Statements with their segment; only keys that a retraction cuts are looked at closely.

    A segment begins where a withdrawn record is stated again. Rows that dispute each other lie in the segment
    of the next statement, or of the last one: where they are forgotten, so is what they are about.
    """
    if not shape.retractable:
        return "segments AS (SELECT *, 0 AS segment FROM statements)"
    owner, history = _list(shape.owner), _history(shape)
    return f"""cut AS (SELECT DISTINCT {owner} FROM statements WHERE withdraws),
withdrawn AS (SELECT *, first_value(CASE WHEN {_AGREED} THEN withdraws END IGNORE NULLS)
  OVER ({history} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS is_withdrawn
  FROM statements SEMI JOIN cut USING ({owner})),
begun AS (SELECT *, NOT is_withdrawn AND lag(is_withdrawn) OVER ({history}) AS begins FROM withdrawn),
segments AS (
  SELECT *, 0 AS segment FROM statements ANTI JOIN cut USING ({owner})
  UNION ALL SELECT * EXCLUDE (is_withdrawn, begins), count(*) FILTER (begins)
  OVER ({history} ROWS UNBOUNDED PRECEDING) FROM begun)"""


def _version_value(column: Column, shape: Shape, superseded: str) -> str:
    if column.name == "retracted" and shape.retractable:
        return "withdraws"
    if column.clock == "superseded":
        return f"CAST({superseded} AS DATE)"
    return f"told.{named(column.name)}" if column in shape.firm else named(column.name)


def _history(shape: Shape) -> str:
    order = f" ORDER BY {named(shape.known)}" if shape.known else ""
    return f"PARTITION BY {_list(shape.owner)}{order}"


def _segment(shape: Shape) -> str:
    order = f" ORDER BY {named(shape.known)}" if shape.known else ""
    return f"PARTITION BY {_list(shape.owner)}, segment{order}"


def _first(column: Column) -> str:
    """The column with the position of the first row of a statement that states a late fact."""
    return named(f"first {column.name}")


def _differs(column: Column) -> str:
    name = named(column.name)
    return f"min({name}) IS DISTINCT FROM max({name}) OR count({name}) NOT IN (0, count(*))"


def _late_differs(column: Column) -> str:
    return f"min({_closed(column)}) IS DISTINCT FROM max({_closed(column)})"


def _merged(column: Column) -> str:
    closed, name = _closed(column), named(column.name)
    return f"max({closed})" if closed == name else f"coalesce(max({closed}), max({name}))"


def _carried(column: Column) -> str:
    closed, name = _closed(column), named(column.name)
    last, any_last = (
        f"last_value(CASE WHEN {_AGREED} THEN {value} END IGNORE NULLS) OVER until"
        for value in (closed, name)
    )
    return last if closed == name else f"coalesce({last}, {any_last})"


def _closed(column: Column) -> str:
    """The value of a late fact, null for a code that says that nothing is known yet."""
    codes = [quoted(code.code) for code in column.codes if OPEN in code.marks]
    name = named(column.name)
    return f"CASE WHEN {name} NOT IN ({', '.join(codes)}) THEN {name} END" if codes else name


def _list(names: Iterable[str]) -> str:
    return ", ".join(named(name) for name in names)
