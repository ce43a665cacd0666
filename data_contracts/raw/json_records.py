"""JSON as it comes: an array of objects, one in an object, or an object on each line; it becomes plain text.

Objects in a record become names with dots, arrays of plain values are joined by ";". Two passes, since any
record may bring a name. The number of a record, or of its line, is that of its row.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from data_contracts.line_faults import MALFORMED_RECORD, UNDECODABLE
from data_contracts.mapping.reading import Reading
from data_contracts.near_names import near
from data_contracts.raw.files import RawFile, RawFileError
from data_contracts.raw.header import distinct_names, refuse_too_many
from data_contracts.raw.hopeless import Judge
from data_contracts.raw.json_events import (
    JsonError,
    LongRecordError,
    Record,
    Utf8File,
    events_of,
    one_record,
    records_in,
)
from data_contracts.raw.lines import UTF_8, UTF_16, LongLineError, evidence_of, lines_of
from data_contracts.raw.rows import SHOWN_CHARACTERS, Row
from data_contracts.raw.text_table import schema_of, tables_of, write_tables

Keys = dict[str, None]
SHOWN_PLACES = 10


def json_to_parquet(raw: RawFile, reading: Reading, target: Path, judge: Judge) -> int:
    """Writes the records of a JSON file as Parquet of text columns; returns their number."""
    encoding = reading.encoding or _encoding(raw.path)

    def found() -> Iterator[tuple[str, Record]]:
        with raw.path.open("rb") as stream:
            yield from records_in(events_of(Utf8File(stream, encoding)))

    try:
        keys: dict[str, Keys] = {}
        for path, record in found():
            _note(raw, keys.setdefault(path, {}), record)
            refuse_too_many(raw, keys)
        place = _place(raw, reading, keys)
        chosen = judge.records(record for path, record in found() if path == place)
        return _write(raw, keys[place], chosen, target)
    except UnicodeError as cause:
        raise RawFileError(
            expected=f"{raw.name} to be text in {encoding}",
            got="bytes that are not",
            todo="correct 'encoding' in its feed, or take it out if the file is UTF-8"
            if reading.encoding
            else "save it in UTF-8, or set 'encoding' in its feed",
        ) from cause
    except LongRecordError as cause:
        raise RawFileError(
            expected=f"{raw.name} to hold records, each a JSON object",
            got=str(cause),
            todo="replace the file",
        ) from cause
    except JsonError as cause:
        raise RawFileError(
            expected=f"{raw.name} to be one JSON text in {encoding}",
            got=f"{cause}, {_position(raw.path, encoding)}",
            todo="correct it there, or set format = 'jsonl' in its feed if every line is a record of its own",
        ) from cause


def json_lines_to_parquet(raw: RawFile, reading: Reading, target: Path, judge: Judge) -> int:
    """Writes a file of one JSON object on each line as Parquet of text columns; returns their number."""
    try:
        encoding = reading.encoding or evidence_of(raw.path).encoding
        if encoding is None:
            raise UnicodeError("bytes that are no text in UTF-8, UTF-16 or GB18030")
        keys: Keys = {}
        for record in judge.records(_line_records(raw.path, encoding)):
            _note(raw, keys, record)
        return _write(raw, keys, _line_records(raw.path, encoding), target)
    except (LongLineError, UnicodeError, LookupError) as cause:
        raise RawFileError(
            expected=f"{raw.name} to hold one JSON object on each line",
            got=str(cause),
            todo="replace the file, correct 'encoding' or 'format' in its feed, or list it under [ignored]",
        ) from cause


def _note(raw: RawFile, keys: Keys, record: Record) -> None:
    """Keeps the names that a record brings; refuses a file in which every record brings its own."""
    if not record.values.keys() <= keys.keys():
        keys.update(dict.fromkeys(record.values))
        refuse_too_many(raw, keys)


def _write(raw: RawFile, keys: Keys, records: Iterator[Record], target: Path) -> int:
    if not keys:
        raise RawFileError(
            expected=f"{raw.name} to hold records, each a JSON object",
            got="no object with a value",
            todo="replace the file, set 'records' in its feed, or list it under [ignored] with the reason",
        )
    schema = schema_of(distinct_names([key.strip() or "column" for key in keys]))
    return write_tables(tables_of((_row(record, keys) for record in records), schema), schema, target)


def _row(record: Record, keys: Keys) -> Row:
    cells = [record.values.get(key, "") for key in keys]
    if record.fault is None:
        return Row(record.number, cells)
    kind = UNDECODABLE if record.fault.startswith("not ") else MALFORMED_RECORD
    return Row(record.number, cells, kind, record.fault[:SHOWN_CHARACTERS])


def _line_records(path: Path, encoding: str) -> Iterator[Record]:
    for line in lines_of(path, encoding):
        text = line.text.strip(" \t\r\n")
        if line.problem:
            yield Record(line.number, {}, f"{line.problem}: {text}")
        elif text:
            try:
                yield one_record(events_of(io.BytesIO(text.encode())), line.number)
            except (JsonError, LongRecordError) as cause:
                yield Record(line.number, {}, f"{cause}: {text}")


def _place(raw: RawFile, reading: Reading, keys: Mapping[str, Keys]) -> str:
    """The path of the array of records: the declared one, or the only one that holds objects."""
    places = [path for path, names in keys.items() if names]
    declared = None if reading.records is None else reading.records.strip()
    if declared is not None and declared in keys:
        return declared
    if declared is None and len(places) == 1:
        return places[0]
    shown = ", ".join(repr(path) for path in places[:SHOWN_PLACES]) or "none"
    which = "exactly one" if declared is None else f"one at {declared!r}"
    raise RawFileError(
        expected=f"{raw.name} to be an array of objects, or to hold {which}",
        got=f"{shown}{near(declared, places) if declared else ''}",
        todo="set 'records' in its feed to the place of the array, such as 'data.items'",
    )


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return UTF_16 if wide else UTF_8


def _position(path: Path, encoding: str) -> str:
    """Where the mistake stands: the file is read again, byte by byte in the piece that holds it."""
    slow_from = None
    for _ in range(2):
        with path.open("rb") as stream:
            text = Utf8File(stream, encoding, slow_from)
            with suppress(JsonError, UnicodeError):
                for _event in events_of(text):
                    pass
        slow_from = text.last
    return f"at line {text.line:,}, byte {text.column:,} of it"
