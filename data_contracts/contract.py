"""Reads the contract files in tables/ with the published ODCS models and turns each into a Contract.

Unknown keys are refused by name. What ODCS has no field for stands in `customProperties`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel, ValidationError

from data_contracts.near_names import near
from data_contracts.refusal import Refusal

TABLES_FOLDER = Path(__file__).parent / "tables"
KINDS = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "date": "DATE", "boolean": "BOOLEAN"}
TABLE_PROPERTIES = frozenset({"versioned"})
COLUMN_PROPERTIES = frozenset({"unit", "clock", "undatable", "multi", "codes"})
RULE_PROPERTIES = frozenset({"column", "todo"})


class ContractError(Refusal):
    """A contract file that does not say what a contract must say."""


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
    """One column of a contract."""

    name: str
    kind: str
    label_zh: str
    meaning: str
    required: bool
    classification: str
    unit: str | None
    clock: str | None
    undatable: bool
    multi: bool
    codes: tuple[Code, ...]
    bounds: Bounds

    @property
    def sql_type(self) -> str:
        """The type DuckDB stores it in."""
        return KINDS[self.kind]


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
    owner: str
    source: str
    cadence: str
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
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as cause:
        what, told = f"{path.name} to be YAML in UTF-8", " ".join(str(cause).split())
        raise ContractError(expected=what, got=told, todo="correct the line it names") from cause
    if not isinstance(document, dict):
        raise ContractError(
            expected=f"{path.name} to be a YAML mapping of ODCS keys",
            got=type(document).__name__,
            todo="start from a contract beside it",
        )
    # The top model refuses unknown keys without a near name; the walk below finds all of them alike.
    top = {field.alias or name for name, field in OpenDataContractStandard.model_fields.items()}
    try:
        model = OpenDataContractStandard.model_validate({k: v for k, v in document.items() if k in top})
    except ValidationError as cause:
        first = cause.errors()[0]
        raise ContractError(
            expected=f"{path.name} to keep the Open Data Contract Standard 3.1",
            got=f"at {'.'.join(map(str, first['loc']))}: {first['msg']}",
            todo="correct that key",
        ) from cause
    unknown = list(_unknown_keys(document, model, path.name))
    if unknown:
        raise ContractError(
            expected="only keys of the Open Data Contract Standard 3.1",
            got="; ".join(unknown),
            todo="correct the keys, or put the facts into customProperties",
        )
    return _contract(model, path.name)


def _unknown_keys(raw: Any, model: Any, place: str) -> Iterator[str]:
    """Places of keys that the models silently dropped: they ignore unknown keys below the top."""
    if isinstance(raw, list) and isinstance(model, list):
        for index, (raw_item, item) in enumerate(zip(raw, model, strict=True)):
            yield from _unknown_keys(raw_item, item, f"{place}[{index}]")
    if not (isinstance(raw, dict) and isinstance(model, BaseModel)):
        return
    names = {field.alias or name: name for name, field in type(model).model_fields.items()}
    for key, value in raw.items():
        if key not in names:
            yield f"{place}.{key}{near(str(key), names)}"
        else:
            yield from _unknown_keys(value, getattr(model, names[key]), f"{place}.{key}")


def _contract(model: OpenDataContractStandard, place: str) -> Contract:
    if not model.schema_ or len(model.schema_) != 1 or not model.schema_[0].properties:
        raise ContractError(
            expected=f"{place} to describe exactly one table with its columns",
            got=f"{len(model.schema_ or [])} entries under 'schema'",
            todo="give one file to each table",
        )
    table = model.schema_[0]
    extra = _custom(table, TABLE_PROPERTIES, f"{place}.schema[0]")
    columns = tuple(_column(column, f"{place}.{column.name}") for column in table.properties)
    keyed = sorted((p.primaryKeyPosition or 0, p.name) for p in table.properties if p.primaryKey)
    rules = tuple(_rule(quality, [c.name for c in columns], place) for quality in table.quality or [])
    if not keyed:
        raise ContractError(
            expected=f"{place} to have a primary key",
            got="no column with primaryKey: true",
            todo="mark the columns that name a row",
        )
    cadence, described = (model.slaProperties or [None])[0], model.description
    return Contract(
        table=str(table.name),
        label_zh=table.businessName or str(table.name),
        purpose=getattr(described, "purpose", None) or "",
        usage=getattr(described, "usage", None) or "",
        limits=getattr(described, "limitations", None) or "",
        owner=getattr(model.team, "name", None) or "",
        source=getattr(model.team, "description", None) or "",
        cadence=f"every {cadence.value} {cadence.unit}" if cadence else "",
        versioned=bool(extra.get("versioned", False)),
        columns=columns,
        key=tuple(name for _, name in keyed),
        rules=rules,
    )


def _custom(owner: Any, allowed: frozenset[str], place: str) -> dict[str, Any]:
    """The custom properties of a table, column or rule; unknown ones are refused."""
    found: dict[str, Any] = {}
    for item in owner.customProperties or []:
        if item.property not in allowed:
            raise ContractError(
                expected=f"customProperties of {place} to be among {', '.join(sorted(allowed))}",
                got=f"{item.property!r}{near(str(item.property), allowed)}",
                todo="correct the name, or teach contract.py the new property",
            )
        found[item.property] = item.value
    return found


def _column(model: Any, place: str) -> Column:
    extra = _custom(model, COLUMN_PROPERTIES, place)
    if model.logicalType not in KINDS:
        raise ContractError(
            expected=f"logicalType of {place} to be one of {', '.join(KINDS)}",
            got=f"{model.logicalType!r}{near(str(model.logicalType), KINDS)}",
            todo="choose one of them; money is integer fen",
        )
    return Column(
        name=model.name,
        kind=model.logicalType,
        label_zh=model.businessName or model.name,
        meaning=model.description or "",
        required=bool(model.required),
        classification=model.classification or "public",
        unit=extra.get("unit"),
        clock=extra.get("clock"),
        undatable=bool(extra.get("undatable", False)),
        multi=bool(extra.get("multi", False)),
        codes=tuple(_code(entry, place) for entry in extra.get("codes", [])),
        bounds=_bounds(model.logicalTypeOptions or {}, place),
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
    extra = _custom(quality, RULE_PROPERTIES, f"{place}.{quality.name}")
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
