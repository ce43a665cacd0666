"""The columns a release expects, in their order, with their words; and the check of what came instead."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from data_contracts.refusal import Refusal
from models.document import Document, Json, document_of, parse_json, write_json

if TYPE_CHECKING:
    # Only its type: importing it would bring ibis into every serving process.
    from features.indicator import Indicator

KINDS = ("integer", "number", "category")
ARROW_TYPES = {"integer": pa.int64(), "number": pa.float64(), "category": pa.string()}
_TEXTS = (
    "name", "kind", "family", "dimension", "unit", "unit_en", "label_zh", "label_en",
    "raises_zh", "raises_en", "lowers_zh", "lowers_en", "missing",
)  # fmt: skip
# No count or amount of an entity reaches it. What an indicator can be below that, the schema does not know:
# a negative age is scored like any number.
LARGEST = 10**15
LONGEST_CODE = 200
_KEYS = (*_TEXTS, "direction", "categories", "window_days", "changeable")


class SchemaMismatch(Refusal):
    """Columns or values are not those the release was trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorSpec:
    """One column of the model's matrix: its type, its fixed category codes and its words."""

    name: str
    kind: str
    direction: int
    categories: tuple[str, ...]
    family: str
    dimension: str
    unit: str
    unit_en: str
    label_zh: str
    label_en: str
    raises_zh: str
    raises_en: str
    lowers_zh: str
    lowers_en: str
    missing: str
    window_days: int | None
    changeable: bool

    def __post_init__(self) -> None:
        """Refuses what would break the model later: an unknown kind, a missing table, a bad direction."""
        if self.kind not in KINDS:
            self._refuse(f"kind {', '.join(KINDS)}", f"kind {self.kind!r}")
        if (self.kind == "category") != bool(self.categories):
            self._refuse(
                "a table of categories for a category and for nothing else",
                f"{self.categories} for {self.kind}",
            )
        if len(set(self.categories)) != len(self.categories):
            self._refuse("every category once", str(self.categories))
        if self.direction not in (-1, 0, 1) or (self.kind == "category" and self.direction != 0):
            self._refuse("direction -1, 0 or 1, and 0 for a category", f"direction {self.direction}")

    @staticmethod
    def of(indicator: Indicator, *, categories: Sequence[str] | None = None) -> IndicatorSpec:
        """What a release keeps of an indicator; `categories` seen in training where it declares none."""
        return IndicatorSpec(
            **{key: str(getattr(indicator, key)) for key in _TEXTS},
            direction=indicator.direction,
            categories=indicator.categories or tuple(categories or ()),
            window_days=indicator.window_days,
            changeable=indicator.changeable,
        )

    def to_fields(self) -> dict[str, Json]:
        """The indicator as an object of indicators.json."""
        fields: dict[str, Json] = {key: str(getattr(self, key)) for key in _TEXTS}
        return fields | {
            "direction": self.direction,
            "categories": list(self.categories),
            "window_days": self.window_days,
            "changeable": self.changeable,
        }

    @staticmethod
    def from_fields(document: Document) -> IndicatorSpec:
        """Reads one object of indicators.json strictly."""
        document.exactly(*_KEYS)
        return IndicatorSpec(
            **{key: document.text(key) for key in _TEXTS},
            direction=document.integer("direction"),
            categories=document.texts("categories"),
            window_days=document.optional_integer("window_days"),
            changeable=document.flag("changeable"),
        )

    def _refuse(self, expected: str, got: str) -> None:
        raise SchemaMismatch(
            expected=expected,
            got=f"{got} in indicator {self.name}",
            todo="correct the indicator in features/catalogue",
        )


Schema = tuple[IndicatorSpec, ...]


def schema_to_json(schema: Schema) -> str:
    """The text of indicators.json."""
    return write_json([spec.to_fields() for spec in schema])


def schema_from_json(text: str, place: str = "indicators.json") -> Schema:
    """Reads indicators.json strictly; a name stands once."""
    values = parse_json(text, place)
    if not isinstance(values, list) or not values:
        raise SchemaMismatch(
            expected="a list of indicators", got=f"none in {place}", todo="write the release again"
        )
    schema = tuple(
        IndicatorSpec.from_fields(document_of(value, f"{place}, entry {number}"))
        for number, value in enumerate(values, 1)
    )
    names = [spec.name for spec in schema]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise SchemaMismatch(
            expected="every indicator once", got=f"{twice} twice in {place}", todo="write the release again"
        )
    return schema


def arrow_schema(schema: Schema) -> pa.Schema:
    """The Arrow schema of a table that the scorer accepts."""
    return pa.schema([(spec.name, ARROW_TYPES[spec.kind]) for spec in schema])


def check_names(schema: Schema, names: Sequence[str]) -> None:
    """Refuses columns that are missing, unknown, repeated or out of place, naming each."""
    expected = [spec.name for spec in schema]
    if list(names) == expected:
        return
    missing = [name for name in expected if name not in set(names)]
    extra = [name for name in names if name not in set(expected)]
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    parts = [
        f"{title}: {', '.join(found)}"
        for title, found in (("missing", missing), ("unknown", extra), ("repeated", repeated))
        if found
    ]
    if not parts:
        moved = [
            f"{name} (expected position {expected.index(name) + 1}, got position {place})"
            for place, name in enumerate(names, 1)
            if expected[place - 1] != name
        ]
        parts = [
            f"out of place: {', '.join(moved[:6])}"
            + (f" and {len(moved) - 6} more" if len(moved) > 6 else "")
        ]
    raise SchemaMismatch(
        expected=f"{len(expected)} indicator columns in the order of the release",
        got="; ".join(parts),
        todo="send the columns of indicators.json in their order; `python -m models show` lists them",
    )


def check_schema(schema: Schema, table: pa.Table) -> None:
    """Refuses a table whose columns differ in name, order or type from the release's."""
    check_names(schema, table.column_names)
    wrong = [
        f"{spec.name} is {field.type}, expected {ARROW_TYPES[spec.kind]}"
        for spec, field in zip(schema, table.schema, strict=True)
        if field.type != ARROW_TYPES[spec.kind]
    ]
    if wrong:
        raise SchemaMismatch(
            expected="whole numbers as int64, numbers as double, categories as string",
            got="; ".join(wrong),
            todo="cast the columns where the table is made; nothing is converted silently",
        )


def snapshot_columns(schema: Schema, snapshot: pa.Table) -> pa.Table:
    """The release's columns of a snapshot, in its order; a snapshot may hold more, never fewer.

    An engine may write whole numbers as doubles (DuckDB widens sums): taken when nothing is lost.
    """
    missing = [spec.name for spec in schema if spec.name not in snapshot.column_names]
    if missing:
        raise SchemaMismatch(
            expected="a snapshot with every column that the release reads",
            got=f"missing: {', '.join(missing)}",
            todo="build the snapshot with the catalogue of the release's code version",
        )
    return pa.table(
        [_whole(spec, snapshot.column(spec.name)) for spec in schema], [spec.name for spec in schema]
    )


def _whole(spec: IndicatorSpec, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if spec.kind != "integer" or column.type != pa.float64():
        return column
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise SchemaMismatch(
            expected=f"whole numbers in column {spec.name}",
            got=str(error),
            todo="correct the indicator's expression",
        ) from error


def table_of_rows(schema: Schema, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.Table:
    """Rows of plain values (a score request) as a table the scorer accepts; every value's type is checked."""
    check_names(schema, columns)
    for number, row in enumerate(rows, 1):
        if len(row) != len(schema):
            raise SchemaMismatch(
                expected=f"{len(schema)} values in every row",
                got=f"{len(row)} values in row {number}",
                todo="send one value per column and null for a missing one",
            )
        for spec, value in zip(schema, row, strict=True):
            _check_value(spec, value, number)
    arrays = [
        pa.array([_plain(spec, row[place]) for row in rows], type=ARROW_TYPES[spec.kind])
        for place, spec in enumerate(schema)
    ]
    return pa.table(arrays, schema=arrow_schema(schema))


def _check_value(spec: IndicatorSpec, value: object, number: int) -> None:
    if value is None or _fits(spec.kind, value):
        return
    raise SchemaMismatch(
        expected=f"{spec.kind} or null in column {spec.name}",
        got=f"{_shown(value)} in row {number}",
        todo="send numbers within ±10^15, codes of at most 200 printable signs, and null for a missing value",
    )


def _fits(kind: str, value: object) -> bool:
    if kind == "category":
        return isinstance(value, str) and len(value) <= LONGEST_CODE and value.isprintable()
    if isinstance(value, bool) or not isinstance(value, int if kind == "integer" else int | float):
        return False
    # False of NaN too.
    return -LARGEST <= value <= LARGEST


def _shown(value: object) -> str:
    """A refused value, never longer than a line; a stranger's list may be too deep to write out."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return f"a whole number of about {value.bit_length() * math.log10(2):.0f} digits"
    return repr(value[:80]) if isinstance(value, str) else json.dumps(value, default=str)


def _plain(spec: IndicatorSpec, value: object) -> object:
    return float(value) if spec.kind == "number" and isinstance(value, int) else value
