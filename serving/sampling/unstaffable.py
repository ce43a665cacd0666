"""Why a visit cannot be staffed: each requirement is dropped alone, and who would fit then is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.sampling.fitting import CONSTRAINTS, Bench, Candidates, completes
from serving.sampling.visit_needs import VisitNeed

WORDS = {
    "licence": ("执法证件在检查期间有效", "the licence requirement"),
    "leave": ("检查期间不在休假", "the leave of inspectors"),
    "conflict": ("回避", "the conflicts of interest"),
    "scope": ("选派范围", "the scope"),
    "department": ("所属部门", "the department"),
    "skills": ("专业技能", "the required skills"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """What dropping one constraint would change: how many fit then, and whether a team could go."""

    constraint: str
    fitting: int
    staffable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstaffable:
    """A visit without a team: how many seats and how many fit, and what would help, in words."""

    visit_id: str
    seats: int
    fitting: int
    without: tuple[Without, ...]
    zh: str
    en: str

    def as_row(self) -> dict[str, object]:
        """The record as it is published."""
        helps = [
            {"constraint": one.constraint, "fitting": one.fitting, "staffable": one.staffable}
            for one in self.without
        ]
        return {
            "visit_id": self.visit_id, "seats": self.seats, "fitting": self.fitting, "without": helps,
            "zh": self.zh, "en": self.en,
        }  # fmt: skip


def explained(
    bench: Bench, visit: VisitNeed, *, rest: Sequence[str] = (), out: Sequence[str] = ()
) -> Unstaffable:
    """Which constraint, dropped alone, would let the visit be staffed, or at least let more fit.

    `rest` are those who keep their seats, `out` those who were recused: neither takes another seat.
    """
    barred = bench.places([*rest, *out])
    found = bench.candidates(visit).without(barred)
    seats = visit.seats - len(rest)
    helps = []
    for constraint in CONSTRAINTS:
        other = bench.candidates(visit, without=constraint).without(barred)
        held, days = bench.held(visit, rest, without=constraint)
        staffable = completes(Counter(other.kinds), other.wanted & ~held, days, seats)
        if staffable or len(other.places) > len(found.places):
            helps.append(Without(constraint=constraint, fitting=len(other.places), staffable=staffable))
    held, _ = bench.held(visit, rest)
    zh, en = _sentences(seats, len(found.places), nobody_holds(found, held), helps)
    return Unstaffable(
        visit_id=visit.visit_id, seats=seats, fitting=len(found.places), without=tuple(helps), zh=zh, en=en
    )


def nobody_holds(found: Candidates, held: int) -> tuple[str, ...]:
    """What is wanted and held by none of those who fit: skills, departments, bureau or station."""
    held |= int(np.bitwise_or.reduce(found.labels, initial=0))
    return tuple(name for bit, name in enumerate(found.wanted_names) if not held >> bit & 1)


def _sentences(seats: int, fitting: int, lacking: Sequence[str], helps: Sequence[Without]) -> tuple[str, str]:
    """中文 and English; constraints that would help alone come first."""
    zh = [f"需要{seats}名检查人员，符合条件的{fitting}名"]
    en = [f"{seats} inspectors needed, {fitting} fit"]
    if lacking:
        zh.append(f"其中无人具备或属于：{'、'.join(lacking)}")
        en.append(f"none of them has or belongs to {', '.join(lacking)}")
    for one in sorted(helps, key=lambda one: not one.staffable):
        requirement_zh, requirement_en = WORDS[one.constraint]
        verdict = "可以成组" if one.staffable else "仍不能成组"
        zh.append(f"若不计“{requirement_zh}”，符合条件的有{one.fitting}名，{verdict}")
        verdict = "and a team could go" if one.staffable else "and still no team could go"
        en.append(f"without {requirement_en} {one.fitting} would fit {verdict}")
    if not any(one.staffable for one in helps):
        zh.append("单独放宽任何一项都不够，需要增加人员或同时放宽几项")
        en.append("no single requirement is the cause: more inspectors are needed, or several together give")
    return "；".join(zh), "; ".join(en)
