"""Which table a foreign file most likely feeds, and which of its columns fits which of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from data_contracts.contract import Column, Contract, contract_names, load_contract
from data_contracts.mapping.foreign_words import (
    LIKELY,
    heading_likeness,
    is_of_office,
    numbers_rows,
    table_words,
)
from data_contracts.rehearsal.file_profile import ColumnProfile

# A file named for a table speaks louder than a heading; a required column that is missing speaks against it.
_FILE_NAME_WORTH, _HEADING_WORTH, _MISSING_COSTS = 2.0, 0.5, 0.4
FITS = 1.0  # what speaks for a table that a file most likely feeds
# These may share a heading, for both are the number of an entity; every other heading is used once.
_SHARING = ("entity_id", "uscc")
BY_VALUES = 0.5  # how sure a guess is that only values speak for
_FEW_ROWS, _LONGEST_KEY, _MOSTLY = 5, 64, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A column of ours, the foreign one that it is likely made of, how likely, and any doubt."""

    column: Column
    foreign: ColumnProfile
    score: float
    why: str = ""


def rank_tables(file: str, columns: Sequence[ColumnProfile]) -> list[tuple[float, str]]:
    """Every table with what speaks for it, the likeliest first."""
    return sorted(((_speaks_for(name, file, columns), name) for name in contract_names()), reverse=True)


def match_columns(contract: Contract, columns: Sequence[ColumnProfile]) -> dict[str, Match]:
    """The likeliest foreign column of each of ours, the surest first; what none fits is left out."""
    pairs = [
        Match(column=column, foreign=foreign, score=heading_likeness(contract, column, foreign.name))
        for column in contract.columns
        if not column.computed
        for foreign in columns
        if foreign.could_be(column.kind)
    ]
    found: dict[str, Match] = {}
    used: set[str] = set()
    for match in sorted(pairs, key=lambda pair: -pair.score):
        name, foreign = match.column.name, match.foreign.name
        if match.score >= LIKELY and name not in found and (foreign not in used or name in _SHARING):
            found[name] = match
            used.add(foreign)
    return found


def guess_columns(contract: Contract, columns: Sequence[ColumnProfile]) -> dict[str, Match]:
    """The same, and what only values speak for: credit codes, a number on every row, the only dates."""
    found = match_columns(contract, columns)
    for name, fits, why in (
        ("entity_id", _holds_credit_codes, "its values are credit codes"),
        (contract.key[0], _could_be_key, "no two rows share a value"),
        ("occurred_on", _is_date, "the only other dates of the file: is it the day it happened?"),
    ):
        if name in found or not any(column.name == name for column in contract.columns):
            continue
        used = {match.foreign.name for match in found.values()}
        free = [foreign for foreign in columns if foreign.name not in used and fits(foreign)]
        if len(free) == 1 or (free and name != "occurred_on"):
            column = contract.column(name)
            found[name] = Match(column=column, foreign=free[0], score=BY_VALUES, why=why)
    return found


def _holds_credit_codes(foreign: ColumnProfile) -> bool:
    return foreign.shares["uscc"] >= _MOSTLY and not is_of_office(foreign.name)


def _is_date(foreign: ColumnProfile) -> bool:
    return max(foreign.shares[style] for style in ("date", "day_first", "month_first")) >= _MOSTLY


def _could_be_key(foreign: ColumnProfile) -> bool:
    """True for numbers of records: as many as rows, each with a digit; not counts of rows, nor entities."""
    if foreign.distinct < max(foreign.filled, _FEW_ROWS) or foreign.may_name_persons or is_name(foreign):
        return False
    counts = all(value.isdecimal() and int(value) <= foreign.filled for value in foreign.values)
    numbered = all(any(map(str.isdecimal, value)) for value in foreign.values)
    short = all(len(value) <= _LONGEST_KEY for value in foreign.values)
    other = counts or numbers_rows(foreign.name) or _is_date(foreign) or foreign.shares["uscc"] >= 0.5
    return numbered and short and not other


def _speaks_for(table: str, file: str, columns: Sequence[ColumnProfile]) -> float:
    contract = load_contract(table)
    found = match_columns(contract, columns)
    own = sum(match.score**2 * _weight(match.column.name) for match in found.values())
    asked = [column.name for column in contract.columns if column.required and column.name not in found]
    words = (contract.label_zh, *table_words(table))
    named_so = _FILE_NAME_WORTH * any(word in file.lower() for word in words)
    headings = sum(any(word in column.name.lower() for word in words) for column in columns)
    return own + named_so + _HEADING_WORTH * headings - _MISSING_COSTS * len(asked)


@cache
def _weight(column: str) -> float:
    """A column that many tables have tells little about which of them a file is."""
    if column == "name":  # Only entities have one, and every office exports it.
        return 0.2
    tables = [load_contract(name) for name in contract_names()]
    having = sum(any(one.name == column for one in contract.columns) for contract in tables)
    return 1.0 if having == 1 else 0.5 if having < len(tables) / 3 else 0.2


def is_name(foreign: ColumnProfile) -> bool:
    """True for a column that names entities rather than numbers them."""
    entities = load_contract("entities")
    of_name = heading_likeness(entities, entities.column("name"), foreign.name)
    return of_name >= max(LIKELY, heading_likeness(entities, entities.column("entity_id"), foreign.name))
