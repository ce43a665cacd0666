"""What was found: seven shares per table, provider and month, the score made of them, and its
plain form (JSON).

A share that nothing can be said about is null, never 1. The score is 100 times the weighted mean of
the shares that can be said; weights are equal unless given, and how many of the seven entered
stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from data_contracts.near_names import near
from data_contracts.quality.faults import DIMENSIONS
from data_contracts.refusal import Refusal

UNKNOWN = "unknown"
# A month as it is asked for: its first day, or the rows of which no month can be read.
Month = date | Literal["unknown"]


class QualityError(Refusal):
    """A question about quality that cannot be answered as it was asked."""


def month_of(text: str) -> Month:
    """The first day of a month written as 2026-05, or `unknown` for rows without a readable day."""
    if text == UNKNOWN:
        return "unknown"
    try:
        if len(text) == 7:
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise QualityError(expected="a month such as 2026-05, or unknown", got=repr(text), todo="correct --month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many are right."""

    right: float
    of: float

    @property
    def value(self) -> float | None:
        """The share, or None of nothing."""
        return self.right / self.of if self.of else None

    def __add__(self, other: Share) -> Share:
        """Both together."""
        return Share(right=self.right + other.right, of=self.of + other.of)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each dimension counts; 0 leaves one out."""

    of: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(DIMENSIONS, 1.0))

    @classmethod
    def given(cls, words: Iterable[str]) -> Weights:
        """Equal weights but for the given ones, each as `accuracy=2`."""
        weights = dict.fromkeys(DIMENSIONS, 1.0)
        for word in words:
            name, _, number = word.partition("=")
            try:
                weight = float(number)
            except ValueError:
                weight = math.nan
            if name not in DIMENSIONS or not (0 <= weight < math.inf):
                raise QualityError(
                    expected=f"a dimension and its weight, such as accuracy=2 ({', '.join(DIMENSIONS)})",
                    got=f"{word!r}{near(name, DIMENSIONS)}",
                    todo="correct --weight",
                )
            weights[name] = weight
        if not any(weights.values()):
            raise QualityError(
                expected="a dimension that counts", got="every weight is 0", todo="leave one --weight out"
            )
        return cls(weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One month (or all months) of one table and provider."""

    admitted: int = 0
    rejected: int = 0
    duplicates: int = 0
    set_aside: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)
    median_delay_days: int | None = None

    @property
    def read(self) -> int:
        """Rows read: each was admitted, rejected, a duplicate, or set aside for another feed."""
        return self.admitted + self.rejected + self.duplicates + self.set_aside

    def share(self, dimension: str) -> float | None:
        """The share of one dimension; None where nothing can be said."""
        return self.shares[dimension].value if dimension in self.shares else None

    def said(self) -> int:
        """How many of the seven dimensions can be said."""
        return sum(self.share(dimension) is not None for dimension in DIMENSIONS)

    def overall(self, weights: Weights) -> float | None:
        """100 times the weighted mean of what can be said; None if nothing can."""
        told = [
            (weights.of[dimension], share)
            for dimension in DIMENSIONS
            if (share := self.share(dimension)) is not None and weights.of[dimension] > 0
        ]
        if not told:
            return None
        return 100 * sum(weight * share for weight, share in told) / sum(weight for weight, _ in told)

    def as_json(self, weights: Weights) -> dict[str, Any]:
        """The plain form: each share with its two counts."""
        overall = self.overall(weights)
        return {
            "read": self.read,
            "admitted": self.admitted,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
            "set_aside": self.set_aside,
            "score": None if overall is None else round(overall, 4),
            "dimensions_said": self.said(),
            "median_delay_days": self.median_delay_days,
            **{dimension: self._plain(dimension) for dimension in DIMENSIONS},
        }

    def _plain(self, dimension: str) -> dict[str, float] | None:
        share = self.shares.get(dimension)
        if share is None or share.value is None:
            return None
        return {"share": round(share.value, 6), "right": round(share.right, 6), "of": share.of}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuality:
    """One table as one provider delivers it; provider None is all of several providers together.

    `unsaid` gives the reason of every dimension that is null over all months.
    """

    table: str
    label_zh: str
    provider: str | None
    responsible: str
    total: Score
    months: Mapping[date | None, Score]
    unsaid: Mapping[str, str]

    def as_json(self, weights: Weights, only: Month | None = None) -> dict[str, Any]:
        """The plain form, months in order, the unknown one last; or only one month."""
        ordered = sorted(self.months, key=lambda month: (month is None, month or date.min))
        if only:
            ordered = [month for month in ordered if (month or UNKNOWN) == only]
        return {
            "table": self.table,
            "label": self.label_zh,
            "provider": self.provider,
            "responsible": self.responsible,
            "total": self.total.as_json(weights),
            "unsaid": dict(self.unsaid),
            "months": [
                {
                    "month": UNKNOWN if month is None else f"{month:%Y-%m}",
                    **self.months[month].as_json(weights),
                }
                for month in ordered
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """All tables of one version of a lake."""

    city: str
    version: str
    exported_on: date | None
    tables: tuple[TableQuality, ...]

    def refuse_empty(self, month: Month) -> None:
        """Refuses a month of which no table has a row: dashes would read as a month that went well."""
        there = {known for table in self.tables for known in table.months}
        if month in {known or UNKNOWN for known in there}:
            return
        dated = sorted(known for known in there if known is not None)
        reach = f"{dated[0]:%Y-%m} to {dated[-1]:%Y-%m}" if dated else "no month"
        raise QualityError(
            expected=f"a month in which a row of {self.city} became known ({reach})",
            got=month if isinstance(month, str) else f"{month:%Y-%m}",
            todo="correct --month, or admit that month's files first",
        )

    def as_json(self, weights: Weights, only: Month | None = None) -> dict[str, Any]:
        """The plain form, with the weights it was made with; of all months or only one."""
        return {
            "city": self.city,
            "version": self.version,
            "exported_on": self.exported_on.isoformat() if self.exported_on else None,
            "weights": dict(weights.of),
            "tables": [table.as_json(weights, only) for table in self.tables],
        }
