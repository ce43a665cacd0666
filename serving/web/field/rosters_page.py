"""One list and two rosters (一单两库): items, inspectors with licence and leave, objects by their tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from data_contracts.contract import load_contract
from data_contracts.refusal import Refusal
from serving.rosters.importing import Import
from serving.rosters.inspector import Inspector
from serving.rosters.item import Item
from serving.rosters.objects import ObjectRoster, ObjectsMissing
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.marks_section import MarksSection, marks_section
from serving.web.field.people import roster_of
from serving.web.field.roster_words import KIND_WORDS, method_words
from serving.web.field.tasks_page import Choice
from serving.web.roster_api import objects_of

DIMENSIONS = {"业态": "Business format", "品类": "Category", "载体": "Carrier", "规模": "Scale"}
# A licence that ends within so many days is told.
SOON = 60
TABS = {
    "items": ("抽查事项清单", "Items"),
    "inspectors": ("检查人员名录库", "Inspectors"),
    "objects": ("检查对象名录库", "Objects"),
    "marks": ("保护与红线", "Shields and red lines"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item in the list."""

    code: str
    name: str
    kind: str
    is_key: bool
    department: str
    field: str
    law: str
    how: str
    skills: str
    minutes: int
    version: int
    until: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectorRow:
    """An inspector in the roster; name and licence number are empty for who may not know them."""

    inspector_id: str
    name: str
    department: str
    station: str
    skills: str
    licence_number: str
    licence: str
    licence_colour: str
    leave: tuple[str, ...]
    on_leave: bool
    conflicts: tuple[str, ...]
    hidden_conflicts: int
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A tag with its count and share of the largest."""

    label: str
    count: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TagColumn:
    """The tags of a dimension, or the licences."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RostersPage:
    """One tab of the rosters; the others are empty."""

    tab: str
    tabs: tuple[tuple[str, str], ...]
    department: str
    departments: tuple[Choice, ...]
    items: tuple[ItemRow, ...]
    key_items: int
    inspectors: tuple[InspectorRow, ...]
    objects: tuple[TagColumn, ...]
    object_rows: int
    object_day: str
    object_digest: str
    marks: MarksSection | None
    may_plan: bool
    names: bool
    today: str
    imported: Import | None
    complaint: Complaint | None


def rosters_page(
    asking: Asking,
    tab: str,
    *,
    department: str = "",
    imported: Import | None = None,
    refusal: Refusal | None = None,
) -> RostersPage:
    """The tab as its reader may see it; after an import with what became of its rows."""
    items = sorted(asking.items().values(), key=lambda item: (item.department, item.code))
    people = sorted(roster_of(asking).values(), key=lambda one: (one.department, one.inspector_id))
    of_tab = items if tab == "items" else people if tab == "inspectors" else []
    departments = sorted({one.department for one in of_tab})
    objects = _objects(asking) if tab == "objects" else None
    return RostersPage(
        tab=tab,
        tabs=tuple((name, asking.say(*words)) for name, words in TABS.items()),
        department=department,
        departments=tuple(Choice(value=one, label=one, chosen=one == department) for one in departments),
        items=tuple(_item(asking, one) for one in items if department in ("", one.department))
        if tab == "items"
        else (),
        key_items=sum(one.kind == "key" for one in items if department in ("", one.department)),
        inspectors=tuple(_inspector(asking, one) for one in people if department in ("", one.department))
        if tab == "inspectors"
        else (),
        objects=_columns(asking, objects) if objects else (),
        object_rows=objects.card.rows if objects else 0,
        object_day=objects.card.as_of if objects else "",
        object_digest=objects.card.digest if objects else "",
        marks=marks_section(asking) if tab == "marks" else None,
        may_plan=asking.may_plan,
        names=asking.may_work,
        today=asking.today.isoformat(),
        imported=imported,
        complaint=asking.complaint(refusal),
    )


def _objects(asking: Asking) -> ObjectRoster | None:
    """The object roster of the served register, if one was built."""
    try:
        return objects_of(asking.desk)
    except ObjectsMissing:
        return None


def _item(asking: Asking, item: Item) -> ItemRow:
    return ItemRow(
        code=item.code,
        name=asking.say(item.name_zh, item.name_en or item.name_zh),
        kind=asking.say(*KIND_WORDS[item.kind]),
        is_key=item.kind == "key",
        department=item.department,
        field=item.field,
        law=item.law,
        how=method_words(item.methods, asking.say),
        skills=asking.say("、", ", ").join(item.skills),
        minutes=item.minutes,
        version=item.version,
        until=item.valid_until.isoformat() if item.valid_until else "",
        holds=item.holds_on(asking.today),
    )


def _inspector(asking: Asking, one: Inspector) -> InspectorRow:
    named = asking.may_work
    colour, words = _licence(asking, one.licensed_until)
    coming = [(first, last) for first, last in one.leave if last >= asking.today]
    return InspectorRow(
        inspector_id=one.inspector_id,
        name=one.name if named else "",
        department=one.department,
        station=one.station or asking.say("局机关", "bureau"),
        skills=asking.say("、", ", ").join(one.skills),
        licence_number=one.licence_number if named else "",
        licence=words,
        licence_colour=colour,
        leave=tuple(f"{first} – {last}" for first, last in coming),
        on_leave=any(first <= asking.today <= last for first, last in coming),
        conflicts=(*sorted(one.conflicts), *sorted(one.conflict_persons)) if named else (),
        hidden_conflicts=0 if named else len(one.conflicts) + len(one.conflict_persons),
        active=one.active,
    )


def _licence(asking: Asking, until: date) -> tuple[str, str]:
    """How the licence to enforce stands: (colour, words)."""
    left = (until - asking.today).days
    if left < 0:
        return "red", asking.say(f"{until} 已失效", f"ended {until}")
    if left <= SOON:
        return "amber", asking.say(f"{until} 到期，剩 {left} 天", f"ends {until}, {left} days left")
    return "met", asking.say(f"有效至 {until}", f"until {until}")


def _columns(asking: Asking, objects: ObjectRoster) -> tuple[TagColumn, ...]:
    tags = objects.card.tags
    columns = []
    for zh, en in DIMENSIONS.items():
        counts = {tag.partition(":")[2]: count for tag, count in tags.items() if tag.startswith(f"{zh}:")}
        columns.append(TagColumn(title=asking.say(zh, en), bars=_bars(counts, objects.card.rows)))
    kinds = {code.code: code for code in load_contract("licences").column("kind").codes}
    licences = {
        asking.say(kinds[name].zh, kinds[name].en) if name in kinds else name: count
        for name, count in objects.card.licences.items()
    }
    title = asking.say("许可", "Licences")
    return (*columns, TagColumn(title=title, bars=_bars(licences, objects.card.rows)))


def _bars(counts: Mapping[str, int], rows: int) -> tuple[Bar, ...]:
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return tuple(Bar(label=name, count=count, width=100 * count / max(rows, 1)) for name, count in ordered)
