"""How one target column is made of foreign columns: the words of a mapping entry, turned into SQL text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from data_contracts import conversions
from data_contracts.contract import KINDS, Column
from data_contracts.mapping.complaints import Complaints, Place

# The word that says how a column is made, and the words that may stand beside it.
WAYS: Mapping[str, tuple[str, ...]] = {
    "date": ("day_first",),
    "code": ("table", "default"),
    "codes": ("table", "default", "split"),
    "fen": ("unit",),
    "value": (),
    "pseudonym": (),
    "shown": ("because",),
}
# Foreign types that need no reading; floating numbers do, for they may be NaN.
TYPED: Mapping[str, tuple[str, ...]] = {
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    "date": ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"),
    "boolean": ("BOOLEAN",),
}
# What may be a column, with the brackets that headings have; whether it is one, the file says.
COLUMN_NAME = re.compile(r'[\w /.:()（）【】-]+|"[^"]+"')
SPLIT = "[;；,，、]"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedColumn:
    """One target column: the foreign expression as given, and the SQL of its value."""

    target: str
    expression: str
    value: str
    reason: str | None  # of a row whose expression is not blank but gives no value; None if that cannot be
    way: str = "plain"
    table: str | None = None  # of codes, by its name in the mapping
    split: str = SPLIT
    unit: str | None = None  # of money, where the mapping says it
    known_words: frozenset[str] = frozenset()  # of the code table
    open_words: frozenset[str] = frozenset()  # of these the ones whose code is none of ours: told there

    @property
    def written(self) -> str:
        """The expression as a person would write it: a column by its plain name."""
        bare = self.expression.strip()
        quoted = len(bare) > 2 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1]
        return bare[1:-1] if quoted else self.expression

    def over(self, foreign_type: str, kind: str) -> MappedColumn:
        """The same column where the foreign type already is right: text would only be made and read again."""
        if self.way not in ("plain", "shown", "date") or foreign_type not in TYPED.get(kind, ()):
            return self
        value = f"CAST(({self.expression}\n) AS {KINDS[kind]})"
        return replace(self, value=value, reason=None)

    def of_column(self, name: str) -> MappedColumn:
        """The same made of one column: the expression is its name as it stands, which need not be SQL."""
        expression = conversions.named(name)
        value = self.value.replace(f"({self.expression}\n)", f"({expression}\n)")
        return replace(self, expression=expression, value=value)


def mapped_column(
    column: Column, source: Any, *, codes: Mapping[str, Any], place: Place, complaints: Complaints
) -> MappedColumn | None:
    """How a target column is made, or None with a complaint."""
    if isinstance(source, str):
        source = {"codes": source} if column.multi else {"plain": source}
    way = _way(column, source, place, complaints)
    if way is None:
        return None
    if way == "value":
        return _literal(column, source["value"], place, complaints)
    expression = str(source[way])
    if not expression.strip():
        complaints.add(place, "the expression is empty")
        return None
    if way == "pseudonym" and not COLUMN_NAME.fullmatch(expression.strip()):
        complaints.add(
            place, f"'pseudonym' takes one column, so that rejected rows hide it too; got {expression!r}"
        )
        return None
    wrapped = f"({expression}\n)"
    value = _value(way, source, (column, wrapped), codes, place, complaints)
    reasons = {
        "integer": "not_an_integer",
        "number": "not_a_number",
        "date": "not_a_date",
        "boolean": "not_true_or_false",
    }
    special = {"fen": "not_an_amount", "code": "unknown_code", "codes": "unknown_code", "pseudonym": None}
    reason = special.get(way, reasons.get(column.kind))
    return MappedColumn(
        target=column.name,
        expression=expression,
        value=value,
        reason=reason,
        way=way,
        table=source.get("table"),
        split=source.get("split", SPLIT),
        unit=source.get("unit"),
        known_words=frozenset(codes.get(str(source.get("table")), ())),
        open_words=_open_words(column, codes.get(str(source.get("table")))),
    )


def _way(column: Column, source: Any, place: Place, complaints: Complaints) -> str | None:
    """The word that says how a column is made, or None with a complaint."""
    ways = [way for way in ("plain", *WAYS) if isinstance(source, dict) and way in source]
    if len(ways) != 1:
        complaints.add(place, f"expected a SQL expression or one of {', '.join(WAYS)}, got {source!r}")
        return None
    way = ways[0]
    complaints.unknown(place, [word for word in source if word != way], WAYS.get(way, ()))
    for word, value in source.items():
        if word != "value" and not isinstance(value, bool if word == "day_first" else str):
            kind = "true or false" if word == "day_first" else "a text"
            complaints.add(place.inside(word), f"{word!r} is {kind}, got {value!r}")
            return None
    wanted = {"date": "date", "fen": "integer", "pseudonym": "string", "code": "string", "codes": "string"}
    if way in wanted and wanted[way] != column.kind:
        article = "an" if wanted[way] == "integer" else "a"
        complaints.add(
            place, f"{way!r} makes {article} {wanted[way]}, and the contract wants a {column.kind}"
        )
        return None
    hides = way in ("pseudonym", "value", "shown")
    if column.classification == "personal" and not hides:
        complaints.add(
            place,
            'it may name persons: write { pseudonym = "COLUMN" }, or if it names nobody '
            '{ shown = "EXPRESSION", because = "why it names nobody" }',
        )
    if way == "shown" and not str(source.get("because", "")).strip():
        complaints.add(place, "'shown' says why the column names nobody: because = \"…\"")
    return way


def _value(
    way: str,
    source: Mapping[str, Any],
    target: tuple[Column, str],
    codes: Mapping[str, Any],
    place: Place,
    complaints: Complaints,
) -> str:
    column, expression = target
    if way in ("plain", "shown"):
        # An identifier is trimmed with everything else that entity_code does.
        bare = column.identifies == "true"
        return f"CAST({expression} AS VARCHAR)" if bare else conversions.plain_sql(expression, column.kind)
    if way == "date":
        return conversions.date_sql(expression, day_first=source.get("day_first"))
    if way == "pseudonym":
        return conversions.pseudonym_sql(expression)
    if way == "fen":
        unit = source.get("unit", "yuan")
        complaints.unknown(place.inside("unit", words="unit"), [unit], conversions.FEN_PER)
        return conversions.fen_sql(expression, unit if unit in conversions.FEN_PER else "yuan")
    table = _code_table(column, source, codes, place, complaints)
    if way == "codes":
        return conversions.codes_sql(expression, table, source.get("split", SPLIT), source.get("default"))
    return conversions.code_sql(expression, table or {}, source.get("default"))


def _code_table(
    column: Column, source: Mapping[str, Any], codes: Mapping[str, Any], place: Place, complaints: Complaints
) -> dict[str, str] | None:
    name = source.get("table")
    if name is None and "codes" in source:
        return None
    if not isinstance(name, str) or name not in codes:
        complaints.unknown(place.inside("table", words="code table"), [str(name)], codes)
        return {}
    table = {str(key): str(value) for key, value in codes[name].items()}
    if column.codes:
        ours = [code.code for code in column.codes]
        for foreign, code in table.items():
            entry = Place(path=("codes", name, foreign), words=f"codes.{name} for {column.name}")
            complaints.unknown(entry, [code], ours)
        complaints.unknown(place, [source["default"]] if "default" in source else [], ours)
        table = {key: code for key, code in table.items() if code in ours}
    return table


def _open_words(column: Column, table: Mapping[str, Any] | None) -> frozenset[str]:
    """Words that wait for a code: their rows cannot be admitted, and the others can be judged."""
    ours = [code.code for code in column.codes]
    return frozenset(word for word, code in (table or {}).items() if column.codes and str(code) not in ours)


def _literal(column: Column, value: Any, place: Place, complaints: Complaints) -> MappedColumn | None:
    types = {"string": str, "integer": int, "number": (int, float), "date": date, "boolean": bool}
    if not isinstance(value, types[column.kind]) or isinstance(value, bool) != (column.kind == "boolean"):  # type: ignore[arg-type]
        complaints.add(place, f"the contract wants a {column.kind}, got {value!r}")
        return None
    if column.codes:
        words = str(value).split(";") if column.multi else [str(value)]
        complaints.unknown(place, words, [code.code for code in column.codes])
    sql = conversions.literal_sql(value, column.sql_type)
    return MappedColumn(target=column.name, expression=sql, value=sql, reason=None, way="value")
