"""An inspection item (抽查事项): what is checked, how, by which law, by whom, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date

from data_contracts.refusal import Refusal

# 一般 items have a strictly limited ratio, 重点 items none (SAMR notice of 2019; DOMAIN 1.33).
KINDS = ("general", "key")
# 现场、书面、网络、委托专业机构, and 非现场 by instruments (DOMAIN 1.35).
METHODS = ("site", "paper", "web", "commissioned", "remote")
MOST_MINUTES = 10_000


class ItemRefused(Refusal):
    """An item that lacks something or contradicts itself, or one that nobody has recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerns:
    """Whom an item concerns: every list that is not empty must be met, by any of its words.

    `industries` are beginnings of codes; `tags` read "dimension:tag", as the object roster writes them.
    """

    entity_types: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def as_row(self) -> dict[str, list[str]]:
        """The lists, as the ledger keeps them."""
        return {name: list(words) for name, words in asdict(self).items()}


def concerns_of(row: Mapping[str, Iterable[str]]) -> Concerns:
    """The record back from the ledger or a body."""
    return Concerns(**{one.name: tuple(sorted(set(row.get(one.name, ())))) for one in fields(Concerns)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A version of an item; `minutes` is the time of one officer for one check, days are included."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    methods: tuple[str, ...]
    field: str
    law: str
    department: str
    skills: tuple[str, ...]
    minutes: int
    valid_from: date
    valid_until: date | None = None
    concerns: Concerns = Concerns()
    version: int = 0

    def holds_on(self, day: date) -> bool:
        """Whether it may be checked that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def same_as(self, other: Item) -> bool:
        """Whether both say the same, whatever their versions."""
        return replace(self, version=0) == replace(other, version=0)


def item_faults(item: Item) -> dict[str, str]:
    """What is wrong with an item, by field; empty if nothing is."""
    blank = ("code", "name_zh", "field", "law", "department")
    found = {name: "is empty" for name in blank if not str(getattr(item, name)).strip()}
    if item.kind not in KINDS:
        found["kind"] = f"{item.kind!r} is none of {', '.join(KINDS)}"
    odd = [method for method in item.methods if method not in METHODS]
    if odd or not item.methods:
        found["methods"] = f"{', '.join(map(repr, odd)) or 'none'}, known are {', '.join(METHODS)}"
    if not 0 < item.minutes <= MOST_MINUTES:
        found["minutes"] = f"{item.minutes} is no time from 1 to {MOST_MINUTES} minutes"
    if item.valid_until is not None and item.valid_until < item.valid_from:
        found["valid_until"] = f"{item.valid_until} is before the first day, {item.valid_from}"
    return found


def refuse_bad_items(items: Iterable[Item]) -> None:
    """Refuses all faulty items at once."""
    faults = [f"{item.code!r}: {name} {fault}" for item in items for name, fault in item_faults(item).items()]
    if faults:
        raise ItemRefused(
            expected="items with code, name, field, law, department, kind, methods, time and days in order",
            got="; ".join(faults),
            todo="correct these items",
        )
