"""Fits a feed to one file: the types of its columns, and everything that the file cannot answer, at once.

SQL is only described here, by whatever engine the caller brings; a refusal of it becomes a Misfit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from data_contracts.conversions import named
from data_contracts.mapping.cell_looks import looks_like_row
from data_contracts.mapping.city_mapping import Feed
from data_contracts.mapping.foreign_words import names_persons
from data_contracts.mapping.mapped_column import MappedColumn
from data_contracts.near_names import near
from data_contracts.report import SET_ASIDE

COLUMNS_LISTED = 20
BETWEEN = "/"  # the parts of a name that stands in several lines
_QUOTED = re.compile("'[^']*'" + '|"[^"]*"')
_SPREAD = re.compile(r'\bcolumns"?\s*\(', re.IGNORECASE)
HIDING = ("pseudonym", "shown", "value")  # ways that show nothing of a person, or say why they may
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
    columns = [_spelled(given, source) for given in feed.columns]
    together = _fit_together(feed, columns, source, describe)
    if together is not None:
        return replace(feed, columns=together), tuple(misfits)
    fitted = []
    for given, column in zip(feed.columns, columns, strict=True):
        try:
            pair = f"({column.expression}\n) AS raw, {column.value} AS ours"
            types = describe(f"SELECT {pair} FROM ({source.sql})")
        except SqlRefused as cause:
            misfits.append(_misfit(feed, source, (given.target, given.expression), cause))
            fitted.append(given)
        else:
            fitted.append(column.over(types[0][1], feed.contract.column(column.target).kind))
    return replace(feed, columns=tuple(fitted)), tuple(misfits)


def _spelled(given: MappedColumn, source: Source) -> MappedColumn:
    name = None if given.way == "value" else column_called(given.expression, source.columns)
    return given.of_column(name) if name else given


def _fit_together(
    feed: Feed, columns: Sequence[MappedColumn], source: Source, describe: Describe
) -> tuple[MappedColumn, ...] | None:
    """All columns fitted by two questions, as most files are; None if the engine refuses any of them."""
    raws = ", ".join(f"({column.expression}\n) AS raw_{place}" for place, column in enumerate(columns))
    try:
        types = describe(f"SELECT {raws} FROM ({source.sql})")
        if len(types) != len(columns):
            return None
        fitted = tuple(
            column.over(kind, feed.contract.column(column.target).kind)
            for column, (_, kind) in zip(columns, types, strict=True)
        )
        values = ", ".join(f"{column.value} AS ours_{place}" for place, column in enumerate(fitted))
        describe(f"SELECT {values} FROM ({source.sql})")
    except SqlRefused:
        return None
    return fitted


def spell(feed: Feed, persons: Iterable[str], source: Source) -> tuple[tuple[str, ...], tuple[Misfit, ...]]:
    """Columns of persons as the file spells them: SQL takes WHO for who, but JSON does not.

    `persons` are those of every feed of the file; each feed answers for its own.
    """
    lowered = {name.lower(): name for name in source.columns}
    asked = {*persons, *feed.persons}
    spelled = {name: lowered.get(name.lower()) or column_called(name, source.columns) for name in asked}
    strange = [name for name in feed.persons if not spelled[name]]
    misfits = tuple(
        Misfit(
            feed=feed.name,
            target=_target_of(feed, name),
            expected=f"'pseudonym' to take a column of {source.file}, so that rejected rows hide it too",
            got=f"{name!r} of persons, which is no column of {source.file}{_near(name, source)}",
            todo=f"correct it in the mapping file; the columns are {listed(source.columns)}",
        )
        for name in strange
    )
    return tuple(sorted(filter(None, set(spelled.values())))), misfits


def column_called(expression: str, columns: Sequence[str]) -> str | None:
    """The column that an expression names as it stands: brackets and blanks in it are no SQL.

    Of a header over several lines the last part will do where one column has it.
    """
    name = expression.strip()
    if name in columns:
        return name
    below = [column for column in columns if column.rpartition(BETWEEN)[1:] == (BETWEEN, name)]
    return below[0] if len(below) == 1 else None


def exposed(
    feed: Feed, hidden: Sequence[str], source: Source, describe: Describe, *, told: Collection[str]
) -> Iterator[Misfit]:
    """Columns that would show what the file holds of persons (`hidden`); those in `told` do not fit."""
    open_columns = [
        column for column in feed.columns if column.way not in HIDING and column.target not in told
    ]
    if not hidden or not open_columns or not _shown(open_columns, hidden, source, describe):
        return
    for column in open_columns:
        names = [name for name in hidden if _shown([column], [name], source, describe)]
        if names:
            yield Misfit(
                feed=feed.name,
                target=column.target,
                expected=f"what {source.file} holds of persons to leave it as pseudonyms only",
                got=f"{column.written!r} for {feed.table}.{column.target}, which shows {listed(names)}",
                todo='write { pseudonym = "COLUMN" } in a column of text, or if it names nobody '
                '{ shown = "EXPRESSION", because = "why it names nobody" }',
            )


def _shown(
    columns: Sequence[MappedColumn], persons: Sequence[str], source: Source, describe: Describe
) -> bool:
    """True if an expression needs a column of persons: without it, the engine cannot bind it.

    One over COLUMNS(…) takes whatever is there, and so those of persons as well.
    """
    if any(_SPREAD.search(column.expression) for column in columns):
        return True
    made = ", ".join(f"({column.expression}\n) AS made_{place}" for place, column in enumerate(columns))
    left = f"SELECT * EXCLUDE ({', '.join(map(named, persons))}) FROM ({source.sql})"
    try:
        describe(f"SELECT {made} FROM ({left})")
    except SqlRefused:
        return True
    return False


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
    """The columns of a file in one line, as many as a person reads; a row of values is not repeated."""
    if looks_like_row(columns):
        told = "that look like values of a row and are not shown: are header_line and format right?"
        return f"{len(columns)} {told}"
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
    got = f"{expression!r}, {_bracket(expression) or 'which DuckDB refuses: ' + message}"
    if "not found in FROM" in message:
        other = "" if missing == expression.strip() else f" asks for {missing!r}"
        got = f"{expression!r}{other}, which is no column of {source.file}"
    return Misfit(
        feed=feed.name,
        target=target,
        expected=f"a SQL expression over {source.file} for {feed.table}.{target} (feed {feed.name!r})",
        got=got + _near(missing, source),
        todo=f"correct it in the mapping file; the columns are {listed(source.columns)}",
    )


def _bracket(expression: str) -> str:
    """What is wrong with the brackets of an expression: SQL only stumbles over the word behind it."""
    bare = _QUOTED.sub("", expression)
    over = bare.count("(") - bare.count(")")
    return f"where a bracket {')' if over > 0 else '('} is missing" if over else ""


def _near(name: str, source: Source) -> str:
    """The nearest columns, unless they are values of a row."""
    return "" if looks_like_row(source.columns) else near(name, source.columns)


def _target_of(feed: Feed, person: str) -> str:
    """The column of ours that a foreign column of persons feeds."""

    def names(column: MappedColumn) -> bool:
        return column.way == "pseudonym" and column.expression.strip().strip('"') == person

    return next((column.target for column in feed.columns if names(column)), PERSONS)
