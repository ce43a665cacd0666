"""What an indicator is: one expression, its meaning and its words, checked when it is declared.

No indicator stands here (see catalogue/), and no table is read.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import ibis.expr.types as ir

from data_contracts.contract import contract_names, load_contract
from data_contracts.near_names import near
from data_contracts.refusal import Refusal
from features.as_of import AsOf

DERIVED = "derived"
# Not a table of its own: the entities tied to an entity, made of several tables (catalogue/parties.py).
PARTIES = "parties"
# subject, measure, window: lower-case words, then days (`1095d`), years (`2y`), or a state at the date.
NAME = re.compile(r"^[a-z]+(?:_[a-z]+)+_(?:(?P<days>[1-9]\d*)d|[1-9]y|now|last|previous|ever)$")
KINDS = ("integer", "number", "category")
PLACEHOLDERS = frozenset({"value", "window"})
SENTENCES = ("raises_zh", "raises_en", "lowers_zh", "lowers_en")
WORDS = ("label_zh", "label_en", *SENTENCES)
HAN = re.compile(r"[\u3400-\u9fff]")


class IndicatorError(Refusal):
    """A declaration that does not hold together; the message names the indicator."""


class Dimension(StrEnum):
    """The five national dimensions; an indicator belongs to one."""

    BASIC = "basic"
    DYNAMIC = "dynamic"
    SUPERVISION = "supervision"
    RELATION = "relation"
    SOCIAL = "social"

    @property
    def label_zh(self) -> str:
        """The national name of the dimension."""
        return {
            Dimension.BASIC: "基础属性",
            Dimension.DYNAMIC: "动态",
            Dimension.SUPERVISION: "监管",
            Dimension.RELATION: "关联",
            Dimension.SOCIAL: "社会评价",
        }[self]

    @property
    def label_en(self) -> str:
        """The English name of the dimension."""
        return {
            Dimension.BASIC: "Basic attributes",
            Dimension.DYNAMIC: "Activity",
            Dimension.SUPERVISION: "Supervision",
            Dimension.RELATION: "Relations",
            Dimension.SOCIAL: "Social opinion",
        }[self]


class Missing(StrEnum):
    """What the absence of records means once the source is there; a missing source is always null."""

    ZERO = "zero"
    NULL = "null"


# Events and intervals: (the entity's rows as known, as_of) → an aggregate. Entities and derived: → a column.
Expression = Callable[[ir.Table, AsOf], ir.Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator. A value is in its `unit`; `direction` +1 says that more is riskier."""

    name: str
    dimension: Dimension
    source: str
    reads: tuple[str, ...]
    expression: Expression
    direction: int
    kind: str
    unit: str
    unit_en: str
    missing: Missing
    label_zh: str
    label_en: str
    raises_zh: str
    raises_en: str
    lowers_zh: str
    lowers_en: str
    family: str
    window_days: int | None = None
    categories: tuple[str, ...] = ()
    legal_basis: str | None = None
    changeable: bool = True
    default_on: bool = True

    def __post_init__(self) -> None:
        """Refuses a declaration that a reader, the model or the engine would misread."""
        for expected, got, todo in _faults(self):
            raise IndicatorError(expected=f"indicator {self.name!r} {expected}", got=got, todo=todo)


Fault = tuple[str, str, str]


def _faults(indicator: Indicator) -> Iterator[Fault]:
    yield from _type_faults(indicator)
    yield from _name_faults(indicator)
    yield from _source_faults(indicator)
    yield from _value_faults(indicator)
    yield from _word_faults(indicator)


def _type_faults(indicator: Indicator) -> Iterator[Fault]:
    types: dict[str, tuple[type, str]] = {
        "dimension": (Dimension, f"use one of {', '.join(map(str, Dimension.__members__))} of Dimension"),
        "missing": (Missing, "use Missing.ZERO or Missing.NULL"),
        "changeable": (bool, "use True or False"),
        "default_on": (bool, "use True or False"),
        "reads": (tuple, "write a tuple, with a comma after a single column"),
        "categories": (tuple, "write a tuple, with a comma after a single category"),
    }
    types |= dict.fromkeys((*WORDS, "unit", "unit_en", "family"), (str, "write text in quotes"))
    for name, (wanted, todo) in types.items():
        got = getattr(indicator, name)
        if not isinstance(got, wanted):
            yield f"to have a {wanted.__name__} as {name}", f"{got!r}{_near_member(got, wanted)}", todo
    if not callable(indicator.expression):
        yield (
            "to have a function as its expression",
            f"{indicator.expression!r}",
            "write lambda rows, as_of: …",
        )


def _near_member(got: object, wanted: type) -> str:
    return near(str(got), [str(member) for member in wanted]) if issubclass(wanted, StrEnum) else ""


def _name_faults(indicator: Indicator) -> Iterator[Fault]:
    parts = NAME.match(indicator.name)
    if parts is None:
        yield (
            "to be named subject_measure_window",
            f"{indicator.name!r}",
            "end the name in days (_365d), years (_2y), _now, _last, _previous or _ever",
        )
        return
    declared = None if parts["days"] is None else int(parts["days"])
    if declared != indicator.window_days:
        yield (
            "to carry its window in its name",
            f"window_days={indicator.window_days}, name says {declared}",
            "make window_days equal to the days at the end of the name, or None without days",
        )


def _source_faults(indicator: Indicator) -> Iterator[Fault]:
    tables = (*contract_names(), PARTIES, DERIVED)
    if indicator.source not in tables:
        yield (
            "to come from a table of the contracts or to be derived",
            f"source {indicator.source!r}{near(indicator.source, tables)}",
            f"use one of {', '.join(tables)}",
        )
    if not indicator.reads:
        yield "to say which columns it reads", "reads=()", "list them as 'table.column'"
    for column in indicator.reads:
        table, _, name = column.partition(".")
        if table not in contract_names() or not name:
            yield (
                "to read columns of the contracts",
                f"{column!r}{near(table, contract_names())}",
                "write 'table.column'",
            )
            continue
        columns = [one.name for one in load_contract(table).columns]
        if name not in columns:
            yield (
                f"to read columns that the contract of {table} has",
                f"{column!r}{near(name, columns)}",
                f"use one of {', '.join(columns)}",
            )
    if indicator.source in contract_names() and indicator.source not in {
        column.partition(".")[0] for column in indicator.reads
    }:
        yield (
            f"to read a column of its source {indicator.source}",
            f"reads={indicator.reads}",
            "list the columns of that table on which it depends",
        )


def _value_faults(indicator: Indicator) -> Iterator[Fault]:
    if indicator.kind not in KINDS:
        yield "to have a kind", f"{indicator.kind!r}", f"use one of {', '.join(KINDS)}"
    if indicator.direction not in (-1, 0, 1):
        yield "to have a direction", f"{indicator.direction!r}", "use -1, 0 or 1"
    if indicator.kind == "category":
        if indicator.direction:
            yield (
                "to have no direction, being a category",
                f"direction={indicator.direction}",
                "set direction=0: the booster aborts on a monotone category",
            )
        if indicator.missing is Missing.ZERO:
            yield "to keep null when missing, being a category", "Missing.ZERO", "use Missing.NULL"
    elif indicator.categories:
        yield (
            f"to have no categories, being of kind {indicator.kind}",
            f"{indicator.categories}",
            "remove them or make it a category",
        )
    if len(set(indicator.categories)) != len(indicator.categories):
        yield "to list each category once", f"{indicator.categories}", "remove the repeated one"


def _word_faults(indicator: Indicator) -> Iterator[Fault]:
    for field in (*WORDS, "family"):
        text = getattr(indicator, field)
        if not text.strip():
            yield f"to have words for {field}", "nothing", "write them: people read every indicator"
        elif (HAN.search(text) is not None) is not field.endswith("_zh"):
            language = "Chinese" if field.endswith("_zh") else "English"
            yield f"to have {language} words for {field}", f"{text!r}", "write them in that language"
        yield from _template_faults(indicator, field, text)
    if bool(indicator.unit) is not bool(indicator.unit_en):
        yield (
            "to have its unit in both languages, or none",
            f"unit={indicator.unit!r}, unit_en={indicator.unit_en!r}",
            "write both",
        )


def _template_faults(indicator: Indicator, field: str, text: str) -> Iterator[Fault]:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as cause:
        yield f"to have a template for {field}", f"{text!r} ({cause})", "close or double the brace"
        return
    places = {place for _, place, _, _ in parts if place is not None}
    if places - PLACEHOLDERS:
        yield (
            f"to use only {{value}} and {{window}} in {field}",
            f"{sorted(places - PLACEHOLDERS)}",
            "correct the placeholder",
        )
    if any(shape or turned for _, _, shape, turned in parts):
        yield (
            f"to use plain {{value}} and {{window}} in {field}",
            f"{text!r}",
            "leave : and ! out: a value is written as its unit wants",
        )
    if field in SENTENCES and indicator.unit and "value" not in places:
        yield (
            f"to show its value in {field}, having the unit {indicator.unit!r}",
            f"{text!r}",
            "write {value}, or leave the unit out if it is a state",
        )
    percent = [after.startswith("%") for after in text.split("{value}")[1:]]
    if field in SENTENCES and not all(one is (indicator.unit == "%") for one in percent):
        yield (
            f"to have its unit after {{value}} in {field}",
            f"{text!r} and the unit {indicator.unit!r}",
            "write {value}% where the unit is %, and nowhere else",
        )
