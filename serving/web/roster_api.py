"""The JSON API of the rosters: items, inspectors with leave and conflicts, and the tags of the object roster.

Names and licence numbers of inspectors are told to those who plan and supervise; others see pseudonyms.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.ledger.tokens import Holder
from serving.rosters.inspector import Conflict, Inspector
from serving.rosters.inspectors import list_inspectors, record_conflict, record_leave
from serving.rosters.item import Concerns, Item, concerns_of
from serving.rosters.items import find_item, item_versions, list_items, record_items
from serving.rosters.marks import marks_of
from serving.rosters.objects import ObjectRoster, concerned, find_marks, find_objects
from serving.web.desk import Desk
from serving.web.holder import PLANNERS, holder_of_request, planner_of_request
from serving.web.plan_api import Reason

NAMED = PLANNERS | {"supervisor"}
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Words = Annotated[list[Word], Field(max_length=100)]


class ConcernsBody(BaseModel):
    """Whom an item concerns: every list that is not empty must be met, by any of its words."""

    model_config = ConfigDict(extra="forbid")

    entity_types: Words = []
    industries: Words = []
    licences: Words = []
    tags: Words = []

    def concerns(self) -> Concerns:
        """The record of it."""
        return concerns_of(self.model_dump())


class ItemBody(BaseModel):
    """An item, new or changed; `minutes` is the time of one officer for one check."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9._-]{1,60}$")]
    name_zh: Word
    name_en: Text = ""
    kind: Word
    methods: Words
    field: Word
    law: Text
    department: Word
    skills: Words = []
    minutes: int = Field(ge=1, le=10_000)
    valid_from: date
    valid_until: date | None = None
    concerns: ConcernsBody = ConcernsBody()
    reason: Reason

    def item(self) -> Item:
        """The record of it."""
        plain = self.model_dump(exclude={"reason", "concerns", "methods", "skills"})
        methods, skills = tuple(sorted(set(self.methods))), tuple(sorted(set(self.skills)))
        return Item(**plain, methods=methods, skills=skills, concerns=self.concerns.concerns())


class ItemAnswer(BaseModel):
    """The newest version of an item."""

    code: str
    version: int
    name_zh: str
    name_en: str
    kind: str
    methods: list[str]
    field: str
    law: str
    department: str
    skills: list[str]
    minutes: int
    valid_from: date
    valid_until: date | None
    concerns: dict[str, list[str]]


class ItemVersionAnswer(ItemAnswer):
    """A version of an item, with who recorded it, when and why."""

    by: str
    at: str
    reason: str


class LeaveAnswer(BaseModel):
    """Days off, both included."""

    first_day: date
    last_day: date


class InspectorAnswer(BaseModel):
    """An inspector; `name` and `licence_number` are null for those who may not know them."""

    inspector_id: str
    version: int
    name: str | None
    licence_number: str | None
    department: str
    station: str
    skills: list[str]
    licensed_from: date
    licensed_until: date
    active: bool
    leave: list[LeaveAnswer]
    conflicts: list[str] | None
    conflict_persons: list[str] | None


class LeaveBody(BaseModel):
    """Days off, both included; `granted` false takes them back."""

    model_config = ConfigDict(extra="forbid")

    first_day: date
    last_day: date
    granted: bool = True
    reason: Reason


class ConflictBody(BaseModel):
    """One entity or one person (a pseudonym of the lake) to keep away from; `holds` false ends it."""

    model_config = ConfigDict(extra="forbid")

    entity_id: Text = ""
    person: Text = ""
    holds: bool = True
    reason: Reason


class ObjectsAnswer(BaseModel):
    """The object roster of the served register: how many entities have each tag, licence and mark.

    `marks_digest` is empty where no marks are on record: then no policy shields anybody.
    """

    as_of: str
    digest: str
    register_digest: str
    rows: int
    tags: dict[str, int]
    licences: dict[str, int]
    marks: dict[str, int]
    marks_digest: str


class MarkAnswer(BaseModel):
    """A mark of an entity: both days included, `until` null where no end is known."""

    mark: str
    from_day: date
    until: date | None
    known_on: date
    source: str
    reason: str


class ConcernedAnswer(BaseModel):
    """How many entities an item concerns, by grade."""

    code: str
    entities: int
    grades: dict[str, int]


def items(request: Request, on: date | None = None) -> list[ItemAnswer]:
    """The items as they stand; with a day, those that may be checked that day."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return [_item_answer(item) for item in list_items(desk.ledger, desk.city, on=on)]


def item(request: Request, code: str) -> list[ItemVersionAnswer]:
    """Every version of an item, the first one first."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return [
        ItemVersionAnswer(
            **_item_answer(found).model_dump(), by=signed.by, at=signed.at.isoformat(), reason=signed.reason
        )
        for found, signed in item_versions(desk.ledger, desk.city, code)
    ]


def record_item(request: Request, body: ItemBody) -> ItemAnswer:
    """A new item, or a new version of one; the same again changes nothing."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    record_items(desk.ledger, desk.city, [body.item()], by=holder.person, now=desk.now(), reason=body.reason)
    return _item_answer(find_item(desk.ledger, desk.city, body.code))


def inspectors(request: Request) -> list[InspectorAnswer]:
    """The inspectors as they stand."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    return [_inspector_answer(one, holder) for one in list_inspectors(desk.ledger, desk.city)]


def leave(request: Request, inspector_id: str, body: LeaveBody) -> InspectorAnswer:
    """Records days of leave, or takes them back."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    days = (body.first_day, body.last_day)
    found = record_leave(
        desk.ledger, desk.city, inspector_id, days, granted=body.granted,
        by=holder.person, now=desk.now(), reason=body.reason,
    )  # fmt: skip
    return _inspector_answer(found, holder)


def conflict(request: Request, inspector_id: str, body: ConflictBody) -> InspectorAnswer:
    """Records a conflict of interest (回避), or the end of one."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    whom = Conflict(entity_id=body.entity_id, person=body.person)
    found = record_conflict(
        desk.ledger, desk.city, inspector_id, whom, holds=body.holds,
        by=holder.person, now=desk.now(), reason=body.reason,
    )  # fmt: skip
    return _inspector_answer(found, holder)


def objects(request: Request) -> ObjectsAnswer:
    """The object roster of the served register."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    return ObjectsAnswer.model_validate(objects_of(desk).card, from_attributes=True)


def marks(request: Request, entity_id: str) -> list[MarkAnswer]:
    """What an entity bears on the register's date: shields, red lines, full coverage."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    found = desk.register.find(entity_id, region_prefix=holder.region_prefix)
    borne = find_marks(
        desk.plans_folder.parent / "objects",
        register_digest=desk.register.digest,
        entity_id=found.entity_id,
    )
    return [
        MarkAnswer.model_validate(one, from_attributes=True)
        for one in (marks_of(borne, found.entity_id) if borne is not None else ())
    ]


def objects_concerned(
    request: Request, code: Annotated[list[str] | None, Query(max_length=100)] = None
) -> list[ConcernedAnswer]:
    """How many entities each item concerns; without codes, every item."""
    desk: Desk = request.app.state.desk_source()
    holder_of_request(request)
    roster = objects_of(desk)
    asked = [find_item(desk.ledger, desk.city, one) for one in code or ()]
    return [_concerned_answer(roster, one) for one in asked or list_items(desk.ledger, desk.city)]


def objects_of(desk: Desk) -> ObjectRoster:
    """The object roster of the served register; it lies beside the plans."""
    return find_objects(desk.plans_folder.parent / "objects", register_digest=desk.register.digest)


def may_know_names(holder: Holder) -> bool:
    """Whether the holder may know who an inspector is."""
    return holder.role in NAMED


def _item_answer(found: Item) -> ItemAnswer:
    return ItemAnswer(
        code=found.code, version=found.version, name_zh=found.name_zh, name_en=found.name_en,
        kind=found.kind, methods=list(found.methods), field=found.field, law=found.law,
        department=found.department, skills=list(found.skills), minutes=found.minutes,
        valid_from=found.valid_from, valid_until=found.valid_until, concerns=found.concerns.as_row(),
    )  # fmt: skip


def _inspector_answer(one: Inspector, holder: Holder) -> InspectorAnswer:
    named = may_know_names(holder)
    return InspectorAnswer(
        inspector_id=one.inspector_id, version=one.version, name=one.name if named else None,
        licence_number=one.licence_number if named else None, department=one.department,
        station=one.station, skills=list(one.skills), licensed_from=one.licensed_from,
        licensed_until=one.licensed_until, active=one.active,
        leave=[LeaveAnswer(first_day=first, last_day=last) for first, last in one.leave],
        conflicts=sorted(one.conflicts) if named else None,
        conflict_persons=sorted(one.conflict_persons) if named else None,
    )  # fmt: skip


def _concerned_answer(roster: ObjectRoster, found: Item) -> ConcernedAnswer:
    grades = roster.counted("grade", concerned(roster, found))
    return ConcernedAnswer(code=found.code, entities=sum(grades.values()), grades=grades)
