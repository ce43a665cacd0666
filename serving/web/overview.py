"""The overview: how many entities each grade holds, how often an inspection finds something, the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from models.grades import LETTERS
from serving.ledger.deployments import live_at
from serving.register import RegisterLine, RegisterPage
from serving.web.attributes import industry_label, type_label
from serving.web.desk import Desk
from serving.web.hit_rates import Evidence, HitRate, Metric, evidence_of
from serving.web.rendering import grade_label

PAGE = 20
METRICS_SHOWN = {"auc": ("区分度 AUC", "AUC"), "lift_at_5pct": ("前 5% 提升度", "lift at 5 %")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a caller looks for; `region_prefix` is already narrowed to what the caller may see."""

    text: str = ""
    grade: str = ""
    region: str = ""
    region_prefix: str = ""
    offset: int = 0
    limit: int = PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePage:
    """One page of the register; `previous` and `next` are query strings, empty at the ends."""

    lines: tuple[RegisterLine, ...]
    text: str
    grade: str
    region: str
    matching: int
    first: int
    last: int
    previous: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeLine:
    """One grade with its entities and its measured rate of problems found."""

    grade: str
    label: str
    count: int
    share: float
    inspected: int
    problems: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricLine:
    """A measure in words and figures."""

    label: str
    value: str
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGate:
    """A gate that the live release did not pass, or only on a condition; and why it went live even so."""

    name: str
    reason: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """All that the overview shows; `top_rate` scales the little bars, `chart` feeds the two charts."""

    as_of: str
    total: int
    region_prefix: str
    grades: tuple[GradeLine, ...]
    top_rate: float
    selection_note: str
    test_dates: str
    horizon_days: int
    metrics: tuple[MetricLine, ...]
    open_gates: tuple[OpenGate, ...]
    table: TablePage
    chart: Mapping[str, object]


def overview_page(desk: Desk, search: Search, *, own_region: str, language: str) -> OverviewPage:
    """The overview of the caller's own region, with the register as searched."""
    evidence = evidence_of(desk.release)
    lines = grade_lines(desk.register.counts(own_region), evidence, language)
    return OverviewPage(
        as_of=desk.register.as_of.isoformat(),
        total=sum(line.count for line in lines),
        region_prefix=own_region,
        grades=lines,
        top_rate=max((line.high or 0.0 for line in lines), default=0.0),
        selection_note=evidence.note_en if language == "en" else evidence.note_zh,
        test_dates="、".join(evidence.test_dates) if language == "zh" else ", ".join(evidence.test_dates),
        horizon_days=evidence.horizon_days,
        metrics=tuple(_metric_line(m, language) for m in evidence.metrics if m.name in METRICS_SHOWN),
        open_gates=open_gates(desk, language),
        table=table_page(desk, search, language=language),
        chart={"grades": [_bar(line) for line in lines]},
    )


def grade_lines(counts: Mapping[str, int], evidence: Evidence, language: str) -> tuple[GradeLine, ...]:
    """The four grades in order."""
    total = sum(counts.values())
    return tuple(
        _grade_line(evidence.rates[grade], counts[grade], total, grade_label(grade, language))
        for grade in LETTERS
    )


def open_gates(desk: Desk, language: str) -> tuple[OpenGate, ...]:
    """What the served release went live despite, as the ledger keeps it."""
    live = live_at(desk.ledger, desk.city, desk.now())
    if live is None or live.release_id != desk.release.release_id:
        return ()
    gates = {gate.name: gate for gate in desk.release.verdict.gates}
    return tuple(
        OpenGate(
            name=each.gate,
            reason=gates[each.gate].reason_en if language == "en" else gates[each.gate].reason_zh,
            because=each.because,
        )
        for each in live.exemptions
        if each.gate in gates
    )


def table_page(desk: Desk, search: Search, *, language: str) -> TablePage:
    """One page of the register; an address past its end shows the last page."""
    found = _found(desk, search)
    if found.matching and not found.lines:
        search = replace(search, offset=(found.matching - 1) // search.limit * search.limit)
        found = _found(desk, search)
    last = search.offset + len(found.lines) if found.lines else 0
    return TablePage(
        lines=tuple(_with_words(line, language) for line in found.lines),
        text=search.text,
        grade=search.grade,
        region=search.region,
        matching=found.matching,
        first=search.offset + 1 if found.lines else 0,
        last=last,
        previous=_query(search, search.offset - search.limit) if found.lines and search.offset else "",
        next=_query(search, last) if 0 < last < found.matching else "",
    )


def _found(desk: Desk, search: Search) -> RegisterPage:
    return desk.register.page(
        grade=search.grade or None,
        text=search.text.strip() or None,
        region_prefix=search.region_prefix,
        offset=search.offset,
        limit=search.limit,
    )


def _with_words(line: RegisterLine, language: str) -> RegisterLine:
    fields = {name: getattr(line, name) for name in RegisterLine.__dataclass_fields__}
    words = {
        "entity_type": type_label(line.entity_type, language),
        "industry_code": industry_label(line.industry_code, language),
    }
    return RegisterLine(**(fields | words))


def _query(search: Search, offset: int) -> str:
    asked = {"text": search.text, "grade": search.grade, "region": search.region, "offset": max(offset, 0)}
    return urlencode({name: value for name, value in asked.items() if value not in ("", 0)}) or "offset=0"


def _grade_line(rate: HitRate, count: int, total: int, label: str) -> GradeLine:
    return GradeLine(
        grade=rate.grade,
        label=label,
        count=count,
        share=count / total if total else 0.0,
        inspected=rate.inspected,
        problems=rate.problems,
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
    )


def _metric_line(metric: Metric, language: str) -> MetricLine:
    zh, en = METRICS_SHOWN[metric.name]
    interval = "" if metric.low is None or metric.high is None else f"{metric.low:.3g}–{metric.high:.3g}"
    return MetricLine(label=en if language == "en" else zh, value=f"{metric.value:.3g}", interval=interval)


def _bar(line: GradeLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in GradeLine.__dataclass_fields__}
