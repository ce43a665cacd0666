"""Who a plan may draw under its policy and items, as the frame tells it: everybody else with one reason.

The same answer for the preview of a plan that is being written and for its freeze, over the page, the API
and the commands. An entity that no item of the plan concerns is outside; one of a type that the policy does
not grade is drawn too, in a stratum of its own at the ordinary ratio.
Shields, triggers and full coverage are the marks in force on the register's date, where a city keeps any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from serving.inspections.plans.plan import Plan
from serving.inspections.plans.steps import FrameOf
from serving.inspections.plans.terms import PlanTerms
from serving.inspections.policies.versions import find_policy
from serving.ledger.database import Ledger
from serving.rosters.item import Concerns
from serving.rosters.items import find_item
from serving.rosters.marks import COVERAGE, with_marks
from serving.rosters.objects import entities_of, find_objects, marks_to_draw_by
from serving.sampling.allocation import Allocation, allocate, allocate_policy
from serving.sampling.eligibility import judge, pierced
from serving.sampling.frame import Frame, build_frame
from serving.sampling.policy import ORDINARY, Policy
from serving.sampling.presets import is_preset, preset

# Beside the reasons of eligibility: no object of the items.
NOT_CONCERNED = "not_concerned"
_FRAMED = ("entity_id", "region_code", COVERAGE)
_REASONS = pa.schema([("entity_id", pa.string()), ("reason", pa.string())])


class ListedRegister(Protocol):
    """What is needed of a grade register."""

    @property
    def digest(self) -> str:
        """Its digest."""

    @property
    def listed(self) -> pa.Table:
        """One row of entity_id, grade, region_code and entity_type for each entity."""


def judged_under(
    rows: pa.Table,
    policy: Policy,
    *,
    region: str = "",
    visits: Mapping[str, int] | None = None,
    concerned: pa.Array | None = None,
    marks: pa.Table | None = None,
    carried: Sequence[str] = (),
) -> pa.Table:
    """The rows of a region (a prefix) as `judge` answers them, stratum by stratum as a freeze draws them.

    rows: COLUMNS of eligibility; concerned: ids of the entities that the items concern (None: all);
    visits: those that entities have this year; marks: those in force (marks.SCHEMA; None: none on record).
    One row for each row of the region, in the same order, with `register_grade`, `entity_type` and the
    columns `carried`; `grade` is the letter to be drawn under; `pierced` says whom a trigger lets in again.
    """
    rows = _in_region(rows, region, marks)
    judged = judge(rows, policy, visits=visits)
    reason = _reasons(judged, concerned)
    able = pc.equal(reason, "")
    columns = {name: judged[name] for name in ("entity_id", "stratum", "grade")} | {
        "register_grade": rows["grade"],
        "entity_type": pc.fill_null(rows["entity_type"], "other"),
        "eligible": able,
        "exclusion_reason": reason,
        "pierced": pc.and_(pierced(rows, policy), able),
    }
    return pa.table(columns | {name: rows[name] for name in carried})


def _in_region(rows: pa.Table, region: str, marks: pa.Table | None) -> pa.Table:
    """The rows of a region, with the marks that they bear."""
    if region:
        rows = rows.filter(pc.fill_null(pc.starts_with(rows["region_code"], region), False))
    return rows if marks is None else with_marks(rows, marks)


def _reasons(judged: pa.Table, concerned: pa.Array | None) -> pa.ChunkedArray:
    """The reasons of judged rows, with that of whom the items do not concern before all others."""
    if concerned is None:
        return judged["exclusion_reason"]
    outside = pc.invert(pc.is_in(judged["entity_id"], value_set=concerned))
    return pc.if_else(outside, NOT_CONCERNED, judged["exclusion_reason"])


def concerned_by(
    ledger: Ledger, city: str, codes: tuple[str, ...], *, register_digest: str, objects_folder: Path
) -> pa.Array | None:
    """The ids that any of the items concerns; None if one of them concerns everybody.

    Raises ItemNotFound; ObjectsMissing where the items ask for tags or licences that no roster tells.
    """
    items = [find_item(ledger, city, code) for code in codes]
    if any(item.concerns == Concerns() for item in items) or not items:
        return None
    return entities_of(find_objects(objects_folder, register_digest=register_digest), items)


def policy_of_terms(ledger: Ledger, terms: PlanTerms) -> Policy | None:
    """The policy that a plan names: a version of the city's, or a preset; None where it names none."""
    if not terms.policy_id:
        return None
    if is_preset(terms.policy_id):
        return preset(terms.policy_id).policy()
    return find_policy(ledger, terms.policy_id, terms.policy_version or None).policy


def frame_under_policy(
    ledger: Ledger, plan: Plan, *, register: ListedRegister, objects_folder: Path
) -> FrameOf | None:
    """How the plan's frame is made at its freeze; None for a plan without a policy: by ratios alone."""
    policy = policy_of_terms(ledger, plan.terms) if plan.terms else None
    if plan.terms is None or policy is None:
        return None
    concerned = concerned_by(
        ledger,
        plan.draft.city,
        plan.terms.item_codes,
        register_digest=register.digest,
        objects_folder=objects_folder,
    )
    marks = marks_to_draw_by(objects_folder, register_digest=register.digest)
    codes = plan.terms.item_codes

    def made(framed: Plan, reasons: Mapping[str, str]) -> tuple[Frame, tuple[Allocation, ...]]:
        rows = _in_region(register.listed, framed.draft.region_prefix, marks)
        judged = judge(rows, policy)
        given = {"entity_id": [*reasons], "reason": [*reasons.values()]}
        out = pa.table({"entity_id": judged["entity_id"], "reason": _reasons(judged, concerned)})
        # Of an entity's reasons the first counts: what the caps say comes before what the policy says.
        frame = build_frame(
            rows.select([name for name in _FRAMED if name in rows.column_names]).append_column(
                "grade", judged["grade"]
            ),
            stratification=framed.draft.stratification,
            exclusions=pa.concat_tables(
                [
                    pa.table({name: pa.array(texts, pa.string()) for name, texts in given.items()}),
                    out.filter(pc.not_equal(out["reason"], "")).cast(_REASONS),
                ]
            ),
        )
        return frame, _allocated(framed, policy, frame, codes)

    return made


def _allocated(plan: Plan, policy: Policy, frame: Frame, codes: tuple[str, ...]) -> tuple[Allocation, ...]:
    """The counts: grades by the plan's ratios, who is not drawn by grade by the policy's ordinary one."""
    strata = frame.strata()
    graded = allocate(plan.ratios, (one for one in strata if one.grade != ORDINARY))
    others = allocate_policy(policy, (one for one in strata if one.grade == ORDINARY), items=codes)
    return tuple(sorted((*graded, *others), key=lambda one: one.stratum))
