"""The rules of versions once more, in plain Python and row by row, to hold the SQL against.

Written from the rules, not from the SQL: it folds the statements of a key in the order of their days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """What of a table is firm, what is learned later, and which codes say that nothing is known yet."""

    key: str
    firm: tuple[str, ...]
    late: tuple[str, ...]
    open_codes: frozenset[str] = frozenset()


@dataclass
class Segment:
    """What is said of a record until it is withdrawn; rows in dispute count with the next that are not."""

    closed: bool = False
    repairs: list[date] = field(default_factory=list)


@dataclass
class Outcome:
    """The lake by (key, known_on), and how many rows came to what."""

    lake: dict[tuple[Any, Any], dict[str, Any]] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    read: int = 0

    @property
    def duplicates(self) -> int:
        return self.read - len(self.lake) - sum(self.rejected.values())


def outcome_of(rows: Iterable[Row], table: Table) -> Outcome:
    histories: dict[Any, dict[Any, list[Row]]] = defaultdict(lambda: defaultdict(list))
    outcome = Outcome()
    for row in rows:
        histories[row[table.key]][row["known_on"]].append(row)
        outcome.read += 1
    for key, days in histories.items():
        fold(key, days, table, outcome)
    return outcome


def fold(key: Any, days: Mapping[Any, list[Row]], table: Table, outcome: Outcome) -> None:
    firm: dict[str, Any] | None = None
    late: dict[str, Any] = dict.fromkeys(table.late)
    standing = None
    versions: list[dict[str, Any]] = []
    segment, undecided = Segment(), list[date]()
    for day in sorted(days):
        rows = days[day]
        withdrawals = {bool(row["retracted"]) for row in rows}
        repairs = [row["forgotten_on"] for row in rows if row["forgotten_on"] is not None]
        if withdrawals == {False, True} or (withdrawals == {False} and disagree(rows, table)):
            outcome.rejected["conflicting_key"] += len(rows)
            undecided += repairs
            continue
        if withdrawals == {False} and segment.closed:
            segment, late = Segment(), dict.fromkeys(table.late)
        segment.closed = withdrawals == {True}
        segment.repairs += [*undecided, *repairs]
        undecided.clear()
        if withdrawals == {False}:
            firm = {name: rows[0][name] for name in table.firm}
            for name in table.late:
                late[name] = better(late[name], stated(rows, name, table), table)
        elif firm is None:
            outcome.rejected["nothing_to_retract"] += len(rows)
            continue
        state = {"retracted": withdrawals == {True}, **firm, **late}
        if state != standing:
            versions.append({**state, "known_on": day, "segment": segment})
        standing = state
    segment.repairs += undecided
    settle(key, versions, outcome)


def settle(key: Any, versions: list[dict[str, Any]], outcome: Outcome) -> None:
    ends = [version["known_on"] for version in versions[1:]]
    for place, version in enumerate(versions):
        superseded = ends[place] if place < len(ends) else None
        repaired = min(version.pop("segment").repairs, default=None)
        outcome.lake[key, version["known_on"]] = {
            **version, "forgotten_on": repaired, "superseded_on": superseded
        }  # fmt: skip


def disagree(rows: list[Row], table: Table) -> bool:
    firm = any(len({row[name] for row in rows}) > 1 for name in table.firm)
    late = any(len({row[name] for row in rows} - {None} - table.open_codes) > 1 for name in table.late)
    return firm or late


def stated(rows: list[Row], name: str, table: Table) -> Any:
    said = None
    for row in rows:
        said = better(said, row[name], table)
    return said


def better(old: Any, new: Any, table: Table) -> Any:
    """What is known after `new` was said: nothing takes nothing away, and neither does an open code."""
    if new is None or (new in table.open_codes and old is not None):
        return old
    return new
