"""A decision: the grade of one entity on one day with its score, reasons and direct rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.direct_rules import DirectRule, rule_by_code
from models.document import Json, document_of, parse_json, write_json
from models.grades import Grade
from models.reasons import Reason

__all__ = ["Decision", "Reason", "RuleHit", "decision_of"]

_KEYS = (
    "entity_id", "as_of", "used_on", "release_id", "snapshot_digest", "probability", "score", "unclipped",
    "base_points", "model_grade", "guarded_grade", "grade", "rules", "reasons", "others_points",
    "dimension_points",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHit:
    """A direct rule that decided, by its code."""

    code: str

    @property
    def rule(self) -> DirectRule:
        """The rule with its legal basis and sentences."""
        return rule_by_code(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """base_points + the reasons' points + others_points = unclipped, rounded; score is that in 0–1000.

    `model_grade` is that of the probability, `guarded_grade` what the change guard leaves of it, and `grade`
    the worse of the latter and the direct rules'. base_points + `dimension_points` is the same sum once more,
    by the five dimensions in their order; empty where a register was written without them.
    """

    entity_id: str
    as_of: date
    used_on: date
    release_id: str
    snapshot_digest: str
    probability: float
    score: int
    unclipped: float
    base_points: int
    model_grade: Grade
    guarded_grade: Grade
    grade: Grade
    rules: tuple[RuleHit, ...]
    reasons: tuple[Reason, ...]
    others_points: int
    dimension_points: tuple[int, ...]

    @property
    def clipped_points(self) -> int:
        """What the bounds 0 and 1000 took away or added, mostly 0; with it the points sum to the score."""
        return self.score - (
            self.base_points + sum(reason.points for reason in self.reasons) + self.others_points
        )

    @property
    def held(self) -> bool:
        """Whether the change guard keeps the grade from that of the probability."""
        return self.guarded_grade is not self.model_grade

    def to_json(self) -> str:
        """The decision as JSON; `from_json` gives it back unchanged."""
        fields: dict[str, Json] = {
            "entity_id": self.entity_id,
            "as_of": self.as_of.isoformat(),
            "used_on": self.used_on.isoformat(),
            "release_id": self.release_id,
            "snapshot_digest": self.snapshot_digest,
            "probability": self.probability,
            "score": self.score,
            "unclipped": self.unclipped,
            "base_points": self.base_points,
            "model_grade": self.model_grade.value,
            "guarded_grade": self.guarded_grade.value,
            "grade": self.grade.value,
            "rules": [hit.code for hit in self.rules],
            "reasons": [
                {"indicator": r.indicator, "number": r.number, "text": r.text, "points": r.points}
                for r in self.reasons
            ],
            "others_points": self.others_points,
            "dimension_points": list(self.dimension_points),
        }
        return write_json(fields)

    @staticmethod
    def from_json(text: str, place: str = "decision") -> Decision:
        """Reads a decision strictly."""
        document = document_of(parse_json(text, place), place).exactly(*_KEYS)
        fields = dict(document.fields)
        for reason in document.objects("reasons"):
            reason.exactly("indicator", "number", "text", "points")
        for key in ("as_of", "used_on"):
            fields[key] = document.text(key)
        return decision_of(fields)


def decision_of(row: Mapping[str, Any]) -> Decision:
    """The decision in a row of `decide` or of a register; dates may be ISO texts."""
    return Decision(
        entity_id=row["entity_id"],
        as_of=_day(row["as_of"]),
        used_on=_day(row["used_on"]),
        release_id=row["release_id"],
        snapshot_digest=row["snapshot_digest"],
        probability=float(row["probability"]),
        score=int(row["score"]),
        unclipped=float(row["unclipped"]),
        base_points=int(row["base_points"]),
        model_grade=Grade(row["model_grade"]),
        guarded_grade=Grade(row["guarded_grade"]),
        grade=Grade(row["grade"]),
        rules=tuple(RuleHit(code=code) for code in row["rules"]),
        reasons=tuple(
            Reason(indicator=r["indicator"], number=r["number"], text=r["text"], points=int(r["points"]))
            for r in row["reasons"]
        ),
        others_points=int(row["others_points"]),
        dimension_points=tuple(int(points) for points in row.get("dimension_points") or ()),
    )


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
