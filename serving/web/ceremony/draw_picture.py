"""The draw as a picture: tickets of each stratum from low to high, and the cut below which all are drawn.

Nothing is acted: every dot is an entity of the frozen frame with the ticket that the seed gives it. Of a
large stratum only the first by id are shown, and the page says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import sqrt
from pathlib import Path

from serving.inspections.plans.bundle import FRAME
from serving.inspections.plans.plan import Plan
from serving.sampling.allocation import Allocation
from serving.sampling.method import Design
from serving.sampling.tickets import TicketHash, ticket_maker
from serving.web.published import Drawn, drawn_entities

# Dots of a stratum, strata of a picture, and lines of a frame that are looked through for them.
DOTS, STRATA, LINES = 200, 8, 200_000
WIDTH, HEIGHT = 600, 76
_TOP, _ALL = 10, float(2**256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """An entity: place by its ticket, place in the order of ids before the draw, and whether it is drawn."""

    x: float
    y: float
    before: float
    drawn: bool
    entity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A stratum: `cut` is the place of the highest ticket drawn, `limit` its first digits."""

    stratum: str
    grade: str
    size: int
    count: int
    dots: tuple[Dot, ...]
    cut: float
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPicture:
    """The strips of the first strata; `more` strata are not shown."""

    strips: tuple[Strip, ...]
    more: int
    width: int = WIDTH
    height: int = HEIGHT


def draw_picture(plan: Plan, folder: Path) -> DrawPicture | None:
    """The picture of a plan's draw; None before it, and of designs whose lowest tickets are not the drawn."""
    if not plan.draw_digest or plan.method.design is not Design.STRATIFIED or plan.method.joint is not None:
        return None
    strata = tuple(sorted(plan.allocations, key=lambda one: (one.grade, one.stratum), reverse=True)[:STRATA])
    strips = _strips(str(folder), plan.plan_id, plan.seed, plan.method.ticket_hash, strata)
    return DrawPicture(strips=strips, more=len(plan.allocations) - len(strata))


@lru_cache(maxsize=32)
def _strips(
    folder: str, plan_id: str, seed: str, ticket_hash: TicketHash, strata: tuple[Allocation, ...]
) -> tuple[Strip, ...]:
    """A draw does not change any more: made once."""
    drawn = drawn_entities(Path(folder))
    first = _first_of_each(Path(folder) / FRAME, {one.stratum for one in strata})
    return tuple(
        _strip(one, first.get(one.stratum, []), drawn, seed=seed, plan_id=plan_id, ticket_hash=ticket_hash)
        for one in strata
    )


def _strip(
    one: Allocation,
    ids: list[str],
    drawn: Sequence[Drawn],
    *,
    seed: str,
    plan_id: str,
    ticket_hash: TicketHash,
) -> Strip:
    """One stratum; who is drawn follows from the published list, not from the picture."""
    ticket = ticket_maker(seed, plan_id, side="entities", stratum=one.stratum, ticket_hash=ticket_hash)
    mine = {entity.entity_id: entity.ticket for entity in drawn if entity.stratum == one.stratum}
    highest = max(mine.values(), default="0")
    dots = []
    for place, entity_id in enumerate(ids):
        value = ticket(entity_id)
        dots.append(
            Dot(
                x=_place(value.hex()),
                y=_TOP + value[-1] / 255 * (HEIGHT - 2 * _TOP),
                before=WIDTH * (place + 0.5) / len(ids),
                drawn=entity_id in mine,
                entity_id=entity_id,
            )
        )
    return Strip(
        stratum=one.stratum,
        grade=one.grade,
        size=one.size,
        count=one.count,
        dots=tuple(dots),
        cut=_place(highest),
        limit=highest[:8],
    )


def _place(ticket: str) -> float:
    """From 0 to WIDTH by the root of the ticket: small shares stay in sight."""
    return round(WIDTH * sqrt(int(ticket, 16) / _ALL), 1)


def _first_of_each(frame: Path, strata: set[str]) -> dict[str, list[str]]:
    """The first ids of each stratum that may be drawn, in the order of the frame."""
    found: dict[str, list[str]] = {name: [] for name in strata}
    full = 0
    for entity_id, stratum, eligible in _lines(frame):
        ids = found.get(stratum)
        if eligible != "yes" or ids is None or len(ids) == DOTS:
            continue
        ids.append(entity_id)
        full += len(ids) == DOTS
        if full == len(found):
            break
    return found


def _lines(frame: Path) -> Iterator[tuple[str, str, str]]:
    with frame.open(encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), LINES):
            yield row["entity_id"], row["stratum"], row["eligible"]
