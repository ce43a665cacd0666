"""staffing.json: everything a staffing was drawn from, and the same drawn again by anybody.

Inspectors stand in it by their pseudonyms. Of conflicts and leave it holds only what touches its visits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data_contracts.refusal import Refusal
from serving.sampling.staffing import (
    Assignment,
    InspectorCard,
    Recusal,
    Scope,
    ScopeKind,
    Staffing,
    VisitNeed,
    redraw,
    staff,
    standing_teams,
)

STAFFING_FILE = "staffing.json"
FORMAT = "xinheng-staffing-v1"
MOST_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingRound:
    """One drawing of inspectors: of all `visits`, or of the one seat that a recusal left empty.

    `standing` is what `redraw` was given; every seat in it comes from an earlier round.
    """

    round: int
    visits: Sequence[VisitNeed]
    inspectors: Sequence[InspectorCard]
    recusal: Recusal | None
    staffing: Staffing
    standing: Sequence[Assignment] = ()


def staffing_text(rounds: Sequence[StaffingRound], *, scope: Scope, seed: str, before: bytes = b"") -> bytes:
    """The file, with a digest over all the rest of it; equal rosters of two rounds stand in it once.

    `before` is the file of earlier acts under the same seed: the rounds come behind its own, and name their
    scope where it is another one.
    """
    kind: dict[str, Any] = {"kind": scope.kind.value, "stations": sorted(scope.stations)}
    content: dict[str, Any] = {"format": FORMAT, "seed": seed, "scope": kind, "rounds": []}
    if before:
        content = {key: value for key, value in json.loads(before).items() if key != "content_digest"}
    own = {} if content["scope"] == kind else {"scope": kind}
    told: list[dict[str, Any]] = content["rounds"]
    known = next((row["inspectors"] for row in reversed(told) if "inspectors" in row), None)
    for one in sorted(rounds, key=lambda one: one.round):
        row = _round_row(one) | own
        if (cards := row["inspectors"]) == known:
            del row["inspectors"]
        known = cards
        told.append(row)
    return _canonical({**content, "content_digest": _digest(_canonical(content))})


def verify_staffing(data: bytes) -> tuple[str, ...]:
    """Draws every round again; a sentence for everything that differs, nothing if all is as it should be."""
    try:
        content = json.loads(data)
        bare = {key: value for key, value in content.items() if key != "content_digest"}
        if _canonical({**bare, "content_digest": _digest(_canonical(bare))}) != data:
            return (f"{STAFFING_FILE}: is not what its own digest says",)
        return tuple(_differences(content))
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError, Refusal) as error:
        return (f"{STAFFING_FILE}: cannot be read ({error!r})",)


def _differences(content: Mapping[str, Any]) -> list[str]:
    if content["format"] != FORMAT:
        return [f"{STAFFING_FILE}: is of the format {content['format']!r}, not {FORMAT!r}"]
    found: list[str] = []
    earlier: list[Assignment] = []
    cards: list[InspectorCard] = []
    for row in content["rounds"]:
        cards = [_card(one) for one in row["inspectors"]] if "inspectors" in row else cards
        kind = row.get("scope", content["scope"])
        scope = Scope(kind=ScopeKind(kind["kind"]), stations=tuple(kind["stations"]))
        again = _again(row, cards, scope=scope, seed=content["seed"])
        found += [*_from_nowhere(row, earlier), *_told_apart(row, again)]
        earlier += again.assignments
    return found if len(found) <= MOST_TOLD else [*found[:MOST_TOLD], f"and {len(found) - MOST_TOLD} more"]


def _again(row: Mapping[str, Any], cards: Sequence[InspectorCard], *, scope: Scope, seed: str) -> Staffing:
    visits = [_visit(one) for one in row["visits"]]
    if row["recusal"] is None:
        return staff(visits, cards, scope=scope, seed=seed, round=row["round"])
    recusal, standing = Recusal(**row["recusal"]), [Assignment(**seat) for seat in row["standing"]]
    return redraw(
        visits, cards, scope=scope, seed=seed, round=row["round"], standing=standing, recusal=recusal
    )


def _from_nowhere(row: Mapping[str, Any], earlier: Sequence[Assignment]) -> list[str]:
    """Seats that a redraw took for given and that no earlier round gave."""
    teams = standing_teams(earlier)
    claimed = standing_teams(Assignment(**seat) for seat in row["standing"])
    return [
        f"round {row['round']}, visit {visit}: {', '.join(strangers)} stands there by no earlier round"
        for visit, team in claimed.items()
        if (strangers := sorted(set(team) - set(teams.get(visit, ()))))
    ]


def _told_apart(row: Mapping[str, Any], again: Staffing) -> list[str]:
    """Every visit whose seats, or whose reasons of having none, are not those drawn again."""
    said, drawn = _by_visit(row["assignments"]), _by_visit(one.as_row() for one in again.assignments)
    found = [
        f"round {row['round']}, visit {visit}: {_names(said.get(visit, ()))} in {STAFFING_FILE}, "
        f"{_names(drawn.get(visit, ()))} when drawn again"
        for visit in sorted(said.keys() | drawn.keys())
        if said.get(visit) != drawn.get(visit)
    ]
    if row["unstaffable"] != [one.as_row() for one in again.unstaffable]:
        found.append(f"round {row['round']}: the visits without inspectors, or the reasons, are others")
    return found


def _by_visit(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    seats: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        seats.setdefault(row["visit_id"], []).append(row)
    return seats


def _names(rows: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{row['inspector_id']} (ticket {row['ticket'][:8]})" for row in rows) or "nobody"


def _round_row(one: StaffingRound) -> dict[str, Any]:
    visits = sorted(one.visits, key=lambda visit: visit.visit_id)
    entities = {visit.entity_id for visit in visits}
    first = min((visit.first_day for visit in visits), default=date.max)
    last = max((visit.last_day for visit in visits), default=date.min)
    cards = sorted(one.inspectors, key=lambda card: card.inspector_id)
    recusal = one.recusal and {
        "visit_id": one.recusal.visit_id,
        "inspector_id": one.recusal.inspector_id,
        "reason": one.recusal.reason,
    }
    return {
        "round": one.round,
        "visits": [_visit_row(visit) for visit in visits],
        "inspectors": [_card_row(card, entities, first, last) for card in cards],
        "recusal": recusal,
        "standing": [seat.as_row() for seat in one.standing],
        "assignments": [seat.as_row() for seat in one.staffing.assignments],
        "unstaffable": [visit.as_row() for visit in one.staffing.unstaffable],
    }


def _visit_row(visit: VisitNeed) -> dict[str, Any]:
    return {
        "visit_id": visit.visit_id, "entity_id": visit.entity_id, "station": visit.station,
        "departments": sorted(visit.departments), "skills": sorted(visit.skills), "needs": visit.needs,
        "first_day": visit.first_day.isoformat(), "last_day": visit.last_day.isoformat(),
    }  # fmt: skip


def _visit(row: Mapping[str, Any]) -> VisitNeed:
    days = {key: date.fromisoformat(row[key]) for key in ("first_day", "last_day")}
    lists = {"departments": tuple(row["departments"]), "skills": frozenset(row["skills"])}
    return VisitNeed(**{**row, **days, **lists})


def _card_row(card: InspectorCard, entities: set[str], first: date, last: date) -> dict[str, Any]:
    touching = [(max(begins, first), min(ends, last)) for begins, ends in sorted(card.leave)]
    leave = [[begins.isoformat(), ends.isoformat()] for begins, ends in touching if begins <= ends]
    return {
        "inspector_id": card.inspector_id, "department": card.department, "station": card.station,
        "skills": sorted(card.skills), "licensed_from": card.licensed_from.isoformat(),
        "licensed_until": card.licensed_until.isoformat(), "conflicts": sorted(card.conflicts & entities),
        "leave": leave, "load": card.load,
    }  # fmt: skip


def _card(row: Mapping[str, Any]) -> InspectorCard:
    days = {key: date.fromisoformat(row[key]) for key in ("licensed_from", "licensed_until")}
    leave = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in row["leave"])
    sets = {"skills": frozenset(row["skills"]), "conflicts": frozenset(row["conflicts"])}
    return InspectorCard(**{**row, **days, **sets, "leave": leave})


def _canonical(content: object) -> bytes:
    """The only way the file may be written."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
