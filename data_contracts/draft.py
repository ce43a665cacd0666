"""A mapping for a file that nobody has seen: guesses from headings and values, each marked as a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.admission_engine import Engine, open_engine
from data_contracts.advice import UNKNOWN, codes_to_paste, toml_text
from data_contracts.column_guesses import FITS, Match, is_name, match_columns, rank_tables
from data_contracts.contract import Column, Contract, load_contract
from data_contracts.conversions import named
from data_contracts.file_profile import VALUES_KEPT, ColumnProfile, profile
from data_contracts.foreign_words import (
    code_named_in,
    names_persons,
    unit_of_heading,
)
from data_contracts.mapped_column import SPLIT
from data_contracts.raw import RESERVED, RawFile, kind_of
from data_contracts.reading import Reading
from data_contracts.refusal import Refusal

SURE = 0.9
MEMORY_LIMIT = "2GB"
GUESS = "GUESS"
_FEW_COLUMNS, _LINES_OF_TITLES = 2, 6
_TOLD_OF_ENTITIES = ("name", "uscc")  # by a file of events


class DraftError(Refusal):
    """A file that no mapping can be drafted for."""


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
        reading = _reading(raw, engine)
        relation, rows = engine.source(raw, reading)
        columns = profile(relation, _names(raw, reading, engine), engine.query)
    finally:
        engine.close()
    return draft(path.name, columns, rows=rows, city=city, table=table, header_line=reading.header_line)


def _reading(raw: RawFile, engine: Engine) -> Reading:
    """How to read the file: where titles stand above the names, the line that names most columns."""
    first = Reading()
    named_first = _named(raw, first, engine)
    if kind_of(raw, first) not in ("csv", "xlsx") or named_first > _FEW_COLUMNS:
        return first
    later = [Reading(header_line=line) for line in range(2, _LINES_OF_TITLES + 1)]
    counts = {reading: _named(raw, reading, engine) for reading in later}
    best = max(later, key=lambda reading: counts[reading])
    return best if counts[best] > max(named_first, 1) else first


def _named(raw: RawFile, reading: Reading, engine: Engine) -> int:
    """How many columns have a name when the file is read so; none if it cannot be."""
    try:
        names = _names(raw, reading, engine)
    except Refusal:
        return 0
    return sum(not re.fullmatch(r"column_\d+", name) for name in names)


def _names(raw: RawFile, reading: Reading, engine: Engine) -> list[str]:
    described = engine.query(f"DESCRIBE FROM {engine.source(raw, reading)[0]}")
    return [str(row[0]) for row in described if row[0] not in RESERVED]


def draft(
    file: str,
    columns: Sequence[ColumnProfile],
    *,
    rows: int,
    city: str,
    table: str | None,
    header_line: int = 1,
) -> str:
    """The text of a mapping file, ready for the command check."""
    ranked = [(FITS, table)] if table else rank_tables(file, columns)
    contract = load_contract(ranked[0][1])
    rivals = [name for score, name in ranked[1:4] if score > 0]
    told = f"other tables that may fit: {', '.join(rivals)}" if rivals else ""
    if ranked[0][0] < FITS:
        told = f"{GUESS}: no table fits well; give one with --table"
    matches = match_columns(contract, columns)
    entries, codes = _entries(file, contract, matches, columns)
    lines = [
        f"# A draft from {_quiet(file)}, {rows:,} rows, {len(columns)} columns. {GUESS} marks a doubt.",
        "# Read all, then run: python -m data_contracts check --mapping THIS_FILE --raw FOLDER_OF_THE_FILE",
        f"city = {toml_text(city)}",
        'title = ""  # the city or office, as people read it',
        'provenance = ""  # who exported the files, and how',
        "# exported_on = 2026-06-30  # the day of the export: nothing in the files was known later",
        "",
        *codes,
        *_feed(file, contract, entries, columns, told),
        *_entities_feed(file, contract, matches, columns),
        *_left_over(contract, entries, matches, columns),
    ]
    text = "\n".join(lines) + "\n"
    named = f"file = {toml_text(file)}\n"
    return text if header_line == 1 else text.replace(named, f"{named}header_line = {header_line}\n")


def _entries(
    file: str, contract: Contract, matches: Mapping[str, Match], columns: Sequence[ColumnProfile]
) -> tuple[list[Entry], list[str]]:
    """The lines of [feed.columns], and the code tables that they name."""
    entries, codes = [], []
    for column in contract.columns:
        match = matches.get(column.name)
        if column.computed:
            continue
        if match:
            entry, table = _made(contract, match, f"{_key(file, contract.table)}_{column.name}")
            entries.append(entry)
            codes.extend(table)
        elif column.required and not _undated(column):
            entries.append(_stand_in(file, contract, column, matches, columns))
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
        made = _text(foreign)
    if column.name == "entity_id" and is_name(foreign):
        why.append("this is a name: better a credit code or number")
    if not foreign.filled:
        why.append("it is empty in the first rows")
    return Entry(column=column.name, made=made, why="; ".join(why)), table


def _text(foreign: ColumnProfile) -> str:
    """A column as it stands; without the point of a number that is whole."""
    return toml_text(f"CAST({named(foreign.name)} AS BIGINT)" if foreign.whole else foreign.name)


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
    file: str,
    contract: Contract,
    column: Column,
    matches: Mapping[str, Match],
    columns: Sequence[ColumnProfile],
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
    elif name == "entity_id" and any(is_name(foreign) for foreign in columns):
        made = toml_text(next(foreign.name for foreign in columns if is_name(foreign)))
        why = "no number found: entities would be told apart by their names"
    elif name in contract.key and name != "entity_id":
        cells = ", ".join(named(foreign.name) for foreign in columns)
        made = toml_text(f"content_id(concat_ws('|', {cells}))")
        why = "no number found: equal rows get equal ids, and count once"
    elif codes:
        of_file = code_named_in(contract.table, column, Path(file).stem)
        choice = of_file or ("unknown" if "unknown" in codes else UNKNOWN)
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
    yield f"entity_id = {_text(matches['entity_id'].foreign)}"
    yield str(_stand_in(file, entities, entities.column("id_kind"), matches, columns))
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
        told = f"for example {column.example[:40]!r}" if column.filled else "empty"
        if names_persons(column.name):
            told = "not shown, for it may name persons"
        yield f"#   {_quiet(column.name)}: {told}"
    made = {entry.column.removeprefix("# ") for entry in entries}
    open_ones = [c for c in contract.columns if c.name not in made and not c.computed]
    if open_ones:
        yield f"# Columns of {contract.table} that nothing is mapped to:"
    for ours in open_ones:
        yield f"#   {ours.name} {ours.label_zh}"


def _quiet(name: str) -> str:
    """A foreign name as it may stand in a comment: whatever would end the line is told, not written."""
    return repr(name)[1:-1]


def _key(file: str, table: str) -> str:
    """A short name for a feed and its code tables."""
    stem = Path(file).stem
    return stem if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", stem) else table
