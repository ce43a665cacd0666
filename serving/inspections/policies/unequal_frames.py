"""The frame of a plan by its policy and its method: where chances are unequal they follow the risk.

A stratum keeps its count; within it the target of an entity is in proportion to the probability that the
register gives it, not below the policy's exploration floor (without a policy the plan's smallest ratio),
and at most 1. All of it is in the published frame, an entity a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving.inspections.plans.plan import GradedRegister, Plan
from serving.inspections.plans.steps import FrameOf
from serving.inspections.policies.policy_frames import ListedRegister, frame_under_policy, policy_of_terms
from serving.ledger.database import Ledger
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.frame import Frame, build_frame
from serving.sampling.method import Design
from serving.sampling.risk_weights import risk_weights
from serving.sampling.unequal import UnequalRefused


class RiskRegister(ListedRegister, GradedRegister, Protocol):
    """What is needed of a grade register."""

    def probabilities(self) -> pa.Table:
        """One row of entity_id and probability for each entity."""


def frame_of_plan(
    ledger: Ledger, plan: Plan, *, register: RiskRegister, objects_folder: Path
) -> FrameOf | None:
    """How the plan's frame is made at its freeze; None for one that register and ratios alone decide."""
    made = frame_under_policy(ledger, plan, register=register, objects_folder=objects_folder)
    if plan.method.design is Design.STRATIFIED:
        return made
    policy = policy_of_terms(ledger, plan.terms) if plan.terms else None
    floor = Fraction(policy.exploration_floor) if policy else _smallest(plan)

    def by_risk(framed: Plan, reasons: Mapping[str, str]) -> tuple[Frame, tuple[Allocation, ...]]:
        frame, allocations = (made or _by_ratios(register))(framed, reasons)
        return with_risks(frame, allocations, register.probabilities(), floor=floor), allocations

    return by_risk


def with_risks(
    frame: Frame, allocations: tuple[Allocation, ...], probabilities: pa.Table, *, floor: Fraction
) -> Frame:
    """The frame with chances by risk; who is missing from the probabilities (0 to 1) gets the least.

    Raises UnequalRefused for a stratum of which nobody is to be drawn: it has no chances to share.
    """
    if empty := [one.stratum for one in allocations if one.size and not one.count]:
        raise UnequalRefused(
            expected="at least one to be drawn of every stratum of a draw by risk",
            got=f"none of {', '.join(empty)}",
            todo="give every grade a ratio above 0, or draw by the stratified design",
        )
    ids = probabilities["entity_id"].cast(pa.large_string())
    places = pc.index_in(frame.rows["entity_id"], value_set=ids.combine_chunks())
    risk = np.asarray(pc.fill_null(probabilities["probability"].take(places), 0.0), float)
    weights, members = np.ones(len(frame.rows), np.int64), frame.members()
    for one in allocations:
        mine = members[one.stratum]
        weights[mine] = risk_weights(risk[mine], one.count, floor)
    return frame.with_targets(weights, allocations)


def _by_ratios(register: GradedRegister) -> FrameOf:
    """The frame of a plan without a policy."""

    def made(plan: Plan, reasons: Mapping[str, str]) -> tuple[Frame, tuple[Allocation, ...]]:
        rows = register.rows(plan.draft.region_prefix)
        frame = build_frame(rows, stratification=plan.draft.stratification, exclusions=reasons)
        return frame, allocate(plan.ratios, frame.strata())

    return made


def _smallest(plan: Plan) -> Fraction:
    """The smallest ratio of the plan that is above 0."""
    return min(ratio for text in plan.ratios.texts() if (ratio := Fraction(text)) > 0)
