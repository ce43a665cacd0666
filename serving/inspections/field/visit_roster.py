"""What staffing draws from, put together from the rosters: cards, skills of items, stations of entities."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from data_contracts.lake import Lake
from serving.inspections.field.assignments import Roster
from serving.inspections.plans.plan import Plan
from serving.ledger.database import Ledger
from serving.rosters.inspectors import list_inspectors
from serving.rosters.items import list_items
from serving.rosters.objects import ObjectsMissing, find_objects
from serving.rosters.persons import entities_behind
from serving.sampling.staffing import Scope, ScopeKind


def visit_roster(
    ledger: Ledger,
    plan: Plan,
    *,
    scope: Scope,
    entity_ids: Iterable[str],
    objects_folder: Path,
    lake: Lake | None,
    bundles: Path | None = None,
) -> Roster:
    """The roster for visits to these entities; without a lake, persons to keep away from stand behind nobody.

    Stations come from the object roster of the plan's register. Only a scope that names stations needs one.
    """
    inspectors = list_inspectors(ledger, plan.draft.city)
    persons = {person for one in inspectors for person in one.conflict_persons}
    behind = entities_behind(lake, persons) if lake is not None and persons else {}
    try:
        objects = find_objects(objects_folder, register_digest=plan.draft.register_digest)
    except ObjectsMissing:
        if scope.kind is not ScopeKind.WHOLE_BUREAU:
            raise
        stations = {}
    else:
        stations = objects.stations(entity_ids)
    return Roster(
        inspectors=[one.card(entities_of_persons=behind) for one in inspectors],
        scope=scope,
        skills={item.code: item.skills for item in list_items(ledger, plan.draft.city)},
        stations=stations,
        bundles=bundles,
    )
