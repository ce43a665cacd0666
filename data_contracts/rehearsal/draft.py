"""A mapping for a file that nobody has seen: guesses from headings and values, each marked as a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from data_contracts.admission.engine import Engine, open_engine
from data_contracts.contract import Column, Contract, load_contract
from data_contracts.conversions import named
from data_contracts.line_faults import FAULT
from data_contracts.mapping.cell_looks import tells_of_person
from data_contracts.mapping.foreign_words import names_persons, unit_of_heading
from data_contracts.mapping.mapped_column import SPLIT
from data_contracts.mapping.reading import Reading
from data_contracts.raw import RESERVED, RawFile, kind_of
from data_contracts.refusal import Refusal
from data_contracts.rehearsal.advice import codes_to_paste, toml_text
from data_contracts.rehearsal.column_guesses import (
    FITS,
    Match,
    guess_columns,
    is_name,
    match_columns,
    rank_tables,
)
from data_contracts.rehearsal.file_profile import VALUES_KEPT, ColumnProfile, profile
from data_contracts.rehearsal.header_guess import guess_header
from data_contracts.rehearsal.stand_ins import (
    EXPORT_DAY,
    GUESS,
    Entry,
    date_of,
    is_undated,
    known_on,
    stand_in,
    text_of,
)

SURE = 0.9
MEMORY_LIMIT = "2GB"
_BROKEN_LINES = 0.05  # so many lines at fault may come of cells that hold ends of lines
_TOLD_OF_ENTITIES = ("name", "uscc")  # by a file of events
_AS_IT_STANDS = Reading()


class DraftError(Refusal):
    """A file that no mapping can be drafted for."""


def draft_of_file(
    path: Path, staging: Path, *, table: str | None, city: str, today: date, reading: Reading | None = None
) -> str:
    """The draft of one file; only the staging folder is written. Without a reading the header is guessed."""
    if not path.is_file():
        raise DraftError(expected="a file to draft a mapping for", got=str(path), todo="correct the path")
    if table is not None:
        load_contract(table)
    raw = RawFile(path=path, name=path.name, digest="")
    engine = open_engine(staging, path.parent, exported_on=today, key=b"", memory_limit=MEMORY_LIMIT)
    try:
        reading = _whole_cells(raw, reading or guess_header(raw, Reading()), engine)
        relation, rows = engine.source(raw, reading)
        columns = profile(relation, _names(raw, reading, engine), engine.query)
    finally:
        engine.close()
    return draft(path.name, columns, rows=rows, city=city, table=table, reading=reading)


def _whole_cells(raw: RawFile, reading: Reading, engine: Engine) -> Reading:
    """The reading with `multiline`, where lines at fault become whole rows by it."""
    faults, rows = _faults(raw, reading, engine)
    if kind_of(raw, reading) != "csv" or faults <= _BROKEN_LINES * rows:
        return reading
    wide = replace(reading, multiline=True)
    try:
        return wide if _faults(raw, wide, engine)[0] * 2 < faults else reading
    except Refusal:
        return reading


def _faults(raw: RawFile, reading: Reading, engine: Engine) -> tuple[int, int]:
    relation, rows = engine.source(raw, reading)
    return int(engine.query(f"SELECT count({FAULT}) FROM {relation}")[0][0]), rows


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
    reading: Reading = _AS_IT_STANDS,
) -> str:
    """The text of a mapping file, ready for the command check."""
    ranked = [(FITS, table)] if table else rank_tables(file, columns)
    contract = load_contract(ranked[0][1])
    rivals = [name for score, name in ranked[1:4] if score > 0]
    told = f"other tables that may fit: {', '.join(rivals)}" if rivals else ""
    if ranked[0][0] < FITS:
        told = f"{GUESS}: no table fits well; give one with --table"
    matches = guess_columns(contract, columns)
    entries, codes = _entries(file, contract, matches, columns)
    asked = "SAY IT: " if any("exported_on" in entry.made for entry in entries) else ""
    lines = [
        f"# A draft from {_quiet(file)}, {rows:,} rows, {len(columns)} columns. {GUESS} marks a doubt.",
        "# Read all, then run: python -m data_contracts check --mapping THIS_FILE --raw FOLDER_OF_THE_FILE",
        f"city = {toml_text(city)}",
        'title = ""  # the city or office, as people read it',
        'provenance = ""  # who exported the files, and how',
        f"# exported_on = 2026-06-30  # {asked}the day of the export: nothing in the files was known later",
        "",
        *codes,
        *_feed(file, contract, entries, columns, matches, told),
        *_entities_feed(file, contract, matches, columns),
        *_left_over(contract, entries, matches, columns),
    ]
    text = "\n".join(lines) + "\n"
    named = f"file = {toml_text(file)}\n"
    return text.replace(named, named + "".join(f"{line}\n" for line in _reading_lines(reading)))


def _reading_lines(reading: Reading) -> Iterator[str]:
    """What a feed says of its file where it is not found out by itself."""
    if reading.header_line != 1:
        yield f"header_line = {reading.header_line}"
    if reading.header_rows != 1:
        yield f"header_rows = {reading.header_rows}  # the names stand in so many lines, joined by /"
    if reading.multiline:
        yield "multiline = true  # cells hold ends of lines"


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
        elif column.required and not is_undated(column):
            entries.append(stand_in(file, contract, column, matches, columns))
    return entries, codes


def _made(contract: Contract, match: Match, codes_name: str) -> tuple[Entry, list[str]]:
    """How a column is made of its match, and the code table if it needs one."""
    column, foreign, table = match.column, match.foreign, list[str]()
    why = _doubt(match)
    heading = toml_text(foreign.name)
    if column.classification == "personal":
        made = f"{{ pseudonym = {heading} }}"
    elif column.kind == "date":
        made, doubt = date_of(foreign, heading)
        why.extend(doubt)
    elif column.unit and column.unit.startswith("fen"):
        unit = unit_of_heading(foreign.name)
        made = f'{{ fen = {heading}, unit = "{unit or "yuan"}" }}'
        why.extend([] if unit else ["the heading names no unit"])
    elif column.codes:
        made, table, doubt = _coded(contract, column, foreign, codes_name)
        why.extend(doubt)
    else:
        made = text_of(foreign)
        why.extend(["it is long text, which may name persons: leave it out if so"] if foreign.is_long else [])
    if column.name == "entity_id" and is_name(foreign):
        why.append("this is a name: better a credit code or number")
    if not foreign.filled:
        why.append("it is empty in the first rows")
    return Entry(column=column.name, made=made, why="; ".join(why)), table


def _doubt(match: Match) -> list[str]:
    """What a person should look at, if anything."""
    nearest = f"nearest to {match.column.label_zh} {match.column.name}"
    return [] if match.score >= SURE else [match.why or nearest]


def _coded(
    contract: Contract, column: Column, foreign: ColumnProfile, name: str
) -> tuple[str, list[str], list[str]]:
    way = "codes" if column.multi else "code"
    values: dict[str, int] = {}
    for value, rows in foreign.values.items():
        several = re.split(SPLIT, value) if column.multi else [value]
        for word in {part.strip() for part in several} - {""}:
            if not tells_of_person(word):
                values[word] = values.get(word, 0) + rows
    if set(values) <= {code.code for code in column.codes}:
        return toml_text(foreign.name), [], []
    doubt = ["the code table holds guesses"]
    if foreign.distinct > VALUES_KEPT:
        doubt.append(f"and the first {VALUES_KEPT} of {foreign.distinct:,} values")
    made = f"{{ {way} = {toml_text(foreign.name)}, table = {toml_text(name)} }}"
    return made, [*codes_to_paste(contract.table, column, name, values).splitlines(), ""], doubt


def _feed(
    file: str,
    contract: Contract,
    entries: Sequence[Entry],
    columns: Sequence[ColumnProfile],
    matches: Mapping[str, Match],
    others: str,
) -> Iterator[str]:
    made = {entry.column for entry in entries}
    undated = [
        c.name for c in contract.columns if c.undatable and c.clock == "occurred" and c.name not in made
    ]
    used = {match.foreign.name for match in matches.values()}
    persons = [
        column.name
        for column in columns
        if names_persons(column.name) or (column.may_name_persons and column.name not in used)
    ]
    yield "[[feed]]"
    yield f"name = {toml_text(_key(file, contract.table))}"
    yield f"table = {toml_text(contract.table)}  # {contract.label_zh}" + (f"; {others}" if others else "")
    yield f"file = {toml_text(file)}"
    yield f"# provider = {toml_text(contract.source.provided_by)}  # who hands the file over, if not they"
    if persons:
        yield f"persons = [{', '.join(map(toml_text, persons))}]  # rejected rows hide these"
    if undated:
        yield f"undated = [{', '.join(map(toml_text, undated))}]"
    if contract.table == "entities" and any(entry.made == EXPORT_DAY for entry in entries):
        yield "# A row tells how an entity stood on the day of the export; nothing of it is known before."
        yield "# Later exports add versions; a file of changes gives the days before, one row per version."
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
    yield f"entity_id = {text_of(matches['entity_id'].foreign)}"
    yield str(stand_in(file, entities, entities.column("id_kind"), matches, columns))
    for name in told:
        heading = fit[name].foreign.name
        made = toml_text(f"valid_uscc({named(heading)})" if name == "uscc" else heading)
        yield str(_entry_of(fit[name], made))
    yield str(Entry(column="known_on", made=known_on(contract, matches)[0]))
    yield ""


def _entry_of(match: Match, made: str) -> Entry:
    return Entry(column=match.column.name, made=made, why="; ".join(_doubt(match)))


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
        yield f"#   {_quiet(column.name)}: {column.example}"
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
