"""The rate of problems found in each grade (问题发现率), measured out of time by the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.grades import LETTERS
from models.release import Release

_NORMAL = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """The share of a grade in which an inspection finds a problem; None where none was inspected."""

    grade: str
    inspected: int
    problems: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A measure of the release with its interval."""

    name: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the validation of a release says."""

    rates: Mapping[str, HitRate]
    metrics: tuple[Metric, ...]
    note_zh: str
    note_en: str
    test_dates: tuple[str, ...]
    horizon_days: int


def evidence_of(release: Release) -> Evidence:
    """Reads validation.json; what it lacks stays unknown, for a release may be older than a measure."""
    document: Mapping[str, Any] = release.validation
    rates = {row["grade"]: _rate(row) for row in document.get("grades", [])}
    unknown = {"inspected": 0, "problems": 0, "rate": None, "low": None, "high": None}
    return Evidence(
        rates={grade: rates.get(grade) or _rate({"grade": grade, **unknown}) for grade in LETTERS},
        metrics=tuple(
            _metric(name, value) for name, value in document.get("metrics", {}).items() if value is not None
        ),
        note_zh=str(document.get("selection_note_zh") or ""),
        note_en=str(document.get("selection_note_en") or ""),
        test_dates=tuple(str(day) for day in document.get("test_dates") or release.manifest.test_dates),
        horizon_days=release.manifest.horizon_days,
    )


def rate_error(rate: HitRate) -> float:
    """The standard deviation that a 95 % interval stands for; 0 where none is known."""
    if rate.low is None or rate.high is None:
        return 0.0
    return min(max(rate.high - rate.low, 0.0) / (2 * _NORMAL), 1.0)


def _rate(row: Mapping[str, Any]) -> HitRate:
    known = {name: row.get(name) for name in ("rate", "low", "high")}
    return HitRate(
        grade=str(row["grade"]),
        inspected=int(row.get("inspected") or 0),
        problems=int(row.get("problems") or 0),
        **known,
    )


def _metric(name: str, value: Any) -> Metric:
    if isinstance(value, Mapping):
        return Metric(name=name, value=value["value"], low=value.get("low"), high=value.get("high"))
    return Metric(name=name, value=value, low=None, high=None)
