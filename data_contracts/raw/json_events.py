"""The records in JSON text, read in a stream: no value, record or depth without end, no number rounded."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any, BinaryIO, Protocol

import ijson

from data_contracts.raw.header import MOST_COLUMNS
from data_contracts.raw.lines import LONGEST_LINE

CHUNK_BYTES = 1 << 16
DEEPEST = 32
BETWEEN = ";"
LONGEST_PLAIN_NUMBER = 40
LONGEST_NUMBER = 400
_LONG_NUMBER = re.compile(rb"[\s:,\[]-?[0-9]{%d}" % LONGEST_NUMBER)
Event = tuple[str, Any]
Events = Iterator[Event]


class JsonError(ValueError):
    """Text that is no JSON, or holds a value without end."""


class LongRecordError(ValueError):
    """JSON of more in one record than a row may hold."""


class Stream(Protocol):
    """Anything that gives bytes, at most so many at a time."""

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end."""


@dataclass(slots=True)
class Record:
    """One element of an array: its flattened values in order, or why it is none."""

    number: int
    values: dict[str, str]
    fault: str | None = None


class Utf8File:
    """A file of text as UTF-8; from a place on it gives byte by byte, so that a mistake can be located."""

    def __init__(self, stream: BinaryIO, encoding: str, slow_from: int | None = None) -> None:
        """`encoding` is that of the file; UTF-8 and UTF-16 lose the mark at their beginning."""
        self.given = self.last = self.column = 0
        self.line = 1
        self._stream, self._slow_from = stream, slow_from
        self._decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
        self._ready = b""

    def read(self, size: int) -> bytes:
        """Bytes unless the file has ended, or none are asked for, as ijson does to learn what is given."""
        while not self._ready:
            chunk = self._stream.read(CHUNK_BYTES)
            self._ready = self._decoder.decode(chunk, final=not chunk).encode()
            if not chunk:
                break
        slow = self._slow_from is not None and self.given >= self._slow_from
        taken = self._ready[: min(size, 1) if slow else size]
        self._ready = self._ready[len(taken) :]
        self.last, self.given = self.given, self.given + len(taken)
        self.line += taken.count(b"\n")
        self.column = self.column + len(taken) if b"\n" not in taken else len(taken) - taken.rfind(b"\n") - 1
        return taken


def events_of(stream: Stream) -> Events:
    """The events of one JSON text; raises JsonError for what is none and what has no end."""
    watched = _Watched(stream)
    depth = 0
    try:
        for event, value in ijson.basic_parse(watched, buf_size=CHUNK_BYTES):
            watched.unread = 0
            depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
            if depth > DEEPEST:
                raise JsonError(f"values nested more than {DEEPEST} deep")
            yield event, value
    except ijson.JSONError as cause:
        raise JsonError(_said(cause)) from cause


class _Watched:
    """Sees every byte before the parser does, which keeps a value in memory until it ends.

    Of an integer beyond 4,300 digits ijson tells only later, and as an error of something else.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._tail = b""
        self.unread = 0

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        chunk = self._stream.read(size)
        self.unread += len(chunk)
        if self.unread > LONGEST_LINE:
            raise JsonError(f"a value longer than {LONGEST_LINE:,} bytes")
        seen = self._tail + chunk
        if _LONG_NUMBER.search(seen):
            raise JsonError(f"a number of more than {LONGEST_NUMBER:,} digits")
        self._tail = seen[-LONGEST_NUMBER - 1 :]
        return chunk


def _said(cause: Exception) -> str:
    """What yajl says of a mistake, without its picture of the place."""
    text = cause.args[0] if cause.args else ""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return text.partition("\n")[0].strip().rstrip(".")


def records_in(events: Events) -> Iterator[tuple[str, Record]]:
    """Every element of every array that is reached by names alone, with the path of these names."""
    event, _ = next(events)
    yield from _found(events, event, "")
    for _ in events:  # What follows the value is a mistake, which the parser tells.
        pass


def one_record(events: Events, number: int) -> Record:
    """The one value of a JSON text as a record."""
    event, value = next(events)
    record = _record(events, event, value, number)
    for _ in events:
        pass
    return record


def _found(events: Events, event: str, path: str) -> Iterator[tuple[str, Record]]:
    if event == "start_array":
        for number in count(1):
            event, value = next(events)
            if event == "end_array":
                return
            yield path, _record(events, event, value, number)
    elif event == "start_map":
        for name in _names(events):
            event, _ = next(events)
            yield from _found(events, event, f"{path}.{name}" if path else name)


def _names(events: Events) -> Iterator[str]:
    """The names in an object whose opening was read; after each, its value is to be read."""
    for event, name in events:
        if event == "end_map":
            return
        yield name


def _record(events: Events, event: str, value: Any, number: int) -> Record:
    record = Record(number, {})
    if event != "start_map":
        text = _Flat(events).json(event, value)
        record.fault = f"no object: {text}"
        return record
    flat = _Flat(events)
    flat.object("")
    for name, text in flat.pairs:
        if name in record.values:
            record.fault = record.fault or f"the name {name!r} twice: {text}"
        record.values[name] = text
    return record


class _Flat:
    """Reads one element: names with dots and their texts."""

    def __init__(self, events: Events) -> None:
        self.pairs: list[tuple[str, str]] = []
        self._events = events
        self._length = 0

    def object(self, prefix: str) -> None:
        """The values of an object whose opening was read."""
        for name in _names(self._events):
            event, value = next(self._events)
            self._value(event, value, f"{prefix}.{name}" if prefix else name)

    def _value(self, event: str, value: Any, name: str) -> None:
        if event == "start_map":
            self.object(name)
            return
        text = self._array() if event == "start_array" else plain_text(event, value)
        self._count(name, text)
        self.pairs.append((name, text))
        if len(self.pairs) > MOST_COLUMNS:
            raise LongRecordError(f"a record of more than {MOST_COLUMNS:,} values")

    def _array(self) -> str:
        """Plain values joined; an array that holds objects or arrays as the JSON that it is."""
        nested, plain, items = False, [], []
        for event, value in self._events:
            if event == "end_array":
                break
            nested = nested or event in ("start_map", "start_array")
            plain.append(plain_text(event, value))
            items.append(self.json(event, value))
        return f"[{','.join(items)}]" if nested else BETWEEN.join(plain)

    def json(self, event: str, value: Any) -> str:
        """A value as JSON text, without blanks."""
        if event == "start_array":
            parts = [self.json(*inner) for inner in iter(lambda: next(self._events), ("end_array", None))]
            return f"[{','.join(parts)}]"
        if event == "start_map":
            pairs = [f"{_quoted(name)}:{self.json(*next(self._events))}" for name in _names(self._events)]
            return f"{{{','.join(pairs)}}}"
        text = (
            json.dumps(value, ensure_ascii=False) if event == "string" else plain_text(event, value) or "null"
        )
        self._count(text)
        return text

    def _count(self, *texts: str) -> None:
        self._length += sum(map(len, texts)) + 8  # Millions of empty values are long too.
        if self._length > LONGEST_LINE:
            raise LongRecordError(f"a record longer than {LONGEST_LINE:,} characters")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def plain_text(event: str, value: Any) -> str:
    """The text of a plain value: numbers to their last digit, nothing for null."""
    if event == "null":
        return ""
    if event == "boolean":
        return "true" if value else "false"
    if isinstance(value, Decimal) and abs(value.adjusted()) < LONGEST_PLAIN_NUMBER:
        return format(value, "f")
    return str(value)
