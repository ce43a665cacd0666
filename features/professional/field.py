"""What a field of supervision is: the items its officers inspect, and the indicators it adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from data_contracts.refusal import Refusal
from features.indicator import Indicator

NAME = re.compile(r"^[a-z]+(?:_[a-z]+)*$")
CODE = re.compile(r"^[A-Z]+(?:-[A-Z0-9]+)+$")


class FieldError(Refusal):
    """A field that is not declared whole, or not there; the message names it."""


class ItemClass(StrEnum):
    """How an item may be drawn: an ordinary one within the ratios, a key one without an upper limit."""

    ORDINARY = "ordinary"
    KEY = "key"

    @property
    def label_zh(self) -> str:
        """The national name of the class."""
        return {ItemClass.ORDINARY: "一般检查事项", ItemClass.KEY: "重点检查事项"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One inspection item; `code` is that of the results (`inspections.item_code`)."""

    code: str
    item_class: ItemClass
    label_zh: str
    label_en: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its name is that of its file."""

    name: str
    label_zh: str
    label_en: str
    items: tuple[Item, ...]
    indicators: tuple[Indicator, ...]

    def __post_init__(self) -> None:
        """Refuses a field that officers could not read."""
        for expected, got, todo in _faults(self):
            raise FieldError(expected=f"field {self.name!r} {expected}", got=got, todo=todo)


def _faults(field: Field) -> Iterator[tuple[str, str, str]]:
    if NAME.match(field.name) is None:
        yield "to be named in small letters", f"{field.name!r}", "write for example special_equipment"
    if not field.indicators:
        yield "to add indicators", "none", "declare at least one"
    names = [indicator.name for indicator in field.indicators]
    codes = [item.code for item in field.items]
    for what, told in (("indicator", names), ("item", codes)):
        twice = sorted({one for one in told if told.count(one) > 1})
        if twice:
            yield f"to declare each {what} once", f"{', '.join(twice)} twice", "remove or rename one"
    for item in field.items:
        if CODE.match(item.code) is None:
            yield "to have items with codes", f"{item.code!r}", "write capitals and a number: FOOD-01"
        if not (item.label_zh.strip() and item.label_en.strip() and item.legal_basis.strip()):
            yield f"to have words and a legal basis for item {item.code}", "nothing", "write them"
    if not (field.label_zh.strip() and field.label_en.strip()):
        yield "to have words for itself", "nothing", "write label_zh and label_en"
