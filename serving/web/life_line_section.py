"""The life line (周期图) of an entity: its scores by age, the bands of its industry and type, its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from features.as_of import AsOf
from features.entity_rows import rows_of
from models.life_line import BY_INDUSTRY, BY_TYPE, COLUMNS, AgeUnknown, Point, age_on, bands_of
from serving.earlier import registers_until
from serving.life_bands import register_bands
from serving.register import RegisterEntry, UnknownEntity
from serving.web.attributes import industry_label, type_label
from serving.web.desk import Desk
from serving.web.language import Say, speaker

EVENT_WORDS = {
    "registered": ("成立", "registered"),
    "listings": ("列入名录", "listed"),
    "removed": ("移出名录", "removed from a list"),
    "penalties": ("行政处罚", "penalised"),
    "inspections": ("检查", "inspected"),
}
EVENTS_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEvent:
    """Something that happened to the entity, at its age then."""

    kind: str
    label: str
    on: str
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """One year of age in the table for readers without script: the five quantiles, rounded."""

    age: int
    count: int
    quantiles: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BandTable:
    """The bands of the industry or of the type."""

    key: str
    label: str
    rows: tuple[BandRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeLine:
    """All that the section shows; `charts` holds what each picture is drawn from, by its key."""

    points: tuple[Point, ...]
    events: tuple[LifeEvent, ...]
    tables: tuple[BandTable, ...]
    charts: Mapping[str, object]


def life_line(desk: Desk, entry: RegisterEntry, language: str) -> LifeLine | None:
    """The life line; None for an entity whose day of registration is not known."""
    try:
        points = tuple(_points(desk, entry))
        events = tuple(_events(desk, entry, language))
    except AgeUnknown:
        return None
    say, bands = speaker(language), register_bands(desk.register)
    section = (entry.industry_code or "")[:1]
    groups = (
        (BY_INDUSTRY, section, industry_label(section, language) if section else ""),
        (BY_TYPE, entry.entity_type or "", type_label(entry.entity_type, language)),
    )
    tables = tuple(
        BandTable(key=by, label=label, rows=tuple(_rows(bands_of(bands, by, code))))
        for by, code, label in groups
        if code
    )
    told = tuple(table for table in tables if table.rows)
    return LifeLine(
        points=points,
        events=events,
        tables=told,
        charts={table.key: _chart(table, points, events, say) for table in told},
    )


def _points(desk: Desk, entry: RegisterEntry) -> Iterator[Point]:
    """The score on every date graded by this release at which the entity was there."""
    for register in registers_until(desk.ledger, desk.register):
        try:
            score = register.find(entry.entity_id).decision.score
        except UnknownEntity:
            continue
        yield Point(on=register.as_of, age=age_on(entry.registered_on, register.as_of), score=score)


def _events(desk: Desk, entry: RegisterEntry, language: str) -> Iterator[LifeEvent]:
    """What happened, the earliest first, the newest sixty; of what was repaired nothing is told.

    A removal from a list is told, for the listing is still on record; the repair of a record is not.
    """
    found = [("registered", entry.registered_on)]
    if desk.lake:
        as_of: AsOf = desk.shown_as_of
        for table in ("listings", "penalties", "inspections"):
            for row in rows_of(desk.lake, table, entry.entity_id, as_of):
                found.append((table, row.values["occurred_on"] or row.first_known_on))
                if table == "listings" and row.values.get("ended_on"):
                    found.append(("removed", row.values["ended_on"]))
    known = sorted(
        (on, kind) for kind, on in found if on and entry.registered_on and on >= entry.registered_on
    )
    for on, kind in known[-EVENTS_SHOWN:]:
        yield _event(kind, on, entry, language)


def _event(kind: str, on: date, entry: RegisterEntry, language: str) -> LifeEvent:
    return LifeEvent(
        kind=kind,
        label=speaker(language)(*EVENT_WORDS[kind]),
        on=on.isoformat(),
        age=round(age_on(entry.registered_on, on), 2),
    )


def _rows(table: pa.Table) -> Iterator[BandRow]:
    for row in table.to_pylist():
        yield BandRow(
            age=row["age"], count=row["count"], quantiles=tuple(round(row[name]) for name in COLUMNS)
        )


def _chart(
    table: BandTable, points: tuple[Point, ...], events: tuple[LifeEvent, ...], say: Say
) -> dict[str, object]:
    return {
        "bands": [[row.age, *row.quantiles] for row in table.rows],
        "own": [{"age": round(one.age, 2), "score": one.score, "on": one.on.isoformat()} for one in points],
        "events": [{"kind": e.kind, "label": e.label, "on": e.on, "age": e.age} for e in events],
        "words": {
            "age": say("年龄（年）", "age in years"),
            "median": say("中位数", "median"),
            "own": say("本主体", "this entity"),
        },
    }
