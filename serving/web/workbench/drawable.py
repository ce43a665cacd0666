"""Who the form's policy and items leave to be drawn: counted once for each scope, not for each ratio."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from models.grades import LETTERS
from serving.inspections.plans.caps import visits_in_year, visits_stamp
from serving.inspections.policies.policy_frames import NOT_CONCERNED, judged_under
from serving.rosters.item import Item
from serving.rosters.items import find_item, list_items
from serving.rosters.objects import find_card, marks_to_draw_by
from serving.sampling.allocation import FULL, Allocation, Stratum, allocate, allocate_policy
from serving.sampling.eligibility import REASONS
from serving.sampling.policy import ENTITY_TYPES, ORDINARY, Policy, Ratios
from serving.web.desk import Desk
from serving.web.preview import RegionEmpty, sizes_in
from serving.web.workbench.concerned import ItemSets, item_sets

# Code of what keeps an entity out: 中文, English.
OUTSIDE = {
    NOT_CONCERNED: ("不是所选事项的检查对象", "no object of the chosen items"),
    **REASONS,
}
# Who is on a list of full coverage, of whatever grade: a line of its own beside the letters and ORDINARY.
WHOLE = "full"
LINES = (*LETTERS, ORDINARY, WHOLE)
_SCOPES_KEPT = 16
_NO_CAP = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Entities alike among those who may be drawn: on which of LINES, their grade in the register ("": none),
    which of the chosen items concern them (None: no roster tells), how many, and enterprises among them.
    """

    line: str
    grade: str
    items: tuple[str, ...] | None
    size: int
    enterprises: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawable:
    """Counts of a region: who may be drawn, and the others by reason.

    `total` and `total_enterprises` are all of the region, also those who may not be drawn;
    `pierced` bear a shield of the policy and a trigger that lets them in again;
    `visited_enterprises` have a visit this year, planned or done, by whatever plan;
    `marks` counts the entities of the whole city that bear each mark, None where none are on record.
    """

    kinds: tuple[Kind, ...]
    excluded: Mapping[str, int]
    total: int
    total_enterprises: int
    visited_enterprises: int
    pierced: int = 0
    marks: Mapping[str, int] | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """How many may be drawn on each of LINES."""
        return self._summed("size")

    @property
    def enterprises(self) -> dict[str, int]:
        """Enterprises among them."""
        return self._summed("enterprises")

    def of_line(self, line: str) -> tuple[Kind, ...]:
        """Who is on a line."""
        return tuple(kind for kind in self.kinds if kind.line == line)

    def drawn_under(
        self, policy: Policy, items: Sequence[str], ratios: Ratios | None = None
    ) -> dict[str, Allocation]:
        """The counts by line as a freeze fixes them: ceil(ratio x size), full coverage whole.

        `ratios` are those of a plan, by default what the policy says of these items.
        """
        strata = [
            Stratum(name=line + (FULL if line == WHOLE else ""), grade=_letter(line), size=size)
            for line, size in self.sizes.items()
        ]
        graded = [one for one in strata if one.grade != ORDINARY]
        others = allocate_policy(policy, (one for one in strata if one.grade == ORDINARY), items=items)
        found = (*allocate(ratios or policy.graded_ratios(items), graded), *others)
        return {
            one.stratum.removesuffix(FULL): replace(one, stratum=one.stratum.removesuffix(FULL))
            for one in found
        }

    def _summed(self, name: str) -> dict[str, int]:
        sums = dict.fromkeys(LINES, 0)
        for kind in self.kinds:
            sums[kind.line] += getattr(kind, name)
        return sums


# Only counts are kept: a register that is no longer served must not stay in memory for their sake.
_KEPT: OrderedDict[tuple[object, ...], Drawable] = OrderedDict()


def drawable_under(
    desk: Desk, policy: Policy, *, items: tuple[str, ...], region: str, year: int = 0, alone: bool = False
) -> Drawable:
    """The counts; raises RegionEmpty, ItemNotFound, ObjectsMissing.

    `alone`: a draw without department and items knows no policy at its freeze: all by their grade, no caps.
    """
    year, folder = year or desk.today.year, objects_folder(desk)
    chosen = chosen_items(desk, () if alone else items)
    if alone:
        policy = replace(policy, graded_types=ENTITY_TYPES, shields=(), triggers=(), yearly_cap=_NO_CAP)
    card = find_card(folder, register_digest=desk.register.digest)
    limits = (policy.graded_types, policy.enterprise_types, policy.shields, policy.triggers)
    whom = (tuple((item.code, item.concerns) for item in chosen), card.digest if card else "")
    with desk.ledger.reading() as session:
        stamp = (str(desk.ledger.engine.url), year, *visits_stamp(session, desk.city))
        marked = "" if card is None or alone else card.marks_digest
        key = (desk.register.digest, limits, policy.yearly_cap, region, stamp, whom, marked)
        if (kept := _KEPT.get(key)) is not None:
            _KEPT.move_to_end(key)
            return kept
        visits = visits_in_year(session, desk.city, year)
    sizes_in(desk.register, region)
    found = _found(desk, policy, region, visits, chosen, alone=alone)
    found = replace(found, marks=dict(card.marks) if card and card.has_marks else None)
    if not found.kinds:
        raise RegionEmpty(
            expected="somebody who may be drawn: of the chosen types, concerned by the items, below the cap",
            got=f"{found.total} entities in {region!r}, none of whom may be drawn",
            todo="widen region, types or items, or raise the cap",
        )
    _KEPT[key] = found
    while len(_KEPT) > _SCOPES_KEPT:
        _KEPT.popitem(last=False)
    return found


def chosen_items(desk: Desk, codes: Sequence[str]) -> tuple[Item, ...]:
    """The items as they stand; raises ItemNotFound."""
    known = {item.code: item for item in list_items(desk.ledger, desk.city)} if codes else {}
    return tuple(known.get(code) or find_item(desk.ledger, desk.city, code) for code in dict.fromkeys(codes))


def objects_folder(desk: Desk) -> Path:
    """Where the object rosters of the city lie: beside its plans."""
    return desk.plans_folder.parent / "objects"


def _found(
    desk: Desk, policy: Policy, region: str, visits: Mapping[str, int], chosen: Sequence[Item], *, alone: bool
) -> Drawable:
    """The counts of the register's rows."""
    rows, folder = desk.register.listed, objects_folder(desk)
    sets = item_sets(desk, chosen, folder) if chosen else None
    carried = [] if sets is None else ["item_set"]
    if sets is not None:
        rows = rows.append_column("item_set", pa.array(sets.of_row))
    narrow = sets is not None and not sets.concern_all
    judged = judged_under(
        rows,
        policy,
        region=region,
        visits=visits,
        concerned=sets.concerned_ids(rows["entity_id"]) if sets is not None and narrow else None,
        marks=None if alone else marks_to_draw_by(folder, register_digest=desk.register.digest),
        carried=carried,
    )
    return _counted(judged, policy, pa.array(list(visits), pa.string()), sets)


def _counted(judged: pa.Table, policy: Policy, visited: pa.Array, sets: ItemSets | None) -> Drawable:
    """The counts of judged rows; visited: ids of those who have a visit this year."""
    names = ["stratum", "grade", "register_grade", "entity_type", "exclusion_reason"]
    names += [] if sets is None else ["item_set"]
    rows = judged.select(names).group_by(names).aggregate([([], "count_all")])
    of_enterprises = pc.is_in(rows["entity_type"], value_set=pa.array(policy.enterprise_types))
    outside = rows.filter(pc.not_equal(rows["exclusion_reason"], ""))
    kinds_visited = judged["entity_type"].filter(pc.is_in(judged["entity_id"], value_set=visited))
    return Drawable(
        kinds=_kinds(rows.append_column("counts", of_enterprises), sets),
        excluded=_sums(outside, "exclusion_reason"),
        total=judged.num_rows,
        total_enterprises=pc.sum(rows["count_all"].filter(of_enterprises), min_count=0).as_py(),
        visited_enterprises=pc.sum(
            pc.is_in(kinds_visited, value_set=pa.array(policy.enterprise_types)), min_count=0
        ).as_py(),
        pierced=pc.sum(judged["pierced"], min_count=0).as_py(),
    )


def _kinds(rows: pa.Table, sets: ItemSets | None) -> tuple[Kind, ...]:
    """Those of the counted rows who may be drawn; `counts` says which are enterprises."""
    found = dict[tuple[str, str, tuple[str, ...] | None], tuple[int, int]]()
    for row in rows.filter(pc.equal(rows["exclusion_reason"], "")).to_pylist():
        line = WHOLE if row["stratum"].endswith(FULL) else row["grade"]
        key = (line, row["register_grade"] or "", None if sets is None else sets.codes[row["item_set"]])
        size, enterprises = found.get(key, (0, 0))
        found[key] = (size + row["count_all"], enterprises + row["count_all"] * row["counts"])
    return tuple(
        Kind(line=line, grade=grade, items=items, size=size, enterprises=enterprises)
        for (line, grade, items), (size, enterprises) in sorted(found.items(), key=str)
    )


def _letter(line: str) -> str:
    """The letter under which a line is drawn; full coverage has that of nobody's grade."""
    return line if line in LETTERS else ORDINARY


def _sums(rows: pa.Table, name: str) -> dict[str, int]:
    """Rows by the words of a column, in the order of the words."""
    summed = rows.group_by(name).aggregate([("count_all", "sum")]).to_pylist()
    return {row[name]: row["count_all_sum"] for row in sorted(summed, key=lambda row: str(row[name]))}
