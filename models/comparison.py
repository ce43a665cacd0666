"""Where an entity stands among its like, and what those nearest to it with a better grade do not have.

Only differences are told in general; which peers they are is for the caller to show or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.grades import LETTERS
from models.record_words import FAMILY_WORDS, OTHER, record_kind
from models.schema import Schema

# A cell with fewer others says little: 1 of 50 is two percent.
LEAST_OTHERS = 50
PEERS, DIFFERENCES = 3, 3
# Nearest in score; of these the nearest in what the score is made of are the peers.
CANDIDATES = 16
# Below this a difference is not worth a word.
LEAST_POINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How alike the entities of a cell are: by so many signs of industry and region code, and by type."""

    industry: int
    region: int
    by_type: bool
    label_zh: str
    label_en: str


# Letter and two digits are a division of GB/T 4754, the letter its section; six digits a county, four a city.
LEVELS = (
    Level(industry=3, region=6, by_type=True, label_zh="同区县、同行业大类、同类型",
          label_en="of its county, industry division and type"),
    Level(industry=1, region=6, by_type=True, label_zh="同区县、同行业门类、同类型",
          label_en="of its county, industry section and type"),
    Level(industry=1, region=4, by_type=True, label_zh="同市、同行业门类、同类型",
          label_en="of its city, industry section and type"),
    Level(industry=1, region=0, by_type=True, label_zh="同行业门类、同类型",
          label_en="of its industry section and type"),
    Level(industry=0, region=0, by_type=True, label_zh="同类型", label_en="of its type"),
    Level(industry=0, region=0, by_type=False, label_zh="登记册全部", label_en="of the whole register"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The entity compared, as the register lists it."""

    entity_id: str
    entity_type: str | None
    region_code: str | None
    industry_code: str | None
    grade: str
    score: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """The finest cell with at least 50 others; `percentile` of them score lower, ties counting half (0–100).

    `candidates` are those of the cell with a better grade that are nearest in score: entity_id, region_code,
    grade, score.
    """

    level: Level
    others: int
    percentile: float
    candidates: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """An entity of the cell with a better grade, and how many points by kind of record differ."""

    entity_id: str
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How many points more of a kind of record the entity has than its peers on average."""

    kind: str
    points: int


def standing(city: pa.Table, own: Subject) -> Standing:
    """The entity's place among its like; `city` has the columns of Subject, one row for each entity.

    Falls back level by level where a cell has fewer than 50 others; the last level takes what there is.
    """
    others = city.filter(pc.not_equal(city["entity_id"], own.entity_id))
    cells = ((level, others.filter(_alike(others, own, level))) for level in LEVELS)
    level, cell = next(
        ((level, cell) for level, cell in cells if cell.num_rows >= LEAST_OTHERS), (LEVELS[-1], others)
    )
    score = np.asarray(cell["score"], dtype=np.int64)
    below = (score < own.score).sum() + (score == own.score).sum() / 2
    return Standing(
        level=level,
        others=cell.num_rows,
        percentile=100 * float(below) / cell.num_rows if cell.num_rows else 50.0,
        candidates=_candidates(cell, own),
    )


def _alike(rows: pa.Table, own: Subject, level: Level) -> pa.ChunkedArray:
    """Whether each row is in the cell; an entity without a code is alike to those without one."""
    mask = pc.is_valid(rows["entity_id"])
    for name, signs in (("industry_code", level.industry), ("region_code", level.region)):
        if signs:
            prefix = (getattr(own, name) or "")[:signs]
            told = pc.utf8_slice_codeunits(pc.fill_null(rows[name], ""), 0, signs)
            mask = pc.and_(mask, pc.equal(told, prefix))
    if level.by_type:
        mask = pc.and_(mask, pc.equal(pc.fill_null(rows["entity_type"], ""), own.entity_type or ""))
    return mask


def _candidates(cell: pa.Table, own: Subject) -> pa.Table:
    better = cell.filter(
        pc.is_in(cell["grade"], value_set=pa.array(LETTERS[: LETTERS.index(own.grade)], pa.string()))
    )
    away = pc.abs(pc.subtract(better["score"].cast(pa.int64()), own.score))
    ordered = better.append_column("away", away).sort_by([("away", "ascending"), ("entity_id", "ascending")])
    return ordered.select(["entity_id", "region_code", "grade", "score"]).slice(0, CANDIDATES)


def points_by_kind(schema: Schema, reasons: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Told reasons, as (indicator, points), summed by kind of record; what is not told counts as nothing."""
    families = {spec.name: spec.family for spec in schema}
    found: dict[str, int] = {}
    for indicator, points in reasons:
        kind = record_kind(families[indicator])
        found[kind] = found.get(kind, 0) + points
    return found


def nearest(own: Mapping[str, int], others: Mapping[str, Mapping[str, int]]) -> tuple[Peer, ...]:
    """The three entities whose points by kind differ least in sum; of equals the one with the lowest id."""
    found = [
        Peer(
            entity_id=entity_id,
            distance=sum(abs(own.get(kind, 0) - points.get(kind, 0)) for kind in {*own, *points}),
        )
        for entity_id, points in others.items()
    ]
    return tuple(sorted(found, key=lambda peer: (peer.distance, peer.entity_id))[:PEERS])


def what_differs(own: Mapping[str, int], peers: Sequence[Mapping[str, int]]) -> tuple[Difference, ...]:
    """The kinds of records in which the entity most exceeds the average of its peers, the most first."""
    if not peers:
        return ()
    kinds = sorted({*own, *(kind for points in peers for kind in points)})
    more = [
        Difference(
            kind=kind, points=round(own.get(kind, 0) - float(np.mean([p.get(kind, 0) for p in peers])))
        )
        for kind in kinds
    ]
    told = [one for one in more if one.points >= LEAST_POINTS]
    return tuple(sorted(told, key=lambda one: (-one.points, one.kind))[:DIFFERENCES])


def standing_sentence(found: Standing, language: str) -> str:
    """Where the entity stands, in which cell, of how many."""
    share = f"{found.percentile:.0f}%"
    if language == "en":
        return (
            f"Among {found.others:,} other entities {found.level.label_en}, its score is higher than that of "
            f"{share} (ties count half)."
        )
    return f"在{found.level.label_zh}的其他{found.others}户中，风险分高于{share}（同分折半）。"


def difference_sentence(differences: Sequence[Difference], peers: int, language: str) -> str:
    """What those nearest with a better grade have less of, in general."""
    if not peers:
        return "None of them has a better grade." if language == "en" else "其中没有等级更好的主体。"
    words = [(FAMILY_WORDS.get(one.kind, OTHER), one.points) for one in differences]
    if language == "en":
        if not words:
            return f"The {peers} nearest with a better grade differ in no single kind of record."
        told = ", ".join(f"{each.many_en} ({points} points more)" for each, points in words)
        return f"Against the {peers} nearest with a better grade it differs mainly in {told}."
    if not words:
        return f"与最接近的{peers}户等级更好的主体相比，没有哪一类记录明显不同。"
    told = "、".join(f"{each.zh}（多{points}分）" for each, points in words)
    return f"与最接近的{peers}户等级更好的主体相比，主要差在{told}。"
