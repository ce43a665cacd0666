"""An entity among its like: where it stands, and what the nearest with a better grade have less of.

The nearest are named to readers whose region they are in; of the others only what differs in general is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.comparison import (
    Standing,
    Subject,
    difference_sentence,
    nearest,
    points_by_kind,
    standing,
    standing_sentence,
    what_differs,
)
from models.decision import Decision
from serving.register import RegisterEntry
from serving.web.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPeer:
    """An entity of the reader's own region, nearest with a better grade."""

    entity_id: str
    name: str
    grade: str
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Where the entity stands and what differs, in the reader's language; `unnamed` peers are not shown."""

    standing: str
    differs: str
    level: str
    others: int
    percentile: float
    peers: tuple[NamedPeer, ...]
    unnamed: int


def comparison(desk: Desk, entry: RegisterEntry, *, region_prefix: str, language: str) -> Comparison:
    """The entity among its like in the whole city; peers outside `region_prefix` stay unnamed."""
    found = standing(desk.register.listed, _subject(entry))
    own = _points(desk, entry.decision)
    entries = {
        entity_id: desk.register.find(entity_id) for entity_id in found.candidates["entity_id"].to_pylist()
    }
    points = {entity_id: _points(desk, other.decision) for entity_id, other in entries.items()}
    peers = [peer.entity_id for peer in nearest(own, points)]
    differences = what_differs(own, [points[one] for one in peers])
    named = [entries[one] for one in peers if (entries[one].region_code or "").startswith(region_prefix)]
    return Comparison(
        standing=standing_sentence(found, language),
        differs=difference_sentence(differences, len(peers), language),
        level=_level(found, language),
        others=found.others,
        percentile=round(found.percentile, 1),
        peers=tuple(
            NamedPeer(
                entity_id=one.entity_id,
                name=one.name or one.entity_id,
                grade=one.decision.grade.value,
                score=one.decision.score,
            )
            for one in named
        ),
        unnamed=len(peers) - len(named),
    )


def _subject(entry: RegisterEntry) -> Subject:
    return Subject(
        entity_id=entry.entity_id,
        entity_type=entry.entity_type,
        region_code=entry.region_code,
        industry_code=entry.industry_code,
        grade=entry.decision.grade.value,
        score=entry.decision.score,
    )


def _points(desk: Desk, decision: Decision) -> dict[str, int]:
    return points_by_kind(
        desk.release.schema, [(reason.indicator, reason.points) for reason in decision.reasons]
    )


def _level(found: Standing, language: str) -> str:
    return found.level.label_en if language == "en" else found.level.label_zh
