"""Fits a feed to one file: the types of its columns, and everything that the file cannot answer, at once.

SQL is only described here, by whatever engine the caller brings; a refusal of it becomes a Misfit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from data_contracts.foreign_words import names_persons
from data_contracts.mapped_column import MappedColumn
from data_contracts.mapping import Feed
from data_contracts.near_names import near
from data_contracts.report import SET_ASIDE

COLUMNS_LISTED = 20
PERSONS = "persons"  # the feed key that declares columns of persons


class SqlRefused(Exception):  # noqa: N818 - it names what happens to the query
    """A query that the engine refuses; its text is the engine's own first line."""


# Runs or describes a query: names and types of its columns, or SqlRefused.
Describe = Callable[[str], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file as SQL sees it: the query of its rows, and its own column names."""

    file: str
    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """One entry of a feed that a file cannot answer, in the three parts of a refusal."""

    feed: str
    target: str
    expected: str
    got: str
    todo: str


def fit(feed: Feed, source: Source, describe: Describe) -> tuple[Feed, tuple[Misfit, ...]]:
    """The feed fitted to the types of the file, and everything that does not fit."""
    misfits = list(_set_aside_misfits(feed, source, describe))
    fitted = []
    for given in feed.columns:
        column = given.of_column(given.expression.strip()) if _is_column(given, source) else given
        try:
            pair = f"({column.expression}\n) AS raw, {column.value} AS ours"
            types = describe(f"SELECT {pair} FROM ({source.sql})")
        except SqlRefused as cause:
            misfits.append(_misfit(feed, source, (given.target, given.expression), cause))
            fitted.append(given)
        else:
            fitted.append(column.over(types[0][1], feed.contract.column(column.target).kind))
    return replace(feed, columns=tuple(fitted)), tuple(misfits)


def spell(feed: Feed, persons: Iterable[str], source: Source) -> tuple[tuple[str, ...], tuple[Misfit, ...]]:
    """Columns of persons as the file spells them: SQL takes WHO for who, but JSON does not."""
    spelled = {name.lower(): name for name in source.columns}
    persons = list(persons)
    strange = [name for name in persons if name.lower() not in spelled]
    misfits = tuple(
        Misfit(
            feed=feed.name,
            target=_target_of(feed, name),
            expected=f"'pseudonym' to take a column of {source.file}, so that rejected rows hide it too",
            got=f"{name!r} of persons, which is no column of {source.file}{near(name, source.columns)}",
            todo=f"correct it in the mapping file; the columns are {listed(source.columns)}",
        )
        for name in strange
    )
    return tuple(sorted({spelled[name.lower()] for name in persons if name.lower() in spelled})), misfits


def guessed(feed: Feed, persons: Iterable[str], source: Source) -> tuple[str, ...]:
    """Columns that nobody declared and whose headings speak of persons, unless the feed says they do not."""
    known = {name.lower() for name in (*persons, *feed.harmless)}
    return tuple(name for name in source.columns if names_persons(name) and name.lower() not in known)


def blame(feed: Feed, source: Source, run: Describe, cause: SqlRefused) -> Misfit:
    """The column whose expression fails on the rows; the whole query only says that one does."""
    for column in feed.columns:
        try:
            run(f"SELECT count({column.value}) FROM ({source.sql})")
        except SqlRefused as found:
            return _misfit(feed, source, (column.target, column.expression), found)
    return _misfit(feed, source, ("*", "all columns together"), cause)


def listed(columns: Sequence[str]) -> str:
    """The columns of a file in one line, as many as a person reads."""
    rest = len(columns) - COLUMNS_LISTED
    return ", ".join(columns[:COLUMNS_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def refusal_parts(misfits: Sequence[Misfit]) -> dict[str, str]:
    """The three parts of one refusal for all of them."""
    first = misfits[0]
    if len(misfits) == 1:
        return {"expected": first.expected, "got": first.got, "todo": first.todo}
    return {
        "expected": f"every expression of feed {first.feed!r} to fit its file",
        "got": "; ".join(f"{misfit.target}: {misfit.got}" for misfit in misfits),
        "todo": f"{first.todo}; the command check tells the line of each in the mapping file",
    }


def _is_column(column: MappedColumn, source: Source) -> bool:
    """True if the expression, as it stands, is the name of a column: brackets and blanks in it are no SQL."""
    return column.way != "value" and column.expression.strip() in source.columns


def _set_aside_misfits(feed: Feed, source: Source, describe: Describe) -> Iterator[Misfit]:
    if feed.set_aside is None:
        return
    try:
        describe(f"SELECT 1 FROM ({source.sql}) WHERE ({feed.set_aside.when}\n)")
    except SqlRefused as cause:
        yield _misfit(feed, source, (SET_ASIDE, feed.set_aside.when), cause)


def _misfit(feed: Feed, source: Source, entry: tuple[str, str], cause: SqlRefused) -> Misfit:
    target, expression = entry
    message = str(cause).split(" Candidate ")[0]  # What follows lists every function of that name.
    missing = message.split('"')[1] if message.count('"') >= 2 else ""
    got = f"{expression!r}, which DuckDB refuses: {message}"
    if "not found in FROM" in message:
        other = "" if missing == expression.strip() else f" asks for {missing!r}"
        got = f"{expression!r}{other}, which is no column of {source.file}"
    return Misfit(
        feed=feed.name,
        target=target,
        expected=f"a SQL expression over {source.file} for {feed.table}.{target} (feed {feed.name!r})",
        got=got + near(missing, source.columns),
        todo=f"correct it in the mapping file; the columns are {listed(source.columns)}",
    )


def _target_of(feed: Feed, person: str) -> str:
    """The column of ours that a foreign column of persons feeds."""

    def names(column: MappedColumn) -> bool:
        return column.way == "pseudonym" and column.expression.strip().strip('"') == person

    return next((column.target for column in feed.columns if names(column)), PERSONS)
