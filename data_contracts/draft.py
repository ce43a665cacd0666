"""A mapping for a file that nobody has seen: guesses from headings and values, each marked as a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from data_contracts.admission_engine import open_engine
from data_contracts.advice import UNKNOWN, codes_to_paste, toml_text
from data_contracts.contract import Column, Contract, contract_names, load_contract
from data_contracts.conversions import named
from data_contracts.file_profile import VALUES_KEPT, ColumnProfile, profile
from data_contracts.foreign_words import (
    LIKELY,
    heading_likeness,
    names_persons,
    table_words,
    unit_of_heading,
)
from data_contracts.mapped_column import SPLIT
from data_contracts.raw import RESERVED, RawFile
from data_contracts.reading import Reading
from data_contracts.refusal import Refusal

SURE = 0.9
MEMORY_LIMIT = "2GB"
GUESS = "GUESS"
# A file named for a table speaks louder than a heading; a required column that is missing speaks against it.
_FILE_NAME_WORTH, _HEADING_WORTH, _MISSING_COSTS = 2.0, 0.5, 0.4
_TOLD_OF_ENTITIES = ("name", "uscc")  # by a file of events
# These may share a heading with another column of ours; every other heading is used once.
_SHARING = ("entity_id", "uscc", "region_code")


class DraftError(Refusal):
    """A file that no mapping can be drafted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A column of ours, the foreign one that it is likely made of, and how likely."""

    column: Column
    foreign: ColumnProfile
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the draft: `made` is TOML, `why` what a person should look at (nothing if it is sure)."""

    column: str
    made: str
    why: str = ""

    def __str__(self) -> str:
        """Reads as `column = made  # GUESS: why`."""
        return f"{self.column} = {self.made}" + (f"  # {GUESS}: {self.why}" if self.why else "")


def draft_of_file(path: Path, staging: Path, *, table: str | None, city: str, today: date) -> str:
    """The draft of one file; only the staging folder is written."""
    if not path.is_file():
        raise DraftError(expected="a file to draft a mapping for", got=str(path), todo="correct the path")
    if table is not None:
        load_contract(table)
    raw = RawFile(path=path, name=path.name, digest="")
    engine = open_engine(staging, path.parent, exported_on=today, key=b"", memory_limit=MEMORY_LIMIT)
    try:
        relation, rows = engine.source(raw, Reading())
        described = engine.query(f"DESCRIBE FROM {relation}")
        names = [str(row[0]) for row in described if row[0] not in RESERVED]
        columns = profile(relation, names, engine.query)
    finally:
        engine.close()
    return draft(path.name, columns, rows=rows, city=city, table=table)


def draft(file: str, columns: Sequence[ColumnProfile], *, rows: int, city: str, table: str | None) -> str:
    """The text of a mapping file, ready for the command check."""
    ranked = rank_tables(file, columns)
    contract = load_contract(table or ranked[0][1])
    rivals = [] if table else [name for score, name in ranked[1:4] if score > 0]
    others = ", ".join(rivals)
    matches = match_columns(contract, columns)
    entries, codes = _entries(contract, matches, columns, _key(file, contract.table))
    lines = [
        f"# A draft from {file}: {rows:,} rows, {len(columns)} columns. Lines marked {GUESS} are not sure.",
        "# Read all, then run: python -m data_contracts check --mapping THIS_FILE --raw FOLDER_OF_THE_FILE",
        f"city = {toml_text(city)}",
        'title = ""  # the city or office, as people read it',
        'provenance = ""  # who exported the files, and how',
        "# exported_on = 2026-06-30  # the day of the export: nothing in the files was known later",
        "",
        *codes,
        *_feed(file, contract, entries, columns, f"other tables that may fit: {others}" if others else ""),
        *_entities_feed(file, contract, matches, columns),
        *_left_over(contract, entries, matches, columns),
    ]
    return "\n".join(lines) + "\n"


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


def _entries(
    contract: Contract, matches: Mapping[str, Match], columns: Sequence[ColumnProfile], key: str
) -> tuple[list[Entry], list[str]]:
    """The lines of [feed.columns], and the code tables that they name."""
    entries, codes = [], []
    for column in contract.columns:
        match = matches.get(column.name)
        if column.computed:
            continue
        if match:
            entry, table = _made(contract, match, f"{key}_{column.name}")
            entries.append(entry)
            codes.extend(table)
        elif column.required and not _undated(column):
            entries.append(_stand_in(contract, column, matches, columns))
    return entries, codes


def _made(contract: Contract, match: Match, codes_name: str) -> tuple[Entry, list[str]]:
    """How a column is made of its match, and the code table if it needs one."""
    column, foreign, table = match.column, match.foreign, list[str]()
    why = [] if match.score >= SURE else [f"nearest to {column.label_zh} {column.name}"]
    heading = toml_text(foreign.name)
    if column.classification == "personal":
        made = f"{{ pseudonym = {heading} }}"
    elif column.kind == "date":
        made, doubt = _date(foreign, heading)
        why.extend(doubt)
    elif column.unit and column.unit.startswith("fen"):
        unit = unit_of_heading(foreign.name)
        made = f'{{ fen = {heading}, unit = "{unit or "yuan"}" }}'
        why.extend([] if unit else ["the heading names no unit"])
    elif column.codes:
        made, table, doubt = _coded(contract, column, foreign, codes_name)
        why.extend(doubt)
    else:
        made = heading
    if column.name == "entity_id" and _is_name(foreign):
        why.append("this is a name: better a credit code or number")
    if not foreign.filled:
        why.append("it is empty in the first rows")
    return Entry(column=column.name, made=made, why="; ".join(why)), table


def _is_name(foreign: ColumnProfile) -> bool:
    entities = load_contract("entities")
    of_name = heading_likeness(entities, entities.column("name"), foreign.name)
    return of_name >= max(LIKELY, heading_likeness(entities, entities.column("entity_id"), foreign.name))


def _date(foreign: ColumnProfile, heading: str) -> tuple[str, list[str]]:
    plain, day, month = (foreign.shares[style] for style in ("date", "day_first", "month_first"))
    if max(day, month) <= 0 or plain >= 1:
        return f"{{ date = {heading} }}", []
    doubt = ["day first or month first? the values fit both"] if day == month else []
    return f"{{ date = {heading}, day_first = {'true' if day >= month else 'false'} }}", doubt


def _coded(
    contract: Contract, column: Column, foreign: ColumnProfile, name: str
) -> tuple[str, list[str], list[str]]:
    way = "codes" if column.multi else "code"
    values: dict[str, int] = {}
    for value, rows in foreign.values.items():
        several = re.split(SPLIT, value) if column.multi else [value]
        for word in {part.strip() for part in several} - {""}:
            values[word] = values.get(word, 0) + rows
    if set(values) <= {code.code for code in column.codes}:
        return toml_text(foreign.name), [], []
    doubt = ["the code table holds guesses"]
    if foreign.distinct > VALUES_KEPT:
        doubt.append(f"and the first {VALUES_KEPT} of {foreign.distinct:,} values")
    made = f"{{ {way} = {toml_text(foreign.name)}, table = {toml_text(name)} }}"
    return made, [*codes_to_paste(contract.table, column, name, values).splitlines(), ""], doubt


def _undated(column: Column) -> bool:
    """True for the day of an event that a source may leave open."""
    return column.undatable and column.clock == "occurred"


def _stand_in(
    contract: Contract, column: Column, matches: Mapping[str, Match], columns: Sequence[ColumnProfile]
) -> Entry:
    """What may stand for a required column that the file does not have; honest, or a question to a person."""
    name, codes = column.name, [code.code for code in column.codes]
    if name == "known_on":
        made, why = _known_on(matches)
    elif name == "occurred_on" and "known_on" in matches:
        made, why = _known_on(matches)[0], "the only date of the file: is it the day it happened?"
    elif name == "id_kind":
        entity = matches.get("entity_id")
        told = named(entity.foreign.name) if entity else "NULL"
        made, why = toml_text(f"id_kind({told})"), ""
        if entity and entity.foreign.shares["uscc"] >= 1:
            made = '{ value = "uscc" }'
    elif name == "entity_id" and any(_is_name(foreign) for foreign in columns):
        made = toml_text(next(foreign.name for foreign in columns if _is_name(foreign)))
        why = "no number found: entities would be told apart by their names"
    elif name in contract.key and name != "entity_id":
        cells = ", ".join(named(foreign.name) for foreign in columns)
        made = toml_text(f"content_id(concat_ws('|', {cells}))")
        why = "no number found: equal rows get equal ids, and count once"
    elif codes:
        choice = "unknown" if "unknown" in codes else UNKNOWN
        made, why = f'{{ value = "{choice}" }}', f"one of {', '.join(codes)}"
    else:
        name, made, why = f"# {name}", '"?"', f"no column looks like {column.label_zh}: {column.meaning}"
    return Entry(column=name, made=made, why=why)


def _known_on(matches: Mapping[str, Match]) -> tuple[str, str]:
    """When a row became known, and why that is a guess."""
    known, occurred = matches.get("known_on"), matches.get("occurred_on") or matches.get("registered_on")
    if known:
        return _date(known.foreign, toml_text(known.foreign.name))[0], ""
    if occurred:
        made = _date(occurred.foreign, toml_text(occurred.foreign.name))[0]
        return made, "no day of entry found: the day it happened stands for it"
    return '{ date = "exported_on" }', "no date found: known on the day of the export, never before"


def _feed(
    file: str,
    contract: Contract,
    entries: Sequence[Entry],
    columns: Sequence[ColumnProfile],
    others: str,
) -> Iterator[str]:
    made = {entry.column for entry in entries}
    undated = [
        c.name for c in contract.columns if c.undatable and c.clock == "occurred" and c.name not in made
    ]
    persons = [column.name for column in columns if names_persons(column.name)]
    yield "[[feed]]"
    yield f"name = {toml_text(_key(file, contract.table))}"
    yield f"table = {toml_text(contract.table)}  # {contract.label_zh}" + (f"; {others}" if others else "")
    yield f"file = {toml_text(file)}"
    yield f"# provider = {toml_text(contract.source.provided_by)}  # who hands the file over, if not they"
    if persons:
        yield f"persons = [{', '.join(map(toml_text, persons))}]  # rejected rows hide these"
    if undated:
        yield f"undated = [{', '.join(map(toml_text, undated))}]"
    yield "[feed.columns]"
    yield from map(str, entries)
    yield ""


def _entities_feed(
    file: str, contract: Contract, matches: Mapping[str, Match], columns: Sequence[ColumnProfile]
) -> Iterator[str]:
    """A file of events also tells that its entities exist, and what they are called."""
    names = [column.name for column in contract.columns]
    if contract.table == "entities" or "entity_id" not in matches or "known_on" not in names:
        return
    entities = load_contract("entities")
    fit = match_columns(entities, columns)
    told = [name for name in _TOLD_OF_ENTITIES if name in fit]
    yield "# The same file tells which entities there are; leave this feed out if a registry file does."
    yield "[[feed]]"
    yield f"name = {toml_text(_key(file, contract.table) + ': entities')}"
    yield 'table = "entities"'
    yield f"file = {toml_text(file)}"
    yield "[feed.columns]"
    yield f"entity_id = {toml_text(matches['entity_id'].foreign.name)}"
    yield str(_stand_in(entities, entities.column("id_kind"), matches, columns))
    for name in told:
        heading = fit[name].foreign.name
        made = toml_text(f"valid_uscc({named(heading)})" if name == "uscc" else heading)
        yield str(_entry_of(fit[name], made))
    yield str(Entry(column="known_on", made=_known_on(matches)[0]))
    yield ""


def _entry_of(match: Match, made: str) -> Entry:
    why = "" if match.score >= SURE else f"nearest to {match.column.label_zh} {match.column.name}"
    return Entry(column=match.column.name, made=made, why=why)


def _left_over(
    contract: Contract,
    entries: Sequence[Entry],
    matches: Mapping[str, Match],
    columns: Sequence[ColumnProfile],
) -> Iterator[str]:
    """Foreign columns that nothing is made of, and columns of ours that could still be mapped."""
    used = {match.foreign.name for match in matches.values()}
    if "entity_id" in matches:
        fit = match_columns(load_contract("entities"), columns)
        used |= {fit[name].foreign.name for name in _TOLD_OF_ENTITIES if name in fit}
    unused = [column for column in columns if column.name not in used]
    if unused:
        yield "# Columns of the file that are not used:"
    for column in unused:
        hidden = names_persons(column.name)
        told = (
            "persons, not shown"
            if hidden
            else f"for example {column.example[:40]!r}"
            if column.filled
            else "empty"
        )
        yield f"#   {column.name}: {told}"
    made = {entry.column.removeprefix("# ") for entry in entries}
    open_ones = [c for c in contract.columns if c.name not in made and not c.computed]
    if open_ones:
        yield f"# Columns of {contract.table} that nothing is mapped to:"
    for ours in open_ones:
        yield f"#   {ours.name} {ours.label_zh}"


def _key(file: str, table: str) -> str:
    """A short name for a feed and its code tables."""
    stem = Path(file).stem
    return stem if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", stem) else table
