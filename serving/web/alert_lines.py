"""Alerts as a caller may see them: in the caller's region, none that rests on a record repaired since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from models.alerts.alert import KINDS
from serving.alerting import AlertsMissing, newest_alerts, shown_alerts
from serving.web.desk import Desk
from serving.web.language import speaker

KIND_WORDS = {
    "grade_rise": ("等级上升", "grade rise"),
    "complaint_growth": ("投诉突增", "complaints jumped"),
    "licence_expiry": ("许可到期", "licence near its end"),
    "abnormal_clock": ("列异满三年", "three years on the abnormal list"),
}
SEVERITY_WORDS = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One alert in the reader's language, with the entity it is about."""

    entity_id: str
    name: str
    grade: str
    region_code: str
    kind: str
    kind_label: str
    severity: str
    severity_label: str
    since: str
    until: str
    sentence: str


def alerts_seen(desk: Desk, region_prefix: str = "") -> pa.Table | None:
    """The alerts of a region, the gravest first; None where none were made for the register."""
    try:
        path = newest_alerts(desk.register)
    except AlertsMissing:
        return None
    tables = {name: table.path for name, table in desk.lake.tables.items()} if desk.lake else {}
    table = shown_alerts(path, tables, desk.shown_as_of)
    if not region_prefix:
        return table
    return table.filter(pc.fill_null(pc.starts_with(table["region_code"], region_prefix), False))


def filtered(table: pa.Table, *, kind: str = "", severity: str = "", entity_id: str = "") -> pa.Table:
    """The rows of a kind, of a severity, of an entity; an empty word asks for all."""
    for column, wanted in (("kind", kind), ("severity", severity), ("entity_id", entity_id)):
        if wanted:
            table = table.filter(pc.equal(table[column], wanted))
    return table


def counts_by_kind(table: pa.Table) -> dict[str, int]:
    """How many alerts of each kind, for all four kinds."""
    counted = {row["values"]: row["counts"] for row in pc.value_counts(table["kind"]).to_pylist()}
    return {kind: counted.get(kind, 0) for kind in KINDS}


def alert_lines(table: pa.Table, language: str) -> tuple[AlertLine, ...]:
    """The rows in words."""
    say = speaker(language)
    return tuple(
        AlertLine(
            entity_id=row["entity_id"],
            name=row["name"] or row["entity_id"],
            grade=row["grade"],
            region_code=row["region_code"] or "–",
            kind=row["kind"],
            kind_label=say(*KIND_WORDS[row["kind"]]),
            severity=row["severity"],
            severity_label=say(*SEVERITY_WORDS[row["severity"]]),
            since=_day(row["since"]),
            until=_day(row["until"]),
            sentence=say(row["sentence_zh"], row["sentence_en"]),
        )
        for row in table.to_pylist()
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
