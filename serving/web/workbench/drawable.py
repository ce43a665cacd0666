"""Who the form's policy and items leave to be drawn: counted once for each scope, not for each ratio."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from models.grades import LETTERS
from serving.inspections.plans.caps import visits_in_year, visits_stamp
from serving.inspections.policies.policy_frames import (
    NOT_CONCERNED,
    OTHER_TYPE,
    WHOLE,
    concerned_by,
    judged_under,
)
from serving.rosters.objects import find_card, find_marks
from serving.sampling.eligibility import REASONS
from serving.sampling.policy import Policy
from serving.web.desk import Desk
from serving.web.preview import RegionEmpty, sizes_in

# Code of what keeps an entity out: 中文, English.
OUTSIDE = {
    NOT_CONCERNED: ("不是所选事项的检查对象", "no object of the chosen items"),
    **REASONS,
}
_SCOPES_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawable:
    """Counts of a region: who may be drawn by grade, enterprises among them, and the others by reason.

    `total` and `total_enterprises` are all of the region, also those who may not be drawn;
    `ordinary` are of types that the policy does not grade: drawn beside the grades at the ordinary ratio;
    `whole` are on a list of full coverage: drawn beside them without exception, `whole_enterprises` of them;
    `pierced` bear a shield of the policy and a trigger that lets them in again;
    `visited_enterprises` have a visit this year, planned or done, by whatever plan;
    `marks` counts the entities of the whole city that bear each mark, None where none are on record.
    """

    sizes: Mapping[str, int]
    enterprises: Mapping[str, int]
    excluded: Mapping[str, int]
    total: int
    total_enterprises: int
    visited_enterprises: int
    ordinary: int
    whole: int = 0
    whole_enterprises: int = 0
    pierced: int = 0
    marks: Mapping[str, int] | None = None


# Only counts are kept: a register that is no longer served must not stay in memory for their sake.
_KEPT: OrderedDict[tuple[object, ...], Drawable] = OrderedDict()


def drawable_under(
    desk: Desk, policy: Policy, *, items: tuple[str, ...], region: str, year: int = 0
) -> Drawable:
    """The counts; raises RegionEmpty, ItemNotFound, ObjectsMissing."""
    sizes_in(desk.register, region)
    year = year or desk.today.year
    concerned = concerned_by(
        desk.ledger,
        desk.city,
        items,
        register_digest=desk.register.digest,
        objects_folder=objects_folder(desk),
    )
    card = find_card(objects_folder(desk), register_digest=desk.register.digest)
    limits = (policy.graded_types, policy.enterprise_types, policy.shields, policy.triggers)
    whom = None if concerned is None else (items, len(concerned))
    with desk.ledger.reading() as session:
        stamp = (str(desk.ledger.engine.url), year, *visits_stamp(session, desk.city))
        marked = card.marks_digest if card else ""
        key = (desk.register.digest, limits, policy.yearly_cap, region, stamp, whom, marked)
        if (kept := _KEPT.get(key)) is not None:
            return kept
        visits = visits_in_year(session, desk.city, year)
    judged = judged_under(
        desk.register.listed,
        policy,
        region=region,
        visits=visits,
        concerned=concerned,
        marks=find_marks(objects_folder(desk), register_digest=desk.register.digest),
    )
    found = _counted(judged, policy, pa.array(list(visits), pa.string()))
    found = replace(found, marks=dict(card.marks) if card and card.has_marks else None)
    if not any(found.sizes.values()):
        raise RegionEmpty(
            expected="somebody who may be drawn: of the chosen types, concerned by the items, below the cap",
            got=f"{found.total} entities in {region!r}, none of whom may be drawn",
            todo="widen region, types or items, or raise the cap",
        )
    _KEPT[key] = found
    while len(_KEPT) > _SCOPES_KEPT:
        _KEPT.popitem(last=False)
    return found


def objects_folder(desk: Desk) -> Path:
    """Where the object rosters of the city lie: beside its plans."""
    return desk.plans_folder.parent / "objects"


def _counted(judged: pa.Table, policy: Policy, visited: pa.Array) -> Drawable:
    """The counts of judged rows; visited: ids of those who have a visit this year."""
    kinds = ["grade", "entity_type", "exclusion_reason"]
    rows = judged.select(kinds).group_by(kinds).aggregate([([], "count_all")])
    able = rows.filter(pc.equal(rows["exclusion_reason"], ""))
    of_enterprises = pc.is_in(rows["entity_type"], value_set=pa.array(policy.enterprise_types))
    every = rows.filter(of_enterprises)
    kinds_visited = judged["entity_type"].filter(pc.is_in(judged["entity_id"], value_set=visited))
    excluded = _sums(rows.filter(pc.not_equal(rows["exclusion_reason"], "")), "exclusion_reason")
    whole = every.filter(pc.equal(every["exclusion_reason"], WHOLE))
    return Drawable(
        ordinary=excluded.pop(OTHER_TYPE, 0),
        whole=excluded.pop(WHOLE, 0),
        whole_enterprises=sum(_sums(whole, "grade").values()),
        pierced=pc.sum(judged["pierced"], min_count=0).as_py(),
        sizes=_by_grade(able),
        enterprises=_by_grade(every.filter(pc.equal(every["exclusion_reason"], ""))),
        excluded=excluded,
        total=judged.num_rows,
        total_enterprises=sum(_sums(every, "grade").values()),
        visited_enterprises=pc.sum(
            pc.is_in(kinds_visited, value_set=pa.array(policy.enterprise_types)), min_count=0
        ).as_py(),
    )


def _by_grade(rows: pa.Table) -> dict[str, int]:
    """Counts of all four grades."""
    return dict.fromkeys(LETTERS, 0) | _sums(rows, "grade")


def _sums(rows: pa.Table, name: str) -> dict[str, int]:
    """Rows by the words of a column, in the order of the words."""
    summed = rows.group_by(name).aggregate([("count_all", "sum")]).to_pylist()
    return {row[name]: row["count_all_sum"] for row in sorted(summed, key=lambda row: str(row[name]))}
