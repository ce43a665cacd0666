"""Who a plan may draw under its policy and items, as the frame tells it: everybody else with one reason.

The same answer for the preview of a plan that is being written and for its freeze, over the page, the API and
the commands. An entity that the policy does not grade, or that no item of the plan concerns, is outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from serving.inspections.plan import Plan
from serving.inspections.plans import FrameOf
from serving.inspections.policies import find_policy
from serving.inspections.terms import PlanTerms
from serving.ledger.database import Ledger
from serving.rosters.item import Concerns
from serving.rosters.items import find_item
from serving.rosters.objects import entities_of, find_objects
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.eligibility import COLUMNS, judge
from serving.sampling.frame import Frame, build_frame
from serving.sampling.policy import ORDINARY, Policy
from serving.sampling.presets import PRESETS, preset

# Beside the reasons of eligibility: a type that the policy does not grade, no object of the plan's items.
OTHER_TYPE, NOT_CONCERNED = "other_type", "not_concerned"


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
) -> pa.Table:
    """The rows of a region (a prefix) as `judge` answers them, with `entity_type` and the reasons above.

    rows: COLUMNS of eligibility; concerned: ids of the entities that the items concern (None: all);
    visits: those that entities have this year. One row for each row of the region, in the same order.
    """
    if region:
        rows = rows.filter(pc.fill_null(pc.starts_with(rows["region_code"], region), False))
    judged = judge(rows, policy, visits=visits)
    reason = pc.if_else(pc.equal(judged["grade"], ORDINARY), OTHER_TYPE, judged["exclusion_reason"])
    if concerned is not None:
        outside = pc.invert(pc.is_in(rows["entity_id"], value_set=concerned))
        reason = pc.if_else(pc.and_(outside, pc.not_equal(reason, OTHER_TYPE)), NOT_CONCERNED, reason)
    columns = {name: judged[name] for name in ("entity_id", "stratum")} | {
        "grade": rows["grade"],
        "entity_type": pc.fill_null(rows["entity_type"], "other"),
        "eligible": pc.equal(reason, ""),
        "exclusion_reason": reason,
    }
    return pa.table(columns)


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
    if terms.policy_id in {one.name for one in PRESETS}:
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

    def made(framed: Plan, reasons: Mapping[str, str]) -> tuple[Frame, tuple[Allocation, ...]]:
        region = framed.draft.region_prefix
        judged = judged_under(register.listed, policy, region=region, concerned=concerned)
        out = judged.filter(pc.invert(judged["eligible"]))
        given = pa.table(
            {
                "entity_id": pa.array(list(reasons), pa.string()),
                "reason": pa.array(list(reasons.values()), pa.string()),
            }
        )
        ours = out.select(["entity_id", "exclusion_reason"]).rename_columns(["entity_id", "reason"])
        rows = register.listed
        if region:
            rows = rows.filter(pc.fill_null(pc.starts_with(rows["region_code"], region), False))
        # Of an entity's reasons the first counts: what the caps say comes before what the policy says.
        frame = build_frame(
            rows.select([name for name in COLUMNS if name != "entity_type"]),
            stratification=framed.draft.stratification,
            exclusions=pa.concat_tables([given, ours.cast(given.schema)]),
        )
        return frame, allocate(framed.ratios, frame.strata())

    return made
