"""The contracts of tables/ as values: columns, keys, codes, clocks, rules, who answers for each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from data_contracts.contract_file import ContractError, custom_properties, read_document, read_model
from data_contracts.dated_codes import code_table_names
from data_contracts.near_names import near

__all__ = [
    "KINDS", "TABLES_FOLDER", "Bounds", "Code", "Column", "Contract", "ContractError", "Rule", "Source",
    "contract_names", "load_contract", "read_contract",
]  # fmt: skip

TABLES_FOLDER = Path(__file__).parent / "tables"
KINDS = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "date": "DATE", "boolean": "BOOLEAN"}
CLASSIFICATIONS = ("public", "internal", "personal")
# occurred, known, forgotten: the row. ended, end_known: the end of an interval. superseded: a later version.
CLOCKS = ("occurred", "known", "forgotten", "ended", "end_known", "superseded")
ENTITY_ID = "entities.entity_id"
PERIODS = ("d", "m", "y")
OWNERS = frozenset({"produced_by", "provided_by", "responsible"})
TABLE_PROPERTIES = OWNERS | {"versioned"}
COLUMN_PROPERTIES = OWNERS | {
    "unit", "clock", "undatable", "multi", "codes", "dated_by", "computed", "code_table", "refers_to",
    "expected", "identifies",
}  # fmt: skip
RULE_PROPERTIES = frozenset({"column", "todo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who makes a fact, who hands it over, and who answers for it (谁产生、谁提供、谁负责)."""

    produced_by: str
    provided_by: str
    responsible: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One value that a coded column may hold, with the marks the contract gives it (problem, serious)."""

    code: str
    zh: str
    en: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a value must lie in; None means no bound. Lengths apply to text, the others to numbers."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    min_length: int | None = None
    max_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a contract.

    A row without a required value is rejected; without an `expected` one it is admitted and incomplete.
    `dated_by` names the column with the day on which the value became known, if later than the row;
    `code_table` a dated table that its values should lie in; `refers_to` the `table.column` it points to.
    `identifies` is the SQL condition under which it holds a code of an entity, "true" if always.
    """

    name: str
    kind: str
    label_zh: str
    meaning: str
    required: bool
    expected: bool
    classification: str
    source: Source
    unit: str | None
    clock: str | None
    undatable: bool
    multi: bool
    computed: bool
    dated_by: str | None
    code_table: str | None
    refers_to: str | None
    identifies: str | None
    codes: tuple[Code, ...]
    bounds: Bounds

    @property
    def sql_type(self) -> str:
        """The type DuckDB stores it in."""
        return KINDS[self.kind]

    def in_words(self, codes: str) -> tuple[str, str]:
        """A code, or several joined by ;, by name in 中文 and English; an unknown one stands as it is."""
        words = {code.code: (code.zh, code.en) for code in self.codes}
        parts = [words.get(part, (part, part)) for part in codes.split(";")]
        return "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition over one row; a row breaks it when `sql` is false (null passes)."""

    name: str
    column: str
    sql: str
    why: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a source promises about one table."""

    table: str
    label_zh: str
    purpose: str
    usage: str
    limits: str
    source: Source
    cadence: str
    latency_days: int | None
    versioned: bool
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...]

    def column(self, name: str) -> Column:
        """The column of that name, or a refusal with the nearest names."""
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        raise ContractError(
            expected=f"a column of the contract {self.table}",
            got=f"{name!r}{near(name, names)}",
            todo=f"use one of {', '.join(names)}",
        )

    def clock(self, clock: str) -> str | None:
        """The name of the column that keeps a clock, if the table has it."""
        return next((column.name for column in self.columns if column.clock == clock), None)


def contract_names() -> tuple[str, ...]:
    """Every table that has a contract, in alphabetical order."""
    return tuple(sorted(path.stem for path in TABLES_FOLDER.glob("*.yaml")))


@cache
def load_contract(table: str) -> Contract:
    """The contract of a table; refuses a table that has none."""
    if table not in contract_names():
        raise ContractError(
            expected="a table that has a contract",
            got=f"{table!r}{near(table, contract_names())}",
            todo=f"use one of {', '.join(contract_names())}",
        )
    return read_contract(TABLES_FOLDER / f"{table}.yaml")


def read_contract(path: Path) -> Contract:
    """The contract in one file, validated by the published models and by ours."""
    model, place = read_model(path), path.name
    table = model.schema_[0]
    extra = custom_properties(table, TABLE_PROPERTIES, f"{place}.schema[0]")
    source = _source(extra, getattr(model.team, "name", None), place)
    columns = tuple(_column(column, source, f"{place}.{column.name}") for column in table.properties)
    _check_links(columns, place)
    keyed = sorted((p.primaryKeyPosition or 0, p.name) for p in table.properties if p.primaryKey)
    if not keyed:
        raise ContractError(
            expected=f"{place} to have a primary key",
            got="no column with primaryKey: true",
            todo="mark the columns that name a row",
        )
    described = model.description
    frequency, latency = _promised_times(model, place)
    return Contract(
        table=str(table.name),
        label_zh=table.businessName or str(table.name),
        purpose=getattr(described, "purpose", None) or "",
        usage=getattr(described, "usage", None) or "",
        limits=getattr(described, "limitations", None) or "",
        source=source,
        cadence=frequency,
        latency_days=latency,
        versioned=bool(extra.get("versioned", False)),
        columns=columns,
        key=tuple(name for _, name in keyed),
        rules=tuple(_rule(quality, [c.name for c in columns], place) for quality in table.quality or []),
    )


def _source(extra: Mapping[str, Any], responsible: str | None, place: str) -> Source:
    """The owners of a table; ODCS has a field for the one who is responsible: the name of the team."""
    told = {"responsible": responsible, **{name: extra[name] for name in OWNERS & set(extra)}}
    missing = sorted(name for name in OWNERS if not told.get(name))
    if missing:
        raise ContractError(
            expected=f"{place} to say who produces, who provides and who is responsible for the table",
            got=f"nothing for {', '.join(missing)}",
            todo="give produced_by and provided_by under customProperties of the table, and the team's name",
        )
    return Source(**told)


def _promised_times(model: Any, place: str) -> tuple[str, int | None]:
    """How often a delivery comes, in words, and within how many days a record should be known."""
    promised = {entry.property: entry for entry in model.slaProperties or []}
    frequency, latency = promised.get("frequency"), promised.get("latency")
    if latency is not None and (type(latency.value) is not int or latency.unit != "d"):
        raise ContractError(
            expected=f"latency of {place} as a whole number of days",
            got=f"value {latency.value!r}, unit {latency.unit!r}",
            todo="write it as value: 20, unit: d",
        )
    return _every(frequency, place) if frequency else "", latency.value if latency else None


def _every(frequency: Any, place: str) -> str:
    if frequency.unit not in PERIODS:
        raise ContractError(
            expected=f"the unit of frequency of {place} to be one of {', '.join(PERIODS)}",
            got=f"{frequency.unit!r}",
            todo="write it as value: 1, unit: d",
        )
    return f"every {frequency.value} {frequency.unit}"


def _column(model: Any, source: Source, place: str) -> Column:
    extra = custom_properties(model, COLUMN_PROPERTIES, place)
    for key, value, known in (
        ("logicalType", model.logicalType, KINDS),
        ("classification", model.classification, CLASSIFICATIONS),
        ("clock", extra.get("clock"), (*CLOCKS, None)),
        ("code_table", extra.get("code_table"), (*code_table_names(), None)),
    ):
        if value not in known:
            names = [name for name in known if name]
            raise ContractError(
                expected=f"{key} of {place} to be one of {', '.join(names)}",
                got=f"{value!r}{near(str(value), names)}",
                todo="choose one of them",
            )
    return Column(
        name=model.name,
        kind=model.logicalType,
        label_zh=model.businessName or model.name,
        meaning=model.description or "",
        required=bool(model.required),
        expected=bool(extra.get("expected", False)),
        classification=model.classification,
        source=Source(**{name: extra.get(name) or getattr(source, name) for name in sorted(OWNERS)}),
        unit=extra.get("unit"),
        clock=extra.get("clock"),
        undatable=bool(extra.get("undatable", False)),
        multi=bool(extra.get("multi", False)),
        computed=bool(extra.get("computed", False)),
        dated_by=extra.get("dated_by"),
        code_table=extra.get("code_table"),
        refers_to=extra.get("refers_to"),
        identifies=_identifies(extra),
        codes=tuple(_code(entry, place) for entry in extra.get("codes", [])),
        bounds=_bounds(model.logicalTypeOptions or {}, place),
    )


def _identifies(extra: Mapping[str, Any]) -> str | None:
    always = extra.get("identifies") is True or extra.get("refers_to") == ENTITY_ID
    return "true" if always else extra.get("identifies")


def _check_links(columns: tuple[Column, ...], place: str) -> None:
    """Refuses a `dated_by` or `refers_to` that names nothing, and a computed column that must be given."""
    days = [column.name for column in columns if column.kind == "date"]
    for column in columns:
        if column.computed and column.required:
            raise ContractError(
                expected=f"computed column {column.name!r} of {place} not to be required",
                got="required: true",
                todo="leave out required: admission writes the column, no source gives it",
            )
        if column.dated_by is not None and column.dated_by not in days:
            raise ContractError(
                expected=f"dated_by of {place}.{column.name} to name a date column of the same table",
                got=f"{column.dated_by!r}{near(str(column.dated_by), days)}",
                todo=f"use one of {', '.join(days)}",
            )
        if column.refers_to is not None:
            _check_reference(str(column.refers_to), f"{place}.{column.name}")


def _check_reference(reference: str, place: str) -> None:
    """Refuses a reference to no column; reads the file alone, since contracts may point at each other."""
    table, _, name = reference.partition(".")
    known, wanted = contract_names(), table
    if table in known:
        document = read_document(TABLES_FOLDER / f"{table}.yaml")
        known, wanted = tuple(column["name"] for column in document["schema"][0]["properties"]), name
    if name and wanted in known:
        return
    raise ContractError(
        expected=f"refers_to of {place} to name a column of a contract as table.column",
        got=f"{reference!r}{near(wanted, known)}",
        todo=f"name one of {', '.join(known)}",
    )


def _code(entry: Mapping[str, Any], place: str) -> Code:
    marks = tuple(key for key, value in entry.items() if value is True)
    unknown = set(entry) - {"code", "zh", "en", *marks}
    if unknown or not {"code", "zh", "en"} <= set(entry):
        raise ContractError(
            expected=f"each code of {place} to have code, zh, en and marks that are true",
            got=f"{dict(entry)}",
            todo="write it as {code: …, zh: …, en: …}",
        )
    return Code(code=str(entry["code"]), zh=entry["zh"], en=entry["en"], marks=marks)


def _bounds(options: Mapping[str, Any], place: str) -> Bounds:
    names = {
        "minimum": "minimum",
        "maximum": "maximum",
        "exclusiveMinimum": "above",
        "minLength": "min_length",
        "maxLength": "max_length",
    }
    for key in options:
        if key not in names:
            raise ContractError(
                expected=f"logicalTypeOptions of {place} to be among {', '.join(names)}",
                got=f"{key!r}{near(key, names)}",
                todo="use one of them, or write a rule under quality",
            )
    return Bounds(**{names[key]: value for key, value in options.items()})


def _rule(quality: Any, columns: list[str], place: str) -> Rule:
    extra = custom_properties(quality, RULE_PROPERTIES, f"{place}.{quality.name}")
    if not isinstance(quality.implementation, str) or extra.get("column") not in columns:
        raise ContractError(
            expected=f"rule {quality.name!r} of {place} to have a SQL implementation and a column",
            got=f"implementation {quality.implementation!r}, column {extra.get('column')!r}",
            todo=f"name one of {', '.join(columns)} under customProperties",
        )
    return Rule(
        name=str(quality.name),
        column=extra["column"],
        sql=quality.implementation,
        why=quality.description or "",
        todo=extra.get("todo") or "correct the row in the source",
    )
