"""The page and the interface of alerts (监测预警): by kind, severity and region, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

import pyarrow as pa
from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from models.alerts.alert import ALERT_SCHEMA
from serving.web.alert_lines import (
    KIND_WORDS,
    SEVERITY_WORDS,
    AlertLine,
    alert_lines,
    alerts_seen,
    counts_by_kind,
    filtered,
)
from serving.web.desk import Desk
from serving.web.holder import holder_of_request, region_for
from serving.web.language import language_of, speaker
from serving.web.rendering import View, render

PAGE = 25
Kind = Annotated[str, Query(pattern=f"^({'|'.join(KIND_WORDS)})?$")]
Severity = Annotated[str, Query(pattern=f"^({'|'.join(SEVERITY_WORDS)})?$")]
Region = Annotated[str, Query(max_length=12)]
Offset = Annotated[int, Query(ge=0, le=10**9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a filter, with how many alerts it has where that is told."""

    code: str
    label: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsPage:
    """One page of alerts; `made` is false where none were made yet, `before` says what grades rose since."""

    as_of: str
    before: str
    made: bool
    kinds: tuple[Choice, ...]
    severities: tuple[Choice, ...]
    kind: str
    severity: str
    region: str
    lines: tuple[AlertLine, ...]
    matching: int
    first: int
    last: int
    previous: str
    next: str


class AlertAnswer(BaseModel):
    """One alert; `statistic` is the p-value of a test, `evidence` names records as `table:id`."""

    entity_id: str
    name: str | None
    region_code: str | None
    grade: str
    kind: str
    severity: str
    since: str
    until: str | None
    statistic: float | None
    sentence_zh: str
    sentence_en: str
    evidence: list[str]


class AlertsAnswer(BaseModel):
    """The alerts of the caller's region that match, the gravest first; `made` is false before any are."""

    as_of: str
    register_digest: str
    made: bool
    counts: dict[str, int]
    matching: int
    offset: int
    alerts: list[AlertAnswer]


def alerts(
    request: Request, kind: Kind = "", severity: Severity = "", region: Region = "", offset: Offset = 0
) -> Response:
    """The page of alerts."""
    desk: Desk = request.app.state.desk_source()
    asked = Asked(kind=kind, severity=severity, region=region, offset=offset)
    seen = alerts_seen(desk, region_for(holder_of_request(request), region))
    page = alerts_page(desk, seen, asked, language=language_of(request))
    return render(request, desk, View(template="alerts.html", page=page, current="alerts"))


def alerts_answer(
    request: Request,
    kind: Kind = "",
    severity: Severity = "",
    region: Region = "",
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> AlertsAnswer:
    """Alerts of the caller's region, by kind, severity and region."""
    desk: Desk = request.app.state.desk_source()
    seen = alerts_seen(desk, region_for(holder_of_request(request), region))
    table = _none() if seen is None else seen
    found = filtered(table, kind=kind, severity=severity)
    return AlertsAnswer(
        as_of=desk.register.as_of.isoformat(),
        register_digest=desk.register.digest,
        made=seen is not None,
        counts=counts_by_kind(table),
        matching=found.num_rows,
        offset=offset,
        alerts=answers_of(found.slice(offset, limit)),
    )


def answers_of(table: pa.Table) -> list[AlertAnswer]:
    """The rows as the interface gives them."""
    return [
        AlertAnswer(
            **{
                **{name: row[name] for name in AlertAnswer.model_fields},
                "since": row["since"].isoformat(),
                "until": row["until"].isoformat() if row["until"] else None,
            }
        )
        for row in table.to_pylist()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    kind: str = ""
    severity: str = ""
    region: str = ""
    offset: int = 0


def alerts_page(desk: Desk, seen: pa.Table | None, asked: Asked, *, language: str) -> AlertsPage:
    """The page of what a caller sees."""
    say, table = speaker(language), _none() if seen is None else seen
    counts = counts_by_kind(filtered(table, severity=asked.severity))
    found = filtered(table, kind=asked.kind, severity=asked.severity)
    # An address past the end shows the last page.
    offset = min(asked.offset, max(found.num_rows - 1, 0) // PAGE * PAGE)
    lines = alert_lines(found.slice(offset, PAGE), language)
    last = offset + len(lines)
    return AlertsPage(
        as_of=desk.register.as_of.isoformat(),
        before=desk.register.card.previous_as_of,
        made=seen is not None,
        kinds=tuple(
            Choice(code=code, label=say(*words), count=counts[code]) for code, words in KIND_WORDS.items()
        ),
        severities=tuple(
            Choice(code=code, label=say(*words), count=None) for code, words in SEVERITY_WORDS.items()
        ),
        kind=asked.kind,
        severity=asked.severity,
        region=asked.region,
        lines=lines,
        matching=found.num_rows,
        first=offset + 1 if lines else 0,
        last=last,
        previous=_address(asked, max(offset - PAGE, 0)) if offset else "",
        next=_address(asked, last) if last < found.num_rows else "",
    )


def _address(asked: Asked, offset: int) -> str:
    words = {"kind": asked.kind, "severity": asked.severity, "region": asked.region, "offset": offset}
    return urlencode({name: value for name, value in words.items() if value}) or "offset=0"


def _none() -> pa.Table:
    return ALERT_SCHEMA.empty_table()
